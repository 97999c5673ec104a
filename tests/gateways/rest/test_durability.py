"""While the disk is busy with an order, nobody sees what it did."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from lionrock.gateways.rest.authentication import sign
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.gateways.rest.server import application
from lionrock.journal.writer import Writer
from lionrock.site import sandbox
from lionrock.site.site import Site

pytestmark = pytest.mark.shows("REST-018")

ORDER = "symbol=BTCUSDT&side=SELL&type=LIMIT&quantity=1&price=50000"


class Held:
    """A disk that takes its time: appends wait until they are let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = threading.Event()
        self.go.set()
        self.waits = threading.Event()
        write = Writer.write

        def wait_and_write(writer: Writer, *arguments: Any) -> Any:
            if not self.go.is_set():
                self.waits.set()
            assert self.go.wait(30)
            return write(writer, *arguments)

        monkeypatch.setattr(Writer, "write", wait_and_write)

    async def taken_in(self) -> None:
        """Returns when the engine has done what the disk still has to take."""
        assert await asyncio.to_thread(self.waits.wait, 30)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    disk = Held(monkeypatch)
    yield disk
    disk.go.set()


@pytest.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr("lionrock.site.site.QUICK_SYNC_NS", 0)  # what is held holds the journal's thread only
    site = await Site.open(tmp_path / "site", time.time_ns, os.urandom)
    await sandbox.seed(site)
    served = application(site.venue(sandbox.PROFILE), ENDPOINTS + sandbox.ENDPOINTS)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://site") as client:
        yield client
    await site.close()


async def test_nothing_is_shown_before_it_is_durable(client: httpx.AsyncClient, held: Held) -> None:
    account = (await client.post("/lionrock/v1/sandbox/accounts", json={"fund": {"BTC": "1"}})).json()

    async def signed(method: str, path: str, text: str = "") -> Any:
        text = f"{text}&timestamp={time.time_ns() // 1_000_000}"
        signature = sign(account["secret"].encode(), text.encode())
        headers = {"X-HK-APIKEY": account["apiKey"]}
        return (await client.request(method, f"{path}?{text}&signature={signature}", headers=headers)).json()

    async def depth() -> Any:
        return (await client.get("/quote/v1/depth?symbol=BTCUSDT")).json()["a"]

    async def best() -> Any:
        return (await client.get("/quote/v1/ticker/bookTicker?symbol=BTCUSDT")).json()[0]["a"]

    held.go.clear()
    placing = asyncio.create_task(signed("POST", "/api/v1/spot/order", ORDER))
    await held.taken_in()
    reads = (depth(), best(), signed("GET", "/api/v1/account"), signed("GET", "/api/v1/spot/openOrders"))
    reading = [asyncio.create_task(read) for read in reads]
    for _ in range(100):  # every chance to answer too early
        await asyncio.sleep(0)
    assert not placing.done()
    assert not any(task.done() for task in reading)

    held.go.set()
    assert (await placing)["status"] == "NEW"
    asks, best_ask, account_now, open_orders = await asyncio.gather(*reading)
    assert (asks, best_ask) == ([["50000", "1"]], "50000")
    assert account_now["balances"][0]["locked"] == "1"
    assert open_orders == []  # as it was when it was asked


async def test_client_order_id_of_an_order_on_its_way_is_taken(client: httpx.AsyncClient, held: Held) -> None:
    account = (await client.post("/lionrock/v1/sandbox/accounts", json={"fund": {"BTC": "2"}})).json()

    async def place() -> Any:
        text = f"{ORDER}&newClientOrderId=once&attempt={next(attempts)}&timestamp={time.time_ns() // 1_000_000}"
        url = f"/api/v1/spot/order?{text}&signature={sign(account['secret'].encode(), text.encode())}"
        return (await client.post(url, headers={"X-HK-APIKEY": account["apiKey"]})).json()

    attempts = count()
    held.go.clear()
    first = asyncio.create_task(place())
    await held.taken_in()
    second = asyncio.create_task(place())
    for _ in range(100):
        await asyncio.sleep(0)
    assert not first.done()
    assert not second.done()  # it is refused once it is certain that the first is there
    held.go.set()
    assert (await first)["status"] == "NEW"
    assert (await second)["code"] == -1141


@pytest.mark.shows("REST-015")
async def test_cancel_tells_what_was_filled_before_it(client: httpx.AsyncClient, held: Held) -> None:
    """The fill is on its way to the disk when the cancel is asked for."""
    seller = (await client.post("/lionrock/v1/sandbox/accounts", json={"fund": {"BTC": "1"}})).json()
    buyer = (await client.post("/lionrock/v1/sandbox/accounts", json={"fund": {"USDT": "50000"}})).json()

    async def signed(method: str, text: str, account: dict[str, str] = seller) -> Any:
        text = f"{text}&timestamp={time.time_ns() // 1_000_000}"
        url = f"/api/v1/spot/order?{text}&signature={sign(account['secret'].encode(), text.encode())}"
        return (await client.request(method, url, headers={"X-HK-APIKEY": account["apiKey"]})).json()

    resting = await signed("POST", ORDER)
    held.go.clear()
    taking = asyncio.create_task(signed("POST", "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=0.4&price=50000", buyer))
    await held.taken_in()
    cancelling = asyncio.create_task(signed("DELETE", f"orderId={resting['orderId']}"))
    for _ in range(100):
        await asyncio.sleep(0)
    held.go.set()
    assert (await taking)["status"] == "FILLED"
    cancelled = await cancelling
    assert (cancelled["executedQty"], cancelled["status"]) == ("0.4", "PARTIALLY_FILLED")
    after = await signed("GET", f"orderId={resting['orderId']}")
    assert (after["executedQty"], after["status"]) == ("0.4", "PARTIALLY_CANCELED")
