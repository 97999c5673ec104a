"""Listen keys, and the contract's private stream."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from lionrock.people.api_keys import Credential, Right
from lionrock.people.listen_keys import LIFETIME_NS, ListenKeys
from tests.gateways.rest.live import LiveServer, Trader, refusal
from tests.gateways.rest.own import own
from tests.gateways.websocket.listener import Listener, eventually, listen_key

PATH = "/api/v1/userDataStream"


@pytest.fixture
def ann(server: LiveServer) -> Trader:
    return server.account(BTC="10", USDT="1000000")


@pytest.fixture
def bob(server: LiveServer) -> Trader:
    return server.account(BTC="10", USDT="1000000")


def private(trader: Trader) -> Listener:
    return Listener(trader.server, f"/api/v1/ws/{listen_key(trader)}")


def names(frames: list[Any]) -> list[str]:
    return [frame[0]["e"] for frame in frames]


@pytest.mark.shows("WSOC-006")
def test_each_frame_is_a_list_of_one_event(ann: Trader, bob: Trader) -> None:
    with private(ann) as stream:
        placed = ann.limit("SELL", "1", "50000", newClientOrderId="mine")
        report, balance = stream.hear(), stream.hear()
        assert names([report, balance]) == ["executionReport", "outboundAccountInfo"]
        assert len(report) == 1
        assert (report[0]["i"], report[0]["c"], report[0]["X"], report[0]["q"], report[0]["r"]) == (
            placed["orderId"], "mine", "NEW", "1", "1",
        )  # fmt: skip
        assert balance[0]["B"] == [{"a": "BTC", "f": "9", "l": "1", "r": ""}]

        bob.limit("BUY", "0.4", "50000")
        frames = [stream.hear() for _ in range(4)]
        assert names(frames) == ["executionReport", "ticketInfo", "outboundAccountInfo", "outboundAccountInfo"]
        (filled,), (ticket,) = frames[:2]
        assert (filled["X"], filled["l"], filled["L"], filled["z"], filled["r"]) == (
            "PARTIALLY_FILLED", "0.4", "50000", "0.4", "0.6",
        )  # fmt: skip
        assert (filled["n"], filled["N"], filled["m"], filled["Z"], filled["V"]) == (
            "24",
            "USDT",
            True,
            "20000",
            "50000",
        )
        assert (ticket["o"], ticket["q"], ticket["p"], ticket["m"], ticket["S"]) == (
            placed["orderId"], "0.4", "50000", True, "SELL",
        )  # fmt: skip
        assert [frame[0]["B"][0]["a"] for frame in frames[2:]] == ["BTC", "USDT"]

        bob.limit("BUY", "1", "50000")
        (last,) = stream.until(lambda frame: frame[0]["e"] == "executionReport")
        assert (last["X"], last["l"], last["z"], last["r"]) == ("FILLED", "0.6", "1", "0")
    bob.signed("DELETE", "/api/v1/spot/openOrders", symbol="BTCUSDT")


@pytest.mark.shows("WSOC-006")
def test_a_cancelled_order_says_why_and_an_order_that_takes_shows_each_step(ann: Trader, bob: Trader) -> None:
    bob.limit("SELL", "0.5", "50000")
    with private(ann) as stream:
        ann.limit("BUY", "2", "50000", timeInForce="IOC")
        reports = [stream.until(lambda frame: frame[0]["e"] == "executionReport")[0] for _ in range(3)]
        assert [(report["X"], report["z"], report["x"]) for report in reports] == [
            ("NEW", "0", ""),
            ("PARTIALLY_FILLED", "0.5", ""),
            ("PARTIALLY_CANCELED", "0.5", "IMMEDIATE_REMAINDER"),
        ]
        order = ann.limit("BUY", "1", "40000")
        ann.signed("DELETE", "/api/v1/spot/order", orderId=order["orderId"])
        (report,) = stream.until(lambda frame: frame[0].get("X") == "CANCELED")
        assert report["x"] == "USER_CANCEL"


@pytest.mark.shows("WSOC-007")
def test_a_stream_shows_one_account_and_no_other(ann: Trader, bob: Trader) -> None:
    with private(ann) as stream:
        order = bob.limit("SELL", "1", "60000")
        mine = ann.limit("BUY", "1", "40000")
        (report,) = stream.hear()
        assert report["i"] == mine["orderId"]
        for trader, placed in ((bob, order), (ann, mine)):
            trader.signed("DELETE", "/api/v1/spot/order", orderId=placed["orderId"])


@pytest.mark.shows("WSOC-007")
def test_a_listen_key_is_renewed_unsigned_and_ended_by_its_owner_alone(ann: Trader, bob: Trader) -> None:
    key = listen_key(ann)
    assert len(key) == 64
    assert listen_key(ann) == key
    assert listen_key(bob) != key
    assert ann.server.http.post(PATH).json()["code"] == "0102"
    assert ann.send("POST", PATH).json() == {"listenKey": key}
    assert refusal(ann.send("POST", PATH, query=f"signature={'0' * 64}&timestamp=1")) in {"0002", -1021}
    renewed = ann.server.http.put(f"{PATH}?listenKey={key}")
    assert (renewed.status_code, renewed.json()) == (200, {})
    assert refusal(ann.server.http.put(f"{PATH}?listenKey={'0' * 64}")) == -1130
    assert refusal(ann.server.http.put(PATH)) == "0001"
    assert refusal(bob.signed("DELETE", PATH, listenKey=key)) == -1130
    with Listener(ann.server, f"/api/v1/ws/{key}") as stream:
        assert ann.signed("DELETE", PATH, listenKey=key).json() == {}
        with pytest.raises(ConnectionClosed) as closed:
            stream.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4001
        assert "listen key has ended" in closed.value.rcvd.reason
    for path in (f"/api/v1/ws/{key}", f"/api/v1/ws/{'0' * 64}", "/api/v1/ws/", f"/lionrock/v1/stream/{key}"):
        with pytest.raises(InvalidStatus) as refused:
            Listener(ann.server, path)
        assert refused.value.response.status_code == 400


@pytest.mark.shows("WSOC-007", "AUTH-004")
def test_streams_of_a_revoked_key_are_closed_at_once(ann: Trader) -> None:
    made = own(ann, "POST", "/lionrock/v1/keys", rights=["READ"]).json()
    reader = Trader(ann.server, made)
    paths = (f"/api/v1/ws/{listen_key(reader)}", f"/lionrock/v1/stream/{listen_key(reader)}")
    streams = [Listener(ann.server, path) for path in paths]
    with private(ann) as owner:
        assert ann.signed("DELETE", "/lionrock/v1/keys", apiKey=made["apiKey"]).status_code == 200
        for stream in streams:
            with stream, pytest.raises(ConnectionClosed) as closed:
                stream.hear()
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, "was revoked" in closed.value.rcvd.reason) == (4001, True)
        for path in paths:
            with pytest.raises(InvalidStatus):
                Listener(ann.server, path)
        placed = ann.limit("SELL", "1", "90000")
        assert owner.hear()[0]["i"] == placed["orderId"], "other keys of the account stream on"
    ann.signed("DELETE", "/api/v1/spot/order", orderId=placed["orderId"])


@pytest.mark.shows("WSOC-007")
def test_a_listen_key_ends_with_its_api_key() -> None:
    now = [0]
    keys, told = ListenKeys(bytes.fromhex("ab").__mul__, lambda: now[0]), list[str]()
    keys.on_end.append(lambda key: told.append(key.text))
    key = keys.open(Credential("access", b"secret", 5, Right.READ, expires_ns=9))
    now[0] = 9
    assert keys.find(key.text) is None
    assert told == [key.text]


@pytest.mark.shows("WSOC-007")
def test_a_listen_key_ends_after_seventy_minutes_unless_renewed() -> None:
    now = [0]
    keys = ListenKeys(bytes.fromhex("ab").__mul__, lambda: now[0])
    credential = Credential("access", b"secret", 5, Right.READ)
    key = keys.open(credential)
    assert keys.find(key.text) is key
    now[0] = LIFETIME_NS - 1
    keys.renew(key)
    now[0] = 2 * LIFETIME_NS - 2
    assert keys.find(key.text) is key
    now[0] += 1
    assert keys.find(key.text) is None
    assert keys.open(credential) is not key
    assert "secret" not in repr(key)
    assert key.text not in repr(key)


@pytest.mark.shows("WSOC-005")
def test_a_client_s_ping_gets_its_own_number_back(ann: Trader) -> None:
    with private(ann) as stream:
        pong = stream.ask({"ping": 123})
        assert pong["pong"] == 123
        assert pong["channelId"]
        stream.say("no JSON")
        stream.say([1])
        assert stream.ask({"ping": 124})["pong"] == 124


@pytest.mark.shows("WSOC-006")
def test_two_connections_of_an_account_hear_the_same(ann: Trader) -> None:
    with private(ann) as one, private(ann) as other:
        order = ann.limit("BUY", "1", "40000")
        assert one.hear() == other.hear()
        ann.signed("DELETE", "/api/v1/spot/order", orderId=order["orderId"])
    eventually(lambda: not ann.open_orders())
