"""The venue's own public feed: subscribe, resume, unsubscribe."""

from __future__ import annotations

from abc import ABC, abstractmethod

import msgspec

from lionrock.gateways.rest.errors import Code, Refused
from lionrock.gateways.websocket.channels import Connection
from lionrock.gateways.websocket.feed_channels import (
    AuctionChannel,
    BookChannel,
    FeedChannel,
    PhaseChannel,
    TradesChannel,
)
from lionrock.gateways.websocket.frames import PING, text_frame
from lionrock.gateways.websocket.hub import Hub
from lionrock.gateways.websocket.limits import MAX_SUBSCRIPTIONS, OWN_PING_SECONDS, OWN_SILENCE_SECONDS
from lionrock.gateways.websocket.requests import FeedRequest, read_object
from lionrock.gateways.websocket.topics import FEED
from lionrock.people.listen_keys import ListenKey
from lionrock.views.catalogue import Market

_MAX_ECHO = 64


class OwnSession(ABC):
    """What the venue's two own streams have in common."""

    def __init__(self, hub: Hub, connection: Connection) -> None:
        self.hub, self.connection = hub, connection
        self._ping_at = hub.loop.time() + OWN_PING_SECONDS

    @property
    def opened_by(self) -> ListenKey | None:
        return None

    async def begin(self) -> None:  # noqa: B027 some begin with more
        """Nothing is sent unasked."""

    async def take(self, data: str | bytes) -> None:
        """One message of the client."""
        message = read_object(data)
        try:
            request = msgspec.convert(message, FeedRequest)
        except msgspec.ValidationError:
            return self.refuse(FeedRequest(), -1004)
        if request.op == "ping":
            return self.answer(request, {"type": "pong", "timeMs": self.hub.venue.now_ms()})
        try:
            await self.carry_out(request)
        except Refused as refused:
            self._tell_refusal(request, refused)

    @abstractmethod
    async def carry_out(self, request: FeedRequest) -> None:
        """Do what is asked. Raises `Refused`."""

    def look(self, now: float) -> None:
        """Ping, and cut what does not answer."""
        wire = self.connection.wire
        if now - wire.heard_at >= OWN_SILENCE_SECONDS:
            wire.cut()
        elif now >= self._ping_at:
            self._ping_at = now + OWN_PING_SECONDS
            wire.write(PING)

    async def end(self) -> None:  # noqa: B027 some have to let go of something
        """Nothing depended on it."""

    def answer(self, request: FeedRequest, message: dict[str, object]) -> None:
        if request.id is not None:
            message = message | {"id": str(request.id)[:_MAX_ECHO]}
        self.connection.send(text_frame(message))

    def refuse(self, request: FeedRequest, code: Code, subject: str = "") -> None:
        self._tell_refusal(request, Refused(code, subject))

    def _tell_refusal(self, request: FeedRequest, refused: Refused) -> None:
        self.answer(request, {"type": "error"} | refused.body())


class FeedSession(OwnSession):
    """One connection."""

    async def carry_out(self, request: FeedRequest) -> None:
        if request.op not in ("subscribe", "unsubscribe"):
            raise Refused(-1130, "op")
        if self.hub.topic(FEED, request.topic) is None:
            raise Refused(-1130, "topic")
        market = self.hub.venue.catalogue.market_by_symbol.get(request.symbol)
        if market is None:
            raise Refused(-100011)
        name = request.topic, market.market_id
        about: dict[str, object] = {"topic": request.topic, "symbol": market.symbol}
        if request.op == "unsubscribe":
            self.connection.stop_listening(name)
            return self.answer(request, {"type": "unsubscribed"} | about)
        if name not in self.connection.channels and len(self.connection.channels) >= MAX_SUBSCRIPTIONS:
            raise Refused("0003")
        channel = await self._channel(request.topic, market)
        held = None if request.from_sequence is None else channel.since(request.from_sequence)
        about |= {"sequence": channel.sequence, "resumed": held is not None}
        self.answer(request, {"type": "subscribed"} | about)
        if self.connection.wire.is_open:
            self.connection.listen(name, channel, instead=held)
        return None

    async def _channel(self, topic: str, market: Market) -> FeedChannel:
        key = FEED.path, topic, market.market_id
        news = self.hub.market(market)
        book = await news.follow() if topic in ("book", "auction") else None
        await self.hub.venue.settled()
        channel = self.hub.channel(key)
        if isinstance(channel, FeedChannel):
            return channel
        if topic == "book" and book is not None:
            made: FeedChannel = BookChannel(news, news.book or book)
        elif topic == "trades":
            made = TradesChannel(news)
        elif topic == "phase":
            made = PhaseChannel(news)
        else:
            made = AuctionChannel(news, self.hub.loop)
        self.hub.keep(key, made)
        news.ask()
        return made
