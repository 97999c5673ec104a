"""The tour, as a newcomer starts it: every step checks itself, with the recorded flow and without."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lionrock.demo.tour import CheckFailedError, Tour
from lionrock.sim.recordings import recording_directory, why_absent


def take_tour(tmp_path: Path, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "lionrock.cli", "demo", "--headless", "--steps", "8000", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | environment,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_tour_replays_the_recorded_flow(tmp_path: Path) -> None:
    if recording_directory(os.environ, Path(sys.prefix)) is None:
        pytest.skip(why_absent(Path(sys.prefix)))
    shown = take_tour(tmp_path)
    assert "The order flow is real" in shown
    assert "of our trades are the recording venue's too" in shown
    assert "the digest is the same" in shown


def test_tour_says_so_when_its_flow_is_generated(tmp_path: Path) -> None:
    shown = take_tour(tmp_path, LIONROCK_CAPTURE=str(tmp_path))
    assert "The order flow is a generated one" in shown
    assert "the auditor, a second model, reads the journal to that digest" in shown


def test_a_step_that_does_not_hold_ends_the_tour(tmp_path: Path) -> None:
    from rich.console import Console

    tour = Tour(Console(quiet=True), tmp_path, lambda: 0, lambda: 0.0)
    tour._check(True, "this holds")
    with pytest.raises(CheckFailedError, match="this does not"):
        tour._check(False, "this does not")
