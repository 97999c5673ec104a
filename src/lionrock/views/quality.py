"""How good the markets are: spreads, depth, how long both sides are there, how long the venue is up.

Fed with books at a fixed cadence. What a sample shows counts from then until the next one; where that is late, for one
cadence only, and what lies between was not measured. Kept by the minute for 24 hours, so that memory is bounded by the
number of markets. All sums are whole numbers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from lionrock.words.rounding import (
    average_rounded_down,
    average_rounded_up,
    spread_rounded_up,
)

CADENCE_NS = 5_000_000_000
LEVELS = 500
"""Of each side that a sample looks at."""
NEAR_BP = (10, 50, 100)
"""How far from the middle depth is counted, in basis points."""
SPREAD_PARTS = 10**8
"""Spreads are counted in ten-thousandths of a basis point."""
SHARE_PARTS = 10**6
HOURS = (1, 24)
_MINUTE_NS = 60 * 10**9
_MINUTES_PER_HOUR = 60
_LATE = 2
"""Cadences after which a sample is late."""
_BP = 10_000

Side = Sequence[tuple[int, int]]
"""Price in ticks and size in lots of each level, best first."""


class Book(NamedTuple):
    """What shows of one market."""

    bids: Side
    asks: Side


class _Minute(msgspec.Struct, array_like=True, gc=False):
    """What was measured of a market, or of the venue, in samples that were taken in one minute."""

    minute: int
    """Since 1970."""
    measured_ns: int = 0
    good_ns: int = 0
    """Of a market, with both sides, not crossed; of the venue, up."""
    spread: int = 0
    """Sum of the spread at each moment, in `SPREAD_PARTS` times nanoseconds."""
    depth: list[int] = []
    """The same of lots: bids within each of `NEAR_BP`, then asks."""


class Measured(NamedTuple):
    """Of a market over some hours. Figures are averages over the time with both sides; None where there was none."""

    measured_ns: int
    both_sides_parts: int | None
    """Share of the measured time, in `SHARE_PARTS`; None where nothing was measured."""
    spread_parts: int | None
    bid_lots: list[int] | None
    """Within each of `NEAR_BP`."""
    ask_lots: list[int] | None


class Uptime(NamedTuple):
    """Of the venue over some hours, or since measuring began."""

    since_ns: int
    up_parts: int | None
    """Share of the time since then, in `SHARE_PARTS`; None where measuring has just begun."""


class _Saved(msgspec.Struct, array_like=True):
    since_ns: int
    venue: list[_Minute]
    markets: dict[int, list[_Minute]]


def _minutes(kept: Iterable[_Minute] = ()) -> deque[_Minute]:
    return deque(kept, maxlen=HOURS[-1] * _MINUTES_PER_HOUR + 1)


class _Shown(NamedTuple):
    """One book, as figures."""

    is_good: bool
    spread: int
    depth: list[int]


class Quality:
    """Of one site. Times are nanoseconds since 1970."""

    def __init__(self) -> None:
        self._since_ns = 0
        self._venue = _minutes()
        self._markets: dict[int, deque[_Minute]] = {}
        self._last: tuple[int, bool, dict[int, _Shown]] | None = None

    def sample(self, now_ns: int, books: Mapping[int, Book], *, is_up: bool) -> None:
        """What shows at this moment, by market id; and whether the venue takes orders."""
        self._since_ns = self._since_ns or now_ns
        if self._last is not None:
            then_ns, was_up, shown = self._last
            now_ns = max(now_ns, then_ns)  # a clock that was set back
            passed_ns = now_ns - then_ns
            stood_ns = passed_ns if passed_ns <= _LATE * CADENCE_NS else CADENCE_NS
            self._count(self._venue, then_ns, stood_ns, _Shown(was_up, 0, []))
            for market_id, each in shown.items():
                self._count(self._markets.setdefault(market_id, _minutes()), then_ns, stood_ns, each)
        self._last = now_ns, is_up, {market_id: _shown(book) for market_id, book in books.items()}

    def market(self, market_id: int, hours: int, now_ns: int) -> Measured:
        """Of the minutes that began in the last so many hours."""
        kept = _within(self._markets.get(market_id, ()), hours, now_ns)
        measured_ns, both_ns = sum(each.measured_ns for each in kept), sum(each.good_ns for each in kept)
        share = average_rounded_down(both_ns * SHARE_PARTS, measured_ns) if measured_ns else None
        if not both_ns:
            return Measured(measured_ns, share, None, None, None)
        depth = [sum(column) for column in zip(*(each.depth for each in kept if each.depth), strict=True)]
        lots = [average_rounded_down(each, both_ns) for each in depth]
        spread = average_rounded_up(sum(each.spread for each in kept), both_ns)
        return Measured(measured_ns, share, spread, lots[: len(NEAR_BP)], lots[len(NEAR_BP) :])

    def uptime(self, hours: int, now_ns: int) -> Uptime:
        """Of the minutes that began in the last so many hours. Time that nobody measured counts as down."""
        first_ns = (now_ns // _MINUTE_NS - hours * _MINUTES_PER_HOUR + 1) * _MINUTE_NS
        since_ns = max(first_ns, self._since_ns) if self._since_ns else now_ns
        until_ns = self._last[0] if self._last else now_ns
        up_ns = sum(each.good_ns for each in _within(self._venue, hours, now_ns))
        if until_ns <= since_ns:
            return Uptime(since_ns, None)
        return Uptime(since_ns, min(SHARE_PARTS, average_rounded_down(up_ns * SHARE_PARTS, until_ns - since_ns)))

    def save(self) -> bytes:
        """Everything it knows, for `load`. As JSON: a minute's lots times nanoseconds may take more than 64 bits."""
        markets = {market_id: list(kept) for market_id, kept in self._markets.items()}
        return msgspec.json.encode(_Saved(self._since_ns, list(self._venue), markets))

    def load(self, state: bytes) -> None:
        """Take up what another one saved, before the first sample. Raises `ValueError`."""
        saved = msgspec.json.decode(state, type=_Saved)
        self._since_ns, self._venue = saved.since_ns, _minutes(saved.venue)
        self._markets = {market_id: _minutes(kept) for market_id, kept in saved.markets.items()}

    @staticmethod
    def _count(minutes: deque[_Minute], at_ns: int, stood_ns: int, shown: _Shown) -> None:
        number = at_ns // _MINUTE_NS
        if not minutes or minutes[-1].minute != number:
            minutes.append(_Minute(number))
        minute = minutes[-1]
        minute.measured_ns += stood_ns
        if not shown.is_good:
            return
        minute.good_ns += stood_ns
        minute.spread += shown.spread * stood_ns
        before = minute.depth or [0] * len(shown.depth)
        minute.depth = [total + lots * stood_ns for total, lots in zip(before, shown.depth, strict=True)]


def _within(minutes: Iterable[_Minute], hours: int, now_ns: int) -> list[_Minute]:
    first = now_ns // _MINUTE_NS - hours * _MINUTES_PER_HOUR
    return [each for each in minutes if each.minute > first]


def _shown(book: Book) -> _Shown:
    """A book that is crossed, as while an auction collects orders, quotes no price."""
    if not book.bids or not book.asks or book.bids[0][0] >= book.asks[0][0]:
        return _Shown(is_good=False, spread=0, depth=[])
    bid, ask = book.bids[0][0], book.asks[0][0]
    twice_middle = bid + ask
    bids = [
        sum(lots for price, lots in book.bids if 2 * price * _BP >= twice_middle * (_BP - near)) for near in NEAR_BP
    ]
    asks = [
        sum(lots for price, lots in book.asks if 2 * price * _BP <= twice_middle * (_BP + near)) for near in NEAR_BP
    ]
    return _Shown(is_good=True, spread=spread_rounded_up(bid, ask, SPREAD_PARTS), depth=bids + asks)
