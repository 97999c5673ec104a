"""Deposits: each step seen, credited once, whatever the chain or a crash does in between."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateways.rest import wallets
from tests.gateways.rest.live import LiveServer, Trader, refusal


def state_of(trader: Trader) -> str:
    rows = wallets.deposits(trader)
    return str(rows[0]["state"]) if rows else ""


def steps_of(trader: Trader, row: dict[str, Any]) -> list[str]:
    answer = trader.signed("GET", "/lionrock/v1/deposits/steps", depositOrderId=row["depositOrderId"])
    assert answer.status_code == 200, answer.text
    return [step["state"] for step in answer.json()]


@pytest.mark.shows("WALL-110", "WALL-111")
def test_each_step_has_its_reason_and_the_end_is_credited(server: LiveServer) -> None:
    trader = server.account()
    address = wallets.deposit_address(trader, "BTC", "Bitcoin")
    transaction = wallets.send_coins(server, "BTC", "BTC", address, "1.5")
    wallets.in_time(lambda: bool(wallets.deposits(trader)))
    wallets.add_blocks(server, "BTC", 2)
    wallets.in_time(lambda: state_of(trader) == "CREDITED")
    (row,) = wallets.deposits(trader)
    assert (row["status"], row["statusCode"], row["txId"], row["address"], row["quantity"], row["coin"]) == (
        4,
        "4",
        transaction,
        address,
        "1.5",
        "BTC",
    )
    assert (row["requiredConfirmTimes"], row["confirmations"] >= 2, row["reason"][:19]) == (
        2,
        True,
        "credited by command",
    )
    assert trader.balances() == {"BTC": ("1.5", "0")}
    steps = steps_of(trader, row)
    assert (steps[0], steps[-2:]) == ("SEEN", ["CREDITING", "CREDITED"])


@pytest.mark.shows("WALL-112")
def test_an_output_that_is_shown_again_is_credited_once(server: LiveServer) -> None:
    trader = server.account()
    address = wallets.deposit_address(trader, "ETH", "ERC20")
    wallets.send_coins(server, "ETH", "ETH", address, "2")
    wallets.send_coins(server, "ETH", "ETH", address, "2")
    wallets.add_blocks(server, "ETH", 3)
    wallets.in_time(lambda: [row["state"] for row in wallets.deposits(trader)] == ["CREDITED", "CREDITED"])
    # Undone and done again after it was credited: every look shows the same outputs once more.
    answer = server.http.post("/lionrock/v1/sandbox/reorganisations", json={"chainType": "ETH", "depth": 3})
    assert answer.status_code == 200
    wallets.add_blocks(server, "ETH", 5)
    other = server.account()
    wallets.send_coins(server, "ETH", "ETH", wallets.deposit_address(other, "ETH", "ETH"), "1")
    wallets.add_blocks(server, "ETH", 3)
    wallets.in_time(lambda: state_of(other) == "CREDITED")  # the chain was looked at again since
    assert trader.balances() == {"ETH": ("4", "0")}
    assert len(wallets.deposits(trader)) == 2


@pytest.mark.shows("WALL-113")
def test_what_the_chain_takes_back_is_not_credited(server: LiveServer) -> None:
    trader = server.account()
    wallets.send_coins(server, "BTC", "BTC", wallets.deposit_address(trader, "BTC", "BTC"), "3")
    wallets.in_time(lambda: state_of(trader) in ("SEEN", "CONFIRMING"))
    undone = {"chainType": "BTC", "depth": 2, "drop": True}
    assert server.http.post("/lionrock/v1/sandbox/reorganisations", json=undone).status_code == 200
    wallets.in_time(lambda: state_of(trader) in ("GONE", "CREDITED"))
    if state_of(trader) == "GONE":  # blocks come by the clock, too: two of them may have been quicker
        (row,) = wallets.deposits(trader)
        assert (row["status"], trader.balances()) == (3, {})
        assert "does not show" in row["reason"]


@pytest.mark.shows("WALL-114")
def test_less_than_the_least_deposit_waits_and_says_so(server: LiveServer) -> None:
    trader = server.account()
    wallets.send_coins(server, "USDT", "Tron", wallets.deposit_address(trader, "USDT", "Tron"), "0.5")
    wallets.add_blocks(server, "Tron", 3)
    wallets.in_time(lambda: state_of(trader) == "WAITING")
    (row,) = wallets.deposits(trader)
    assert (row["status"], row["reason"], trader.balances()) == (2, "less than the least deposit of 1 USDT", {})


@pytest.mark.shows("WALL-115")
def test_addresses_are_an_accounts_own(server: LiveServer) -> None:
    first, second = server.account(), server.account()
    chains = {"BTC": "BTC", "ETH": "ETH", "USDT": "TRC20"}
    given = {coin: wallets.deposit_address(first, coin, chain) for coin, chain in chains.items()}
    assert {coin: address[:4] for coin, address in given.items() if coin == "BTC"} == {"BTC": "bcrt"}
    assert all(wallets.deposit_address(second, coin, chain) != given[coin] for coin, chain in chains.items())
    # Tokens of one chain arrive at one address.
    assert wallets.deposit_address(first, "USDT", "ERC20") == given["ETH"]
    sub = wallets.open_sub(first, "desk")
    assert wallets.deposits(first) == []
    answer = first.signed("GET", "/api/v1/account/depositOrders", accountId=sub)
    assert answer.json() == []
    assert refusal(second.signed("GET", "/api/v1/account/depositOrders", accountId=first.account_id)) == "0104"


@pytest.mark.shows("WALL-116")
def test_what_cannot_be_deposited_is_refused(server: LiveServer) -> None:
    trader = server.account()
    path = "/api/v1/account/deposit/address"
    assert refusal(trader.signed("GET", path, coin="BTC", chainType="Tron")) == -1130
    assert refusal(trader.signed("GET", path, coin="DOGE", chainType="BTC")) == "0402"
    assert refusal(trader.signed("GET", path, coin="USD", chainType="BTC")) == -1130
    assert refusal(trader.signed("GET", path, coin="BTC")) == "0001"
    good = {"coin": "BTC", "chainType": "BTC", "address": wallets.BITCOIN, "quantity": "1"}
    for bad, code in (
        ({"address": wallets.BITCOIN[:-1] + "p"}, -1163),
        ({"quantity": "0"}, -1126),
        ({"quantity": "-1"}, -1126),
        ({"quantity": "0.000000001"}, -1126),
        ({"coin": "USD"}, "0402"),
        ({"quantity": 1}, "0001"),
    ):
        assert refusal(server.http.post("/lionrock/v1/sandbox/deposits", json=good | bad)) == code
    # To an address that is nobody's.
    wallets.send_coins(server, "BTC", "BTC", wallets.BITCOIN, "1")
    for body in ({"chainType": "BTC", "count": 0}, {"chainType": "BTC", "count": 101}, {"chainType": "BTC"}):
        assert refusal(server.http.post("/lionrock/v1/sandbox/blocks", json=body)) == "0001"
    unknown = {"chainType": "X", "depth": 1}
    assert refusal(server.http.post("/lionrock/v1/sandbox/reorganisations", json=unknown)) == -1130


@pytest.mark.shows("WALL-117")
def test_steps_of_somebody_elses_deposit_are_not_there(server: LiveServer) -> None:
    trader, stranger = server.account(), server.account()
    wallets.send_coins(server, "BTC", "BTC", wallets.deposit_address(trader, "BTC", "BTC"), "3")
    wallets.in_time(lambda: bool(wallets.deposits(trader)))
    (row,) = wallets.deposits(trader)
    path = "/lionrock/v1/deposits/steps"
    assert trader.signed("GET", path, depositOrderId=row["depositOrderId"]).status_code == 200
    assert refusal(stranger.signed("GET", path, depositOrderId=row["depositOrderId"])) == -1207
    assert refusal(stranger.signed("GET", path)) == "0001"
    assert (
        refusal(stranger.signed("GET", path, depositOrderId=row["depositOrderId"], accountId=trader.account_id))
        == "0104"
    )
    assert wallets.deposits(stranger) == []


@pytest.mark.shows("WALL-118")
def test_deposits_are_followed_across_a_kill(fresh_server: LiveServer) -> None:
    trader = fresh_server.account()
    address = wallets.deposit_address(trader, "BTC", "BTC")
    wallets.send_coins(fresh_server, "BTC", "BTC", address, "1")
    wallets.in_time(lambda: state_of(trader) != "")
    fresh_server.kill()
    fresh_server.start()
    wallets.add_blocks(fresh_server, "BTC", 2)
    wallets.in_time(lambda: state_of(trader) == "CREDITED")
    fresh_server.kill()
    fresh_server.start()
    assert (trader.balances(), len(wallets.deposits(trader))) == ({"BTC": ("1", "0")}, 1)
    assert wallets.deposit_address(trader, "BTC", "BTC") == address
    stored = (fresh_server.directory / "site.sqlite").read_bytes()
    stored += (fresh_server.directory / "site.sqlite-wal").read_bytes()
    assert address.encode() not in stored
