"""How fast a node comes back: replay beside the core alone on the same commands, and the time to the first command."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypedDict

import numpy as np
import uvloop
from rich.table import Table

from lionrock.bench import first_command
from lionrock.bench.batches import BATCH, in_batches
from lionrock.bench.blocks import records_of, stamped
from lionrock.bench.core import SEED, Progress, Reading, play
from lionrock.bench.flows import FLOWS
from lionrock.core.engine import Engine
from lionrock.journal.disk import Disk
from lionrock.journal.frames import GENESIS_HASH, JOURNAL_ID_BYTES
from lionrock.journal.segments import End
from lionrock.journal.writer import Writer
from lionrock.node.node import Node
from lionrock.words.commands import OpenAccount
from lionrock.words.enumerations import AccountKind
from lionrock.words.records import RECORD_BYTES, RECORD_VERSION

SMALL_FRAMES = 16, 1
"""Sizes of frames that replay is measured with beside `BATCH`."""
SMALL_SHARE = 5
"""Of the commands, one in so many is enough for small frames."""


class Replay(TypedDict):
    """Of one journal, without a snapshot."""

    commands: int
    commands_in_frame: int
    replayed_per_s: int
    core_commands_per_s: int
    ratio: float


class FirstCommand(TypedDict):
    """Seconds until a first command is answered: in the process, and from the start of a new one."""

    journal: str
    commands: int
    journal_mb: int
    replaying: float
    replaying_process: float
    from_snapshot: float
    from_snapshot_process: float


class RecoveryFigures(TypedDict):
    """What `bench_recovery` measures."""

    replay: list[Replay]
    first_command: list[FirstCommand]


def bench_recovery(
    directory: Path, commands: int, rounds: int, *, quick: bool, stopwatch: Reading, progress: Progress
) -> RecoveryFigures:
    """On journals of so many commands of `excore`, as many accounts and, unless `quick`, ten times as many commands.

    - `replayed_per_s`: commands brought back by `Node.open`, no listeners, no snapshot, and `ratio` to the core alone
      on the same commands in batches of 1,024; both alternate, and medians of the rounds count;
    - seconds to the first command, once each: all commands replayed, and after a clean close that left a snapshot.

    The files are in the system's memory, as after a restart of the process and not of the machine. Ten million commands
    need 1.3 GB of disk and twice as much memory.
    """
    replays: list[Replay] = []
    firsts: list[FirstCommand] = []
    place = directory / "node"
    for length in [commands] if quick else [commands, 10 * commands]:
        block = _excore(length, progress)
        for size in (*SMALL_FRAMES, BATCH) if length == commands else (BATCH,):
            share = 1 if size == BATCH else SMALL_SHARE
            part = block[: len(block) // RECORD_BYTES // share * RECORD_BYTES]
            with _journal(place, part, size):
                progress(f"replays of {length:,} commands", length, 0)
                replays.append(_replay(place, part, size, rounds, stopwatch))
                if size == BATCH:
                    firsts.append(_first_command(place, "excore", length, stopwatch, progress))
    with _journal(place, _accounts(commands), BATCH):
        firsts.append(_first_command(place, "accounts", commands, stopwatch, progress))
    return RecoveryFigures(replay=replays, first_command=firsts)


def _excore(commands: int, progress: Progress) -> bytes:
    flow = FLOWS["excore"](SEED, commands, lambda made: progress(f"{commands:,} commands made", commands, made))
    return b"".join(flow)


def _accounts(count: int) -> bytes:
    opened = records_of(OpenAccount, count, account_id=np.arange(1, count + 1), account_kind=AccountKind.CLIENT)
    return stamped([opened], 1)


class _HastyDisk(Disk):
    """Promises durability and does not keep it: the journal is thrown away."""

    def sync_data(self, descriptor: int) -> None:
        """Return at once."""


@contextmanager
def _journal(directory: Path, block: bytes, frame_commands: int) -> Iterator[None]:
    """A data directory whose journal has these commands in frames of so many; removed at the end."""
    directory.mkdir()
    try:
        end = End(None, 0, 0, 1, GENESIS_HASH, None, None)
        writer = Writer(directory / "journal", _HastyDisk(), end, bytes(JOURNAL_ID_BYTES))
        step = frame_commands * RECORD_BYTES
        for at in range(0, len(block), step):
            records = block[at : at + step]
            writer.append(0, len(records) // RECORD_BYTES, records, b"", RECORD_VERSION)
        writer.close()
        yield
    finally:
        shutil.rmtree(directory)


def _replay(directory: Path, block: bytes, frame_commands: int, rounds: int, stopwatch: Reading) -> Replay:
    commands = len(block) // RECORD_BYTES
    batches = in_batches(block)
    core, replayed = [], []
    for _ in range(rounds):
        core.append(play(Engine(), batches, stopwatch)[0] / commands)
        start = stopwatch()
        node = Node.open(directory, Engine, lambda: 0)
        replayed.append((stopwatch() - start) / commands)
        assert node.recovered.commands == commands  # noqa: S101 or something else was measured
        uvloop.run(node.close())
    return Replay(
        commands=commands,
        commands_in_frame=frame_commands,
        replayed_per_s=round(1 / statistics.median(replayed)),
        core_commands_per_s=round(1 / statistics.median(core)),
        ratio=round(statistics.median(one / other for one, other in zip(core, replayed, strict=True)), 3),
    )


class _Start(NamedTuple):
    """Seconds to the answer to a first command."""

    in_process: float
    from_process_start: float


def _first_command(
    directory: Path, journal: str, commands: int, stopwatch: Reading, progress: Progress
) -> FirstCommand:
    progress(f"first command after {commands:,} ({journal})", 3, 0)
    length = sum(path.stat().st_size for path in (directory / "journal").iterdir())
    replaying = _started(directory, stopwatch)
    progress(f"first command after {commands:,} ({journal})", 3, 1)
    _started(directory, stopwatch, first_command.WITH_SNAPSHOT)
    progress(f"first command after {commands:,} ({journal})", 3, 2)
    from_snapshot = _started(directory, stopwatch, first_command.WITH_SNAPSHOT)
    return FirstCommand(
        journal=journal,
        commands=commands,
        journal_mb=round(length / 1e6),
        replaying=round(replaying.in_process, 3),
        replaying_process=round(replaying.from_process_start, 3),
        from_snapshot=round(from_snapshot.in_process, 3),
        from_snapshot_process=round(from_snapshot.from_process_start, 3),
    )


def _started(directory: Path, stopwatch: Reading, *options: str) -> _Start:
    start = stopwatch()
    words = [sys.executable, "-m", first_command.__name__, str(directory), *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:  # noqa: S603 our own command, no shell
        answer = process.stdout.readline() if process.stdout else b""
        seconds = stopwatch() - start
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with exit code {process.returncode}")
    return _Start(float(json.loads(answer)["first_command_seconds"]), seconds)


def tables(figures: RecoveryFigures) -> list[Table]:
    """The figures for people."""
    replay = Table("commands", "in a frame", "replayed/s", "core alone/s", "ratio", title="Replay")
    for row in figures["replay"]:
        replay.add_row(*(f"{value:,}" for value in row.values()))
    first = Table(
        "journal",
        "commands",
        "MB",
        "replaying",
        "(process)",
        "snapshot",
        "(process)",
        title="Seconds to the first command",
    )
    for start in figures["first_command"]:
        first.add_row(*(value if isinstance(value, str) else f"{value:,}" for value in start.values()))
    return [replay, first]
