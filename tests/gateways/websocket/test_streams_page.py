"""The examples of docs/streams.md, word for word, against a running sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from typing import Any

import pytest

from tests.gateways.rest.live import LiveServer
from tests.gateways.websocket.listener import Listener
from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "streams.md").read_text("utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)

pytestmark = pytest.mark.shows("DOCS-005")


def examples(language: str) -> list[str]:
    return [block for name, block in BLOCKS if name == language]


def test_every_example_is_run_here() -> None:
    assert [name for name, _ in BLOCKS] == ["python", "json", "python"]


def test_ccxt_pro(server: LiveServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Its own loop tells of a trade, and by the same object somebody hears of their own orders."""
    trader, other = server.account(USDT="100000"), server.account(BTC="1")
    address = server.url.removeprefix("http://")
    source = examples("python")[0].replace("127.0.0.1:8000", address)
    source = source.replace("the apiKey", trader.key).replace("the secret", trader.secret)

    async def listen() -> float:
        names: dict[str, Any] = {}
        exec(source, names)  # noqa: S102 it is our own page
        exchange = names["exchange"]
        told = asyncio.create_task(names["listen"]())
        listening = asyncio.create_task(exchange.watch_orders("BTC/USDT"))
        while not listening.done():  # an order placed before the stream is there is not told of
            placed = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40000)
            await asyncio.wait([listening], timeout=1)
            await exchange.cancel_order(placed["id"], "BTC/USDT")
        heard = ""
        while "0.01 40000.0" not in heard:
            await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40000)
            await asyncio.to_thread(other.limit, "SELL", "0.01", "40000")
            await asyncio.sleep(0.2)
            heard += capsys.readouterr().out
        told.cancel()  # which closes the exchange, as Ctrl-C does
        with contextlib.suppress(asyncio.CancelledError):
            await told
        return float((await listening)[0]["price"])

    assert asyncio.run(asyncio.wait_for(listen(), 50)) == 40000


def test_a_subscription(server: LiveServer) -> None:
    (text,) = examples("json")
    asked = json.loads(text)
    with Listener(server, "/lionrock/v1/stream") as stream:
        stream.say(asked)
        told = stream.hear()
        assert (told["type"], told["topic"], told["symbol"], told["id"]) == (
            "subscribed", asked["topic"], asked["symbol"], str(asked["id"]),
        )  # fmt: skip
        first = stream.hear()
        assert (first["type"], first["symbol"]) == ("book", "BTCUSDT")


def test_the_checksum() -> None:
    exec(examples("python")[1], {})  # noqa: S102 it asserts by itself
