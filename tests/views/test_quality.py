"""What is measured of markets, against figures worked out by hand."""

from __future__ import annotations

import pytest

from lionrock.views.quality import CADENCE_NS, Book, Quality

SECOND = 10**9
MINUTE, HOUR = 60 * SECOND, 3_600 * SECOND
START = 1_800_000_000 * SECOND
NARROW = Book([(9_999, 5)], [(10_001, 7)])
"""2 of 10,000 apart: 2 basis points."""
WIDE = Book([(9_990, 1), (9_950, 20), (9_900, 300), (9_899, 4_000)], [(10_010, 2), (10_050, 30), (10_100, 400)])
"""20 basis points; levels at 10, 50 and 100 from the middle, and a bid behind."""
NOBODY = Book([], [(10_001, 7)])
CROSSED = Book([(10_002, 5)], [(10_001, 7)])


def measured(*looks: tuple[int, Book], is_up: bool = True) -> Quality:
    """Samples of market 1, each at so many nanoseconds after the start."""
    quality = Quality()
    for at_ns, book in looks:
        quality.sample(START + at_ns, {1: book}, is_up=is_up)
    return quality


@pytest.mark.shows("PUBL-020")
def test_a_spread_counts_as_long_as_it_stood() -> None:
    """2 basis points for 5 s and 20 for 10 s: (2 * 5 + 20 * 10) / 15 = 14."""
    quality = measured((0, NARROW), (5 * SECOND, WIDE), (15 * SECOND, NARROW))
    found = quality.market(1, 1, START + MINUTE)
    assert (found.measured_ns, found.spread_parts) == (15 * SECOND, 140_000)


@pytest.mark.shows("PUBL-020")
def test_a_spread_is_never_shown_tighter_than_it_is() -> None:
    """1 of 3.5: 2857.14285714... basis points."""
    quality = measured((0, Book([(3, 1)], [(4, 1)])), (CADENCE_NS, NARROW))
    assert quality.market(1, 1, START).spread_parts == 28_571_429


@pytest.mark.shows("PUBL-021")
def test_depth_is_what_stands_near_the_middle() -> None:
    found = measured((0, WIDE), (CADENCE_NS, WIDE)).market(1, 1, START)
    assert (found.bid_lots, found.ask_lots) == ([1, 21, 321], [2, 32, 432])
    mixed = measured((0, WIDE), (CADENCE_NS, NARROW), (3 * CADENCE_NS, NARROW)).market(1, 1, START)
    assert mixed.bid_lots == [(1 + 2 * 5) // 3, (21 + 2 * 5) // 3, (321 + 2 * 5) // 3]


@pytest.mark.shows("PUBL-022")
@pytest.mark.parametrize("book", [NOBODY, CROSSED])
def test_a_time_without_both_sides_counts_against_the_share_and_not_in_averages(book: Book) -> None:
    quality = measured((0, NARROW), (CADENCE_NS, book), (2 * CADENCE_NS, book), (3 * CADENCE_NS, NARROW))
    found = quality.market(1, 1, START)
    assert (found.both_sides_parts, found.spread_parts, found.bid_lots) == (333_333, 20_000, [5, 5, 5])
    never = measured((0, book), (CADENCE_NS, book)).market(1, 1, START)
    assert (never.both_sides_parts, never.spread_parts, never.bid_lots, never.ask_lots) == (0, None, None, None)


@pytest.mark.shows("PUBL-022")
def test_what_nobody_looked_at_was_not_measured() -> None:
    quality = measured((0, NARROW), (11 * SECOND, NARROW), (21 * SECOND, NARROW))
    assert quality.market(1, 1, START).measured_ns == CADENCE_NS + 10 * SECOND
    assert quality.market(2, 1, START) == (0, None, None, None, None)
    set_back = measured((0, NARROW), (-30 * SECOND, WIDE), (CADENCE_NS, NARROW))
    assert set_back.market(1, 1, START).measured_ns == CADENCE_NS


@pytest.mark.shows("PUBL-023")
def test_uptime_is_what_was_seen_ready() -> None:
    quality = Quality()
    assert quality.uptime(1, START).up_parts is None
    for number in range(13):
        quality.sample(START + number * CADENCE_NS, {}, is_up=number >= 3)
    assert quality.uptime(1, START + MINUTE) == (START, 750_000)
    state = quality.save()
    again = Quality()
    again.load(state)
    again.sample(START + 2 * MINUTE, {}, is_up=True)
    assert again.uptime(1, START + 2 * MINUTE) == (START, 375_000), "a minute that nobody measured"
    assert again.uptime(24, START + 2 * MINUTE) == (START, 375_000)


@pytest.mark.shows("PUBL-023")
def test_an_hour_ago_is_forgotten_by_the_hour_and_not_by_the_day() -> None:
    quality = measured((0, WIDE), (CADENCE_NS, WIDE))
    later = START + 2 * HOUR
    quality.sample(later, {1: NARROW}, is_up=True)
    quality.sample(later + CADENCE_NS, {1: NARROW}, is_up=True)
    assert quality.market(1, 1, later).spread_parts == 20_000
    assert quality.market(1, 24, later).measured_ns == 3 * CADENCE_NS
    assert quality.uptime(24, later).since_ns == START


@pytest.mark.shows("PUBL-024")
def test_a_long_time_takes_no_more_room_than_a_day() -> None:
    """Figures and size of what is kept are those of the last day alone."""
    quality = Quality()
    sizes = []
    for minute in range(3 * 24 * 60):
        quality.sample(START + minute * MINUTE, {1: WIDE, 2: NARROW}, is_up=True)
        if minute % (24 * 60) == 24 * 60 - 1:
            sizes.append(len(quality.save()))
    assert sizes[2] <= sizes[1] * 101 // 100
    now = START + 3 * 24 * HOUR
    assert quality.market(1, 24, now).measured_ns <= 24 * 60 * CADENCE_NS
    again = Quality()
    again.load(quality.save())
    assert again.market(1, 24, now) == quality.market(1, 24, now)
    with pytest.raises(ValueError, match="malformed"):
        again.load(b"not one")


def test_a_very_deep_book_is_kept_over_a_restart() -> None:
    """A minute of it, in lots times nanoseconds, has more than 64 bits."""
    deep = Book([(10_000, 2**40)], [(10_001, 2**40)])
    quality = measured(*((place * CADENCE_NS, deep) for place in range(12)))
    again = Quality()
    again.load(quality.save())
    assert again.market(1, 1, START + MINUTE) == quality.market(1, 1, START + MINUTE)
    assert again.market(1, 1, START + MINUTE).bid_lots == [2**40] * 3
