"""Returns to the regulator: frozen at the cut-off by one person, approved by another, filed, recorded."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Engine, and_, insert, select, update

from lionrock.compliance.capital.book import APPROVERS, PREPARERS, Approved, CapitalBook
from lionrock.compliance.capital.cyber import cyber_return
from lionrock.compliance.capital.drafting import Drafting, capital_return, monthly_statistics
from lionrock.compliance.capital.reconciling import ReconcilingTerms, reconciliation
from lionrock.compliance.capital.statistics import holdings_at, venue_figures
from lionrock.compliance.capital.tables import capital_returns
from lionrock.compliance.capital.workbook import ReturnDocument, as_workbook
from lionrock.compliance.papers.documents import Entity
from lionrock.compliance.papers.periods import Deadline, PaperKind, Period, PlaceCalendar, period_at
from lionrock.compliance.papers.press import Press
from lionrock.compliance.papers.rows import Rows, RowsBehind
from lionrock.compliance.staff_identity import StaffActionRefused, StaffIdentity, require_another, require_role
from lionrock.rulebook.facts import Attested
from lionrock.rulebook.stating import States
from lionrock.store.sealing import Sealer
from lionrock.views.typesetting import tell_undrawn
from lionrock.words.side_notes import StatementKind

_log = logging.getLogger(__name__)


class ReturnKind(StrEnum):
    """Also kinds of `Obligation` and records of `RecordShape`."""

    MONTHLY_RETURN = "monthly_return"
    MONTHLY_STATISTICS = "monthly_statistics"
    ANNUAL_RETURN = "annual_return"
    NET_LIQUID_ASSETS_RETURN = "net_liquid_assets_return"
    """Monthly, of the Dubai regulator; the same content as a monthly return."""
    LIQUID_ASSETS_RECONCILIATION = "liquid_assets_reconciliation"
    """Daily, of the Dubai regulator; made by the site itself, done when a person approved it, and sent to nobody."""
    CYBER_RETURN = "cyber_return"
    """Yearly, of the Bermuda regulator."""


DAILY = frozenset({ReturnKind.LIQUID_ASSETS_RECONCILIATION})
YEARLY = frozenset({ReturnKind.ANNUAL_RETURN, ReturnKind.CYBER_RETURN})
AUTOMATIC_DAYS = 31
"""How far back the site makes reconciliations by itself; older days a person asks for."""
BY_SITE = "site"
_ENTITY_IN_ID = 24
"""Letters of the entity's code, so that kind and day always fit beside it."""
_NS_PER_DAY = 86_400 * 10**9
_TEMPLATES = {
    ReturnKind.MONTHLY_STATISTICS: "monthly_statistics",
    ReturnKind.LIQUID_ASSETS_RECONCILIATION: "reconciliation",
    ReturnKind.CYBER_RETURN: "cyber_return",
}
"""All others are set as a return."""


class ReturnState(StrEnum):
    """Where a return stands."""

    FROZEN = "frozen"
    """Made; its figures change no more."""
    APPROVED = "approved"
    """By another person; its digests are in the journal."""
    FILED = "filed"


FORMATS = {
    "json": "application/json",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ReturnRules(msgspec.Struct, frozen=True):
    """What the rules of the entity's licence ask; the kinds that are listed are owed."""

    deadlines: dict[ReturnKind, Deadline]
    year_ends_month: int = 12
    """Last month of the financial year."""
    reconciling: ReconcilingTerms = ReconcilingTerms()


class _Drawn(NamedTuple):
    """The content of a return, and the liquid capital that it tells, in minor units; 0 where it tells none."""

    document: ReturnDocument
    liquid_capital_minor: int


class ReturnRow(msgspec.Struct, frozen=True):
    """A return without its content."""

    return_id: str
    kind: str
    entity: str
    from_ns: int
    until_ns: int
    due_ns: int
    state: str
    frozen_ns: int
    frozen_by: str
    approved_by: str
    approved_ns: int | None
    filed_ns: int | None
    liquid_capital_minor: int
    json_sha256: str
    pdf_sha256: str
    xlsx_sha256: str
    recorded_sequence: int | None


_COLUMNS = [capital_returns.c[name] for name in ReturnRow.__struct_fields__]


class Returns:
    """Of one legal entity of a site."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        book: CapitalBook,
        rows: Rows,
        *,
        entity: Entity,
        rules: ReturnRules,
        calendar: PlaceCalendar,
        zone: ZoneInfo,
        press: Press,
        states: States,
        last_sequence: Callable[[], int],
        attested: Callable[[], Sequence[Attested]] = tuple,
    ) -> None:
        """`attested` gives what people of the staff stated; SQL."""
        self._attested = attested
        self._database, self._sealer, self._book, self._rows = database, sealer, book, rows
        self.entity, self.rules, self._calendar, self._zone = entity, rules, calendar, zone
        self._press, self._states, self._last_sequence = press, states, last_sequence

    def period_of(self, kind: ReturnKind, at_ns: int) -> Period:
        """The day, month or financial year that a moment is in."""
        if kind in DAILY:
            return period_at(PaperKind.DAILY_STATEMENT, self._calendar, at_ns)
        if kind not in YEARLY:
            return period_at(PaperKind.MONTHLY_STATEMENT, self._calendar, at_ns)
        day, last = self._calendar.day_of(at_ns), self.rules.year_ends_month
        begins_in = day.year if day.month > last % 12 else day.year - 1
        first = date(begins_in, last % 12 + 1, 1)
        return Period(self._calendar.begins_ns(first), self._calendar.begins_ns(date(first.year + 1, first.month, 1)))

    def moment_in(self, month: str) -> int:
        """A moment of a month that is written `2026-02`. Raises `ValueError`."""
        return self._calendar.begins_ns(date.fromisoformat(f"{month}-15"))

    def moment_of(self, day: str) -> int:
        """A moment of a day that is written `2026-02-03`. Raises `ValueError`."""
        return self._calendar.begins_ns(date.fromisoformat(day))

    def day_of(self, at_ns: int) -> date:
        """The day at the entity's place."""
        return self._calendar.day_of(at_ns)

    def due_ns(self, kind: ReturnKind, period: Period) -> int:
        deadline = self.rules.deadlines[kind]
        return self._calendar.due_ns(period.until_ns - 1, deadline.amount, deadline.unit)

    async def freeze(self, kind: ReturnKind, within_ns: int, staff: StaffIdentity, now_ns: int) -> ReturnRow:
        """Makes the return of the period that a moment is in, from figures of its last day and rows before its end.

        Asked again it gives the one that is there. Raises `StaffActionRefused`, `RowsBehind`, and what SQL raises.
        """
        require_role(staff, *PREPARERS)
        return await self._freeze(kind, self.period_of(kind, within_ns), staff.staff_id, now_ns)

    async def make_reconciliations(self, now_ns: int) -> int:
        """Those of past days whose figures are approved, made by the site itself; gives how many. Looked for again when
        figures are missing, or the read models are behind. Raises what SQL raises.
        """
        made = 0
        for kind in DAILY & self.rules.deadlines.keys():
            for _, return_id, period in self._owed_of(kind, now_ns - AUTOMATIC_DAYS * _NS_PER_DAY, now_ns):
                if await asyncio.to_thread(self.find, return_id) is not None:
                    continue
                try:
                    await self._freeze(kind, period, BY_SITE, now_ns)
                except StaffActionRefused:
                    continue  # nobody has entered the figures of that day
                except RowsBehind:
                    return made
                made += 1
        return made

    async def _freeze(self, kind: ReturnKind, period: Period, by: str, now_ns: int) -> ReturnRow:
        return_id = self._return_id(kind, period)
        if (known := await asyncio.to_thread(self.find, return_id)) is not None:
            return known
        drawn = await self._draw(kind, period, return_id, now_ns)
        plain = msgspec.json.format(msgspec.json.encode(drawn.document), indent=1)
        printed = await self._press(_TEMPLATES.get(kind, "return"), plain)
        tell_undrawn(_log, f"Return {return_id} ({kind})", printed)
        workbook = await asyncio.to_thread(as_workbook, drawn.document)
        files = {"json": plain, "pdf": printed.pdf, "xlsx": workbook}
        digests = {name: sha256(content).hexdigest() for name, content in files.items()}
        row = ReturnRow(
            return_id,
            kind.value,
            self.entity.code,
            period.from_ns,
            period.until_ns,
            self.due_ns(kind, period),
            ReturnState.FROZEN.value,
            now_ns,
            by,
            "",
            None,
            None,
            drawn.liquid_capital_minor,
            json_sha256=digests["json"],
            pdf_sha256=digests["pdf"],
            xlsx_sha256=digests["xlsx"],
            recorded_sequence=None,
        )
        await asyncio.to_thread(self._insert, row, files)
        return row

    async def _draw(self, kind: ReturnKind, period: Period, return_id: str, now_ns: int) -> _Drawn:
        if now_ns < period.until_ns:
            raise StaffActionRefused("period_not_over", "the period is not over", "freeze the return after its end")
        if kind is ReturnKind.CYBER_RETURN:
            stated = await asyncio.to_thread(self._attested)
            return _Drawn(cyber_return(return_id, self.entity, period, stated, now_ns=now_ns, zone=self._zone), 0)
        approved = await asyncio.to_thread(self._figures_at_end, period)
        await self._rows.wait_for(self._last_sequence())
        venue = await self._rows.ask(lambda connection: venue_figures(connection, period))
        drafting = Drafting(
            return_id, kind.value, self.entity, period, approved, self._book.rules, venue, now_ns, self._zone
        )
        position = await asyncio.to_thread(self._book.position, approved.figures)
        document: ReturnDocument
        if kind is ReturnKind.LIQUID_ASSETS_RECONCILIATION:
            holdings = await self._rows.ask(lambda connection: holdings_at(connection, period))
            document = reconciliation(drafting, position, holdings, self.rules.reconciling)
        elif kind is ReturnKind.MONTHLY_STATISTICS:
            document = monthly_statistics(drafting, position)
        else:
            document = capital_return(drafting, position)
        return _Drawn(document, position.liquid_capital_minor)

    def _figures_at_end(self, period: Period) -> Approved:
        found = self._book.latest(self.entity.code, period.until_ns + 1)
        last_day = self._calendar.day_of(period.until_ns - 1)
        if found is None or found.figures.as_of_ns < self._calendar.begins_ns(last_day):
            raise StaffActionRefused(
                "figures_missing",
                "there are no approved figures of the period's last day",
                "record the figures and have them approved",
                day=last_day.isoformat(),
            )
        return found

    def _insert(self, row: ReturnRow, files: dict[str, bytes]) -> None:
        sealed = {
            f"sealed_{name}": self._sealer.seal(content, _place(row.return_id, name)) for name, content in files.items()
        }
        with self._database.begin() as connection:
            connection.execute(insert(capital_returns).values(**msgspec.structs.asdict(row), **sealed))

    async def approve(self, return_id: str, json_sha256: str, staff: StaffIdentity, now_ns: int) -> ReturnRow:
        """By another person than froze it, for exactly this content; its three digests go to the journal.

        Raises `StaffActionRefused`.
        """
        require_role(staff, *APPROVERS)
        row = await asyncio.to_thread(self._known, return_id)
        require_another(staff, row.frozen_by)
        if row.json_sha256 != json_sha256:
            raise StaffActionRefused("content_changed", "this is not the content that is there", "read it again")
        approved = {"approved_by": staff.staff_id, "approved_ns": now_ns}
        await asyncio.to_thread(self._step, return_id, ReturnState.FROZEN, ReturnState.APPROVED, approved)
        return await self._record(return_id)

    async def record_missing(self) -> int:
        """Those that were approved and do not stand in the journal yet, as after a crash; gives how many."""
        wanted = and_(capital_returns.c.approved_ns.is_not(None), capital_returns.c.recorded_sequence.is_(None))
        rows = await asyncio.to_thread(self._select, wanted)
        for row in rows:
            await self._record(row.return_id)
        return len(rows)

    async def _record(self, return_id: str) -> ReturnRow:
        row, sequence = await asyncio.to_thread(self._known, return_id), 0
        for digest in (row.json_sha256, row.pdf_sha256, row.xlsx_sha256):
            sequence = await self._states.record(StatementKind.RETURN, bytes.fromhex(digest))
        await asyncio.to_thread(self._change, return_id, {"recorded_sequence": sequence})
        return await asyncio.to_thread(self._known, return_id)

    async def filed(self, return_id: str, staff: StaffIdentity, now_ns: int) -> ReturnRow:
        """It was sent to the regulator. Raises `StaffActionRefused`."""
        require_role(staff, *APPROVERS)
        await asyncio.to_thread(self._step, return_id, ReturnState.APPROVED, ReturnState.FILED, {"filed_ns": now_ns})
        return await asyncio.to_thread(self._known, return_id)

    def _step(self, return_id: str, before: ReturnState, after: ReturnState, values: dict[str, Any]) -> None:
        here = and_(capital_returns.c.return_id == return_id, capital_returns.c.state == before.value)
        with self._database.begin() as connection:
            changed = update(capital_returns).where(here).values(state=after.value, **values)
            if connection.execute(changed).rowcount != 1:
                raise StaffActionRefused(
                    "return_not_there", f"there is no return in state {before.value}", "look at the list again"
                )

    def _change(self, return_id: str, values: dict[str, Any]) -> None:
        with self._database.begin() as connection:
            connection.execute(update(capital_returns).where(capital_returns.c.return_id == return_id).values(values))

    def find(self, return_id: str) -> ReturnRow | None:
        found = self._select(capital_returns.c.return_id == return_id)
        return found[0] if found else None

    def _known(self, return_id: str) -> ReturnRow:
        row = self.find(return_id)
        if row is None:
            raise StaffActionRefused("return_not_there", "there is no such return", "look at the list again")
        return row

    def all(self) -> list[ReturnRow]:
        """Of the entity, oldest period first."""
        return self._select(capital_returns.c.entity == self.entity.code)

    def _select(self, wanted: Any) -> list[ReturnRow]:
        order = (capital_returns.c.until_ns, capital_returns.c.kind)
        with self._database.connect() as connection:
            rows = connection.execute(select(*_COLUMNS).where(wanted).order_by(*order)).all()
        return [ReturnRow(*tuple(row)) for row in rows]

    def open_file(self, return_id: str, file_format: str) -> bytes:
        """`json`, `pdf` or `xlsx`. Raises `KeyError`."""
        column = capital_returns.c[f"sealed_{file_format}"]
        with self._database.connect() as connection:
            sealed = connection.execute(select(column).where(capital_returns.c.return_id == return_id)).scalar()
        if sealed is None:
            raise KeyError(return_id)
        return self._sealer.open(sealed, _place(return_id, file_format))

    def _return_id(self, kind: ReturnKind, period: Period) -> str:
        first = self._calendar.day_of(period.from_ns)
        return f"{self.entity.code[:_ENTITY_IN_ID]}:{kind.value}:{first.isoformat()}"

    def owed(self, since_ns: int, now_ns: int) -> list[tuple[ReturnKind, str, Period]]:
        """Kind, id and period of every return whose period is over, from the one that `since_ns` is in."""
        return [each for kind in self.rules.deadlines for each in self._owed_of(kind, since_ns, now_ns)]

    def _owed_of(self, kind: ReturnKind, since_ns: int, now_ns: int) -> list[tuple[ReturnKind, str, Period]]:
        found, period = [], self.period_of(kind, since_ns)
        while period.until_ns <= now_ns:
            found.append((kind, self._return_id(kind, period), period))
            period = self.period_of(kind, period.until_ns)
        return found


def _place(return_id: str, file_format: str) -> str:
    return f"capital_returns.{file_format}:{return_id}"
