"""The quality of markets as anybody may read it, of books that real orders made."""

from __future__ import annotations

from pathlib import Path

import pytest

from lionrock.site.quality_clockwork import FILE_NAME, open_quality, save_quality, take_sample
from lionrock.words.commands import PlaceOrder
from lionrock.words.enumerations import OrderType, Side, TimeInForce
from tests.gateways.rest.inside import Inside
from tests.gateways.rest.live import LiveServer
from tests.gateways.rest.own import placed
from tests.gateways.rest.test_other_ways_in import BTCUSDT

QUALITY = "/lionrock/v1/quality"


def order(account_id: int, side: Side, price_ticks: int, lots: int) -> PlaceOrder:
    """A limit order in BTCUSDT: a tick is 0.01 USDT, a lot 0.00001 BTC."""
    return PlaceOrder(
        order_id=0,
        account_id=account_id,
        market_id=BTCUSDT,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GOOD_TILL_CANCELLED,
        post_only=0,
        price_ticks=price_ticks,
        size_lots=lots,
        quote_amount_atoms=0,
        expire_time_ns=0,
    )


@pytest.mark.shows("PUBL-020", "PUBL-021", "PUBL-022")
async def test_what_orders_made_of_a_market_is_told(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        measured, node = inside.site.quality, inside.site.node
        seller, buyer = await inside.account(BTC="10"), await inside.account(USDT="1000000")
        told = (await inside.request("GET", QUALITY)).json()
        assert told["sampledEveryMs"] == 5_000
        assert [row["upShare"] for row in told["uptime"]] == [None, None]
        await take_sample(inside.venue, measured)
        inside.pass_time(5)
        await node.submit(order(seller.account_id, Side.SELL, 5_001_000, 100_000))
        await node.submit(order(buyer.account_id, Side.BUY, 4_999_000, 50_000))
        await take_sample(inside.venue, measured)
        inside.pass_time(5)
        await node.submit(order(buyer.account_id, Side.BUY, 5_001_000, 20_000))
        await take_sample(inside.venue, measured)
        told = (await inside.request("GET", QUALITY)).json()
        hour, day = next(row for row in told["symbols"] if row["symbol"] == "BTCUSDT")["windows"]
        assert (hour["hours"], day["hours"], hour["trades"], day["trades"]) == (1, 24, 1, 1)
        assert hour["spreadBp"] == "4", "49,990 to 50,010"
        assert hour["depth"] == [{"withinBp": near, "bids": "0.5", "asks": "1"} for near in (10, 50, 100)]
        assert 0.49 < float(hour["bothSidesShare"]) < 0.51
        assert 10_000 <= hour["measuredMs"] < 11_000
        assert told["uptime"][0]["upShare"] == "1"
        other = next(row for row in told["symbols"] if row["symbol"] != "BTCUSDT")["windows"][0]
        assert (other["bothSidesShare"], other["spreadBp"], other["depth"], other["trades"]) == ("0", None, [], 0)
        save_quality(tmp_path, measured.save())
    async with Inside(tmp_path).open() as again:
        told = (await again.request("GET", QUALITY)).json()
        assert next(row for row in told["symbols"] if row["symbol"] == "BTCUSDT")["windows"][0]["spreadBp"] == "4"
    (tmp_path / FILE_NAME).write_bytes(b"spoiled")
    assert open_quality(tmp_path).uptime(1, again.now_ns).up_parts is None, "figures of a day; the site starts"


@pytest.mark.shows("PUBL-023")
def test_a_site_that_serves_measures_and_remembers(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "site", "--sandbox")
    trader = server.account(BTC="1", USDT="100000")
    placed(trader, "SELL", "0.1", "50010")
    since = server.get(QUALITY).json()["uptime"][1]["sinceMs"]
    assert server.stop() == 0
    server.start()
    assert server.get(QUALITY).json()["uptime"][1]["sinceMs"] == since
    assert server.stop() == 0
