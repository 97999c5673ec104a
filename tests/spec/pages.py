"""Reads a page of spec/: criteria by their headings, and the tables under them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SPEC = Path(__file__).parents[2] / "spec"

COMMANDS = ("command", "events")
BALANCES = ("account", "asset", "available", "held")
BOOK = ("bids", "price", "asks")

_HEADING = re.compile(r"#{1,3} ")
_CRITERION = re.compile(r"### ([A-Z]{4}-\d{3}) (\S.*)")


class MalformedPage(ValueError):
    """The page cannot be executed as it is written."""


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    line: int
    """Line of the page, from 1."""
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A Markdown table: its column names and its rows."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Criterion:
    """A heading with a code, and everything under it up to the next heading."""

    page: str
    line: int
    code: str
    title: str
    text: str
    """What stands under the heading, tables included."""
    tables: tuple[Table, ...]

    @property
    def is_executable(self) -> bool:
        """True when a table tells commands and their events; other criteria are shown by Python tests."""
        return any(table.columns == COMMANDS for table in self.tables)


def read_pages(directory: Path) -> list[Criterion]:
    """Every criterion of every page, in the order of file names. Raises `MalformedPage`."""
    return [criterion for path in sorted(directory.glob("*.md")) for criterion in read_page(path)]


def read_page(path: Path) -> list[Criterion]:
    """The criteria of one page. Raises `MalformedPage` for a heading of their level without a code."""
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines, 1) if _HEADING.match(line)]
    criteria = []
    for start, end in zip(starts, [*starts[1:], len(lines) + 1], strict=True):
        heading, body = lines[start - 1], lines[start : end - 1]
        match = _CRITERION.fullmatch(heading)
        tables = tables_of(body, start + 1)
        if match:
            text = "\n".join(body)
            criteria.append(Criterion(path.name, start, match[1], match[2], text, tuple(tables)))
        elif heading.startswith("### "):
            raise MalformedPage(f"{path.name}:{start}: {heading!r} is not a code like ABCD-001 and a sentence")
        elif any(table.columns == COMMANDS for table in tables):
            raise MalformedPage(f"{path.name}:{start}: a table of commands stands under no criterion")
    return criteria


def tables_of(lines: Sequence[str], first_line: int) -> list[Table]:
    """The tables among consecutive lines of a page; `first_line` is the number of the first."""
    tables: list[Table] = []
    block: list[Row] = []
    for number, line in enumerate([*lines, ""], first_line):
        if line.startswith("|"):
            block.append(Row(number, tuple(cell.strip() for cell in line.strip().strip("|").split("|"))))
            continue
        if block:
            tables.append(_table(block))
        block = []
    return tables


def _table(block: Sequence[Row]) -> Table:
    head, *rest = block
    if not rest or any(cell.strip("-") for cell in rest[0].cells):
        raise MalformedPage(f"line {head.line}: a table has a row of dashes under its column names")
    for row in rest:
        if len(row.cells) != len(head.cells):
            raise MalformedPage(f"line {row.line}: {len(row.cells)} cells under {len(head.cells)} columns")
    return Table(head.cells, tuple(rest[1:]))


def stage_rows(directory: Path) -> tuple[Row, ...]:
    """The rows of the stage that every table starts on, from the README of the pages."""
    lines = (directory / "README.md").read_text(encoding="utf-8").splitlines()
    return next(table for table in tables_of(lines, 1) if table.columns == ("stage",)).rows
