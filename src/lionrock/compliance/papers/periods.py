"""Days, months and quarters at the place of the site, and when what they owe is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec


class PlaceCalendar(Protocol):
    """Whose days count. Times are nanoseconds since 1970."""

    def day_of(self, at_ns: int) -> date: ...

    def begins_ns(self, day: date) -> int: ...

    def due_ns(self, begun_ns: int, amount: int, unit: str) -> int: ...


class PaperKind(StrEnum):
    """What a paper is. The values are also kinds of `Obligation` and records of `RecordShape`."""

    CONTRACT_NOTE = "contract_note"
    """All trades of an account on one day."""
    RECEIPT = "receipt"
    """One deposit or withdrawal."""
    DAILY_STATEMENT = "daily_statement"
    """Of a day on which something moved."""
    MONTHLY_STATEMENT = "monthly_statement"
    """Of a month in which something moved or something is there."""
    POSITION_STATEMENT = "position_statement"
    """Of three months, likewise."""


class Deadline(msgspec.Struct, frozen=True):
    """A time after something began, as rules tell it."""

    amount: int
    unit: str
    """As `due_ns` of a calendar takes it."""


MONTHS_OF: Mapping[PaperKind, int] = {PaperKind.MONTHLY_STATEMENT: 1, PaperKind.POSITION_STATEMENT: 3}
"""Of the period of a kind; all others are of one day."""


class Period(NamedTuple):
    """Some days of a place."""

    from_ns: int
    until_ns: int
    """Not included."""


def period_at(kind: PaperKind, calendar: PlaceCalendar, at_ns: int) -> Period:
    """The period of a kind that a moment is in."""
    day = calendar.day_of(at_ns)
    months = MONTHS_OF.get(kind)
    if months is None:
        return Period(calendar.begins_ns(day), calendar.begins_ns(day + timedelta(days=1)))
    first = date(day.year, day.month - (day.month - 1) % months, 1)
    number = first.year * 12 + first.month - 1 + months
    after = date(number // 12, number % 12 + 1, 1)
    return Period(calendar.begins_ns(first), calendar.begins_ns(after))


def begun_ns(kind: PaperKind, period: Period) -> int:
    """From when the time of a period's paper runs: its last nanosecond. That of a statement of position, which is owed
    at least so often, runs from the statement before, which is where its own period begins.
    """
    return period.from_ns if kind is PaperKind.POSITION_STATEMENT else period.until_ns - 1
