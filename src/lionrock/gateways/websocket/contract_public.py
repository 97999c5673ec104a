"""The contract's public streams: subscribe, cancel, ping."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lionrock.gateways.websocket.channels import Connection
from lionrock.gateways.websocket.frames import gzip_frame, text_frame
from lionrock.gateways.websocket.hub import Hub
from lionrock.gateways.websocket.limits import MAX_SUBSCRIPTIONS, SILENCE_SECONDS
from lionrock.gateways.websocket.requests import V1Request, V2Request, read_object
from lionrock.gateways.websocket.topics import V1, V2, Topic
from lionrock.people.listen_keys import ListenKey
from lionrock.views.catalogue import Market

_MAX_ECHO = 64

INVALID_JSON = "-10001", "Invalid JSON!"
INVALID_TOPIC = "-10004", "Invalid topic!"
INVALID_SYMBOLS = "-100010", "Invalid Symbols!"
SCALE_REQUIRED = "-100013", "DumpScale required!"
TOO_MANY = "0003", "Rate limit exceeded"
"""More subscriptions than a connection may have."""


class _PublicSession:
    """What both versions have in common."""

    def __init__(self, hub: Hub, connection: Connection) -> None:
        self._hub, self._connection = hub, connection
        self._site = hub.venue.profile.site_tag.lower()

    @property
    def opened_by(self) -> ListenKey | None:
        return None

    async def begin(self) -> None:
        """Nothing is sent unasked."""

    def look(self, now: float) -> None:
        """Cut what is silent in both directions."""
        wire = self._connection.wire
        if now - max(wire.heard_at, wire.sent_at) >= SILENCE_SECONDS:
            wire.cut()

    async def end(self) -> None:
        """Nothing depended on it."""


class PublicSession(_PublicSession):
    """One connection to the first version."""

    stream = V1

    async def take(self, data: str | bytes) -> None:
        """One message of the client."""
        message = read_object(data)
        if message is None:
            return self._refuse(INVALID_JSON, "")
        if "ping" in message:
            return self._connection.send(text_frame({"pong": self._hub.venue.now_ms()}))
        if "pong" in message:
            return None
        try:
            request = msgspec.convert(message, V1Request)
        except msgspec.ValidationError:
            return self._refuse(INVALID_JSON, "")
        if request.event not in ("sub", "cancel"):
            return self._refuse(INVALID_JSON, request.topic)
        return await self._carry_out(request)

    async def _carry_out(self, request: V1Request) -> None:
        topic = self._hub.topic(self.stream, request.topic)
        if topic is None:
            return self._refuse(INVALID_TOPIC, request.topic)
        by_symbol = self._hub.venue.catalogue.market_by_symbol
        markets = [by_symbol.get(symbol) for symbol in request.symbol.split(",")]
        known = [market for market in markets if market is not None]
        if len(known) < len(markets):
            return self._refuse(INVALID_SYMBOLS, request.topic)
        argument = topic.argument(request.params)
        if argument is None:
            return self._refuse(SCALE_REQUIRED, request.topic)
        if topic.pushed_as:
            argument = topic.name.removeprefix(f"{topic.pushed_as}_")
        for market in known:
            name = topic.name, market.market_id
            if request.event == "cancel":
                self._connection.stop_listening(name)
                continue
            if name not in self._connection.channels and len(self._connection.channels) >= MAX_SUBSCRIPTIONS:
                return self._refuse(TOO_MANY, request.topic)
            await self._subscribe(request, topic, market, argument)
        return None

    async def _subscribe(self, request: V1Request, topic: Topic, market: Market, argument: str) -> None:
        binary = str(request.params.get("binary", "false")).lower() == "true"
        echo = None if request.id is None else str(request.id)[:_MAX_ECHO]
        key: tuple[object, ...] = self.stream.path, topic.name, market.market_id, argument, binary, echo
        if topic.is_private_to_listener:
            key = (*key, self._connection)
        params = {"realtimeInterval": "24h", "binary": "true" if binary else "false"}
        if topic.pushed_as:
            params["klineType"] = argument
        elif argument:
            params["dumpScale"] = argument
        encode = gzip_frame if binary else text_frame
        now_ms, site = self._hub.venue.now_ms, self._site

        def wrap(rows: Sequence[object], *, is_first: bool) -> list[bytes]:
            message = {
                "symbol": market.symbol,
                "symbolName": market.symbol,
                "topic": topic.pushed_as or topic.name,
                "params": params,
                "data": rows,
                "f": is_first,
                "sendTime": now_ms(),
                "site": site,
                "shared": False,
            }
            return [encode(message if echo is None else message | {"id": echo})]

        channel = await self._hub.contract_channel(key, topic, argument, market, wrap)
        if self._connection.wire.is_open:
            self._connection.listen((topic.name, market.market_id), channel)

    def _refuse(self, why: tuple[str, str], topic: str) -> None:
        code, words = why
        self._connection.send(text_frame({"code": code, "desc": words, "topic": topic[:_MAX_ECHO]}))


class SecondPublicSession(_PublicSession):
    """One connection to the second version. Every fault of a request is -100011."""

    stream = V2

    async def take(self, data: str | bytes) -> None:
        """One message of the client."""
        message = read_object(data)
        if message is not None and "ping" in message:
            return self._connection.send(text_frame({"pong": self._hub.venue.now_ms()}))
        if message is not None and "pong" in message:
            return None
        try:
            request = msgspec.convert(message, V2Request)
        except msgspec.ValidationError:
            return self._refuse()
        topic = self._hub.topic(self.stream, request.topic)
        symbol = request.params.get("symbol")
        market = self._hub.venue.catalogue.market_by_symbol.get(symbol) if isinstance(symbol, str) else None
        argument = topic.argument(request.params) if topic is not None else None
        if topic is None or market is None or argument is None or request.event not in ("sub", "cancel"):
            return self._refuse()
        name = topic.name, market.market_id, argument
        params = {"symbol": market.symbol} | ({"klineType": argument} if argument else {})
        is_new = request.event == "sub" and name not in self._connection.channels
        if is_new and len(self._connection.channels) >= MAX_SUBSCRIPTIONS:
            return self._refuse()
        self._connection.send(
            text_frame(
                {
                    "topic": topic.name,
                    "event": request.event,
                    "params": params,
                    "code": "0",
                    "msg": "Success",
                    "site": self._site,
                }
            )
        )
        if request.event == "cancel":
            self._connection.stop_listening(name)
            return None

        def wrap(rows: Sequence[object], *, is_first: bool) -> list[bytes]:
            del is_first
            head = {"topic": topic.name, "params": params}
            return [text_frame(head | {"data": row, "site": self._site}) for row in rows]

        key = self.stream.path, topic.name, market.market_id, argument
        channel = await self._hub.contract_channel(key, topic, argument, market, wrap)
        if self._connection.wire.is_open:
            self._connection.listen(name, channel)
        return None

    def _refuse(self) -> None:
        self._connection.send(text_frame({"code": "-100011", "msg": "Parameter error!"}))
