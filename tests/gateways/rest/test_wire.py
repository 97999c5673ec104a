"""Raw requests, byte by byte: what libraries hide."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import httpx
import pytest

from lionrock.gateways.rest.authentication import sign, signed_text
from tests.gateways.rest.live import LiveServer, Trader, now_ms, raw, refusal

ORDER = "/api/v1/spot/order"
VECTOR_SECRET = b"lH3ELTNiFxCQTmi9pPcWWikhsjO04Yoqw3euoHUuOLC3GYBW64ZqzQsiOEHXQS76"
VECTOR_QUERY = b"symbol=ETHBTC&side=BUY&type=LIMIT&timeInForce=GTC"
VECTOR_BODY = b"quantity=1&price=0.1&recvWindow=5000&timestamp=1538323200000"


@pytest.fixture
def trader(server: LiveServer) -> Trader:
    return server.account(BTC="10", USDT="1000000")


@pytest.mark.shows("REST-004")
@pytest.mark.parametrize(
    ("query", "body", "signature"),
    [
        (
            VECTOR_QUERY + b"&" + VECTOR_BODY,
            b"",
            "5f2750ad7589d1d40757a55342e621a44037dad23b5128cc70e18ec1d1c3f4c6",
        ),
        (VECTOR_QUERY, VECTOR_BODY, "885c9e3dd89ccd13408b25e6d54c2330703759d7494bea6dd5a3d1fd16ba3afa"),
    ],
)
def test_vectors_of_the_contract(query: bytes, body: bytes, signature: str) -> None:
    assert sign(VECTOR_SECRET, signed_text(query, body)) == signature
    assert sign(VECTOR_SECRET, signed_text(query, body + b"&signature=00")) == signature
    assert sign(VECTOR_SECRET, signed_text(b"signature=00&" + query, body)) == signature


@pytest.mark.shows("REST-004")
def test_text_is_signed_as_it_arrives(trader: Trader) -> None:
    plain = f"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=100&timestamp={now_ms()}"
    backwards = "&".join(reversed(plain.split("&")))
    for text in (plain, backwards, plain.replace("BTCUSDT", "%42TCUSDT"), plain + "&ids=1,2", plain + "&x=a+b%20c"):
        signature = trader.sign(text)
        assert trader.send("POST", ORDER, query=f"{text}&signature={signature}").status_code == 200
        in_form, in_front = f"{text}&place=form", f"{text}&place=front"
        shouted = trader.sign(in_form).upper()
        assert trader.send("POST", ORDER, body=f"{in_form}&signature={shouted}").status_code == 200
        assert trader.send("POST", ORDER, query=f"signature={trader.sign(in_front)}&{in_front}").status_code == 200
        half = text.index("&", 30)
        split = trader.sign(text[:half] + text[half + 1 :])
        answer = trader.send("POST", ORDER, query=text[:half], body=f"{text[half + 1 :]}&signature={split}")
        assert answer.status_code == 200, answer.text
    assert len(trader.open_orders()) == 20
    assert refusal(trader.send("POST", ORDER, query=f"{backwards}&signature={trader.sign(plain)}")) == "0002"


@pytest.mark.shows("REST-004", "REST-016")
def test_body_of_a_batch_is_outside_the_signature(trader: Trader) -> None:
    query = f"timestamp={now_ms()}"
    query += f"&signature={trader.sign(query)}"
    body = (
        '[{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":1,"price":1e2,"clientOrderId":"a"},'
        '{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":"1","price":"100.001"},'
        '{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":"1","price":"100","newClientOrderId":"a"},'
        '{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":"1","price":"101"}]'
    )
    answer = trader.send("POST", "/api/v1/spot/batchOrders", query, body, **{"Content-Type": "application/json"}).json()
    assert [row["code"] for row in answer["result"]] == ["0000", "0209", "-1141", "0000"]
    assert "concentration" not in answer["result"][0]["order"]
    first, second = trader.open_orders()
    assert (first["price"], first["clientOrderId"], second["price"]) == ("100", "a", "101")


@pytest.mark.shows("REST-016")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "0001"),
        ("{}", "0001"),
        ("[]", "0001"),
        ("[1]", "0001"),
        ('[{"symbol":"BTCUSDT","symbol":"BTCUSDT"}]', "0001"),
        ("[" * 30_000, "0001"),
        ('[{"symbol":"BTCUSDT"},{"symbol":"ETHUSDT"}]', -1130),
        ("[" + ",".join(['{"symbol":"BTCUSDT"}'] * 21) + "]", -2022),
    ],
)
def test_malformed_batch_is_refused_whole(trader: Trader, body: str, code: object) -> None:
    query = f"timestamp={now_ms()}"
    query += f"&signature={trader.sign(query)}"
    assert refusal(trader.send("POST", "/api/v1/spot/batchOrders", query, body)) == code


@pytest.mark.shows("REST-005")
def test_wrong_key_signature_or_time_changes_nothing(trader: Trader) -> None:
    def order(timestamp: int, more: str = "") -> str:
        return f"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=100&timestamp={timestamp}{more}"

    def send(text: str, signature: str, **headers: str) -> object:
        return refusal(trader.send("POST", ORDER, f"{text}&signature={signature}", **headers))

    now = int(now_ms())
    good = trader.sign(order(now))
    assert send(order(now), "0" * 64) == "0002"
    assert send(order(now), "") == "0001"
    assert send(order(now), "%F0%9F%92%A9") == "0002"
    assert send(order(now), good[:-1]) == "0002"
    assert send(order(now) + "0", good) == "0002"
    assert send(order(now), hmac.new(b"other", order(now).encode(), hashlib.sha256).hexdigest()) == "0002"
    assert refusal(trader.send("POST", ORDER, order(now))) == "0001"
    assert send(order(now), good, **{"X-HK-APIKEY": "unknown"}) == "0102"
    assert send(order(now), good, **{"X-HK-APIKEY": trader.key.upper()}) == "0102"
    for timestamp, more in ((now - 60_000, ""), (now + 60_000, ""), (now - 3_000, "&recvWindow=1000")):
        assert send(order(timestamp, more), trader.sign(order(timestamp, more))) == -1021
    for timestamp_text in ("abc", "-1", "1e12", "9" * 30, "%C2%B2"):
        text = order(0).replace("timestamp=0", f"timestamp={timestamp_text}")
        assert send(text, trader.sign(text)) == "0001"
    text = order(now).partition("&timestamp")[0]
    assert send(text, trader.sign(text)) == "0001"
    assert (trader.open_orders(), trader.balances()) == ([], {"BTC": ("10", "0"), "USDT": ("1000000", "0")})
    for window in ("60001", "999999999999999999"):
        text = order(now, f"&recvWindow={window}")
        assert send(text, trader.sign(text)) == "0001"
    assert trader.open_orders() == []
    late = order(now - 50_000, "&recvWindow=60000")
    assert trader.send("POST", ORDER, f"{late}&signature={trader.sign(late)}").status_code == 200


@pytest.mark.shows("REST-006")
def test_what_is_somebody_elses_is_not_there(server: LiveServer, trader: Trader) -> None:
    order = trader.limit("BUY", "1", "100", newClientOrderId="secret-plan")
    other = server.account()
    by_id, by_name = {"orderId": order["orderId"]}, {"clientOrderId": "secret-plan"}
    for name in (by_id, by_name):
        assert refusal(other.signed("DELETE", ORDER, **name)) == "0211"
        assert refusal(other.signed("GET", ORDER, **name)) == "0211"
    answer = other.signed("DELETE", "/api/v1/spot/cancelOrderByIds", ids=order["orderId"])
    assert answer.json() == {"code": "0000", "result": [{"orderId": order["orderId"], "code": "0211"}]}
    assert other.signed("DELETE", "/api/v1/spot/openOrders", symbol="BTCUSDT").json() == {"success": True}
    assert other.open_orders() == []
    for path in ("/api/v1/account", "/api/v1/spot/openOrders", "/api/v1/spot/tradeOrders", "/api/v1/account/trades"):
        assert refusal(other.signed("GET", path, accountId=trader.account_id)) == "0104"
        assert other.signed("GET", path, accountId=other.account_id).status_code == 200
    assert [row["orderId"] for row in trader.open_orders()] == [order["orderId"]]


@pytest.mark.shows("REST-008")
def test_query_wins_and_names_stand_once(trader: Trader) -> None:
    def send(query: str, body: str) -> httpx.Response:
        body = f"{body}&timestamp={now_ms()}"
        return trader.send("POST", ORDER, query, f"{body}&signature={trader.sign(query + body)}")

    base = "symbol=BTCUSDT&side=BUY&type=LIMIT"
    assert send("price=100", f"{base}&price=200&quantity=1").json()["price"] == "100"
    assert refusal(send("price=100&price=200", f"{base}&quantity=1")) == "0001"
    assert refusal(send("", f"{base}&quantity=1&quantity=2&price=100")) == "0001"
    assert refusal(send("", f"{base}&quantity=1&%71uantity=2&price=100")) == "0001"
    assert refusal(send("", f"{base}&quantity=1&price=")) == "0001"
    assert refusal(send("", f"{base}&quantity=1&price=100&newClientOrderId=")) == "0001"
    assert send("", f"{base}&quantity=1&price=100&test=true&createOrderId=7&colour=").status_code == 200
    assert refusal(trader.signed("DELETE", "/api/v1/spot/openOrders", symbol="BTCUSDT", side="")) == "0001"
    assert len(trader.open_orders()) == 2


@pytest.mark.shows("REST-008")
def test_signed_text_cannot_be_cut_in_two_elsewhere(trader: Trader) -> None:
    """The same text under the signature, divided between query and body by somebody else."""
    head, tail = "symbol=BTCUSDT&side=BUY&type=LIMIT&price=100", f"timestamp={now_ms()}"
    for signed, query, body in (
        (f"{head}&{tail}&quantity=10", f"{head}&{tail}&quantity=1", "0"),
        (f"{head}&{tail}&quantity=1&timeInForce=IOC", f"{head}&{tail}&quantity=1&timeIn", "Force=IOC"),
    ):
        answer = trader.send("POST", ORDER, f"{query}&signature={trader.sign(signed)}", body)
        assert refusal(answer) == "0001"
    assert trader.open_orders() == []


@pytest.mark.shows("REST-016")
def test_value_of_a_batch_that_is_neither_text_nor_number_is_refused_where_it_is_read(trader: Trader) -> None:
    good = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": 1, "price": 100}
    rows = [
        good | {"stpMode": True},
        good | {"timeInForce": None},
        good | {"newClientOrderId": ["x"]},
        good | {"price": {"a": 1}},
        good | {"colour": None, "postOnly": True},
    ]
    query = f"timestamp={now_ms()}"
    query += f"&signature={trader.sign(query)}"
    answer = trader.send("POST", "/api/v1/spot/batchOrders", query, json.dumps(rows)).json()["result"]
    fields = ("stpMode", "timeInForce", "newClientOrderId", "price")
    assert [row["code"] for row in answer] == ["0001"] * 4 + ["0000"]
    assert [row["msg"].split()[2] for row in answer[:4]] == list(fields)
    assert len(trader.open_orders()) == 1


@pytest.mark.shows("REST-009")
@pytest.mark.parametrize(
    ("size", "price", "code"),
    [
        ("1", "100.001", "0209"),
        ("0.000001", "100", -1137),
        ("1", "abc", "0207"),
        ("1", "-100", "0207"),
        ("1", "+100", "0207"),
        ("1", "Infinity", "0207"),
        ("1", "1_000", "0207"),
        ("1", "0", -1124),
        ("NaN", "100", -1126),
        ("0", "100", -1126),
        ("0x10", "100", -1126),
        ("1001", "100", -1135),
        ("1e50", "100", -1135),
        ("1", "10000000.01", -1132),
        ("1", "1e60", -1132),
        ("0.00001", "100", -1140),
        ("1000", "1000000", -1206),
        ("1000", "100000", -1206),
        ("100", "100000", "0401"),
    ],
)
def test_number_is_exact_or_refused(trader: Trader, size: str, price: str, code: object) -> None:
    assert refusal(trader.place(side="BUY", quantity=size, price=price)) == code
    assert trader.balances() == {"BTC": ("10", "0"), "USDT": ("1000000", "0")}


@pytest.mark.shows("REST-009")
def test_plain_exponent_is_a_number(trader: Trader) -> None:
    order = trader.limit("BUY", "1e-05", "9.5e5", timeInForce="IOC")
    assert (order["origQty"], order["price"]) == ("0.00001", "950000")
    assert refusal(trader.place("/api/v1.1/spot/order", side="BUY", type="MARKET", amount="9.123456789")) == -1148


@pytest.mark.shows("REST-012", "ENTR-035")
def test_refusal_says_what_decided(trader: Trader) -> None:
    answer = trader.place(side="SELL", quantity="11", price="100").json()
    assert (answer["code"], answer["msg"]) == ("0401", "Insufficient asset")
    assert answer["lionrock"] == {
        "rejection": 300,
        "name": "available_insufficient",
        "words": "11 BTC are needed and 10 BTC are available.",
        "figures": {
            "first": "1100000000",
            "second": "1000000000",
            "needed": {"value": "11", "unit": "BTC"},
            "available": {"value": "10", "unit": "BTC"},
        },
        "next_step": "Deposit, cancel other orders, or ask for less.",
        "retryable": True,
    }


def test_words_outside_the_closed_lists_are_refused(trader: Trader) -> None:
    good = {"side": "BUY", "quantity": "1", "price": "100"}
    for change, code in (
        ({"symbol": "DOGEUSDT"}, "0201"),
        ({"side": "buy"}, -1117),
        ({"type": "STOP"}, "0206"),
        ({"timeInForce": "DAY"}, -1115),
        ({"type": "LIMIT_MAKER", "timeInForce": "IOC"}, -1014),
        ({"type": "MARKET", "timeInForce": "FOK"}, -1014),
        ({"stpMode": "NONE"}, -1130),
        ({"stopPrice": "0.01"}, -1020),
        ({"stopPrice": "90", "type": "MARKET"}, -1020),
        ({"stopPrice": "abc"}, -1020),
        ({"newClientOrderId": "x" * 256}, -1123),
    ):
        assert refusal(trader.place(**(good | change))) == code, change
    assert trader.signed("POST", "/api/v1/spot/orderTest", symbol="BTCUSDT", type="LIMIT", **good).json() == {}
    assert trader.open_orders() == []
    ignored = {"postOnly": "true", "stopPrice": "0.0"}
    assert trader.limit(side="BUY", size="1", price="100", newClientOrderId="x" * 255, **ignored)["type"] == "LIMIT"


@pytest.mark.shows("REST-010")
def test_large_body_is_refused(trader: Trader) -> None:
    answer = trader.send("POST", ORDER, body="x=" + "1" * 70_000)
    assert (answer.status_code, answer.json()["code"]) == (413, -1004)
    status_line = raw(trader.server, b"GET /api/v1/ping?x=" + b"1" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert status_line.startswith(b"HTTP/1.1 4")
    assert trader.server.get("/api/v1/ping").json() == {}


@pytest.mark.shows("REST-003")
def test_everything_else_is_not_found(server: LiveServer) -> None:
    for method, path in (
        ("GET", "/"),
        ("GET", "/api/v2/ping"),
        ("POST", "/api/v1/ping"),
        ("PUT", ORDER),
        ("GET", "//"),
    ):
        answer = server.http.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, 404), (method, path)


@pytest.mark.shows("REST-002")
def test_what_a_market_offers_follows_from_its_listing(server: LiveServer) -> None:
    info = server.get("/api/v1/exchangeInfo").json()
    assert [symbol["symbol"] for symbol in info["symbols"]] == ["BTCUSDT", "ETHUSDT", "BTCUSD"]
    assert {coin["coinId"]: coin["tokenType"] for coin in info["coins"]} == {
        "BTC": "CHAIN_TOKEN", "ETH": "CHAIN_TOKEN", "USDT": "ERC20_TOKEN", "USD": "REAL_MONEY", "HKD": "REAL_MONEY",
    }  # fmt: skip
    chains = {coin["coinId"]: [chain["chainType"] for chain in coin["chainTypes"]] for coin in info["coins"]}
    assert chains == {"BTC": ["BTC"], "ETH": ["ETH"], "USDT": ["ETH", "Tron"], "USD": [], "HKD": []}
    eth = server.get("/api/v1/exchangeInfo", symbol="ETHUSDT").json()
    assert eth == info["symbols"][1]
    filters = {row["filterType"]: row for row in eth["filters"]}
    assert filters["PRICE_FILTER"] == {
        "filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "10000000", "tickSize": "0.01",
    }  # fmt: skip
    assert (filters["LOT_SIZE"]["stepSize"], filters["LOT_SIZE"]["maxQty"]) == ("0.0001", "1000")
    assert (filters["TRADE_AMOUNT"]["minAmount"], filters["TRADE_AMOUNT"]["maxAmount"]) == ("5", "10000000")
    # A market order by base is worth what the book gives: no amount is promised for it.
    amounts = (filters["TRADE_AMOUNT"]["marketOrderMinAmount"], filters["TRADE_AMOUNT"]["marketOrderMaxAmount"])
    assert amounts == ("0", "0")
    assert eth["quotePrecision"] == "0.000001"
    for path in ("24hr", "price", "bookTicker"):
        assert [row["s"] for row in server.get(f"/quote/v1/ticker/{path}", symbol="ETHUSDT").json()] == ["ETHUSDT"]
        assert len(server.get(f"/quote/v1/ticker/{path}").json()) == 3
    assert server.get("/quote/v1/depth", symbol="ETHUSDT", limit="1000").json() == {"t": 0, "b": [], "a": []}


@pytest.mark.shows("REST-002")
def test_market_data_refusals_are_the_contracts(server: LiveServer) -> None:
    for path, parameters, code in (
        ("depth", {}, -100012),
        ("depth", {"symbol": "DOGEUSDT"}, -100011),
        ("depth", {"symbol": "BTCUSDT", "limit": "abc"}, -100002),
        ("depth", {"symbol": "BTCUSDT", "limit": "0"}, -100002),
        ("klines", {"symbol": "BTCUSDT", "interval": "7m"}, -10009),
        ("klines", {"symbol": "BTCUSDT"}, "0001"),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m", "startTime": "-1"}, "0001"),
    ):
        assert refusal(server.get(f"/quote/v1/{path}", **parameters)) == code, (path, parameters)


@pytest.mark.shows("REST-005")
def test_server_time_is_now(server: LiveServer) -> None:
    assert abs(server.get("/api/v1/time").json()["serverTime"] - time.time() * 1000) < 60_000
    assert server.get("/api/v1/ping", timestamp="anything", x=urlencode({"a": "b"})).json() == {}
