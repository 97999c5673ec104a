"""What the steps of the tour share: the venue, the directory, the screen, and what earlier steps left."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console, RenderableType
from rich.padding import Padding

from lionrock.demo.people import Member, Session
from lionrock.demo.trading_day import Flow, TradingDay
from lionrock.sim.api_client import Connection, RefusedByVenueError, Trader
from lionrock.sim.venue_process import VenueProcess

SITE = ("--site", "hk")
INDENT = 3
"""Columns before all that a step says."""

Left = TypeVar("Left")


class CheckFailedError(Exception):
    """A step of the tour did not show what it promised."""


def left(value: Left | None) -> Left:
    """What an earlier step left. Raises `CheckFailedError` where it was not played."""
    if value is None:
        raise CheckFailedError("a step before this one was played")
    return value


@dataclass
class Stage:
    """One run on one directory. `clock_ms` gives Unix milliseconds, `stopwatch` seconds from any fixed point."""

    console: Console
    directory: Path
    """Of the tour; the site's data stand in `site` below it."""
    clock_ms: Callable[[], int]
    stopwatch: Callable[[], float]
    orders: int
    """And cancels, to be sent before the venue is killed."""
    port: int = 0
    venue: VenueProcess | None = None
    makers: subprocess.Popen[bytes] | None = None
    flow: Flow | None = None
    day: TradingDay | None = None
    seller: Trader | None = None
    buyer: Trader | None = None
    staff: dict[str, Member] = field(default_factory=dict)
    """By role."""
    client: Session | None = None
    """Of the client whom two people took."""
    refusal: dict[str, Any] = field(default_factory=dict)
    """What the client was refused with."""

    @property
    def data(self) -> Path:
        return self.directory / "site"

    @property
    def url(self) -> str:
        return self.venue.url if self.venue else ""

    def open_venue(self) -> float:
        """Starts `lionrock serve`, at the address of before if there was one; seconds until it answers."""
        start = self.stopwatch()
        self.venue = VenueProcess(self.data, options=SITE, has_views=True, port=self.port)
        seconds = self.stopwatch() - start
        self.port = int(self.venue.url.rpartition(":")[2])
        return seconds

    def check_ready(self, claim: str) -> None:
        """The claim holds when the venue says that it takes orders. Raises `CheckFailedError` with its reasons."""
        status = self.connection().call("GET", "/lionrock/v1/status")
        self.check(status["ready"], claim if status["ready"] else f"{claim}: {', '.join(status['reasons'])}")

    def connection(self) -> Connection:
        return Connection(self.url)

    def account(self, **fund: str) -> Trader:
        """A funded account with a key of its own, as anybody gets it from a sandbox."""
        return Trader.open(self.connection(), fund, self.clock_ms)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`lionrock` with these arguments, to its end; the exit code is for the step to look at."""
        command = [sys.executable, "-m", "lionrock.cli", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 our own command

    def check(self, holds: bool, claim: str) -> None:
        """Say what holds, or end the tour. Raises `CheckFailedError`."""
        if not holds:
            raise CheckFailedError(claim)
        self.console.print(f"   [green]✓[/] {claim}", highlight=False)

    def tell(self, words: str) -> None:
        self.console.print(f"   {words}", highlight=False)

    def draw(self, picture: RenderableType) -> None:
        self.console.print(Padding(picture, (0, 0, 0, INDENT), expand=False))

    def refused(self, claim: str, call: Callable[[], object]) -> dict[str, Any]:
        """What the venue refuses a call with. Raises `CheckFailedError` when it does not."""
        try:
            call()
        except RefusedByVenueError as refusal:
            return refusal.body
        raise CheckFailedError(f"refused: {claim}")

    def close(self) -> None:
        """Nothing of the tour keeps running. A second time does nothing."""
        makers, self.makers = self.makers, None
        if makers is not None:
            makers.terminate()
            try:
                makers.wait(10)
            except subprocess.TimeoutExpired:
                makers.kill()
                makers.wait()
        venue, self.venue = self.venue, None
        if venue is not None:
            venue.stop()
