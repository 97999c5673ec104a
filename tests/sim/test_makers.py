"""Simulated makers: their quotes, and a sandbox with them beside it."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from lionrock.sim import makers
from lionrock.sim.makers import Market, Walk, quotes
from tests.gateways.rest.live import LiveServer

MARKET = Market("BTCUSDT", "BTC", "USDT", Decimal("0.01"), Decimal("0.00001"), 6_000_000, 100_000_000)
TARGET = Decimal(100)
SYMBOLS = ("BTCUSDT", "ETHUSDT", "BTCUSD")
PATIENCE_SECONDS = 30


def sides(base: str, quote: str = "20000000") -> dict[str, Decimal]:
    """What is offered on each side, in base."""
    found = quotes(MARKET, 6_000_000, Random("chance"), base=Decimal(base), quote=Decimal(quote), target=TARGET)
    total = {"BUY": Decimal(0), "SELL": Decimal(0)}
    for quote_ in found:
        total[quote_.side] += quote_.size_lots * MARKET.lot
    return total


@pytest.mark.shows("DOCS-010")
def test_the_same_seed_quotes_the_same() -> None:
    def prices(seed: int) -> list[int]:
        walk = Walk(MARKET, seed)
        return [walk.step() for _ in range(1000)]

    assert prices(7) == prices(7) != prices(8)
    assert 5_000_000 < min(prices(7)) < max(prices(7)) < 7_000_000
    assert len(set(prices(7))) > 500


@pytest.mark.shows("DOCS-010")
def test_quotes_lean_against_what_a_maker_has() -> None:
    even, long, full, empty = sides("100"), sides("150"), sides("200"), sides("0")
    assert even["BUY"] > 0
    assert even["SELL"] > 0
    assert long["BUY"] < even["BUY"] < empty["BUY"]
    assert long["SELL"] > even["SELL"]
    assert full["BUY"] == 0
    assert empty["SELL"] == 0
    assert sides("500")["BUY"] == 0


@pytest.mark.shows("DOCS-010")
def test_no_more_is_offered_than_there_is() -> None:
    assert sides("1")["SELL"] <= Decimal("0.5")
    assert sides("100", quote="60000")["BUY"] <= Decimal("0.51")
    assert sides("100", quote="0")["BUY"] == 0


def book(server: LiveServer, symbol: str) -> tuple[int, int]:
    """How many bids and asks."""
    answer = server.get("/quote/v1/depth", symbol=symbol).json()
    return len(answer["b"]), len(answer["a"])


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.1)


def lives(server: LiveServer) -> bool:
    return all(min(book(server, symbol)) > 0 for symbol in SYMBOLS)


@pytest.mark.shows("DOCS-009")
@pytest.mark.shows("DOCS-011")
def test_a_sandbox_with_makers_lives_and_its_makers_come_back(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox", "--makers", "3", "--seed", "5")
    wait_for(lambda: lives(server))
    wait_for(lambda: bool(server.get("/quote/v1/trades", symbol="BTCUSDT").json()))
    newcomer = server.account(USDT="10000")
    bought = newcomer.signed("POST", "/api/v1.1/spot/order", symbol="BTCUSDT", side="BUY", type="MARKET", amount="500")
    assert bought.json()["status"] == "FILLED"
    server.kill()
    wait_for(lambda: not processes_of_makers(server))

    server.start()
    wait_for(lambda: lives(server))
    # Only what three makers quote: nothing is left of what stood there at the kill.
    assert max(book(server, "BTCUSDT")) <= 3 * makers.LEVELS
    assert server.stop() == 0
    assert processes_of_makers(server) == []

    alone = LiveServer(tmp_path / "site", "--sandbox")
    assert [book(alone, symbol) for symbol in SYMBOLS] == [(0, 0)] * 3
    assert alone.stop() == 0


def processes_of_makers(server: LiveServer) -> list[str]:
    """Those that this server started, while it is there or after: they carry its address on their connections."""
    port = f":{int(server.url.rsplit(':', 1)[1]):04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return [line for line in lines if line.split()[2].endswith(port) and line.split()[3] == "01"]


def test_makers_come_with_a_sandbox_only(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lionrock.cli", "serve", "--data", str(tmp_path / "site"), "--makers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert (done.returncode, done.stderr) == (1, "Error: --makers come with --sandbox only\n")


@pytest.mark.shows("DOCS-010")
def test_two_venues_with_the_same_seed_see_the_same(tmp_path: Path) -> None:
    def seen(name: str) -> list[Any]:
        server = LiveServer(tmp_path / name, "--sandbox")
        keys = makers.open_accounts(server.url, 3)
        quoting = makers.Makers(server.url, keys, 11, lambda: time.time_ns() // 1_000_000, frozenset())
        for _ in range(8):
            quoting.turn()
        depth = [server.get("/quote/v1/depth", symbol=symbol).json() for symbol in SYMBOLS]
        trades = [server.get("/quote/v1/trades", symbol=symbol).json() for symbol in SYMBOLS]
        quoting.withdraw()
        quoting.close()
        assert [book(server, symbol) for symbol in SYMBOLS] == [(0, 0)] * 3
        assert server.stop() == 0
        return [
            [(book_["b"], book_["a"]) for book_ in depth],
            [[(row["p"], row["q"], row["ibm"]) for row in rows] for rows in trades],
        ]

    first = seen("first")
    assert first == seen("second")
    assert any(first[1])


@pytest.mark.shows("DOCS-011")
def test_makers_by_themselves_wait_for_a_venue_that_is_away(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    server = LiveServer(tmp_path / "site", "--sandbox", "--port", port)
    command = [sys.executable, "-m", "lionrock.cli", "sandbox", "makers", "--url", server.url, "--count", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: lives(server))
        server.kill()
        said: list[str] = []
        errors = process.stderr
        assert errors is not None

        def read() -> None:
            while line := errors.readline():
                said.append(line)

        reading = threading.Thread(target=read)
        reading.start()
        wait_for(lambda: any(line.startswith("waiting for") for line in said))
        server.start()
        before = server.get("/quote/v1/depth", symbol="BTCUSDT").json()["t"]
        wait_for(lambda: server.get("/quote/v1/depth", symbol="BTCUSDT").json()["t"] > before)
        wait_for(lambda: lives(server))
        assert max(book(server, "BTCUSDT")) <= 2 * makers.LEVELS
    finally:
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0
    reading.join(PATIENCE_SECONDS)
    assert any(line.startswith("waiting for") for line in said)
    assert [book(server, symbol) for symbol in SYMBOLS] == [(0, 0)] * 3
    assert server.stop() == 0
