"""A client of the streams that hides nothing."""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

from tests.gateways.rest.live import LiveServer, Trader

Message = dict[str, Any]
PATIENCE_SECONDS = 15


class Listener:
    """One connection. `small` makes it take in little that it was not asked to read."""

    def __init__(self, server: LiveServer, path: str, *, small: bool = False) -> None:
        address = urlsplit(server.url)
        self.socket = socket.socket()
        if small:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect((address.hostname, address.port))
        self._opened = connect(
            f"ws://{address.netloc}{path}", sock=self.socket, compression=None, max_size=None, ping_interval=None,
            max_queue=1 if small else 64,
        )  # fmt: skip
        self.connection: ClientConnection = self._opened.__enter__()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def say(self, message: object) -> None:
        self.connection.send(message if isinstance(message, (str, bytes)) else json.dumps(message))

    def hear(self) -> Any:
        """The next message."""
        data = self.connection.recv(timeout=PATIENCE_SECONDS)
        return json.loads(gzip.decompress(data) if isinstance(data, bytes) else data)

    def ask(self, message: object) -> Any:
        """Say it; the next message."""
        self.say(message)
        return self.hear()

    def until(self, wanted: Callable[[Any], bool]) -> Any:
        """Reads on to the first such message."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if wanted(message := self.hear()):
                return message
        raise AssertionError("nothing like it came")

    def subscribe(self, topic: str, *, symbol: str = "BTCUSDT", **params: object) -> Any:
        """To the contract's first version; the first frame."""
        return self.ask({"symbol": symbol, "topic": topic, "event": "sub", "params": params})

    def cut(self) -> None:
        """Without a close frame, as when a cable is pulled and the system resets."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()
        self.connection.recv_events_thread.join(5)


def listen_key(trader: Trader) -> str:
    answer = trader.signed("POST", "/api/v1/userDataStream")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["listenKey"])


def eventually(holds: Callable[[], bool]) -> None:
    """What happens soon, but not before the answer that it follows."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)
