"""The journal's benchmark measures the node, the disk and the core, and says what each did."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lionrock.bench.disk import FORMS, sequential_write, synced_writes
from lionrock.bench.journal import Clocks, bench_journal
from lionrock.cli import app

CLOCKS = Clocks(time.time_ns, time.perf_counter)


def test_every_size_is_measured_beside_every_form_of_file(tmp_path: Path) -> None:
    told: list[str] = []
    figures = bench_journal(
        tmp_path, 600, 1, (1, 64, 256), clocks=CLOCKS, progress=lambda words, _total, _done: told.append(words)
    )
    assert figures["commands"] == 600
    assert list(figures["batches"]) == ["1", "64", "256"]
    for batch in figures["batches"].values():
        assert batch["commands_per_s"] > 0
        assert batch["p50_us"] > 0
        for by_form in (
            batch["sync_bound_commands_per_s"], batch["ratios"], batch["sync_p50_us"], batch["p50_ratios"]
        ):  # fmt: skip
            assert tuple(by_form) == FORMS
            assert min(by_form.values()) > 0
    assert figures["best_commands_per_s"] == max(batch["commands_per_s"] for batch in figures["batches"].values())
    assert figures["batches"][str(figures["best_size"])]["commands_per_s"] == figures["best_commands_per_s"]
    assert min(figures["core_commands_per_s"], figures["disk_write_mb_per_s"]) > 0
    reached = figures["best_of_core"] / 0.5, figures["best_of_disk"] / 0.7
    assert figures["best_of_lower_target"] == pytest.approx(max(reached), abs=0.01)
    assert told
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", FORMS)
def test_form_of_a_file_is_what_its_name_says(tmp_path: Path, form: str) -> None:
    path = tmp_path / "file"
    sizes: list[int] = []
    blocks: list[int] = []

    def stopwatch() -> float:
        sizes.append(path.stat().st_size)
        blocks.append(path.stat().st_blocks * 512)
        return float(len(sizes))

    seconds = synced_writes(path, form, os.urandom(8192), 16, stopwatch)
    assert seconds == [1.0] * 16
    assert sizes[0] == (0 if form == "growing" else 16 * 8192)
    assert (blocks[0] >= 16 * 8192) == (form != "growing")
    assert sizes[-1] == 16 * 8192
    assert not path.exists()


def test_sequential_write_leaves_nothing(tmp_path: Path) -> None:
    assert sequential_write(tmp_path / "file", 3_000_000, time.perf_counter) > 0
    assert not list(tmp_path.iterdir())


def test_command_prints_figures_or_tables() -> None:
    options = ["bench", "journal", "--commands", "4000", "--rounds", "1", "--size", "64"]
    as_json = CliRunner().invoke(app, [*options, "--json"])
    assert as_json.exit_code == 0, as_json.output
    report = json.loads(as_json.stdout)
    assert report["machine"]["cores"] >= 1
    assert list(report["batches"]) == ["64"]
    for_people = CliRunner().invoke(app, options)
    assert for_people.exit_code == 0, for_people.output
    assert "Durable commands" in for_people.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--size", "16384", "--commands", "20000"], "--size 16384: --commands has to be twice as many"),
        (["--directory", "nowhere/at/all"], "--directory nowhere/at/all: there is no such directory"),
    ],
)
def test_what_cannot_be_measured_is_said(options: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["bench", "journal", *options])
    assert result.exit_code == 1
    assert words in result.stderr
