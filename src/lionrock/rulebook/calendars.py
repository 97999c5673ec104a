"""Business days and deadlines at the places that licences name.

Public holidays come from the `holidays` library, with the decrees and gazettes of each year; a year that is not decreed
yet is the library's forecast, so what is due far ahead may move by a day. Days that are closed without notice (typhoon
and black-rainstorm signals in Hong Kong) are given to `Calendar.closed_on`.
"""

from __future__ import annotations

import calendar as month_lengths
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SATURDAY, _SUNDAY = 5, 6
_HOUR_NS = 3600 * 10**9


class CalendarUnknown(Exception):
    """No calendar has this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no calendar {key}; there are {', '.join(sorted(CALENDARS))}")


class Unit(StrEnum):
    """What a deadline is counted in."""

    HOURS = "hours"
    """Of the clock, from the very moment it began."""
    BUSINESS_DAYS = "business_days"
    CALENDAR_DAYS = "calendar_days"
    WEEKS = "weeks"
    MONTHS = "months"
    """To the same day of a later month, or its last day where it is shorter."""
    YEARS = "years"

    @classmethod
    def _missing_(cls, value: object) -> Unit | None:
        """One of them may be written as such: `hour`, `business_day`, `calendar_month`."""
        plural = f"{value}s".removeprefix("calendar_") if value != "calendar_day" else "calendar_days"
        return next((unit for unit in cls if plural == unit.value), None)


class Calendar:
    """One place: its clock, its weekend, its holidays."""

    def __init__(self, key: str, zone: str, weekend: Iterable[int], source: tuple[str, str]) -> None:
        """`weekend` counts days from Monday, 0. `source` is `country` or `financial` and a code of `holidays`."""
        self.key = key
        self.zone = ZoneInfo(zone)
        self._weekend = frozenset(weekend)
        self._source = source
        self._closed: frozenset[date] = frozenset()

    def closed_on(self, days: Iterable[date]) -> Calendar:
        """The same place with further days on which no business was done."""
        other = Calendar(self.key, self.zone.key, self._weekend, self._source)
        other._closed = self._closed | frozenset(days)
        return other

    def day_of(self, at_ns: int) -> date:
        """The date at this place."""
        return (_EPOCH + timedelta(microseconds=at_ns // 1000)).astimezone(self.zone).date()

    def begins_ns(self, day: date) -> int:
        """The first nanosecond of a day at this place."""
        begins = datetime.combine(day, time(), self.zone)
        return (begins.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1) * 1000

    def ends_ns(self, day: date) -> int:
        """The last nanosecond of a day at this place."""
        return self.begins_ns(day + timedelta(days=1)) - 1

    def is_business_day(self, day: date) -> bool:
        return (
            day.weekday() not in self._weekend
            and day not in self._closed
            and day not in _holidays(*self._source, day.year)
        )

    def business_day_after(self, day: date, count: int) -> date:
        """The `count`-th business day after a day, which itself is not counted; with 0 the day, or the next business
        day when it is none.
        """
        found = day
        while count > 0 or not self.is_business_day(found):
            found += timedelta(days=1)
            count -= self.is_business_day(found)
        return found

    def due_ns(self, begun_ns: int, amount: int, unit: str) -> int:
        """The last nanosecond in time: what is done at `due_ns` is in time, one nanosecond later it is not.

        Hours run from the moment; all others end with the last moment, at this place, of the day that `amount` units
        lead to, the day on which it began not counted. What runs from the end of a month begins in its last nanosecond.
        Raises `ValueError` for an unknown unit or an amount below 0.
        """
        kind = Unit(unit)
        if amount < 0:
            raise ValueError(f"a time of {amount} {unit}")
        if kind is Unit.HOURS:
            return begun_ns + amount * _HOUR_NS
        return self.ends_ns(self.day_after(self.day_of(begun_ns), amount, kind))

    def day_after(self, day: date, amount: int, unit: str) -> date:
        """The day that `amount` units lead to. Raises `ValueError` for hours."""
        match Unit(unit):
            case Unit.BUSINESS_DAYS:
                return self.business_day_after(day, amount)
            case Unit.CALENDAR_DAYS:
                return day + timedelta(days=amount)
            case Unit.WEEKS:
                return day + timedelta(weeks=amount)
            case Unit.MONTHS:
                return months_after(day, amount)
            case Unit.YEARS:
                return months_after(day, 12 * amount)
            case Unit.HOURS:
                raise ValueError("hours lead to a moment, not to a day")


def day_asked(text: str) -> date:
    """A day that somebody asks for, as 2026-01-31. Raises `ValueError` also for one whose moments, in nanoseconds since
    1970 and years ahead, no 64 bits hold.
    """
    day = date.fromisoformat(text)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"{text}: from {_FIRST_YEAR} to {_LAST_YEAR}")
    return day


_FIRST_YEAR, _LAST_YEAR = 1971, 2199


def months_after(day: date, months: int) -> date:
    """The same day of a month, or its last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, month_lengths.monthrange(year, month + 1)[1]))


@lru_cache(maxsize=512)
def _holidays(kind: str, code: str, year: int) -> frozenset[date]:
    if kind == "financial":
        return frozenset(holidays.financial_holidays(code, years=year))
    return frozenset(holidays.country_holidays(code, years=year, categories=_CATEGORIES.get(code)))


_WEEKEND = (_SATURDAY, _SUNDAY)
_CATEGORIES = {"HK": ("public", "optional")}
"""Hong Kong's general holidays, on which banks are closed, are the library's statutory ones and the optional ones."""

CALENDARS: dict[str, Calendar] = {
    each.key: each
    for each in (
        # Banks settle nothing on Saturdays; general holidays are Sundays and those of the gazette.
        Calendar("HK", "Asia/Hong_Kong", _WEEKEND, ("country", "HK")),
        # Saturday and Sunday since 2022; Friday is a working day to noon. VARA supervises from Dubai.
        Calendar("AE", "Asia/Dubai", _WEEKEND, ("country", "AE")),
        Calendar("SG", "Asia/Singapore", _WEEKEND, ("country", "SG")),
        Calendar("BM", "Atlantic/Bermuda", _WEEKEND, ("country", "BM")),
        # Days of TARGET, on which euro payments settle everywhere in the Union.
        Calendar("EU", "Europe/Brussels", _WEEKEND, ("financial", "ECB")),
    )
}
"""Every calendar by its key."""


def calendar_of(key: str) -> Calendar:
    """Raises `CalendarUnknown`."""
    try:
        return CALENDARS[key]
    except KeyError:
        raise CalendarUnknown(key) from None


def due_ns(calendar: str, begun_ns: int, amount: int, unit: str) -> int:
    """As `Calendar.due_ns`, of the calendar with this key, such as `Moment.calendar`."""
    return calendar_of(calendar).due_ns(begun_ns, amount, unit)
