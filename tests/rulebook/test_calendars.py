"""Deadlines over real holidays, in the local time of each place, to the nanosecond."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from lionrock.rulebook.calendars import CALENDARS, CalendarUnknown, calendar_of, due_ns, months_after


def ns(text: str) -> int:
    """Nanoseconds of a time with its zone."""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


CASES = [
    # Chinese New Year 2026: 17 to 19 February, after a weekend and a Monday.
    ("HK", "2026-02-13T23:59:59+08:00", 1, "business_days", "2026-02-17T00:00:00+08:00"),
    ("HK", "2026-02-14T00:00:00+08:00", 2, "business_days", "2026-02-21T00:00:00+08:00"),
    ("HK", "2026-02-16T10:00:00+08:00", 1, "business_days", "2026-02-21T00:00:00+08:00"),
    # Easter 2026 runs over Ching Ming: Friday 3 to Tuesday 7 April are closed.
    ("HK", "2026-04-02T09:00:00+08:00", 1, "business_days", "2026-04-09T00:00:00+08:00"),
    ("HK", "2026-01-31T23:59:59.999999+08:00", 7, "business_days", "2026-02-11T00:00:00+08:00"),
    # The calendar of the European Central Bank: Good Friday and Easter Monday, not Ascension.
    ("EU", "2026-04-02T15:00:00+02:00", 1, "business_days", "2026-04-08T00:00:00+02:00"),
    ("EU", "2026-05-13T15:00:00+02:00", 1, "business_days", "2026-05-15T00:00:00+02:00"),
    ("EU", "2025-12-24T12:00:00+01:00", 1, "business_days", "2025-12-30T00:00:00+01:00"),
    # Friday is a working day in Dubai, and Saturday and Sunday are not; 1 and 2 December 2025 were national days.
    ("AE", "2026-06-04T10:00:00+04:00", 1, "business_days", "2026-06-06T00:00:00+04:00"),
    ("AE", "2026-06-05T10:00:00+04:00", 1, "business_days", "2026-06-09T00:00:00+04:00"),
    ("AE", "2025-11-28T10:00:00+04:00", 1, "business_days", "2025-12-04T00:00:00+04:00"),
    ("AE", "2026-06-05T22:00:00Z", 1, "calendar_days", "2026-06-08T00:00:00+04:00"),
    ("SG", "2026-08-07T10:00:00+08:00", 1, "business_days", "2026-08-12T00:00:00+08:00"),
    ("BM", "2026-07-29T10:00:00-03:00", 1, "business_days", "2026-08-04T00:00:00-03:00"),
    ("HK", "2026-01-31T10:00:00+08:00", 1, "months", "2026-03-01T00:00:00+08:00"),
    ("HK", "2026-06-30T23:59:59+08:00", 3, "weeks", "2026-07-22T00:00:00+08:00"),
    ("EU", "2024-02-29T10:00:00+01:00", 1, "years", "2025-03-01T00:00:00+01:00"),
    ("EU", "2026-03-28T10:00:00+01:00", 1, "calendar_days", "2026-03-30T00:00:00+02:00"),
]


@pytest.mark.shows("RULE-004")
@pytest.mark.parametrize(("place", "begun", "amount", "unit", "over"), CASES)
def test_time_is_over_with_the_day(place: str, begun: str, amount: int, unit: str, over: str) -> None:
    assert due_ns(place, ns(begun), amount, unit) == ns(over) - 1


@pytest.mark.shows("RULE-004")
def test_hours_run_from_the_moment() -> None:
    assert due_ns("AE", 5, 72, "hours") == 5 + 72 * 3600 * 10**9


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("hour", "hours"),
        ("business_day", "business_days"),
        ("calendar_day", "calendar_days"),
        ("week", "weeks"),
        ("calendar_month", "months"),
    ],
)
def test_units_may_be_singular(one: str, many: str) -> None:
    assert due_ns("HK", ns("2026-02-13T12:00:00+08:00"), 2, one) == due_ns(
        "HK", ns("2026-02-13T12:00:00+08:00"), 2, many
    )


def test_day_closed_without_notice_does_not_count() -> None:
    """23 September 2025: typhoon Ragasa."""
    hong_kong = calendar_of("HK")
    begun = ns("2025-09-22T10:00:00+08:00")
    closed = hong_kong.closed_on([date(2025, 9, 23), date(2025, 9, 24)])
    assert hong_kong.due_ns(begun, 1, "business_days") == ns("2025-09-24T00:00:00+08:00") - 1
    assert closed.due_ns(begun, 1, "business_days") == ns("2025-09-26T00:00:00+08:00") - 1


def test_day_begins_and_ends_by_the_local_clock() -> None:
    day = date(2026, 10, 25)  # 25 hours in Brussels
    for place in CALENDARS.values():
        assert place.day_of(place.begins_ns(day)) == place.day_of(place.ends_ns(day)) == day
        assert place.day_of(place.begins_ns(day) - 1) == date(2026, 10, 24)
        assert place.day_of(place.ends_ns(day) + 1) == date(2026, 10, 26)
    brussels = CALENDARS["EU"]
    assert brussels.ends_ns(day) - brussels.begins_ns(day) + 1 == 25 * 3600 * 10**9


def test_no_business_days_lead_to_a_business_day() -> None:
    assert calendar_of("HK").business_day_after(date(2026, 2, 14), 0) == date(2026, 2, 16)
    assert calendar_of("HK").business_day_after(date(2026, 2, 16), 0) == date(2026, 2, 16)


def test_months_go_back_as_well() -> None:
    assert months_after(date(2026, 3, 31), -1) == date(2026, 2, 28)
    assert months_after(date(2026, 1, 15), -1) == date(2025, 12, 15)


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(CalendarUnknown, match="there is no calendar ZZ; there are AE, BM, EU, HK, SG"):
        calendar_of("ZZ")
    with pytest.raises(ValueError):
        due_ns("HK", 0, 1, "fortnights")
    with pytest.raises(ValueError):
        due_ns("HK", 0, -1, "hours")
