"""Whatever is sent, the server answers below 500 and goes on."""

from __future__ import annotations

import random
import socket
from urllib.parse import urlsplit

import pytest

from lionrock.gateways.rest.endpoints import ENDPOINTS
from tests.gateways.rest.live import LiveServer, now_ms, raw

pytestmark = pytest.mark.shows("REST-010")

NAMES = (
    "symbol", "side", "type", "quantity", "amount", "price", "timeInForce", "newClientOrderId", "orderId", "ids",
    "limit", "origClientOrderId", "startTime", "endTime", "fromId", "toId", "interval", "accountId", "symbols",
    "recvWindow",
)  # fmt: skip
VALUES = (
    "BTCUSDT", "BUY", "SELL", "LIMIT", "MARKET", "LIMIT_MAKER", "1", "0", "-1", "1e99", "1e-99", "9" * 18, "9" * 19,
    "9" * 60, "0.00000001", "100", "IOC", "FOK", "1m", "1M", "NaN", "", "%", "%zz", "%00", "%FF", "%F0%9F%92%A9",
    "%C2%B2", "a,b", ",", "null", "[]", "%22", "%0d%0a", "true", "%ED%A0%80", "+", "1" * 5000,
)  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_random_requests_never_make_the_server_fail(server: LiveServer, seed: int) -> None:
    chance = random.Random(seed)
    trader = server.account(BTC="10", USDT="1000000")
    for _ in range(250):
        endpoint = chance.choice(ENDPOINTS)
        pairs = [f"{chance.choice(NAMES)}={chance.choice(VALUES)}" for _ in range(chance.randrange(8))]
        if chance.random() < 0.8:
            pairs = list({pair.partition("=")[0]: pair for pair in ["symbol=BTCUSDT", "type=LIMIT", *pairs]}.values())
        text = "&".join([*pairs, f"timestamp={now_ms()}"])
        text += f"&signature={trader.sign(text)}"
        in_query = chance.random() < 0.5
        answer = trader.send(endpoint.method, endpoint.path, *(("", text) if not in_query else (text, "")))
        assert answer.status_code in {200, 400}, (endpoint.path, text, answer.text)
        assert answer.headers["content-type"] == "application/json"
    assert trader.signed("GET", "/api/v1/account").status_code == 200


@pytest.mark.parametrize("seed", range(4))
def test_random_batches_never_make_the_server_fail(server: LiveServer, seed: int) -> None:
    chance = random.Random(seed)
    trader = server.account(BTC="10", USDT="1000000")
    pieces = (
        "[", "]", "{", "}", ",", ":", "1", "1e400", "NaN", "null", "true", '"symbol"', '"BTCUSDT"', '"\\ud800"',
        '{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":1,"price":100}', '"\\u0000"', "\udcff", "é",
        '"price"',
        '{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":1,"price":100,"newClientOrderId":"\\ud800"}',
    )  # fmt: skip
    for _ in range(100):
        query = f"timestamp={now_ms()}"
        query += f"&signature={trader.sign(query)}"
        body = "[" + ",".join(chance.choice(pieces) for _ in range(chance.randrange(1, 6))) + "]"
        if chance.random() < 0.3:
            body = "".join(chance.choice(pieces) for _ in range(chance.randrange(1, 12)))
        body = body.encode(errors="surrogateescape").decode("latin-1")
        answer = trader.send("POST", "/api/v1/spot/batchOrders", query, body)
        assert answer.status_code in {200, 400}, (body, answer.text)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET /api/v1/ping HTTP/9.9\r\n\r\n",
        b"POST /api/v1/spot/order HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"GET /\xff\xfe%ff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /api/v1/spot/order?timestamp=\xff&symbol=\xc3\x28 HTTP/1.1\r\nHost: a\r\nX-HK-APIKEY: \xff\r\n\r\n",
        b'POST /lionrock/v1/sandbox/accounts HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n{"a":\xff',
        b"HEAD /api/v1/ping HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_broken_requests_are_answered(server: LiveServer, request_bytes: bytes) -> None:
    assert raw(server, request_bytes).startswith(b"HTTP/1.1 4")
    assert server.get("/api/v1/ping").json() == {}


def test_a_client_that_goes_away_disturbs_nobody(server: LiveServer) -> None:
    address = urlsplit(server.url)
    for _ in range(20):
        with socket.create_connection((address.hostname, address.port or 0)) as connection:
            connection.sendall(b"POST /api/v1/spot/order HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\nsymbol=")
    assert server.get("/api/v1/ping").json() == {}
