"""The tour: every step says what it does, does it, and checks it. A step that cannot be checked ends the tour."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lionrock.demo.pictures import book_picture, counts_picture, trades_picture
from lionrock.demo.trading_day import FUNDS, SYMBOL, TradingDay
from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.sim.api_client import Connection
from lionrock.sim.auditor import Auditor
from lionrock.sim.generated_flow import generated_flow
from lionrock.sim.order_steps import Step
from lionrock.sim.recorded_flow import order_flow, read_recording
from lionrock.sim.recordings import recording_directory, why_absent
from lionrock.sim.replay import compare, read_recorded_trades
from lionrock.sim.venue_process import VenueProcess
from lionrock.words.amounts import format_decimal, parse_decimal

TRADERS = 40
STEPS_AFTER_RESTART = 200
SEED = 7
"""Of the generated flow, when there is no recording."""


class CheckFailedError(Exception):
    """A step of the tour did not show what it promised."""


class Flow(NamedTuple):
    """What will be traded."""

    steps: list[Step]
    origin: str
    recording: Path | None


class Tour:
    """One run on one data directory. `clock_ms` gives Unix milliseconds, `stopwatch` seconds from any fixed point."""

    def __init__(
        self, console: Console, data: Path, clock_ms: Callable[[], int], stopwatch: Callable[[], float]
    ) -> None:
        self._console = console
        self._data = data
        self._clock_ms = clock_ms
        self._stopwatch = stopwatch
        self._step = 0

    def run(self, steps: int) -> None:
        """All of it. Raises `CheckFailedError`, `VenueDidNotStartError` or `OSError`; no process is left behind."""
        flow = self._choose_flow(steps + STEPS_AFTER_RESTART)
        venue = self._start("A venue starts: node, journal, read models and REST in one process.")
        try:
            connection = Connection(venue.url)
            day = self._open_accounts(connection)
            self._trade(day, flow.steps[:steps])
            self._show_market(connection)
            self._check_money(day)
            self._compare_with_venue(day, flow)
            before = self._kill(venue, connection, day)
            venue = self._start("The venue starts again on what is left: the journal.")
            connection = Connection(venue.url)
            self._check_same(venue, connection, day, before)
            self._trade_on(connection, day, flow.steps[steps:])
        finally:
            venue.stop()
        self._console.print(
            "\n[bold]All of it was checked.[/] The same venue for you: see `A first trade` in the README."
        )

    def _say(self, words: str) -> None:
        self._step += 1
        self._console.print(f"\n[bold]{self._step}.[/] {words}")

    def _check(self, holds: bool, claim: str) -> None:
        if not holds:
            raise CheckFailedError(claim)
        self._console.print(f"   [green]✓[/] {claim}")

    def _choose_flow(self, steps: int) -> Flow:
        directory = recording_directory(os.environ, Path(sys.prefix))
        if directory is None:
            flow = Flow(list(generated_flow(SEED, steps)), f"a generated one, seed {SEED}", None)
            self._say(f"The order flow is {flow.origin}: {why_absent(Path(sys.prefix))}.")
        else:
            recorded = itertools.islice(order_flow(read_recording(directory / "orders.csv.gz")), steps)
            flow = Flow(list(recorded), "recorded", directory)
            self._say("The order flow is real: Bitstamp BTC/USD, 2026-05-02 from 02:36 UTC, orders and cancels only.")
        self._check(len(flow.steps) == steps, f"{steps:,} orders and cancels are at hand")
        return flow

    def _start(self, words: str) -> VenueProcess:
        self._say(words)
        start = self._stopwatch()
        venue = VenueProcess(self._data)
        self._check(True, f"it answers at {venue.url} after {self._stopwatch() - start:.1f} s")
        return venue

    def _open_accounts(self, connection: Connection) -> TradingDay:
        self._say(f"{TRADERS} traders open accounts, each with {' and '.join(f'{v} {k}' for k, v in FUNDS.items())}.")
        day = TradingDay.open(connection, TRADERS, self._clock_ms)
        funded = TRADERS * parse_decimal(FUNDS["BTC"], 8)
        self._check(day.total_held("BTC") == funded, f"together they own {format_decimal(funded, 8)} BTC")
        return day

    def _trade(self, day: TradingDay, steps: list[Step]) -> None:
        self._say("They trade over the public API, signed; each answer means the order is on disk.")
        start = self._stopwatch()
        self._play(day, steps)
        seconds = self._stopwatch() - start
        self._console.print(counts_picture("answers", day.statuses + day.refusals))
        answered = day.statuses.total() + day.refusals.total() + day.cancelled + day.too_late_to_cancel
        self._check(answered > len(steps) // 2, f"{answered:,} requests in {seconds:.0f} s, one at a time")

    def _play(self, day: TradingDay, steps: list[Step]) -> None:
        columns = TextColumn("   "), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        quiet = not self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=quiet) as progress:
            task = progress.add_task("", total=len(steps))
            day.play(steps, lambda: progress.advance(task))

    def _show_market(self, connection: Connection) -> None:
        self._say("The book and the trades, as anybody may ask for them.")
        depth = connection.call("GET", f"/quote/v1/depth?symbol={SYMBOL}&limit=100")
        trades = connection.call("GET", f"/quote/v1/trades?symbol={SYMBOL}&limit=100")
        self._console.print(book_picture(depth))
        self._console.print(trades_picture(trades))
        self._check(bool(depth["b"] and depth["a"]), "both sides of the book have orders")
        self._check(float(depth["b"][0][0]) < float(depth["a"][0][0]), "the best bid is below the best ask")
        self._check(bool(trades), "there were trades")

    def _check_money(self, day: TradingDay) -> None:
        self._say("Nothing was made or lost: in this market fees are paid in USD, so every BTC is still a trader's.")
        funded = TRADERS * parse_decimal(FUNDS["BTC"], 8)
        self._check(
            day.total_held("BTC") == funded, f"they still own {format_decimal(funded, 8)} BTC, to the last 10⁻⁸"
        )

    def _compare_with_venue(self, day: TradingDay, flow: Flow) -> None:
        fills = day.fills()
        if flow.recording is None:
            return
        self._say("The recording venue's own trades were never shown to us. How many did we make too?")
        played = {step.reference for step in flow.steps[:-STEPS_AFTER_RESTART]}
        venue = [fill for fill in read_recorded_trades(flow.recording / "trades.csv") if fill.taker in played]
        comparison = compare(fills, venue, day.sent)
        self._check(
            comparison.matched * 2 >= len(venue),
            f"{comparison.reproduced} of its trades in this window (price, size, both orders)",
        )
        self._check(
            comparison.matched * 2 >= len(fills), f"{comparison.confirmed} of our trades are the recording venue's too"
        )

    def _kill(self, venue: VenueProcess, connection: Connection, day: TradingDay) -> dict[str, Any]:
        self._say("The process is killed, as a power cut would: no warning, nothing saved.")
        before: dict[str, Any] = connection.call("GET", "/lionrock/v1/sandbox/state") | {"open": day.open_orders()}
        venue.kill()
        self._console.print(
            f"   command {before['sequence']:,}, digest {before['digest'][:16]}…, {before['open']:,} open"
        )
        return before

    def _check_same(self, venue: VenueProcess, connection: Connection, day: TradingDay, before: dict[str, Any]) -> None:
        after = connection.call("GET", "/lionrock/v1/sandbox/state")
        day.move_to(connection)
        self._check(after["sequence"] == before["sequence"], f"command {after['sequence']:,} is the last one again")
        self._check(after["digest"] == before["digest"], f"the digest is the same: {after['digest'][:16]}…")
        self._check(day.open_orders() == before["open"], f"the same {before['open']:,} orders are open")
        auditor = Auditor()
        for frame in Reader(venue.data / "journal", Disk()):
            auditor.apply(frame.records)
        self._check(
            auditor.digest() == before["digest"], "the auditor, a second model, reads the journal to that digest"
        )

    def _trade_on(self, connection: Connection, day: TradingDay, steps: list[Step]) -> None:
        self._say("And trading goes on.")
        sequence = connection.call("GET", "/lionrock/v1/sandbox/state")["sequence"]
        self._play(day, steps)
        grown = connection.call("GET", "/lionrock/v1/sandbox/state")["sequence"] - sequence
        self._check(grown > 0, f"{grown:,} more commands")
