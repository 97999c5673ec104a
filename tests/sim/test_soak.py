"""Ten million random commands: the checked build beside the fast one and the auditor, saved and taken up on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lionrock.core import engine, engine_checked
from lionrock.sim.workload import random_flow
from tests.engines import Venue, new_venue
from tests.sim.flows import run_side_by_side

FLOWS = 100
COMMANDS = 100_000
"""In each flow; a hundred flows rather than one, so that processes can share them and a failure is found again soon."""


class SavedNowAndThen:
    """An engine that is thrown away and loaded again in the other build after every tenth batch."""

    def __init__(self) -> None:
        self._engine: engine.Engine = engine_checked.Engine()
        self._batches = 0

    def apply(self, commands: bytes | memoryview) -> bytes:
        self._batches += 1
        if self._batches % 10 == 0:
            build = engine if self._batches % 20 else engine_checked
            self._engine = build.Engine.load(self._engine.save())
        return self._engine.apply(commands)

    def lines(self) -> list[str]:
        return self._engine.lines()

    def digest(self) -> str:
        return self._engine.digest()


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1_000, 1_000 + FLOWS))
def test_ten_million_commands(seed: int) -> None:
    venues: dict[str, Venue] = {name: new_venue(name) for name in ("checked", "fast", "auditor")}
    venues["saved"] = SavedNowAndThen()
    batches: Iterator[bytes] = random_flow(seed, COMMANDS)
    keeper = run_side_by_side(venues, batches, f"random_flow({seed})", look_every=25)
    assert keeper.trades > COMMANDS // 10
