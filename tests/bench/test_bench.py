"""The benchmarks run, and measure what they say; how fast is not a test's business."""

from __future__ import annotations

import time

import pytest

from lionrock.bench.api import bench_api
from lionrock.bench.core import bench_core
from lionrock.bench.flows import FLOWS
from lionrock.core.engine import Engine
from lionrock.words.events import EVENTS, CommandRejected, TradeExecuted
from lionrock.words.records import unpack_all
from lionrock.words.rejections import Rejection


@pytest.mark.parametrize("name", [name for name in FLOWS if name != "deep"])
def test_flow_trades_and_is_refused_nothing_but_late_cancels(name: str) -> None:
    events = unpack_all(EVENTS, Engine().apply(FLOWS[name](1, 5_000)))
    assert sum(isinstance(event, TradeExecuted) for event in events) > 100
    assert {event.rejection for event in events if isinstance(event, CommandRejected)} <= {Rejection.ORDER_UNKNOWN}


def test_core_is_measured_beside_its_checked_build_and_the_auditor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(FLOWS, "deep")
    figures = bench_core(5_000, 1, time.perf_counter)
    assert figures.keys() == FLOWS.keys()
    for flow in figures.values():
        assert flow["commands"] >= 5_000
        assert min(flow["commands_per_s"], flow["events_per_s"], flow["auditor_commands_per_s"]) > 0
        assert flow["auditor_ratio"] < 1


def test_every_order_of_the_api_benchmark_is_taken() -> None:
    figures = bench_api(300, 1, lambda: time.time_ns() // 1_000_000, time.perf_counter)
    assert figures["trades_per_order"] == 0.5
    for part in ("order_entry", "empty_post"):
        measured = figures[part]
        assert isinstance(measured, dict)
        assert measured["failures"] == 0
        assert measured["requests_per_s"] > 0
