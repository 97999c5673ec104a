"""Legal holds, erasure on request, and erasure when the time is over.

An erasure answers line by line: what was taken away, what must stay, until when, and by which rule. What stands in the
journal stays, under opaque numbers that mean nothing once the sealed record that names the person is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec
from sqlalchemy import Engine, insert, select, update

from lionrock.compliance.records.keeping import NS_PER_DAY, Begins, Keeping
from lionrock.compliance.records.shelves import Shelf, Standing
from lionrock.compliance.records.tables import erasures, legal_holds
from lionrock.store.sealing import Sealer
from lionrock.words.side_notes import StatementKind

_ID_BYTES = 16
_ALWAYS_NS = 2**63 - 1


class HoldNeedsTwo(Exception):
    """A hold is placed and released by two people."""


class HoldUnknown(Exception):
    """There is no such hold, or it was released already."""


class StatementPort(Protocol):
    """Puts a digest into the journal; returns the sequence of its frame."""

    async def record(self, kind: StatementKind, digest: bytes) -> int: ...


class LegalHold(msgspec.Struct, frozen=True):
    """Somebody asked that nothing about a client be erased."""

    hold_id: str
    client_id: str
    reason: str
    placed_ns: int
    released_ns: int | None


class Line(msgspec.Struct, frozen=True):
    """What became of one class of a client's records."""

    record_class: str
    erased: int
    kept: int
    kept_until_ns: int | None
    """When the last of them may go; None while that is not known."""
    rule_ids: tuple[str, ...]
    why: str
    """Why some are kept; empty when none are."""


class Report(msgspec.Struct, frozen=True):
    """The answer to a request for erasure."""

    erasure_id: str
    client_id: str
    carried_out_ns: int
    lines: tuple[Line, ...]

    def encode(self) -> bytes:
        """Canonical JSON."""
        return msgspec.json.encode(self, order="sorted")

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.encode()).digest()


class Keeper:
    """The records of a site's clients. Calls but `erase` and `recover` are SQL: from a loop, make them in a thread."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        *,
        shelves: Sequence[Shelf],
        standing: Sequence[Standing],
        keepings: Callable[[int], Mapping[str, Keeping]],
        left_ns: Callable[[str], int | None],
    ) -> None:
        """`keepings` gives the times that hold at a moment; `left_ns` when a client left, None while it is one."""
        self._database, self._sealer, self._random_bytes = database, sealer, random_bytes
        self.shelves, self.standing = tuple(shelves), tuple(standing)
        self.keepings, self._left_ns = keepings, left_ns

    def place_hold(self, client_id: str, reason: str, now_ns: int, *, by: str, approved_by: str) -> LegalHold:
        """Nothing of the client is erased until the hold is released. Raises `HoldNeedsTwo`."""
        if not by or not approved_by or by == approved_by:
            raise HoldNeedsTwo("one person places a hold and another one approves it")
        hold = LegalHold(self._random_bytes(_ID_BYTES).hex(), client_id, reason, now_ns, None)
        with self._database.begin() as connection:
            connection.execute(
                insert(legal_holds).values(
                    hold_id=hold.hold_id,
                    client_id=client_id,
                    sealed_reason=self._sealer.seal(reason.encode(), _place(hold.hold_id)),
                    placed_ns=now_ns,
                    placed_by=by,
                    approved_by=approved_by,
                )
            )
        return hold

    def release_hold(self, hold_id: str, now_ns: int, *, by: str, approved_by: str) -> None:
        """Raises `HoldNeedsTwo` and `HoldUnknown`."""
        if not by or not approved_by or by == approved_by:
            raise HoldNeedsTwo("one person releases a hold and another one approves it")
        query = update(legal_holds).where(legal_holds.c.hold_id == hold_id, legal_holds.c.released_ns.is_(None))
        with self._database.begin() as connection:
            if not connection.execute(query.values(released_ns=now_ns, released_by=by)).rowcount:
                raise HoldUnknown(hold_id)

    def holds(self, client_id: str) -> list[LegalHold]:
        """Oldest first, released ones too."""
        query = select(legal_holds).where(legal_holds.c.client_id == client_id).order_by(legal_holds.c.placed_ns)
        with self._database.connect() as connection:
            return [
                LegalHold(
                    row.hold_id,
                    client_id,
                    self._sealer.open(row.sealed_reason, _place(row.hold_id)).decode(),
                    row.placed_ns,
                    row.released_ns,
                )
                for row in connection.execute(query)
            ]

    def plan(self, client_id: str, now_ns: int) -> tuple[Line, ...]:
        """What an erasure at this moment would do; nothing is changed."""
        return self._lines(client_id, now_ns, erase=False)

    async def erase(self, client_id: str, now_ns: int, statements: StatementPort) -> Report:
        """Take away what nothing keeps; the report's digest is in the journal when this returns.

        The report is on disk before anything is taken away, so that no record goes without a word. Raises what the
        statement's `record` raises; run `recover` then.
        """
        report = Report(self._random_bytes(_ID_BYTES).hex(), client_id, now_ns, self.plan(client_id, now_ns))
        with self._database.begin() as connection:
            connection.execute(
                insert(erasures).values(
                    erasure_id=report.erasure_id,
                    client_id=client_id,
                    carried_out_ns=now_ns,
                    report=report.encode(),
                    sequence=0,
                )
            )
        self._lines(client_id, now_ns, erase=True)
        await self._state(report, statements)
        return report

    async def recover(self, statements: StatementPort) -> int:
        """At a start: carry out erasures that a crash cut short; returns how many."""
        with self._database.connect() as connection:
            rows = connection.execute(select(erasures).where(erasures.c.sequence == 0)).all()
        for row in rows:
            report = msgspec.json.decode(row.report, type=Report)
            self._lines(report.client_id, report.carried_out_ns, erase=True)
            await self._state(report, statements)
        return len(rows)

    def reports(self, client_id: str = "", most: int = 100) -> list[tuple[Report, int]]:
        """Past erasures, newest first, of one client or of all; each with where the journal has its digest, 0 while it
        has not.
        """
        query = select(erasures).order_by(erasures.c.carried_out_ns.desc()).limit(most)
        if client_id:
            query = query.where(erasures.c.client_id == client_id)
        with self._database.connect() as connection:
            rows = connection.execute(query).all()
        return [(msgspec.json.decode(row.report, type=Report), row.sequence) for row in rows]

    async def _state(self, report: Report, statements: StatementPort) -> None:
        sequence = await statements.record(StatementKind.DOCUMENT, report.digest)
        query = update(erasures).where(erasures.c.erasure_id == report.erasure_id)
        with self._database.begin() as connection:
            connection.execute(query.values(sequence=sequence))

    def due(self, now_ns: int) -> list[str]:
        """Clients of whom something may go, as its time is over and nothing holds it."""
        found: dict[str, None] = {}
        keepings = self.keepings(now_ns)
        for shelf in self.shelves:
            if shelf.record_class in keepings:
                found.update(dict.fromkeys(shelf.clients_with(now_ns)))
        return [client_id for client_id in found if any(line.erased for line in self.plan(client_id, now_ns))]

    def _lines(self, client_id: str, now_ns: int, *, erase: bool) -> tuple[Line, ...]:
        keepings = self.keepings(now_ns)
        held = [hold.hold_id for hold in self.holds(client_id) if hold.released_ns is None]
        left_ns = self._left_ns(client_id)
        lines = [
            self._line(shelf, client_id, keepings.get(shelf.record_class), _Case(now_ns, left_ns, held), erase=erase)
            for shelf in self.shelves
        ]
        always = [Line(each.record_class, 0, 0, None, (), each.why) for each in self.standing]
        return (*_present(lines), *always)

    def _line(self, shelf: Shelf, client_id: str, keeping: Keeping | None, case: _Case, *, erase: bool) -> Line | None:
        stock = shelf.stock(client_id, _ALWAYS_NS)
        if stock is None:
            return None
        name, rules = shelf.record_class, keeping.rule_ids if keeping else ()
        if case.held:
            return Line(name, 0, stock.records, None, rules, f"legal hold {', '.join(case.held)}")
        before_ns = _erasable_before_ns(keeping, case)
        going = shelf.stock(client_id, before_ns)
        erased = going.records if going else 0
        if erase and erased:
            shelf.erase(client_id, before_ns)
        kept = stock.records - erased
        if not kept:
            return Line(name, erased, 0, None, rules, "")
        until_ns = keeping.until_ns(stock.newest_ns, case.left_ns) if keeping else None
        return Line(name, erased, kept, until_ns, rules, _kept_because(keeping, case))


def forget_later_erasures(database: Engine, last_sequence: int) -> None:
    """Of a site that is set back: reports whose digest the journal has no more are stated again. Erased is erased."""
    with database.begin() as connection:
        connection.execute(update(erasures).where(erasures.c.sequence > last_sequence).values(sequence=0))


class _Case(msgspec.Struct, frozen=True):
    now_ns: int
    left_ns: int | None
    held: list[str]


def _erasable_before_ns(keeping: Keeping | None, case: _Case) -> int:
    """Records made before this moment may go: all of them, none of them, or those whose own time is over."""
    if keeping is None:
        return 0 if case.left_ns is None else _ALWAYS_NS
    if keeping.begins is Begins.RECORD:
        return case.now_ns - keeping.keep_days * NS_PER_DAY + 1
    until_ns = keeping.until_ns(0, case.left_ns)
    return _ALWAYS_NS if until_ns is not None and until_ns <= case.now_ns else 0


def _kept_because(keeping: Keeping | None, case: _Case) -> str:
    if keeping is None:
        return "the relationship goes on"
    begins = {Begins.RECORD: "the record", Begins.END_OF_RELATIONSHIP: "the end of the relationship"}
    counted = begins.get(keeping.begins, "the end of the system")
    whose = f"by {', '.join(keeping.rule_ids)}" if keeping.rule_ids else "by the site's own rule"
    words = f"kept {keeping.keep_days} days from {counted} {whose}"
    goes_on = keeping.begins is not Begins.RECORD and case.left_ns is None
    return f"{words}; the relationship goes on" if goes_on else words


def _present(lines: Iterable[Line | None]) -> list[Line]:
    return [line for line in lines if line is not None]


def _place(hold_id: str) -> str:
    return f"legal_holds.reason:{hold_id}"
