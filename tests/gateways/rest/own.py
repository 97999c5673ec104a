"""A client of /lionrock/v1: one JSON object, signed behind the query."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.gateways.rest.live import Trader, now_ms

ORDERS = "/lionrock/v1/orders"


def send_own(
    trader: Trader, method: str, path: str, body: str = "", *, query: str = "", key: str | None = None
) -> httpx.Response:
    """Exactly this body and query, signed, with this Idempotency-Key."""
    query = f"{query}&timestamp={now_ms()}".lstrip("&")
    query += f"&signature={trader.sign(query + body)}"
    headers = {"Content-Type": "application/json"} | ({} if key is None else {"Idempotency-Key": key})
    return trader.send(method, path, query, body, **headers)


def own(trader: Trader, method: str, path: str = ORDERS, key: str | None = None, **members: Any) -> httpx.Response:
    """These members as the body; of a GET as the query."""
    if method == "GET":
        return send_own(trader, method, path, query=urlencode(members))
    return send_own(trader, method, path, body=json.dumps(members), key=key)


def done(answer: httpx.Response) -> Any:
    """The answer of a request that was carried out."""
    assert answer.status_code == 200, answer.text
    return answer.json()


def place(trader: Trader, side: str, quantity: str | None, price: str | None = None, **more: Any) -> httpx.Response:
    """An order on BTCUSDT, a limit order unless said otherwise."""
    members = {"symbol": "BTCUSDT", "side": side, "type": "LIMIT", "quantity": quantity, "price": price} | more
    return own(trader, "POST", **{name: value for name, value in members.items() if value is not None})


def placed(trader: Trader, side: str, quantity: str | None, price: str | None = None, **more: Any) -> Any:
    """What such an order did."""
    return done(place(trader, side, quantity, price, **more))


def reason(answer: httpx.Response, code: str | int, name: str) -> Any:
    """The reason object of a refusal with this code and name."""
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert (body["code"], body["lionrock"]["name"]) == (code, name), body
    assert {"rejection", "name", "words", "figures", "next_step"} <= body["lionrock"].keys()
    return body["lionrock"]
