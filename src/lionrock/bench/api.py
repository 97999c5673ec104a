"""How fast an order goes in over HTTP: signed, authenticated, durable, matched and answered."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlencode, urlsplit

from lionrock.bench.broadcast import SUBSCRIBERS, BroadcastFigures, broadcast_of_books, plain_broadcast, report
from lionrock.bench.load import LoadFigures, drive, drive_open, fine_loop
from lionrock.sim.api_client import Connection
from lionrock.sim.venue_process import VenueProcess

CONNECTIONS = 64
FUNDS = '{"BTC": "100000"}', '{"USDT": "10000000000"}'
"""Of the seller and the buyer; an account does not trade with itself."""
EMPTY_BODY_BYTES = 200
"""About the length of a signed order's parameters."""

UPDATES_SHARE = 100
"""One change of a book, a thousand deliveries, for so many requests."""


def bench_api(
    requests: int,
    rounds: int,
    clock_ms: Callable[[], int],
    stopwatch: Callable[[], float],
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, object]:
    """Requests a second and latencies of order entry and of an empty POST, alternating; the best round of each counts.

    `ratio` is order entry to empty POST, `median_ratio` that of the middle round. Closed loop, so latencies are those
    of a full house of `CONNECTIONS`; `at_half_load` has those of an open loop at half the best requests a second.
    """
    orders: list[LoadFigures] = []
    empty: list[LoadFigures] = []
    books: list[BroadcastFigures] = []
    plain: list[BroadcastFigures] = []
    updates = max(requests // UPDATES_SHARE // 2, 1) * 2
    with tempfile.TemporaryDirectory() as directory, _empty_server() as empty_port:
        venue = VenueProcess(_site_for_many_subscribers(Path(directory) / "site"))
        try:
            connection = Connection(venue.url)
            seller, buyer = (_account(connection, fund) for fund in FUNDS)
            port = urlsplit(venue.url).port or 0
            for number in range(1, rounds + 1):
                progress(f"round {number} of {rounds}: {requests:,} orders, {requests:,} empty requests")
                signed = [_order(seller if n % 2 else buyer, n, clock_ms) for n in range(requests)]
                orders.append(asyncio.run(drive("127.0.0.1", port, signed, CONNECTIONS, stopwatch)))
                blanks = [_post("/order", "x" * EMPTY_BODY_BYTES)] * requests
                empty.append(asyncio.run(drive("127.0.0.1", empty_port, blanks, CONNECTIONS, stopwatch)))
                progress(f"round {number} of {rounds}: {updates:,} changes of a book to {SUBSCRIBERS:,} subscribers")
                signed = [_order(seller if n % 2 else buyer, n, clock_ms) for n in range(updates)]
                books.append(broadcast_of_books(port, signed, stopwatch))
                plain.append(plain_broadcast(books[-1].message, updates, stopwatch))
            half = [max(run.requests_per_s for run in runs) / 2 for runs in (orders, empty)]
            progress(f"half load: {half[0]:,.0f} orders a second, {half[1]:,.0f} empty requests a second")
            signed = [_order(seller if n % 2 else buyer, n, clock_ms) for n in range(requests)]
            blanks = [_post("/order", "x" * EMPTY_BODY_BYTES)] * requests
            calm = _open_load(port, signed, stopwatch, half[0])
            calm_empty = _open_load(empty_port, blanks, stopwatch, half[1])
            months = Connection(venue.url).call("GET", "/quote/v1/klines?symbol=BTCUSDT&interval=1M")
        finally:
            venue.stop()
    best_order, best_empty = (max(runs, key=lambda run: run.requests_per_s) for runs in (orders, empty))
    return {
        "connections": CONNECTIONS,
        "requests": requests,
        "trades_per_order": round(sum(month[8] for month in months) / ((rounds + 1) * requests + rounds * updates), 3),
        "order_entry": _figures(best_order),
        "empty_post": _figures(best_empty),
        "broadcast": report(books, plain),
        "ratio": round(best_order.requests_per_s / best_empty.requests_per_s, 3),
        "median_ratio": round(
            median(order.requests_per_s / blank.requests_per_s for order, blank in zip(orders, empty, strict=True)), 3
        ),
        "at_half_load": {"order_entry": _figures(calm), "empty_post": _figures(calm_empty)},
    }


def _open_load(port: int, requests: list[bytes], stopwatch: Callable[[], float], per_s: float) -> LoadFigures:
    with asyncio.Runner(loop_factory=fine_loop) as runner:
        return runner.run(
            drive_open("127.0.0.1", port, requests, connections=CONNECTIONS, stopwatch=stopwatch, per_s=per_s)
        )


def request_parts(
    requests: int, clock_ms: Callable[[], int], stopwatch: Callable[[], float]
) -> tuple[dict[str, int], float]:
    """How often the server was met in each part while it took so many orders; and requests a second meanwhile."""
    with tempfile.TemporaryDirectory() as directory:
        samples = Path(directory) / "samples.json"
        environment = {"LIONROCK_SAMPLES": str(samples)}
        venue = VenueProcess(Path(directory) / "site", "lionrock.bench.sampled_server", environment)
        try:
            connection = Connection(venue.url)
            seller, buyer = (_account(connection, fund) for fund in FUNDS)
            signed = [_order(seller if n % 2 else buyer, n, clock_ms) for n in range(requests)]
            port = urlsplit(venue.url).port or 0
            run = asyncio.run(drive("127.0.0.1", port, signed, CONNECTIONS, stopwatch))
        finally:
            venue.stop()
        counts: dict[str, int] = json.loads(samples.read_text(encoding="utf-8"))
    return counts, run.requests_per_s


def _site_for_many_subscribers(data: Path) -> Path:
    """They all come from one address."""
    data.mkdir(mode=0o700)
    (data / "lionrock.toml").write_text(f"[streams]\nconnections_per_address = {2 * SUBSCRIBERS}\n")
    return data


def _figures(run: LoadFigures) -> dict[str, float]:
    return {
        "requests_per_s": run.requests_per_s,
        "p50_ms": run.percentile_ms(0.5),
        "p99_ms": run.percentile_ms(0.99),
        "p999_ms": run.percentile_ms(0.999),
        "failures": run.failures,
    }


def _account(connection: Connection, fund: str) -> dict[str, str]:
    path, headers = "/lionrock/v1/sandbox/accounts", {"Content-Type": "application/json"}
    account: dict[str, str] = connection.call("POST", path, headers, b'{"fund": %s}' % fund.encode())
    return account


def _order(account: dict[str, str], number: int, clock_ms: Callable[[], int]) -> bytes:
    """One account sells and another buys at one price in turn, so that every second order trades."""
    body = urlencode(
        {
            "symbol": "BTCUSDT",
            "side": "SELL" if number % 2 else "BUY",
            "type": "LIMIT",
            "quantity": "0.01",
            "price": "50000",
            "number": number,  # nobody reads it: it keeps two orders of a millisecond from being one sent twice
            "recvWindow": 60_000,  # signed before the run, so that signing is not measured
            "timestamp": clock_ms(),
        }
    )
    signature = hmac.new(account["secret"].encode(), body.encode(), hashlib.sha256).hexdigest()
    return _post("/api/v1/spot/order", f"{body}&signature={signature}", f"X-HK-APIKEY: {account['apiKey']}\r\n")


def _post(path: str, body: str, headers: str = "") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


@contextmanager
def _empty_server() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-m", "lionrock.bench.empty_server"], stdout=subprocess.PIPE)
    try:
        yield int(process.stdout.readline()) if process.stdout else 0
    finally:
        process.terminate()
        process.wait()
