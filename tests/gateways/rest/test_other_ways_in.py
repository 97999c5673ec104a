"""What REST shows of orders and markets that the operator, time or another way in has touched."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from lionrock.gateways.rest.authentication import sign
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.gateways.rest.server import application
from lionrock.site import sandbox
from lionrock.site.site import Site
from lionrock.words.commands import (
    AssignFeeTier,
    CancelOrders,
    Command,
    PlaceOrder,
    SetFeeTier,
    SetKillSwitch,
    SetMarketPhase,
    SetPriceBand,
)
from lionrock.words.enumerations import CancelReason, KillSwitchScope, MarketPhase, OrderType, Side, TimeInForce

ORDER = "/api/v1/spot/order"
SELL = "symbol=BTCUSDT&side=SELL&type=LIMIT&quantity=1&price=50000"
BUY = SELL.replace("SELL", "BUY")
START_NS = 1_800_000_000 * 10**9
SECOND_NS = 10**9
BTCUSDT = 1


class Stage:
    """A sandbox in this process, with a clock that is set by hand, an operator, and one trader."""

    def __init__(self, site: Site, client: httpx.AsyncClient, clock: Clock) -> None:
        self.site, self.client, self.clock = site, client, clock
        self.asked = 0
        self.account: dict[str, str] = {}

    @property
    def account_id(self) -> int:
        return int(self.account["accountId"])

    async def do(self, command: Command) -> None:
        await self.site.node.submit(command)

    async def enter(self, phase: MarketPhase) -> None:
        await self.do(SetMarketPhase(market_id=BTCUSDT, phase=phase, at_time_ns=0, reference_price_ticks=0))

    async def stop(self, scope: KillSwitchScope, scope_id: int, engaged: int) -> None:
        await self.do(SetKillSwitch(scope=scope, scope_id=scope_id, engaged=engaged))

    async def open_account(self) -> dict[str, str]:
        fund = {"fund": {"BTC": "10", "USDT": "100000", "USD": "200000"}}
        account: dict[str, str] = (await self.client.post("/lionrock/v1/sandbox/accounts", json=fund)).json()
        return account

    async def statuses(self) -> list[str]:
        symbols = (await self.client.get("/api/v1/exchangeInfo")).json()["symbols"]
        return [symbol["status"] for symbol in symbols]

    async def signed(self, method: str, path: str, text: str = "", account: dict[str, str] | None = None) -> Any:
        """Of the one trader, if nobody else is named."""
        account = account or self.account
        self.asked += 1  # time stands still, and two requests are not one
        text = f"{text}&recvWindow={5_000 + self.asked}&timestamp={self.clock.now_ns // 1_000_000}"
        url = f"{path}?{text}&signature={sign(account['secret'].encode(), text.encode())}"
        return (await self.client.request(method, url, headers={"X-HK-APIKEY": account["apiKey"]})).json()

    async def ask(self, order_id: str) -> Any:
        return await self.signed("GET", ORDER, f"orderId={order_id}")

    async def good_till_date(self, price_ticks: int, expire_time_ns: int) -> str:
        """An order that did not come in through REST; its id."""
        await self.do(self.order(TimeInForce.GOOD_TILL_DATE, price_ticks, expire_time_ns))
        return str((await self.signed("GET", "/api/v1/spot/openOrders"))[-1]["orderId"])

    def order(self, time_in_force: TimeInForce, price_ticks: int, expire_time_ns: int = 0) -> PlaceOrder:
        return PlaceOrder(
            order_id=0,
            account_id=self.account_id,
            market_id=BTCUSDT,
            side=Side.SELL,
            order_type=OrderType.LIMIT,
            time_in_force=time_in_force,
            post_only=0,
            price_ticks=price_ticks,
            size_lots=100_000,
            quote_amount_atoms=0,
            expire_time_ns=expire_time_ns,
        )


class Clock:
    def __init__(self) -> None:
        self.now_ns = START_NS

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    clock = Clock()
    site = await Site.open(tmp_path / "site", clock, os.urandom)
    await sandbox.seed(site)
    served = application(site.venue(sandbox.PROFILE), ENDPOINTS + sandbox.ENDPOINTS)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://site") as client:
        stage = Stage(site, client, clock)
        stage.account = await stage.open_account()
        yield stage
    await site.close()


@pytest.mark.shows("REST-026")
async def test_whatever_ended_an_order_it_is_cancelled_and_says_why(stage: Stage) -> None:
    timed = await stage.good_till_date(5_000_000, START_NS + SECOND_NS)
    shown = await stage.ask(timed)
    assert (shown["timeInForce"], shown["status"], shown["stpMode"]) == ("GTC", "NEW", "NONE")
    stage.clock.now_ns += SECOND_NS
    plain = (await stage.signed("POST", ORDER, SELL))["orderId"]
    assert [row["orderId"] for row in await stage.signed("GET", "/api/v1/spot/openOrders")] == [plain]
    await stage.do(CancelOrders(account_id=stage.account_id, market_id=0, group_id=0, reason=CancelReason.DISCONNECTED))
    stopped = (await stage.signed("POST", ORDER, SELL))["orderId"]
    await stage.stop(KillSwitchScope.ACCOUNT, stage.account_id, 1)
    for order_id, reason in ((timed, "EXPIRED"), (plain, "DISCONNECTED"), (stopped, "KILL_SWITCH")):
        shown = await stage.ask(order_id)
        assert (shown["status"], shown["ordCxlReason"]) == ("CANCELED", reason)
        assert (await stage.signed("DELETE", ORDER, f"orderId={order_id}"))["code"] == -1142
    listed = await stage.signed("GET", "/api/v1/spot/tradeOrders")
    assert [(row["orderId"], row["status"], row["timeInForce"]) for row in listed] == [
        (order_id, "CANCELED", "GTC") for order_id in (timed, plain, stopped)
    ]
    assert (await stage.signed("POST", ORDER, SELL))["code"] == -1151


@pytest.mark.shows("REST-027")
async def test_what_was_due_is_not_taken_for_the_answer(stage: Stage) -> None:
    """The order that expires with a request stands before the request's own events."""
    first = await stage.good_till_date(5_000_000, START_NS + SECOND_NS)
    later = await stage.good_till_date(5_000_100, START_NS + 2 * SECOND_NS)
    last = await stage.good_till_date(5_000_200, START_NS + 3 * SECOND_NS)
    stage.clock.now_ns = START_NS + SECOND_NS
    placed = await stage.signed("POST", ORDER, SELL)
    assert (placed["status"], placed["orderId"] > last) == ("NEW", True)
    assert (await stage.ask(first))["ordCxlReason"] == "EXPIRED"
    stage.clock.now_ns = START_NS + 2 * SECOND_NS
    assert (await stage.signed("DELETE", ORDER, f"orderId={later}"))["code"] == -1142
    stage.clock.now_ns = START_NS + 3 * SECOND_NS
    refused = await stage.signed("POST", ORDER, SELL.replace("quantity=1", "quantity=100"))
    assert (refused["code"], (await stage.ask(last))["status"]) == ("0401", "CANCELED")
    assert [row["orderId"] for row in await stage.signed("GET", "/api/v1/spot/openOrders")] == [placed["orderId"]]


@pytest.mark.shows("REST-027")
async def test_an_account_opens_though_something_was_due(stage: Stage) -> None:
    await stage.good_till_date(5_000_000, START_NS + SECOND_NS)
    stage.clock.now_ns += SECOND_NS
    opened = await stage.client.post("/lionrock/v1/sandbox/accounts", json={"fund": {"BTC": "1"}})
    assert (opened.status_code, set(opened.json())) == (200, {"apiKey", "secret", "accountId"})


@pytest.mark.shows("REST-027")
async def test_an_auction_that_was_due_is_not_taken_for_the_answer(stage: Stage) -> None:
    await stage.enter(MarketPhase.PRE_OPEN)
    opening = START_NS + SECOND_NS
    await stage.do(
        SetMarketPhase(market_id=BTCUSDT, phase=MarketPhase.CONTINUOUS, at_time_ns=opening, reference_price_ticks=0)
    )
    sold = (await stage.signed("POST", ORDER, SELL))["orderId"]
    other = await stage.open_account()
    await stage.signed("POST", ORDER, BUY, other)
    stage.clock.now_ns = opening
    placed = await stage.signed("POST", ORDER, SELL, other)
    assert (placed["status"], placed["executedQty"]) == ("NEW", "0")
    assert (await stage.ask(sold))["status"] == "FILLED"
    assert await stage.statuses() == ["TRADING"] * 3


@pytest.mark.shows("REST-026")
async def test_day_orders_and_orders_at_the_price_band_are_cancelled(stage: Stage) -> None:
    other = await stage.open_account()
    await stage.signed("POST", ORDER, SELL)
    await stage.signed("POST", ORDER, BUY, other)
    await stage.do(SetPriceBand(market_id=BTCUSDT, band_ppm=10_000))
    await stage.do(stage.order(TimeInForce.DAY, 5_100_000))
    day = (await stage.signed("GET", "/api/v1/spot/openOrders"))[0]
    assert (day["timeInForce"], day["status"]) == ("GTC", "NEW")
    too_high = BUY.replace("price=50000", "price=51000").replace("quantity=1", "quantity=0.5")
    beyond = await stage.signed("POST", ORDER, f"{too_high}&timeInForce=IOC", other)
    assert beyond["status"] == "CANCELED"
    shown = await stage.signed("GET", ORDER, f"orderId={beyond['orderId']}", other)
    assert (shown["ordCxlReason"], await stage.statuses()) == ("VOLATILITY", ["BREAK", "TRADING", "TRADING"])
    await stage.enter(MarketPhase.CLOSED)
    shown = await stage.ask(day["orderId"])
    assert (shown["status"], shown["ordCxlReason"], shown["timeInForce"]) == ("CANCELED", "EXPIRED", "GTC")


@pytest.mark.shows("REST-028")
async def test_status_of_a_market_says_whether_it_trades(stage: Stage) -> None:
    assert await stage.statuses() == ["TRADING"] * 3
    for phase, status in (
        (MarketPhase.PRE_OPEN, "BREAK"),
        (MarketPhase.VOLATILITY_AUCTION, "BREAK"),
        (MarketPhase.HALTED, "HALT"),
        (MarketPhase.CANCEL_ONLY, "HALT"),
        (MarketPhase.CLOSED, "BREAK"),
        (MarketPhase.CONTINUOUS, "TRADING"),
    ):
        await stage.enter(phase)
        assert await stage.statuses() == [status, "TRADING", "TRADING"], phase
        alone = (await stage.client.get("/api/v1/exchangeInfo?symbol=BTCUSDT")).json()
        assert alone["status"] == status
    await stage.stop(KillSwitchScope.SITE, 0, 1)
    assert await stage.statuses() == ["HALT"] * 3
    await stage.stop(KillSwitchScope.MARKET, 2, 1)
    await stage.stop(KillSwitchScope.ACCOUNT, stage.account_id, 1)
    await stage.stop(KillSwitchScope.SITE, 0, 0)
    assert await stage.statuses() == ["TRADING", "HALT", "TRADING"]
    await stage.stop(KillSwitchScope.MARKET, 2, 0)
    assert await stage.statuses() == ["TRADING"] * 3


@pytest.mark.shows("REST-028")
async def test_where_orders_may_not_be_cancelled_nobody_is_told_they_were(stage: Stage) -> None:
    order_id = (await stage.signed("POST", ORDER, SELL))["orderId"]
    await stage.enter(MarketPhase.HALTED)
    assert (await stage.signed("POST", ORDER, SELL))["code"] == -1151
    assert (await stage.signed("DELETE", ORDER, f"orderId={order_id}"))["code"] == -1151
    assert (await stage.signed("DELETE", "/api/v1/spot/openOrders", "symbol=BTCUSDT"))["code"] == -1151
    answer = await stage.signed("DELETE", "/api/v1/spot/cancelOrderByIds", f"ids=0{order_id},{order_id},7")
    assert answer["result"] == [
        {"orderId": f"0{order_id}"[:19], "code": "0211"},
        {"orderId": order_id, "code": "-1151"},
        {"orderId": "7", "code": "0211"},
    ]
    assert [row["orderId"] for row in await stage.signed("GET", "/api/v1/spot/openOrders")] == [order_id]
    await stage.enter(MarketPhase.CANCEL_ONLY)
    assert (await stage.signed("POST", ORDER, SELL))["code"] == -1151
    assert await stage.signed("DELETE", "/api/v1/spot/openOrders", "symbol=BTCUSDT") == {"success": True}
    assert (await stage.ask(order_id))["ordCxlReason"] == "REQUESTED"


@pytest.mark.shows("REST-029")
async def test_in_an_auction_both_sides_are_makers(stage: Stage) -> None:
    other = await stage.open_account()
    await stage.enter(MarketPhase.PRE_OPEN)
    sold = await stage.signed("POST", ORDER, SELL)
    bought = await stage.signed("POST", ORDER, BUY, other)
    assert (sold["status"], bought["status"]) == ("NEW", "NEW")
    await stage.enter(MarketPhase.CONTINUOUS)
    (seller,) = await stage.signed("GET", "/api/v1/account/trades")
    (buyer,) = await stage.signed("GET", "/api/v1/account/trades", "", other)
    assert (seller["isMaker"], seller["isBuyer"], buyer["isMaker"], buyer["isBuyer"]) == (True, False, True, True)
    assert (seller["ticketId"], seller["id"] == buyer["id"]) == (buyer["ticketId"], False)
    # 0.12 % of what each receives.
    assert (seller["commission"], seller["commissionAsset"]) == ("60", "USDT")
    assert (buyer["commission"], buyer["commissionAsset"]) == ("0.0012", "BTC")
    (trade,) = (await stage.client.get("/quote/v1/trades?symbol=BTCUSDT")).json()
    assert (trade["p"], trade["q"], trade["ibm"]) == ("50000", "1", False)
    (candle,) = (await stage.client.get("/quote/v1/klines?symbol=BTCUSDT&interval=1m")).json()
    assert (candle[5], candle[8], candle[9], candle[10]) == ("1", 1, "0", "0")


async def test_a_rebate_is_a_commission_below_zero_in_the_asset_of_the_takers_fee(stage: Stage) -> None:
    """0.02 % of what the taker receives comes back; the taker pays 0.12 % of it. BTC/USD charges both sides in USD."""
    other = await stage.open_account()
    await stage.do(SetFeeTier(tier=90, maker_fee_ppm=-200, taker_fee_ppm=1_200))
    await stage.do(AssignFeeTier(account_id=stage.account_id, tier=90))
    sold = await stage.signed("POST", ORDER, SELL)
    await stage.signed("POST", ORDER, BUY, other)
    (mine,) = await stage.signed("GET", "/api/v1/account/trades")
    assert (mine["commission"], mine["commissionAsset"], mine["makerRebate"]) == ("-0.0002", "BTC", "0.0002")
    assert mine["fee"] == {
        "feeCoinId": "BTC",
        "feeCoinName": "BTC",
        "fee": "-0.0002",
        "originFee": "-0.0002",
        "originCoinId": "BTC",
        "originCoinName": "BTC",
    }
    (theirs,) = await stage.signed("GET", "/api/v1/account/trades", "", other)
    assert (theirs["commission"], theirs["commissionAsset"], theirs["makerRebate"]) == ("0.0012", "BTC", "0")
    shown = await stage.ask(sold["orderId"])
    assert (shown["feeCoin"], shown["feeAmount"], shown["sumFeeAmount"]) == ("BTC", "-0.0002", "-0.0002")

    # An order that trades both ways has its fee shown, in the one asset that there is room for.
    both = await _bought_both_ways(stage, other, "BTCUSDT")
    assert (both["feeCoin"], both["feeAmount"]) == ("BTC", "0.0012")
    _, resting = (await stage.signed("GET", "/api/v1/account/trades"))[1::-1]
    assert (resting["commission"], resting["commissionAsset"], resting["isMaker"]) == ("-10", "USDT", True)

    rates = await stage.signed("GET", "/api/v1/account/vipInfo", "symbols=BTCUSDT")
    assert rates["data"] == [
        {
            "symbol": "BTCUSDT",
            "productType": "Token-Token",
            "buyMakerFeeCurrency": "USDT",
            "buyTakerFeeCurrency": "BTC",
            "sellMakerFeeCurrency": "BTC",
            "sellTakerFeeCurrency": "USDT",
            "actualMakerRate": "-0.0002",
            "actualTakerRate": "0.0012",
        }
    ]


async def _bought_both_ways(stage: Stage, other: dict[str, str], symbol: str) -> Any:
    """The trader's order for two, of which one takes and one is taken."""
    sell, buy = (text.replace("BTCUSDT", symbol) for text in (SELL, BUY))
    await stage.signed("POST", ORDER, sell, other)
    bought = await stage.signed("POST", ORDER, buy.replace("quantity=1", "quantity=2"))
    await stage.signed("POST", ORDER, sell, other)
    return await stage.ask(bought["orderId"])


async def test_where_fee_and_rebate_are_in_one_asset_an_order_shows_what_they_come_to(stage: Stage) -> None:
    other = await stage.open_account()
    await stage.do(SetFeeTier(tier=90, maker_fee_ppm=-200, taker_fee_ppm=1_200))
    await stage.do(AssignFeeTier(account_id=stage.account_id, tier=90))
    both = await _bought_both_ways(stage, other, "BTCUSD")
    assert (both["feeCoin"], both["feeAmount"]) == ("USD", "50")  # 60 as the taker, less 10 as the maker


async def test_an_iceberg_shows_its_display_size_to_its_owner_and_no_more_than_that_to_others(stage: Stage) -> None:
    order = stage.order(TimeInForce.GOOD_TILL_CANCELLED, 5_000_000)
    await stage.do(msgspec.structs.replace(order, display_lots=20_000))
    (mine,) = await stage.signed("GET", "/api/v1/spot/openOrders")
    assert (mine["origQty"], mine["icebergQty"]) == ("1", "0.2")
    depth = (await stage.client.get("/quote/v1/depth?symbol=BTCUSDT")).json()
    assert depth["a"] == [["50000", "0.2"]]
