"""What the contract's public topics say: the rows of one market, when it changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import islice
from typing import Protocol

from lionrock.gateways.rest.contract import NS_PER_MS
from lionrock.gateways.websocket.limits import (
    CANDLE_SECONDS,
    CONTRACT_LEVELS,
    DEPTH_V1_SECONDS,
    RECENT_TRADES,
    STATISTICS_SECONDS,
)
from lionrock.gateways.websocket.market_news import Levels, MarketNews
from lionrock.gateways.websocket.rows import (
    BestRow,
    CandleRow,
    DepthRow,
    DiffDepthRow,
    Level,
    StatisticsRow,
    TradeRow,
)
from lionrock.views.candles import Candle
from lionrock.views.catalogue import Market
from lionrock.words.enumerations import Side
from lionrock.words.events import TradeExecuted

_RATIO_DECIMALS = 4


class Teller(ABC):
    """One topic of one market."""

    seconds = DEPTH_V1_SECONDS
    """Its pace."""
    follows_book = True
    """Told of book changes; otherwise of trades."""
    reads_deep = False

    def __init__(self, news: MarketNews) -> None:
        self.news, self.market = news, news.market

    @abstractmethod
    def first(self) -> Sequence[object]:
        """Rows of the first frame."""

    def later(self) -> Sequence[Sequence[object]]:
        """Rows of each frame there is news for."""
        return [self.first()]


class Depth(Teller):
    """The best levels of the book, all of them each time."""

    def first(self) -> Sequence[object]:
        book = self.news.book
        if book is None:
            return []
        bids, asks = (_levels(self.market, side[:CONTRACT_LEVELS]) for side in (book.bids, book.asks))
        return [DepthRow(self.market.symbol, book.changed_ms, f"{book.sequence}_0", bids, asks)]


class MergedDepth(Teller):
    """The same with prices cut to `scale` decimals: bids down, asks up, so that neither looks better than it is."""

    reads_deep = True

    def __init__(self, news: MarketNews, scale: int) -> None:
        super().__init__(news)
        self._step = 10 ** max(0, news.market.quote.decimals - scale)

    def merged(self) -> tuple[list[Level], list[Level]]:
        book = self.news.book
        if book is None:
            return [], []
        return self._merge(book.bids, up=False), self._merge(book.asks, up=True)

    def _merge(self, levels: Levels, *, up: bool) -> list[Level]:
        merged: dict[int, int] = {}
        for price, lots in levels:
            atoms = price * self.market.listing.tick_quote_atoms
            cut = -(-atoms // self._step) if up else atoms // self._step
            merged[cut * self._step] = merged.get(cut * self._step, 0) + lots
        best = islice(merged.items(), CONTRACT_LEVELS)
        return [(self.market.quote_text(atoms), self.market.size_text(lots)) for atoms, lots in best]

    def first(self) -> Sequence[object]:
        book = self.news.book
        if book is None:
            return []
        return [DepthRow(self.market.symbol, book.changed_ms, f"{book.sequence}_0", *self.merged())]


class DiffMergedDepth(MergedDepth):
    """A snapshot, then what changed. It counts its frames, so each listener has its own."""

    def __init__(self, news: MarketNews, scale: int) -> None:
        super().__init__(news, scale)
        self._told: tuple[list[Level], list[Level]] = [], []
        self._frames = 0

    def first(self) -> Sequence[object]:
        book = self.news.book
        if book is None:
            return []
        self._told, self._frames = self.merged(), 0
        return [DiffDepthRow(book.changed_ms, f"{book.sequence}_0", *self._told, 0)]

    def later(self) -> Sequence[Sequence[object]]:
        book, now = self.news.book, self.merged()
        bids, asks = (_changed(old, new) for old, new in zip(self._told, now, strict=True))
        if book is None or not (bids or asks):
            return []
        self._told = now
        self._frames += 1
        return [[DiffDepthRow(book.changed_ms, f"{book.sequence}_0", bids, asks, self._frames)]]


class Best(Teller):
    """The best bid and ask."""

    def __init__(self, news: MarketNews) -> None:
        super().__init__(news)
        self._told: tuple[object, ...] = ()

    def first(self) -> Sequence[object]:
        book = self.news.book
        if book is None:
            return []
        (bid, bid_size), (ask, ask_size) = (
            _levels(self.market, side[:1])[0] if side else ("0", "0") for side in (book.bids, book.asks)
        )
        return [BestRow(self.market.symbol, bid, bid_size, ask, ask_size, book.changed_ms, str(book.sequence))]

    def later(self) -> Sequence[Sequence[object]]:
        book = self.news.book
        now = () if book is None else (book.bids[:1], book.asks[:1])
        if now == self._told:
            return []
        self._told = now
        return [self.first()]


class Statistics(Teller):
    """24-hour statistics."""

    seconds = STATISTICS_SECONDS
    follows_book = False

    def first(self) -> Sequence[object]:
        now_ms, market = self.news.venue.now_ms(), self.market
        day = self.news.venue.market_data.market(market.market_id).day(now_ms)
        change = day.last_ticks - day.open_ticks
        ratio = abs(change) * 10**_RATIO_DECIMALS // day.open_ticks if day.open_ticks else 0
        sign = "-" if change < 0 and ratio else ""
        return [
            StatisticsRow(
                t=now_ms,
                s=market.symbol,
                sn=market.symbol,
                c=market.price_text(day.last_ticks),
                h=market.price_text(day.high_ticks),
                l=market.price_text(day.low_ticks),
                o=market.price_text(day.open_ticks),
                v=market.size_text(day.size_lots),
                qv=market.quote_text(day.quote_atoms),
                m=f"{sign}{ratio // 10**_RATIO_DECIMALS}.{ratio % 10**_RATIO_DECIMALS:04}",
            )
        ]


class Trades(Teller):
    """Every trade; the first frame has recent ones, oldest first."""

    seconds = 0
    follows_book = False

    def __init__(self, news: MarketNews) -> None:
        super().__init__(news)
        self.waiting: list[TradeExecuted] = []

    def first(self) -> Sequence[object]:
        trades = self.news.venue.market_data.market(self.market.market_id).trades
        newest_first = list(islice(reversed(trades), RECENT_TRADES))
        return [self._row(trade) for trade in reversed(newest_first)]

    def later(self) -> Sequence[Sequence[object]]:
        rows = [self._row(trade) for trade in self.waiting]
        self.waiting = []
        return [rows] if rows else []

    def _row(self, trade: TradeExecuted) -> TradeRow:
        return TradeRow(
            str(trade.trade_id),
            trade.time_ns // NS_PER_MS,
            self.market.price_text(trade.price_ticks),
            self.market.size_text(trade.size_lots),
            trade.taker_side == Side.SELL,
        )


class Candles(Teller):
    """The newest candle of an interval; once more its forerunner, when that ended since the last frame."""

    seconds = CANDLE_SECONDS
    follows_book = False

    def __init__(self, news: MarketNews, interval: str) -> None:
        super().__init__(news)
        self._interval = interval
        self._told_open_ms = 0

    def _newest(self) -> list[Candle]:
        candles = self.news.venue.market_data.market(self.market.market_id).candles
        return candles.read(self._interval, None, self.news.venue.now_ms() + NS_PER_MS, 2)

    def first(self) -> Sequence[object]:
        newest = self._newest()[-1:]
        if newest and not self._told_open_ms:
            self._told_open_ms = newest[0].open_ms
        return [self._row(candle) for candle in newest]

    def later(self) -> Sequence[Sequence[object]]:
        news = [candle for candle in self._newest() if candle.open_ms >= self._told_open_ms]
        if news:
            self._told_open_ms = news[-1].open_ms
        return [[self._row(candle)] for candle in news]

    def _row(self, candle: Candle) -> CandleRow:
        market = self.market
        return CandleRow(
            t=candle.open_ms,
            s=market.symbol,
            sn=market.symbol,
            c=market.price_text(candle.close_ticks),
            h=market.price_text(candle.high_ticks),
            l=market.price_text(candle.low_ticks),
            o=market.price_text(candle.open_ticks),
            v=market.size_text(candle.size_lots),
        )


class MakeTeller(Protocol):
    """From a market's news and the topic's own parameter (scale, interval)."""

    def __call__(self, news: MarketNews, argument: str, /) -> Teller: ...


def _levels(market: Market, levels: Levels) -> list[Level]:
    return [(market.price_text(price), market.size_text(lots)) for price, lots in levels]


def _changed(old: list[Level], new: list[Level]) -> list[Level]:
    before, after = dict(old), dict(new)
    gone = [(price, "0") for price, _ in old if price not in after]
    return gone + [(price, size) for price, size in new if before.get(price) != size]
