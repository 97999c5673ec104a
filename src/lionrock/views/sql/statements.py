"""The statement of an account over some time: what it had, every entry, what it had then, and where that is recorded.

It is drawn from the rows at one position. Opening balance and entries must come to the closing balance, for each asset;
otherwise there is no statement.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select

from lionrock.journal.checkpoints import newest_note, read_note
from lionrock.journal.disk import Disk
from lionrock.views.sql.entries import EntryReason
from lionrock.views.sql.projection import Position, read_position
from lionrock.views.sql.queries import balances_at
from lionrock.views.sql.reading import Page, Span, entries_page, sequence_before
from lionrock.views.sql.tables import FIRST_BOOKED_REASON, accounts, assets
from lionrock.words.enumerations import TransferPurpose

_PAGE_ROWS = 5_000


class StatementTooLong(Exception):
    """There are more entries than a statement of that form holds."""


class StatementWrong(Exception):
    """Opening balance and entries do not come to the closing balance: the rows are damaged."""


class AccountUnknown(Exception):
    """The rows tell of no such account."""


class Amounts(NamedTuple):
    """Atoms of one asset."""

    available: int
    held: int

    def plus(self, other: Amounts) -> Amounts:
        return Amounts(self.available + other.available, self.held + other.held)


_NOTHING = Amounts(0, 0)


class AssetTotals(NamedTuple):
    """One asset over the time of the statement."""

    asset_id: int
    code: str
    decimals: int
    opening: Amounts
    change: Amounts
    """Sum of all entries."""
    closing: Amounts


class Line(NamedTuple):
    """One entry."""

    entry_id: int
    sequence: int
    time_ns: int
    asset_id: int
    reason: str
    """Name of an `EntryReason`."""
    purpose: str
    """Name of the `TransferPurpose` of what moved outside trades; TRADE for what orders and trades moved."""
    reference_id: int
    """Order, trade or hold, as the reason says; 0 where there is none."""
    change: Amounts
    after: Amounts
    """What there was after this entry."""


class Statement(NamedTuple):
    account_id: int
    from_ns: int
    until_ns: int
    """Not included."""
    totals: list[AssetTotals]
    """Of every asset the account had at the beginning, at the end or between, by id."""
    lines: list[Line]
    position: Position
    """Of the rows it was drawn from."""
    checkpoint: str | None
    """The newest signed checkpoint of the venue, as text; None when nothing has been signed yet."""
    is_covered: bool
    """Whether that checkpoint covers the journal up to the last command before the end of the statement."""


def draw_statement(
    connection: Connection, directory: Path, account_id: int, from_ns: int, until_ns: int, *, most_lines: int
) -> Statement:
    """Everything at one position, which must be behind `until_ns` for the statement to be complete.

    Raises `AccountUnknown`, `StatementTooLong`, `StatementWrong`, `OSError` and `SQLAlchemyError`.
    """
    if connection.execute(select(accounts.c.account_id).where(accounts.c.account_id == account_id)).first() is None:
        raise AccountUnknown(f"there is no account {account_id}")
    last = sequence_before(connection, until_ns)
    opening = _balances(connection, sequence_before(connection, from_ns), account_id)
    closing = _balances(connection, last, account_id)
    lines = _lines(connection, Span(account_id, from_ns, until_ns, limit=_PAGE_ROWS), opening, most_lines)
    totals = _totals(connection, opening, lines, closing)
    note = newest_note(directory / "checkpoints", Disk())
    covers = note is not None and read_note(note).sequence >= last
    return Statement(account_id, from_ns, until_ns, totals, lines, read_position(connection), note, is_covered=covers)


def _balances(connection: Connection, sequence: int, account_id: int) -> dict[int, Amounts]:
    rows = balances_at(connection, sequence, account_id)
    return {asset_id: Amounts(available, held) for _, asset_id, available, held in rows}


def _lines(connection: Connection, span: Span, opening: dict[int, Amounts], most_lines: int) -> list[Line]:
    running = defaultdict(lambda: _NOTHING, opening)
    lines: list[Line] = []
    page = Page([], None, has_more=True)
    while page.has_more:
        page = entries_page(connection, span._replace(behind=page.behind))
        if len(lines) + len(page.rows) > most_lines:
            raise StatementTooLong(f"there are more than {most_lines} entries in that time")
        for row in page.rows:
            change = Amounts(row.available_change_atoms, row.held_change_atoms)
            after = running[row.asset_id] = running[row.asset_id].plus(change)
            purpose = TransferPurpose(row.purpose).name if row.reason >= FIRST_BOOKED_REASON else "TRADE"
            lines.append(
                Line(
                    row.entry_id,
                    row.sequence,
                    row.time_ns,
                    row.asset_id,
                    EntryReason(row.reason).name,
                    purpose,
                    row.reference_id or row.subject_id or 0,
                    change,
                    after,
                )
            )
    return lines


def _totals(
    connection: Connection, opening: dict[int, Amounts], lines: list[Line], closing: dict[int, Amounts]
) -> list[AssetTotals]:
    """Each asset, added up. Raises `StatementWrong`."""
    changes: defaultdict[int, Amounts] = defaultdict(lambda: _NOTHING)
    for line in lines:
        changes[line.asset_id] = changes[line.asset_id].plus(line.change)
    names = {row.asset_id: row for row in connection.execute(select(assets))}
    totals = []
    for asset_id in sorted({*opening, *changes, *closing}):
        begun, change, ended = (some.get(asset_id, _NOTHING) for some in (opening, changes, closing))
        if begun.plus(change) != ended:
            raise StatementWrong(
                f"asset {asset_id}: {tuple(begun)} and entries of {tuple(change)} do not come to {tuple(ended)}"
            )
        totals.append(AssetTotals(asset_id, names[asset_id].code, names[asset_id].decimals, begun, change, ended))
    return totals
