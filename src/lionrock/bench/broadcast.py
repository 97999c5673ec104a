"""How fast a change of a book reaches a thousand subscribers, beside a plain broadcast of the same bytes.

Closed loop: the next change is made when every subscriber has the last one. Ours is an order, signed, durable and
matched, whose change is read from the book; the plain server only sends what it is given.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, cast

import uvloop
from websockets.frames import Frame, Opcode

SUBSCRIBERS = 1_000
_HEAD_END = b"\r\n\r\n"
_LONG, _LONGER = 126, 127
_GREETINGS = 2
"""Of the feed: an acknowledgement and a snapshot."""
_SUBSCRIBE = b'{"op":"subscribe","topic":"book","symbol":"BTCUSDT"}'


class BroadcastFigures(NamedTuple):
    """What one run showed."""

    seconds: float
    updates: int
    latencies_ms: list[float]
    """Sorted, one for each update and subscriber: from its being asked for to its last byte in."""
    spreads_ms: list[float]
    """Sorted, one for each update: from the first subscriber's having it to the last one's."""
    message: bytes
    """The last one, as a sample."""

    @property
    def deliveries_per_s(self) -> int:
        return round(len(self.latencies_ms) / self.seconds)

    def percentile_ms(self, share: float) -> float:
        at = min(len(self.latencies_ms) - 1, int(share * len(self.latencies_ms)))
        return round(self.latencies_ms[at], 3)


class _Crowd:
    """All subscribers together: how many have what."""

    def __init__(self, stopwatch: Callable[[], float]) -> None:
        self.stopwatch = stopwatch
        self.latencies_ms: list[float] = []
        self.spreads_ms: list[float] = []
        self._first_ms = 0.0
        self.asked_at = 0.0
        self.message = b""
        self._missing = 0
        self._all_here = asyncio.Event()

    def expect(self, messages: int) -> None:
        self._missing = messages
        self._all_here.clear()
        self.asked_at = self.stopwatch()

    def got(self) -> None:
        latency_ms = (self.stopwatch() - self.asked_at) * 1e3
        self.latencies_ms.append(latency_ms)
        if self._missing == SUBSCRIBERS:
            self._first_ms = latency_ms
        self._missing -= 1
        if not self._missing:
            self.spreads_ms.append(latency_ms - self._first_ms)
            self._all_here.set()

    async def all_here(self) -> None:
        await asyncio.wait_for(self._all_here.wait(), 60)


class _Subscriber(asyncio.Protocol):
    """One connection. Counts whole frames."""

    def __init__(self, crowd: _Crowd, path: str, first: bytes) -> None:
        self._crowd, self._path, self._first = crowd, path, first
        self._received = b""
        self._is_open = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._is_open:
            head_end = self._received.find(_HEAD_END)
            if head_end < 0:
                return
            if not self._received.startswith(b"HTTP/1.1 101"):
                raise ConnectionError(str(self._received[:200]))
            self._received, self._is_open = self._received[head_end + len(_HEAD_END) :], True
            if self._first and self.transport:
                self.transport.write(Frame(Opcode.TEXT, self._first).serialize(mask=True))
            else:
                self._crowd.got()
        while self._take_frame():
            self._crowd.got()

    def _take_frame(self) -> bool:
        told = self._received
        if len(told) < 2:
            return False
        length, begin = told[1], 2
        if length >= _LONG:
            begin = 4 if length == _LONG else 10
            length = int.from_bytes(told[2:begin], "big")
        if len(told) < begin + length:
            return False
        self._crowd.message, self._received = told[begin : begin + length], told[begin + length :]
        return True


async def _post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    writer.write(request)
    head = await reader.readuntil(_HEAD_END)
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 200"):
        raise ConnectionError(str(head))


async def _run(
    port: int, path: str, first: bytes, requests: Sequence[bytes], stopwatch: Callable[[], float]
) -> BroadcastFigures:
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    crowd = _Crowd(stopwatch)
    loop = asyncio.get_running_loop()
    crowd.expect(SUBSCRIBERS * (_GREETINGS if first else 1))
    made = [
        await loop.create_connection(lambda: _Subscriber(crowd, path, first), "127.0.0.1", port)
        for _ in range(SUBSCRIBERS)
    ]
    await crowd.all_here()
    crowd.latencies_ms.clear()
    crowd.spreads_ms.clear()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    begun = stopwatch()
    for request in requests:
        crowd.expect(SUBSCRIBERS)
        await asyncio.gather(_post(reader, writer, request), crowd.all_here())
    seconds = stopwatch() - begun
    writer.close()
    for transport, _ in made:
        transport.abort()
    return BroadcastFigures(seconds, len(requests), sorted(crowd.latencies_ms), sorted(crowd.spreads_ms), crowd.message)


def broadcast_of_books(port: int, orders: Sequence[bytes], stopwatch: Callable[[], float]) -> BroadcastFigures:
    """Each order changes the book of a venue at this port."""
    return uvloop.run(_run(port, "/lionrock/v1/stream", _SUBSCRIBE, orders, stopwatch))


def plain_broadcast(
    message: bytes, updates: int, stopwatch: Callable[[], float], protocol: str = "websockets-sansio"
) -> BroadcastFigures:
    """The same bytes so many times, from a server that does nothing else, over this WebSocket protocol of uvicorn."""
    request = b"POST /broadcast HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%b" % (len(message), message)
    with _server(protocol) as port:
        return uvloop.run(_run(port, "/subscribe", b"", [request] * updates, stopwatch))


@contextmanager
def _server(protocol: str) -> Iterator[int]:
    command = [sys.executable, "-m", "lionrock.bench.broadcast_server", protocol]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 our own command, no shell
    try:
        yield int(process.stdout.readline()) if process.stdout else 0
    finally:
        process.terminate()
        process.wait()


def report(ours: Sequence[BroadcastFigures], plain: Sequence[BroadcastFigures]) -> dict[str, object]:
    """The best run of each; `ratio` is ours to the plain one's."""
    best, best_plain = (max(runs, key=lambda run: run.deliveries_per_s) for runs in (ours, plain))
    return {
        "subscribers": SUBSCRIBERS,
        "updates": best.updates,
        "message_bytes": len(best.message),
        "book_updates": _figures(best),
        "plain_broadcast": _figures(best_plain),
        "ratio": round(best.deliveries_per_s / best_plain.deliveries_per_s, 3),
    }


def _figures(run: BroadcastFigures) -> dict[str, float]:
    return {
        "deliveries_per_s": run.deliveries_per_s,
        "p50_ms": run.percentile_ms(0.5),
        "p99_ms": run.percentile_ms(0.99),
        "first_to_last_ms": round(run.spreads_ms[len(run.spreads_ms) // 2], 3),
    }
