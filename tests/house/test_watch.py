"""docs/watch.md names everything that a site can tell its monitor, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "watch.md").read_text("utf-8")
SOURCES = sorted((ROOT / "src" / "lionrock").rglob("*.py"))
METRICS = {"Gauge": "", "Histogram": "", "Counter": "_total"}
REASONS = {"node_stopped", "commands_waiting", "disk_nearly_full", "clock_behind"}
"""Those that make `/ready` answer 503; every other one is a remark."""


def rows(head: str) -> list[str]:
    """First cells of the tables whose head begins with these words."""
    tables = re.findall(rf"^\| {re.escape(head)} \|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)", PAGE, re.MULTILINE)
    cells = [line.strip("|").split(" | ") for table in tables for line in table.splitlines()]
    assert all(len(row) == 3 and all(cell.strip() for cell in row) for row in cells), "each row says what to do"
    return [row[0].strip(" `") for row in cells]


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    """Every call in the program with the last name of what is called."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield path, node, getattr(node.func, "attr", getattr(node.func, "id", ""))


def first_text(call: ast.Call) -> str:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def text_constants(path: Path, pattern: str) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    found = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in found if re.fullmatch(pattern, text)}


def test_every_metric_is_on_the_page() -> None:
    named = {(first_text(call), name) for _, call, name in calls() if name in METRICS}
    told = {f"{metric}{METRICS[name]}" for metric, name in named if metric.startswith("lionrock_")}
    in_loops = [path for path, call, name in calls() if name in METRICS and call.args and not first_text(call)]
    for path in in_loops:  # their names stand in a table of that module
        told |= text_constants(path, r"lionrock_[a-z_]+")
    assert len(told) > 15
    assert set(rows("metric")) == told


def test_every_reason_and_every_remark_is_on_the_page() -> None:
    told = {first_text(call) for _, call, name in calls() if name == "Reason"} - {""}
    told |= text_constants(ROOT / "src/lionrock/people/staff/office.py", r"staff_reviews_[a-z]+")
    assert set(rows("reason")) == REASONS
    assert set(rows("reason")) | set(rows("remark")) == told


def test_every_alarm_of_the_log_is_on_the_page() -> None:
    texts = {first_text(call) for _, call, name in calls() if name == "critical"}
    alarms = {text.partition("%")[0].rstrip(": ") for text in texts if not text.startswith("%")} - {""}
    lines = rows("critical line begins with")
    named = {alarm: [line for line in lines if alarm.startswith(line)] for alarm in alarms}
    assert {alarm: len(found) for alarm, found in named.items()} == dict.fromkeys(alarms, 1)
    assert {line for found in named.values() for line in found} == set(lines)
