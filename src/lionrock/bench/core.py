"""How fast the core is, alone: no journal, no gateway, commands and events as blocks of records."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Protocol

from lionrock.bench.flows import FLOWS
from lionrock.core import engine, engine_checked
from lionrock.sim.auditor import Auditor
from lionrock.words.records import RECORD_BYTES

BATCH = 1_024
"""Commands handed to the core in one call, as a busy node would."""

AUDITOR_SHARE = 10
"""The auditor is given one in so many of the commands: it is that much slower, and as slow all the way."""


class Venue(Protocol):
    """What is measured."""

    def apply(self, commands: bytes) -> bytes: ...


class Reading(Protocol):
    """Seconds from any fixed point, as `time.perf_counter` gives."""

    def __call__(self) -> float: ...


def play(venue: Venue, block: bytes, clock: Reading) -> tuple[float, int]:
    """Seconds to apply the block in batches, and the number of events that came out."""
    events = 0
    step = BATCH * RECORD_BYTES
    start = clock()
    for offset in range(0, len(block), step):
        events += len(venue.apply(block[offset : offset + step]))
    return clock() - start, events // RECORD_BYTES


def bench_core(
    commands: int, rounds: int, clock: Reading, progress: Callable[[str], None] = lambda _: None
) -> dict[str, dict[str, float]]:
    """Commands a second of the fast build, and how the checked build and the auditor compare, for each flow.

    Fast and checked alternate in one process and the median round counts, so that a busy minute of the machine touches
    both. Rates are whole numbers a second; ratios are to the fast build of the same flow.
    """
    figures: dict[str, dict[str, float]] = {}
    for name, make in FLOWS.items():
        progress(f"{name}: {commands:,} commands")
        block = make(1, commands)
        count = len(block) // RECORD_BYTES
        seconds: dict[str, list[float]] = {"fast": [], "checked": []}
        events = 0
        for _ in range(rounds):
            for build, maker in (("fast", engine.Engine), ("checked", engine_checked.Engine)):
                taken, events = play(maker(), block, clock)
                seconds[build].append(taken)
        progress(f"{name}: the auditor")
        short = block[: count // AUDITOR_SHARE * RECORD_BYTES]
        auditor_seconds, _ = play(Auditor(), short, clock)
        fast = count / statistics.median(seconds["fast"])
        auditor = len(short) / RECORD_BYTES / auditor_seconds
        figures[name] = {
            "commands": count,
            "commands_per_s": round(fast),
            "events_per_s": round(events / statistics.median(seconds["fast"])),
            "checked_ratio": round(statistics.median(seconds["fast"]) / statistics.median(seconds["checked"]), 2),
            "auditor_commands_per_s": round(auditor),
            "auditor_ratio": round(auditor / fast, 4),
        }
    return figures
