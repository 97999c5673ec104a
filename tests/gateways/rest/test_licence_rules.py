"""A refused order names the rules of the licence that the refusal carries out, where the site has any."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from lionrock.gateways.rest.errors import LicenceRule
from lionrock.words.commands import SetAccountProfile, SetMarketRules
from tests.gateways.rest.inside import Inside, Key

RULE = {"id": "HK-K10", "citation": "VATP 11.13"}
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": "50000"}


async def refused_orders(inside: Inside, key: Key) -> list[httpx.Response]:
    """By the contract's path, and by our own."""
    return [
        await key.signed("POST", "/api/v1/spot/order", **ORDER),
        await key.signed("POST", "/lionrock/v1/orders", ORDER),
    ]


@pytest.mark.shows("CGAT-010")
async def test_a_refused_order_names_the_licence(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    async with inside.open():
        key = await inside.account(USDT="100000")
        await inside.site.node.submit(
            SetAccountProfile(
                account_id=key.account_id, legal_entity=0, products=1, client_class=1, restriction=2, open_order_cap=0
            )
        )
        for answer in await refused_orders(inside, key):
            assert answer.json()["lionrock"]["name"] == "account_reduce_only"
            assert "licence_rules" not in answer.json()["lionrock"]
        inside.venue.licence_rules = {"ACCOUNT_REDUCE_ONLY": [LicenceRule(**RULE)]}
        for answer in await refused_orders(inside, key):
            told = answer.json()["lionrock"]
            assert told["licence_rules"] == [RULE]
            assert told["words"]
            assert told["next_step"]
            assert told["figures"]
        batch = await key.send("POST", "/api/v1/spot/batchOrders", key.query(), json.dumps([ORDER]).encode())
        assert batch.json()["result"][0]["lionrock"]["licence_rules"] == [RULE]
        own = await key.signed("POST", "/lionrock/v1/orders/batch", {"orders": [ORDER]})
        assert own.json()["results"][0]["refused"]["lionrock"]["licence_rules"] == [RULE]


@pytest.mark.shows("CGAT-010")
async def test_another_refusal_names_none(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    async with inside.open():
        key = await inside.account(USDT="100000")
        await inside.site.node.submit(
            SetMarketRules(
                market_id=1, legal_entity=0, admitted_classes=15, price_deviation_ppm=0, max_order_value_atoms=10**8
            )
        )
        inside.venue.licence_rules = {"ACCOUNT_REDUCE_ONLY": [LicenceRule(**RULE)]}
        for answer in await refused_orders(inside, key):
            assert answer.json()["lionrock"]["name"] == "order_value_above_limit"
            assert "licence_rules" not in answer.json()["lionrock"]
