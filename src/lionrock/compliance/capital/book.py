"""Approved figures, the positions they come to, and alarms with their drafted notices."""

from __future__ import annotations

import logging
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Engine, Row, and_, insert, select, update

from lionrock.compliance.capital.figures import CapitalFigures, complaints, position_of
from lionrock.compliance.capital.tables import capital_alarms, capital_figures, capital_returns
from lionrock.compliance.capital.triggers import CapitalRules, Trigger, draft_notice, triggers
from lionrock.compliance.papers.drawing import local_time
from lionrock.compliance.papers.periods import Deadline, PlaceCalendar
from lionrock.compliance.staff_identity import StaffActionRefused, StaffIdentity, require_another, require_role
from lionrock.rulebook.facts import CapitalPosition
from lionrock.store.sealing import Sealer

_log = logging.getLogger(__name__)

PREPARERS = ("finance",)
APPROVERS = ("finance", "responsible_officer")
TELLERS = ("finance", "responsible_officer", "compliance_officer")
_ID_BYTES = 16


class Approved(msgspec.Struct, frozen=True):
    """Figures that two people stand for."""

    figures_id: str
    figures: CapitalFigures
    proposed_by: str
    approved_by: str
    approved_ns: int
    sha256: str


class Entered(msgspec.Struct, frozen=True):
    """Approved figures with what they come to."""

    approved: Approved
    position: CapitalPosition
    cases: tuple[Trigger, ...]
    is_corrected: bool
    """Others were approved later for the same moment."""


class Alarm(msgspec.Struct, frozen=True):
    """Something the regulator must be told."""

    alarm_id: str
    figures_id: str
    trigger: str
    found_ns: int
    """When the figures that show it were approved: nobody knew before."""
    due_ns: int
    notified_ns: int | None
    notified_by: str


AlarmTold = Callable[[Connection, Alarm, Trigger], None]
"""What else is written in the transaction that finds an alarm, such as a notice to officers."""


def nobody_alarmed(connection: Connection, alarm: Alarm, found: Trigger) -> None:
    """For a site that has nobody to tell."""


class CapitalBook:
    """Of one site. Calls are SQL: from a loop, make them in a thread."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        *,
        rules: CapitalRules,
        notice: Deadline,
        calendar: PlaceCalendar,
        zone: ZoneInfo,
        told: AlarmTold = nobody_alarmed,
    ) -> None:
        self._database, self._sealer, self._random_bytes = database, sealer, random_bytes
        self.rules, self.notice, self._calendar, self._zone, self._told = rules, notice, calendar, zone, told

    def record(
        self, figures: CapitalFigures, proposed_by: StaffIdentity, approved_by: StaffIdentity, now_ns: int
    ) -> str:
        """Figures that a second person approved now, with every alarm they raise, in one transaction; gives their id.

        An alarm is raised when its case was not there in the entity's figures before. Raises `StaffActionRefused`.
        """
        require_role(proposed_by, *PREPARERS)
        require_role(approved_by, *APPROVERS)
        require_another(approved_by, proposed_by.staff_id)
        self.check(figures, now_ns)
        figures_id, plain = self._random_bytes(_ID_BYTES).hex(), msgspec.json.encode(figures)
        with self._database.begin() as connection:
            before = self._latest(connection, figures.entity, figures.as_of_ns + 1)
            connection.execute(
                insert(capital_figures).values(
                    figures_id=figures_id,
                    entity=figures.entity,
                    as_of_ns=figures.as_of_ns,
                    proposed_by=proposed_by.staff_id,
                    approved_by=approved_by.staff_id,
                    approved_ns=now_ns,
                    sealed_figures=self._sealer.seal(plain, _figures_place(figures_id)),
                    sha256=sha256(plain).hexdigest(),
                )
            )
            known = set() if before is None else {each.name for each in self._cases(connection, before.figures)}
            for found in self._cases(connection, figures):
                if found.name not in known:
                    self._raise_alarm(connection, figures_id, figures, found, now_ns)
        return figures_id

    def check(self, figures: CapitalFigures, now_ns: int) -> None:
        """Raises `StaffActionRefused` for figures that cannot be meant."""
        day = self._calendar.day_of(min(max(figures.as_of_ns, 0), now_ns))
        for complaint in complaints(figures, now_ns, day):
            raise StaffActionRefused("figures_wrong", complaint, "correct the figures and propose them again")

    def _cases(self, connection: Connection, figures: CapitalFigures) -> list[Trigger]:
        return triggers(figures, self._position(connection, figures), self.rules)

    def _raise_alarm(
        self, connection: Connection, figures_id: str, figures: CapitalFigures, found: Trigger, now_ns: int
    ) -> None:
        alarm_id = f"{figures_id}:{found.name}"[:64]
        draft = draft_notice(figures.entity, figures.currency, found, local_time(now_ns, self._zone))
        alarm = Alarm(
            alarm_id,
            figures_id,
            found.name,
            now_ns,
            self._calendar.due_ns(now_ns, self.notice.amount, self.notice.unit),
            None,
            "",
        )
        sealed = self._sealer.seal(draft.encode(), _draft_place(alarm_id))
        connection.execute(insert(capital_alarms).values(**msgspec.structs.asdict(alarm), sealed_draft=sealed))
        self._told(connection, alarm, found)
        _log.critical(
            "The regulator must be told of the capital of %s: %s; alarm %s", figures.entity, found.name, alarm_id
        )

    def notified(self, alarm_id: str, staff: StaffIdentity, now_ns: int) -> None:
        """The regulator was told. Raises `StaffActionRefused`."""
        require_role(staff, *TELLERS)
        open_one = and_(capital_alarms.c.alarm_id == alarm_id, capital_alarms.c.notified_ns.is_(None))
        with self._database.begin() as connection:
            told = {"notified_ns": now_ns, "notified_by": staff.staff_id}
            if not connection.execute(update(capital_alarms).where(open_one).values(told)).rowcount:
                raise StaffActionRefused(
                    "alarm_not_open", "there is no such alarm to tell of", "look at the list again"
                )

    def alarms(self) -> list[Alarm]:
        """Oldest first."""
        columns = [capital_alarms.c[name] for name in Alarm.__struct_fields__]
        with self._database.connect() as connection:
            rows = connection.execute(select(*columns).order_by(capital_alarms.c.found_ns)).all()
        return [Alarm(*tuple(row)) for row in rows]

    def draft(self, alarm_id: str) -> str:
        """The drafted notice. Raises `KeyError`."""
        wanted = select(capital_alarms.c.sealed_draft).where(capital_alarms.c.alarm_id == alarm_id)
        with self._database.connect() as connection:
            sealed = connection.execute(wanted).scalar()
        if sealed is None:
            raise KeyError(alarm_id)
        return self._sealer.open(sealed, _draft_place(alarm_id)).decode()

    def latest(self, entity: str, before_ns: int) -> Approved | None:
        """The figures of the latest moment before that one; of several for one moment those approved last."""
        with self._database.connect() as connection:
            return self._latest(connection, entity, before_ns)

    def _latest(self, connection: Connection, entity: str, before_ns: int) -> Approved | None:
        c = capital_figures.c
        row = connection.execute(
            select(capital_figures)
            .where(c.entity == entity, c.as_of_ns < before_ns)
            .order_by(c.as_of_ns.desc(), c.approved_ns.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else self._opened(row)

    def positions(self) -> list[CapitalPosition]:
        """All that were approved, by their moment; where figures were corrected, the corrected ones alone."""
        c = capital_figures.c
        with self._database.connect() as connection:
            rows = connection.execute(select(capital_figures).order_by(c.entity, c.as_of_ns, c.approved_ns)).all()
            newest = {(row.entity, row.as_of_ns): row for row in rows}
            return [self._position(connection, self._opened(row).figures) for row in newest.values()]

    def entered(self, most: int) -> list[Entered]:
        """All that were approved, the latest moment first, corrected ones after those that took their place."""
        c, seen = capital_figures.c, set[tuple[str, int]]()
        query = select(capital_figures).order_by(c.as_of_ns.desc(), c.entity, c.approved_ns.desc()).limit(most)
        found = []
        with self._database.connect() as connection:
            for row in connection.execute(query).all():
                approved, key = self._opened(row), (row.entity, row.as_of_ns)
                position = self._position(connection, approved.figures)
                cases = tuple(triggers(approved.figures, position, self.rules))
                found.append(Entered(approved, position, cases, key in seen))
                seen.add(key)
        return found

    def position(self, figures: CapitalFigures) -> CapitalPosition:
        with self._database.connect() as connection:
            return self._position(connection, figures)

    def _position(self, connection: Connection, figures: CapitalFigures) -> CapitalPosition:
        c = capital_returns.c
        told = select(c.liquid_capital_minor).where(
            c.entity == figures.entity,
            c.kind == "monthly_return",
            c.filed_ns.is_not(None),
            c.until_ns <= figures.as_of_ns,
        )
        last = connection.execute(told.order_by(c.until_ns.desc()).limit(1)).scalar()
        return position_of(figures, self.rules.floor_minor, int(last or 0))

    def _opened(self, row: Row[Any]) -> Approved:
        plain = self._sealer.open(row.sealed_figures, _figures_place(row.figures_id))
        figures = msgspec.json.decode(plain, type=CapitalFigures)
        return Approved(row.figures_id, figures, row.proposed_by, row.approved_by, row.approved_ns, row.sha256)


def _figures_place(figures_id: str) -> str:
    return f"capital_figures.figures:{figures_id}"


def _draft_place(alarm_id: str) -> str:
    return f"capital_alarms.draft:{alarm_id}"
