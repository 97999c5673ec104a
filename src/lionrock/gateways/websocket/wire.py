"""One WebSocket as uvicorn speaks it, with a way past it: frames that are ready go to the socket as they are.

uvicorn's `websockets-sansio` reads and shakes hands. Through ASGI every message would be framed once for each receiver
(docs/performance.md has the difference); here the sender frames it once for all, and sees how much is not taken yet.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from lionrock.gateways.websocket.frames import ABNORMAL, NOT_TEXT
from lionrock.gateways.websocket.limits import BUFFERED_BYTES, DRAINED_BYTES, LINGER_SECONDS, SLOW_SECONDS, SOCKET_BYTES

WIRE = "lionrock.wire"
"""Name of the extension of the ASGI scope in which an application finds its `Wire`."""


class Wire(WebSocketsSansIOProtocol):
    """A connection. To be given to uvicorn as its WebSocket protocol."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.heard_at = self.loop.time()
        """When anything came in last, on the event loop's clock."""
        self.sent_at = self.heard_at
        self._is_broken = False
        """What came in is not WebSocket, or too long a message."""
        self.on_drained: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(BUFFERED_BYTES, DRAINED_BYTES)
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, SOCKET_BYTES)

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[WIRE] = self

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        if not self._is_broken:
            super().data_received(data)

    def handle_parser_exception(self) -> None:
        """Say why and take in the rest unread: when closed at once, the system resets it, and our words are lost."""
        self._is_broken = True
        said = self.conn.close_sent
        self.queue.put_nowait({"type": "websocket.disconnect", "code": said.code if said else ABNORMAL})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.transport.write_eof()
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.end(NOT_TEXT, "a text message is not UTF-8")
                return
        super().send_receive_event_to_app()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_drained is not None:
            self.on_drained()

    @property
    def is_open(self) -> bool:
        return not self.close_sent and not self.disconnected and self.conn.state is State.OPEN

    @property
    def is_full(self) -> bool:
        """So much is not taken that no more should be added."""
        return not self.writable.is_set()

    def write(self, frame: bytes) -> None:
        """Send a whole frame. What is closed takes nothing."""
        if self.is_open:
            self.sent_at = self.loop.time()
            self.transport.write(frame)

    def end(self, code: int, reason: str) -> None:
        """Close, saying why, and do not wait long for a client that does not listen."""
        if not self.is_open:
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(SLOW_SECONDS, self.transport.abort)

    def cut(self) -> None:
        """Without a word: nobody is there to read one."""
        self.transport.abort()
