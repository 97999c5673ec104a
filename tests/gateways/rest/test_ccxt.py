"""An unmodified ccxt does everything a spot trader does with it."""

from __future__ import annotations

import time
from typing import Any

import ccxt
import pytest

from tests.gateways.rest.live import LiveServer

pytestmark = pytest.mark.shows("REST-001")

SYMBOL = "BTC/USDT"


@pytest.fixture
def maker(fresh_server: LiveServer) -> Any:
    return fresh_server.account(BTC="10", USDT="1000000").ccxt()


@pytest.fixture
def taker(fresh_server: LiveServer) -> Any:
    return fresh_server.account(BTC="10", USDT="1000000").ccxt()


def test_markets_and_time_load(maker: Any) -> None:
    markets = maker.load_markets()
    assert sorted(markets) == ["BTC/USD", "BTC/USDT", "ETH/USDT"]
    assert markets[SYMBOL]["precision"] == {"amount": 0.00001, "price": 0.01}
    assert markets[SYMBOL]["limits"]["amount"] == {"min": 0.00001, "max": 1000.0}
    assert markets[SYMBOL]["active"] is True
    assert maker.currencies["USD"]["type"] == "fiat"
    assert abs(maker.fetch_time() - time.time() * 1000) < 60_000
    assert maker.fetch_status()["status"] == "ok"


def test_limit_orders_trade_and_balances_are_exact(maker: Any, taker: Any) -> None:
    resting = maker.create_order(SYMBOL, "limit", "sell", 2, 50_000)
    assert (resting["status"], resting["filled"], resting["amount"]) == ("open", 0.0, 2.0)
    bought = taker.create_order(SYMBOL, "limit", "buy", 1, 50_100)
    assert (bought["status"], bought["filled"]) == ("closed", 1.0)
    # Fees of 0.12 % in what each side receives: 0.0012 BTC and 60 USDT.
    mine, theirs = taker.fetch_balance(), maker.fetch_balance()
    assert (mine["BTC"]["free"], mine["USDT"]["free"]) == (10.9988, 950_000.0)
    assert (theirs["BTC"]["free"], theirs["BTC"]["used"]) == (8.0, 1.0)
    assert theirs["USDT"]["total"] == 1_049_940.0

    order = maker.fetch_order(resting["id"])
    assert (order["status"], order["filled"], order["remaining"], order["average"]) == ("open", 1.0, 1.0, 50_000.0)
    assert order["fee"] == {"currency": "USDT", "cost": "60"}
    assert [row["id"] for row in maker.fetch_open_orders(SYMBOL)] == [resting["id"]]
    assert [row["id"] for row in taker.fetch_canceled_and_closed_orders()] == [bought["id"]]

    (fill,) = taker.fetch_my_trades(SYMBOL)
    assert (fill["side"], fill["price"], fill["amount"], fill["takerOrMaker"]) == ("buy", 50_000.0, 1.0, "taker")
    assert (fill["order"], fill["fee"]) == (bought["id"], {"cost": 0.0012, "currency": "BTC"})


def test_market_orders_by_amount_and_by_cost(maker: Any, taker: Any) -> None:
    maker.create_order(SYMBOL, "limit", "sell", 5, 50_000)
    by_amount = taker.create_order(SYMBOL, "market", "buy", 0.5)
    assert (by_amount["status"], by_amount["filled"]) == ("closed", 0.5)
    by_cost = taker.create_market_buy_order_with_cost(SYMBOL, 10_000)
    assert (by_cost["status"], by_cost["filled"]) == ("closed", 0.2)
    assert taker.fetch_order(by_cost["id"])["cost"] == 10_000.0
    maker.create_order(SYMBOL, "limit", "buy", 1, 49_000)
    sold = taker.create_order(SYMBOL, "market", "sell", 0.25)
    assert (sold["status"], sold["filled"], sold["timeInForce"]) == ("closed", 0.25, "IOC")


def test_post_only_immediate_or_cancel_and_fill_or_kill(maker: Any, taker: Any) -> None:
    resting = maker.create_order(SYMBOL, "limit", "sell", 1, 50_000, {"postOnly": True})
    assert (resting["status"], resting["postOnly"]) == ("open", True)
    crossing = taker.create_order(SYMBOL, "limit", "buy", 1, 50_000, {"timeInForce": "PO"})
    assert (crossing["status"], crossing["filled"]) == ("rejected", 0.0)
    killed = taker.create_order(SYMBOL, "limit", "buy", 2, 50_000, {"timeInForce": "FOK"})
    assert (killed["status"], killed["filled"]) == ("canceled", 0.0)
    partly = taker.create_order(SYMBOL, "limit", "buy", 2, 50_000, {"timeInForce": "IOC"})
    assert (partly["status"], partly["filled"]) == ("canceled", 1.0)
    assert partly["info"]["status"] == "PARTIALLY_CANCELED"


def test_cancelling_one_several_and_all(maker: Any) -> None:
    ids = [maker.create_order(SYMBOL, "limit", "buy", 1, 40_000 + step)["id"] for step in range(6)]
    before = maker.cancel_order(ids[0], SYMBOL)
    assert (before["id"], before["info"]["status"]) == (ids[0], "NEW")
    assert maker.fetch_order(ids[0])["status"] == "canceled"
    maker.cancel_orders(ids[1:3], SYMBOL)
    assert [row["id"] for row in maker.fetch_open_orders()] == ids[3:]
    named = maker.create_order(SYMBOL, "limit", "buy", 1, 39_000, {"clientOrderId": "mine"})
    maker.cancel_order("", SYMBOL, {"clientOrderId": "mine"})
    assert maker.fetch_order(named["id"])["status"] == "canceled"
    maker.cancel_all_orders(SYMBOL)
    assert maker.fetch_open_orders() == []
    assert maker.fetch_balance()["USDT"] == {"free": 1_000_000.0, "used": 0.0, "total": 1_000_000.0}


def test_batch_of_orders(maker: Any) -> None:
    wanted: list[dict[str, object]] = [
        {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 1, "price": 40_000 + step} for step in range(3)
    ]
    orders = maker.create_orders(wanted)
    assert [order["status"] for order in orders] == ["open"] * 3
    assert [row["price"] for row in maker.fetch_open_orders(SYMBOL)] == [40_000.0, 40_001.0, 40_002.0]
    wanted[1]["amount"] = 24
    with pytest.raises(ccxt.InsufficientFunds):
        maker.create_orders(wanted)
    assert len(maker.fetch_open_orders(SYMBOL)) == 5


def test_market_data(maker: Any, taker: Any) -> None:
    maker.create_order(SYMBOL, "limit", "sell", 1, 50_000)
    maker.create_order(SYMBOL, "limit", "sell", 2, 50_010)
    maker.create_order(SYMBOL, "limit", "buy", 3, 49_000)
    taker.create_order(SYMBOL, "limit", "buy", 1.5, 50_010)
    taker.create_order(SYMBOL, "limit", "sell", 1, 49_000)
    book = maker.fetch_order_book(SYMBOL)
    assert (book["bids"], book["asks"]) == ([[49_000.0, 2.0]], [[50_010.0, 1.5]])
    assert maker.fetch_order_book(SYMBOL, 1000)["bids"] == [[49_000.0, 2.0]]
    trades = maker.fetch_trades(SYMBOL)
    assert [(row["side"], row["price"], row["amount"]) for row in trades] == [
        ("buy", 50_000.0, 1.0),
        ("buy", 50_010.0, 0.5),
        ("sell", 49_000.0, 1.0),
    ]
    for frame in ("1m", "1h", "1d", "1w", "1M"):
        candles = maker.fetch_ohlcv(SYMBOL, frame)
        assert sum(candle[5] for candle in candles) == 2.5
        assert (candles[0][1], candles[-1][4]) == (50_000.0, 49_000.0)
        assert (max(candle[2] for candle in candles), min(candle[3] for candle in candles)) == (50_010.0, 49_000.0)
    ticker = maker.fetch_ticker(SYMBOL)
    assert (ticker["last"], ticker["high"], ticker["low"], ticker["open"]) == (49_000.0, 50_010.0, 49_000.0, 50_000.0)
    assert (ticker["bid"], ticker["ask"], ticker["baseVolume"]) == (49_000.0, 50_010.0, 2.5)
    assert ticker["quoteVolume"] == 50_000 + 25_005 + 49_000
    assert sorted(maker.fetch_tickers()) == ["BTC/USD", "BTC/USDT", "ETH/USDT"]
    assert maker.fetch_last_prices([SYMBOL])[SYMBOL]["price"] == 49_000.0


def test_accounts_and_fees(fresh_server: LiveServer) -> None:
    trader = fresh_server.account(USD="1000000", BTC="1")
    client = trader.ccxt()
    (account,) = client.fetch_accounts()
    assert (account["id"], account["type"]) == (trader.account_id, "main spot account")
    fees = client.fetch_trading_fees()
    assert (fees[SYMBOL]["maker"], fees[SYMBOL]["taker"]) == (0.0012, 0.0012)
    assert fees["BTC/USD"]["info"]["buyTakerFeeCurrency"] == "USD"


def test_errors_raise_the_class_a_caller_expects(fresh_server: LiveServer, maker: Any, taker: Any) -> None:
    with pytest.raises(ccxt.InsufficientFunds):
        maker.create_order(SYMBOL, "limit", "sell", 11, 50_000)
    with pytest.raises(ccxt.OrderNotFound):
        maker.fetch_order("1")
    with pytest.raises(ccxt.OrderNotFound):
        maker.cancel_order("1", SYMBOL)
    with pytest.raises(ccxt.BadSymbol):
        maker.publicGetQuoteV1Depth({})
    with pytest.raises(ccxt.InvalidOrder):  # below the least value of an order
        maker.create_order(SYMBOL, "limit", "buy", 0.00001, 50_000)
    with pytest.raises(ccxt.InvalidOrder):
        maker.privatePostApiV1SpotOrder({"symbol": "BTCUSDT", "side": "HOLD", "type": "MARKET", "quantity": "1"})
    first = maker.create_order(SYMBOL, "limit", "sell", 1, 50_000, {"clientOrderId": "twice"})
    with pytest.raises(ccxt.DuplicateOrderId):
        maker.create_order(SYMBOL, "limit", "sell", 1, 50_000, {"clientOrderId": "twice"})
    with pytest.raises(ccxt.OrderNotFound):
        taker.cancel_order(first["id"], SYMBOL)
    maker.cancel_order(first["id"], SYMBOL)
    with pytest.raises(ccxt.OrderNotFillable):
        maker.cancel_order(first["id"], SYMBOL)
    maker.secret = "wrong"
    with pytest.raises(ccxt.AuthenticationError):
        maker.fetch_balance()
    maker.apiKey = "unknown"
    with pytest.raises(ccxt.AuthenticationError):
        maker.fetch_balance()
    taker.milliseconds = lambda: 1_600_000_000_000
    with pytest.raises(ccxt.InvalidNonce):
        taker.fetch_balance()
