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


def entries_picture(entries: list[dict[str, Any]], rows: int = 10) -> Table:
    """Ledger entries of an account, newest last."""
    table = _table("ledger entries of the buyer")
    for column in ("command", "reason", "asset"):
        table.add_column(column)
    for column in ("available", "held"):
        table.add_column(column, justify="right")
    for entry in sorted(entries, key=lambda entry: (int(entry["sequence"]), entry["id"]))[-rows:]:
        table.add_row(entry["sequence"], entry["reason"], entry["asset"], entry["availableChange"], entry["heldChange"])
    return table


def refusal_picture(body: dict[str, Any], more: list[str] | None = None) -> Table:
    """A refusal as data: what, why, the figures and rules that decided, what next."""
    told = body["lionrock"]
    table = _table("refused")
    table.add_column("", style="dim")
    table.add_column("")
    table.add_row("code", f"{body['code']}, {told['name']}")
    table.add_row("why", told["words"])
    for words in more or []:
        table.add_row("", words)
    for name, figure in (told.get("figures") or {}).items():
        table.add_row(name.replace("_", " "), str(figure))
    for rule in told.get("licence_rules") or []:
        table.add_row("rule", f"{rule['id']}: {rule['citation']}")
    table.add_row("next", told["next_step"])
    return table


def _why(reason: str, letters: int = 90) -> str:
    """What a run found, without when it was, which is the same for all."""
    words = reason.rpartition(" found: ")[2]
    return words if len(words) <= letters else words[: words.rindex(" ", 0, letters)] + " …"


def matrix_picture(matrix: dict[str, Any], rows: int) -> Table:
    """So many rules of each status, at most."""
    table = _table(f"rule book of {matrix['site']}")
    for column in ("rule", "paragraph", "status", "evidence"):
        table.add_column(column)
    table.add_column("why", overflow="fold")
    styles = {"pass": "green", "attested": "green", "fail": "red", "no_data": "red"}
    seen: Counter[str] = Counter()
    for row in sorted(matrix["rows"], key=lambda row: str(row["status"])):
        seen[row["status"]] += 1
        if seen[row["status"]] <= rows:
            status = Text(row["status"].replace("_", " "), style=styles.get(row["status"], "yellow"))
            evidence = f"command {row['evidenceSequence']:,}" if row["evidenceSequence"] else "none"
            table.add_row(row["id"], row["paragraph"].partition(";")[0], status, evidence, _why(row["reason"]))
    return table
