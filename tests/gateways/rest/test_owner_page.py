"""What the owner's page may do with a session in the place of a key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.gateways.rest.live import LiveServer

FUNDS = {"BTC": "2", "USDT": "100000"}
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "40000"}


class Owner:
    """Somebody with a page open."""

    def __init__(self, server: LiveServer, name: str) -> None:
        self.client = httpx.Client(base_url=server.url, timeout=30)
        signed = {"signInName": name, "password": "a long pass phrase"}
        made = self.client.post("/lionrock/v1/users", json=signed | {"fund": FUNDS})
        assert made.status_code == 200, made.text
        self.answer = self.client.post("/lionrock/v1/sessions", json=signed).json()
        self.token = {"X-Lionrock-CSRF": self.answer["csrfToken"]}

    def ask(self, method: str, path: str, **named: Any) -> httpx.Response:
        return self.client.request(method, path, headers=self.token, **named)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("site"), "--sandbox", with_views=True)
    yield live
    assert live.stop() == 0


@pytest.mark.shows("AUTH-025")
def test_a_session_trades_and_reads_its_own_account(server: LiveServer) -> None:
    owner, other = Owner(server, "owner-1"), Owner(server, "owner-2")
    placed = owner.ask("POST", "/lionrock/v1/orders", json=ORDER)
    assert placed.status_code == 200, placed.text
    open_orders = owner.ask("GET", "/api/v1/spot/openOrders").json()
    assert [row["orderId"] for row in open_orders] == [placed.json()["order"]["orderId"]]
    assert other.ask("GET", "/api/v1/spot/openOrders").json() == []
    gone = other.ask("DELETE", "/lionrock/v1/orders", params={"orderId": placed.json()["order"]["orderId"]})
    assert gone.status_code == 400
    assert len(owner.ask("GET", "/api/v1/spot/openOrders").json()) == 1
    balances = {row["asset"]: row["total"] for row in owner.ask("GET", "/api/v1/account").json()["balances"]}
    assert balances == {"BTC": "2", "USDT": "100000"}


@pytest.mark.shows("AUTH-025")
def test_a_write_without_the_token_against_forgery_is_refused(server: LiveServer) -> None:
    owner = Owner(server, "owner-3")
    for path in ("/lionrock/v1/orders", "/api/v1/spot/order"):
        forged = owner.client.post(path, params=ORDER | {"newClientOrderId": "x"})
        assert forged.json()["code"] == -1002, path
    forged = owner.client.post("/api/v1/userDataStream")
    assert forged.json()["code"] == -1002
    assert owner.ask("GET", "/api/v1/spot/openOrders").json() == []


@pytest.mark.shows("AUTH-025")
def test_a_repeated_idempotency_key_places_one_order(server: LiveServer) -> None:
    owner = Owner(server, "owner-4")
    key = owner.token | {"Idempotency-Key": "once"}
    first, second = (owner.client.post("/lionrock/v1/orders", json=ORDER, headers=key).json() for _ in range(2))
    assert first == second
    assert len(owner.ask("GET", "/api/v1/spot/openOrders").json()) == 1


@pytest.mark.shows("AUTH-025")
def test_the_user_is_told_the_token_anew_after_a_reload(server: LiveServer) -> None:
    owner = Owner(server, "owner-5")
    shown = owner.client.get("/lionrock/v1/user").json()
    assert shown["csrfToken"] == owner.answer["csrfToken"]
    assert shown["sessionId"] == owner.answer["sessionId"]
    assert shown["needsSecondFactor"] is False


def _drain(stream: ClientConnection) -> None:
    while True:
        stream.recv(timeout=5)


@pytest.mark.shows("AUTH-026")
def test_the_streams_of_a_session_end_with_it(server: LiveServer) -> None:
    owner = Owner(server, "owner-6")
    key = owner.ask("POST", "/api/v1/userDataStream").json()["listenKey"]
    with connect(f"{server.url.replace('http', 'ws')}/lionrock/v1/stream/{key}") as stream:
        stream.send(json.dumps({"op": "subscribe"}))
        assert json.loads(stream.recv(timeout=5))
        owner.ask("DELETE", "/lionrock/v1/sessions")
        with pytest.raises(ConnectionClosed) as closed:
            _drain(stream)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4001
    assert owner.client.put("/api/v1/userDataStream", params={"listenKey": key}).status_code == 400


@pytest.mark.shows("AUTH-027")
def test_a_page_moves_nothing_out_without_a_second_factor(server: LiveServer) -> None:
    owner = Owner(server, "owner-7")
    asked = {"coin": "BTC", "chainType": "BTC", "address": "anything", "quantity": "0.1"}
    for path in ("/api/v1/account/withdraw", "/lionrock/v1/withdrawalAddresses"):
        refused = owner.ask("POST", path, params=asked)
        assert refused.json()["lionrock"]["name"] == "no_second_factor", refused.text
