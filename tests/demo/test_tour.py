"""The tour, as a newcomer starts it: every step checks itself, with the recorded flow and without."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lionrock.cli import app
from lionrock.demo.tour import CheckFailedError, Tour
from lionrock.sim.api_client import Connection
from lionrock.sim.recordings import recording_directory, why_absent
from lionrock.sim.venue_process import VenueProcess


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


def test_tour_makes_its_directory_and_asks_for_enough_steps(tmp_path: Path) -> None:
    too_few = CliRunner().invoke(app, ["demo", "--steps", "7999", "--data", str(tmp_path)])
    assert (too_few.exit_code, "8000" in too_few.output) == (2, True)
    venue = VenueProcess(tmp_path / "new" / "deep" / "site")
    venue.stop()
    assert (tmp_path / "new" / "deep" / "site" / "journal").is_dir()


def test_an_empty_book_ends_the_tour_with_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    tour = Tour(Console(quiet=True), tmp_path, lambda: 0, lambda: 0.0)
    connection = Connection("http://127.0.0.1:1")
    monkeypatch.setattr(connection, "call", lambda _method, path: {"b": [], "a": []} if "depth" in path else [])
    with pytest.raises(CheckFailedError, match="both sides of the book have orders"):
        tour._show_market(connection)


def test_a_step_that_does_not_hold_ends_the_tour(tmp_path: Path) -> None:
    from rich.console import Console

    tour = Tour(Console(quiet=True), tmp_path, lambda: 0, lambda: 0.0)
    tour._check(True, "this holds")
    with pytest.raises(CheckFailedError, match="this does not"):
        tour._check(False, "this does not")
