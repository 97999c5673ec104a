"""What the tour draws in the terminal."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from rich.table import Table
from rich.text import Text

BAR_WIDTH = 24


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2), header_style="dim")


def book_picture(depth: dict[str, Any], levels: int = 8) -> Table:
    """The best prices of both sides with sizes as bars; asks above, bids below, as traders read a book."""
    asks, bids = depth["a"][:levels], depth["b"][:levels]
    largest = max((float(size) for _, size in [*asks, *bids]), default=1.0)
    table = _table("BTC/USD")
    table.add_column("", width=4)
    table.add_column("price, USD", justify="right")
    table.add_column("size, BTC", justify="right")
    table.add_column("", width=BAR_WIDTH)
    for name, rows, style in (("ask", reversed(asks), "red"), ("bid", bids, "green")):
        for price, size in rows:
            bar = "█" * max(1, round(float(size) / largest * BAR_WIDTH))
            table.add_row(name, Text(price, style=style), size, Text(bar, style=style))
    return table


def trades_picture(trades: list[dict[str, Any]], rows: int = 8) -> Table:
    """The newest trades; the side is the taker's."""
    table = _table("latest trades")
    for column in ("time, UTC", "side", "price, USD", "size, BTC"):
        table.add_column(column, justify="right")
    for trade in reversed(trades[-rows:]):
        moment = datetime.fromtimestamp(trade["t"] / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
        side = Text("sell", style="red") if trade["ibm"] else Text("buy", style="green")
        table.add_row(moment, side, trade["p"], trade["q"])
    return table


def counts_picture(title: str, counts: Counter[str]) -> Table:
    """A small table of how often what happened."""
    table = _table(title)
    table.add_column("")
    table.add_column("orders", justify="right")
    for name, count in counts.most_common():
        table.add_row(name, f"{count:,}")
    return table
