"""Every kind of order of /lionrock/v1, with the outcome a trader would check."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest

from tests.gateways.rest.live import LiveServer, Trader, now_ms
from tests.gateways.rest.own import ORDERS, done, own, place, placed, reason


@pytest.fixture(autouse=True)
def empty_book(server: LiveServer) -> Any:
    """Whoever rests in the book when a test ends is taken out of it."""
    made: list[Trader] = []
    account = server.account

    def open_account(**fund: str) -> Trader:
        made.append(account(**fund))
        return made[-1]

    server.account = open_account  # type: ignore[method-assign]
    yield
    server.account = account  # type: ignore[method-assign]
    for trader in made:
        done(own(trader, "DELETE", all=True))


def two(server: LiveServer) -> tuple[Trader, Trader]:
    return server.account(BTC="10", USDT="1000000"), server.account(BTC="10", USDT="1000000")


def book(server: LiveServer) -> tuple[list[list[str]], list[list[str]]]:
    answer = server.get("/lionrock/v1/book", symbol="BTCUSDT").json()
    return answer["bids"], answer["asks"]


def status(trader: Trader, answer: Any) -> str:
    return str(done(own(trader, "GET", orderId=answer["order"]["orderId"]))["status"])


@pytest.mark.shows("ENTR-001")
def test_the_answer_to_an_order_is_its_whole_consequence(server: LiveServer) -> None:
    seller, buyer = two(server)
    resting = placed(seller, "SELL", "1", "50000", clientOrderId="mine")
    assert (resting["order"]["status"], resting["order"]["clientOrderId"]) == ("NEW", "mine")
    assert resting["held"] == {"asset": "BTC", "amount": "1"}
    assert (resting["fills"], resting["fees"]) == ([], [])

    taking = placed(buyer, "BUY", "1.5", "50100")
    order = taking["order"]
    assert (order["status"], order["executedQuantity"], order["remainingQuantity"]) == ("PARTIALLY_FILLED", "1", "0.5")
    assert (order["cumulativeQuote"], order["averagePrice"]) == ("50000", "50000")
    assert [(fill["price"], fill["quantity"], fill["isMaker"]) for fill in taking["fills"]] == [("50000", "1", False)]
    assert taking["fees"] == [{"asset": "BTC", "amount": "0.0012"}]
    assert taking["held"] == {"asset": "USDT", "amount": "25050"}
    assert taking["released"] == {"asset": "USDT", "amount": "100"}  # it traded 100 below its limit
    assert int(taking["sequence"]) == int(resting["sequence"]) + 1

    free, locked = buyer.balances()["USDT"]
    assert (Decimal(free), locked) == (Decimal(1000000) - Decimal(50000) - Decimal(25050), "25050")
    filled = done(own(seller, "GET", clientOrderId="mine"))
    assert (filled["status"], filled["remainingQuantity"]) == ("FILLED", "0")


@pytest.mark.shows("ENTR-002")
def test_market_orders_by_base_and_by_quote(server: LiveServer) -> None:
    seller, buyer = two(server)
    placed(seller, "SELL", "3", "50000")
    by_base = placed(buyer, "BUY", "1", type="MARKET")
    assert (by_base["order"]["status"], by_base["order"]["timeInForce"]) == ("FILLED", "IOC")
    by_quote = placed(buyer, "BUY", None, type="MARKET", amount="25000")
    assert (by_quote["order"]["executedQuantity"], by_quote["order"]["cumulativeQuote"]) == ("0.5", "25000")
    assert by_quote["held"] == {"asset": "USDT", "amount": "0"}
    both = place(buyer, "BUY", "1", type="MARKET", amount="25000")
    assert reason(both, -1129, "quantity_and_amount_given")["rejection"] == 21129


@pytest.mark.shows("ENTR-003")
@pytest.mark.parametrize(
    ("kind", "side", "trigger", "moved_to"),
    [
        ("STOP_LIMIT", "BUY", "50500", "50600"),
        ("STOP_LIMIT", "SELL", "49500", "49400"),
        ("TAKE_PROFIT_LIMIT", "BUY", "49500", "49400"),
        ("TAKE_PROFIT_LIMIT", "SELL", "50500", "50600"),
    ],
)
def test_a_waiting_order_comes_in_when_its_price_trades(
    server: LiveServer, kind: str, side: str, trigger: str, moved_to: str
) -> None:
    maker, taker = two(server)
    trader = server.account(BTC="10", USDT="1000000")
    placed(maker, "SELL", "0.1", "50000")
    placed(taker, "BUY", "0.1", "50000")
    price = "60000" if side == "SELL" else "40000"  # rests where it comes in
    waiting = placed(trader, side, "1", price, type=kind, triggerPrice=trigger)
    assert (waiting["order"]["status"], waiting["order"]["triggerPrice"]) == ("NEW", trigger)
    assert waiting["held"]["amount"] == ("1" if side == "SELL" else "40000")
    assert book(server) == ([], [])
    placed(maker, "SELL", "0.1", moved_to)
    placed(taker, "BUY", "0.1", moved_to)
    assert book(server) == (([], [["60000", "1"]]) if side == "SELL" else ([["40000", "1"]], []))


@pytest.mark.shows("ENTR-003")
def test_a_stop_market_order_sells_when_the_price_falls(server: LiveServer) -> None:
    maker, taker = two(server)
    trader = server.account(BTC="10")
    placed(maker, "BUY", "0.1", "50000")
    placed(taker, "SELL", "0.1", "50000")
    waiting = placed(trader, "SELL", "1", type="STOP", triggerPrice="49000")
    placed(maker, "BUY", "3", "48000")
    assert status(trader, waiting) == "NEW"
    fall = placed(taker, "SELL", "0.1", "48000")
    assert [fill["price"] for fill in fall["fills"]] == ["48000"]
    assert status(trader, waiting) == "FILLED"
    met = reason(place(trader, "SELL", "1", type="STOP", triggerPrice="49000"), -1014, "trigger_already_met")
    assert met["figures"]["lastPrice"] == {"value": "48000", "unit": "USDT"}


@pytest.mark.shows("ENTR-004")
def test_an_iceberg_shows_a_part_and_shows_anew(server: LiveServer) -> None:
    seller, buyer = two(server)
    placed(seller, "SELL", "1", "50000", displayQuantity="0.3")
    assert book(server)[1] == [["50000", "0.3"]]
    placed(buyer, "BUY", "0.3", "50000")
    assert book(server)[1] == [["50000", "0.3"]]
    placed(buyer, "BUY", "0.6", "50000")
    assert book(server)[1] == [["50000", "0.1"]]


def ends_soon(trader: Trader, wait_ms: int = 300) -> Any:
    """An order that ends in a moment; with more time where that moment was over before the request arrived."""
    until_ms = str(int(now_ms()) + wait_ms)
    answer = place(trader, "BUY", "1", "40000", timeInForce="GTD", expireTimeMs=until_ms)
    if answer.status_code == 400 and wait_ms < 30_000:
        reason(answer, -1014, "expiry_not_in_future")
        return ends_soon(trader, 10 * wait_ms)
    return done(answer)


@pytest.mark.shows("ENTR-005")
def test_a_good_till_date_order_ends_by_itself(server: LiveServer) -> None:
    trader, _ = two(server)
    order = ends_soon(trader)
    assert (order["order"]["timeInForce"], order["held"]["amount"]) == ("GTD", "40000")
    after = done(own(trader, "GET", orderId=order["order"]["orderId"]))
    while after["status"] == "NEW":  # nobody sends a command meanwhile; a run that hangs here is ended from outside
        time.sleep(0.1)
        after = done(own(trader, "GET", orderId=order["order"]["orderId"]))
    assert (after["status"], after["cancelReason"]) == ("CANCELED", "EXPIRED")
    late = place(trader, "BUY", "1", "40000", timeInForce="GTD", expireTimeMs="1000")
    assert reason(late, -1014, "expiry_not_in_future")["figures"]["expiry"] == {"value": "1000", "unit": "ms"}


@pytest.mark.shows("ENTR-002")
def test_times_in_force_and_post_only(server: LiveServer) -> None:
    seller, buyer = two(server)
    placed(seller, "SELL", "1", "50000")
    rest = placed(buyer, "BUY", "2", "50000", timeInForce="IOC")
    assert (rest["order"]["status"], rest["order"]["cancelReason"]) == ("PARTIALLY_CANCELED", "IMMEDIATE_REMAINDER")
    assert (rest["held"]["amount"], rest["released"]["amount"]) == ("0", "50000")
    placed(seller, "SELL", "1", "50000")
    nothing = placed(buyer, "BUY", "2", "50000", timeInForce="FOK")
    assert (nothing["order"]["status"], nothing["fills"]) == ("CANCELED", [])
    rejected = placed(buyer, "BUY", "1", "50000", postOnly=True)
    assert (rejected["order"]["status"], rejected["order"]["cancelReason"]) == ("REJECTED", "WOULD_TAKE")
    day = placed(buyer, "BUY", "1", "40000", timeInForce="DAY")
    assert (day["order"]["status"], day["order"]["timeInForce"]) == ("NEW", "DAY")


@pytest.mark.shows("ENTR-006")
@pytest.mark.parametrize(
    ("mode", "taker_status", "maker_status", "maker_left"),
    [
        ("expireTaker", "CANCELED", "NEW", "1"),
        ("expireMaker", "NEW", "CANCELED", "0"),
        ("expireBoth", "CANCELED", "CANCELED", "0"),
        ("decrement", "CANCELED", "NEW", "0.6"),
        ("none", "FILLED", "PARTIALLY_FILLED", "0.6"),
    ],
)
def test_each_self_trade_mode(
    server: LiveServer, mode: str, taker_status: str, maker_status: str, maker_left: str
) -> None:
    trader = server.account(BTC="10", USDT="1000000")
    maker = placed(trader, "SELL", "1", "50000")
    taker = placed(trader, "BUY", "0.4", "50000", selfTradeMode=mode)
    assert taker["order"]["status"] == taker_status
    after = done(own(trader, "GET", orderId=maker["order"]["orderId"]))
    assert (after["status"], after["remainingQuantity"]) == (maker_status, maker_left)
    touched = [other["what"] for other in taker["otherOrders"]]
    assert touched == {"expireMaker": ["cancelled"], "expireBoth": ["cancelled"], "decrement": ["reduced"]}.get(
        mode, []
    )


@pytest.mark.shows("ENTR-007")
def test_an_amendment_keeps_or_loses_its_place(server: LiveServer) -> None:
    first, second = two(server)
    buyer = server.account(USDT="1000000")
    one, other = placed(first, "SELL", "2", "50000"), placed(second, "SELL", "2", "50000")

    smaller = done(own(first, "PATCH", orderId=one["order"]["orderId"], quantity="1"))
    assert (smaller["priorityKept"], smaller["held"]) == (True, {"asset": "BTC", "amount": "1"})
    assert placed(buyer, "BUY", "0.5", "50000")["fills"][0]["quantity"] == "0.5"
    assert status(first, one) == "PARTIALLY_FILLED"

    larger = done(own(first, "PATCH", orderId=one["order"]["orderId"], quantity="3"))
    assert (larger["priorityKept"], larger["order"]["remainingQuantity"]) == (False, "2.5")
    placed(buyer, "BUY", "0.5", "50000")
    assert status(second, other) == "PARTIALLY_FILLED"

    moved = done(own(first, "PATCH", orderId=one["order"]["orderId"], price="51000"))
    assert (moved["order"]["price"], moved["order"]["quantity"]) == ("51000", "3")
    assert book(server)[1] == [["50000", "1.5"], ["51000", "2.5"]]
    small = own(first, "PATCH", orderId=one["order"]["orderId"], quantity="0.5")
    figures = reason(small, -1126, "amended_size_not_above_filled")["figures"]
    assert (figures["filled"], figures["size"]) == ({"value": "0.5", "unit": "BTC"}, {"value": "0.5", "unit": "BTC"})


@pytest.mark.shows("ENTR-007")
def test_an_amendment_may_trade(server: LiveServer) -> None:
    seller, buyer = two(server)
    placed(seller, "SELL", "1", "50000")
    bid = placed(buyer, "BUY", "2", "49000", clientOrderId="bid")
    met = done(own(buyer, "PATCH", clientOrderId="bid", price="50000"))
    assert met["order"]["orderId"] == bid["order"]["orderId"]
    assert [(fill["price"], fill["quantity"]) for fill in met["fills"]] == [("50000", "1")]
    assert (met["order"]["status"], met["held"]["amount"]) == ("PARTIALLY_FILLED", "50000")
    assert buyer.balances()["USDT"] == ("900000", "50000")


@pytest.mark.shows("ENTR-008")
def test_cancels_of_one_and_of_many(server: LiveServer) -> None:
    trader, other = two(server)
    placed(other, "BUY", "1", "30000")

    def orders() -> None:
        placed(trader, "BUY", "1", "40000", group="7")
        placed(trader, "SELL", "1", "60000")

    orders()
    one = placed(trader, "BUY", "2", "41000")
    ended = done(own(trader, "DELETE", orderId=one["order"]["orderId"]))
    assert (ended["order"]["status"], ended["order"]["remainingQuantity"]) == ("CANCELED", "2")
    assert (ended["released"], ended["held"]["amount"]) == ({"asset": "USDT", "amount": "82000"}, "0")
    again = own(trader, "DELETE", orderId=one["order"]["orderId"])
    assert reason(again, -1142, "order_cancelled")["next_step"] == "Nothing is left to do."

    assert done(own(trader, "DELETE", group="7"))["count"] == 1
    assert done(own(trader, "DELETE", side="SELL"))["cancelled"][0]["released"] == {"asset": "BTC", "amount": "1"}
    orders()
    assert done(own(trader, "DELETE", symbol="ETHUSDT"))["count"] == 0
    assert done(own(trader, "DELETE", symbol="BTCUSDT", side="BUY"))["count"] == 1
    assert done(own(trader, "DELETE", all=True))["count"] == 1
    assert done(own(trader, "GET")) == []
    assert len(done(own(other, "GET"))) == 1
    assert reason(own(trader, "DELETE"), "0001", "parameter_missing_or_invalid")


@pytest.mark.shows("ENTR-009")
def test_a_client_stops_its_account_and_lets_it_trade_again(server: LiveServer) -> None:
    trader, other = two(server)
    placed(trader, "BUY", "1", "40000")
    placed(other, "BUY", "1", "30000")
    stopped = done(own(trader, "POST", "/lionrock/v1/killSwitch", engaged=True))
    assert (stopped["engaged"], stopped["orders"]["count"]) == (True, 1)
    assert stopped["orders"]["cancelled"][0]["reason"] == "KILL_SWITCH"
    refused = reason(place(trader, "BUY", "1", "40000"), -1151, "kill_switch_engaged")
    assert (refused["rejection"], refused["rule"], refused["retryable"]) == (215, "STOP-005", True)
    assert len(done(own(other, "GET"))) == 1
    assert done(own(trader, "POST", "/lionrock/v1/killSwitch", engaged=False))["engaged"] is False
    assert placed(trader, "BUY", "1", "40000")["order"]["status"] == "NEW"


@pytest.mark.shows("ENTR-010")
def test_a_batch_takes_or_refuses_each_order(server: LiveServer) -> None:
    trader, _ = two(server)
    row = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "1", "price": "40000"}
    rows = [row, row | {"price": "0.001"}, row | {"quantity": "1000", "price": "50"}, row | {"symbol": "NONE"}, row]
    results = done(own(trader, "POST", f"{ORDERS}/batch", orders=rows))["results"]
    assert ["placed" in result for result in results] == [True, False, True, False, True]
    assert int(results[4]["placed"]["sequence"]) == int(results[0]["placed"]["sequence"]) + 2
    assert results[1]["refused"]["lionrock"]["name"] == "price_not_multiple_of_tick"
    assert results[3]["refused"]["lionrock"]["name"] == "symbol_unknown"
    assert len(done(own(trader, "GET"))) == 3
    many = own(trader, "POST", f"{ORDERS}/batch", orders=[row] * 21)
    assert reason(many, -2022, "batch_above_limit")


@pytest.mark.shows("ENTR-011")
def test_what_is_somebody_elses_is_not_there(server: LiveServer) -> None:
    owner, stranger = two(server)
    order = placed(owner, "BUY", "1", "40000", clientOrderId="secret")["order"]
    for name in ({"orderId": order["orderId"]}, {"clientOrderId": "secret"}):
        answers = (
            own(stranger, "GET", **name),
            own(stranger, "DELETE", **name),
            own(stranger, "PATCH", quantity="0.5", **name),
        )
        for answer in answers:
            assert reason(answer, "0211", "order_unknown")["rejection"] == 10211
    assert done(own(stranger, "DELETE", all=True))["count"] == 0
    done(own(stranger, "POST", "/lionrock/v1/killSwitch", engaged=True))
    assert [row["quantity"] for row in done(own(owner, "GET"))] == ["1"]
    assert placed(owner, "BUY", "1", "40000")["order"]["status"] == "NEW"
