"""What REST shows of orders and markets that the operator, time or another way in has touched."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lionrock.gateways.rest.authentication import sign
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.gateways.rest.server import application
from lionrock.site import sandbox
from lionrock.site.site import Site
from lionrock.words.commands import CancelOrders, Command, PlaceOrder, SetKillSwitch
from lionrock.words.enumerations import CancelReason, KillSwitchScope, OrderType, Side, TimeInForce

ORDER = "/api/v1/spot/order"
SELL = "symbol=BTCUSDT&side=SELL&type=LIMIT&quantity=1&price=50000"
START_NS = 1_800_000_000 * 10**9
SECOND_NS = 10**9
BTCUSDT = 1


class Stage:
    """A sandbox in this process, with a clock that is set by hand, an operator, and one trader."""

    def __init__(self, site: Site, client: httpx.AsyncClient, clock: Clock) -> None:
        self.site, self.client, self.clock = site, client, clock
        self.account: dict[str, str] = {}

    @property
    def account_id(self) -> int:
        return int(self.account["accountId"])

    async def do(self, command: Command) -> None:
        await self.site.node.submit(command)

    async def signed(self, method: str, path: str, text: str = "") -> Any:
        text = f"{text}&timestamp={self.clock.now_ns // 1_000_000}"
        url = f"{path}?{text}&signature={sign(self.account['secret'].encode(), text.encode())}"
        return (await self.client.request(method, url, headers={"X-HK-APIKEY": self.account["apiKey"]})).json()

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
        fund = {"fund": {"BTC": "10", "USDT": "100000"}}
        stage.account = (await client.post("/lionrock/v1/sandbox/accounts", json=fund)).json()
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
    await stage.do(SetKillSwitch(scope=KillSwitchScope.ACCOUNT, scope_id=stage.account_id, engaged=1))
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
