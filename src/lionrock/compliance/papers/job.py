"""Makes what is owed: plans the periods that are over, draws and sets the papers, records their digests.

Each step is done again where it was left, whenever the process ended: a period is planned whole or not at all, a paper
has the same id whenever it is planned, and a digest that is recorded twice says the same twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from lionrock.compliance.papers import drawing
from lionrock.compliance.papers.documents import Client, Entity
from lionrock.compliance.papers.drawing import PaperWrong, Wanted
from lionrock.compliance.papers.periods import Deadline, PaperKind, Period, PlaceCalendar, period_at
from lionrock.compliance.papers.press import Press
from lionrock.compliance.papers.rows import Rows, RowsBehind
from lionrock.compliance.papers.shelf import PaperRow, Shelf
from lionrock.node.errors import NodeBusy, NodeStopped
from lionrock.rulebook.stating import States
from lionrock.views.sql.database import DatabaseUnusable
from lionrock.views.sql.statements import StatementTooLong, StatementWrong
from lionrock.views.typesetting import tell_undrawn
from lionrock.words.side_notes import StatementKind

_log = logging.getLogger(__name__)

NS_PER_S = 1_000_000_000
SETTLED_NS = 3_600 * NS_PER_S
"""A period is planned so long after its end: an error trade may be booked back within the hour, and the note of its day
must say so."""
MOST_AT_ONCE = 50
"""Papers of one run; the next run goes on."""
MOST_PERIODS = 400
"""Of one kind in one run: a year of days that nobody looked."""
LOOK_SECONDS = 30
RETRY_NS = 3_600 * NS_PER_S
"""A paper that could not be made is tried again after it."""
_TELLING = (PaperWrong, StatementWrong, StatementTooLong)
"""Whose words name accounts and assets only."""
PATIENCE_NS = 60 * NS_PER_S
"""Read models that are away for less are waited for without a word."""


class PaperRules(msgspec.Struct, frozen=True):
    """What the rules of the site's licences ask; the kinds that are listed are made, others are not."""

    deadlines: Mapping[PaperKind, Deadline]


class Letterhead(msgspec.Struct, frozen=True):
    """Who issues, and how the two sides are told."""

    entity: Entity
    client_of: Callable[[int], Client]
    """Of an account: what the papers say of whose it is. SQL, so it is called in a thread."""
    told: Callable[[int, PaperRow], Callable[[Connection], None]]
    """Of an account and a paper: what writes the notice that it is there."""


class Done(msgspec.Struct, frozen=True):
    """What a run did."""

    planned: int = 0
    made: int = 0
    recorded: int = 0
    failed: int = 0

    @property
    def is_idle(self) -> bool:
        return not (self.planned or self.made or self.recorded)


class PapersJob:
    """Of one site. `step` is told where it is; only tests give one."""

    def __init__(
        self,
        shelf: Shelf,
        rows: Rows,
        *,
        directory: Path,
        rules: PaperRules,
        calendar: PlaceCalendar,
        zone: ZoneInfo,
        letterhead: Letterhead,
        press: Press,
        states: States,
        last_sequence: Callable[[], int],
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._shelf, self._rows, self._directory, self.rules = shelf, rows, directory, rules
        self._calendar, self._zone, self._letterhead, self._press = calendar, zone, letterhead, press
        self._states, self._last_sequence, self._step = states, last_sequence, step
        self._failed: dict[str, int] = {}
        """When to try again, by paper."""

    async def run(self, now_ns: int) -> Done:
        """Everything that is due now, at most `MOST_AT_ONCE` papers of it.

        Raises `RowsBehind`, `NodeStopped`, `NodeBusy`, `DatabaseUnusable` and `SQLAlchemyError`.
        """
        await self._rows.wait_for(self._last_sequence())
        planned = 0
        for kind in self.rules.deadlines:
            planned += await self._plan(kind, now_ns)
        made, failed = await self._make(now_ns)
        return Done(planned, made, await self._record(), failed)

    async def run_all(self, now_ns: int) -> Done:
        """Runs until nothing is left but what failed."""
        total = Done()
        while True:
            done = await self.run(now_ns)
            total = Done(
                total.planned + done.planned,
                total.made + done.made,
                total.recorded + done.recorded,
                total.failed + done.failed,
            )
            if done.is_idle and not done.failed:
                return total

    def periods_due(self, kind: PaperKind, begins_ns: int, now_ns: int) -> list[Period]:
        """Those from there on that are over and settled."""
        found: list[Period] = []
        period = period_at(kind, self._calendar, begins_ns)
        while period.until_ns + SETTLED_NS <= now_ns and len(found) < MOST_PERIODS:
            found.append(period)
            period = period_at(kind, self._calendar, period.until_ns)
        return found

    async def _plan(self, kind: PaperKind, now_ns: int) -> int:
        begins_ns = await asyncio.to_thread(self._shelf.next_period_begins, kind)
        if begins_ns is None:
            begins_ns = await self._rows.ask(drawing.first_ns)
        if begins_ns is None:
            return 0
        deadline, planned = self.rules.deadlines[kind], 0

        def due_ns(begun_ns: int) -> int:
            return self._calendar.due_ns(begun_ns, deadline.amount, deadline.unit)

        for period in self.periods_due(kind, begins_ns, now_ns):
            owed = await self._rows.ask(partial(drawing.owed, kind=kind, period=period))
            planned += await asyncio.to_thread(self._shelf.plan, kind, period, owed, due_ns, now_ns)
            self._step("planned")
        return planned

    async def _make(self, now_ns: int) -> tuple[int, int]:
        """One that cannot be made is left for an hour, and keeps no other back."""
        self._failed = {paper_id: until for paper_id, until in self._failed.items() if until > now_ns}
        rows = await asyncio.to_thread(self._shelf.to_make, MOST_AT_ONCE + len(self._failed))
        made = failed = 0
        for row in [each for each in rows if each.paper_id not in self._failed][:MOST_AT_ONCE]:
            try:
                made += await self._make_one(row, now_ns)
            except (SQLAlchemyError, DatabaseUnusable):
                raise
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one paper must not stop the others
                failed += 1
                self._failed[row.paper_id] = now_ns + RETRY_NS
                told = str(error) if isinstance(error, _TELLING) else type(error).__name__
                _log.critical("Paper %s (%s) cannot be made: %s", row.paper_id, row.kind, told)
        return made, failed

    async def _make_one(self, row: PaperRow, now_ns: int) -> bool:
        client = await asyncio.to_thread(self._letterhead.client_of, row.account_id)
        wanted = Wanted(
            row.paper_id,
            PaperKind(row.kind),
            row.account_id,
            row.reference_id,
            Period(row.from_ns, row.until_ns),
            self._letterhead.entity,
            client,
            now_ns,
            self._zone,
            self._zone.key,
        )
        document = await self._rows.ask(lambda connection: drawing.draw(connection, self._directory, wanted))
        machine_readable = msgspec.json.format(msgspec.json.encode(document), indent=1)
        self._step("drawn")
        printed = await self._press(row.kind, machine_readable)
        tell_undrawn(_log, f"Paper {row.paper_id} ({row.kind})", printed)
        self._step("set")

        def within(connection: Connection) -> None:
            self._letterhead.told(row.account_id, row)(connection)
            self._step("keeping")

        kept = await asyncio.to_thread(
            lambda: self._shelf.keep(row.paper_id, machine_readable, printed.pdf, now_ns, within=within)
        )
        self._step("kept")
        return kept

    async def _record(self) -> int:
        rows = await asyncio.to_thread(self._shelf.to_record, MOST_AT_ONCE)
        for row in rows:
            await self._states.record(StatementKind.DOCUMENT, bytes.fromhex(row.json_sha256))
            sequence = await self._states.record(StatementKind.DOCUMENT, bytes.fromhex(row.pdf_sha256))
            self._step("recorded")
            await asyncio.to_thread(self._shelf.recorded, row.paper_id, sequence)
        return len(rows)

    async def work(self, clock: Callable[[], int]) -> None:
        """As long as the site serves; returns when the node has stopped."""
        patience = _Patience(clock)
        while True:
            done: Done | None = None
            try:
                done = await self.run(clock())
            except NodeStopped:
                return
            except (RowsBehind, NodeBusy):
                patience.are_there()  # looked at again
            except Exception as error:  # noqa: BLE001 - the venue goes on; the rules tell what is owed
                patience.tell(error)
            else:
                patience.are_there()
            if done is None or done.is_idle:
                await asyncio.sleep(LOOK_SECONDS)


class _Patience:
    """At a start the read models are made by a process of their own, so they may be away for a moment."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._away_since_ns: int | None = None

    def are_there(self) -> None:
        self._away_since_ns = None

    def tell(self, error: Exception) -> None:
        level, now_ns = logging.ERROR, self._clock()
        if not isinstance(error, OSError):
            self._away_since_ns = now_ns if self._away_since_ns is None else self._away_since_ns
            level = logging.DEBUG if now_ns - self._away_since_ns < PATIENCE_NS else logging.ERROR
        _log.log(level, "Papers cannot be made now: %s", type(error).__name__)


def nobody_told(account_id: int, row: PaperRow) -> Callable[[Connection], Any]:
    """For a site without notices."""
    del account_id, row
    return lambda _: None
