"""Worlds of faults: whatever goes wrong, every promise holds; and the same seed brings the same world."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from lionrock.core import engine, engine_checked
from lionrock.sim.world.setting import Build
from lionrock.sim.world.world import Summary, World
from tests.sim.world.defects import DEFECTS
from tests.sim.world.patched import STEPS, patched_copy

FAST = Build(engine.Engine, engine.Engine.load)
CHECKED = Build(engine_checked.Engine, engine_checked.Engine.load)

MET = {
    "a cut", "a flipped bit", "a flipped bit in a snapshot", "a flipped bit in the archive", "a missing file",
    "another content", "cancel", "close", "did not start", "ended in the midst of an operation", "failed create",
    "failed make directory", "failed read", "failed remove", "failed rename", "failed sync", "failed sync directory",
    "failed write", "full disk", "kill", "power lost", "process ended at: create", "process ended at: open",
    "process ended at: read", "process ended at: remove", "process ended at: rename", "process ended at: reserve",
    "process ended at: sync", "process ended at: sync directory", "process ended at: truncate",
    "process ended at: write", "short write", "stopped by itself",
}  # fmt: skip
"""A fault that never happens shows nothing."""


@functools.cache
def world(seed: int) -> Summary:
    """Once in each process: two tests look at the same worlds."""
    return World(seed, STEPS, CHECKED if seed % 2 else FAST).run()


@pytest.mark.shows("SIMU-001", "JRNL-007", "JRNL-008", "JRNL-009", "JRNL-010", "JRNL-013", "JRNL-015", "JRNL-019")
@pytest.mark.parametrize("seed", range(50))
def test_every_promise_holds(seed: int) -> None:
    summary = world(seed)
    assert summary.lives > 1
    assert summary.acknowledged > 0


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(50, 550))
def test_every_promise_holds_in_many_worlds(seed: int) -> None:
    assert world(seed).lives > 1


@pytest.mark.shows("SIMU-002")
def test_everything_that_can_go_wrong_does() -> None:
    met: Counter[str] = Counter()
    for seed in range(60):
        met.update(world(seed).met)
    assert MET - met.keys() == set()


@pytest.mark.shows("SIMU-003")
def test_the_same_seed_brings_the_same_world() -> None:
    told = [_told({"PYTHONHASHSEED": hash_seed}, "--worlds", "5", "--json") for hash_seed in ("1", "2")]
    assert told[0] == told[1]
    fingerprints = [summary["fingerprint"] for summary in json.loads(told[0])["worlds"]]
    assert len(set(fingerprints)) == 5
    assert World(0, STEPS, CHECKED).run().fingerprint == fingerprints[0]


@pytest.mark.shows("SIMU-004")
def test_a_broken_promise_is_one_line_that_makes_it_happen_again(tmp_path: Path) -> None:
    defect = next(defect for defect in DEFECTS if defect.name == "a-frame-is-not-synced")
    copy = patched_copy(tmp_path, defect)
    line = _told({"PYTHONPATH": str(copy)}, "--worlds", "20", code=1)
    assert line.count("\n") == 1
    command, _, words = line.partition("  # ")
    program, room, *options = command.split()
    assert (program, room) == ("lionrock", "sim")
    assert words.startswith("lionrock 0.1.0, code ")
    assert _told({"PYTHONPATH": str(copy)}, *options, code=1) == line


def _told(environment: dict[str, str], *options: str, code: int = 0) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "lionrock.cli", "sim", *options],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (code, "")
    return ended.stdout
