"""What requests cost: told in headers, refused above the limit, shut out when somebody goes on."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from lionrock.site.configuration import FILE_NAME, LimitSettings
from tests.gateways.rest.inside import Inside, code_of
from tests.gateways.rest.live import LiveServer

SMALL = """[limits]
address_per_second = 20
address_burst = 40
key_per_second = 10
key_burst = 15
orders_per_second = 5
orders_burst = 10
refusals_before_shut_out = 3
shut_out_seconds = 60
sandbox_factor = 1
"""
OTHER = "198.51.100.7"
CANCEL = {"orderId": "1"}


def small(directory: Path) -> Inside:
    (directory / FILE_NAME).write_text(SMALL)
    return Inside(directory)


def weight(answer: httpx.Response) -> tuple[int, int]:
    return int(answer.headers["x-lionrock-weight-used"]), int(answer.headers["x-lionrock-weight-limit"])


@pytest.mark.shows("AUTH-008")
async def test_an_address_is_told_what_it_used_and_when_to_come_again(tmp_path: Path) -> None:
    async with small(tmp_path).open() as inside:
        told = [weight(await inside.request("GET", "/api/v1/exchangeInfo")) for _ in range(8)]
        assert [limit for _, limit in told] == [40] * 8
        assert told[0] == (5, 40)
        refused = await inside.request("GET", "/api/v1/exchangeInfo")
        assert refused.json() == {"code": "0003", "msg": "Rate limit exceeded"}
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert (await inside.request("GET", "/api/v1/exchangeInfo", host=OTHER)).status_code == 200
        inside.pass_time(1)
        assert (await inside.request("GET", "/api/v1/exchangeInfo")).status_code == 200


@pytest.mark.shows("AUTH-008")
async def test_what_is_not_there_costs_too(tmp_path: Path) -> None:
    async with small(tmp_path).open() as inside:
        statuses = [(await inside.request("GET", "/nothing")).status_code for _ in range(45)]
        assert statuses[0] == 404
        assert 429 in statuses


@pytest.mark.shows("AUTH-008")
async def test_a_key_has_its_own_buckets_whatever_address_it_comes_from(tmp_path: Path) -> None:
    async with small(tmp_path).open() as inside:
        key, other = await inside.account(), await inside.account()
        inside.pass_time(60)
        answers = [
            await key.signed("GET", "/api/v1/account/type", host=host) for host in ("192.0.2.1", OTHER, "192.0.2.9")
        ]
        assert [answer.status_code for answer in answers] == [200] * 3
        refused = await key.signed("GET", "/api/v1/account/type", host="192.0.2.10")
        assert code_of(refused, 429) == "0003"
        order = await key.signed("DELETE", "/api/v1/spot/order", **CANCEL)
        assert (code_of(order), weight(order)) == ("0211", (1, 10)), "orders have a bucket of their own"
        assert (await other.signed("GET", "/api/v1/account/type")).status_code == 200


@pytest.mark.shows("AUTH-008")
async def test_who_cannot_sign_uses_up_nobodys_bucket_but_their_address(tmp_path: Path) -> None:
    async with small(tmp_path).open() as inside:
        key = await inside.account()
        inside.pass_time(60)
        for _ in range(30):
            assert code_of(await key.send("GET", "/api/v1/account", key.query() + "0", host=OTHER)) == "0002"
        assert weight(await key.signed("GET", "/api/v1/account"))[0] == 1


@pytest.mark.shows("AUTH-006", "AUTH-008")
async def test_a_write_that_was_too_much_may_be_sent_again(tmp_path: Path) -> None:
    async with small(tmp_path).open() as inside:
        key = await inside.account()
        inside.pass_time(60)
        for _ in range(10):
            assert code_of(await key.signed("DELETE", "/api/v1/spot/order", **CANCEL)) == "0211"
        query = key.query(b"", **CANCEL)
        assert code_of(await key.send("DELETE", "/api/v1/spot/order", query), 429) == "0003"
        inside.pass_time(1)
        assert code_of(await key.send("DELETE", "/api/v1/spot/order", query)) == "0211"


@pytest.mark.shows("AUTH-009")
async def test_who_goes_on_is_shut_out_for_a_while(tmp_path: Path) -> None:
    async with small(tmp_path).open() as inside:
        statuses = [(await inside.request("GET", "/api/v1/exchangeInfo")).status_code for _ in range(14)]
        assert statuses == [200] * 8 + [429] * 3 + [418] * 3
        shut_out = await inside.request("GET", "/api/v1/time")
        assert (code_of(shut_out, 418), shut_out.headers["retry-after"]) == ("0003", "60")
        inside.pass_time(59)
        assert (await inside.request("GET", "/api/v1/time")).status_code == 418
        inside.pass_time(1)
        assert (await inside.request("GET", "/api/v1/time")).status_code == 200
        assert (await inside.request("GET", "/api/v1/time", host=OTHER)).status_code == 200


@pytest.mark.shows("AUTH-008")
def test_figures_leave_room_for_the_clients_there_are() -> None:
    """Ccxt keeps to 10 units a second, Hummingbot to 70 reads; a sandbox is not where anybody should wait."""
    limits = LimitSettings()
    assert limits.key_per_second >= 70
    assert limits.address_per_second >= limits.key_per_second
    assert limits.orders_per_second >= 20
    assert limits.orders_per_second * limits.sandbox_factor >= 20_000


@pytest.mark.shows("AUTH-008")
def test_ccxt_at_its_own_pace_is_never_told_to_wait(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("[limits]\nsandbox_factor = 1\n")
    server = LiveServer(tmp_path, "--sandbox")
    try:
        client = server.account(BTC="1", USDT="100000").ccxt()
        client.load_markets()
        for _ in range(20):
            order = client.create_order("BTC/USDT", "limit", "buy", 0.01, 50_000)
            client.fetch_order_book("BTC/USDT")
            client.fetch_balance()
            client.cancel_order(order["id"], "BTC/USDT")
    finally:
        assert server.stop() == 0
