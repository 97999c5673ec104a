"""The examples of docs/trade.md, word for word, against a running sandbox."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateways.rest.live import LiveServer, Trader
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "trade.md").read_text("utf-8")

pytestmark = pytest.mark.shows("DOCS-005")


def example(heading: str, language: str) -> str:
    """The one block of that language under a heading."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    (block,) = re.findall(rf"^```{language}\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    return str(block)


def run(server: LiveServer, trader: Trader, command: list[str], directory: Path) -> str:
    environment = {
        **os.environ,
        "LIONROCK_URL": server.url,
        "LIONROCK_KEY": trader.key,
        "LIONROCK_SECRET": trader.secret,
    }
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=directory, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.fixture
def trader(server: LiveServer) -> Trader:
    return server.account(BTC="1", USDT="100000")


def test_ccxt(server: LiveServer, trader: Trader, tmp_path: Path) -> None:
    lines = run(server, trader, [sys.executable, "-c", example("With ccxt", "python")], tmp_path).splitlines()
    assert lines[:2] == ["open 400.0", "canceled"]
    assert '"code":"0401"' in lines[2]
    assert trader.open_orders() == []


def test_httpx(server: LiveServer, trader: Trader, tmp_path: Path) -> None:
    lines = run(server, trader, [sys.executable, "-c", example("With httpx alone", "python")], tmp_path).splitlines()
    assert "'clientOrderId': 'first'" in lines[0]
    assert '"code":-1141' in lines[1]
    assert "'status': 'NEW'" in lines[2]
    assert trader.open_orders() == []


def test_curl(server: LiveServer, trader: Trader, tmp_path: Path) -> None:
    out = run(server, trader, ["bash", "-euc", example("With curl and openssl", "sh")], tmp_path)
    (order,) = trader.open_orders()
    assert order["orderId"] in out
    assert (order["price"], order["origQty"]) == ("40000", "0.01")
