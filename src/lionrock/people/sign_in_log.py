"""Attempts of clients to sign in: when, by which way, with what outcome, from where (VATP Guidelines, schedule 3).

Names stand as keyed hashes and places sealed, so that the log tells whoever asks about one user, and nobody else's.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
from sqlalchemy import Engine, delete, insert, select

from lionrock.people.sessions import Place
from lionrock.people.tables import sign_in_log
from lionrock.store.sealing import Sealer


class Outcome(StrEnum):
    """Of an attempt."""

    SIGNED_IN = "signed_in"
    REFUSED = "refused"
    """Name, password, code or passkey was wrong."""
    CODE_NEEDED = "code_needed"
    MUST_WAIT = "must_wait"
    """There were too many wrong attempts."""
    ASKED = "asked"
    """For a way back without the password."""
    PASSWORD_SET = "password_set"  # noqa: S105 not a password
    """A new one, by that way."""


class Attempt(msgspec.Struct, frozen=True):
    """One line."""

    at_ns: int
    user_id: str
    """Empty where no user was found."""
    way: str
    """`password`, `passkey` or `reset`."""
    outcome: str
    place: Place


class SignInLog:
    """Of a site. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, database: Engine, sealer: Sealer) -> None:
        self._database, self._sealer = database, sealer

    def add(self, attempt: Attempt, name_hash: bytes) -> None:
        """Durable when this returns. `name_hash` is of the name that was given; empty for a passkey."""
        sealed = self._sealer.seal(msgspec.json.encode(attempt.place), _seal_place(attempt))
        with self._database.begin() as connection:
            connection.execute(
                insert(sign_in_log).values(
                    at_ns=attempt.at_ns,
                    name_hash=name_hash,
                    user_id=attempt.user_id,
                    way=attempt.way,
                    outcome=attempt.outcome,
                    sealed_place=sealed,
                )
            )

    def of_user(self, user_id: str, name_hash: bytes) -> list[Attempt]:
        """Attempts by a user's name or passkey, oldest first."""
        columns = sign_in_log.c
        query = select(sign_in_log).where((columns.user_id == user_id) | (columns.name_hash == name_hash))
        with self._database.connect() as connection:
            rows = connection.execute(query.order_by(columns.number)).all()
        found = []
        for row in rows:
            bare = Attempt(row.at_ns, row.user_id, row.way, row.outcome, Place("", ""))
            place = msgspec.json.decode(self._sealer.open(row.sealed_place, _seal_place(bare)), type=Place)
            found.append(msgspec.structs.replace(bare, place=place))
        return found

    def forget_before(self, moment_ns: int) -> int:
        """Takes away what is older; gives how many lines that were."""
        with self._database.begin() as connection:
            return connection.execute(delete(sign_in_log).where(sign_in_log.c.at_ns < moment_ns)).rowcount


def _seal_place(attempt: Attempt) -> str:
    return f"sign_in_log.place:{attempt.at_ns}"
