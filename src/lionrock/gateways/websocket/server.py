"""From a WebSocket to its session and back."""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.types import Message, Receive, Scope, Send

from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.websocket.bindings import Bindings
from lionrock.gateways.websocket.channels import Connection
from lionrock.gateways.websocket.contract_public import PublicSession, SecondPublicSession
from lionrock.gateways.websocket.feed_session import FeedSession
from lionrock.gateways.websocket.frames import INTERNAL_ERROR, TOO_MANY_MESSAGES, TRY_AGAIN_LATER, encode
from lionrock.gateways.websocket.hub import Hub
from lionrock.gateways.websocket.limits import MESSAGES_AT_ONCE, MESSAGES_PER_SECOND
from lionrock.gateways.websocket.private_feed import PrivateFeedSession
from lionrock.gateways.websocket.private_session import PrivateSession
from lionrock.gateways.websocket.session import Session
from lionrock.gateways.websocket.topics import FEED_PATH, PRIVATE_PATH, V1_PATH, V2_PATH
from lionrock.gateways.websocket.wire import WIRE, Wire
from lionrock.node.errors import NodeStopped
from lionrock.people.listen_keys import ListenKey

_log = logging.getLogger(__name__)

_PUBLIC: dict[str, Callable[[Hub, Connection], Session]] = {
    V1_PATH: PublicSession,
    V2_PATH: SecondPublicSession,
    FEED_PATH: FeedSession,
}
_PRIVATE_PREFIX, _PRIVATE_FEED_PREFIX = PRIVATE_PATH.removesuffix("{listenKey}"), f"{FEED_PATH}/"


class Streams:
    """The streams as one ASGI application; only for connections that are a `Wire`."""

    def __init__(self, hub: Hub, bindings: Bindings, random_bytes: Callable[[int], bytes]) -> None:
        self._hub, self._bindings, self._random_bytes = hub, bindings, random_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        client = scope.get("client")
        address = client[0] if client else ""
        wire: Wire = scope["extensions"][WIRE]
        connection = Connection(wire)
        try:
            self._check_room(address)
            session = self._session(scope["path"], connection)
        except Refused as refused:
            await _refuse(send, refused)
            return
        self._hub.join(address, connection, session)
        try:
            await send({"type": "websocket.accept"})
            await self._converse(session, connection, receive)
        except NodeStopped:
            connection.end(TRY_AGAIN_LATER, "the venue has stopped: try again later")
        except Exception:  # noqa: BLE001 whatever it was
            _log.exception("A stream failed")
            connection.end(INTERNAL_ERROR, "the venue made an error: connect again, take a snapshot")
        finally:
            self._hub.leave(address, connection)
            await session.end()

    def _check_room(self, address: str) -> None:
        limits = self._hub.limits
        if len(self._hub.sessions) >= limits.connections:
            raise Refused(-2040, status=503)
        if self._hub.per_address[address] >= limits.connections_per_address:
            raise Refused("0003", status=429)

    def _session(self, path: str, connection: Connection) -> Session:
        hub = self._hub
        if (make := _PUBLIC.get(path)) is not None:
            return make(hub, connection)
        if path.startswith(_PRIVATE_PREFIX):
            key = self._live_key(path.removeprefix(_PRIVATE_PREFIX))
            return PrivateSession(hub, connection, key, self._random_bytes(8).hex())
        if path.startswith(_PRIVATE_FEED_PREFIX):
            key = self._live_key(path.removeprefix(_PRIVATE_FEED_PREFIX))
            return PrivateFeedSession(hub, connection, key, self._bindings)
        raise Refused(404, path[1:200], status=404)

    def _live_key(self, text: str) -> ListenKey:
        key = self._hub.venue.listen_keys.find(text)
        if key is None:
            raise Refused(-1130, "listenKey")
        return key

    async def _converse(self, session: Session, connection: Connection, receive: Receive) -> None:
        await session.begin()
        allowed, counted_at = float(MESSAGES_AT_ONCE), self._hub.loop.time()
        while (message := await receive())["type"] == "websocket.receive":
            now = self._hub.loop.time()
            allowed = min(MESSAGES_AT_ONCE, allowed + (now - counted_at) * MESSAGES_PER_SECOND) - 1
            counted_at = now
            if allowed < 0:
                connection.end(TOO_MANY_MESSAGES, f"more than {MESSAGES_PER_SECOND} messages a second")
                return
            await session.take(_content(message))


def _content(message: Message) -> str | bytes:
    text: str | None = message.get("text")
    data: bytes = message.get("bytes") or b""
    return data if text is None else text


async def _refuse(send: Send, refused: Refused) -> None:
    """Before the connection is accepted: as HTTP."""
    body = encode(refused.body())
    headers = [(b"content-type", b"application/json")]
    await send({"type": "websocket.http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
