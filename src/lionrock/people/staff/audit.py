"""What the staff did and tried, entry by entry: a chain of digests in SQL whose links stand in the journal as well.

An entry's digest is the SHA-256 of its canonical JSON, which names the digest before it. Whoever changes, drops or puts
in an entry breaks the chain or leaves the journal with a digest that no entry has. Entries hold opaque ids, figures
and digests; words of people stand sealed elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from hashlib import sha256

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Table,
    UnaryExpression,
    delete,
    func,
    insert,
    select,
    true,
)

from lionrock.people.staff.tables import staff_audit, staff_audit_statements, writing

_log = logging.getLogger(__name__)

RecordDigest = Callable[[bytes], Awaitable[int]]
"""Puts a digest into the journal and gives the sequence of the command that carries it (kind APPROVAL, of
tokens ADMISSION)."""

Detail = int | str
FIRST = bytes(32)
"""What the first entry names as the digest before it."""
MACHINE = ""
"""Who acts when nobody of the staff does: the site itself, or somebody at the machine."""


class Entry(msgspec.Struct, frozen=True):
    """One entry, and where the journal has it."""

    entry: int
    at_ns: int
    staff_id: str
    """Empty for the machine itself."""
    event: str
    subject: str
    """Opaque id of what it is about."""
    details: Mapping[str, Detail]
    previous: bytes
    digest: bytes
    sequence: int
    """In the journal; 0 while it is on its way there."""

    @property
    def canonical(self) -> bytes:
        """What the digest is over."""
        return canonical_json(
            {
                "at_ns": self.at_ns,
                "details": self.details,
                "entry": self.entry,
                "event": self.event,
                "previous": self.previous.hex(),
                "staff_id": self.staff_id,
                "subject": self.subject,
            }
        )


def canonical_json(value: object) -> bytes:
    """Names in order, no spaces: the same bytes for the same content. Whole numbers and text only."""
    return msgspec.json.encode(value, order="deterministic")


class Audit:
    """The log of a site's staff; with other tables of the same columns, that of another room."""

    def __init__(
        self,
        database: Engine,
        record: RecordDigest | None = None,
        *,
        entries: Table = staff_audit,
        statements: Table = staff_audit_statements,
    ) -> None:
        """Without `record` digests wait in SQL until a site with a journal opens the log."""
        self._database = database
        self._entries, self._statements = entries, statements
        self._record = record
        self._recording = asyncio.Lock()

    def add(
        self, connection: Connection, at_ns: int, staff_id: str, event: str, subject: str, **details: Detail
    ) -> bytes:
        """One entry more, inside the transaction (`writing`) that does what it tells. Gives its digest."""
        last = connection.execute(
            select(self._entries.c.entry, self._entries.c.digest).order_by(self._entries.c.entry.desc()).limit(1)
        ).one_or_none()
        number, previous = (last.entry + 1, last.digest) if last else (1, FIRST)
        entry = Entry(number, at_ns, staff_id, event, subject, details, previous, b"", 0)
        digest = sha256(entry.canonical).digest()
        connection.execute(
            insert(self._entries).values(
                entry=number,
                at_ns=at_ns,
                staff_id=staff_id,
                event=event,
                subject=subject,
                details=canonical_json(details),
                digest=digest,
            )
        )
        return digest

    async def carry_to_journal(self) -> int:
        """Puts the digests that the journal has not yet there, in order; gives how many.

        Whatever was cut off between the two stores is made up for at the next call; a digest may then stand in the
        journal twice, never not at all. Raises what the node raises.
        """
        if self._record is None:
            return 0
        async with self._recording:
            waiting = await asyncio.to_thread(self._waiting)
            for number, digest in waiting:
                sequence = await self._record(digest)
                await asyncio.to_thread(self._recorded, number, sequence)
        return len(waiting)

    def _waiting(self) -> list[tuple[int, bytes]]:
        known = func.coalesce(select(func.max(self._statements.c.entry)).scalar_subquery(), 0)
        statement = select(self._entries.c.entry, self._entries.c.digest).where(self._entries.c.entry > known)
        with self._database.connect() as connection:
            return [(row.entry, row.digest) for row in connection.execute(statement.order_by(self._entries.c.entry))]

    def _recorded(self, number: int, sequence: int) -> None:
        with self._database.begin() as connection:
            connection.execute(insert(self._statements).values(entry=number, sequence=sequence))

    def entries(self, after: int = 0, most: int = 100, subject: str = "") -> list[Entry]:
        """In order, from the one behind `after` on."""
        condition = self._entries.c.entry > after
        if subject:
            condition &= self._entries.c.subject == subject
        return list(self._read(condition, self._entries.c.entry.asc(), most))

    def newest(
        self,
        before: int | None = None,
        most: int = 100,
        *,
        subject: str | None = None,
        event: str | None = None,
        staff_id: str | None = None,
    ) -> list[Entry]:
        """The newest first, of those before the entry `before`; None asks for any, `MACHINE` for what the site did."""
        columns = self._entries.c
        condition = columns.entry < before if before is not None else true()
        for column, wanted in ((columns.subject, subject), (columns.event, event), (columns.staff_id, staff_id)):
            if wanted is not None:
                condition &= column == wanted
        return list(self._read(condition, columns.entry.desc(), most))

    def _read(self, condition: ColumnElement[bool], order: UnaryExpression[int], most: int) -> Iterator[Entry]:
        statement = (
            select(self._entries, self._statements.c.sequence)
            .outerjoin(self._statements, self._statements.c.entry == self._entries.c.entry)
            .where(condition)
            .order_by(order)
            .limit(most)
        )
        with self._database.connect() as connection:
            for row in connection.execute(statement).all():
                before = select(self._entries.c.digest).where(self._entries.c.entry == row.entry - 1)
                yield _entry(row, connection.execute(before).scalar() or FIRST)

    def last(self) -> Entry | None:
        """The newest entry."""
        return next(iter(self.newest(most=1)), None)

    def broken_at(self) -> int:
        """The first entry that is not as it was written or does not follow the one before; 0 when all is whole."""
        expected, previous = 1, FIRST
        with self._database.connect() as connection:
            for row in connection.execute(select(self._entries).order_by(self._entries.c.entry)):
                entry = _entry(row, previous)
                if row.entry != expected or sha256(entry.canonical).digest() != row.digest:
                    return expected
                expected, previous = row.entry + 1, row.digest
        return 0


def forget_later_statements(database: Engine, statements: Table, last_sequence: int) -> None:
    """Of a site that is set back: digests that stood behind a command are carried to the journal again. What was done
    stays in the log, which is added to and never cut. The trigger that keeps rows from being deleted is lifted for this
    one transaction, in which the journal itself was cut.
    """
    trigger = f"{statements.name}_no_delete"
    with writing(database) as connection:
        known = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?"
        made_by = connection.exec_driver_sql(known, (trigger,)).scalar_one()
        connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        connection.execute(delete(statements).where(statements.c.sequence > last_sequence))
        connection.exec_driver_sql(made_by)


def _entry(row: Row[tuple[object, ...]], previous: bytes) -> Entry:
    told = row._mapping  # noqa: SLF001 SQLAlchemy's public name for a row by column
    return Entry(
        told["entry"],
        told["at_ns"],
        told["staff_id"],
        told["event"],
        told["subject"],
        msgspec.json.decode(told["details"], type=dict[str, Detail]),
        previous,
        told["digest"],
        told.get("sequence") or 0,
    )
