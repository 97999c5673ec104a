"""Load on an HTTP server from this process, over many connections.

Closed: each connection sends its next request when it has its answer, which shows the most the server can do. Open:
requests are due at fixed times, whatever became of those before. A latency then counts from when its request was due,
so time that it waited for a connection or behind a slow answer is not left out (no coordinated omission).
"""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

PATIENCE_SECONDS = 30
"""Of an open load, after its last request was due."""


class LoadFigures(NamedTuple):
    """What one run of requests showed."""

    requests: int
    seconds: float
    latencies_ms: list[float]
    """Sorted, one for each request, from when it was sent, or due, to its answer's last byte in."""
    failures: int
    """Answers with another status than 200."""

    @property
    def requests_per_s(self) -> int:
        """Over the whole run."""
        return round(self.requests / self.seconds)

    def percentile_ms(self, share: float) -> float:
        """Latency that this share of the requests stayed within."""
        at = min(len(self.latencies_ms) - 1, int(share * len(self.latencies_ms)))
        return round(self.latencies_ms[at], 3)


class _Caller(asyncio.Protocol):
    """One connection. Takes requests from a shared supply until it is empty."""

    def __init__(
        self, supply: Iterator[bytes], stopwatch: Callable[[], float], free: deque[_Caller] | None = None
    ) -> None:
        """With `free`, where it stands while it has nothing to do, its load is open."""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.latencies_ms: list[float] = []
        self.failures = 0
        self._supply = supply
        self._free = free
        self._stopwatch = stopwatch
        self._received = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 what TCP gives
        self._transport = transport
        if self._free is None:
            self._send_next()
        else:
            self._free.append(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._received[:head_end].lower()
        length_at = head.index(b"content-length:") + len(b"content-length:")
        length = int(head[length_at:].split(b"\r\n", 1)[0])
        if len(self._received) < head_end + 4 + length:
            return
        self.latencies_ms.append((self._stopwatch() - self._sent_at) * 1e3)
        self.failures += not head.startswith(b"http/1.1 200")
        self._received = b""
        if self._free is None:
            self._send_next()
        else:
            self._free.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed a connection that was in use"))

    def send(self, request: bytes, due: float) -> None:
        """Of an open load, when the connection is free."""
        assert self._transport is not None  # noqa: S101 connected before any request is due
        self._sent_at = due
        self._transport.write(request)

    def close(self) -> None:
        """Of an open load, when the last answer is here."""
        self.done.set_result(None)
        if self._transport is not None:
            self._transport.close()

    def _send_next(self) -> None:
        request = next(self._supply, None)
        if request is None or self._transport is None:
            self.done.set_result(None)
            if self._transport:
                self._transport.close()
            return
        self._sent_at = self._stopwatch()
        self._transport.write(request)


async def drive(
    host: str, port: int, requests: Sequence[bytes], connections: int, stopwatch: Callable[[], float]
) -> LoadFigures:
    """Send all requests over so many connections. Raises `OSError` when the server goes away."""
    loop = asyncio.get_running_loop()
    supply = iter(requests)
    start = stopwatch()
    callers = [
        (await loop.create_connection(lambda: _Caller(supply, stopwatch), host, port))[1] for _ in range(connections)
    ]
    await asyncio.gather(*(caller.done for caller in callers))
    seconds = stopwatch() - start
    latencies = sorted(latency for caller in callers for latency in caller.latencies_ms)
    return LoadFigures(len(requests), seconds, latencies, sum(caller.failures for caller in callers))


def fine_loop() -> asyncio.AbstractEventLoop:
    """A loop that rests to the microsecond: select can, epoll counts milliseconds."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


async def drive_open(
    host: str, port: int, requests: Sequence[bytes], *, connections: int, stopwatch: Callable[[], float], per_s: float
) -> LoadFigures:
    """Send a request every 1 / `per_s` seconds over whichever of so many connections is free.

    Wants a loop whose timers are finer than a millisecond (`fine_loop`). Raises as `drive`, and `TimeoutError`.
    """
    loop, free = asyncio.get_running_loop(), deque[_Caller]()
    callers = [
        (await loop.create_connection(lambda: _Caller(iter(()), stopwatch, free), host, port))[1]
        for _ in range(connections)
    ]
    broken = asyncio.wait([caller.done for caller in callers], return_when=asyncio.FIRST_COMPLETED)
    watching = loop.create_task(broken)
    start, sent = stopwatch(), 0
    while (sent < len(requests) or len(free) < connections) and not watching.done():
        due_by_now = min(len(requests), int((stopwatch() - start) * per_s) + 1)
        while sent < due_by_now and free:
            free.popleft().send(requests[sent], start + sent / per_s)
            sent += 1
        await asyncio.sleep(max(0, start + sent / per_s - stopwatch()) if sent < len(requests) else 0.0001)
        if stopwatch() - start > len(requests) / per_s + PATIENCE_SECONDS:
            raise TimeoutError(f"{connections - len(free)} of {sent} requests have no answer")
    seconds = stopwatch() - start
    for caller in callers:
        if caller.done.done():
            caller.done.result()  # raises why the connection ended
        caller.close()
    await watching
    latencies = sorted(latency for caller in callers for latency in caller.latencies_ms)
    return LoadFigures(len(requests), seconds, latencies, sum(caller.failures for caller in callers))
