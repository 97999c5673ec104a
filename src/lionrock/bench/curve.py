"""How the core grows with the book: commands a second, and what a command touches, against orders resting."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from lionrock.bench.batches import in_batches
from lionrock.bench.core import SEED, Progress, Reading, play, play_body
from lionrock.bench.flows import excore
from lionrock.bench.machine import describe_machine
from lionrock.bench.plots import Line, Plot, svg
from lionrock.core import engine, engine_checked

SIZES = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)
"""Orders that rest, both sides together."""

SPEED_PLOT = "commands_per_second.svg"
TOUCHED_PLOT = "touched_per_command.svg"

ACROSS = "resting orders, both sides together (logarithmic)"


class NothingCountedError(Exception):
    """This build of the core does not say what it touches."""


def bench_curve(
    sizes: tuple[int, ...], commands: int, rounds: int, clock: Reading, progress: Progress
) -> list[dict[str, float]]:
    """A point for each number of resting orders, from a body of so many commands in `excore`'s mix.

    Of `resting_orders`, median `commands_per_s` of the fast build, and `levels_per_command` and `slots_per_command`:
    price levels and slots of orders that the checked build touched. Raises `NothingCountedError`.
    """
    touched(engine_checked.Engine())
    points = []
    for size in sizes:
        flow = excore(SEED, commands, lambda _: None, resting=size)
        seconds = []
        for number in range(rounds):
            progress(f"{size:,} resting: rounds played", rounds, number)
            seconds.append(play_body(engine.Engine(), flow, flow.body, clock)[0])
        checked = engine_checked.Engine()
        for part in (flow.stage, flow.resting):
            play(checked, in_batches(part), clock)
        before = touched(checked)
        play(checked, in_batches(flow.body), clock)
        after = touched(checked)
        points.append(
            {
                "resting_orders": size,
                "commands_per_s": round(commands / statistics.median(seconds)),
                "levels_per_command": round((after["levels"] - before["levels"]) / commands, 2),
                "slots_per_command": round((after["slots"] - before["slots"]) / commands, 2),
            }
        )
    return points


def touched(venue: Any) -> dict[str, int]:
    """What the venue has touched since it began: levels and slots. Raises `NothingCountedError`."""
    counts: dict[str, int] | None = getattr(venue, "touched", None)
    if counts is None:
        raise NothingCountedError("this build of the core does not count the levels and slots it touches")
    return counts


def draw_curve(points: list[dict[str, float]], directory: Path) -> None:
    """Write both plots into the directory, which is made if need be."""
    directory.mkdir(parents=True, exist_ok=True)

    def line(name: str, key: str, unit: float) -> Line:
        return Line(name, [(point["resting_orders"], point[key] / unit) for point in points])

    speed = Plot(
        "Commands a second against resting orders",
        f"excore's mix in one market, fast build; {describe_machine()['processor']}",
        ACROSS,
        "million commands a second",
        [line("fast build", "commands_per_s", 1e6)],
    )
    looked_at = Plot(
        "What a command touches against resting orders",
        "excore's mix in one market, counted in the checked build",
        ACROSS,
        "levels and slots per command",
        [line("price levels", "levels_per_command", 1), line("order slots", "slots_per_command", 1)],
    )
    (directory / SPEED_PLOT).write_text(svg(speed), encoding="utf-8")
    (directory / TOUCHED_PLOT).write_text(svg(looked_at), encoding="utf-8")
