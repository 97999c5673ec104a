"""Statements as files: CSV, JSON, Parquet and PDF. All hold the same; amounts are exact in each."""

from __future__ import annotations

import csv
import io
import json
import logging
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from lionrock.views.sql.statements import Amounts, AssetTotals, Line, Statement
from lionrock.views.typesetting import set_pages, tell_undrawn
from lionrock.words.amounts import format_decimal

_log = logging.getLogger(__name__)

NS_PER_SECOND = 10**9
MOST_LINES = 100_000
MOST_PDF_LINES = 2_000
"""Forty-five pages, and half a gigabyte of memory to set them; who wants more reads it with a program."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

COLUMNS = (
    "record",
    "entryId",
    "sequence",
    "time",
    "asset",
    "reason",
    "purpose",
    "reference",
    "availableChange",
    "heldChange",
    "available",
    "held",
    "note",
)
"""Of CSV. `record` is `journal`, `opening`, `entry` or `closing`; only `journal` has a note."""


def most_lines(file_format: str) -> int:
    """Entries that a statement of that form may have."""
    return MOST_PDF_LINES if file_format == "pdf" else MOST_LINES


def time_text(time_ns: int) -> str:
    """ISO 8601 in UTC, to the nanosecond."""
    seconds, rest = divmod(time_ns, NS_PER_SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def safe_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula. Numbers are not text: they are written as they are."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def head(statement: Statement) -> dict[str, object]:
    """Whose it is, of which time, and where in the journal it stands."""
    at = statement.position
    return {
        "accountId": str(statement.account_id),
        "from": time_text(statement.from_ns),
        "to": time_text(statement.until_ns),
        "journalSequence": str(at.sequence),
        "journalFrames": str(at.frames),
        "journalFrameHash": at.frame_hash.hex() if at.frame_hash else "",
        "checkpoint": statement.checkpoint or "",
        "checkpointRoot": statement.checkpoint.split("\n")[2] if statement.checkpoint else "",
        "checkpointCoversStatement": statement.is_covered,
    }


def as_json(statement: Statement) -> bytes:
    """One object: what `head` tells, totals by asset, entries."""
    scales = _scales(statement)
    body = head(statement) | {
        "assets": [
            {
                "asset": each.code,
                "opening": _amounts(each.opening, each.decimals),
                "change": _amounts(each.change, each.decimals),
                "closing": _amounts(each.closing, each.decimals),
            }
            for each in statement.totals
        ],
        "entries": [
            {
                "id": str(line.entry_id),
                "sequence": str(line.sequence),
                "time": time_text(line.time_ns),
                "asset": scales[line.asset_id].code,
                "reason": line.reason,
                "purpose": line.purpose,
                "reference": _reference(line),
                "change": _amounts(line.change, scales[line.asset_id].decimals),
                "after": _amounts(line.after, scales[line.asset_id].decimals),
            }
            for line in statement.lines
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def as_csv(statement: Statement) -> bytes:
    """One table (RFC 4180): where it stands, opening balances, entries, closing balances."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_csv_rows(statement))
    return text.getvalue().encode()


def _csv_rows(statement: Statement) -> Iterator[list[str]]:
    nothing = [""] * (len(COLUMNS) - 2)
    for name, told in head(statement).items():
        text = ("yes" if told else "no") if isinstance(told, bool) else str(told)
        yield ["journal", *nothing, safe_cell(f"{name}: {text}")]
    for each in statement.totals:
        yield _balance_row("opening", each, each.opening, statement.from_ns)
    scales = _scales(statement)
    for line in statement.lines:
        asset = scales[line.asset_id]
        yield [
            "entry",
            str(line.entry_id),
            str(line.sequence),
            time_text(line.time_ns),
            safe_cell(asset.code),
            line.reason,
            line.purpose,
            _reference(line),
            *(format_decimal(atoms, asset.decimals) for atoms in (*line.change, *line.after)),
            "",
        ]
    for each in statement.totals:
        yield _balance_row("closing", each, each.closing, statement.until_ns)


def _balance_row(record: str, asset: AssetTotals, balance: Amounts, time_ns: int) -> list[str]:
    amounts = (format_decimal(atoms, asset.decimals) for atoms in balance)
    return [record, "", "", time_text(time_ns), safe_cell(asset.code), "", "", "", "", "", *amounts, ""]


def as_parquet(statement: Statement) -> bytes:
    """The same rows with amounts in atoms and the decimals of their asset; `head` as JSON in the file's metadata."""
    import duckdb  # noqa: PLC0415 - only who writes such a file waits for it

    rows = list(_parquet_rows(statement))
    columns = {
        name: np.array([row[number] for row in rows], dtype)
        for number, (name, dtype) in enumerate(_PARQUET_COLUMNS.items())
    }
    told = json.dumps(head(statement)).replace("'", "''")
    with tempfile.TemporaryDirectory(prefix="lionrock-") as directory, duckdb.connect(":memory:") as connection:
        path = Path(directory) / "statement.parquet"
        connection.register("statement", columns)
        metadata = f"KV_METADATA {{lionrock_statement: '{told}'}}"
        connection.execute(f"COPY statement TO '{path}' (FORMAT parquet, COMPRESSION zstd, {metadata})")
        return path.read_bytes()


_PARQUET_COLUMNS: dict[str, Any] = {
    "record": object,
    "entry_id": np.int64,
    "sequence": np.int64,
    "time_ns": np.int64,
    "asset": object,
    "decimals": np.int32,
    "reason": object,
    "purpose": object,
    "reference_id": object,
    "available_change_atoms": np.int64,
    "held_change_atoms": np.int64,
    "available_atoms": np.int64,
    "held_atoms": np.int64,
}


def _parquet_rows(statement: Statement) -> Iterator[tuple[object, ...]]:
    for each in statement.totals:
        begun = ("opening", 0, 0, statement.from_ns, each.code, each.decimals, "", "", "", 0, 0)
        yield *begun, *each.opening
    scales = _scales(statement)
    for line in statement.lines:
        asset = scales[line.asset_id]
        what = ("entry", line.entry_id, line.sequence, line.time_ns, asset.code, asset.decimals)
        yield *what, line.reason, line.purpose, _reference(line), *line.change, *line.after
    for each in statement.totals:
        ended = ("closing", 0, 0, statement.until_ns, each.code, each.decimals, "", "", "", 0, 0)
        yield *ended, *each.closing


def as_pdf(statement: Statement) -> bytes:
    """For people. What no font draws is told in the log."""
    printed = set_pages(_PAGES, as_json(statement))
    tell_undrawn(_log, f"Statement of account {statement.account_id}", printed)
    return printed.pdf


_PAGES = """
#let s = data
#set document(title: "Statement of account " + s.accountId, date: none)
#set page(
  paper: "a4", flipped: true, margin: 15mm,
  footer: context [#text(size: 7pt)[Account #s.accountId, #s.from to #s.to #h(1fr)
    #counter(page).display("1 / 1", both: true)]],
)
#set text(size: 8pt)
#let mono(t) = text(font: fixed, size: 6.5pt, t)
#let num(t) = align(right, mono(t))

= Statement of account #s.accountId
From #s.from, included, to #s.to, not included.

== Balances
#table(
  columns: 7, stroke: 0.3pt,
  table.header([*Asset*], [*Opening available*], [*held*], [*Change available*], [*held*], [*Closing available*],
    [*held*]),
  ..s.assets.map(a => (
    a.asset, num(a.opening.available), num(a.opening.held), num(a.change.available), num(a.change.held),
    num(a.closing.available), num(a.closing.held),
  )).flatten(),
)
Opening balance and entries come to the closing balance for every asset; otherwise there is no statement. #told-undrawn

== Where it is recorded
Drawn from the journal up to command #s.journalSequence, frame #s.journalFrames: #mono(s.journalFrameHash).

#if s.checkpoint == "" [No checkpoint has been signed yet.] else [
  #if s.checkpointCoversStatement [The venue's signed checkpoint below covers all entries.] else [The venue's newest
  signed checkpoint, below, does not cover all entries yet. Ask for the statement again in some minutes.]
  #block(mono(s.checkpoint.split("\\n").join(linebreak())))
]

== Entries
#set text(font: fixed, size: 6.5pt)
#table(
  columns: (auto, auto, auto, auto, auto, auto, 1fr, 1fr, 1fr, 1fr), stroke: 0.2pt, inset: 3pt,
  align: (left, left, left, left, left, left, right, right, right, right),
  table.header([Entry], [Command], [Time], [Asset], [Purpose], [Reference], [Change available], [Change held],
    [Available], [Held]),
  ..s.entries.map(e => (
    e.id, e.sequence, e.time, e.asset, if e.purpose == "TRADE" { e.reason } else { e.purpose + " " + e.reason },
    e.reference, e.change.available, e.change.held, e.after.available, e.after.held,
  )).flatten(),
)
"""

FORMATS: dict[str, tuple[str, Callable[[Statement], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "json": ("application/json", as_json),
    "parquet": ("application/vnd.apache.parquet", as_parquet),
    "pdf": ("application/pdf", as_pdf),
}
"""Media type, and what writes it."""


def _scales(statement: Statement) -> dict[int, AssetTotals]:
    return {each.asset_id: each for each in statement.totals}


def _amounts(amounts: Amounts, decimals: int) -> dict[str, str]:
    return {
        "available": format_decimal(amounts.available, decimals),
        "held": format_decimal(amounts.held, decimals),
    }


def _reference(line: Line) -> str:
    return str(line.reference_id) if line.reference_id else ""
