"""How fast the core is, alone: no journal, no gateway, commands and events as blocks of records."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol, TypedDict

from lionrock.bench.batches import in_batches
from lionrock.bench.flows import FLOWS, Flow
from lionrock.bench.liquibook import Liquibook
from lionrock.bench.resident import resident_growth_bytes
from lionrock.bench.shape import Shape, shape_of
from lionrock.core import engine, engine_checked
from lionrock.sim.auditor import Auditor
from lionrock.words.records import RECORD_BYTES

SEED = 1

AUDITOR_COMMANDS = 20_000
"""Commands of a body that the auditor is timed on: it is some hundred times slower, and as slow all the way."""

PEERLESS = {"multi"}
"""Flows that liquibook cannot play: it has neither self-trade prevention nor post-only orders."""


class Figures(TypedDict):
    """What `bench_core` measures of one flow."""

    commands: int
    commands_per_s: int
    events_per_s: int
    bytes_per_resting_order: float
    auditor_commands_per_s: int
    liquibook_ratio: float | None
    excore_ratio: float | None
    checked_ratio: float
    auditor_ratio: float
    shape: Shape


class Venue(Protocol):
    """What is measured."""

    def apply(self, commands: bytes | memoryview) -> bytes: ...


class Reading(Protocol):
    """Seconds from any fixed point, as `time.thread_time` gives.

    That is time of a processor. The core neither waits nor sleeps, so on a machine of its own it is the same as any
    clock's; on a shared one it leaves out the time in which others had the processor.
    """

    def __call__(self) -> float: ...


Progress = Callable[[str, int, int], None]
"""Told what is going on, how much of it there is, and how much of that is done."""


def play(venue: Venue, batches: Iterable[bytes], clock: Reading) -> tuple[float, int]:
    """Seconds to apply the batches, and the number of events that came out."""
    event_bytes = 0
    start = clock()
    for batch in batches:
        event_bytes += len(venue.apply(batch))
    return clock() - start, event_bytes // RECORD_BYTES


def play_body(venue: Venue, flow: Flow, body: bytes, clock: Reading) -> tuple[float, int]:
    """The same for a body, or a part of one, after the flow's stage and its first resting orders."""
    for part in (flow.stage, flow.resting):
        play(venue, in_batches(part), clock)
    return play(venue, in_batches(body), clock)


def bench_core(
    names: Iterable[str],
    commands: int,
    rounds: int,
    *,
    clock: Reading,
    progress: Progress,
    peer: Liquibook | None = None,
) -> dict[str, Figures]:
    """The figures of each named flow of `FLOWS`, with a body of so many commands.

    - `commands_per_s` and `events_per_s` of the fast build, of the body alone;
    - `checked_ratio`: the checked build's commands a second to the fast build's;
    - `liquibook_ratio`: the fast build's commands a second to liquibook's operations; None without the peer;
    - `excore_ratio`: the flow's commands a second to those of `excore`; None when that is not played;
    - `auditor_commands_per_s` and `auditor_ratio`, on the first `AUDITOR_COMMANDS` of the body, once. The
      auditor needs the same stage and resting orders, most of a minute for all flows together, hence so few;
    - `bytes_per_resting_order` (`resident_growth_bytes`);
    - `shape`: what the flow really consists of (`shape_of`).

    In each round all flows are played, each by the builds and the peer in turn, and medians count, so that a busy
    minute of the machine touches all. With five rounds of a million commands all flows take some three minutes, two
    gigabytes of memory and, with the peer, one of disk.
    """
    flows = {name: FLOWS[name](SEED, commands, partial(progress, f"{name}: commands made", commands)) for name in names}
    readings = {name: Readings() for name in flows}
    peers = {name: peer for name in flows if peer and name not in PEERLESS}
    for name, library in peers.items():
        library.load(name, flows[name].resting, flows[name].body)
    for number in range(rounds):
        for at, (name, flow) in enumerate(flows.items()):
            progress("rounds played", rounds * len(flows), number * len(flows) + at)
            _play_round(readings[name], flow, clock)
            if name in peers:
                readings[name].liquibook.append(1 / peers[name].play(name).operations_per_s)
    excore = statistics.median(readings["excore"].fast) if "excore" in readings else None
    figures: dict[str, Figures] = {}
    for at, (name, flow) in enumerate(flows.items()):
        progress("the auditor, memory and shape of each flow", len(flows), at)
        figures[name] = _figures(flow, readings[name], excore, clock)
    return figures


class Readings:
    """Seconds for one command of a flow's body, by round."""

    def __init__(self) -> None:
        self.fast: list[float] = []
        self.checked: list[float] = []
        self.liquibook: list[float] = []
        self.events_per_command = 0.0


def _play_round(readings: Readings, flow: Flow, clock: Reading) -> None:
    commands = len(flow.body) // RECORD_BYTES
    seconds, events = play_body(engine.Engine(), flow, flow.body, clock)
    readings.fast.append(seconds / commands)
    readings.events_per_command = events / commands
    readings.checked.append(play_body(engine_checked.Engine(), flow, flow.body, clock)[0] / commands)


def _figures(flow: Flow, readings: Readings, excore: float | None, clock: Reading) -> Figures:
    fast = statistics.median(readings.fast)
    short = flow.body[: AUDITOR_COMMANDS * RECORD_BYTES]
    auditor = play_body(Auditor(), flow, short, clock)[0] / (len(short) // RECORD_BYTES)
    return Figures(
        commands=len(flow.body) // RECORD_BYTES,
        commands_per_s=round(1 / fast),
        events_per_s=round(readings.events_per_command / fast),
        bytes_per_resting_order=round(resident_growth_bytes(flow) * RECORD_BYTES / len(flow.resting), 1),
        auditor_commands_per_s=round(1 / auditor),
        liquibook_ratio=round(statistics.median(readings.liquibook) / fast, 2) if readings.liquibook else None,
        excore_ratio=round(excore / fast, 2) if excore else None,
        checked_ratio=round(fast / statistics.median(readings.checked), 2),
        auditor_ratio=round(fast / auditor, 4),
        shape=shape_of(flow),
    )
