"""Follows the journal of a data directory through a core of its own, and keeps a database up with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, NoReturn

from sqlalchemy import Engine as Database
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from lionrock.journal.disk import Disk
from lionrock.journal.snapshots import SnapshotInvalid, read_snapshot, snapshot_paths
from lionrock.journal.tail import Tail, Tailed, read_durable
from lionrock.node.engine import Engine
from lionrock.node.sections import unpack_sections
from lionrock.node.skipping import is_skip_of
from lionrock.views.sql.database import migrate
from lionrock.views.sql.projection import AnotherWriter, Position, Projection, RebuildNeeded
from lionrock.words.faults import Fault
from lionrock.words.records import RECORD_BYTES, RECORD_VERSION

_log = logging.getLogger(__name__)

BATCH_COMMANDS = 4096
"""From so many commands on a transaction is ended; with the largest frame it holds fewer than twice as many."""

POLL_SECONDS = 0.05
"""How long a follower that has caught up waits before it looks again."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 15
"""Before a database that went away is tried again; twice as long each time."""

StartingPoint = Callable[[int], tuple[Engine, int]]
"""Given the sequence of the rows' last command, a core and the sequence of its last command, which must not be later
and must end a frame. Without one a new core replays the journal from its beginning."""

Progress = Callable[[int, int], None]
"""Told the sequence of the last command read, and that of the last durable one."""


class Lag(NamedTuple):
    """How far the rows are behind what is durable."""

    sequences: int
    """Durable commands that are not in the rows yet."""
    time_ns: int
    """How long the oldest of them has waited; 0 when there is none."""


def journal_directory(directory: Path) -> Path:
    return directory / "journal"


def durable_sequence(directory: Path) -> int:
    """Sequence of the last durable command of a data directory."""
    return read_durable(journal_directory(directory))


def open_tail(directory: Path, *, after_sequence: int) -> Tail:
    """The journal of a data directory, its archive included."""
    archive = directory / "archive"
    return Tail(journal_directory(directory), Disk(), archive=archive, after_sequence=after_sequence)


class Follower:
    """One journal, one core, one database. Make a new one after an error: it goes on from the last commit."""

    def __init__(
        self,
        directory: Path,
        database: Database,
        engine_factory: Callable[[], Engine],
        *,
        starting_point: StartingPoint | None = None,
        operator_keys: Mapping[str, bytes] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Brings the schema up to date. `operator_keys` are the node's: what two operators had skipped is passed over.

        Raises `RebuildNeeded` and `sqlalchemy.exc.SQLAlchemyError`.
        """
        migrate(database)
        self._directory, self._progress = directory, progress
        self._operator_keys = operator_keys or {}
        self._projection = Projection(database)
        rows_at = self._projection.position.sequence
        self._engine, engine_at = starting_point(rows_at) if starting_point else (engine_factory(), 0)
        if engine_at > rows_at:
            raise ValueError(f"the core begins after command {engine_at}, the rows end with {rows_at}")
        self._tail = open_tail(directory, after_sequence=max(engine_at - 1, 0))
        self._at_rows = self.position.frame_hash is None

    @property
    def position(self) -> Position:
        """Up to where the rows tell."""
        return self._projection.position

    @property
    def rows(self) -> int:
        """Written by this follower so far, changed ones included."""
        return self._projection.rows

    def catch_up(self) -> int:
        """Everything durable becomes rows, some thousand commands in each transaction; returns how many commands.

        May be interrupted anywhere: what is not committed is not there. Raises `JournalDamaged`, `RebuildNeeded`,
        `Fault`, `IdTooLarge`, `AnotherWriter`, `OSError` and `sqlalchemy.exc.SQLAlchemyError`.
        """
        before = self.position.sequence
        durable = max(durable_sequence(self._directory), before)  # the mark itself may be lost with a machine's power
        for frames in _in_batches(self._new_frames(durable)):
            self._projection.take_in(frames, self._apply(frames), self._engine.balances)
            self._tell(self.position.sequence, durable)
        return self.position.sequence - before

    def close(self) -> None:
        self._tail.close()

    def _new_frames(self, durable: int) -> Iterator[Tailed]:
        """Frames behind the rows; those before go through the core alone, and the last of them must be the rows'."""
        rows_at = self.position
        for tailed in self._tail.read(durable):
            last = tailed.frame.next_sequence - 1
            if self._at_rows:
                yield tailed
                continue
            if last > rows_at.sequence:
                raise RebuildNeeded(
                    f"the frame of sequence {tailed.frame.sequence} does not follow the frame that the read models end "
                    "with: they are of another journal, run `lionrock views rebuild`"
                )
            if last > self._engine.last_sequence:
                self._apply([tailed])
                self._tell(last, durable)
            self._at_rows = tailed.hash == rows_at.frame_hash

    def _tell(self, sequence: int, durable: int) -> None:
        if self._progress:
            self._progress(sequence, durable)

    def _apply(self, frames: list[Tailed]) -> bytes:
        events = []
        for number, (frame, frame_hash, _) in enumerate(frames):
            if not frame.record_count:
                continue
            following = frames[number + 1].frame if number + 1 < len(frames) else self._tail.peek()
            if following and is_skip_of(following, frame, frame_hash, self._operator_keys):
                self._engine.pass_over(frame.next_sequence - 1)
                continue
            if frame.record_version != RECORD_VERSION:
                raise Fault(
                    f"frame {frame.sequence} is of record version {frame.record_version}, this program of "
                    f"{RECORD_VERSION}"
                )
            if len(frame.records) != frame.record_count * RECORD_BYTES:
                raise Fault(f"frame {frame.sequence}: its bytes are not {frame.record_count} records of {RECORD_BYTES}")
            if frame.sequence != self._engine.last_sequence + 1:
                raise Fault(f"frame {frame.sequence} follows command {self._engine.last_sequence}")
            events.append(self._engine.apply(frame.records))
        return b"".join(events)


def keep_up(
    make_follower: Callable[[], Follower], caught_up: Callable[[Follower], None], wait: Callable[[float], None]
) -> NoReturn:
    """Follow until an error that waiting does not mend.

    A PostgreSQL server that was reached once and then goes away is waited for; a new follower goes on from the last
    commit. `caught_up` is called once, when everything durable is in the rows for the first time; `wait` gets seconds.
    """
    reached, pause = False, FIRST_PAUSE_SECONDS
    while True:
        try:
            with closing(make_follower()) as follower:
                follower.catch_up()
                if not reached:
                    caught_up(follower)
                reached, pause = True, FIRST_PAUSE_SECONDS
                while True:
                    wait(POLL_SECONDS)
                    follower.catch_up()
        except SQLAlchemyError as error:
            if not reached or not _went_away(error):
                raise
            _log.warning("The database does not answer; trying again in %g s", pause)
        except AnotherWriter:
            # A commit whose connection was cut may still come to its end when the next follower has looked already.
            if not reached or pause == FIRST_PAUSE_SECONDS:
                raise
        wait(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _went_away(error: SQLAlchemyError) -> bool:
    """Whether it is PostgreSQL's connection or server, and not the rows, that failed."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return type(error.orig).__module__.partition(".")[0] == "psycopg"


def from_snapshots(
    directory: Path, engine_factory: Callable[[], Engine], load_engine: Callable[[bytes], Engine]
) -> StartingPoint:
    """Begins with the node's newest snapshot that is not ahead of the rows, or with a new core where there is none."""

    def starting_point(rows_at: int) -> tuple[Engine, int]:
        disk = Disk()
        for path in snapshot_paths(directory / "snapshots", disk):
            try:
                snapshot = read_snapshot(path, disk)
                if snapshot.next_sequence <= rows_at + 1:
                    return load_engine(unpack_sections(snapshot.state)["engine"]), snapshot.next_sequence - 1
            except (SnapshotInvalid, ValueError, KeyError, FileNotFoundError) as error:
                _log.warning("The snapshot %s is passed over, which makes this start slower: %r", path, error)
        return engine_factory(), 0

    return starting_point


def _in_batches(frames: Iterator[Tailed]) -> Iterator[list[Tailed]]:
    batch: list[Tailed] = []
    commands = 0
    for tailed in frames:
        batch.append(tailed)
        commands += tailed.frame.record_count
        if commands >= BATCH_COMMANDS:
            yield batch
            batch, commands = [], 0
    if batch:
        yield batch


def read_lag(directory: Path, rows_at: Position, now_ns: int) -> Lag:
    """How far rows at that position are behind a data directory. Raises `OSError`."""
    sequences = durable_sequence(directory) - rows_at.sequence
    if sequences <= 0:
        return Lag(0, 0)
    archive, place = directory / "archive", rows_at.place
    tail = Tail(journal_directory(directory), Disk(), archive=archive, after_sequence=rows_at.sequence, place=place)
    with closing(tail):
        oldest = tail.peek()
    return Lag(sequences, max(now_ns - (oldest.time_ns if oldest else rows_at.time_ns), 0))
