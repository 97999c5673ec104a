"""The monthly report to the board: every token, what was decided in the month and why, which are for retail clients."""

from __future__ import annotations

import asyncio
import calendar
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
from sqlalchemy import Engine, insert, select

from lionrock.compliance.admission.room import Admission, AdmissionRefused
from lionrock.compliance.admission.tables import reports
from lionrock.compliance.admission.tokens import Audience, Token
from lionrock.people.staff.audit import Entry
from lionrock.people.staff.tables import writing

NS_PER_S = 1_000_000_000
OBLIGATION = "admission_report"
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_MOST_ENTRIES = 100_000
_RETAIL = (Audience.RETAIL, Audience.RETAIL_REDUCE_ONLY)


class Report(msgspec.Struct, frozen=True):
    """As it was made."""

    month: str
    begun_ns: int
    """The end of the month: from then on it is owed."""
    made_ns: int
    sha256: str
    content: str
    """Markdown."""


class BoardReports:
    """Of a site whose months end at midnight of `utc_offset`."""

    def __init__(self, database: Engine, admission: Admission, clock: Callable[[], int], utc_offset: timedelta) -> None:
        self._database, self._admission, self._clock, self._offset = database, admission, clock, utc_offset

    def bounds(self, month: str) -> tuple[int, int]:
        """First nanosecond of the month, and of the one behind it. Raises `AdmissionRefused`."""
        match = _MONTH.fullmatch(month)
        if match is None:
            raise AdmissionRefused("month_malformed", "a month is written as 2026-11", "correct it")
        year, number = int(match[1]), int(match[2])
        first = datetime(year, number, 1, tzinfo=UTC) - self._offset
        after = first + timedelta(days=calendar.monthrange(year, number)[1])
        return int(first.timestamp()) * NS_PER_S, int(after.timestamp()) * NS_PER_S

    async def make(self, staff_id: str, month: str) -> Report:
        """Once for a month that is over; a later call gives the same. Raises `AdmissionRefused`."""
        from_ns, until_ns = self.bounds(month)
        if until_ns > self._clock():
            raise AdmissionRefused("month_not_over", "the month is not over", "wait for its end")

        def make() -> Report:
            found = self.read(month)
            if found is not None:
                return found
            entries = self._admission.history.entries(most=_MOST_ENTRIES)
            told = [each for each in entries if from_ns <= each.at_ns < until_ns]
            content = _written(month, self._admission.register.all(), told)
            report = Report(month, until_ns, self._clock(), sha256(content.encode()).hexdigest(), content)
            with writing(self._database) as connection:
                row = msgspec.structs.asdict(report) | {"content": content.encode()}
                connection.execute(insert(reports).values(**row))
                self._admission.history.add(
                    connection, report.made_ns, staff_id, "board report", month, sha256=report.sha256
                )
            return report

        report = await asyncio.to_thread(make)
        await self._admission.history.carry_to_journal()
        return report

    def read(self, month: str) -> Report | None:
        with self._database.connect() as connection:
            row = connection.execute(select(reports).where(reports.c.month == month)).one_or_none()
        if row is None:
            return None
        return Report(row.month, row.begun_ns, row.made_ns, row.sha256, row.content.decode())

    def owed(self, now_ns: int) -> list[tuple[str, int, int | None]]:
        """Month, its end, and when its report was made, for each month that is over since the first application."""
        first = next(iter(self._admission.history.entries(most=1)), None)
        if first is None:
            return []
        with self._database.connect() as connection:
            made = {row.month: row.made_ns for row in connection.execute(select(reports))}
        found = []
        month = self._month_of(first.at_ns)
        while (end_ns := self.bounds(month)[1]) <= now_ns:
            found.append((month, end_ns, made.get(month)))
            month = self._month_of(end_ns)
        return found

    def _month_of(self, at_ns: int) -> str:
        at = datetime.fromtimestamp(at_ns // NS_PER_S, UTC) + self._offset
        return f"{at.year:04}-{at.month:02}"


def _written(month: str, tokens: list[Token], entries: list[Entry]) -> str:
    lines = [f"# Admission of tokens, {month}", "", "## Tokens as they stand", ""]
    lines += ["| token | offered to | in indices | voted for |", "|---|---|---|---|"]
    for token in tokens:
        indices = ", ".join(f"{each.index} ({each.provider})" for each in token.indices) or "none"
        lines.append(f"| {token.asset} | {token.audience} | {indices} | {', '.join(token.votes_for) or 'none'} |")
    retail = ", ".join(token.asset for token in tokens if token.audience in _RETAIL) or "none"
    lines += ["", f"Offered to retail clients, or only sold by them: {retail}.", "", "## What happened", ""]
    lines += ["| time (UTC) | what | about | by | details | digest |", "|---|---|---|---|---|---|"]
    for entry in entries:
        at = datetime.fromtimestamp(entry.at_ns // NS_PER_S, UTC).strftime("%Y-%m-%d %H:%M:%S")
        details = "; ".join(f"{name} {value}" for name, value in sorted(entry.details.items()))
        by = entry.staff_id or "the site"
        lines.append(f"| {at} | {entry.event} | {entry.subject} | {by} | {details} | {entry.digest.hex()} |")
    return "\n".join(lines) + "\n"
