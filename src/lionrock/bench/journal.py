"""How fast commands become durable through the node, beside what the disk and the core alone can do."""

from __future__ import annotations

import asyncio
import gc
import shutil
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypedDict

import uvloop
from rich.table import Table

from lionrock.bench.batches import in_batches
from lionrock.bench.core import SEED, Progress, Reading, play_body
from lionrock.bench.disk import FORMS, sequential_write, synced_writes
from lionrock.bench.flows import FLOWS, Flow
from lionrock.core.engine import Engine
from lionrock.journal.frames import HEADER_BYTES
from lionrock.node.node import WAITING_LIMIT, Node
from lionrock.words.records import RECORD_BYTES

SIZES = 1, 64, 1_024, 4_096, 8_192, 16_384
"""Commands in a frame."""
IN_LINE_BELOW_NS = 500_000
FRAMES = 2_000
"""Most frames of one reading, so that the small ones do not take minutes."""
ALONE = 400
"""Most commands, or batches, sent one after the other for a latency."""
CALLERS = 8
"""So many batches wait for their frame at a time, if the node takes so many."""


class Clocks(NamedTuple):
    """Of the node and of what measures it."""

    time_ns: Callable[[], int]
    """Nanoseconds since 1970-01-01 UTC."""
    stopwatch: Reading


class BatchFigures(TypedDict):
    """Of frames of one size. What is by form is by form of the file that the disk alone wrote (`disk.FORMS`)."""

    commands_per_s: int
    sync_bound_commands_per_s: dict[str, int]
    ratios: dict[str, float]
    p50_us: float
    sync_p50_us: dict[str, float]
    p50_ratios: dict[str, float]


class JournalFigures(TypedDict):
    """What `bench_journal` measures."""

    commands: int
    batches: dict[str, BatchFigures]
    best_size: int
    best_commands_per_s: int
    core_commands_per_s: int
    disk_write_mb_per_s: int
    best_of_core: float
    best_of_disk: float
    best_of_lower_target: float


class _Readings:
    """Of frames of one size, one of each by round: seconds for a command, and the medians of seconds for a frame."""

    def __init__(self) -> None:
        self.node: list[float] = []
        self.alone: list[float] = []
        self.disk: dict[str, list[float]] = {form: [] for form in FORMS}
        self.sync: dict[str, list[float]] = {form: [] for form in FORMS}


def bench_journal(
    directory: Path,
    commands: int,
    rounds: int,
    sizes: Sequence[int],
    *,
    clocks: Clocks,
    progress: Progress,
) -> JournalFigures:
    """Figures of the body of `excore`, that many commands of it at most for each size of frames.

    - `commands_per_s`: durable and answered, with several whole batches waiting, one to a frame;
    - `sync_bound_commands_per_s`: were there nothing but a write and an `fdatasync` of a frame's bytes for each frame;
    - `p50_us`: of one batch, sent alone, until it is answered; `sync_p50_us`: of the write and the sync alone;
    - `core_commands_per_s`: the core alone, on the same commands; `disk_write_mb_per_s` (a million bytes): a new file
      with one `fdatasync` at its end;
    - `best_of_core` and `best_of_disk`: the best size's commands a second to those two, and `best_of_lower_target` to
      the lower of half the core's and seven tenths of the disk's.

    In each round every size is measured in all its forms, through the node and on the disk, and medians of the rounds'
    ratios and figures count.
    """
    flow = FLOWS["excore"](SEED, commands, lambda made: progress("commands made", commands, made))
    readings = {size: _Readings() for size in sizes}
    core: list[float] = []
    disk: list[float] = []
    steps = len(sizes) + 1
    for number in range(rounds):
        core.append(play_body(Engine(), flow, flow.body, clocks.stopwatch)[0] / commands)
        disk.append(sequential_write(directory / "sequential", len(flow.body), clocks.stopwatch) / len(flow.body))
        for at, size in enumerate(sizes):
            progress("rounds of journal and disk", rounds * steps, number * steps + at + 1)
            _read(readings[size], directory, flow, size, clocks)
    return _figures(commands, readings, core, disk)


def _read(readings: _Readings, directory: Path, flow: Flow, size: int, clocks: Clocks) -> None:
    """One of each."""
    step = size * RECORD_BYTES
    blocks = [flow.body[at : at + step] for at in range(0, len(flow.body) - step + 1, step)][:FRAMES]
    frame = bytes(HEADER_BYTES) + blocks[0]
    for form in FORMS:
        seconds = synced_writes(directory / form, form, frame, len(blocks), clocks.stopwatch)
        readings.disk[form].append(sum(seconds) / (len(blocks) * size))
        readings.sync[form].append(statistics.median(seconds))
    alone = min(ALONE, len(blocks) // 4 + 1)
    latencies, seconds_together = uvloop.run(_through_node(directory / "node", flow, blocks, alone, clocks))
    readings.alone.append(statistics.median(latencies))
    readings.node.append(seconds_together / ((len(blocks) - alone) * size))


async def _through_node(
    directory: Path, flow: Flow, blocks: Sequence[bytes], alone: int, clocks: Clocks
) -> tuple[list[float], float]:
    """Through a new node: seconds of each of the first blocks, sent alone, and of all the others together."""
    size = len(blocks[0]) // RECORD_BYTES
    node = Node.open(directory, Engine, clocks.time_ns, batch_limit=size, in_line_below_ns=IN_LINE_BELOW_NS)
    try:
        for batch in in_batches(flow.stage + flow.resting):
            await node.submit_records(batch)
        with _no_collection():
            latencies = []
            for block in blocks[:alone]:
                start = clocks.stopwatch()
                await node.submit_records(block)
                latencies.append(clocks.stopwatch() - start)
            supply = iter(blocks[alone:])
            callers = min(CALLERS, WAITING_LIMIT // size)
            start = clocks.stopwatch()
            await asyncio.gather(*(_call(node, supply) for _ in range(callers)))
            return latencies, clocks.stopwatch() - start
    finally:
        await node.close()
        shutil.rmtree(directory)


async def _call(node: Node, supply: Iterator[bytes]) -> None:
    for block in supply:
        await node.submit_records(block)


@contextmanager
def _no_collection() -> Iterator[None]:
    """What this process holds besides the node is not the node's to be looked through."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _figures(
    commands: int, readings: dict[int, _Readings], core: Sequence[float], disk: Sequence[float]
) -> JournalFigures:
    best = min(readings, key=lambda size: statistics.median(readings[size].node))
    node = readings[best].node
    disk_by_command = [by_byte * (RECORD_BYTES + HEADER_BYTES / best) for by_byte in disk]
    lower = [max(of_core / 0.5, of_disk / 0.7) for of_core, of_disk in zip(core, disk_by_command, strict=True)]
    return JournalFigures(
        commands=commands,
        batches={str(size): _batch_figures(reading) for size, reading in readings.items()},
        best_size=best,
        best_commands_per_s=_rate(node),
        core_commands_per_s=_rate(core),
        disk_write_mb_per_s=round(1 / statistics.median(disk) / 1e6),
        best_of_core=_ratio(core, node),
        best_of_disk=_ratio(disk_by_command, node),
        best_of_lower_target=_ratio(lower, node),
    )


def _batch_figures(readings: _Readings) -> BatchFigures:
    return BatchFigures(
        commands_per_s=_rate(readings.node),
        sync_bound_commands_per_s={form: _rate(seconds) for form, seconds in readings.disk.items()},
        ratios={form: _ratio(seconds, readings.node) for form, seconds in readings.disk.items()},
        p50_us=_microseconds(readings.alone),
        sync_p50_us={form: _microseconds(seconds) for form, seconds in readings.sync.items()},
        p50_ratios={form: _ratio(readings.alone, seconds) for form, seconds in readings.sync.items()},
    )


def _rate(seconds: Sequence[float]) -> int:
    return round(1 / statistics.median(seconds))


def _ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Median of the rounds' ratios."""
    return round(statistics.median(one / other for one, other in zip(above, below, strict=True)), 3)


def _microseconds(seconds: Sequence[float]) -> float:
    return round(statistics.median(seconds) * 1e6, 1)


def tables(figures: JournalFigures) -> list[Table]:
    """The figures for people. `written` and so on are the disk's alone, by form of its file."""
    rates = Table("commands in a frame", "commands/s", *(f"{form}: ratio" for form in FORMS), title="Durable commands")
    waits = Table("commands in a frame", "p50 us", *(f"{form}: p50 us" for form in FORMS), title="One batch alone")
    for size, batch in figures["batches"].items():
        bounds = batch["sync_bound_commands_per_s"]
        rates.add_row(size, f"{batch['commands_per_s']:,}", *(f"{bounds[f]:,}: {batch['ratios'][f]}" for f in FORMS))
        waits.add_row(size, f"{batch['p50_us']:,}", *(f"{batch['sync_p50_us'][form]:,}" for form in FORMS))
    best = Table("best size", "commands/s", "of the core", "of the disk", title="Best")
    best.add_row(
        f"{figures['best_size']:,}",
        f"{figures['best_commands_per_s']:,}",
        f"{figures['core_commands_per_s']:,}: {figures['best_of_core']}",
        f"{figures['disk_write_mb_per_s']:,} MB/s: {figures['best_of_disk']}",
    )
    return [rates, waits, best]
