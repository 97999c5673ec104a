"""An unmodified ccxt.pro hears everything that a spot trader listens to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import ccxt.pro
import pytest
import pytest_asyncio

from tests.gateways.rest.live import LiveServer, Trader

pytestmark = pytest.mark.shows("WSOC-001")

SYMBOL = "BTC/USDT"
PATIENCE_SECONDS = 20


def client(trader: Trader) -> Any:
    base = trader.server.url
    streams = base.replace("http", "ws")
    return ccxt.pro.hashkey(
        {
            "apiKey": trader.key,
            "secret": trader.secret,
            "enableRateLimit": False,
            "urls": {
                "api": {
                    "public": base,
                    "private": base,
                    "ws": {"public": f"{streams}/quote/ws/v1", "private": f"{streams}/api/v1/ws"},
                }
            },
        }
    )


@pytest_asyncio.fixture
async def maker(fresh_server: LiveServer) -> AsyncIterator[Any]:
    made = client(fresh_server.account(BTC="10", USDT="1000000"))
    yield made
    await made.close()


@pytest_asyncio.fixture
async def taker(fresh_server: LiveServer) -> AsyncIterator[Any]:
    made = client(fresh_server.account(BTC="10", USDT="1000000"))
    yield made
    await made.close()


async def heard(watching: Any) -> Any:
    return await asyncio.wait_for(watching, PATIENCE_SECONDS)


async def connected(exchange: Any) -> None:
    """The private stream of whoever watches stands; connecting to it is subscribing."""
    address = exchange.get_private_url(await exchange.authenticate())
    await heard(exchange.client(address).connected)


async def test_books_trades_tickers_and_candles(maker: Any, taker: Any) -> None:
    await maker.create_order(SYMBOL, "limit", "sell", 2, 50_000)
    book = await heard(taker.watch_order_book(SYMBOL))
    assert (book["bids"], book["asks"]) == ([], [[50_000.0, 2.0]])
    assert await heard(taker.watch_trades(SYMBOL)) == []
    ticker = await heard(taker.watch_ticker(SYMBOL))
    assert ticker["last"] is None
    assert await heard(taker.watch_ohlcv(SYMBOL, "1m")) == []

    listening = [
        asyncio.create_task(watching)
        for watching in (
            taker.watch_order_book(SYMBOL),
            taker.watch_trades(SYMBOL),
            taker.watch_ticker(SYMBOL),
            taker.watch_ohlcv(SYMBOL, "1m"),
        )
    ]
    await taker.create_order(SYMBOL, "limit", "buy", 0.5, 50_000)
    book, (trade,), ticker, (candle,) = [await heard(task) for task in listening]
    assert book["asks"] == [[50_000.0, 1.5]]
    assert (trade["price"], trade["amount"], trade["side"]) == (50_000.0, 0.5, "buy")
    assert (ticker["last"], ticker["baseVolume"], ticker["quoteVolume"]) == (50_000.0, 0.5, 25_000.0)
    assert candle[1:] == [50_000.0, 50_000.0, 50_000.0, 50_000.0, 0.5]


async def test_orders_fills_and_balances(maker: Any, taker: Any) -> None:
    await maker.load_markets()
    listening = [
        asyncio.create_task(watching)
        for watching in (maker.watch_orders(SYMBOL), maker.watch_my_trades(SYMBOL), maker.watch_balance())
    ]
    await connected(maker)
    placed = await maker.create_order(SYMBOL, "limit", "sell", 2, 50_000)
    (order,) = await heard(listening[0])
    assert (order["id"], order["status"], order["side"], order["filled"]) == (placed["id"], "open", "sell", 0.0)
    balance = await heard(listening[2])
    if balance["BTC"]["used"] == 0.0:  # the snapshot that ccxt asks for over REST came first
        balance = await heard(maker.watch_balance())
    assert (balance["BTC"]["free"], balance["BTC"]["used"]) == (8.0, 2.0)

    listening[0] = asyncio.create_task(maker.watch_orders(SYMBOL))
    await taker.create_order(SYMBOL, "limit", "buy", 0.5, 50_000)
    (order,) = await heard(listening[0])
    assert (order["status"], order["filled"], order["remaining"], order["cost"]) == ("open", 0.5, 1.5, 25_000.0)
    (fill,) = await heard(listening[1])
    assert (fill["order"], fill["price"], fill["amount"]) == (placed["id"], 50_000.0, 0.5)
    assert (fill["side"], fill["takerOrMaker"]) == ("sell", "maker")

    listening[0] = asyncio.create_task(maker.watch_orders(SYMBOL))
    await maker.cancel_order(placed["id"], SYMBOL)
    (order,) = await heard(listening[0])
    assert (order["status"], order["filled"]) == ("canceled", 0.5)
