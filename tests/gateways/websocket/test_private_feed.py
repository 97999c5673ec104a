"""The venue's own private stream, and orders that end with their connection."""

from __future__ import annotations

import pytest

from tests.gateways.rest.live import LiveServer, Trader
from tests.gateways.websocket.listener import Listener, eventually, listen_key


def own(trader: Trader) -> Listener:
    return Listener(trader.server, f"/lionrock/v1/stream/{listen_key(trader)}")


@pytest.fixture
def ann(server: LiveServer) -> Trader:
    return server.account(BTC="10", USDT="1000000")


@pytest.fixture
def bob(server: LiveServer) -> Trader:
    return server.account(BTC="10", USDT="1000000")


@pytest.mark.shows("WSOC-011")
def test_a_snapshot_then_updates_with_the_balances_after_them(ann: Trader, bob: Trader) -> None:
    order = ann.limit("SELL", "1", "50000")
    with own(ann) as stream:
        ack = stream.ask({"op": "subscribe", "id": 1})
        snapshot = stream.hear()
        assert (ack["type"], ack["resumed"], snapshot["type"]) == ("subscribed", False, "snapshot")
        assert [row["orderId"] for row in snapshot["orders"]] == [order["orderId"]]
        assert {row["asset"]: (row["available"], row["held"]) for row in snapshot["balances"]}["BTC"] == ("9", "1")

        bob.limit("BUY", "1", "50000")
        update = stream.hear()
        assert update["previousSequence"] == snapshot["sequence"]
        (event,) = update["events"]
        assert (event["event"], event["order"]["status"]) == ("TradeExecuted", "FILLED")
        assert (event["fill"]["fee"], event["fill"]["feeAsset"], event["fill"]["isMaker"]) == ("60", "USDT", True)
        assert {row["asset"]: row["held"] for row in update["balances"]} == {"BTC": "0", "USDT": "0"}

        ann.place(side="SELL", quantity="100", price="50000")
        refused = stream.hear()
        assert refused["previousSequence"] == update["sequence"]
        reason = refused["events"][0]["reason"]
        assert (reason["name"], int(reason["firstFigure"]) > int(reason["secondFigure"])) == (
            "available_insufficient",
            True,
        )
        assert reason["words"] == "100 BTC are needed and 9 BTC are available."
        assert reason["figures"] == {
            "needed": {"value": "100", "unit": "BTC"},
            "available": {"value": "9", "unit": "BTC"},
        }
        assert reason["nextStep"]
        assert refused["balances"] == []


@pytest.mark.shows("WSOC-011")
def test_after_a_broken_connection_the_stream_goes_on_without_a_gap(ann: Trader) -> None:
    stream = own(ann)
    stream.ask({"op": "subscribe"})
    seen = stream.hear()["sequence"]
    stream.cut()
    ids = [ann.limit("BUY", "1", str(price))["orderId"] for price in (40_001, 40_002, 40_003)]
    with own(ann) as again:
        assert again.ask({"op": "subscribe", "fromSequence": seen})["resumed"] is True
        heard: list[str] = []
        while len(heard) < len(ids):
            update = again.hear()
            assert update["previousSequence"] == seen
            seen = update["sequence"]
            heard += [event["order"]["orderId"] for event in update["events"]]
        assert heard == ids
        assert again.ask({"op": "subscribe", "fromSequence": 1})["resumed"] is False
        assert again.hear()["type"] == "snapshot"
    ann.signed("DELETE", "/api/v1/spot/openOrders", symbol="BTCUSDT")


@pytest.mark.shows("WSOC-012")
@pytest.mark.parametrize("ending", ["cut", "close"])
def test_orders_tied_to_a_connection_end_with_it(ann: Trader, bob: Trader, ending: str) -> None:
    stream = own(ann)
    tied = stream.ask({"op": "cancelOnDisconnect", "groupId": 0})
    assert (tied["type"], tied["allOrders"]) == ("cancelOnDisconnect", True)
    order = ann.limit("SELL", "1", "50000")
    other = bob.limit("SELL", "1", "50000")
    if ending == "cut":
        stream.cut()
    else:
        stream.connection.close()
    eventually(lambda: not ann.open_orders())
    ended = ann.signed("GET", "/api/v1/spot/order", orderId=order["orderId"]).json()
    assert (ended["status"], ended["ordCxlReason"]) == ("CANCELED", "DISCONNECTED")
    assert ann.balances()["BTC"] == ("10", "0")
    assert [row["orderId"] for row in bob.open_orders()] == [other["orderId"]]
    bob.signed("DELETE", "/api/v1/spot/openOrders", symbol="BTCUSDT")


@pytest.mark.shows("WSOC-012")
def test_orders_of_another_group_stay(ann: Trader) -> None:
    stream = own(ann)
    assert stream.ask({"op": "cancelOnDisconnect", "groupId": 7})["allOrders"] is False
    ann.limit("SELL", "1", "50000")  # in no group
    stream.cut()
    with own(ann) as again:
        again.ask({"op": "subscribe"})
        assert len(again.hear()["orders"]) == 1
    ann.signed("DELETE", "/api/v1/spot/openOrders", symbol="BTCUSDT")


@pytest.mark.shows("WSOC-012")
def test_without_being_tied_orders_stay(ann: Trader) -> None:
    stream = own(ann)
    stream.ask({"op": "subscribe"})
    order = ann.limit("SELL", "1", "50000")
    stream.cut()
    second = own(ann)
    for wrong in ({}, {"groupId": -1}, {"groupId": 2**32}):
        assert second.ask({"op": "cancelOnDisconnect"} | wrong)["code"] == "0001"
    second.cut()
    with own(ann) as again:
        again.ask({"op": "subscribe"})
        assert [row["orderId"] for row in again.hear()["orders"]] == [order["orderId"]]
    ann.signed("DELETE", "/api/v1/spot/openOrders", symbol="BTCUSDT")


@pytest.mark.shows("WSOC-012")
@pytest.mark.parametrize("ending", ["kill", "stop"])
def test_orders_tied_to_a_connection_end_also_with_the_server(fresh_server: LiveServer, ending: str) -> None:
    ann = fresh_server.account(BTC="10")
    with own(ann) as stream:
        stream.ask({"op": "cancelOnDisconnect", "groupId": 0})
        order = ann.limit("SELL", "1", "50000")
        if ending == "kill":
            fresh_server.kill()
        else:
            fresh_server.stop()
    fresh_server.start()
    assert ann.open_orders() == []
    ended = ann.signed("GET", "/api/v1/spot/order", orderId=order["orderId"]).json()
    assert ended["ordCxlReason"] == "DISCONNECTED"
