"""Main account and sub-accounts: who sees what, who moves what, what a crash leaves."""

from __future__ import annotations

import pytest

from lionrock.people.api_keys import Right
from tests.gateways.rest import wallets
from tests.gateways.rest.live import LiveServer, refusal
from tests.gateways.rest.wallets import signed_json, transfer


class Family:
    """An owner with two sub-accounts, the first with a key, and somebody else."""

    def __init__(self, server: LiveServer) -> None:
        self.main = server.account(USDT="1000", BTC="5")
        self.first, self.second = wallets.open_sub(self.main, "first"), wallets.open_sub(self.main, "second")
        self.sub = wallets.with_key_of(server, self.first)
        self.stranger = server.account(USDT="1000", BTC="5")


@pytest.fixture
def family(server: LiveServer) -> Family:
    """Of a test's own: what a test before it did is not theirs."""
    return Family(server)


@pytest.mark.shows("WALL-101")
def test_main_sees_all_of_its_own_and_a_sub_itself(family: Family) -> None:
    rows = family.main.signed("GET", "/api/v1/account/type").json()
    owner = family.main.account_id
    assert [(row["accountId"], row["accountLabel"], row["accountType"], row["accountIndex"]) for row in rows] == [
        (owner, "Main Trading Account", 1, 0),
        (family.first, "Sub Main Trading Account", 1, 1),
        (family.second, "Sub Main Trading Account", 1, 2),
    ]
    assert {row["userId"] for row in rows} == {owner}
    (own,) = family.sub.signed("GET", "/api/v1/account/type").json()
    assert (own["accountId"], own["accountLabel"], own["accountIndex"], own["userId"]) == (
        family.first,
        "Sub Main Trading Account",
        1,
        owner,
    )
    assert family.main.signed("GET", "/api/v1/account/checkApiKey").json() == {"accountType": "master"}
    assert family.sub.signed("GET", "/api/v1/account/checkApiKey").json() == {"accountType": "sub"}
    named = family.main.signed("GET", "/lionrock/v1/subAccounts").json()
    assert [(row["accountId"], row["label"], row["index"]) for row in named] == [
        (family.first, "first", 1),
        (family.second, "second", 2),
    ]
    assert family.stranger.signed("GET", "/lionrock/v1/subAccounts").json() == []


@pytest.mark.shows("WALL-102")
def test_one_name_is_one_sub_account(family: Family) -> None:
    assert wallets.open_sub(family.main, "first") == family.first
    assert wallets.open_sub(family.stranger, "first") != family.first
    wrongs: list[object] = [
        {"label": ""},
        {"label": "  "},
        {"label": "x" * 65},
        {"label": "a\nb"},
        {"label": 7},
        {},
        [],
        "x",
    ]
    for wrong in wrongs:
        assert refusal(signed_json(family.main, "POST", "/lionrock/v1/subAccounts", wrong)) == "0001"
    assert refusal(signed_json(family.sub, "POST", "/lionrock/v1/subAccounts", {"label": "below"})) == -1204
    # The body is signed.
    answer = family.main.signed("POST", "/lionrock/v1/subAccounts")
    text = str(answer.request.url.query, "ascii")
    assert refusal(family.main.send("POST", "/lionrock/v1/subAccounts", text, '{"label":"other"}')) == "0002"
    assert len(family.main.signed("GET", "/lionrock/v1/subAccounts").json()) == 2


@pytest.mark.shows("WALL-103")
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/account",
        "/api/v1/account/trades",
        "/api/v1/spot/tradeOrders",
        "/api/v1/spot/openOrders",
        "/api/v1/account/depositOrders",
        "/api/v1/account/withdrawOrders",
    ],
)
def test_only_the_owner_names_another_account(family: Family, path: str) -> None:
    main, sub, stranger = family.main, family.sub, family.stranger
    for named in (family.first, family.second, main.account_id):
        assert main.signed("GET", path, accountId=named).status_code == 200
    for asks, named in (
        (sub, main.account_id),
        (sub, family.second),
        (stranger, family.first),
        (stranger, main.account_id),
        (main, stranger.account_id),
        (main, "1"),
        (main, "x"),
    ):
        assert refusal(asks.signed("GET", path, accountId=named)) == "0104"


@pytest.mark.shows("WALL-104")
def test_main_reads_what_a_sub_trades(family: Family) -> None:
    main, sub, stranger = family.main, family.sub, family.stranger
    assert transfer(main, main.account_id, family.first, coin="BTC", quantity="2").status_code == 200
    resting = sub.limit("SELL", "0.5", "60000")
    sold = sub.limit("SELL", "0.01", "50000")
    stranger.limit("BUY", "0.01", "50000")
    reads = {
        "/api/v1/spot/subAccount/openOrders": [resting["orderId"]],
        "/api/v1/spot/subAccount/tradeOrders": [sold["orderId"]],
        "/api/v1/subAccount/trades": [sold["orderId"]],
    }
    for path, expected in reads.items():
        for name in ("subAccountId", "accountId"):
            rows = main.signed("GET", path, **{name: family.first}).json()
            assert [row["orderId"] for row in rows] == expected
        assert refusal(stranger.signed("GET", path, subAccountId=family.first)) == "0104"
        assert refusal(sub.signed("GET", path, subAccountId=family.second)) == "0104"
        assert refusal(main.signed("GET", path)) == "0001"
        assert main.signed("GET", path, subAccountId=family.second).json() == []
        assert refusal(main.signed("GET", path, subAccountId=family.first, symbol="NOPE")) == "0201"
    found = main.signed("GET", "/api/v1/spot/order", orderId=resting["orderId"], accountId=family.first)
    assert found.json()["orderId"] == resting["orderId"]
    named = {"orderId": resting["orderId"], "accountId": family.first}
    assert refusal(stranger.signed("GET", "/api/v1/spot/order", **named)) == "0104"
    # Reading is not acting: the order is not the main account's to cancel.
    assert refusal(main.signed("DELETE", "/api/v1/spot/order", orderId=resting["orderId"])) == "0211"
    assert main.signed("DELETE", "/api/v1/spot/cancelAllOpenOrders").json() == {"success": True}
    assert len(sub.open_orders()) == 1
    sub.limit("BUY", "0.1", "400", symbol="ETHUSDT")
    assert sub.signed("DELETE", "/api/v1/spot/cancelAllOpenOrders").json() == {"success": True}
    assert sub.open_orders() == []


@pytest.mark.shows("WALL-105")
def test_transfers_move_at_once_and_once(family: Family) -> None:
    main, sub = family.main, family.sub
    before = main.balances()["USDT"]
    first = transfer(main, main.account_id, family.second, clientOrderId="once", remark="rent").json()
    assert (first["success"], first["clientOrderId"], first["timestamp"] > 0) == (True, "once", True)
    assert transfer(main, main.account_id, family.second, clientOrderId="once").json() == first
    assert refusal(transfer(main, main.account_id, family.second, clientOrderId="once", quantity="11")) == -1024
    held = main.signed("GET", "/api/v1/account", accountId=family.second).json()["balances"]
    assert [(row["asset"], row["free"]) for row in held] == [("USDT", "10")]
    assert int(before[0].split(".")[0]) - int(main.balances()["USDT"][0].split(".")[0]) == 10
    # Between two subs, by the main account's key; and back.
    assert transfer(main, family.second, family.first).status_code == 200
    assert transfer(sub, family.first, main.account_id).status_code == 200
    assert main.balances()["USDT"] == before
    # A refused one leaves its id free.
    assert refusal(transfer(main, family.second, main.account_id, clientOrderId="later")) == "0401"
    assert transfer(main, main.account_id, family.second, clientOrderId="later").status_code == 200
    assert transfer(main, family.second, main.account_id).status_code == 200


@pytest.mark.shows("WALL-106")
def test_nobody_moves_what_is_not_theirs(family: Family) -> None:
    main, sub, stranger = family.main, family.sub, family.stranger
    before = [each.balances() for each in (main, sub, stranger)]
    own = main.account_id
    for asks, source, target, more, code in (
        (main, own, stranger.account_id, {}, -1173),
        (main, stranger.account_id, own, {}, -1172),
        (stranger, family.first, stranger.account_id, {}, -1172),
        (stranger, stranger.account_id, family.first, {}, -1173),
        (sub, own, family.first, {}, -1172),
        (sub, family.second, family.first, {}, -1172),
        (sub, family.first, family.second, {}, -1173),
        (sub, family.first, family.first, {}, -1174),
        (main, own, own, {}, -1174),
        (main, own, "1", {}, -1173),
        (main, "2", own, {}, -1172),
        (main, own, family.first, {"coin": "DOGE"}, "0402"),
        (main, own, family.first, {"quantity": "0"}, -1126),
        (main, own, family.first, {"quantity": "-5"}, -1126),
        (main, own, family.first, {"quantity": "1e99"}, -1126),
        (main, own, family.first, {"quantity": "0.000000001"}, -1126),
        (main, own, family.first, {"quantity": "1000000"}, "0401"),
        (main, own, family.first, {"clientOrderId": "x" * 256}, "0001"),
        (main, own, family.first, {"quantity": ""}, "0001"),
    ):
        assert refusal(transfer(asks, source, target, **more)) == code
    assert [each.balances() for each in (main, sub, stranger)] == before


@pytest.mark.shows("WALL-107")
def test_an_owners_accounts_do_not_trade_with_each_other(family: Family) -> None:
    main, sub = family.main, family.sub
    assert transfer(main, main.account_id, family.first, coin="BTC", quantity="1").status_code == 200
    sub.limit("SELL", "0.001", "70000")
    bought = main.place(side="BUY", quantity="0.001", price="70000")
    assert (bought.json()["status"], bought.json()["executedQty"]) == ("CANCELED", "0")
    assert sub.signed("DELETE", "/api/v1/spot/cancelAllOpenOrders").status_code == 200


@pytest.mark.shows("WALL-108")
def test_a_family_is_there_after_a_kill(fresh_server: LiveServer) -> None:
    main = fresh_server.account(USDT="1000")
    sub = wallets.open_sub(main, "desk")
    done = transfer(main, main.account_id, sub, clientOrderId="once").json()
    fresh_server.kill()
    fresh_server.start()
    assert [row["accountId"] for row in main.signed("GET", "/api/v1/account/type").json()] == [main.account_id, sub]
    assert main.signed("GET", "/lionrock/v1/subAccounts").json() == [{"accountId": sub, "label": "desk", "index": 1}]
    assert transfer(main, main.account_id, sub, clientOrderId="once").json() == done
    assert main.balances()["USDT"] == ("990", "0")
    assert wallets.open_sub(main, "another") not in (sub, main.account_id)


@pytest.mark.shows("WALL-109")
def test_a_key_without_the_right_does_neither(fresh_server: LiveServer) -> None:
    main = fresh_server.account(USDT="1000", BTC="5")
    sub = wallets.open_sub(main, "desk")
    reader = wallets.with_key_of(fresh_server, main.account_id, Right.READ | Right.TRADE)
    assert refusal(transfer(reader, main.account_id, sub)) == -1005
    assert refusal(wallets.withdraw(reader)) == -1005
    assert refusal(signed_json(reader, "POST", "/lionrock/v1/subAccounts", {"label": "more"})) == -1005
    listed = {"coin": "BTC", "chainType": "BTC", "address": wallets.BITCOIN}
    assert refusal(signed_json(reader, "POST", "/lionrock/v1/withdrawalAddresses", listed)) == -1005
    order_id = wallets.withdraw(main).json()["orderId"]
    assert refusal(reader.signed("DELETE", "/lionrock/v1/withdrawals", orderId=order_id)) == -1005
    assert main.balances() == {"USDT": ("1000", "0"), "BTC": ("4", "1")}
