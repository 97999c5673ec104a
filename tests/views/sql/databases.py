"""The two databases that read models are kept in, both real, and data directories to follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, select, text

from lionrock.core.engine_checked import Engine as Core
from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.journal.tail import Tail, Tailed
from lionrock.journal.writer import DURABLE_NAME, SEGMENT_BYTES, Writer
from lionrock.views.sql.database import open_views
from lionrock.views.sql.following import Follower
from lionrock.views.sql.tables import ledger_entries, metadata
from lionrock.words.commands import AdvanceTime
from lionrock.words.records import RECORD_BYTES, RECORD_VERSION

JOURNAL_ID = b"0123456789abcdef"
KINDS = ("sqlite", "postgresql")

Amounts = dict[tuple[int, int], tuple[int, int]]
"""Available and held by account and asset, those of nothing left out."""
Rows = dict[str, list[tuple[object, ...]]]
"""By table, in the order of their keys."""


class Site:
    """A data directory whose journal grows as a node would let it grow."""

    def __init__(self, directory: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.directory, self.journal = directory, directory / "journal"
        self.core = Core()
        reader = Reader(self.journal, Disk())
        for frame in reader:
            self.core.apply(frame.records)
        self._writer = Writer(self.journal, Disk(), reader.end, JOURNAL_ID, segment_bytes=segment_bytes)

    def append(self, records: bytes, side: bytes = b"", *, durable: bool = True) -> None:
        """One frame, of commands that are numbered and timed already."""
        self.core.apply(records)
        count = len(records) // RECORD_BYTES
        self._writer.append(self.core.last_time_ns, count, records, side, RECORD_VERSION)
        if durable:
            self.mark_durable()

    def note(self, side: bytes) -> None:
        """A frame without commands."""
        self._writer.append(self.core.last_time_ns, 0, b"", side, RECORD_VERSION)

    def poison(self) -> Tailed:
        """A durable frame that no core can apply: its one command says it is another one than it is."""
        last = self.core.last_sequence
        self._writer.append(self.core.last_time_ns, 1, AdvanceTime(sequence=last + 2).pack(), b"", RECORD_VERSION)
        self.core.pass_over(last + 1)
        self.mark_durable()
        *_, poison = Tail(self.journal, Disk()).read(last + 1)
        return poison

    def mark_durable(self, sequence: int | None = None) -> None:
        last = self.core.last_sequence if sequence is None else sequence
        (self.journal / DURABLE_NAME).write_bytes(last.to_bytes(8, "little"))

    def play(self, flow: Iterable[bytes]) -> None:
        for batch in flow:
            self.append(batch)

    def close(self) -> None:
        self._writer.close()

    def balances(self) -> Amounts:
        """What the core's lines say."""
        rows = [line.split("|")[1:] for line in self.core.lines() if line.startswith("balance|")]
        return {(int(row[0]), int(row[1])): (int(row[2]), int(row[3])) for row in rows}


def follow(directory: Path, url: str, operator_keys: Mapping[str, bytes] | None = None) -> Engine:
    """Everything durable becomes rows; the database."""
    database = open_views(url)
    with closing(Follower(directory, database, Core, operator_keys=operator_keys)) as follower:
        follower.catch_up()
    return database


def summed_entries(database: Engine) -> Amounts:
    """The sums of all ledger entries, added up here: inside a transfer they may pass 64 bits."""
    sums: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    c = ledger_entries.c
    wanted = select(c.account_id, c.asset_id, c.available_change_atoms, c.held_change_atoms)
    with database.connect() as connection:
        for account_id, asset_id, available, held in connection.execute(wanted):
            sums[account_id, asset_id][0] += available
            sums[account_id, asset_id][1] += held
    return {pair: (available, held) for pair, (available, held) in sums.items() if available or held}


def all_rows(database: Engine) -> Rows:
    """Every row of every table and of the view."""
    with database.connect() as connection:
        rows = {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in metadata.sorted_tables
        }
        ledger = connection.execute(text("SELECT * FROM ledger ORDER BY entry_id"))
        rows["ledger"] = [tuple(None if each is None else int(each) for each in row) for row in ledger]
    return rows
