"""Load on an HTTP server from this process: many connections, each sending its next request when it has its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple


class LoadFigures(NamedTuple):
    """What one run of requests showed."""

    requests: int
    seconds: float
    latencies_ms: list[float]
    """Sorted, one for each request, from its last byte out to its answer's last byte in."""
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

    def __init__(self, supply: Iterator[bytes], stopwatch: Callable[[], float]) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.latencies_ms: list[float] = []
        self.failures = 0
        self._supply = supply
        self._stopwatch = stopwatch
        self._received = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 what TCP gives
        self._transport = transport
        self._send_next()

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
        self._send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed a connection that was in use"))

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
