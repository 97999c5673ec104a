"""One table of all benchmarks."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from lionrock.bench.everything import BENCHES, as_markdown, ratios
from lionrock.cli import app
from lionrock.cli_bench import bench_app

REPORTS = {
    "core": {"machine": {"cores": 2}, "flows": {"excore": {"commands_per_s": 9, "liquibook_ratio": 2.5}}},
    "journal": {"machine": {"cores": 2}, "sizes": {"1024": {"ratios": {"growing": 0.9, "named": None}}}},
    "recovery": {"replay": [{"commands": 5, "ratio": 0.7}, {"commands": 1, "ratio": 0.1}]},
}


def test_every_ratio_is_in_the_table_and_nothing_else() -> None:
    assert [tuple(row) for row in ratios(REPORTS)] == [
        ("core", "flows.excore.liquibook_ratio", 2.5),
        ("journal", "sizes.1024.ratios.growing", 0.9),
        ("recovery", "replay.1.ratio", 0.7),
        ("recovery", "replay.2.ratio", 0.1),
    ]
    shown = as_markdown(REPORTS, "2026-11-30").splitlines()
    assert shown[0] == "Measured on 2026-11-30 by `make bench`: cores 2."
    assert shown[-1] == "| `recovery` | `replay.2.ratio` | 0.1 |"


def test_no_benchmark_is_left_out() -> None:
    commands = typer.main.get_command(bench_app)
    assert set(BENCHES) | {"all"} == set(commands.commands)  # type: ignore[attr-defined]


def test_one_benchmark_through_the_command_line(tmp_path: Path) -> None:
    out = tmp_path / "figures.md"
    done = CliRunner().invoke(app, ["bench", "all", "--only", "nothing"])
    assert (done.exit_code, "there are core, api" in done.output) == (1, True)
    done = CliRunner().invoke(app, ["bench", "all", "--only", "rulebook", "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout.splitlines()[-1])
    assert "machine" in report["rulebook"]
    assert "| `rulebook` |" in out.read_text("utf-8")
