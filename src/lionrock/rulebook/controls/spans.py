"""Spans of time that rules speak of: months that have gone by, days that are left."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime

NS_PER_S = 1_000_000_000
NS_PER_HOUR = 3_600 * NS_PER_S
NS_PER_DAY = 24 * NS_PER_HOUR
_SHORTEST_MONTH_NS = 28 * NS_PER_DAY


def utc_day(moment_ns: int) -> date:
    """The day in UTC of nanoseconds since 1970."""
    return datetime.fromtimestamp(moment_ns // NS_PER_S, UTC).date()


def day_ns(day: date) -> int:
    """The beginning of a day in UTC, nanoseconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * NS_PER_S


def months_later(moment_ns: int, months: int) -> int:
    """The same time of day so many months later; where that month is shorter, on its last day (29 February to 28)."""
    day = utc_day(moment_ns)
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    later = date(year, month, min(day.day, monthrange(year, month)[1]))
    return moment_ns + (later - day).days * NS_PER_DAY


def has_passed(begun_ns: int, months: int, now_ns: int) -> bool:
    """Whether so many months are over; their very end is not yet. Spares the calendar while no months could be over."""
    return now_ns - begun_ns > months * _SHORTEST_MONTH_NS and now_ns > months_later(begun_ns, months)


def days_between(earlier_ns: int, later_ns: int) -> int:
    """Whole days that have gone by, rounded down."""
    return (later_ns - earlier_ns) // NS_PER_DAY
