"""Plays a criterion on a venue: the stage first, then its tables in the order of the page."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from lionrock.words.events import EVENTS, Event
from lionrock.words.records import unpack_all
from tests.engines import Venue
from tests.invariants import broken_invariants
from tests.spec.pages import BALANCES, BOOK, COMMANDS, SPEC, Criterion, MalformedPage, Row, Table, stage_rows
from tests.spec.sentences import differences, expected_events, in_words, order_in_words, side_in_words
from tests.spec.stage import Stage

STAGE_ANSWERS = {"asset": "listed", "account": "opened", "market": "listed", "deposit": "posted"}
"""The events of the stage's rows, by their first word."""


_SHOWN = (1, 2, 3, 16)
"""Side, price, id and lots that show, in the fields of an `order` line of spec/state.md."""


class PageDiffers(AssertionError):
    """The venue did not do what the page says."""


class Performance:
    """One venue with the stage set, and what the pages call things on it."""

    def __init__(self, venue: Venue, pages: Path = SPEC) -> None:
        self.venue = venue
        self.stage = Stage()
        for row in stage_rows(pages):
            text = row.cells[0]
            self._do(f"README.md:{row.line}", text, STAGE_ANSWERS[text.split()[0]])
        self.stage.time_step_ns = 1

    def play(self, criterion: Criterion) -> None:
        """Raises `PageDiffers` at the first row that the venue does not follow, `MalformedPage` for unknown words."""
        for table in criterion.tables:
            where = f"{criterion.page}:{{line}} {criterion.code} {criterion.title}"
            if table.columns == COMMANDS:
                for row in table.rows:
                    self._do(where.format(line=row.line), *row.cells)
            elif table.columns == BALANCES:
                for row in table.rows:
                    self._compare_balance(where.format(line=row.line), row)
            elif table.columns == BOOK:
                self._compare_book(where.format(line=criterion.line), table)
            else:
                raise MalformedPage(f"{criterion.page}: no table has the columns {' | '.join(table.columns)}")

    def _do(self, where: str, command_text: str, events_text: str) -> None:
        try:
            asked = self.stage.ask(command_text)
            actual: list[Event] = unpack_all(EVENTS, self.venue.apply(asked.record))
            as_told = in_words(actual, asked, self.stage)
            expected = expected_events(events_text, asked, self.stage)
        except MalformedPage as error:
            raise MalformedPage(f"{where}\n{error}") from None
        if actual != expected:
            raise PageDiffers(
                _report(where, command_text, expected=events_text, actual=as_told)
                + "".join(f"\n    {line}" for line in differences(expected, actual))
            )
        broken = broken_invariants(self.venue.lines())
        if broken:
            raise PageDiffers(
                "\n".join([where, f"  row       {command_text}", *(f"  broken    {line}" for line in broken)])
            )

    def _compare_balance(self, where: str, row: Row) -> None:
        account, asset, *figures = row.cells
        key = [str(self.stage.accounts[account]), str(self.stage.assets[asset].asset_id)]
        rows = [line.split("|")[1:] for line in self.venue.lines() if line.startswith("balance|")]
        actual = next((found[2:] for found in rows if found[:2] == key), ["0", "0"])
        if actual != figures:
            raise PageDiffers(
                _report(where, f"{account} {asset}", expected=" | ".join(figures), actual=" | ".join(actual))
            )

    def _compare_book(self, where: str, table: Table) -> None:
        expected = [row.cells for row in table.rows]
        actual = self._book()
        if actual != expected:
            raise PageDiffers(_report(where, "bids | price | asks", expected=_grid(expected), actual=_grid(actual)))

    def _book(self) -> list[tuple[str, ...]]:
        """The book of BTCUSD as the table of a page shows it: of each order what shows."""
        market_id = str(self.stage.markets["BTCUSD"].market_id)
        levels: defaultdict[int, dict[str, list[str]]] = defaultdict(lambda: {"bids": [], "asks": []})
        for line in self.venue.lines():
            kind, *fields = line.split("|")
            if kind == "order" and fields[0] == market_id:
                side, price, order_id, shown = (fields[column] for column in _SHOWN)
                resting = f"{shown} {order_in_words(int(order_id), None, self.stage)}"
                levels[int(price)][side_in_words(int(side))].append(resting)
        return [
            (", ".join(level["bids"]), str(price), ", ".join(level["asks"]))
            for price, level in sorted(levels.items(), reverse=True)
        ]


def _report(where: str, row: str, *, expected: str, actual: str) -> str:
    return f"{where}\n  row       {row}\n  expected  {expected}\n  actual    {actual}"


def _grid(rows: list[tuple[str, ...]]) -> str:
    return "; ".join(" | ".join(cells) for cells in rows) or "empty"
