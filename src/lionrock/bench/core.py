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
    checked_ratio: float
    auditor_ratio: float
    shape: Shape


class Venue(Protocol):
    """What is measured."""

    def apply(self, commands: bytes) -> bytes: ...


class Reading(Protocol):
    """Seconds from any fixed point, as `time.perf_counter` gives."""

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


def play_body(venue: Venue, flow: Flow, batches: Iterable[bytes], clock: Reading) -> tuple[float, int]:
    """The same for the body alone, after the flow's stage and its first resting orders."""
    for part in (flow.stage, flow.resting):
        play(venue, in_batches(part), clock)
    return play(venue, batches, clock)


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
    - `auditor_commands_per_s` and `auditor_ratio`, on the first `AUDITOR_COMMANDS` of the body, once. The
      auditor needs the same stage and resting orders, most of a minute for all flows together, hence so few;
    - `bytes_per_resting_order` (`resident_growth_bytes`);
    - `shape`: what the flow really consists of (`shape_of`).

    In each round the builds and the peer take turns, and medians count, so that a busy minute of the machine touches
    all. With five rounds of a million commands all flows take some three minutes.
    """
    figures: dict[str, Figures] = {}
    for name in names:
        flow = FLOWS[name](SEED, commands, partial(progress, f"{name}: commands made", commands))
        figures[name] = _bench_flow(
            name, flow, rounds, clock=clock, progress=progress, peer=None if name in PEERLESS else peer
        )
    return figures


def _bench_flow(
    name: str, flow: Flow, rounds: int, *, clock: Reading, progress: Progress, peer: Liquibook | None
) -> Figures:
    batches = in_batches(flow.body)
    fast: list[float] = []
    checked: list[float] = []
    theirs: list[float] = []
    events = 0
    if peer:
        peer.load(flow.resting, flow.body)
    for number in range(rounds):
        progress(f"{name}: rounds played", rounds, number)
        seconds, events = play_body(engine.Engine(), flow, batches, clock)
        fast.append(seconds)
        checked.append(play_body(engine_checked.Engine(), flow, batches, clock)[0])
        if peer:
            theirs.append(peer.play().operations_per_s)
    commands = len(flow.body) // RECORD_BYTES
    commands_per_s = commands / statistics.median(fast)
    progress(f"{name}: the auditor, memory, shape", 1, 0)
    short = flow.body[: AUDITOR_COMMANDS * RECORD_BYTES]
    auditor_seconds, _ = play_body(Auditor(), flow, in_batches(short), clock)
    auditor_per_s = len(short) / RECORD_BYTES / auditor_seconds
    return Figures(
        commands=commands,
        commands_per_s=round(commands_per_s),
        events_per_s=round(events / statistics.median(fast)),
        bytes_per_resting_order=round(resident_growth_bytes(flow) * RECORD_BYTES / len(flow.resting), 1),
        auditor_commands_per_s=round(auditor_per_s),
        liquibook_ratio=round(commands_per_s / statistics.median(theirs), 2) if theirs else None,
        checked_ratio=round(statistics.median(fast) / statistics.median(checked), 2),
        auditor_ratio=round(auditor_per_s / commands_per_s, 4),
        shape=shape_of(flow),
    )
