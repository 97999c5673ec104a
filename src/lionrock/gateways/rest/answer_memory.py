"""Answers of writes that leave nothing in the journal, such as a new API key, for those who ask again.

They are kept for 24 hours in SQL, sealed, and found in memory: a request with a key of its own is looked up each time.
"""

from __future__ import annotations

from typing import Protocol

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Engine, LargeBinary, MetaData, Table, delete, select
from sqlalchemy.dialects.sqlite import insert

from lionrock.store.sealing import Sealer
from lionrock.views.remembered import MEMORY_NS
from lionrock.words.side_notes import Mark

MOST = 100_000
"""Answers at once; the oldest goes first."""

metadata = MetaData()

_answers = Table(
    "remembered_answers",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key_hash", LargeBinary, primary_key=True),  # keyed hash of the client's idempotency key, 8 bytes
    Column("time_ns", BigInteger, nullable=False, index=True),
    Column("request_digest", LargeBinary, nullable=False),
    Column("sealed_answer", LargeBinary, nullable=False),  # JSON
)


class Kept(msgspec.Struct, frozen=True):
    """One answer."""

    time_ns: int
    request_digest: bytes
    payload: bytes
    """JSON."""


class Remember(Protocol):
    """Writes what the request that is carried out is answered from now on, in the transaction of what it does.

    A secret must not stand in it: whoever saw the request can send it again, and would be given the secret.
    """

    def __call__(self, connection: Connection, answer: object) -> None: ...


class AnswerMemory:
    """By account and hash of the idempotency key."""

    def __init__(self, database: Engine, sealer: Sealer) -> None:
        """All that were kept are read."""
        self._database, self._sealer = database, sealer
        self._kept: dict[tuple[int, int], Kept] = {}
        with database.connect() as connection:
            rows = connection.execute(select(_answers).order_by(_answers.c.time_ns)).all()
        for row in rows:
            key_hash = int.from_bytes(row.key_hash, "little")
            payload = sealer.open(row.sealed_answer, _place(row.account_id, key_hash))
            self._kept[row.account_id, key_hash] = Kept(row.time_ns, row.request_digest, payload)

    def find(self, account_id: int, key_hash: int, now_ns: int) -> Kept | None:
        """What was answered, unless it is 24 hours old."""
        kept = self._kept.get((account_id, key_hash))
        return kept if kept and now_ns - kept.time_ns < MEMORY_NS else None

    def keep(self, mark: Mark, kept: Kept) -> None:
        """Remember it here and now, as long as the process lives."""
        place = mark.account_id, mark.key_hash
        self._kept.pop(place, None)
        self._kept[place] = kept
        if len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]

    def write(self, connection: Connection, mark: Mark, kept: Kept) -> None:
        """Remember it for the next start, when the transaction is committed."""
        row = {
            "account_id": mark.account_id,
            "key_hash": mark.key_hash.to_bytes(8, "little"),
            "time_ns": kept.time_ns,
            "request_digest": kept.request_digest,
            "sealed_answer": self._sealer.seal(kept.payload, _place(mark.account_id, mark.key_hash)),
        }
        connection.execute(delete(_answers).where(_answers.c.time_ns <= kept.time_ns - MEMORY_NS))
        connection.execute(insert(_answers).values(row).prefix_with("OR REPLACE"))

    def write_alone(self, mark: Mark, kept: Kept) -> None:
        """The same in a transaction of its own."""
        with self._database.begin() as connection:
            self.write(connection, mark, kept)


def forget_answers(database: Engine) -> None:
    """Of a site that is set back: what they tell of may not have happened."""
    with database.begin() as connection:
        connection.execute(delete(_answers))


def _place(account_id: int, key_hash: int) -> str:
    return f"remembered_answers:{account_id}:{key_hash}"
