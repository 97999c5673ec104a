"""Withdrawals: held at once, seen, taken back; done once; nowhere written down in the clear."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.gateways.rest import wallets
from tests.gateways.rest.live import LiveServer, Trader, refusal
from tests.gateways.rest.wallets import withdraw, withdrawals


@pytest.fixture
def trader(server: LiveServer) -> Trader:
    return server.account(BTC="10", USDT="100000")


def cancel(trader: Trader, **which: str) -> object:
    answer = trader.signed("DELETE", "/lionrock/v1/withdrawals", **which)
    return answer.json() if answer.status_code == 200 else refusal(answer)


@pytest.mark.shows("WALL-120", "WALL-121")
def test_the_amount_is_held_until_it_is_taken_back(trader: Trader) -> None:
    order_id = withdraw(trader, quantity="2.5", remark="for the vault", addressExt="7").json()["orderId"]
    assert trader.balances()["BTC"] == ("7.5", "2.5")
    (row,) = withdrawals(trader)
    assert (row["id"], row["state"], row["status"], row["quantity"], row["fee"], row["arriveQuantity"]) == (
        order_id,
        "awaiting custody",
        "pending",
        "2.5",
        "0.0002",
        "2.4998",
    )
    assert (row["address"], row["addressExt"], row["remark"], row["chainType"]) == (
        wallets.BITCOIN,
        "7",
        "for the vault",
        "BTC",
    )
    done = cancel(trader, orderId=order_id)
    assert isinstance(done, dict)
    assert (done["state"], done["status"]) == ("cancelled", "canceled")
    assert trader.balances()["BTC"] == ("10", "0")
    assert cancel(trader, orderId=order_id) == -1142
    assert [row["state"] for row in withdrawals(trader)] == ["cancelled"]


@pytest.mark.shows("WALL-122")
def test_one_client_order_id_is_one_withdrawal(trader: Trader, server: LiveServer) -> None:
    first = withdraw(trader, clientOrderId="mine").json()
    assert withdraw(trader, clientOrderId="mine").json() == first
    assert refusal(withdraw(trader, clientOrderId="mine", quantity="2")) == -1024
    assert refusal(withdraw(trader, clientOrderId="mine", address=wallets.LEGACY)) == -1024
    assert trader.balances()["BTC"] == ("9", "1")
    # One that was refused leaves its id free; another account may use the same.
    assert refusal(withdraw(trader, clientOrderId="large", quantity="50")) == "0401"
    assert withdraw(trader, clientOrderId="large", quantity="5").status_code == 200
    other = server.account(BTC="1")
    assert withdraw(other, clientOrderId="mine").status_code == 200
    assert len(withdrawals(trader)) == 2
    assert isinstance(cancel(trader, clientOrderId="mine"), dict)


@pytest.mark.shows("WALL-122", "WALL-105")
def test_asked_many_times_at_once_it_is_done_once(trader: Trader) -> None:
    sub = wallets.open_sub(trader, "desk")
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(withdraw, trader, clientOrderId="mine") for _ in range(8)]
        moved = [pool.submit(wallets.transfer, trader, trader.account_id, sub, clientOrderId="once") for _ in range(8)]
        given = [pool.submit(wallets.deposit_address, trader, "ETH", "ETH") for _ in range(8)]
        assert len({answer.result().text for answer in asked}) == 1
        assert len({answer.result().text for answer in moved}) == 1
        assert len({address.result() for address in given}) == 1
    assert (trader.balances()["BTC"], trader.balances()["USDT"]) == (("9", "1"), ("99990", "0"))
    assert len(withdrawals(trader)) == 1


@pytest.mark.shows("WALL-120")
def test_lists_are_chosen_by_time_and_asset(trader: Trader) -> None:
    first = withdraw(trader, remark="a").json()["orderId"]
    second = withdraw(trader, coin="USDT", chainType="ETH", address=wallets.EVM, quantity="50", remark="b").json()[
        "orderId"
    ]
    path = "/api/v1/account/withdrawOrders"

    def found(**which: str) -> list[str]:
        return [row["id"] for row in trader.signed("GET", path, **which).json()]

    assert found() == [second, first]
    assert (found(coin="BTC"), found(remark="b"), found(limit="1")) == ([first], [second], [second])
    assert (found(startTime="9" * 18), found(endTime="1"), found(startTime="0", endTime="9" * 18)) == (
        [],
        [],
        [second, first],
    )
    assert trader.signed("GET", "/api/v1/account/depositOrders", startTime="0", endTime="9" * 18).json() == []
    assert refusal(trader.signed("GET", path, coin="DOGE")) == "0402"
    assert refusal(trader.signed("GET", path, limit="x")) == -100002


@pytest.mark.shows("WALL-123")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"coin": "DOGE"}, "0402"),
        ({"coin": "USD"}, -1169),
        ({"chainType": "Tron"}, -1130),
        ({"chainType": "", "address": wallets.TRON}, -1163),
        ({"address": wallets.EVM}, -1163),
        ({"address": wallets.BITCOIN[:-1] + "p"}, -1163),
        ({"address": ""}, "0001"),
        ({"addressExt": "x" * 101}, -1163),
        ({"quantity": ""}, -1165),
        ({"quantity": "-1"}, -1168),
        ({"quantity": "0"}, -1168),
        ({"quantity": "0.000000001"}, -1168),
        ({"quantity": "0.0009"}, -1167),
        ({"quantity": "100.1"}, -1168),
        ({"quantity": "10.1"}, "0401"),
        ({"clientOrderId": "x" * 256}, "0001"),
        ({"remark": "x" * 256}, "0001"),
        ({"platform": "hashkey"}, -1020),
    ],
)
def test_bad_input_changes_nothing(trader: Trader, wrong: dict[str, str], code: object) -> None:
    assert refusal(withdraw(trader, **wrong)) == code
    assert (trader.balances()["BTC"], withdrawals(trader)) == (("10", "0"), [])


@pytest.mark.shows("WALL-124")
def test_somebody_elses_withdrawal_is_not_there(trader: Trader, server: LiveServer) -> None:
    order_id = withdraw(trader, clientOrderId="mine").json()["orderId"]
    stranger = server.account(BTC="1")
    assert cancel(stranger, orderId=order_id) == "0211"
    assert cancel(stranger, clientOrderId="mine") == "0211"
    assert withdrawals(stranger) == []
    assert refusal(stranger.signed("GET", "/api/v1/account/withdrawOrders", accountId=trader.account_id)) == "0104"
    for wrong in ("W1", "1", "W", "Wx", "W" + "9" * 30):
        assert cancel(stranger, orderId=wrong) in ("0211", "0001")
    assert cancel(stranger) == "0001"
    assert trader.balances()["BTC"] == ("9", "1")


@pytest.mark.shows("WALL-125")
def test_an_owner_with_a_list_withdraws_to_it_alone(trader: Trader, server: LiveServer) -> None:
    path, listed = "/lionrock/v1/withdrawalAddresses", {"coin": "USDT", "chainType": "ERC20", "address": wallets.EVM}
    assert wallets.signed_json(trader, "POST", path, listed).json() == {
        "fromAddress": wallets.EVM,
        "coin": "USDT",
        "chainType": "ETH",
    }
    rows = trader.signed("GET", "/api/v1/account/whitelist/whitelistAddress", coin="USDT", type="Withdraw").json()
    assert rows == [{"fromAddress": wallets.EVM, "coin": "USDT", "chainType": "ETH"}]
    assert trader.signed("GET", "/api/v1/account/whitelist/whitelistAddress", type="Deposit").json() == []
    assert refusal(withdraw(trader)) == -1171
    to_listed = {"coin": "USDT", "chainType": "ETH", "quantity": "100"}
    # The same address in another letter case is the same address.
    assert withdraw(trader, address=wallets.EVM.lower(), **to_listed).status_code == 200
    sub = wallets.open_sub(trader, "desk")
    assert wallets.transfer(trader, trader.account_id, sub, coin="BTC", quantity="1").status_code == 200
    for wrong, code in (
        ({"address": "0x1"}, -1163),
        ({"chainType": "BTC"}, -1130),
        ({"coin": "X"}, -1130),
        ({"address": 7}, "0001"),
    ):
        assert refusal(wallets.signed_json(trader, "POST", path, listed | wrong)) == code
    stranger = server.account(BTC="1")
    assert stranger.signed("GET", "/api/v1/account/whitelist/whitelistAddress").json() == []
    assert refusal(stranger.signed("DELETE", path, **listed)) == -1171
    assert trader.signed("DELETE", path, **listed).status_code == 200
    assert withdraw(trader).status_code == 200


@pytest.mark.shows("WALL-126")
def test_nothing_personal_is_in_journal_or_database(fresh_server: LiveServer) -> None:
    trader = fresh_server.account(BTC="10")
    sub = wallets.open_sub(trader, "grandmother's savings")
    names = {"clientOrderId": "my-own-name", "remark": "to my sister"}
    assert withdraw(trader, addressExt="tag-of-mine", **names).status_code == 200
    assert wallets.transfer(trader, trader.account_id, sub, coin="BTC", quantity="1", **names).status_code == 200
    listed = {"coin": "BTC", "chainType": "BTC", "address": wallets.BITCOIN}
    assert wallets.signed_json(trader, "POST", "/lionrock/v1/withdrawalAddresses", listed).status_code == 200
    fresh_server.kill()
    secrets = (wallets.BITCOIN, "tag-of-mine", "grandmother", "my-own-name", "my sister")
    read = 0
    for file in fresh_server.directory.rglob("*"):
        if file.is_file():
            read += 1
            content = file.read_bytes()
            assert [text for text in secrets if text.encode() in content] == [], file
    assert read > 3
    fresh_server.start()
    assert (trader.balances()["BTC"], withdrawals(trader)[0]["remark"]) == (("8", "1"), "to my sister")
