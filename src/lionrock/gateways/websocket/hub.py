"""Where frames of the node become news: whoever is subscribed to anything is known here.

It listens to the node behind the views, so these are as far as the frame it is given. A fault in here must not stop the
node, which has done nothing wrong: all connections are ended, and clients take snapshots when they are back.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Hashable

from lionrock.gateways.rest.contract import Venue
from lionrock.gateways.websocket.account_news import AccountNews, accounts_in
from lionrock.gateways.websocket.channels import Channel, Connection
from lionrock.gateways.websocket.contract_channel import ContractChannel, Wrap
from lionrock.gateways.websocket.frames import INTERNAL_ERROR, KEY_ENDED
from lionrock.gateways.websocket.limits import KEPT_SECONDS, PATROL_SECONDS, StreamLimits
from lionrock.gateways.websocket.market_news import MarketNews, PhaseEvent
from lionrock.gateways.websocket.session import Session
from lionrock.gateways.websocket.topics import STREAMS, Stream, Topic
from lionrock.node.published import Published
from lionrock.people import sessions
from lionrock.people.listen_keys import ListenKey
from lionrock.views.catalogue import Market
from lionrock.words.enumerations import KillSwitchScope
from lionrock.words.events import (
    AuctionUncrossed,
    Event,
    KillSwitchSet,
    MarketPhaseChanged,
    MarketPhaseScheduled,
    OrderAmended,
    OrderCancelled,
    OrderPlaced,
    OrderReduced,
    OrderReplenished,
    TradeExecuted,
)

_log = logging.getLogger(__name__)

KEY_ENDED_WORDS = "the listen key has ended: ask for a new one"
KEY_REVOKED_WORDS = "the API key that opened this stream was revoked"

_BOOK_EVENTS = (OrderPlaced, OrderCancelled, OrderAmended, OrderReduced, OrderReplenished, TradeExecuted)
_PHASE_EVENTS = (MarketPhaseChanged, MarketPhaseScheduled, AuctionUncrossed)


class Hub:
    """All channels and connections of a site. Lives in the node's event loop."""

    def __init__(self, venue: Venue, limits: StreamLimits) -> None:
        self.venue, self.limits = venue, limits
        self.loop = asyncio.get_running_loop()
        self.sessions: dict[Connection, Session] = {}
        self.per_address: Counter[str] = Counter()
        self._markets: dict[int, MarketNews] = {}
        self._accounts: dict[int, AccountNews] = {}
        self._channels: dict[Hashable, Channel] = {}
        self._idle_since: dict[Hashable, float] = {}
        self._topics = {(stream.path, topic.name): topic for stream in STREAMS for topic in stream.topics}
        self._patrol = self.loop.call_later(PATROL_SECONDS, self._look_round)
        venue.node.subscribe(self.take)
        venue.listen_keys.on_end.append(self.end_streams)
        if venue.people is not None:
            venue.people.sessions.on_end.append(self._session_ended)

    def topic(self, stream: Stream, name: str) -> Topic | None:
        return self._topics.get((stream.path, name))

    def market(self, market: Market) -> MarketNews:
        """The news of one market, gathered from the first time it is asked for."""
        news = self._markets.get(market.market_id)
        if news is None:
            news = self._markets[market.market_id] = MarketNews(self.venue, market, self.loop)
        return news

    def account(self, account_id: int) -> AccountNews:
        news = self._accounts.get(account_id)
        if news is None:
            news = self._accounts[account_id] = AccountNews(self.venue, account_id, self.loop)
        return news

    def channel(self, key: Hashable) -> Channel | None:
        return self._channels.get(key)

    def keep(self, key: Hashable, channel: Channel) -> None:
        """Have a channel found by its key as long as somebody listens to it."""
        self._channels[key] = channel

    async def contract_channel(self, key: Hashable, topic: Topic, argument: str, market: Market, wrap: Wrap) -> Channel:
        """One of the contract's topics, in one form. Raises `NodeStopped`."""
        news = self.market(market)
        if (channel := self._channels.get(key)) is None:
            if topic.make is None:
                raise LookupError(topic.name)
            teller = topic.make(news, argument)
            if teller.follows_book:
                await news.follow(deep=teller.reads_deep)
            if (channel := self._channels.get(key)) is None:  # nobody else made it meanwhile
                channel = self._channels[key] = ContractChannel(topic, teller, wrap, self.loop)
                news.ask()
        return channel

    def take(self, published: Published) -> None:
        """One durable frame. Never raises: see above."""
        try:
            if self._markets:
                self._tell_markets(published)
            if self._accounts:
                self._tell_accounts(published)
        except Exception:  # noqa: BLE001 whatever it was
            _log.exception("The streams missed a frame: all connections are ended")
            self.end_all(INTERNAL_ERROR, "the venue could not tell you of something: connect again, take a snapshot")

    def _tell_markets(self, published: Published) -> None:
        trades: defaultdict[int, list[TradeExecuted]] = defaultdict(list)
        moved: set[int] = set()
        phases: list[tuple[int, PhaseEvent]] = []
        for event in published.events:
            if isinstance(event, _BOOK_EVENTS):
                moved.add(event.market_id)
                if isinstance(event, TradeExecuted):
                    trades[event.market_id].append(event)
            elif isinstance(event, _PHASE_EVENTS):
                moved.add(event.market_id)
                phases.append((event.market_id, event))
            elif isinstance(event, KillSwitchSet):
                is_here = event.scope == KillSwitchScope.MARKET
                reached = [event.scope_id] if is_here else list(self._markets)
                phases += [(market_id, event) for market_id in reached if event.scope != KillSwitchScope.ACCOUNT]
        for market_id, event in phases:
            if news := self._markets.get(market_id):
                for hear in list(news.on_phase.values()):
                    hear(event)
        for market_id, executed in trades.items():
            if news := self._markets.get(market_id):
                for tell in list(news.on_trades.values()):
                    tell(executed)
        for market_id in moved:
            if news := self._markets.get(market_id):
                news.book_moved()

    def _tell_accounts(self, published: Published) -> None:
        touched: defaultdict[int, list[Event]] = defaultdict(list)
        for event in published.events:
            for account_id in accounts_in(event, published):
                if account_id in self._accounts:
                    touched[account_id].append(event)
        for account_id, events in touched.items():
            self._accounts[account_id].take(events, published)

    # -- connections ---------------------------------------------------------------------------------------------------

    def join(self, address: str, connection: Connection, session: Session) -> None:
        self.sessions[connection] = session
        self.per_address[address] += 1

    def leave(self, address: str, connection: Connection) -> None:
        """The connection is over, by whatever cause."""
        self.sessions.pop(connection, None)
        self.per_address[address] -= 1
        if not self.per_address[address]:
            del self.per_address[address]
        connection.leave()

    def end_streams(self, key: ListenKey) -> None:
        """What was opened with a listen key that is over."""
        for connection, session in list(self.sessions.items()):
            if session.opened_by is key:
                connection.end(KEY_ENDED, KEY_REVOKED_WORDS if key.is_revoked else KEY_ENDED_WORDS)

    def _session_ended(self, session: sessions.Session) -> None:
        """Called in another thread: streams that its owner's page opened end with it."""
        self.loop.call_soon_threadsafe(self.venue.listen_keys.revoke, sessions.access_name(session))

    def end_all(self, code: int, reason: str) -> None:
        for connection in list(self.sessions):
            connection.end(code, reason)

    def close(self) -> None:
        """For good, with the site."""
        self._patrol.cancel()

    def _look_round(self) -> None:
        """Who is silent, whose key ended, which channels nobody needs."""
        self._patrol = self.loop.call_later(PATROL_SECONDS, self._look_round)
        now = self.loop.time()
        for session in list(self.sessions.values()):
            session.look(now)
        for key, channel in list(self._channels.items()):
            if channel.listeners:
                self._idle_since.pop(key, None)
            elif now - self._idle_since.setdefault(key, now) >= (KEPT_SECONDS if channel.is_kept_up else 0):
                del self._channels[key], self._idle_since[key]
                channel.close()
        for account_id in [number for number, news in self._accounts.items() if not news.is_wanted]:
            del self._accounts[account_id]
