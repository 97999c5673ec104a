"""What a connection may cost before its request is known: bytes of a request's head, time to arrive, and how many."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from lionrock.gateways.rest.errors import Code, Refused

MAX_HEAD_BYTES = 64 * 1024
"""Of the address and the headers of one request, names and values together."""
ARRIVAL_SECONDS = 10
"""A request has arrived whole this long after its connection was made, or after its first byte on one that is kept."""
MAX_CONNECTIONS = 900
"""At once. With the journal and the database below 1,024, the usual limit of open files."""

_SEPARATORS = len(b": \r\n")


class HeadTooLarge(Exception):
    """More than `MAX_HEAD_BYTES`; 414 when it is the address, 431 when it is the headers."""


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, within the limits above. What is beyond them is answered and closed."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head_bytes = 0
        """Of the address and headers that the parser has handed over."""
        self._unparsed_bytes = 0
        """Came in for a head that is not whole; the parser may be holding them as one header that does not end."""
        self._in_head = True
        self._heads = 0
        """How many came in whole."""
        self._whole = 0
        """How many requests did."""
        self._arriving = False
        self._status = 400
        """Of the answer to a request that is broken off."""
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            self._refuse(503, -2040)
        else:
            self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._request_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        was_in_head, heads, whole = self._in_head, self._heads, self._whole
        super().data_received(data)
        if self._arriving or whole == self._whole:  # also after a blank line, with which no request begins
            self._expect_request()
        if was_in_head and heads == self._heads:
            self._unparsed_bytes += len(data)
            if self._unparsed_bytes > MAX_HEAD_BYTES:
                self._refuse(431, -1004)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.begin_message()

    def begin_message(self) -> None:
        """Counts from the first byte of a request."""
        self._head_bytes, self._in_head, self._status, self._arriving = 0, True, 400, True

    def on_url(self, url: bytes) -> None:
        self._count(len(url), 414)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + _SEPARATORS, 431)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self.complete_head()
        super().on_headers_complete()

    def complete_head(self) -> None:
        """The head of a request is whole."""
        self._in_head, self._unparsed_bytes = False, 0
        self._heads += 1

    def on_message_complete(self) -> None:
        self.complete_message()
        super().on_message_complete()

    def complete_message(self) -> None:
        """A request is whole."""
        self._request_is_here()
        self._in_head, self._arriving = True, False
        self._whole += 1

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 the base class says why, the contract has one code
        """The parser gave up: on a request that is not HTTP, or at `HeadTooLarge`."""
        self._refuse(self._status, -1004)

    def _count(self, more_bytes: int, status: int) -> None:
        self._head_bytes += more_bytes
        if self._head_bytes > MAX_HEAD_BYTES:
            self._status = status
            raise HeadTooLarge

    def _expect_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(ARRIVAL_SECONDS, self._too_late)

    def _request_is_here(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if self._heads and not self.cycle.response_complete and not self.cycle.more_body:
            self._expect_request()  # it is we who are slow: an earlier request is still being answered
        else:
            self._refuse(408, -1004)

    def _refuse(self, status: int, code: Code) -> None:
        if self.transport.is_closing():
            return
        body = msgspec.json.encode(Refused(code).body())
        self.transport.write(
            b"%bcontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
            % (STATUS_LINE[status], len(body), body)
        )
        self.transport.close()
