"""Two orders of one account do not trade with each other, whichever way they come in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.gateways.rest.live import LiveServer, Trader, now_ms, refusal

pytestmark = pytest.mark.shows("REST-017")

ORDER = "/api/v1/spot/order"
FUNDS = {"BTC": "10", "USDT": "1000000"}


@pytest.fixture
def trader(fresh_server: LiveServer) -> Trader:
    return fresh_server.account(**FUNDS)


def ask(trader: Trader, order: dict[str, Any]) -> dict[str, Any]:
    return dict(trader.signed("GET", ORDER, orderId=order["orderId"]).json())


@pytest.mark.parametrize("path", [ORDER, "/api/v1.1/spot/order"])
@pytest.mark.parametrize("said", [{}, {"stpMode": "EXPIRE_TAKER"}])
def test_incoming_order_ends_at_an_own_one(trader: Trader, path: str, said: dict[str, str]) -> None:
    resting = trader.limit("SELL", "1", "50000")
    incoming = trader.place(path, side="BUY", quantity="1", price="50000", **said).json()
    assert (incoming["status"], incoming["executedQty"]) == ("CANCELED", "0")
    shown = ask(trader, incoming)
    assert (shown["status"], shown["ordCxlReason"], shown["stpMode"]) == ("CANCELED", "SELF_TRADE", "EXPIRE_TAKER")
    shown = ask(trader, resting)
    assert (shown["status"], shown["ordCxlReason"], shown["stpMode"]) == ("NEW", "", "EXPIRE_TAKER")
    assert trader.signed("GET", "/api/v1/account/trades").json() == []
    assert trader.balances() == {"BTC": ("9", "1"), "USDT": ("1000000", "0")}


@pytest.mark.shows("REST-026")
def test_what_traded_before_stays(fresh_server: LiveServer, trader: Trader) -> None:
    other = fresh_server.account(**FUNDS)
    other.limit("SELL", "0.4", "49000")
    trader.limit("SELL", "1", "50000")
    incoming = trader.limit("BUY", "1", "50000")
    assert (incoming["status"], incoming["executedQty"]) == ("PARTIALLY_CANCELED", "0.4")
    assert ask(trader, incoming)["ordCxlReason"] == "SELF_TRADE"
    by_amount = {"type": "MARKET", "side": "BUY", "amount": "1000"}
    assert trader.place("/api/v1.1/spot/order", **by_amount).json()["status"] == "CANCELED"
    assert other.place("/api/v1.1/spot/order", **by_amount).json()["executedQty"] == "0.02"


def test_resting_order_ends_where_the_incoming_one_says_so(fresh_server: LiveServer, trader: Trader) -> None:
    other = fresh_server.account(**FUNDS)
    own = trader.limit("SELL", "1", "50000")
    other.limit("SELL", "1", "50000")
    incoming = trader.limit("BUY", "1", "50000", stpMode="EXPIRE_MAKER")
    assert (incoming["status"], incoming["executedQty"]) == ("FILLED", "1")
    assert (ask(trader, incoming)["stpMode"], ask(trader, incoming)["ordCxlReason"]) == ("EXPIRE_MAKER", "")
    assert (ask(trader, own)["status"], ask(trader, own)["ordCxlReason"]) == ("CANCELED", "SELF_TRADE")
    assert trader.open_orders() == []


def test_each_order_of_a_batch_has_its_mode(trader: Trader) -> None:
    row = {"symbol": "BTCUSDT", "type": "LIMIT", "quantity": "1", "price": "50000"}
    rows = [
        row | {"side": "SELL"},
        row | {"side": "BUY"},
        row | {"side": "BUY", "stpMode": "NONE"},
        row | {"side": "BUY", "stpMode": "EXPIRE_MAKER"},
    ]
    query = f"timestamp={now_ms()}"
    query += f"&signature={trader.sign(query)}"
    answers = trader.send("POST", "/api/v1/spot/batchOrders", query, json.dumps(rows)).json()["result"]
    assert [answer["code"] for answer in answers] == ["0000", "0000", "-1130", "0000"]
    # As they stand after the whole batch: the last one ended the first.
    assert [answers[index]["order"]["status"] for index in (0, 1, 3)] == ["CANCELED", "CANCELED", "NEW"]
    assert [order["orderId"] for order in trader.open_orders()] == [answers[3]["order"]["orderId"]]


@pytest.mark.parametrize("mode", ["NONE", "EXPIRE_BOTH", "DECREMENT", "expire_taker", "0"])
def test_other_modes_are_refused_by_name(trader: Trader, mode: str) -> None:
    for path in (ORDER, "/api/v1.1/spot/order", "/api/v1/spot/orderTest"):
        answer = trader.place(path, side="BUY", quantity="1", price="50000", stpMode=mode)
        assert refusal(answer) == -1130
        assert answer.json()["msg"] == "Illegal parameter 'stpMode'"
    assert trader.open_orders() == []
