"""The benchmark of recovery brings back the journals it says, and times the first command after each."""

from __future__ import annotations

import json
import time
from pathlib import Path

from typer.testing import CliRunner

from lionrock.bench.recovery import bench_recovery
from lionrock.cli import app

STAGE = 3_006 + 2_000
"""Commands of `excore` before its body: assets, market, accounts and deposits, and the first resting orders."""


def test_every_journal_is_replayed_and_started_on(tmp_path: Path) -> None:
    told: list[str] = []
    figures = bench_recovery(
        tmp_path, 10_000, 1, quick=False, stopwatch=time.perf_counter,
        progress=lambda words, _total, _done: told.append(words),
    )  # fmt: skip
    short, long = 10_000 + STAGE, 100_000 + STAGE
    assert [(row["commands"], row["commands_in_frame"]) for row in figures["replay"]] == [
        (short // 5, 16), (short // 5, 1), (short, 1_024), (long, 1_024)
    ]  # fmt: skip
    for row in figures["replay"]:
        assert min(row["replayed_per_s"], row["core_commands_per_s"], row["ratio"]) > 0
    assert [(row["journal"], row["commands"]) for row in figures["first_command"]] == [
        ("excore", 10_000), ("excore", 100_000), ("accounts", 10_000)
    ]  # fmt: skip
    for start in figures["first_command"]:
        assert 0 < start["replaying"] < start["replaying_process"]
        assert 0 < start["from_snapshot"] < start["from_snapshot_process"]
    assert told
    assert not list(tmp_path.iterdir())


def test_command_prints_figures_or_tables() -> None:
    options = ["bench", "recovery", "--quick", "--commands", "10000", "--rounds", "1"]
    as_json = CliRunner().invoke(app, [*options, "--json"])
    assert as_json.exit_code == 0, as_json.output
    report = json.loads(as_json.stdout)
    assert {row["commands_in_frame"] for row in report["replay"]} == {1, 16, 1_024}
    for_people = CliRunner().invoke(app, options)
    assert for_people.exit_code == 0, for_people.output
    assert "Seconds to the first command" in for_people.stdout
