"""What happens in one market, read once for all the channels that tell of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from lionrock.gateways.rest.contract import NS_PER_MS, Venue
from lionrock.gateways.websocket.channels import Pace
from lionrock.gateways.websocket.limits import BOOK_SECONDS, FEED_LEVELS, MERGED_FROM_LEVELS
from lionrock.node.errors import NodeStopped
from lionrock.views.catalogue import Market
from lionrock.words.events import (
    AuctionUncrossed,
    KillSwitchSet,
    MarketPhaseChanged,
    MarketPhaseScheduled,
    TradeExecuted,
)

Levels = list[tuple[int, int]]
"""(price in ticks, lots), best first."""
PhaseEvent = MarketPhaseChanged | MarketPhaseScheduled | AuctionUncrossed | KillSwitchSet


class Book(msgspec.Struct, frozen=True):
    """A book after one command. All of it is durable."""

    sequence: int
    changed_ms: int
    bids: Levels
    asks: Levels
    auction: tuple[int, int, int] | None = None
    """What an auction would do now: price in ticks, lots, buyers' lots less sellers'. None when nothing would trade."""


class MarketNews:
    """Reads the book of a market while anybody wants it, and hands on trades and phases."""

    def __init__(self, venue: Venue, market: Market, loop: asyncio.AbstractEventLoop) -> None:
        self.venue, self.market, self._loop = venue, market, loop
        self.book: Book | None = None
        self.on_book: dict[object, Callable[[Book], None]] = {}
        self.on_trades: dict[object, Callable[[list[TradeExecuted]], None]] = {}
        self.on_phase: dict[object, Callable[[PhaseEvent], None]] = {}
        self.deep_readers: set[object] = set()
        """Channels that need `MERGED_FROM_LEVELS`."""
        self._pace = Pace(loop, BOOK_SECONDS, self._read_soon)
        self._reading: asyncio.Task[None] | None = None
        self._read_again = False

    def forget(self, channel: object) -> None:
        for listeners in (self.on_book, self.on_trades, self.on_phase):
            listeners.pop(channel, None)
        self.deep_readers.discard(channel)

    def book_moved(self) -> None:
        """A command changed something. The engine may be ahead of what is durable, so reading waits for that."""
        if self.on_book:
            self._pace.ask()

    def ask(self) -> None:
        self._pace.ask()

    async def follow(self, *, deep: bool = False) -> Book:
        """A book to begin with. Raises `NodeStopped`."""
        if self.book is None or not self.on_book or (deep and not self.deep_readers):
            await self._read(deep=deep)
        if self.book is None:
            raise NodeStopped("no book was read", outcome_known=True)
        return self.book

    def _read_soon(self) -> None:
        if self._reading is not None and not self._reading.done():
            self._read_again = True
            return
        self._reading = self._loop.create_task(self._read_and_tell())

    async def _read_and_tell(self) -> None:
        before = self.book
        try:
            await self._read()
        except NodeStopped:
            return  # the site ends, and the connections with it
        if self.book is not None and self.book is not before:
            for tell in list(self.on_book.values()):
                tell(self.book)
        if self._read_again:
            self._read_again = False
            self._pace.ask()

    async def _read(self, *, deep: bool = False) -> None:
        engine = self.venue.node.engine
        sequence = engine.last_sequence
        levels = MERGED_FROM_LEVELS if deep or self.deep_readers else FEED_LEVELS
        bids, asks = engine.depth(self.market.market_id, levels)
        auction = engine.auction(self.market.market_id)
        await self.venue.node.settled()
        before = self.book
        if before is not None and (before.bids, before.asks, before.auction) == (bids, asks, auction):
            return
        if before is None or sequence >= before.sequence:  # equal when more levels of the same book are read
            changed_ms = self.venue.market_data.market(self.market.market_id).book_changed_ns // NS_PER_MS
            self.book = Book(sequence, changed_ms, bids, asks, auction)
