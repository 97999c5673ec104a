"""Orders over the wire: what they mean, how they end, what is left after the power goes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.gateways.rest.live import LiveServer, Trader, now_ms, refusal

ORDER = "/api/v1/spot/order"


@pytest.fixture
def maker(fresh_server: LiveServer) -> Trader:
    return fresh_server.account(BTC="10", USDT="1000000")


@pytest.fixture
def taker(fresh_server: LiveServer) -> Trader:
    return fresh_server.account(BTC="10", USDT="1000000")


@pytest.mark.shows("REST-011")
def test_market_buy_means_two_things(maker: Trader, taker: Trader) -> None:
    maker.limit("SELL", "5", "50000")
    spent = taker.place(side="BUY", type="MARKET", quantity="100", price="1").json()
    assert (spent["executedQty"], spent["origQty"], spent["reqAmount"], spent["price"]) == ("0.002", "0", "100", "0")
    bought = taker.place("/api/v1.1/spot/order", side="BUY", type="MARKET", quantity="0.1").json()
    assert (bought["executedQty"], bought["origQty"], bought["reqAmount"]) == ("0.1", "0.1", "0")
    by_amount = taker.place("/api/v1.1/spot/order", side="BUY", type="MARKET", amount="100").json()
    assert (by_amount["executedQty"], by_amount["status"], by_amount["timeInForce"]) == ("0.002", "FILLED", "IOC")
    maker.limit("BUY", "1", "40000")
    raised = taker.place("/api/v1.1/spot/order", side="SELL", type="MARKET", amount="4000").json()
    assert (raised["executedQty"], raised["reqAmount"]) == ("0.1", "4000")
    both = {"side": "BUY", "type": "MARKET", "quantity": "1", "amount": "1"}
    assert refusal(taker.place("/api/v1.1/spot/order", **both)) == -1129
    assert refusal(taker.place("/api/v1.1/spot/order", side="BUY", type="MARKET")) == "0001"
    assert refusal(taker.place(side="BUY", type="MARKET", quantity="0")) == -1126
    assert refusal(taker.place(side="BUY", type="MARKET", quantity="4.99")) == -1140
    # 0.104 BTC bought for 5,200 and 0.1 sold for 4,000; 0.12 % of what came in stays behind as the fee.
    assert taker.balances() == {"BTC": ("10.0038752", "0"), "USDT": ("998795.2", "0")}


@pytest.mark.shows("REST-013")
def test_client_order_id_names_one_order(server: LiveServer) -> None:
    trader, other = server.account(BTC="10"), server.account(BTC="10")
    order = {"side": "SELL", "quantity": "1", "price": "90000"}
    first = trader.place(**order, newClientOrderId="eins", clientOrderId="zwei").json()
    assert first["clientOrderId"] == "eins"
    assert refusal(trader.place(**order, newClientOrderId="eins")) == -1141
    assert trader.place(**order, clientOrderId="zwei").json()["clientOrderId"] == "zwei"
    assert other.place(**order, newClientOrderId="eins").status_code == 200
    trader.signed("DELETE", ORDER, clientOrderId="eins")
    assert refusal(trader.place(**order, newClientOrderId="eins")) == -1141
    assert refusal(trader.place(**(order | {"quantity": "100"}), newClientOrderId="drei")) == "0401"
    assert trader.place(**order, newClientOrderId="drei").status_code == 200
    unnamed = trader.place(**order).json()
    assert unnamed["clientOrderId"] == unnamed["orderId"]
    asked = trader.signed("GET", ORDER, origClientOrderId=unnamed["orderId"]).json()
    assert (asked["orderId"], asked["status"]) == (unnamed["orderId"], "NEW")
    to_come = str(int(unnamed["orderId"]) + 2)
    for name in (unnamed["orderId"], to_come, "1" + "0" * 18, "9" * 19):
        assert refusal(trader.place(**order, newClientOrderId=name)) == -1123
    assert trader.place(**order, newClientOrderId="0" + "9" * 18).status_code == 200
    for each in (trader, other):
        each.signed("DELETE", "/api/v1/spot/openOrders", symbol="BTCUSDT")


@pytest.mark.shows("REST-013")
def test_client_order_id_is_used_once_however_many_ask_at_once(server: LiveServer) -> None:
    trader = server.account(BTC="10")

    def place(_: int) -> int:
        return trader.place(side="SELL", quantity="0.1", price="90000", newClientOrderId="race").status_code

    with ThreadPoolExecutor(16) as threads:
        statuses = sorted(threads.map(place, range(32)))
    assert statuses == [200] + [400] * 31
    assert len(trader.open_orders()) == 1
    trader.signed("DELETE", "/api/v1/spot/openOrders", symbol="BTCUSDT")


@pytest.mark.shows("REST-014", "REST-015")
def test_how_orders_end(maker: Trader, taker: Trader) -> None:
    resting = maker.limit("SELL", "3", "50000")
    rejected = taker.limit("BUY", "1", "50000", type="LIMIT_MAKER")
    assert (rejected["status"], rejected["type"], rejected["executedQty"]) == ("REJECTED", "LIMIT_MAKER", "0")
    assert taker.signed("GET", ORDER, orderId=rejected["orderId"]).json()["status"] == "REJECTED"
    taker.limit("BUY", "1", "50000")
    before = maker.signed("DELETE", ORDER, orderId=resting["orderId"]).json()
    assert (before["status"], before["executedQty"], before["orderId"]) == (
        "PARTIALLY_FILLED",
        "1",
        resting["orderId"],
    )
    assert {"reqAmount", "concentration", "symbolName"}.isdisjoint(before)
    after = maker.signed("GET", ORDER, orderId=resting["orderId"]).json()
    assert (after["status"], after["executedQty"], after["cummulativeQuoteQty"]) == ("PARTIALLY_CANCELED", "1", "50000")
    assert (after["avgPrice"], after["feeCoin"], after["feeAmount"]) == ("50000", "USDT", "60")
    (filled,) = taker.signed("GET", "/api/v1/spot/tradeOrders", side="BUY", limit="1").json()
    for order_id, trader, code in (
        (resting["orderId"], maker, -1138),
        (rejected["orderId"], taker, -1142),
        (filled["orderId"], taker, -1139),
    ):
        assert refusal(trader.signed("DELETE", ORDER, orderId=order_id)) == code
    assert refusal(maker.signed("DELETE", ORDER)) == "0001"
    assert refusal(maker.signed("DELETE", ORDER, orderId="abc")) == "0001"
    assert maker.balances() == {"BTC": ("9", "0"), "USDT": ("1049940", "0")}


@pytest.mark.shows("REST-016")
def test_cancelling_by_ids_and_by_side(maker: Trader) -> None:
    orders = [maker.limit("BUY", "1", str(40_000 + step))["orderId"] for step in range(3)]
    sell = maker.limit("SELL", "1", "60000")["orderId"]
    ids = f"{orders[0]},{orders[0]},77,abc,{orders[1]},,"
    answer = maker.signed("DELETE", "/api/v1/spot/cancelOrderByIds", ids=ids).json()
    assert answer["result"] == [{"orderId": text, "code": "0211"} for text in ("77", "abc", "")]
    assert [row["orderId"] for row in maker.open_orders()] == [orders[2], sell]
    maker.signed("DELETE", "/api/v1/spot/openOrders", symbol="BTCUSDT", side="BUY")
    assert [row["orderId"] for row in maker.open_orders()] == [sell]
    too_many = ",".join(str(number) for number in range(101))
    assert refusal(maker.signed("DELETE", "/api/v1/spot/cancelOrderByIds", ids=too_many)) == -2022
    assert refusal(maker.signed("DELETE", "/api/v1/spot/openOrders")) == "0001"


@pytest.mark.shows("REST-016")
def test_every_open_order_is_cancelled_however_many_there_are(maker: Trader) -> None:
    row = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "60"}
    for _ in range(51):
        query = f"timestamp={now_ms()}"
        query += f"&signature={maker.sign(query)}"
        answer = maker.send("POST", "/api/v1/spot/batchOrders", query, json.dumps([row] * 20))
        assert {placed["code"] for placed in answer.json()["result"]} == {"0000"}
    assert maker.signed("DELETE", "/api/v1/spot/openOrders", symbol="BTCUSDT").json() == {"success": True}
    assert maker.open_orders() == []
    assert maker.balances() == {"BTC": ("10", "0"), "USDT": ("1000000", "0")}


@pytest.mark.shows("REST-015")
def test_cancel_that_names_another_market_is_refused(maker: Trader) -> None:
    order_id = maker.limit("SELL", "1", "50000")["orderId"]
    assert refusal(maker.signed("DELETE", ORDER, orderId=order_id, symbol="ETHUSDT")) == "0211"
    assert refusal(maker.signed("DELETE", ORDER, orderId=order_id, symbol="DOGEUSDT")) == "0201"
    assert [row["orderId"] for row in maker.open_orders()] == [order_id]
    assert maker.signed("DELETE", ORDER, orderId=order_id, symbol="BTCUSDT").json()["status"] == "NEW"
    assert maker.open_orders() == []


@pytest.mark.shows("REST-020")
def test_lists_are_cut_from_the_newest_end(maker: Trader) -> None:
    other_market = {"symbol": "ETHUSDT", "type": "LIMIT", "side": "BUY", "quantity": "1", "price": "1000"}
    resting = maker.signed("POST", ORDER, **other_market).json()["orderId"]
    done = [maker.limit("BUY", "1", "40000", timeInForce="IOC")["orderId"] for _ in range(5)]

    def traded(**filters: str) -> list[str]:
        return [row["orderId"] for row in maker.signed("GET", "/api/v1/spot/tradeOrders", **filters).json()]

    assert traded() == done
    assert traded(limit="2") == done[-2:]
    assert traded(limit="2", orderId=done[3]) == done[1:3]
    assert (traded(side="SELL"), traded(symbol="ETHUSDT"), traded(endTime="1000")) == ([], [], [])
    placed_at = maker.signed("GET", ORDER, orderId=done[2]).json()["time"]
    assert traded(startTime=placed_at, endTime=placed_at)[-1] in done
    assert [row["orderId"] for row in maker.signed("GET", "/api/v1/spot/openOrders", symbol="ETHUSDT").json()] == [
        resting
    ]
    assert maker.signed("GET", "/api/v1/spot/openOrders", symbol="BTCUSDT").json() == []
    assert maker.signed("GET", "/api/v1/spot/openOrders", side="SELL").json() == []


@pytest.mark.shows("REST-020")
def test_fills_come_newest_first(maker: Trader, taker: Trader) -> None:
    for price in ("50000", "50001", "50002"):
        maker.limit("SELL", "1", price, newClientOrderId=f"at {price}")
        taker.limit("BUY", "1", price)
    taker.limit("BUY", "1", "49999")
    maker.limit("SELL", "1", "49999")

    def fills(trader: Trader, **filters: str) -> list[dict[str, Any]]:
        return list(trader.signed("GET", "/api/v1/account/trades", **filters).json())

    theirs = fills(taker)
    assert [row["isMaker"] for row in theirs] == [True, False, False, False]
    mine = fills(maker)
    assert [row["price"] for row in mine] == ["49999", "50002", "50001", "50000"]
    assert [row["isMaker"] for row in mine] == [False, True, True, True]
    assert [row["ticketId"] for row in mine] == [row["ticketId"] for row in theirs] == ["4", "3", "2", "1"]
    assert len({row["id"] for row in mine + theirs}) == 8
    assert (mine[1]["commission"], mine[1]["commissionAsset"], mine[1]["isBuyer"]) == ("60.0024", "USDT", False)
    assert [row["price"] for row in fills(maker, clientOrderId="at 50001")] == ["50001"]
    assert [row["price"] for row in fills(maker, fromId=mine[2]["id"], toId=mine[1]["id"])] == ["50002", "50001"]
    assert (len(fills(maker, limit="1")), fills(maker, symbol="ETHUSDT")) == (1, [])


@pytest.mark.shows("REST-019")
def test_what_was_answered_survives_being_killed(fresh_server: LiveServer, maker: Trader, taker: Trader) -> None:
    server = fresh_server
    resting = maker.limit("SELL", "2", "50000", newClientOrderId="before")
    filled = taker.limit("BUY", "1", "50000")

    def picture() -> list[object]:
        return [
            maker.balances(),
            taker.balances(),
            maker.open_orders(),
            maker.signed("GET", ORDER, origClientOrderId="before").json(),
            taker.signed("GET", ORDER, orderId=filled["orderId"]).json(),
            taker.signed("GET", "/api/v1/account/trades").json(),
            maker.signed("GET", "/api/v1/account/vipInfo").json()["data"],
            server.get("/quote/v1/depth", symbol="BTCUSDT").json(),
            server.get("/quote/v1/trades", symbol="BTCUSDT").json(),
            server.get("/quote/v1/klines", symbol="BTCUSDT", interval="1h").json(),
            server.get("/api/v1/exchangeInfo").json()["symbols"],
            server.get("/api/v1/exchangeInfo").json()["coins"],
        ]

    before = picture()
    for _ in range(2):
        server.kill()
        server.start()
        assert picture() == before
    assert refusal(maker.place(side="SELL", quantity="1", price="50000", newClientOrderId="before")) == -1141
    later = taker.limit("BUY", "1", "50000")
    assert (later["status"], int(later["orderId"]) > int(resting["orderId"])) == ("FILLED", True)
