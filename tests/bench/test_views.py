"""The benchmark of read models runs on both databases, and measures what it says."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from lionrock.cli import app


def test_views_are_measured_beside_bare_inserting_on_both_databases() -> None:
    result = CliRunner().invoke(app, ["bench", "views", "--commands", "10000", "--rounds", "1", "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    for name in ("sqlite", "postgresql"):
        figures = report[name]
        assert figures["commands"] == 10_000
        assert figures["rows"] > 20_000
        assert min(figures["projection_rows_per_s"], figures["bare_insert_rows_per_s"]) > 0
        assert figures["ratio"] > 0
