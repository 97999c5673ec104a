"""Keeps decisions so that they can be worked out again, and finds what was changed since.

The canonical bytes are sealed at rest; their SHA-256 goes into the journal in batches. To replay is to compute every
decision anew from its own facts with the rules of its time, and to compare bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Engine, Row, delete, func, insert, select, update

from lionrock.rulebook import tables
from lionrock.rulebook.deciding import GateUnknown, Rulebook
from lionrock.rulebook.decisions import ADMITTED, REFUSED, Decision
from lionrock.rulebook.facts.general import GateWired
from lionrock.rulebook.stating import States
from lionrock.store.sealing import SealBroken, Sealer
from lionrock.words.side_notes import Statement, StatementKind

MOST_IN_BATCH = 4096
"""Decisions whose hashes stand in the journal as one statement."""


class Logged(NamedTuple):
    """A decision as it was recorded."""

    decision_id: int
    encoded: bytes
    """Canonical bytes."""
    sequence: int | None
    """Where the journal holds the hash of its batch; None until it does."""

    @property
    def decision(self) -> Decision:
        return msgspec.json.decode(self.encoded, type=Decision)


class Difference(NamedTuple):
    """Something about a recorded decision that is not as it was, or would not be decided so."""

    decision_id: int
    """0 where a whole batch is meant."""
    what: str
    """`seal`, `record`, `journal`, `gate`, or the field of the decision that differs, such as `outcome` or `rules`."""
    words: str


class DecisionLog:
    """The decisions of a site. Blocks on the disk: from a loop, only `state` may be called."""

    def __init__(self, database: Engine, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def add(self, decisions: Sequence[Decision]) -> None:
        """Record, durable when this returns; `state` puts the hashes into the journal."""
        rows = []
        for decision in decisions:
            encoded = decision.encode()
            digest = sha256(encoded).digest()
            rows.append(
                {
                    "at_ns": decision.at_ns,
                    "gate": decision.gate,
                    "outcome": decision.outcome,
                    "rules": " ".join(decision.rule_ids),
                    "digest": digest,
                    "sealed": self._sealer.seal(encoded, _place(digest)),
                }
            )
        if rows:
            with self._database.begin() as connection:
                connection.execute(insert(tables.decisions), rows)

    async def state(self, statements: States) -> int:
        """Put the hashes of all decisions into the journal that are not there yet; gives how many there were."""
        stated = 0
        while batch := await asyncio.to_thread(self._next_batch):
            digest = _batch_digest(digest for _, digest in batch)
            sequence = await statements.record(StatementKind.DECISION, digest)
            await asyncio.to_thread(self._close_batch, [key for key, _ in batch], digest, sequence)
            stated += len(batch)
        return stated

    def _next_batch(self) -> list[tuple[int, bytes]]:
        rows = tables.decisions
        query = select(rows.c.decision_id, rows.c.digest).where(rows.c.batch_id.is_(None))
        with self._database.connect() as connection:
            found = connection.execute(query.order_by(rows.c.decision_id).limit(MOST_IN_BATCH))
            return [(row.decision_id, row.digest) for row in found]

    def _close_batch(self, ids: Sequence[int], digest: bytes, sequence: int) -> None:
        """The ids of a batch run from its first to its last: one writer numbers decisions in order."""
        rows, batches = tables.decisions, tables.decision_batches
        with self._database.begin() as connection:
            told = {"decisions": len(ids), "digest": digest, "sequence": sequence}
            batch_id = connection.execute(insert(batches), told).inserted_primary_key
            between = rows.c.decision_id.between(ids[0], ids[-1])
            connection.execute(update(rows).where(between).values(batch_id=batch_id[0] if batch_id else None))

    def read(self, first_id: int = 1, last_id: int | None = None) -> Iterator[Logged]:
        """Decisions in the order in which they were recorded. Raises `SealBroken`."""
        rows, batches = tables.decisions, tables.decision_batches
        query = (
            select(rows, batches.c.sequence)
            .outerjoin(batches, batches.c.batch_id == rows.c.batch_id)
            .where(rows.c.decision_id >= first_id)
            .order_by(rows.c.decision_id)
        )
        if last_id is not None:
            query = query.where(rows.c.decision_id <= last_id)
        with self._database.connect() as connection:
            for row in connection.execute(query):
                yield Logged(row.decision_id, self._sealer.open(row.sealed, _place(row.digest)), row.sequence)

    def rows(self) -> Iterator[Row[Any]]:
        """The rows as they stand in the table, for a replay."""
        with self._database.connect() as connection:
            yield from connection.execute(select(tables.decisions).order_by(tables.decisions.c.decision_id))

    def batches(self) -> list[Row[Any]]:
        """The batches as they stand in the table."""
        with self._database.connect() as connection:
            return list(connection.execute(select(tables.decision_batches)))

    def open(self, row: Row[Any]) -> bytes:
        """The canonical bytes of a row. Raises `SealBroken`."""
        return self._sealer.open(row.sealed, _place(row.digest))

    def gates_wired(self, places: Mapping[str, str]) -> list[GateWired]:
        """Facts about gates for the rulebook: where each is asked, by its name, and what it answered so far."""
        rows = tables.decisions
        query = select(rows.c.gate, rows.c.outcome, func.count()).group_by(rows.c.gate, rows.c.outcome)
        with self._database.connect() as connection:
            told = {(gate, outcome): number for gate, outcome, number in connection.execute(query)}
        return [
            GateWired(gate, place, told.get((gate, ADMITTED), 0), told.get((gate, REFUSED), 0))
            for gate, place in places.items()
        ]

    def count(self) -> int:
        with self._database.connect() as connection:
            return connection.execute(select(func.count()).select_from(tables.decisions)).scalar_one()


def forget_later_batches(database: Engine, last_sequence: int, last_ns: int) -> None:
    """Of a site that is set back: drops decisions that were made after a moment, and batches whose hash the journal has
    no more; decisions of those that are left are stated again.
    """
    rows, batches = tables.decisions, tables.decision_batches
    with database.begin() as connection:
        gone = select(batches.c.batch_id).where(batches.c.sequence > last_sequence)
        connection.execute(update(rows).where(rows.c.batch_id.in_(gone)).values(batch_id=None))
        connection.execute(delete(rows).where(rows.c.batch_id.is_(None), rows.c.at_ns > last_ns))
        connection.execute(delete(batches).where(batches.c.sequence > last_sequence))


def replay(
    log: DecisionLog,
    rulebook: Rulebook,
    stated: Callable[[int], Statement | None] | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[Difference]:
    """Every decision computed anew from its facts by the rules of its time; nothing is left out that differs.

    `stated` gives what the journal says at a sequence; without it only the database is looked at, and somebody who may
    seal could have changed a decision and its hashes together.
    """
    differences: list[Difference] = []
    digests: dict[int, list[bytes]] = {}
    for done, row in enumerate(log.rows(), 1):
        progress(done)
        if row.batch_id is not None:
            digests.setdefault(row.batch_id, []).append(row.digest)
        try:
            encoded = log.open(row)
        except SealBroken:
            differences.append(Difference(row.decision_id, "seal", "what was sealed does not open: it was changed"))
            continue
        differences += _differences(row, encoded, rulebook)
    differences.extend(_batch_differences(log, digests, stated))
    return differences


def _differences(row: Row[Any], encoded: bytes, rulebook: Rulebook) -> Iterator[Difference]:
    key = row.decision_id
    if sha256(encoded).digest() != row.digest:
        yield Difference(key, "record", "its hash is of other bytes")
    try:
        decision = msgspec.json.decode(encoded, type=Decision)
        again = rulebook.again(decision)
    except (GateUnknown, msgspec.MsgspecError) as error:
        yield Difference(key, "gate", f"it cannot be decided again: {error}")
        return
    shown = (decision.at_ns, decision.gate, decision.outcome, " ".join(decision.rule_ids))
    if shown != (row.at_ns, row.gate, row.outcome, row.rules):
        yield Difference(key, "record", "what the table shows is not what was sealed")
    if again.encode() != encoded:
        for name in Decision.__struct_fields__:
            then, now = getattr(decision, name), getattr(again, name)
            if then != now:
                yield Difference(key, name, f"recorded {_short(then)}, and the rules of that time give {_short(now)}")


def _batch_differences(
    log: DecisionLog, digests: dict[int, list[bytes]], stated: Callable[[int], Statement | None] | None
) -> Iterator[Difference]:
    batches = {batch.batch_id: batch for batch in log.batches()}
    for batch_id in sorted(digests.keys() - batches.keys()):
        yield Difference(0, "journal", f"batch {batch_id} of decisions is not there")
    for batch_id, batch in batches.items():
        found = digests.get(batch_id, [])
        if len(found) != batch.decisions:
            yield Difference(0, "record", f"batch {batch_id} has {len(found)} decisions, and had {batch.decisions}")
        elif _batch_digest(found) != batch.digest:
            yield Difference(0, "record", f"batch {batch_id} holds a decision that was changed")
        if stated is None:
            continue
        statement = stated(batch.sequence)
        if statement is None or statement != (StatementKind.DECISION, _batch_digest(found)):
            yield Difference(0, "journal", f"the journal holds another hash of batch {batch_id} ({batch.sequence})")


def _batch_digest(digests: Any) -> bytes:
    return sha256(b"".join(digests)).digest()


def _place(digest: bytes) -> str:
    return f"rulebook_decisions.sealed:{digest.hex()}"


def _short(value: object) -> str:
    text = msgspec.json.encode(value, order="sorted").decode()
    return text if len(text) <= 120 else f"{text[:117]}..."
