"""Steps of the market: it opens, hundreds trade a recorded day, two accounts trade, an auction begins and ends."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lionrock.demo.pictures import book_picture, counts_picture, entries_picture, trades_picture
from lionrock.demo.stage import Stage, left
from lionrock.demo.trading_day import FUNDS, SYMBOL, Flow, TradingDay
from lionrock.people.staff.roles import Role
from lionrock.sim.api_client import Trader
from lionrock.sim.generated_flow import generated_flow
from lionrock.sim.order_steps import Step
from lionrock.sim.recorded_flow import order_flow, read_recording
from lionrock.sim.recordings import recording_directory, why_absent
from lionrock.sim.replay import compare, read_recorded_trades
from lionrock.words.amounts import format_decimal, parse_decimal
from lionrock.words.enumerations import MarketPhase

TRADERS = 200
STEPS_AFTER_RESTART = 2_000
"""Of the flow, kept for the step that kills the venue in the middle of them."""
SEED = 7
"""Of the generated flow, when there is no recording."""
MAKERS = 3
MAKERS_MARKET = "ETHUSDT"
AUCTION_MARKET = "BTCUSDT"
"""Where nobody else trades, so that the step alone decides what the last price is."""
SNIPPET = """\
import ccxt

urls = {{"api": {{"public": "{url}", "private": "{url}"}}}}
seller = ccxt.hashkey({{"apiKey": "{seller[0]}", "secret": "{seller[1]}", "urls": urls}})
buyer = ccxt.hashkey({{"apiKey": "{buyer[0]}", "secret": "{buyer[1]}", "urls": urls}})
price = buyer.fetch_ticker("BTC/USD")["last"]
seller.create_order("BTC/USD", "limit", "sell", 0.5, price)
print(buyer.create_order("BTC/USD", "limit", "buy", 0.2, price)["status"], buyer.fetch_balance()["BTC"])
"""


def open_house(stage: Stage) -> None:
    seconds = stage.open_venue()
    page = httpx.get(stage.url, headers={"Accept": "text/html"})
    stage.check_ready(f"it takes orders after {seconds:.1f} s")
    stage.check(page.headers["content-type"].startswith("text/html"), f"the pages for people are at {stage.url}")
    connection = stage.connection()
    status = connection.call("GET", "/lionrock/v1/status")
    held = ", ".join(licence["id"] for entity in status["entities"] for licence in entity["licences"])
    stage.check(held == "HK-VATP", f"its licence is {held}; clients' assets lie with {status['entities'][1]['title']}")
    rules = connection.call("GET", "/lionrock/v1/rules")
    cited = [rule for rule in rules if rule["instrument"] and rule["paragraph"] and rule["words"]]
    stage.check(len(cited) == len(rules) > 0, f"{len(rules)} rules, each with instrument, paragraph and plain words")


def choose_flow(stage: Stage) -> Flow:
    wanted = stage.orders + STEPS_AFTER_RESTART
    directory = recording_directory(os.environ, Path(sys.prefix))
    if directory is None:
        steps: list[Step] = list(generated_flow(SEED, wanted))
        flow = Flow(steps, stage.orders, None)
        stage.tell(f"The order flow is a generated one, seed {SEED}: {why_absent(os.environ, Path(sys.prefix))}.")
    else:
        recorded = itertools.islice(order_flow(read_recording(directory / "orders.csv.gz")), wanted)
        flow = Flow(list(recorded), stage.orders, directory)
        stage.tell("The order flow is real: Bitstamp BTC/USD, 2026-05-02 from 02:36 UTC, orders and cancels only.")
    stage.check(len(flow.steps) == wanted, f"{wanted:,} orders and cancels are at hand")
    return flow


def replay(stage: Stage) -> None:
    flow = stage.flow = choose_flow(stage)
    start_makers(stage)
    stage.day = TradingDay.open(stage.connection(), TRADERS, stage.clock_ms)
    stage.check(
        stage.day.total_held("BTC") == funded(), f"{TRADERS} traders own {format_decimal(funded(), 8)} BTC together"
    )
    start = stage.stopwatch()
    play(stage, stage.day, flow.before_kill)
    seconds = stage.stopwatch() - start
    stage.draw(counts_picture("answers", stage.day.statuses + stage.day.refusals))
    answered = stage.day.answered()
    stage.check(answered > stage.orders // 2, f"{answered:,} signed requests in {seconds:.0f} s, each durable")


def start_makers(stage: Stage) -> None:
    """Simulated makers, in a process of their own, as clients like any other."""
    command = [sys.executable, "-m", "lionrock.cli", "sandbox", "makers", "--url", stage.url]
    with (stage.directory / "makers.log").open("ab") as log:
        stage.makers = subprocess.Popen(  # noqa: S603 our own command, no shell
            [*command, "--count", str(MAKERS), "--market", MAKERS_MARKET], stderr=log, start_new_session=True
        )


def play(stage: Stage, day: TradingDay, steps: list[Step]) -> None:
    columns = TextColumn("   "), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=stage.console, transient=True, disable=not stage.console.is_terminal) as progress:
        task = progress.add_task("", total=len(steps))
        day.play(steps, lambda: progress.advance(task))


def funded() -> int:
    """What all traders were given of BTC, in 10^-8."""
    return TRADERS * parse_decimal(FUNDS["BTC"], 8)


def market(stage: Stage) -> None:
    connection, day = stage.connection(), left(stage.day)
    depth = connection.call("GET", f"/quote/v1/depth?symbol={SYMBOL}&limit=100")
    trades = connection.call("GET", f"/quote/v1/trades?symbol={SYMBOL}&limit=100")
    stage.draw(book_picture(depth))
    stage.draw(trades_picture(trades))
    stage.check(bool(depth["b"] and depth["a"]), "both sides of the book have orders")
    stage.check(float(depth["b"][0][0]) < float(depth["a"][0][0]), "the best bid is below the best ask")
    stage.check(bool(trades), "there were trades")
    stage.check(
        day.total_held("BTC") == funded(),
        f"fees here are paid in USD, so they still own {format_decimal(funded(), 8)} BTC, to the last 10⁻⁸",
    )
    made = connection.call("GET", f"/quote/v1/depth?symbol={MAKERS_MARKET}&limit=1")
    stage.check(bool(made["b"] and made["a"]), f"{MAKERS} simulated makers quote both sides of {MAKERS_MARKET}")
    compare_with_venue(stage, day)


def compare_with_venue(stage: Stage, day: TradingDay) -> None:
    """How many trades the recording venue made of the same orders were made here too; ours was never told of them."""
    if stage.flow is None or stage.flow.recording is None:
        return
    played = {step.reference for step in stage.flow.before_kill}
    theirs = [fill for fill in read_recorded_trades(stage.flow.recording / "trades.csv") if fill.taker in played]
    fills = day.fills()
    comparison = compare(fills, theirs, day.sent)
    stage.tell("Ours was given the recording venue's orders and cancels, and never saw its trades. Side by side:")
    stage.check(
        comparison.matched * 2 >= len(theirs),
        f"of the recording venue's trades, {comparison.reproduced} were made here too: price, size, both orders",
    )
    stage.check(
        comparison.matched * 2 >= len(fills), f"of our trades, {comparison.confirmed} were made by the recording venue"
    )


def two_accounts(stage: Stage) -> None:
    stage.seller = stage.account(BTC="10")
    stage.buyer = stage.account(USD="1000000")
    stage.tell("Yours to use while the tour lasts, with an unmodified ccxt (`.venv/bin/pip install ccxt`):\n")
    stage.console.print(
        SNIPPET.format(url=stage.url, seller=stage.seller.key, buyer=stage.buyer.key),
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    (last,) = stage.connection().call("GET", f"/quote/v1/ticker/price?symbol={SYMBOL}")
    price, size = best_ask(stage), "0.2"
    order = {"symbol": SYMBOL, "type": "LIMIT", "price": price, "quantity": size}
    bought = stage.buyer.signed("POST", "/api/v1/spot/order", side="BUY", **order)
    stage.check(bought["status"] == "FILLED", f"bought {size} BTC at {price} USD; the last trade was at {last['p']}")
    fills = stage.buyer.signed("GET", "/lionrock/v1/history/fills")["rows"]
    stage.check(
        sum(parse_decimal(fill["quantity"], 8) for fill in fills) == parse_decimal(size, 8),
        f"its {len(fills)} fills come to {size} BTC",
    )
    entries = stage.buyer.signed("GET", "/lionrock/v1/history/entries", limit=100)["rows"]
    stage.draw(entries_picture(entries))
    for asset in ("BTC", "USD"):
        check_entries(stage, asset, entries)


def best_ask(stage: Stage) -> str:
    """A price that buys a little at once."""
    depth = stage.connection().call("GET", f"/quote/v1/depth?symbol={SYMBOL}&limit=100")
    wanted = parse_decimal("0.2", 8)
    for price, size in depth["a"]:
        wanted -= parse_decimal(size, 8)
        if wanted <= 0:
            return str(price)
    return str(depth["a"][-1][0])


def check_entries(stage: Stage, asset: str, entries: list[dict[str, Any]]) -> None:
    of_asset = [row for row in entries if row["asset"] == asset]
    summed = sum(signed_decimal(row["availableChange"]) + signed_decimal(row["heldChange"]) for row in of_asset)
    (balance,) = [
        row for row in left(stage.buyer).signed("GET", "/api/v1/account")["balances"] if row["asset"] == asset
    ]
    stage.check(
        summed == parse_decimal(balance["total"], 8),
        f"its {len(of_asset)} ledger entries in {asset} add up to its balance, {balance['total']} {asset}",
    )


def signed_decimal(text: str) -> int:
    """In 10^-8."""
    return -parse_decimal(text[1:], 8) if text.startswith("-") else parse_decimal(text, 8)


def auction(stage: Stage) -> None:
    seller, buyer = stage.account(BTC="10"), stage.account(USDT="5000000")
    last = 80_000
    _order(seller, "SELL", last, "1")
    _order(buyer, "BUY", last, "1")
    (before,) = stage.connection().call("GET", f"/lionrock/v1/auctions?symbol={AUCTION_MARKET}")
    stage.check(before["phase"] == "CONTINUOUS", f"{AUCTION_MARKET} trades continuously; the last trade was at {last}")
    far = last * 106 // 100
    _order(seller, "SELL", last + 100, "1")
    _order(seller, "SELL", far, "5")
    stage.tell(
        f"The next offers are 1 at {last + 100} and 5 at {far}; somebody buys 3 at the market, all within limits."
    )
    bought = {"symbol": AUCTION_MARKET, "side": "BUY", "type": "MARKET", "quantity": "3"}
    taken = buyer.own("POST", "/lionrock/v1/orders", bought)["order"]
    (after,) = stage.connection().call("GET", f"/lionrock/v1/auctions?symbol={AUCTION_MARKET}")
    stage.check(
        after["phase"] == "VOLATILITY_AUCTION",
        f"1 was bought at {last + 100}; no trade at {far}, 6 % away: the phase is {after['phase']}",
    )
    (trade, *_) = reversed(stage.connection().call("GET", f"/quote/v1/trades?symbol={AUCTION_MARKET}&limit=5"))
    stage.check(trade["p"] == str(last + 100), f"the order is {taken['status']}; the band of 5 % held the rest back")
    end_auction(stage, buyer, far)


def end_auction(stage: Stage, buyer: Trader, price: int) -> None:
    """Orders are collected until two people open the market again; then one price is found for all."""
    resting = _order(buyer, "BUY", price, "2")
    stage.check(resting["status"] == "NEW", f"2 more are wanted at {price}: collected, nothing trades")
    operator, officer = stage.staff[Role.MARKET_OPERATIONS], stage.staff[Role.RESPONSIBLE_OFFICER]
    (row,) = stage.connection().call("GET", f"/lionrock/v1/markets?symbol={AUCTION_MARKET}")
    proposed = operator.propose(
        "market_phase", "looked at", market_id=row["marketId"], phase=MarketPhase.CONTINUOUS.value
    )
    stage.check(officer.approve(proposed) == "carried_out", "market operations proposed to go on, an officer approved")
    (after,) = stage.connection().call("GET", f"/lionrock/v1/auctions?symbol={AUCTION_MARKET}")
    newest = after["auctions"][0]
    stage.check(
        (after["phase"], newest["price"], newest["quantity"]) == ("CONTINUOUS", str(price), "2"),
        f"one price for all: {newest['quantity']} at {newest['price']}; the market is {after['phase']} again",
    )


def _order(trader: Trader, side: str, price: int, quantity: str) -> Any:
    told: dict[str, str | int] = {
        "symbol": AUCTION_MARKET,
        "side": side,
        "type": "LIMIT",
        "price": price,
        "quantity": quantity,
    }
    return trader.signed("POST", "/api/v1/spot/order", **told)
