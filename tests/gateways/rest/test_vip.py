"""What an owner traded and has, in dollars; market data made from other market data; what is not available."""

from __future__ import annotations

import ccxt
import pytest

from lionrock.gateways.rest.merged_quotes import merged
from lionrock.gateways.rest.unavailable import ENDPOINTS
from tests.gateways.rest import wallets
from tests.gateways.rest.live import LiveServer, refusal


@pytest.mark.shows("WALL-143")
def test_volume_and_assets_of_an_owner(fresh_server: LiveServer) -> None:
    main, other = fresh_server.account(BTC="3", HKD="1000"), fresh_server.account(USDT="300000")
    sub = wallets.open_sub(main, "desk")
    assert wallets.transfer(main, main.account_id, sub, coin="BTC", quantity="1").status_code == 200
    trader = wallets.with_key_of(fresh_server, sub)
    vip = main.signed("GET", "/api/v1/account/vipInfo").json()
    # 1,000 Hong Kong dollars; bitcoin has not been traded and has no price.
    assert (vip["code"], vip["vipLevel"], vip["tradeVol30Day"], vip["totalAssetBal"]) == (0, "0", "0", "128.205")
    trader.limit("SELL", "0.5", "50000")
    other.limit("BUY", "0.5", "50000")
    vip = main.signed("GET", "/api/v1/account/vipInfo", symbols="BTCUSD").json()
    # 2.5 BTC at 50,000, 25,000 USDT less the fee of 30, and the Hong Kong dollars.
    assert (vip["tradeVol30Day"], vip["totalAssetBal"]) == ("25000", "150098.205")
    assert [row["symbol"] for row in vip["data"]] == ["BTCUSD"]
    own = trader.signed("GET", "/api/v1/account/vipInfo").json()
    assert (own["tradeVol30Day"], own["totalAssetBal"]) == ("25000", "49970")
    assert other.signed("GET", "/api/v1/account/vipInfo").json()["tradeVol30Day"] == "25000"
    assert refusal(main.signed("GET", "/api/v1/account/vipInfo", symbols="NOPE")) == "0201"


@pytest.mark.shows("WALL-144")
def test_the_merged_book_shows_no_price_better_than_it_is(fresh_server: LiveServer) -> None:
    trader = fresh_server.account(BTC="10", USDT="1000000")
    for size, price in (("1", "50000.01"), ("2", "50000.09"), ("3", "50000.11")):
        trader.limit("SELL", size, price)
    for size, price in (("1", "49999.99"), ("2", "49999.91"), ("3", "49999.89")):
        trader.limit("BUY", size, price)
    book = fresh_server.get("/quote/v1/depth/merged", symbol="BTCUSDT", scale="1").json()
    assert book["a"] == [["50000.1", "3"], ["50000.2", "3"]]
    assert book["b"] == [["49999.9", "3"], ["49999.8", "3"]]
    assert fresh_server.get("/quote/v1/depth/merged", symbol="BTCUSDT", scale="5").json()["a"] == [["51000", "6"]]
    plain = fresh_server.get("/quote/v1/depth", symbol="BTCUSDT").json()
    assert fresh_server.get("/quote/v1/depth/merged", symbol="BTCUSDT").json() == plain
    one = fresh_server.get("/quote/v1/depth/merged", symbol="BTCUSDT", scale="1", limit="1").json()
    assert (one["a"], one["b"]) == (book["a"][:1], book["b"][:1])
    for more, code in (({"scale": "6"}, -1130), ({"scale": "x"}, "0001"), ({"symbol": "NOPE"}, -100011)):
        wanted = {"symbol": "BTCUSDT"} | more
        assert refusal(fresh_server.get("/quote/v1/depth/merged", **wanted)) == code


def test_levels_are_put_together_away_from_the_best() -> None:
    levels = [(101, 1), (109, 2), (110, 3), (111, 4)]
    assert merged(levels, 10, 100, up=True) == [(110, 6), (120, 4)]
    assert merged(levels[::-1], 10, 100, up=False) == [(110, 7), (100, 3)]
    assert merged(levels, 10, 1, up=True) == [(110, 6)]
    assert merged(levels, 1, 100, up=True) == levels
    assert merged([], 10, 5, up=True) == []


@pytest.mark.shows("WALL-145")
def test_spot_markets_have_no_mark_price_and_no_index(server: LiveServer) -> None:
    for path in ("/quote/v1/markPrice", "/quote/v2/markPrice"):
        assert refusal(server.get(path, symbol="BTCUSDT")) == -100011
        assert refusal(server.get(path)) == -100012
    for known in ({}, {"symbol": "BTCUSDT"}):
        assert server.get("/quote/v1/index", **known).json() == {"index": {}, "edp": {}}
    assert refusal(server.get("/quote/v1/index", symbol="NOPE")) == -100011


@pytest.mark.shows("WALL-146")
def test_what_is_not_available_says_so_to_whoever_may_ask(server: LiveServer) -> None:
    trader = server.account(BTC="1")
    codes = {"/api/v1/account/fiat/withdraw": -4007, "/api/v1/account/depositRefund": "0001"}
    for endpoint in ENDPOINTS:
        if endpoint.path == "/api/v1/account/fiat/history":
            continue
        if endpoint.security == "NONE":
            assert refusal(server.get(endpoint.path)) == -1101
            continue
        assert refusal(trader.signed(endpoint.method, endpoint.path)) == codes.get(endpoint.path, -1101)
        assert refusal(server.http.request(endpoint.method, endpoint.path)) == "0001"
    assert refusal(trader.signed("POST", "/api/v1/account/depositRefund", depositOrderId="1")) == -1207
    path = "/api/v1/account/fiat/history"
    assert trader.signed("GET", path, type="deposit").json() == []
    assert (refusal(trader.signed("GET", path)), refusal(trader.signed("GET", path, type="x"))) == ("0001", -2026)
    client = trader.ccxt()
    with pytest.raises(ccxt.ExchangeNotAvailable):
        client.privateGetApiV1FuturesPositions({"symbol": "BTCUSDT-PERPETUAL"})


@pytest.mark.shows("WALL-147")
def test_assets_and_chains_say_how_they_move(server: LiveServer) -> None:
    trader = server.account()
    coins = {row["coinId"]: row for row in trader.signed("GET", "/api/v1/coinInfo").json()}
    listed = {row["coinId"]: row for row in server.get("/api/v1/exchangeInfo").json()["coins"]}
    assert sorted(coins) == sorted(listed) == ["BTC", "ETH", "HKD", "USD", "USDT"]
    for code, row in coins.items():
        shown = listed[code]
        assert (row["chainTypes"], row["allowDeposit"]) == (shown["chainTypes"], shown["allowDeposit"])
    assert (listed["USD"]["chainTypes"], listed["USD"]["allowWithdraw"], listed["USD"]["tokenType"]) == (
        [],
        False,
        "REAL_MONEY",
    )
    assert trader.signed("GET", "/api/v1/account/chainType", coin="BTC").json() == [
        {
            "chainType": "BTC",
            "withdrawFee": "0.0002",
            "minWithdrawQuantity": "0.001",
            "maxWithdrawQuantity": "100",
            "minDepositQuantity": "0.0001",
            "allowDeposit": True,
            "allowWithdraw": True,
        }
    ]
    assert [row["coinId"] for row in trader.signed("GET", "/api/v1/coinInfo", coin="ETH").json()] == ["ETH"]
    assert refusal(trader.signed("GET", "/api/v1/coinInfo", coin="DOGE")) == "0402"
    assert refusal(trader.signed("GET", "/api/v1/account/chainType")) == "0001"
