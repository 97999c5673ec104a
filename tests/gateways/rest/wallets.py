"""What the tests of accounts and wallet do again and again on a live sandbox."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from lionrock.people.api_keys import Right
from lionrock.site.site import Site
from tests.gateways.rest.live import LiveServer, Trader, now_ms

ALL_RIGHTS = Right.READ | Right.TRADE | Right.TRANSFER | Right.WITHDRAW
BITCOIN, LEGACY, EVM, TRON = (
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",  # of BIP 173's kind
    "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",  # first example of EIP-55
    "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",  # contract of USDT on Tron
)


def signed_json(trader: Trader, method: str, path: str, body: object, **query: str) -> httpx.Response:
    """As our own endpoints take it: the signature covers query and body."""
    text, raw = urlencode([*query.items(), ("timestamp", now_ms())]), json.dumps(body)
    signature = hmac.new(trader.secret.encode(), (text + raw).encode(), "sha256").hexdigest()
    return trader.send(method, path, f"{text}&signature={signature}", raw, **{"Content-Type": "application/json"})


def open_sub(trader: Trader, label: str) -> str:
    answer = signed_json(trader, "POST", "/lionrock/v1/subAccounts", {"label": label})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["accountId"])


def key_of(directory: Path, account_id: str, rights: Right = ALL_RIGHTS) -> dict[str, str]:
    """A key for an account of a site that nobody serves at the moment."""

    async def make() -> dict[str, str]:
        site = await Site.open(directory, time.time_ns, os.urandom)
        try:
            key = site.keys.create(site.catalogue.accounts[int(account_id)], rights)
        finally:
            await site.close()
        return {"apiKey": key.access_key, "secret": key.secret.decode(), "accountId": account_id}

    return asyncio.run(make())


def with_key_of(server: LiveServer, account_id: str, rights: Right = ALL_RIGHTS) -> Trader:
    """Stops the server for a moment."""
    assert server.stop() == 0
    key = key_of(server.directory, account_id, rights)
    server.start()
    return Trader(server, key)


def deposit_address(trader: Trader, coin: str, chain: str) -> str:
    answer = trader.signed("GET", "/api/v1/account/deposit/address", coin=coin, chainType=chain)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["address"])


def send_coins(server: LiveServer, coin: str, chain: str, address: str, quantity: str) -> str:
    body = {"coin": coin, "chainType": chain, "address": address, "quantity": quantity}
    answer = server.http.post("/lionrock/v1/sandbox/deposits", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["txId"])


def add_blocks(server: LiveServer, chain: str, count: int) -> None:
    answer = server.http.post("/lionrock/v1/sandbox/blocks", json={"chainType": chain, "count": count})
    assert answer.status_code == 200, answer.text


def deposits(trader: Trader) -> list[dict[str, Any]]:
    return list(trader.signed("GET", "/api/v1/account/depositOrders").json())


def withdrawals(trader: Trader) -> list[dict[str, Any]]:
    return list(trader.signed("GET", "/api/v1/account/withdrawOrders").json())


def withdraw(trader: Trader, **parameters: str) -> httpx.Response:
    wanted = {"coin": "BTC", "address": BITCOIN, "quantity": "1", "chainType": "BTC"} | parameters
    return trader.signed("POST", "/api/v1/account/withdraw", **{name: value for name, value in wanted.items() if value})


def transfer(trader: Trader, source: str, target: str, **parameters: str) -> httpx.Response:
    wanted = {"fromAccountId": source, "toAccountId": target, "coin": "USDT", "quantity": "10"} | parameters
    return trader.signed("POST", "/api/v1/account/assetTransfer", **wanted)


def in_time(happened: Callable[[], bool], seconds: float = 20) -> None:
    """Waits until the site's own clockwork has done it."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
