"""Orders and cancels made from a seed, for when no recording is at hand; shaped like one, on the same lattice."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from lionrock.sim.order_steps import Cancel, Place, Step
from lionrock.words.enumerations import Side, TimeInForce

OPENING_ORDERS = 2_000
START_TICKS = 78_000
START_MS = 1_777_689_380_000
"""The hour of the recording, so that pictures look alike."""


def generated_flow(seed: int, steps: int) -> Iterator[Step]:
    """An opening book round a price that wanders, then quotes that come and go, and one taker in fifty."""
    chance = Random(seed)
    middle, time_ms = START_TICKS, START_MS
    resting: list[int] = []
    for step in range(steps):
        opening = step < OPENING_ORDERS
        reference = (step + 1) * 4096  # recorded ids count within a millisecond in these low bits
        if not opening:
            time_ms += chance.randrange(12)
            middle += chance.choice((-1, 0, 0, 0, 1))
        kind = chance.random()
        side = Side(1 + chance.randrange(2))
        outward = -1 if side is Side.BUY else 1
        if opening or kind < 0.5 or not resting:
            price = middle + outward * (2 + int(chance.expovariate(1 / 60)))
            size = chance.randrange(100_000, 50_000_000)
            resting.append(reference)
            yield Place(reference, side, price, size, TimeInForce.GOOD_TILL_CANCELLED, False, time_ms)
        elif kind < 0.98:
            yield Cancel(resting.pop(chance.randrange(len(resting))), time_ms)
        else:
            size = chance.randrange(10_000, 20_000_000)
            yield Place(reference, side, middle - outward * 30, size, TimeInForce.IMMEDIATE_OR_CANCEL, False, time_ms)
