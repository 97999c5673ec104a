"""A volatility auction ends by itself, in a market in which nothing else happens."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lionrock.site.definition import FILE_NAME, choose
from tests.gateways.rest.live import LiveServer, Trader
from tests.gateways.rest.own import done, own

PATIENCE_SECONDS = 30


def started(tmp_path: Path, seconds: int) -> tuple[LiveServer, Trader]:
    """A site on which a market order has run into the band; who bought."""
    choose(tmp_path, "hk")
    path = tmp_path / FILE_NAME
    path.write_text(path.read_text().replace("band_ppm = 50_000", f"band_ppm = 50_000\nauction_seconds = {seconds}"))
    live = LiveServer(tmp_path, "--sandbox")
    seller, buyer = live.account(BTC="10"), live.account(USDT="1000000")
    for trader, side, price in ((seller, "SELL", "1000"), (buyer, "BUY", "1000"), (seller, "SELL", "1060")):
        done(own(trader, "POST", symbol="BTCUSDT", side=side, type="LIMIT", quantity="1", price=price))
    done(own(buyer, "POST", symbol="BTCUSDT", side="BUY", type="LIMIT", quantity="1", price="1060"))
    return live, buyer


@pytest.mark.shows("SITE-016")
def test_it_trades_at_one_price_when_its_time_is_over(tmp_path: Path) -> None:
    live, buyer = started(tmp_path, seconds=3)
    until = time.monotonic() + PATIENCE_SECONDS
    seen: set[str] = set()
    while True:
        (shown,) = live.get("/lionrock/v1/auctions", symbol="BTCUSDT").json()
        if shown["phase"] == "VOLATILITY_AUCTION" and shown["nextChange"]:
            seen.add(shown["nextChange"]["phase"])
            assert shown["nextChange"]["atMs"] - shown["phaseSinceMs"] == 3_000
        if shown["phase"] == "CONTINUOUS":
            break
        assert time.monotonic() < until, shown
        time.sleep(0.2)
    assert seen == {"CONTINUOUS"}, "its end was announced"
    assert (shown["auctions"][0]["price"], shown["auctions"][0]["quantity"]) == ("1060", "1")
    assert done(own(buyer, "GET")) == [], "the order that waited has traded"
    assert live.stop() == 0


@pytest.mark.shows("SITE-016")
def test_one_that_began_before_a_restart_ends_after_it(tmp_path: Path) -> None:
    live, _ = started(tmp_path, seconds=0)
    (shown,) = live.get("/lionrock/v1/auctions", symbol="BTCUSDT").json()
    assert (shown["phase"], shown["nextChange"]) == ("VOLATILITY_AUCTION", None), "by hand, says the site's file"
    live.kill()
    path = tmp_path / FILE_NAME
    path.write_text(path.read_text().replace("auction_seconds = 0", "auction_seconds = 1"))
    live.start()
    until = time.monotonic() + PATIENCE_SECONDS
    while live.get("/lionrock/v1/auctions", symbol="BTCUSDT").json()[0]["phase"] != "CONTINUOUS":
        assert time.monotonic() < until
        time.sleep(0.2)
    assert live.stop() == 0
