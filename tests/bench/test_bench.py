"""The benchmarks run, and measure what they say; how fast is not a test's business."""

from __future__ import annotations

import asyncio
import inspect
import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lionrock.bench.api import bench_api
from lionrock.bench.core import bench_core
from lionrock.bench.flows import excore
from lionrock.bench.load import LoadFigures, drive_open, fine_loop
from lionrock.bench.resident import resident_growth_bytes
from lionrock.bench.sampled_server import OTHER, PARTS, SOCKETS, part_of
from lionrock.cli import app
from lionrock.words.records import RECORD_BYTES


def test_core_is_measured_beside_its_checked_build_and_the_auditor() -> None:
    told: list[str] = []
    figures = bench_core(
        ["excore", "basic"], 5_000, 1, clock=time.perf_counter, progress=lambda words, _total, _done: told.append(words)
    )
    assert list(figures) == ["excore", "basic"]
    for flow in figures.values():
        assert flow["commands"] == 5_000
        assert min(flow["commands_per_s"], flow["events_per_s"], flow["auditor_commands_per_s"]) > 0
        assert flow["events_per_s"] > flow["commands_per_s"]
        assert flow["auditor_ratio"] < 1
        assert flow["liquibook_ratio"] is None
    assert figures["excore"]["excore_ratio"] == 1
    assert any("basic" in words for words in told)


def test_command_prints_the_figures_of_the_flows_asked_for() -> None:
    result = CliRunner().invoke(
        app, ["bench", "core", "--commands", "10000", "--rounds", "1", "--flow", "excore", "--json"]
    )
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["machine"]["cores"] >= 1
    assert list(report["flows"]) == ["excore"]
    assert {
        "commands_per_s", "events_per_s", "bytes_per_resting_order", "auditor_commands_per_s", "liquibook_ratio"
    } <= report["flows"]["excore"].keys()  # fmt: skip
    assert "--liquibook" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--flow", "busy"], "--flow busy: there are excore"),
        (["--liquibook", "src"], "src is no checkout of liquibook"),
    ],
)
def test_what_cannot_be_measured_is_said(options: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["bench", "core", *options])
    assert result.exit_code == 1
    assert words in result.stderr


def test_memory_of_a_resting_order_is_more_than_its_fields_and_less_than_ten_records() -> None:
    flow = excore(1, 1, lambda _: None, resting=50_000)
    assert 64 < resident_growth_bytes(flow) / 50_000 < 10 * RECORD_BYTES


def test_every_order_of_the_api_benchmark_is_taken() -> None:
    figures = bench_api(300, 1, lambda: time.time_ns() // 1_000_000, time.perf_counter)
    assert figures["trades_per_order"] == 0.5
    calm = figures["at_half_load"]
    assert isinstance(calm, dict)
    assert [part["failures"] for part in calm.values()] == [0, 0]
    assert figures["median_ratio"] == figures["ratio"]  # of one round
    for part in ("order_entry", "empty_post"):
        measured = figures[part]
        assert isinstance(measured, dict)
        assert measured["failures"] == 0
        assert measured["requests_per_s"] > 0


def test_the_parts_of_a_request_are_drawn(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["bench", "api", "--parts", str(tmp_path), "--requests", "2000", "--json"])
    assert result.exit_code == 0, result.output
    counts = json.loads(result.stdout)["samples"]
    assert set(counts) <= {SOCKETS, OTHER, *(name for name, _ in PARTS)}
    assert sum(counts.values()) > 0
    picture = (tmp_path / "request_time.svg").read_text()
    assert picture.count("<rect") == len(counts) + 1
    for name in counts:
        assert f">{name}<" in picture


def test_an_open_load_counts_the_time_a_request_waited() -> None:
    """The server answers one request at a time after 20 ms; they are due every 5 ms on one connection."""

    async def measure() -> LoadFigures:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.read(100):
                await asyncio.sleep(0.02)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        requests = [b"GET / HTTP/1.1\r\n\r\n"] * 10
        figures = await drive_open("127.0.0.1", port, requests, connections=1, stopwatch=time.perf_counter, per_s=200)
        server.close()
        return figures

    with asyncio.Runner(loop_factory=fine_loop) as runner:
        figures = runner.run(measure())
    assert (len(figures.latencies_ms), figures.failures) == (10, 0)
    assert figures.latencies_ms[-1] >= 10 * 20 - 9 * 5  # the last waited for nine before it


def test_a_stack_is_told_by_its_innermost_known_frame() -> None:
    assert part_of(None) == OTHER
    assert part_of(inspect.currentframe()) == OTHER
