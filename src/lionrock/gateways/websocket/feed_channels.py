"""The channels of the venue's own public feed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice

from lionrock.gateways.rest.contract import NS_PER_MS
from lionrock.gateways.websocket.channels import Channel, Pace
from lionrock.gateways.websocket.feed_messages import (
    AuctionMessage,
    BookMessage,
    FeedTrade,
    Level,
    PhaseMessage,
    TradesMessage,
    checksum,
)
from lionrock.gateways.websocket.frames import text_frame
from lionrock.gateways.websocket.limits import FEED_LEVELS, INDICATIVE_SECONDS, KEPT_MESSAGES, RECENT_TRADES
from lionrock.gateways.websocket.market_news import Book, Levels, MarketNews, PhaseEvent
from lionrock.views.catalogue import Market
from lionrock.words.enumerations import MarketPhase, Side
from lionrock.words.events import AuctionUncrossed, MarketPhaseChanged, MarketPhaseScheduled, TradeExecuted

_CALLS = (MarketPhase.PRE_OPEN, MarketPhase.VOLATILITY_AUCTION)


class FeedChannel(Channel):
    """A channel of the own feed; one that can be resumed holds its last messages."""

    is_kept_up = True

    def __init__(self, news: MarketNews) -> None:
        super().__init__()
        self.news, self.market = news, news.market
        self._held: deque[tuple[int, int, bytes]] = deque(maxlen=KEPT_MESSAGES)
        """Sequence of the message before, its own, and the frame."""

    @property
    def sequence(self) -> int:
        """Of the newest message, or of the state it began with."""
        return self._sequence

    _sequence = 0

    def tell(self, sequence: int, frame: bytes) -> None:
        self._held.append((self._sequence, sequence, frame))
        self._sequence = sequence
        self.publish(frame)

    def since(self, sequence: int) -> list[bytes] | None:
        """What came after the message of this sequence; None when that is not held."""
        if sequence == self._sequence:
            return []
        frames = [frame for before, _, frame in self._held if before >= sequence]
        found = any(before == sequence for before, _, _ in self._held)
        return frames if found else None

    def close(self) -> None:
        self.news.forget(self)


class BookChannel(FeedChannel):
    """A snapshot, then deltas."""

    def __init__(self, news: MarketNews, book: Book) -> None:
        super().__init__(news)
        self._book = book
        self._sequence = book.sequence
        news.on_book[self] = self._changed

    def catch_up(self) -> Sequence[bytes]:
        book = self._book
        sides = (levels_text(self.market, side[:FEED_LEVELS]) for side in (book.bids, book.asks))
        return [self._frame("snapshot", book.sequence, book, *sides)]

    def _changed(self, book: Book) -> None:
        before, self._book = self._book, book
        bids, asks = (
            levels_text(self.market, changed_levels(old[:FEED_LEVELS], new[:FEED_LEVELS]))
            for old, new in ((before.bids, book.bids), (before.asks, book.asks))
        )
        if bids or asks:
            self.tell(book.sequence, self._frame("delta", self._sequence + 1, book, bids, asks))

    def _frame(self, action: str, first: int, book: Book, bids: list[Level], asks: list[Level]) -> bytes:
        return text_frame(
            BookMessage(
                symbol=self.market.symbol,
                action=action,  # type: ignore[arg-type]
                first_sequence=first,
                sequence=book.sequence,
                time_ms=book.changed_ms,
                bids=bids,
                asks=asks,
                checksum=checksum(levels_text(self.market, book.bids[:25]), levels_text(self.market, book.asks[:25])),
            )
        )


class TradesChannel(FeedChannel):
    """Recent trades, then each new one."""

    keeps_every_message = True

    def __init__(self, news: MarketNews) -> None:
        super().__init__(news)
        recent = news.venue.market_data.market(news.market.market_id).trades
        self._sequence = recent[-1].sequence if recent else 0
        news.on_trades[self] = self._traded

    def catch_up(self) -> Sequence[bytes]:
        trades = self.news.venue.market_data.market(self.market.market_id).trades
        newest_first = list(islice(reversed(trades), RECENT_TRADES))
        return [self._frame("snapshot", newest_first[::-1])]

    def _traded(self, trades: list[TradeExecuted]) -> None:
        self.tell(trades[-1].sequence, self._frame("update", trades))

    def _frame(self, action: str, trades: list[TradeExecuted]) -> bytes:
        return text_frame(
            TradesMessage(
                symbol=self.market.symbol,
                action=action,  # type: ignore[arg-type]
                sequence=trades[-1].sequence if trades else self._sequence,
                trades=[_trade(self.market, trade) for trade in trades],
            )
        )


class PhaseChannel(FeedChannel):
    """What the market does with orders."""

    keeps_every_message = True

    def __init__(self, news: MarketNews) -> None:
        super().__init__(news)
        self._sequence = news.venue.node.engine.last_sequence
        news.on_phase[self] = self._heard

    def catch_up(self) -> Sequence[bytes]:
        now = self._message("snapshot", self._sequence, self.news.venue.now_ms())
        return [text_frame(now)]

    def _message(self, action: str, sequence: int, time_ms: int) -> PhaseMessage:
        catalogue = self.news.venue.catalogue
        return PhaseMessage(
            symbol=self.market.symbol,
            action=action,  # type: ignore[arg-type]
            sequence=sequence,
            time_ms=time_ms,
            phase=catalogue.phase_of(self.market.market_id).name,
            is_stopped=catalogue.is_stopped(self.market.market_id),
        )

    def _heard(self, event: PhaseEvent) -> None:
        if isinstance(event, AuctionUncrossed):
            return
        message = self._message("changed", event.sequence, event.time_ns // NS_PER_MS)
        if isinstance(event, MarketPhaseChanged):
            message.phase = MarketPhase(event.phase).name
            message.previous_phase = MarketPhase(event.previous_phase).name
        elif isinstance(event, MarketPhaseScheduled):
            message.action, message.phase = "scheduled", MarketPhase(event.phase).name
            message.at_ms = event.at_time_ns // NS_PER_MS
        self.tell(event.sequence, text_frame(message))


class AuctionChannel(FeedChannel):
    """During a call what would trade; at its end what did. The newest of it matters."""

    is_kept_up = False

    def __init__(self, news: MarketNews, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(news)
        self._now = self._indicative()
        self._told: tuple[str, ...] = ()
        self._pace = Pace(loop, INDICATIVE_SECONDS, self._look)
        news.on_book[self] = self._book_moved
        news.on_phase[self] = self._heard

    def catch_up(self) -> Sequence[bytes]:
        return [text_frame(self._now)]

    def close(self) -> None:
        self._pace.stop()
        super().close()

    def _book_moved(self, _: Book) -> None:
        if self.news.venue.catalogue.phase_of(self.market.market_id) in _CALLS:
            self._pace.ask()

    def _look(self) -> None:
        message = self._indicative()
        said = (message.action, message.price, message.volume, message.imbalance)
        if said != self._told:
            self._told, self._now = said, message
            self.publish(text_frame(message))

    def _heard(self, event: PhaseEvent) -> None:
        if isinstance(event, AuctionUncrossed):
            self._now, self._told = (
                self._of(event.sequence, event.price_ticks, event.size_lots, event.imbalance_lots),
                (),
            )
            self._now.action = "result"
            self.publish(text_frame(self._now))
        elif isinstance(event, MarketPhaseChanged) and event.phase in _CALLS:
            self._pace.ask()

    def _indicative(self) -> AuctionMessage:
        book, venue = self.news.book, self.news.venue
        sequence = book.sequence if book else 0
        is_call = venue.catalogue.phase_of(self.market.market_id) in _CALLS
        found = book.auction if book and is_call else None
        if found is None:
            return AuctionMessage(symbol=self.market.symbol, action="none", sequence=sequence, time_ms=venue.now_ms())
        return self._of(sequence, *found)

    def _of(self, sequence: int, price_ticks: int, lots: int, imbalance_lots: int) -> AuctionMessage:
        return AuctionMessage(
            symbol=self.market.symbol,
            action="indicative",
            sequence=sequence,
            time_ms=self.news.venue.now_ms(),
            price=self.market.price_text(price_ticks),
            volume=self.market.size_text(lots),
            imbalance=self.market.size_text(imbalance_lots),
        )


def levels_text(market: Market, levels: Levels) -> list[Level]:
    return [(market.price_text(price), market.size_text(lots)) for price, lots in levels]


def changed_levels(old: Levels, new: Levels) -> Levels:
    """Levels of `new` that are not so in `old`, and those that are gone, with no lots."""
    before, after = dict(old), dict(new)
    gone = [(price, 0) for price, _ in old if price not in after]
    return gone + [(price, lots) for price, lots in new if before.get(price) != lots]


def _trade(market: Market, trade: TradeExecuted) -> FeedTrade:
    side = "BUY" if trade.taker_side == Side.BUY else "SELL"
    return FeedTrade(
        id=str(trade.trade_id),
        sequence=trade.sequence,
        time_ms=trade.time_ns // NS_PER_MS,
        price=market.price_text(trade.price_ticks),
        size=market.size_text(trade.size_lots),
        taker_side="" if trade.in_auction else side,
        in_auction=bool(trade.in_auction),
    )
