"""Once the node has stopped, what became of requests is unknown: nothing firm is said about them."""

from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from lionrock.gateways.rest.authentication import sign
from lionrock.gateways.rest.contract import Body, Security
from lionrock.gateways.rest.endpoints import ENDPOINTS
from lionrock.gateways.rest.server import application
from lionrock.journal.writer import Writer
from lionrock.site import sandbox
from lionrock.site.site import Site
from tests.gateways.rest.live import now_ms

pytestmark = pytest.mark.shows("REST-025")

PARAMETERS = {
    "/quote/v1/klines": "symbol=BTCUSDT&interval=1m",
    "/quote/v1/depth": "symbol=BTCUSDT",
    "/quote/v1/trades": "symbol=BTCUSDT",
    "/api/v1/spot/order": "clientOrderId=lost&symbol=BTCUSDT&side=SELL&type=LIMIT&quantity=1&price=50000",
    "/api/v1/spot/orderTest": "symbol=BTCUSDT&side=SELL&type=LIMIT&quantity=1&price=50000",
    "/api/v1.1/spot/order": "symbol=BTCUSDT&side=SELL&type=LIMIT&quantity=1&price=50000",
    "/api/v1/spot/openOrders": "symbol=BTCUSDT",
    "/api/v1/spot/cancelOrderByIds": "ids=1000000000000000099",
}


def fail(*_: Any) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


async def test_a_stopped_node_says_nothing_firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = await Site.open(tmp_path / "site", time.time_ns, os.urandom)
    await sandbox.seed(site)
    served = application(site.venue(sandbox.PROFILE), ENDPOINTS + sandbox.ENDPOINTS)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://site") as client:
        opened = await client.post("/lionrock/v1/sandbox/accounts", json={"fund": {"BTC": "1"}})
        account = opened.json()

        async def signed(method: str, path: str, text: str = "", body: bytes = b"") -> httpx.Response:
            text = f"{text}&timestamp={now_ms()}"
            url = f"{path}?{text}&signature={sign(account['secret'].encode(), text.encode())}"
            return await client.request(method, url, headers={"X-HK-APIKEY": account["apiKey"]}, content=body)

        monkeypatch.setattr(Writer, "write", fail)
        lost = await signed("POST", "/api/v1/spot/order", PARAMETERS["/api/v1/spot/order"])
        assert (lost.status_code, lost.json()["code"]) == (500, -1006)

        batch = json.dumps([{"symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "quantity": "1", "price": "1"}])
        wrong: dict[str, object] = {}
        of_the_ledger = [each for each in ENDPOINTS if each.shows_state or not each.path.startswith("/lionrock/")]
        own = {each.path.split("/")[3] for each in of_the_ledger if each.path.startswith("/lionrock/")}
        assert own >= {
            "orders",
            "killSwitch",
            "book",
            "auctions",
            "history",
            "statements",
            "subAccounts",
            "withdrawals",
        }
        for endpoint in of_the_ledger:
            text = PARAMETERS.get(endpoint.path, "")
            if endpoint.security is Security.NONE:
                answer = await client.request(endpoint.method, f"{endpoint.path}?{text}")
            else:
                body = batch.encode() if endpoint.body is Body.JSON else b""
                answer = await signed(endpoint.method, endpoint.path, text, body)
            said = (answer.status_code, answer.json().get("code") if isinstance(answer.json(), dict) else answer.json())
            needs_no_state = endpoint.path in {"/api/v1/ping", "/api/v1/time", "/api/v1/spot/orderTest"}
            expected: list[object] = [(200, None) if needs_no_state else (503, -1101)]
            if endpoint.security in (Security.SESSION, Security.STAFF):  # a key is not who they ask for
                expected.append((400, -1002))
            if said not in expected:
                wrong[f"{endpoint.method} {endpoint.path}"] = said
        assert wrong == {}
        for method, path, content in (("POST", "accounts", b"{}"), ("GET", "state", b"")):
            answer = await client.request(method, f"/lionrock/v1/sandbox/{path}", content=content)
            assert (answer.status_code, answer.json()["code"]) == (503, -1101)
    await site.close()
