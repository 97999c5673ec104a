"""A request with an Idempotency-Key is carried out once, whatever happens to its answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from lionrock.node.published import Published
from lionrock.views.remembered import MEMORY_NS, Remembered
from lionrock.words.events import TimeAdvanced
from lionrock.words.side_notes import Mark, mark_of, marked, pack_notes, unmarked
from tests.gateways.rest.live import LiveServer, Trader, now_ms, raw
from tests.gateways.rest.own import ORDERS, done, own, reason

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "1", "price": "40000"}
OTHERS: list[tuple[str, str, dict[str, Any]]] = [
    ("PATCH", ORDERS, {"clientOrderId": "first", "quantity": "0.5"}),
    ("DELETE", ORDERS, {"clientOrderId": "second"}),
    ("POST", f"{ORDERS}/batch", {"orders": [ORDER, ORDER | {"price": "0.001"}]}),
    ("POST", ORDERS, ORDER | {"quantity": "20"}),  # not enough funds
    ("DELETE", ORDERS, {"side": "SELL"}),
    ("DELETE", ORDERS, {"symbol": "BTCUSDT"}),
    ("POST", "/lionrock/v1/killSwitch", {"engaged": True}),
    ("POST", "/lionrock/v1/killSwitch", {"engaged": False}),
]


class DyingServer(LiveServer):
    """Killed as soon as a command with a key is durable; started again it is like any other."""

    program = "tests.gateways.rest.dying_server"


@pytest.fixture
def dying(tmp_path: Path) -> Iterator[DyingServer]:
    server = DyingServer(tmp_path / "site", "--sandbox")
    yield server
    assert server.stop() == 0


def open_orders(trader: Trader) -> int:
    return len(done(own(trader, "GET")))


@pytest.mark.shows("ENTR-020")
def test_killed_between_commit_and_answer_it_is_not_done_twice(dying: DyingServer) -> None:
    trader = dying.account(USDT="100000")
    with pytest.raises(httpx.RemoteProtocolError):
        own(trader, "POST", key="buy", **ORDER)
    dying.process.communicate(timeout=30)
    assert dying.process.returncode == -9
    dying.program = LiveServer.program
    dying.start()
    assert open_orders(trader) == 1
    first = own(trader, "POST", key="buy", **ORDER)
    again = own(trader, "POST", key="buy", **ORDER)
    assert done(first)["order"]["status"] == "NEW"
    assert first.content == again.content
    assert open_orders(trader) == 1
    assert trader.balances()["USDT"] == ("60000", "40000")


@pytest.mark.shows("ENTR-020")
def test_a_connection_that_breaks_after_the_request_does_not_double_it(server: LiveServer) -> None:
    """The client's own time-out: it sends everything, hangs up, and tries again elsewhere."""
    trader = server.account(USDT="100000")
    body = '{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":"1","price":"40000"}'
    query = f"timestamp={now_ms()}"
    query += f"&signature={trader.sign(query + body)}"
    request = (
        f"POST {ORDERS}?{query} HTTP/1.1\r\nHost: x\r\nX-HK-APIKEY: {trader.key}\r\nIdempotency-Key: cut\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port or 0)) as connection:
        connection.sendall(request.encode())
    while not open_orders(trader):
        time.sleep(0.01)
    again = trader.send("POST", ORDERS, query, body, **{"Idempotency-Key": "cut", "Content-Type": "application/json"})
    assert done(again)["order"]["status"] == "NEW"
    assert open_orders(trader) == 1


@pytest.mark.shows("ENTR-021")
def test_duplicates_at_the_same_time_get_one_answer(server: LiveServer) -> None:
    trader = server.account(USDT="1000000")
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: own(trader, "POST", key="twins", **ORDER), range(24)))
    assert len({answer.content for answer in answers}) == 1
    assert open_orders(trader) == 1


@pytest.mark.shows("ENTR-021")
def test_every_write_answers_the_same_again_also_after_a_restart(fresh_server: LiveServer) -> None:
    server = fresh_server
    trader, stranger = server.account(BTC="10", USDT="200000"), server.account(BTC="10", USDT="1000000")
    for name, side, price in (("first", "BUY", "40000"), ("second", "BUY", "41000"), ("third", "SELL", "60000")):
        done(own(trader, "POST", clientOrderId=name, **(ORDER | {"side": side, "price": price})))
    writes: list[tuple[str, str, dict[str, Any]]] = [("POST", ORDERS, ORDER), *OTHERS]
    first = [own(trader, method, path, f"key {n}", **body) for n, (method, path, body) in enumerate(writes)]
    assert [answer.status_code for answer in first] == [200, 200, 200, 200, 400, 200, 200, 200, 200]
    assert (first[5].json()["count"], first[6].json()["count"]) == (1, 3)
    spot = urlencode(ORDER | {"timestamp": now_ms()})
    spot += f"&signature={trader.sign(spot)}"
    contract = trader.send("POST", "/api/v1/spot/order", spot, **{"Idempotency-Key": "contract"})
    assert contract.json()["status"] == "NEW"
    done(own(stranger, "POST", **(ORDER | {"side": "SELL"})))  # it is filled meanwhile
    state = server.get("/lionrock/v1/sandbox/state").json()

    def repeat() -> list[bytes]:
        again = [own(trader, method, path, f"key {n}", **body).content for n, (method, path, body) in enumerate(writes)]
        pairs = [*ORDER.items(), ("timestamp", now_ms())]
        text = urlencode(pairs)
        text += f"&signature={trader.sign(text)}"
        headers = {"Idempotency-Key": "contract"}
        return [*again, trader.send("POST", "/api/v1/spot/order", text, **headers).content]

    expected = [answer.content for answer in (*first, contract)]
    assert repeat() == expected
    server.kill()
    server.start()
    assert repeat() == expected
    server.stop()  # in good order: a snapshot carries the memory
    server.start()
    assert repeat() == expected
    assert server.get("/lionrock/v1/sandbox/state").json() == state


@pytest.mark.shows("ENTR-022")
def test_a_key_is_of_one_request_and_one_account(server: LiveServer) -> None:
    trader, other = server.account(USDT="1000000"), server.account(USDT="1000000")
    first = done(own(trader, "POST", key="mine", **ORDER))
    refused = reason(own(trader, "POST", key="mine", **(ORDER | {"quantity": "2"})), -1024, "idempotency_key_in_use")
    assert refused["rejection"] == 21024
    reason(own(trader, "DELETE", key="mine", all=True), -1024, "idempotency_key_in_use")
    assert open_orders(trader) == 1
    assert done(own(other, "POST", key="mine", **ORDER))["order"]["orderId"] != first["order"]["orderId"]
    for bad in ("", "x" * 256, "caf\u00e9"):
        head = f"X-HK-APIKEY: {trader.key}\r\nIdempotency-Key: {bad}\r\n".encode("latin-1")
        query = f"all=true&timestamp={now_ms()}"
        path = f"{ORDERS}?{query}&signature={trader.sign(query)}".encode()
        answer = raw(server, b"DELETE %b HTTP/1.1\r\nHost: x\r\n%b\r\n" % (path, head))
        assert b'"name":"parameter_missing_or_invalid"' in answer
    reason(own(trader, "POST", key="x" * 256, **ORDER), "0001", "parameter_missing_or_invalid")


@pytest.mark.shows("ENTR-022")
def test_two_keys_in_one_request_are_refused(server: LiveServer) -> None:
    trader = server.account(USDT="1000000")
    query = f"all=true&timestamp={now_ms()}"
    head = f"X-HK-APIKEY: {trader.key}\r\nIdempotency-Key: a\r\nIdempotency-Key: b"
    answer = raw(
        server, f"DELETE {ORDERS}?{query}&signature={trader.sign(query)} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode()
    )
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"Idempotency-Key" in answer


@pytest.mark.shows("ENTR-023")
def test_what_was_refused_before_the_journal_is_decided_anew(server: LiveServer) -> None:
    trader = server.account(USDT="1000000")
    reason(own(trader, "POST", key="later", **(ORDER | {"symbol": "NONE"})), "0201", "symbol_unknown")
    assert done(own(trader, "POST", key="later", **ORDER))["order"]["status"] == "NEW"


@pytest.mark.shows("ENTR-023")
def test_a_key_is_remembered_for_24_hours() -> None:
    mark = Mark(7, 9, b"d" * 16)
    note = marked(mark, b"name")
    assert (mark_of(note), unmarked(note), mark_of(b"name"), unmarked(b"name")) == (mark, b"name", None, b"name")

    def frame(sequence: int, time_ns: int, side: bytes = b"") -> Published:
        event = TimeAdvanced(index=0, sequence=sequence, time_ns=time_ns).pack()
        return Published(sequence, time_ns, bytes(128), side, event)

    view = Remembered()
    view.apply(frame(1, 100, pack_notes([(0, note)])))
    found = view.find(7, 9, 100 + MEMORY_NS - 1)
    assert found is not None
    assert [[event.sequence for event in events] for events in found.events()] == [[1]]
    assert view.find(8, 9, 100) is None
    loaded = Remembered()
    loaded.load(view.save())
    assert loaded.find(7, 9, 100) == found
    assert view.find(7, 9, 100 + MEMORY_NS) is None
    view.apply(frame(2, 100 + MEMORY_NS))
    assert view.find(7, 9, 100) is None
