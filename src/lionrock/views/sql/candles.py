"""Candles of every interval in SQL, kept up with trades, and made again where a trade was booked back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, Row, bindparam, delete, select

from lionrock.views.candles import INTERVALS_MS, MINUTE_MS, Candle, interval_end_ms, interval_start_ms
from lionrock.views.sql.bulk import bulk_upsert
from lionrock.views.sql.decoding import EventBlock, Ints
from lionrock.views.sql.tables import candles, trades
from lionrock.views.sql.trades import Trades
from lionrock.words.enumerations import Side

NS_PER_MS = 1_000_000
_MINUTE_NS = MINUTE_MS * NS_PER_MS
_FIELDS = tuple(column.name for column in candles.columns if column.name not in {"market_id", "interval"})
_NEWEST = (
    select(*(candles.c[name] for name in _FIELDS))
    .where(candles.c.market_id == bindparam("market"), candles.c.interval == bindparam("name"))
    .order_by(candles.c.open_ms.desc())
    .limit(1)
)


class CandleKeeper:
    """Keeps the newest candle of each market and interval at hand, so that a trade need not read its row."""

    def __init__(self) -> None:
        self._newest: dict[tuple[int, str], Candle] = {}
        self._unread: set[int] = set()
        """Markets whose newest candles are to be read first; others have none but those at hand."""

    def load(self, market_ids: Iterable[int]) -> None:
        """These markets may have candles already."""
        self._unread.update(market_ids)

    def take_in(self, connection: Connection, block: EventBlock, done: Trades) -> None:
        """Writes the candles that these trades change."""
        changed: dict[tuple[int, str, int], Candle] = {}
        for market_id, minute in _minutes(block, done):
            if market_id in self._unread:
                self._read(connection, market_id)
            for interval in INTERVALS_MS:
                open_ms = interval_start_ms(interval, minute.open_ms)
                candle = self._newest.get((market_id, interval))
                if candle is None or candle.open_ms != open_ms:
                    candle = msgspec.structs.replace(minute, open_ms=open_ms)
                else:
                    candle.take_in(minute)
                self._newest[market_id, interval] = candle
                changed[market_id, interval, open_ms] = candle
        _write(connection, changed)

    def make_again(self, connection: Connection, market_id: int, time_ns: int) -> None:
        """The candles of that time, from the trades that still count. Their rows are written already."""
        self._unread.add(market_id)
        time_ms = time_ns // NS_PER_MS
        for interval in INTERVALS_MS:
            open_ms = interval_start_ms(interval, time_ms)
            parts = (
                _trades_of_minute(connection, market_id, open_ms)
                if interval == "1m"
                else read_candles(connection, market_id, "1m", open_ms, interval_end_ms(interval, open_ms))
            )
            key = candles.c.market_id == market_id, candles.c.interval == interval, candles.c.open_ms == open_ms
            connection.execute(delete(candles).where(*key))
            if candle := _folded(parts, open_ms):
                _write(connection, {(market_id, interval, open_ms): candle})

    def _read(self, connection: Connection, market_id: int) -> None:
        self._unread.discard(market_id)
        for interval in INTERVALS_MS:
            self._newest.pop((market_id, interval), None)
            for row in connection.execute(_NEWEST, {"market": market_id, "name": interval}):
                self._newest[market_id, interval] = Candle(*row)


def read_candles(connection: Connection, market_id: int, interval: str, from_ms: int, until_ms: int) -> list[Candle]:
    """Candles that begin in the time given, both ends included, oldest first."""
    wanted = select(*(candles.c[name] for name in _FIELDS)).where(
        candles.c.market_id == market_id,
        candles.c.interval == interval,
        candles.c.open_ms.between(from_ms, until_ms),
    )
    return [Candle(*row) for row in connection.execute(wanted.order_by(candles.c.open_ms))]


def _minutes(block: EventBlock, done: Trades) -> Iterator[tuple[int, Candle]]:
    """The candle of each market and minute that these trades make by themselves, oldest first in each market."""
    if not len(done.at):
        return
    order = np.argsort(done.market_id, kind="stable")
    market_id, minute = done.market_id[order], block.time_ns[done.at][order] // _MINUTE_NS
    changes = (market_id[1:] != market_id[:-1]) | (minute[1:] != minute[:-1])
    starts = np.concatenate(([0], np.flatnonzero(changes) + 1))
    ends = np.concatenate((starts[1:], [len(order)])) - 1
    price, lots, quote = done.price_ticks[order], done.size_lots[order], done.quote_atoms[order]
    taken = ((done.taker_side == Side.BUY) & (done.in_auction == 0))[order].astype(np.int64)
    columns = zip(
        market_id[starts].tolist(),
        (minute[starts] * MINUTE_MS).tolist(),
        price[starts].tolist(),
        np.maximum.reduceat(price, starts).tolist(),
        np.minimum.reduceat(price, starts).tolist(),
        price[ends].tolist(),
        _sums(lots, starts),
        _sums(quote, starts),
        (ends - starts + 1).tolist(),
        _sums(lots * taken, starts),
        _sums(quote * taken, starts),
        strict=True,
    )
    for market, *figures in columns:
        yield market, Candle(*figures)


def _sums(column: Ints, starts: Ints) -> list[int]:
    """Sums of each run, exact beyond 64 bits: the lower and the upper halves are added apart."""
    low, high = np.add.reduceat(column & 0xFFFFFFFF, starts), np.add.reduceat(column >> 32, starts)
    return [(above << 32) + below for above, below in zip(high.tolist(), low.tolist(), strict=True)]


def _trades_of_minute(connection: Connection, market_id: int, open_ms: int) -> Iterator[Candle]:
    start_ns = open_ms * NS_PER_MS
    wanted = select(trades).where(
        trades.c.market_id == market_id,
        trades.c.time_ns.between(start_ns, start_ns + _MINUTE_NS - 1),
        trades.c.cancelled_sequence.is_(None),
    )
    return map(_candle_of, connection.execute(wanted.order_by(trades.c.trade_id)))


def _candle_of(trade: Row[Any]) -> Candle:
    price, lots, quote = trade.price_ticks, trade.size_lots, trade.quote_atoms
    taken = trade.taker_side == Side.BUY and not trade.in_auction
    return Candle(0, price, price, price, price, lots, quote, 1, lots * taken, quote * taken)


def _folded(parts: Iterable[Candle], open_ms: int) -> Candle | None:
    whole = None
    for part in parts:
        if whole is None:
            whole = msgspec.structs.replace(part, open_ms=open_ms)
        else:
            whole.take_in(part)
    return whole


def _write(connection: Connection, changed: dict[tuple[int, str, int], Candle]) -> None:
    columns: dict[str, list[object]] = {
        "market_id": [market_id for market_id, _, _ in changed],
        "interval": [interval for _, interval, _ in changed],
    }
    rows = [msgspec.structs.astuple(candle) for candle in changed.values()]
    columns |= {name: [row[number] for row in rows] for number, name in enumerate(_FIELDS)}
    bulk_upsert(connection, candles, columns)
