"""The benchmark of the web application measures what it says, with figures that could be wrong."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from lionrock.cli import app


def test_the_trade_page_is_measured_beside_a_plain_re_render() -> None:
    asked = ["--updates", "500", "--rounds", "1", "--seconds", "1", "--soak-minutes", "0.02", "--json"]
    result = CliRunner().invoke(app, ["bench", "web", *asked])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    for mode in ("painter", "plain"):
        assert report["book"][mode]["frames_per_s"] > 0
        assert report["book"][mode]["processor_us_per_update"] > 0
    assert 10_000 < report["load"]["bytes_before_chart"] <= report["load"]["most_bytes"]
    assert report["load"]["interactive_ms"] > 0
    assert report["soak"]["heap_after_mib"] > 0
