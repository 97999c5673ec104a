"""How fast read models get into SQL, beside writing the same rows with nothing to work out."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypedDict

import numpy as np
from sqlalchemy import Engine as Database
from sqlalchemy import Table, func, select

from lionrock.bench.batches import in_batches
from lionrock.bench.flows import FLOWS
from lionrock.core.engine import Engine
from lionrock.journal.disk import Disk
from lionrock.journal.reader import Reader
from lionrock.journal.segments import End
from lionrock.journal.writer import DURABLE_NAME, Writer
from lionrock.views.sql.bulk import Values, bulk_insert
from lionrock.views.sql.database import drop, migrate, open_views
from lionrock.views.sql.decoding import NONE
from lionrock.views.sql.following import BATCH_COMMANDS, Follower
from lionrock.views.sql.tables import fills, ledger_entries, orders, trades
from lionrock.words.records import RECORD_BYTES, RECORD_VERSION

SEED = 1
FLOW = "basic"
"""The flow of `bench.flows` in which most commands trade, so that most rows come of each."""
COUNTED = (orders, trades, fills, ledger_entries)
"""Tables whose new rows count. Rows that change, balances and candles are written as well, and do not count."""

Clock = Callable[[], float]
Progress = Callable[[str, int, int], None]


class Figures(TypedDict):
    """What is measured of one database."""

    commands: int
    rows: int
    commands_per_s: int
    projection_rows_per_s: int
    bare_insert_rows_per_s: int
    ratio: float


class _Journal:
    """A journal on disk: what is set up first, then what is timed."""

    def __init__(self, directory: Path, commands: int, progress: Callable[[int], None]) -> None:
        flow = FLOWS[FLOW](SEED, commands, progress)
        self.directory, self._journal = directory, directory / "journal"
        self._journal.mkdir(parents=True)
        writer = Writer(self._journal, _Unsynced(), _end_of(self._journal), bytes(16))
        for part in (flow.stage, flow.resting, flow.body):
            if part is flow.body:
                self.set_up = writer.next_sequence - 1
            for batch in in_batches(part):
                writer.append(0, len(batch) // RECORD_BYTES, batch, b"", RECORD_VERSION)
        self.last = writer.next_sequence - 1
        writer.close()

    def mark_durable(self, sequence: int) -> None:
        (self._journal / DURABLE_NAME).write_bytes(sequence.to_bytes(8, "little"))


class _Unsynced(Disk):
    """Nothing of this journal is to be kept."""

    def sync_data(self, descriptor: int) -> None: ...

    def sync_all(self, descriptor: int) -> None: ...


def _end_of(journal: Path) -> End:
    reader = Reader(journal, Disk())
    for _ in reader:
        pass
    return reader.end


def bench_views(
    urls: dict[str, str], directory: Path, commands: int, rounds: int, *, clock: Clock, progress: Progress
) -> dict[str, Figures]:
    """The figures of each named database, which must be empty and is left so; medians of the rounds.

    - `projection_rows_per_s`: rows of the `COUNTED` tables that come of the timed commands, a second of all that a
      follower does: read and check frames, put commands through its core, make rows, write them, commit;
    - `bare_insert_rows_per_s`: the rows of these tables read back and inserted again into empty ones with the same
      indexes, by the same bulk statements, in as many transactions;
    - `ratio`: the first to the second.
    """
    journal = _Journal(directory, commands, lambda done: progress("commands made", commands, done))
    readings: dict[str, list[tuple[int, float, float]]] = {name: [] for name in urls}
    for number in range(rounds):
        for at, (name, url) in enumerate(urls.items()):
            progress("rounds played", rounds * len(urls), number * len(urls) + at)
            readings[name].append(_round(open_views(url), journal, clock))
    return {name: _figures(commands, every) for name, every in readings.items()}


def _round(database: Database, journal: _Journal, clock: Clock) -> tuple[int, float, float]:
    """Rows that came of the timed commands, rows a second of the follower, and of bare inserting."""
    journal.mark_durable(journal.set_up)
    with closing(Follower(journal.directory, database, Engine)) as follower:
        follower.catch_up()
        before = _count(database)
        journal.mark_durable(journal.last)
        start = clock()
        follower.catch_up()
        seconds = clock() - start
    rows = _count(database) - before
    columns = {table: _columns(database, table) for table in COUNTED}
    drop(database)
    migrate(database)
    transactions = -(-(journal.last - journal.set_up) // BATCH_COMMANDS)
    start = clock()
    for number in range(transactions):
        with database.begin() as connection:
            for table, values in columns.items():
                bulk_insert(connection, table, _part(values, number, transactions))
    bare_seconds = clock() - start
    all_rows = _count(database)
    drop(database)
    database.dispose()
    return rows, rows / seconds, all_rows / bare_seconds


def _count(database: Database) -> int:
    with database.connect() as connection:
        counts = [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in COUNTED]
    return sum(counts)


def _columns(database: Database, table: Table) -> dict[str, Values]:
    with database.connect() as connection:
        rows = connection.execute(select(table).order_by(*table.primary_key.columns)).all()
    columns: dict[str, Values] = {}
    for number, name in enumerate(column.name for column in table.columns):
        values = [row[number] for row in rows]
        text = name == "client_order_id"
        columns[name] = values if text else np.array([NONE if value is None else value for value in values], np.int64)
    return columns


def _part(columns: dict[str, Values], number: int, parts: int) -> dict[str, Values]:
    length = len(next(iter(columns.values())))
    start, stop = length * number // parts, length * (number + 1) // parts
    return {name: values[start:stop] for name, values in columns.items()}


def _figures(commands: int, readings: list[tuple[int, float, float]]) -> Figures:
    rows = readings[0][0]
    projection = statistics.median(reading[1] for reading in readings)
    return Figures(
        commands=commands,
        rows=rows,
        commands_per_s=round(projection * commands / rows),
        projection_rows_per_s=round(projection),
        bare_insert_rows_per_s=round(statistics.median(reading[2] for reading in readings)),
        ratio=round(statistics.median(reading[1] / reading[2] for reading in readings), 2),
    )
