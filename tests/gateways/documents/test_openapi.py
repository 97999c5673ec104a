"""The OpenAPI document is valid, complete, and what real answers look like."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from openapi_spec_validator import validate

from lionrock.gateways.documents.endpoints import documented
from lionrock.gateways.documents.openapi import document, operation_id
from lionrock.gateways.rest.contract import Endpoint, Rows, Security
from lionrock.gateways.rest.endpoints import ENDPOINTS, PROBES
from lionrock.gateways.rest.parameters import Parameters
from lionrock.gateways.websocket.topics import STREAMS
from lionrock.site import sandbox, sandbox_chains
from tests.gateways.documents.answers import Judge
from tests.gateways.documents.reading import words_of
from tests.gateways.rest.live import LiveServer, Trader, now_ms

CHAINS = sandbox_chains.endpoints(cast("sandbox_chains.SandboxChains", None))  # the rows; nothing is asked of them
ALL = documented(ENDPOINTS + PROBES + sandbox.ENDPOINTS + CHAINS, STREAMS)


def named(row: Endpoint) -> str:
    return f"{row.method} {row.path}"


@pytest.mark.shows("DOCS-001")
def test_document_is_valid_and_has_every_endpoint(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"] == "3.1.0"
    listed = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert listed == {(row.method, row.path) for row in ALL}
    assert len({operation_id(row) for row in ALL}) == len(ALL)


@pytest.mark.shows("DOCS-001")
def test_a_site_lists_what_it_serves(tmp_path: Path) -> None:
    server = LiveServer.plain(tmp_path / "site")
    paths = server.get("/lionrock/v1/openapi.json").json()["paths"]
    assert "/api/v1/spot/order" in paths
    assert "/lionrock/v1/sandbox/accounts" not in paths
    assert "/lionrock/v1/sandbox" not in server.get("/llms.txt").text
    assert server.stop() == 0


@pytest.mark.shows("DOCS-001")
def test_signed_operations_say_so(document: dict[str, Any]) -> None:
    for row in ALL:
        operation = document["paths"][row.path][row.method.lower()]
        signed = row.security not in {Security.NONE, Security.USER_STREAM, Security.SESSION, Security.STAFF}
        by_signature: dict[str, list[str]] = {"key": [], "signature": []}
        others: dict[Security, object] = {
            Security.USER_STREAM: [{"key": []}, {"session": []}],
            Security.SESSION: [{"session": []}],
            Security.STAFF: [{"staff": []}],
        }
        session: dict[str, list[str]] = {"session": []}
        needs = [session, by_signature] if row.security is Security.MANAGE else [by_signature, session]
        assert operation.get("security") == (needs if signed else others.get(row.security)), named(row)
        references = {parameter.get("$ref") for parameter in operation["parameters"]}
        assert ("#/components/parameters/timestamp" in references) == signed, named(row)


@pytest.mark.shows("DOCS-002")
@pytest.mark.parametrize("row", ALL, ids=named)
def test_every_declared_parameter_is_read(row: Endpoint) -> None:
    declared = row.sends.names if isinstance(row.sends, Rows) else {parameter.name for parameter in row.parameters}
    assert declared <= words_of(row.handler)
    assert all(parameter.words for parameter in row.parameters)


@pytest.mark.shows("DOCS-002")
def test_lists_and_objects_in_bodies_are_declared_as_what_they_are() -> None:
    def members(path: str) -> Any:
        body = document(ALL)["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        return {name: {**schema, "description": ""} for name, schema in body["properties"].items()}

    key = members("/lionrock/v1/keys")
    rights = {"type": "string", "enum": ["READ", "TRADE", "TRANSFER", "WITHDRAW", "MANAGE"]}
    assert (key["rights"]["type"], key["rights"]["items"], key["rights"]["minItems"]) == ("array", rights, 1)
    assert (key["networks"]["type"], key["networks"]["maxItems"]) == ("array", 20)
    orders = members("/lionrock/v1/orders/batch")["orders"]
    assert (orders["type"], orders["minItems"], orders["maxItems"]) == ("array", 1, 20)
    assert set(orders["items"]["required"]) == {"symbol", "side", "type"}
    assert orders["items"]["properties"]["price"]["format"] == "decimal"
    assert orders["items"]["additionalProperties"] is False, "a name that is not known is refused"
    for path in ("/lionrock/v1/passkeys", "/lionrock/v1/sessions/passkey"):
        credential = members(path)["credential"]
        assert (credential["type"], set(credential["required"])) == ("object", {"id", "rawId", "type", "response"})
    fund = members("/lionrock/v1/users")["fund"]
    assert fund["additionalProperties"]["format"] == "decimal"


def test_a_declared_parameter_that_nobody_reads_is_caught() -> None:
    async def handler(_venue: object, call: Any) -> None:
        call.parameters.text("symbol")

    assert "symbol" in words_of(handler)
    assert "side" not in words_of(handler)


@pytest.mark.shows("DOCS-002")
def test_reading_what_is_not_declared_is_a_fault_of_ours() -> None:
    parameters = Parameters({"symbol": "BTCUSDT", "side": "BUY"}, frozenset({"symbol"}))
    assert parameters.text("symbol") == "BTCUSDT"
    for read in (parameters.text, parameters.required, parameters.number, parameters.order_id):
        with pytest.raises(LookupError, match="side"):
            read("side")


@pytest.fixture(scope="module")
def traders(server: LiveServer) -> tuple[Trader, Trader]:
    """One has an order that traded in part, the other one that was filled."""
    seller, buyer = server.account(BTC="10", USDT="100000"), server.account(BTC="10", USDT="100000")
    seller.limit("SELL", "1", "50000", newClientOrderId="resting")
    buyer.limit("BUY", "0.4", "50000")
    return seller, buyer


def requests_of(trader: Trader, order_id: str) -> list[tuple[str, str, dict[str, str]]]:
    """One that works for each endpoint, in an order in which all of them do."""
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "40000"}
    market = {"symbol": "BTCUSDT"}
    return [
        ("GET", "/api/v1/exchangeInfo", {}),
        ("GET", "/api/v1/exchangeInfo", market),
        ("GET", "/quote/v1/depth", market),
        ("GET", "/quote/v1/trades", market),
        ("GET", "/quote/v1/klines", market | {"interval": "1m"}),
        ("GET", "/quote/v1/ticker/24hr", {}),
        ("GET", "/quote/v1/ticker/price", {}),
        ("GET", "/quote/v1/ticker/bookTicker", {}),
        ("GET", "/api/v1/ping", {}),
        ("GET", "/api/v1/time", {}),
        ("GET", "/health", {}),
        ("GET", "/ready", {}),
        ("GET", "/lionrock/v1/sandbox/state", {}),
        ("GET", "/lionrock/v1/errors", {}),
        ("GET", "/lionrock/v1/fees", {}),
        ("GET", "/lionrock/v1/quality", {}),
        ("GET", "/lionrock/v1/status", {}),
        ("GET", "/lionrock/v1/openapi.json", {}),
        ("POST", "/api/v1/spot/order", order),
        ("POST", "/api/v1.1/spot/order", {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "amount": "1000"}),
        ("POST", "/api/v1/spot/orderTest", order),
        ("GET", "/api/v1/spot/order", {"orderId": order_id}),
        ("GET", "/api/v1/spot/openOrders", {}),
        ("GET", "/api/v1/spot/tradeOrders", {}),
        ("GET", "/api/v1/account", {}),
        ("GET", "/api/v1/account/type", {}),
        ("GET", "/api/v1/account/trades", {}),
        ("GET", "/api/v1/account/vipInfo", {}),
        ("DELETE", "/api/v1/spot/cancelOrderByIds", {"ids": f"7,{order_id}"}),
        ("DELETE", "/api/v1/spot/openOrders", market),
    ]


@pytest.mark.shows("DOCS-003")
def test_real_answers_are_as_the_document_says(
    server: LiveServer, judge: Judge, traders: tuple[Trader, Trader]
) -> None:
    seller, buyer = traders
    placed = buyer.limit("BUY", "0.1", "41000")
    found = []
    for method, path, parameters in requests_of(buyer, placed["orderId"]):
        answer = buyer.signed(method, path, **parameters)
        assert answer.status_code == 200, answer.text
        found += judge.complaints(method, path, 200, answer.json())
    cancelled = seller.signed("DELETE", "/api/v1/spot/order", clientOrderId="resting")
    found += judge.complaints("DELETE", "/api/v1/spot/order", 200, cancelled.json())
    opened = server.http.post("/lionrock/v1/sandbox/accounts", json={"fund": {"BTC": "1"}})
    found += judge.complaints("POST", "/lionrock/v1/sandbox/accounts", 200, opened.json())
    assert found == []


@pytest.mark.shows("DOCS-003")
def test_refusals_are_as_the_document_says(judge: Judge, traders: tuple[Trader, Trader]) -> None:
    trader, _ = traders
    refused = [
        trader.place(side="SELL", quantity="99", price="50000"),
        trader.place(side="HOLD", quantity="1", price="50000"),
        trader.place(symbol="NOSUCH", side="SELL", quantity="1", price="50000"),
        trader.send("POST", "/api/v1/spot/order"),
    ]
    for answer in refused:
        assert answer.status_code == 400
        assert judge.complaints("POST", "/api/v1/spot/order", 400, answer.json()) == []
    assert "lionrock" in refused[0].json()
    assert judge.complaints("POST", "/api/v1/spot/order", 400, {"code": "9999", "msg": "no such code"}) != []


@pytest.mark.shows("DOCS-003")
def test_a_batch_is_as_the_document_says(judge: Judge, traders: tuple[Trader, Trader]) -> None:
    trader, _ = traders
    rows = (
        '[{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":0.1,"price":"40000"},'
        '{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":"200","price":"40000"},'
        '{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":"1","price":"x"}]'
    )
    query = f"timestamp={now_ms()}"
    answer = trader.send(
        "POST",
        "/api/v1/spot/batchOrders",
        f"{query}&signature={trader.sign(query)}",
        rows,
        **{"Content-Type": "application/json"},
    )
    assert [row["code"] for row in answer.json()["result"]] == ["0000", "0401", "0207"]
    assert judge.complaints("POST", "/api/v1/spot/batchOrders", 200, answer.json()) == []
