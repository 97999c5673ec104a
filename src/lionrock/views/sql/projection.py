"""Turns frames and the events they caused into rows, and writes rows and position in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, Engine, insert, select, update

from lionrock.journal.tail import Place, Tailed
from lionrock.views.sql.bulk import Columns, bulk_insert, bulk_update, bulk_upsert
from lionrock.views.sql.candles import CandleKeeper
from lionrock.views.sql.catalogue import Catalogue
from lionrock.views.sql.decoding import EventBlock, EventsOfKind
from lionrock.views.sql.entries import Balances, entries_of
from lionrock.views.sql.orders import OpenOrders
from lionrock.views.sql.tables import (
    SCHEMA_VERSION,
    balances,
    bookings,
    fills,
    ledger_entries,
    orders,
    position,
    trades,
)
from lionrock.views.sql.trades import fill_rows, trade_rows, trades_of
from lionrock.words.enumerations import TransferPurpose
from lionrock.words.events import (
    Event,
    HoldPlaced,
    HoldReleased,
    HoldSettled,
    LegsPosted,
    TradeCancelled,
    TransferPosted,
)
from lionrock.words.faults import Fault
from lionrock.words.side_notes import unmarked, unpack_notes

CoreBalances = Callable[[int], list[tuple[int, int, int]]]
"""What an account has in the core: (asset, available, held) by asset."""


class RebuildNeeded(Exception):
    """The rows do not mean what this program means, or come from another journal."""


class AnotherWriter(Exception):
    """The position moved without this process: another one writes to the same database."""


class Position(NamedTuple):
    """Up to where the rows tell."""

    journal_id: bytes | None = None
    """None before the first frame."""
    sequence: int = 0
    """Of the last command."""
    time_ns: int = 0
    """Of that command."""
    frames: int = 0
    """Frames of the journal so far, those without commands included."""
    frame_hash: bytes | None = None
    """Of the last of them."""
    place: Place = Place(1, 0)
    """Where the next frame begins, unless that is in a new segment."""
    entries: int = 0
    """Ledger entries so far."""


def read_position(connection: Connection) -> Position:
    """Raises `RebuildNeeded` when the rows are of another schema version."""
    row = connection.execute(select(position)).one_or_none()
    if row is None:
        return Position()
    if row.schema_version != SCHEMA_VERSION:
        raise RebuildNeeded(
            f"the read models are of version {row.schema_version}, this program's of {SCHEMA_VERSION}: "
            "run `lionrock views rebuild`"
        )
    place = Place(row.segment, row.segment_offset)
    return Position(row.journal_id, row.sequence, row.time_ns, row.frames, row.frame_hash, place, row.entries)


class Projection:
    """The rows of one database. After an error it is of no use any more; a new one goes on from the last commit."""

    def __init__(self, database: Engine) -> None:
        """Goes on from what the database holds. Raises `RebuildNeeded`."""
        self._database = database
        self._catalogue, self._orders, self._balances = Catalogue(), OpenOrders(), Balances()
        self._candles = CandleKeeper()
        with database.begin() as connection:
            self.position = read_position(connection)
            if not connection.execute(select(position.c.id)).first():
                connection.execute(insert(position).values(id=1, **_columns(self.position)))
            self._catalogue.load(connection)
            self._candles.load(self._catalogue.markets.column("market_id").tolist())
            self._orders.load(connection)
            self._balances.load(connection)
        self.rows = 0
        """Written so far, changed ones included."""

    def take_in(self, frames: Sequence[Tailed], events: bytes, core_balances: CoreBalances) -> None:
        """Durable frames that follow the position, and the events their commands caused; one transaction.

        `core_balances` gives (asset, available, held) by asset of an account after them; the rows must come to that.
        Raises `Fault` when they do not, or when the events cannot follow from what the rows tell; `IdTooLarge`;
        `AnotherWriter`; `sqlalchemy.exc.SQLAlchemyError` and the driver's own errors. Nothing is then written.
        """
        with self._database.begin() as connection:
            found = connection.execute(select(position.c.sequence, position.c.frames).with_for_update()).one()
            if tuple(found) != (self.position.sequence, self.position.frames):
                raise AnotherWriter(f"the read models are not at command {self.position.sequence} any more")
            after = self._write(connection, frames, EventBlock(events), core_balances)
            connection.execute(update(position).values(_columns(after)))
        self.position = after

    def _write(
        self, connection: Connection, frames: Sequence[Tailed], block: EventBlock, core_balances: CoreBalances
    ) -> Position:
        first_entry = self.position.entries + 1
        self._catalogue.take_in(block)
        markets = self._catalogue.markets
        done = trades_of(block, markets)
        changes = self._orders.take_in(block, done)
        moved = self._balances.take_in(
            block, entries_of(block, markets, done, changes.moves), self._catalogue, first_entry
        )
        self._catalogue.write(connection, block)
        placed = changes.placed | {"client_order_id": _client_ids(frames, changes.placed["placed_sequence"].tolist())}
        self._insert(connection, placed, trade_rows(done, block), fill_rows(done, block), moved.entries)
        bulk_update(connection, orders, changes.changed)
        bulk_upsert(connection, balances, moved.balances)
        self.rows += len(changes.changed["order_id"]) + len(moved.balances["account_id"])
        bulk_insert(connection, bookings, _bookings(block))
        self._candles.take_in(connection, block, done)
        self._cancel_trades(connection, block.of(TradeCancelled))
        self._check_balances(np.unique(moved.balances["account_id"]).tolist(), core_balances)
        last = frames[-1]
        times = [each.frame.time_ns for each in frames if each.frame.record_count]
        return Position(
            last.frame.journal_id,
            last.frame.next_sequence - 1,
            times[-1] if times else self.position.time_ns,
            self.position.frames + len(frames),
            last.hash,
            last.end,
            self.position.entries + len(moved.entries["entry_id"]),
        )

    def _check_balances(self, account_ids: list[int], core_balances: CoreBalances) -> None:
        for account_id in account_ids:
            in_core = [each for each in core_balances(account_id) if each[1] or each[2]]
            if in_core != self._balances.of(account_id):
                raise Fault(
                    f"account {account_id} has {in_core} in the core and {self._balances.of(account_id)} in the rows"
                )

    def _insert(self, connection: Connection, *rows: Columns) -> None:
        for table, columns in zip((orders, trades, fills, ledger_entries), rows, strict=True):
            bulk_insert(connection, table, columns)
            self.rows += len(next(iter(columns.values())))

    def _cancel_trades(self, connection: Connection, cancelled: EventsOfKind) -> None:
        """Marks trades and their fills, and takes them out of the candles."""
        for trade_id, sequence in zip(cancelled["trade_id"].tolist(), cancelled["sequence"].tolist(), strict=True):
            for table in (trades, fills):
                these = (
                    table.c.trade_id == trade_id
                    if table is trades
                    else table.c.fill_id.in_((2 * trade_id, 2 * trade_id + 1))
                )
                connection.execute(update(table).where(these).values(cancelled_sequence=sequence))
            wanted = select(trades.c.market_id, trades.c.time_ns).where(trades.c.trade_id == trade_id)
            market_id, time_ns = connection.execute(wanted).one()
            self._candles.make_again(connection, market_id, time_ns)


def _columns(at: Position) -> dict[str, object]:
    values = at._asdict()
    place = values.pop("place")
    return values | {"schema_version": SCHEMA_VERSION, "segment": place.segment, "segment_offset": place.offset}


def _client_ids(frames: Sequence[Tailed], placed_sequences: list[int]) -> list[str | None]:
    """The owners' own ids of new orders: the notes of their commands. What is no text in PostgreSQL is replaced."""
    notes: dict[int, bytes] = {}
    for frame, *_ in frames:
        if frame.side and frame.record_count:
            notes |= {frame.sequence + number: unmarked(note) for number, note in unpack_notes(frame.side).items()}
    if not notes:
        return [None] * len(placed_sequences)
    found = (notes.get(sequence) for sequence in placed_sequences)
    return [note.decode(errors="replace").replace("\0", "\ufffd") if note else None for note in found]


def _bookings(block: EventBlock) -> dict[str, list[int]]:
    """Where value that moved outside trades came from. These are fewer and may be wide, so as Python integers."""
    subjects: dict[type[Event], str | None] = {
        TransferPosted: None,
        LegsPosted: "transfer_id",
        HoldPlaced: "hold_id",
        HoldSettled: "hold_id",
        HoldReleased: "hold_id",
        TradeCancelled: "trade_id",
    }
    columns: dict[str, list[int]] = {column.name: [] for column in bookings.columns}
    for event_type, subject in subjects.items():
        records = block.of(event_type).records
        for name, column in columns.items():
            field = subject if name == "subject_id" else name
            if name == "purpose" and event_type is TradeCancelled:
                column.extend([TransferPurpose.CORRECTION] * len(records))
            else:
                column.extend(records[field].tolist() if field else [0] * len(records))
    return columns
