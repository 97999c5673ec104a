"""Requests of all kinds, made from the OpenAPI document and signed as they should be, against a running server."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus, urlsplit, urlunsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    status_code_conformance,
)

from lionrock.people.api_keys import Right
from tests.gateways.documents.answers import Judge
from tests.gateways.documents.good_requests import GoodRequests
from tests.gateways.rest import wallets
from tests.gateways.rest.live import LiveServer, Trader, now_ms

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
"""The schema is checked by a stricter one of our own, which allows no field that is not named."""
EXAMPLES, MANY_EXAMPLES = 6, 24
"""Requests of each operation and each mode; what conforms and what does not."""
NOT_AUTHENTIC = {"0001", "0002", "0102", "0103", "0202", "-1021", "-1005"}
OURS = ("timestamp", "recvWindow", "signature")


class Signing(requests.auth.AuthBase):
    """The hook that signs: whatever was made up for key, time and signature gives way to the right ones."""

    def __init__(self, trader: Trader, *, body_is_signed: bool) -> None:
        self.trader = trader
        self.body_is_signed = body_is_signed

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        parts = urlsplit(str(request.url))
        kept = [pair for pair in parts.query.split("&") if unquote_plus(pair.partition("=")[0]) not in OURS]
        query = "&".join([*filter(None, kept), f"timestamp={now_ms()}"])
        body: Any = request.body or b"" if self.body_is_signed else b""
        text = query.encode() + (body.encode() if isinstance(body, str) else body)
        signature = hmac.new(self.trader.secret.encode(), text, hashlib.sha256).hexdigest()
        request.url = urlunsplit(parts._replace(query=f"{query}&signature={signature}"))
        request.headers["X-HK-APIKEY"] = self.trader.key
        return request


class Naming(requests.auth.AuthBase):
    """The hook of what wants a key and no signature."""

    def __init__(self, trader: Trader) -> None:
        self.trader = trader

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-HK-APIKEY"] = self.trader.key
        return request


class Tried:
    """What was sent, and how it went, by operation."""

    def __init__(self) -> None:
        self.signed: Counter[str] = Counter()
        self.passed: Counter[str] = Counter()
        self.succeeded: Counter[str] = Counter()

    def count(self, label: str, answer: Any, *, signed: bool) -> None:
        self.succeeded[label] += answer.status_code == 200
        if signed:
            self.signed[label] += 1
            self.passed[label] += not is_authentication_refusal(answer)


def is_authentication_refusal(answer: Any) -> bool:
    """The key, the time or the signature did not do, or perhaps: 0001 may come before they are looked at, or after."""
    return answer.status_code != 200 and str(answer.json()["code"]) in NOT_AUTHENTIC


@pytest.fixture(scope="module")
def trader(server: LiveServer) -> Trader:
    """With a key that may do everything; what a new account is given may read and trade."""
    account = server.account(BTC="1000", ETH="1000", USDT="10000000", USD="10000000")
    return wallets.with_key_of(server, account.account_id, wallets.ALL_RIGHTS | Right.MANAGE)


@pytest.fixture(scope="module")
def good(server: LiveServer, trader: Trader) -> GoodRequests:
    return GoodRequests(server, trader)


@pytest.fixture(scope="module")
def schema(server: LiveServer, document: dict[str, Any], good: GoodRequests) -> Any:
    """Made after `good`: the server is at another port since the trader has its key."""
    loaded = schemathesis.openapi.from_dict(document)
    loaded.config.update(base_url=server.url)
    return loaded


LEFT_OUT = {"stopPrice", "amount", "newClientOrderId", "fromId", "toId", "startTime", "endTime"}
"""Of a request that is to succeed."""


def good_query(definition: dict[str, Any], document: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    """Parameters of an operation with which it succeeds."""
    found = {}
    for parameter in definition["parameters"]:
        named = parameter.get("$ref", "").rsplit("/", 1)[-1]
        row = document["components"]["parameters"][named] if named else parameter
        value = values.get(row["name"], row.get("example"))
        if value is not None and row["name"] not in LEFT_OUT:
            found[row["name"]] = value
    placing = "quantity" in found
    return {name: value for name, value in found.items() if not (placing and name == "clientOrderId")}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, methods in document["paths"].items():
        for method in methods:
            yield method.upper(), path


BY_MAIL = {"PUT /lionrock/v1/passwordResets"}
"""Takes a token that only a mail server is given; tests/site/test_notices.py shows it succeed with one."""


def can_succeed(definition: dict[str, Any]) -> bool:
    """Not what only refuses, as the paths of futures do, nor what wants a person's session, which no key stands for."""
    needs = definition.get("security", [])
    return "200" in definition["responses"] and (not needs or any("key" in need for need in needs))


@pytest.mark.shows("DOCS-006")
@pytest.mark.parametrize("examples", [EXAMPLES, pytest.param(MANY_EXAMPLES, marks=pytest.mark.soak)])
def test_any_request_is_answered_as_described(
    schema: Any, document: dict[str, Any], judge: Judge, trader: Trader, good: GoodRequests, *, examples: int
) -> None:
    tried = Tried()
    session = requests.Session()

    def send(case: Any, definition: dict[str, Any]) -> None:
        signed = any("signature" in need for need in definition.get("security", []))
        keyed = any("key" in need for need in definition.get("security", []))
        signing = Signing(trader, body_is_signed=definition.get("x-signed-body", True))
        auth = signing if signed else Naming(trader) if keyed else None
        answer = case.call_and_validate(session=session, auth=auth, checks=CHECKS, timeout=30)
        if answer.headers["content-type"][0] == "application/json":
            assert judge.complaints(case.method, case.path, answer.status_code, answer.json()) == []
        tried.count(f"{case.method} {case.path}", answer, signed=signed)

    for method, path in operations(document):
        definition = document["paths"][path][method.lower()]
        operation = schema[path][method]
        label = f"{method} {path}"
        query = good.query(label)
        if query is None:
            query = good_query(definition, document, good.values())
        body = good.body(label)
        more = {} if body is None else {"body": body, "media_type": "application/json"}
        send(operation.Case(query=query, headers={"Origin": good.device.origin}, **more), definition)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try_out(operation, mode, lambda case, definition=definition: send(case, definition), query, examples)
        good.restore()

    missing = [
        label
        for method, path in operations(document)
        if can_succeed(document["paths"][path][method.lower()])
        and not tried.succeeded[label := f"{method} {path}"]
        and label not in BY_MAIL
    ]
    assert missing == []
    assert tried.signed.total() > 10 * len(tried.signed) > 0
    assert tried.passed.total() * 2 >= tried.signed.total(), (tried.passed, tried.signed)


def try_out(operation: Any, mode: GenerationMode, send: Any, good: dict[str, Any], examples: int) -> None:
    """Send what is made up, in half of the cases with good values where they are known."""

    @seed(20261122)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), helped=st.sets(st.sampled_from(sorted(good) or [""])))
    def tries(case: Any, helped: set[str]) -> None:
        if isinstance(case.query, dict):
            case.query = dict(case.query) | {name: good[name] for name in helped if name in good}
        send(case)

    try:
        tries()
    except Exception as error:
        if "Unsatisfiable" not in type(error).__name__ and "cannot generate" not in str(error).lower():
            raise
