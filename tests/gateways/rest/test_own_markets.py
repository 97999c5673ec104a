"""The book with its place in the journal and its checksum; what markets are doing and will do."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from lionrock.views.book_checksum import book_checksum, checksum_text
from lionrock.words.commands import SetKillSwitch, SetMarketPhase, SetMarketRules, SetPriceBand
from lionrock.words.enumerations import KillSwitchScope, MarketPhase
from tests.gateways.rest.live import LiveServer
from tests.gateways.rest.own import placed
from tests.gateways.rest.test_other_ways_in import BTCUSDT, BUY, ORDER, SECOND_NS, SELL, Stage, stage

__all__ = ["stage"]


@pytest.mark.shows("ENTR-040")
def test_the_checksum_of_a_book_by_hand(server: LiveServer) -> None:
    assert checksum_text([("100", "2"), ("99.5", "1")], [("101", "0.3")]) == "100:2,99.5:1|101:0.3"
    assert book_checksum([("100", "2"), ("99.5", "1")], [("101", "0.3")]) == 1_875_717_585
    trader = server.account(BTC="100", USDT="10000000")
    empty = server.get("/lionrock/v1/book", symbol="BTCUSDT").json()
    assert empty["checksum"] == zlib.crc32(b"|")
    last = empty
    for number in range(30):
        placed(trader, "SELL", "0.1", str(50_000 + number))
        last = placed(trader, "BUY", "0.2", str(40_000 - number))
    book = server.get("/lionrock/v1/book", symbol="BTCUSDT").json()
    assert (book["sequence"], book["timeMs"]) == (last["sequence"], last["timeMs"])
    assert (len(book["bids"]), len(book["asks"])) == (30, 30)
    bids = ",".join(f"{40_000 - number}:0.2" for number in range(25))
    asks = ",".join(f"{50_000 + number}:0.1" for number in range(25))
    assert book["checksum"] == zlib.crc32(f"{bids}|{asks}".encode())
    short = server.get("/lionrock/v1/book", symbol="BTCUSDT", limit="5").json()
    assert (len(short["bids"]), short["checksum"]) == (5, book["checksum"])
    assert server.get("/lionrock/v1/book", symbol="BTCUSDT", limit="x").status_code == 400
    assert server.get("/lionrock/v1/book").status_code == 400


async def get(stage: Stage, path: str) -> Any:
    return (await stage.client.get(f"/lionrock/v1/{path}?symbol=BTCUSDT")).json()[0]


@pytest.mark.shows("ENTR-041")
async def test_a_market_says_what_it_allows_and_what_comes_next(stage: Stage) -> None:
    before = await get(stage, "markets")
    assert (before["phase"], before["phaseSinceMs"], before["nextChange"], before["priceBand"]) == (
        "CONTINUOUS",
        0,
        None,
        "0",
    )
    assert (before["tick"], before["lot"], before["minValue"]) == ("0.01", "0.00001", "5")
    assert len(before["rules"]["admittedClasses"]) == 4
    await stage.do(SetPriceBand(market_id=BTCUSDT, band_ppm=50_000))
    await stage.do(
        SetMarketRules(
            market_id=BTCUSDT,
            legal_entity=3,
            admitted_classes=0b1100,
            price_deviation_ppm=200_000,
            max_order_value_atoms=400_000 * 10**8,
        )
    )
    at_ns = stage.clock.now_ns + 60 * SECOND_NS
    for later, phase in ((at_ns + SECOND_NS, MarketPhase.CLOSED), (at_ns, MarketPhase.HALTED)):
        await stage.do(SetMarketPhase(market_id=BTCUSDT, phase=phase, at_time_ns=later, reference_price_ticks=0))
    market = await get(stage, "markets")
    assert market["priceBand"] == "0.05"
    assert market["rules"]["admittedClasses"] == ["PROFESSIONAL", "INSTITUTIONAL"]
    assert (market["rules"]["priceDeviation"], market["rules"]["maxOrderValue"]) == ("0.2", "400000")
    assert market["rules"]["legalEntity"] == 3
    assert market["nextChange"] == {"phase": "HALTED", "atMs": at_ns // 1_000_000}
    stage.clock.now_ns = at_ns
    await stage.stop(KillSwitchScope.MARKET, BTCUSDT, 1)  # any command lets time pass
    market = await get(stage, "markets")
    assert (market["phase"], market["isStopped"]) == ("HALTED", True)
    assert market["phaseSinceMs"] == at_ns // 1_000_000
    assert market["nextChange"]["phase"] == "CLOSED"


@pytest.mark.shows("ENTR-042")
async def test_an_auction_is_told_when_it_was_held(stage: Stage) -> None:
    await stage.enter(MarketPhase.PRE_OPEN)
    buyer = await stage.open_account()
    assert (await get(stage, "auctions"))["isCollecting"] is True
    assert (await stage.signed("POST", ORDER, SELL))["status"] == "NEW"
    assert (await stage.signed("POST", ORDER, BUY.replace("quantity=1", "quantity=1.5"), buyer))["status"] == "NEW"
    assert (await get(stage, "auctions"))["auctions"] == []
    await stage.enter(MarketPhase.CONTINUOUS)
    told = await get(stage, "auctions")
    assert (told["isCollecting"], told["phase"]) == (False, "CONTINUOUS")
    (auction,) = told["auctions"]
    assert (auction["price"], auction["quantity"], auction["imbalance"]) == ("50000", "1", "0.5")


@pytest.mark.shows("ENTR-009")
async def test_a_client_does_not_release_what_the_operator_engaged(stage: Stage) -> None:
    async def switch(engaged: str) -> Any:
        return await stage.signed("POST", "/lionrock/v1/killSwitch", f"engaged={engaged}")

    await stage.do(SetKillSwitch(scope=KillSwitchScope.ACCOUNT, scope_id=stage.account_id, engaged=1))
    for _ in range(2):
        refused = await switch("false")
        assert (refused["code"], refused["lionrock"]["name"]) == (-1005, "right_missing")
        assert (await stage.signed("POST", ORDER, SELL))["code"] == -1151
        assert (await switch("true"))["engaged"] is True  # and its own on top changes nothing
    await stage.do(SetKillSwitch(scope=KillSwitchScope.ACCOUNT, scope_id=stage.account_id, engaged=0))
    assert (await stage.signed("POST", ORDER, SELL))["status"] == "NEW"
