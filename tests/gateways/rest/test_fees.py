"""What trading costs, as anybody may read it."""

from __future__ import annotations

import pytest

from lionrock.words.commands import SetFeeTier, SetMarketRules
from tests.gateways.rest.live import LiveServer
from tests.gateways.rest.test_other_ways_in import BTCUSDT, Stage, stage

__all__ = ["stage"]


@pytest.mark.shows("PUBL-001")
def test_the_tiers_of_hong_kong_are_told_as_they_are_charged(fresh_server: LiveServer) -> None:
    told = fresh_server.get("/lionrock/v1/fees").json()
    assert (told["volumeAsset"], told["volumeDays"]) == ("USD", 30)
    assert told["tiers"][0] == {"tier": 0, "leastVolume": "0", "makerRate": "0.0012", "takerRate": "0.0012"}
    assert told["tiers"][1] == {"tier": 1, "leastVolume": "1000000", "makerRate": "0.0008", "takerRate": "0.0009"}
    assert told["tiers"][7] == {"tier": 7, "leastVolume": "800000000", "makerRate": "0", "takerRate": "0.00035"}
    market = next(row for row in told["markets"] if row["symbol"] == "BTCUSDT")
    assert market == {
        "symbol": "BTCUSDT",
        "buyFeeAsset": "BTC",
        "sellFeeAsset": "USDT",
        "buyLeastFee": "0",
        "sellLeastFee": "0",
    }
    seller, buyer = fresh_server.account(BTC="1"), fresh_server.account(USDT="100000")
    seller.limit("SELL", "1", "50000")
    buyer.limit("BUY", "1", "50000")
    assert buyer.balances()["BTC"] == ("0.9988", "0"), "the taker rate of tier 0, in the asset that the page names"
    assert seller.balances()["USDT"] == ("49940", "0"), "the maker rate of tier 0"


@pytest.mark.shows("PUBL-001")
async def test_what_the_operator_sets_shows_at_once(stage: Stage) -> None:
    await stage.do(SetFeeTier(tier=9, maker_fee_ppm=-50, taker_fee_ppm=1_000))
    await stage.do(
        SetMarketRules(
            market_id=BTCUSDT,
            legal_entity=0,
            price_deviation_ppm=0,
            max_order_value_atoms=0,
            admitted_classes=15,
            minimum_fee_base_atoms=1_000,
            minimum_fee_quote_atoms=5 * 10**7,
        )
    )
    told = (await stage.client.get("/lionrock/v1/fees")).json()
    tier = next(row for row in told["tiers"] if row["tier"] == 9)
    assert tier == {"tier": 9, "leastVolume": None, "makerRate": "-0.00005", "takerRate": "0.001"}
    market = next(row for row in told["markets"] if row["symbol"] == "BTCUSDT")
    assert (market["buyLeastFee"], market["sellLeastFee"]) == ("0.00001", "0.5")
