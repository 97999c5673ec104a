"""Clients that do not keep up, on real sockets."""

from __future__ import annotations

import json
import threading

import pytest
from websockets.exceptions import ConnectionClosed

from tests.gateways.rest.live import LiveServer, Trader
from tests.gateways.websocket.listener import Listener, listen_key
from tests.gateways.websocket.test_feed import LocalBook, depth, subscribe

PATH = "/lionrock/v1/stream"
ROUNDS = 60
LEVELS = 100


def trade_a_lot(maker: Trader, taker: Trader) -> None:
    """Each sweep is a hundred trades, some ten kilobytes of them."""
    for number in range(ROUNDS):
        for start in range(0, LEVELS, 20):
            orders = [
                {
                    "symbol": "BTCUSDT",
                    "side": "SELL",
                    "type": "LIMIT",
                    "quantity": "0.001",
                    "price": str(50_000 + price),
                }
                for price in range(start, start + 20)
            ]
            place_batch(maker, orders)
        taker.limit("BUY", "0.1", "60000")
        maker.limit("BUY", "0.01", str(40_000 + number))


def place_batch(trader: Trader, orders: list[dict[str, str]]) -> None:
    from tests.gateways.rest.live import now_ms

    query = f"timestamp={now_ms()}"
    query += f"&signature={trader.sign(query)}"
    answer = trader.send(
        "POST", "/api/v1/spot/batchOrders", query, json.dumps(orders), **{"Content-Type": "application/json"}
    )
    assert answer.json()["code"] == 0, answer.text


@pytest.mark.shows("WSOC-015")
def test_who_reads_late_gets_a_whole_book_and_every_trade_and_who_never_reads_is_told_so(
    fresh_server: LiveServer,
) -> None:
    maker = fresh_server.account(BTC="100", USDT="10000000")
    taker = fresh_server.account(USDT="10000000")
    key = listen_key(maker)
    with (
        Listener(fresh_server, PATH, small=True) as late,
        Listener(fresh_server, f"/lionrock/v1/stream/{key}", small=True) as never,
    ):
        subscribe(late, "book")
        book = LocalBook()
        book.take(late.hear())
        subscribe(late, "trades")
        assert late.hear()["trades"] == []
        never.ask({"op": "subscribe"})
        trading = threading.Thread(target=trade_a_lot, args=(maker, taker))
        trading.start()
        trading.join()
        wanted = depth(fresh_server)
        trades: list[int] = []
        while book.sides() != wanted or len(trades) < ROUNDS * LEVELS:
            message = late.hear()
            if message["type"] == "book":
                book.take(message)
            else:
                trades += [int(trade["id"]) for trade in message["trades"]]
        assert trades == list(range(1, ROUNDS * LEVELS + 1))
        assert book.snapshots > 1, "nothing was conflated"

        threading.Event().wait(12)  # longer than a client may take to catch up
        with pytest.raises(ConnectionClosed) as closed:
            never.until(lambda _: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4008
        assert "too slow" in closed.value.rcvd.reason
