"""The examples of docs/streams.md, word for word, against a running sandbox."""

from __future__ import annotations

import asyncio
import json
import re

import ccxt.pro
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


def test_ccxt_pro(server: LiveServer) -> None:
    trader = server.account(USDT="100000")
    address = server.url.removeprefix("http://")
    source = examples("python")[0].replace("127.0.0.1:8000", address)

    async def listen() -> float:
        names = {"ccxt": ccxt, "key": trader.key, "secret": trader.secret}
        exec(source, names)  # noqa: S102 it is our own page
        exchange = names["exchange"]
        try:
            listening = asyncio.create_task(exchange.watch_orders("BTC/USDT"))
            while not listening.done():  # an order placed before the stream is there is not told of
                placed = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 40000)
                await asyncio.wait([listening], timeout=1)
                await exchange.cancel_order(placed["id"], "BTC/USDT")
            return float((await listening)[0]["price"])
        finally:
            await exchange.close()

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
