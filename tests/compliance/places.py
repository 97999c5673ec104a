"""A calendar that the tests can work out by hand: Hong Kong time, Monday to Friday, and the holidays that are given."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Weekdays:
    """As `lionrock.rulebook.calendars.Calendar`, without its tables of holidays."""

    def __init__(self, *holidays: date) -> None:
        self._holidays = frozenset(holidays)

    def day_of(self, at_ns: int) -> date:
        return (_EPOCH + timedelta(microseconds=at_ns // 1000)).astimezone(HONG_KONG).date()

    def begins_ns(self, day: date) -> int:
        return ns(datetime(day.year, day.month, day.day, tzinfo=HONG_KONG))

    def due_ns(self, begun_ns: int, amount: int, unit: str) -> int:
        day, left = self.day_of(begun_ns), amount
        if unit == "hours":
            return begun_ns + amount * 3_600 * 10**9
        if unit == "months":
            number = day.year * 12 + day.month - 1 + amount
            year, month = number // 12, number % 12 + 1
            last = monthrange(year, month)[1]
            return self.begins_ns(date(year, month, min(day.day, last)) + timedelta(days=1)) - 1
        if unit == "weeks":
            return self.begins_ns(day + timedelta(weeks=amount, days=1)) - 1
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5 and day not in self._holidays
        return self.begins_ns(day + timedelta(days=1)) - 1


def ns(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def at(text: str) -> int:
    """Nanoseconds of a local time in Hong Kong, such as `2026-03-02 10:00`."""
    return ns(datetime.fromisoformat(text).replace(tzinfo=HONG_KONG))
