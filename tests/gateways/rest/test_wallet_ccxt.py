"""An unmodified ccxt does with accounts and wallet what its hashkey class can."""

from __future__ import annotations

from typing import Any

import ccxt
import pytest

from tests.gateways.rest import wallets
from tests.gateways.rest.live import LiveServer, Trader

pytestmark = pytest.mark.shows("WALL-001")


@pytest.fixture
def trader(server: LiveServer) -> Trader:
    return server.account(BTC="10", USDT="1000000", USD="1000")


def test_currencies_have_their_networks(trader: Trader) -> None:
    client = trader.ccxt()
    client.load_markets()
    tether = client.currencies["USDT"]
    assert (tether["deposit"], tether["withdraw"], tether["type"]) == (True, True, "crypto")
    assert sorted(tether["networks"]) == ["ERC20", "TRC20"]
    tron = tether["networks"]["TRC20"]
    assert (tron["fee"], tron["limits"]["withdraw"]["min"], tron["limits"]["withdraw"]["max"]) == (1.0, 10.0, 1e6)
    assert tron["limits"]["deposit"]["min"] == 1.0
    assert (client.currencies["USD"]["type"], client.currencies["USD"]["networks"]) == ("fiat", {})


def test_deposit_from_address_to_balance(server: LiveServer, trader: Trader) -> None:
    client = trader.ccxt()
    given = client.fetch_deposit_address("USDT", {"network": "TRC20"})
    assert (given["currency"], given["network"], given["tag"]) == ("USDT", "TRC20", None)
    assert client.fetch_deposit_address("USDT", {"network": "TRC20"})["address"] == given["address"]
    assert client.fetch_deposits() == []
    transaction = wallets.send_coins(server, "USDT", "TRC20", given["address"], "250.5")
    wallets.in_time(lambda: bool(client.fetch_deposits()))
    (seen,) = client.fetch_deposits()
    assert (seen["status"], seen["txid"], seen["amount"], seen["address"]) == (
        "pending",
        transaction,
        250.5,
        given["address"],
    )
    wallets.add_blocks(server, "Tron", 3)
    wallets.in_time(lambda: client.fetch_deposits("USDT")[0]["status"] == "ok")
    assert client.fetch_balance()["USDT"]["free"] == 1_000_250.5
    assert client.fetch_deposits("BTC") == []


def test_withdrawal_waits_for_custody(trader: Trader) -> None:
    client = trader.ccxt()
    asked = client.withdraw("BTC", 1.5, wallets.BITCOIN, {"network": "BTC", "clientOrderId": "mine"})
    assert asked["id"].startswith("W")
    again = client.withdraw("BTC", 1.5, wallets.BITCOIN, {"network": "BTC", "clientOrderId": "mine"})
    assert again["id"] == asked["id"]
    (row,) = client.fetch_withdrawals("BTC")
    assert (row["id"], row["status"], row["amount"], row["address"]) == (asked["id"], "pending", 1.5, wallets.BITCOIN)
    assert (row["fee"], row["info"]["state"], row["info"]["arriveQuantity"]) == (
        {"cost": 0.0002, "currency": "BTC"},
        "awaiting custody",
        "1.4998",
    )
    assert client.fetch_balance()["BTC"] == {"free": 8.5, "used": 1.5, "total": 10.0}
    # Without a chain, where the address fits one of the asset's only; and as ccxt writes small numbers.
    client.withdraw("USDT", 20, wallets.TRON)
    assert client.fetch_withdrawals("USDT")[0]["info"]["chainType"] == "Tron"


def test_accounts_and_transfers(server: LiveServer, trader: Trader) -> None:
    client = trader.ccxt()
    sub = wallets.open_sub(trader, "desk")
    assert [(row["id"], row["type"]) for row in client.fetch_accounts()] == [
        (trader.account_id, "main spot account"),
        (sub, "sub spot account"),
    ]
    done = client.transfer("USDT", 500, trader.account_id, sub, {"clientOrderId": "t1"})
    assert (done["status"], client.transfer("USDT", 500, trader.account_id, sub, {"clientOrderId": "t1"})["id"]) == (
        "ok",
        done["id"],
    )
    assert client.fetch_balance({"accountId": sub})["USDT"]["free"] == 500.0
    assert client.fetch_balance()["USDT"]["free"] == 999_500.0
    assert client.fetch_open_orders("BTC/USDT", None, None, {"accountId": sub}) == []
    assert client.fetch_my_trades("BTC/USDT", None, None, {"accountId": sub}) == []
    assert client.fetch_canceled_and_closed_orders(None, None, None, {"accountId": sub}) == []


def test_fees_tell_tier_and_volume(trader: Trader) -> None:
    client = trader.ccxt()
    fees = client.fetch_trading_fees()
    assert (fees["BTC/USDT"]["maker"], fees["BTC/USDT"]["taker"]) == (0.0012, 0.0012)
    assert client.fetch_trading_fee("BTC/USD")["info"]["buyTakerFeeCurrency"] == "USD"


def test_errors_raise_the_class_a_caller_expects(server: LiveServer, trader: Trader) -> None:
    client = trader.ccxt()
    stranger = server.account()
    calls: list[tuple[type[Exception], Any]] = [
        (ccxt.InsufficientFunds, lambda: client.withdraw("BTC", 11, wallets.BITCOIN, {"network": "BTC"})),
        (ccxt.InvalidAddress, lambda: client.withdraw("BTC", 1, wallets.BITCOIN[:-1] + "z", {"network": "BTC"})),
        (ccxt.BadRequest, lambda: client.withdraw("BTC", 0.0001, wallets.BITCOIN, {"network": "BTC"})),
        (ccxt.PermissionDenied, lambda: client.withdraw("USD", 1, wallets.EVM)),
        (ccxt.BadRequest, lambda: client.transfer("USDT", 1, trader.account_id, stranger.account_id)),
        (ccxt.BadRequest, lambda: client.transfer("USDT", 1, stranger.account_id, trader.account_id)),
        (ccxt.PermissionDenied, lambda: client.transfer("USDT", 1, trader.account_id, trader.account_id)),
        (ccxt.PermissionDenied, lambda: client.fetch_balance({"accountId": stranger.account_id})),
        (ccxt.BadRequest, lambda: client.fetch_deposit_address("BTC", {"network": "TRC20"})),
        (ccxt.ExchangeNotAvailable, lambda: client.privateGetApiV1FuturesPositions({"symbol": "X"})),
        (ccxt.ExchangeNotAvailable, lambda: client.publicGetApiV1FuturesFundingRate({})),
    ]
    for expected, call in calls:
        with pytest.raises(expected):
            call()
    assert client.fetch_balance()["BTC"] == {"free": 10.0, "used": 0.0, "total": 10.0}
