"""Guessing: who fails too often must wait, twice as long each time. The same for names that nobody has."""

from __future__ import annotations

import threading

import msgspec
from sqlalchemy import Connection, Engine, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from lionrock.people.tables import sign_in_failures

NS_PER_S = 1_000_000_000
FREE_ATTEMPTS = 5
"""In a row, without waiting."""
FIRST_WAIT_NS = 30 * NS_PER_S
LONGEST_WAIT_NS = 3_600 * NS_PER_S
FORGOTTEN_AFTER_NS = 24 * LONGEST_WAIT_NS
MOST_REMEMBERED = 100_000
"""Names; beyond, those that failed longest ago are forgotten."""


class MustWait(Exception):
    """Too many wrong attempts; the next may be made after this time."""

    def __init__(self, wait_ns: int) -> None:
        super().__init__(f"wait {wait_ns} ns")
        self.wait_ns = wait_ns


class _State(msgspec.Struct, frozen=True):
    count: int
    locked_until_ns: int


class Attempts:
    """Attempts by the hash of what is guessed at. In SQL, so that a restart forgives nothing."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._one_at_a_time = threading.Lock()

    def begin(self, name_hash: bytes, now_ns: int) -> None:
        """Counts an attempt as failed before it is looked at, so that attempts side by side are no way around it.

        Raises `MustWait`, and then does not count it.
        """
        with self._one_at_a_time, self._database.begin() as connection:
            state = _find(connection, name_hash, now_ns)
            if state.locked_until_ns > now_ns:
                raise MustWait(state.locked_until_ns - now_ns)
            count = state.count + 1
            if count == 1:
                _make_room(connection, now_ns)
            changed = {"failures": count, "last_ns": now_ns, "locked_until_ns": now_ns + wait_after(count)}
            statement = insert(sign_in_failures).values(name_hash=name_hash, **changed)
            connection.execute(statement.on_conflict_do_update(index_elements=["name_hash"], set_=changed))

    def succeeded(self, name_hash: bytes) -> None:
        """All is forgiven."""
        with self._one_at_a_time, self._database.begin() as connection:
            connection.execute(delete(sign_in_failures).where(sign_in_failures.c.name_hash == name_hash))


def wait_after(count: int) -> int:
    """Nanoseconds to wait after so many wrong attempts in a row."""
    if count < FREE_ATTEMPTS:
        return 0
    return min(FIRST_WAIT_NS << min(count - FREE_ATTEMPTS, 30), LONGEST_WAIT_NS)


def _find(connection: Connection, name_hash: bytes, now_ns: int) -> _State:
    row = connection.execute(select(sign_in_failures).where(sign_in_failures.c.name_hash == name_hash)).one_or_none()
    if row is None or row.last_ns + FORGOTTEN_AFTER_NS < now_ns:
        return _State(0, 0)
    return _State(row.failures, row.locked_until_ns)


def _make_room(connection: Connection, now_ns: int) -> None:
    remembered = connection.execute(select(func.count()).select_from(sign_in_failures)).scalar_one()
    if remembered < MOST_REMEMBERED:
        return
    oldest = select(sign_in_failures.c.name_hash).order_by(sign_in_failures.c.last_ns).limit(MOST_REMEMBERED // 10)
    connection.execute(delete(sign_in_failures).where(sign_in_failures.c.name_hash.in_(oldest)))
    connection.execute(delete(sign_in_failures).where(sign_in_failures.c.last_ns < now_ns - FORGOTTEN_AFTER_NS))
