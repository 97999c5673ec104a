"""What the market did: last trades, candles, 24-hour statistics, the time of the last change of each book."""

from __future__ import annotations

from collections import defaultdict, deque

import msgspec

from lionrock.node.published import Published
from lionrock.views.candles import DAY_MS, MINUTE_MS, Candle, Candles, SavedCandles
from lionrock.words.enumerations import Side
from lionrock.words.events import (
    OrderAmended,
    OrderCancelled,
    OrderPlaced,
    OrderReduced,
    OrderReplenished,
    TradeExecuted,
)
from lionrock.words.records import layout_of, unpack_all

KEPT_TRADES = 1_000
"""Last trades kept for each market: ten times the most one answer may hold."""

_NS_PER_MS = 1_000_000
_BUY = int(Side.BUY)
_CHANGING = frozenset({OrderPlaced, OrderCancelled, OrderAmended, OrderReduced, OrderReplenished})
"""Besides trades, what changes a book."""


class DayStatistics(msgspec.Struct, frozen=True):
    """The last 24 hours of one market, to the minute; prices are 0 when it never traded."""

    open_ticks: int = 0
    high_ticks: int = 0
    low_ticks: int = 0
    last_ticks: int = 0
    size_lots: int = 0
    quote_atoms: int = 0


class MarketActivity:
    """One market."""

    def __init__(self) -> None:
        self.trades: deque[TradeExecuted] = deque(maxlen=KEPT_TRADES)
        self.candles = Candles()
        self.book_changed_ns = 0

    def day(self, now_ms: int) -> DayStatistics:
        """Statistics of the minutes that began in the last 24 hours."""
        if not self.trades:
            return DayStatistics()
        last = self.trades[-1].price_ticks
        minutes = self.candles.read("1m", now_ms - DAY_MS + 1, now_ms + MINUTE_MS, DAY_MS // MINUTE_MS + 1)
        if not minutes:
            return DayStatistics(last, last, last, last)
        total = Candle(0, minutes[0].open_ticks, last, last, last)
        for minute in minutes:
            total.take_in(minute)
        return DayStatistics(
            total.open_ticks, total.high_ticks, total.low_ticks, last, total.size_lots, total.quote_atoms
        )


_TRADES = {layout_of(TradeExecuted).kind: TradeExecuted}


class _SavedMarket(msgspec.Struct, array_like=True):
    trades: bytes
    """Records."""
    candles: SavedCandles
    book_changed_ns: int


class MarketData:
    """All markets, by market id."""

    def __init__(self) -> None:
        self._markets: defaultdict[int, MarketActivity] = defaultdict(MarketActivity)

    def apply(self, published: Published) -> None:
        """Take in one frame."""
        for event in published.events:
            if isinstance(event, TradeExecuted):
                market = self._markets[event.market_id]
                market.trades.append(event)
                market.book_changed_ns = event.time_ns
                market.candles.add(
                    event.time_ns // _NS_PER_MS,
                    event.price_ticks,
                    event.size_lots,
                    event.quote_atoms,
                    taker_buys=event.taker_side == _BUY and not event.in_auction,
                )
            elif type(event) in _CHANGING:
                self._markets[event.market_id].book_changed_ns = event.time_ns  # type: ignore[attr-defined]

    __call__ = apply
    name = "market data 1"
    """Of its section in a snapshot; to be counted up when `_SavedMarket` changes."""

    def save(self) -> bytes:
        """Everything it knows, for `load`."""
        return msgspec.msgpack.encode(
            {
                market_id: _SavedMarket(
                    b"".join(trade.pack() for trade in market.trades), market.candles.saved(), market.book_changed_ns
                )
                for market_id, market in self._markets.items()
            }
        )

    def load(self, state: bytes) -> None:
        """Take up what another one saved, in place of any frame. Raises `ValueError`."""
        for market_id, saved in msgspec.msgpack.decode(state, type=dict[int, _SavedMarket]).items():
            market = self._markets[market_id]
            market.trades.extend(unpack_all(_TRADES, saved.trades))
            market.candles = Candles(saved.candles)
            market.book_changed_ns = saved.book_changed_ns

    def market(self, market_id: int) -> MarketActivity:
        """Activity of one market; empty when nothing happened there yet."""
        return self._markets[market_id]
