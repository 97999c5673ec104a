"""Candles of every interval the public interface offers, from trades.

A trade touches one candle only, that of its minute. When the minute is over it is folded into the longer intervals, and
a reader sees it folded in already. A minute without a trade has no candle.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime

import msgspec

MINUTE_MS = 60_000
_HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * _HOUR_MS
_WEEK_MS = 7 * DAY_MS
_MONDAY_MS = 4 * DAY_MS
"""1970-01-05 was the first Monday; weeks start on Mondays, 00:00 UTC."""

INTERVALS_MS = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": _HOUR_MS,
    "2h": 2 * _HOUR_MS,
    "4h": 4 * _HOUR_MS,
    "6h": 6 * _HOUR_MS,
    "8h": 8 * _HOUR_MS,
    "12h": 12 * _HOUR_MS,
    "1d": DAY_MS,
    "1w": _WEEK_MS,
    "1M": 0,
}
"""Length by name; a month has none."""

KEPT = 10_000
"""Candles kept for each interval: ten times the most one answer may hold, a week of minutes, 27 years of days."""


class Candle(msgspec.Struct):
    """What traded from `open_ms` until the next candle of the same interval may begin."""

    open_ms: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    close_ticks: int
    size_lots: int = 0
    quote_atoms: int = 0
    trades: int = 0
    taker_buy_lots: int = 0
    taker_buy_quote_atoms: int = 0

    def take_in(self, later: Candle) -> None:
        """Fold in a candle that follows."""
        self.high_ticks = max(self.high_ticks, later.high_ticks)
        self.low_ticks = min(self.low_ticks, later.low_ticks)
        self.close_ticks = later.close_ticks
        self.size_lots += later.size_lots
        self.quote_atoms += later.quote_atoms
        self.trades += later.trades
        self.taker_buy_lots += later.taker_buy_lots
        self.taker_buy_quote_atoms += later.taker_buy_quote_atoms


def interval_start_ms(interval: str, time_ms: int) -> int:
    """When the candle of this time begins. Raises `KeyError` for an interval that is not offered."""
    length = INTERVALS_MS[interval]
    if interval == "1w":
        return (time_ms - _MONDAY_MS) // length * length + _MONDAY_MS
    if length:
        return time_ms // length * length
    day = datetime.fromtimestamp(time_ms // 1000, UTC)
    return int(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()) * 1000


def interval_end_ms(interval: str, open_ms: int) -> int:
    """Last millisecond of the candle that begins at `open_ms`."""
    length = INTERVALS_MS[interval]
    if length:
        return open_ms + length - 1
    return interval_start_ms(interval, open_ms + 32 * DAY_MS) - 1


class SavedCandles(msgspec.Struct, array_like=True):
    """What `Candles` knows, in a form to keep."""

    folded: dict[str, list[Candle]]
    minute: Candle | None


class Candles:
    """Candles of one market."""

    def __init__(self, saved: SavedCandles | None = None) -> None:
        self._folded: dict[str, list[Candle]] = {interval: [] for interval in INTERVALS_MS}
        self._minute: Candle | None = None
        if saved:
            self._folded, self._minute = saved.folded, saved.minute

    def saved(self) -> SavedCandles:
        return SavedCandles(self._folded, self._minute)

    def add(self, time_ms: int, price_ticks: int, size_lots: int, quote_atoms: int, taker_buys: bool) -> None:
        """Take in one trade; times never go back. In an auction nobody takes."""
        open_ms = time_ms - time_ms % MINUTE_MS
        minute = self._minute
        if minute is None or minute.open_ms != open_ms:
            self._fold_minute()
            minute = self._minute = Candle(open_ms, price_ticks, price_ticks, price_ticks, price_ticks)
        minute.high_ticks = max(minute.high_ticks, price_ticks)
        minute.low_ticks = min(minute.low_ticks, price_ticks)
        minute.close_ticks = price_ticks
        minute.size_lots += size_lots
        minute.quote_atoms += quote_atoms
        minute.trades += 1
        if taker_buys:
            minute.taker_buy_lots += size_lots
            minute.taker_buy_quote_atoms += quote_atoms

    def _fold_minute(self) -> None:
        if self._minute is None:
            return
        for interval, candles in self._folded.items():
            open_ms = interval_start_ms(interval, self._minute.open_ms)
            if candles and candles[-1].open_ms == open_ms:
                candles[-1].take_in(self._minute)
                continue
            candles.append(msgspec.structs.replace(self._minute, open_ms=open_ms))
            if len(candles) > 2 * KEPT:
                del candles[:KEPT]

    def read(self, interval: str, from_ms: int | None, until_ms: int, limit: int) -> list[Candle]:
        """Candles that begin in the time given, oldest first: the first `limit` from `from_ms`, else the last `limit`.

        Raises `KeyError` for an interval that is not offered.
        """
        candles = self._folded[interval]
        end = bisect_right(candles, until_ms, key=lambda candle: candle.open_ms)
        start = max(0, end - limit - 1)
        if from_ms is not None:
            start = bisect_left(candles, from_ms, key=lambda candle: candle.open_ms)
        found = candles[start : min(end, start + limit + 1)]
        if end == len(candles) and start + len(found) == end:
            found = self._with_current(interval, found, from_ms, until_ms)
        return found[:limit] if from_ms is not None else found[-limit:]

    def _with_current(self, interval: str, found: list[Candle], from_ms: int | None, until_ms: int) -> list[Candle]:
        if self._minute is None:
            return found
        current = msgspec.structs.replace(self._minute, open_ms=interval_start_ms(interval, self._minute.open_ms))
        if found and found[-1].open_ms == current.open_ms:
            whole = msgspec.structs.replace(found[-1])
            whole.take_in(current)
            return [*found[:-1], whole]
        begins_inside = current.open_ms <= until_ms and (from_ms is None or current.open_ms >= from_ms)
        return [*found, current] if begins_inside else found
