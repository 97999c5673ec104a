"""The tour, as a newcomer starts it: every step checks itself, with the recorded flow and without."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from lionrock.demo import command, market_steps, record_steps, rule_steps
from lionrock.demo.stage import CheckFailedError, Stage
from lionrock.demo.tour import STEPS, take
from lionrock.demo.trading_day import TradingDay
from lionrock.sim.recordings import recording_directory, why_absent
from tests.demo.memory import peak_bytes_of

MOST_BYTES = 10**9
TOUR = [sys.executable, "-m", "lionrock.cli", "demo", "--headless", "--orders", "8000"]


def take_tour(data: Path, *options: str, **environment: str) -> tuple[str, int]:
    """What it printed, and the most memory that it and the processes it started had at once."""
    with subprocess.Popen(
        [*TOUR, "--data", str(data), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | environment,
    ) as tour:
        ended = threading.Event()
        peaks: list[int] = []
        watching = threading.Thread(target=lambda: peaks.append(peak_bytes_of(tour.pid, ended)))
        watching.start()
        shown = tour.communicate(timeout=500)[0]
        ended.set()
        watching.join()
    assert tour.returncode == 0, shown
    return shown, peaks[0]


def test_the_whole_tour_on_the_recorded_day(tmp_path: Path) -> None:
    if recording_directory(os.environ, Path(sys.prefix)) is None:
        pytest.skip(why_absent(os.environ, Path(sys.prefix)))
    shown, peak = take_tour(tmp_path)
    assert [int(number) for number in re.findall(r"^(\d+)\. ", shown, re.MULTILINE)] == list(range(1, len(STEPS) + 1))
    assert "The order flow is real" in shown
    assert "were made by the recording venue" in shown
    assert "the reviewer alone is refused: nobody checks what they proposed themselves" in shown
    assert "product_not_permitted" in shown
    assert "the phase is VOLATILITY_AUCTION" in shown
    assert re.search(r"started again .* it answers after \d+\.\d s", shown)
    assert "reads the journal to the same digest" in shown
    assert re.search(r"names the frame, \d+, which begins with command \d+: its CRC is", shown)
    assert re.search(r"every rule was asked just now: .*\d+ pass", shown)
    assert re.search(r"These are \d+ of \d+ rules, at most 4 of each status\.\n   Left out are .*\d+ fail", shown)
    assert re.search(r"^   +ask +\d", shown, re.MULTILINE), "tables stand under the words of their step"
    assert peak < MOST_BYTES
    assert (tmp_path / "tour-1" / "site" / "journal").is_dir()


def test_a_generated_flow_where_none_was_recorded_and_one_step_alone(tmp_path: Path) -> None:
    (tmp_path / "tour-1").mkdir()  # what an earlier tour kept
    shown, _ = take_tour(tmp_path, "--step", "2", LIONROCK_CAPTURE=str(tmp_path))
    assert f"no recorded order flow in {tmp_path}, where LIONROCK_CAPTURE says" in " ".join(shown.split())
    assert re.findall(r"^(\d+)\. ", shown, re.MULTILINE) == ["1", "2"]
    assert (tmp_path / "tour-2" / "site").is_dir()


def test_each_step_needs_steps_before_it() -> None:
    names = [step.name for step in STEPS]
    assert len(set(names)) == len(names)
    for place, step in enumerate(STEPS):
        assert set(step.needs) <= set(names[:place]), step.name


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(Console(quiet=True), tmp_path, lambda: 0, lambda: 0.0, 8_000)
    yield made
    made.close()


def test_a_claim_that_does_not_hold_ends_the_tour(stage: Stage) -> None:
    stage.check(True, "this holds")
    with pytest.raises(CheckFailedError, match="this does not"):
        stage.check(False, "this does not")
    with pytest.raises(CheckFailedError, match="refused: what nobody refuses"):
        stage.refused("what nobody refuses", lambda: None)


def test_what_goes_wrong_in_a_step_ends_the_tour_there(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each break is one that a step is there to notice."""
    passes = subprocess.CompletedProcess([], 0, '{"sound": true, "frames": 3, "faults": []}', "")
    monkeypatch.setattr(stage, "run", lambda *_: passes)  # a verifier that finds everything sound
    take(stage, 1, lambda: None)
    with pytest.raises(CheckFailedError, match="says no: exit code 0"):
        record_steps.one_byte(stage)
    stage.refusal = {"lionrock": {"name": "product_not_permitted"}}
    monkeypatch.setattr(rule_steps, "LANGUAGE", "en")
    with pytest.raises(CheckFailedError, match="has words and a next step in en"):
        rule_steps.language(stage)
    stage.day = TradingDay([])
    with pytest.raises(CheckFailedError, match="both sides of the book have orders"):
        market_steps.market(stage)
    with pytest.raises(KeyError, match="compliance_officer"):
        rule_steps.matrix(stage)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--orders", "7999"], "8000"),
        (["--step", "99"], "there are 12 steps: 1 venue, 2 replay"),
        (["--step", "0"], "1"),
    ],
)
def test_what_cannot_be_asked_for(options: list[str], words: str, tmp_path: Path) -> None:
    done = subprocess.run([*TOUR[:5], "--data", str(tmp_path), *options], capture_output=True, text=True, check=False)
    assert done.returncode in {1, 2}
    assert words in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_too_little_disk_is_said_before_anything_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "LEAST_FREE_BYTES", 10**18)
    said: list[str] = []

    def fail(words: str) -> None:
        said.append(words)
        raise SystemExit(1)

    with pytest.raises(SystemExit):
        command.run(command.Options(8_000, tmp_path, 0, True, False, 1, False), fail)  # type: ignore[arg-type]
    assert "MB free, and the tour needs 1000000000000" in said[0]
