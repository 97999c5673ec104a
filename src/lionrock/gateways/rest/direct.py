"""HTTP/1.1 straight to the gateway: the parser and limits of `connections`, without ASGI's messages in between.

A request is handed over when it has arrived whole and answered by one write. Anything else, such as an upgrade to a
WebSocket or an application that is no gateway, goes the way of ASGI.
"""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol, cast

import httptools
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from lionrock.gateways.rest.connections import MAX_HEAD_BYTES, BoundedProtocol, HeadTooLarge

MAX_BODY_BYTES = 64 * 1024
"""Of a body: 20 batched orders with the longest names need a third of it."""

_SEPARATORS = len(b": \r\n")
_CLOSE = (b"connection", b"close")

Response = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers, body."""
Finish = Callable[[Response | Coroutine[Any, Any, Response]], None]
"""Takes the response, or what is to be awaited for it."""


class Responder(Protocol):
    """An application that answers whole requests."""

    def begin(self, scope: Scope, body: bytes, finish: Finish) -> None:
        """Call `finish` once: with something to await, or later with the response. Raises nothing, nor does that.

        `scope` has method, path, query_string, headers and client.
        """

    def too_large(self, scope: Scope) -> Response:
        """The answer to a body above `MAX_BODY_BYTES`."""


class _Exchange:
    """One request and its answer; stands where uvicorn keeps its `RequestResponseCycle`."""

    __slots__ = ("body", "disconnected", "keep_alive", "message_event", "more_body", "response_complete", "scope")

    def __init__(self, scope: Scope, *, keep_alive: bool) -> None:
        self.scope = scope
        self.body: bytes | bytearray = b""
        self.more_body = True
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = keep_alive
        self.message_event = _NOBODY_WAITS


class _NobodyWaits:
    def set(self) -> None:
        """Uvicorn says that something came; nobody here waits for it."""


_NOBODY_WAITS = _NobodyWaits()


class DirectProtocol(BoundedProtocol):
    """One connection."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._responder = cast("Responder", self.app) if hasattr(self.app, "begin") else None
        self._direct: _Exchange | None = None
        """The request whose bytes come in or came in last."""
        self._answering: _Exchange | None = None
        self._queued: list[_Exchange] = []
        """Requests that came before the one before them was answered."""
        self._idle_since: float | None = None
        self._idle_timer: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        for exchange in (self._answering, *self._queued):
            if exchange is not None:
                exchange.disconnected = True
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        if self._responder is None:
            super().on_message_begin()
            return
        self.begin_message()
        self.url = b""
        self.expect_100_continue = False
        self.headers = []
        self._idle_since = None

    def on_url(self, url: bytes) -> None:
        self._count(len(url), 414)
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._responder is None:
            super().on_header(name, value)
            return
        self._head_bytes += len(name) + len(value) + _SEPARATORS
        if self._head_bytes > MAX_HEAD_BYTES:
            self._status = 431
            raise HeadTooLarge
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._direct = None
        if self._responder is None or self.parser.should_upgrade():
            self._by_asgi()
            return
        self.complete_head()
        raw_path, query = _place(self.url)
        path = raw_path.decode("ascii")
        scope = {
            "type": "http",
            "method": self.parser.get_method().decode("ascii"),
            "path": urllib.parse.unquote(path) if "%" in path else path,
            "query_string": query,
            "headers": self.headers,
            "client": self.client,
        }
        keep_alive = self.parser.should_keep_alive() and self.parser.get_http_version() != "1.0"
        self._direct = _Exchange(scope, keep_alive=keep_alive)
        self.cycle = cast("RequestResponseCycle", self._direct)  # for uvicorn, which asks how far it is
        if self.expect_100_continue:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _by_asgi(self) -> None:
        """With all that uvicorn prepares at the beginning of a message."""
        if self._responder is not None:
            url, headers = self.url, self.headers
            HttpToolsProtocol.on_message_begin(self)
            self.url, self.headers, self.scope["headers"] = url, headers, headers
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        exchange = self._direct
        if exchange is None:
            super().on_body(body)
        elif not exchange.response_complete:
            exchange.body = exchange.body + body if exchange.body else body
            if len(exchange.body) > MAX_BODY_BYTES and self._responder is not None:
                self._answering = exchange
                self._finish(exchange, self._responder.too_large(exchange.scope))

    def on_message_complete(self) -> None:
        exchange = self._direct
        if exchange is None:
            super().on_message_complete()
            return
        self.complete_message()
        if exchange.response_complete:
            return
        exchange.more_body = False
        if self._answering is None:
            self._begin(exchange)
        else:
            self.flow.pause_reading()
            self._queued.append(exchange)

    def _begin(self, exchange: _Exchange) -> None:
        assert self._responder is not None  # noqa: S101 asked before an exchange is made
        self._answering = exchange
        self._responder.begin(exchange.scope, bytes(exchange.body), partial(self._answer, exchange))

    def _answer(self, exchange: _Exchange, response: Response | Coroutine[Any, Any, Response]) -> None:
        if isinstance(response, tuple) and not self.flow.write_paused:
            self._finish(exchange, response)
            return
        task = self.loop.create_task(self._answer_later(exchange, response))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer_later(self, exchange: _Exchange, response: Response | Coroutine[Any, Any, Response]) -> None:
        if not isinstance(response, tuple):
            response = await response
        if self.flow.write_paused and not exchange.disconnected:
            await self.flow.drain()
        self._finish(exchange, response)

    def _finish(self, exchange: _Exchange, response: Response) -> None:
        self._answering = None
        exchange.response_complete = True
        if exchange.disconnected or self.transport.is_closing():
            return
        status, headers, payload = response
        if _CLOSE in headers:
            exchange.keep_alive = False
        elif not exchange.keep_alive:
            headers.append(_CLOSE)
        lines = [b"%b: %b\r\n" % header for header in (*self.server_state.default_headers, *headers)]
        if exchange.scope["method"] == "HEAD":
            payload = b""
        self.transport.write(b"".join((STATUS_LINE[status], *lines, b"\r\n", payload)))
        self.server_state.total_requests += 1
        if not exchange.keep_alive:
            self.transport.close()
        elif self._queued:
            self._begin(self._queued.pop(0))
        else:
            self.flow.resume_reading()
            self._be_idle()

    def _be_idle(self) -> None:
        """One timer looks now and then how long the connection has been idle: requests need not set and stop one."""
        self._idle_since = self.loop.time()
        if self._idle_timer is None:
            self._idle_timer = self.loop.call_later(self.timeout_keep_alive, self._look_whether_idle)

    def _look_whether_idle(self) -> None:
        self._idle_timer = None
        if self._idle_since is None:
            return
        rest = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if rest > 0:
            self._idle_timer = self.loop.call_later(rest, self._look_whether_idle)
        elif not self.transport.is_closing():
            self.transport.close()


def _place(url: bytes) -> tuple[bytes, bytes]:
    """Path and query of a request's address, which is nearly always just these two."""
    if url.startswith(b"/") and url.find(b"#") < 0:
        path, _, query = url.partition(b"?")
        return path, query
    address = httptools.parse_url(url)
    return address.path, address.query or b""
