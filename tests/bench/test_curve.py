"""The curves against book size: what is counted, and that a plot can be read."""

from __future__ import annotations

import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from lionrock.bench.curve import SPEED_PLOT, TOUCHED_PLOT, NothingCountedError, bench_curve, draw_curve, touched
from lionrock.bench.plots import Line, Plot, round_step, svg
from lionrock.core import engine_checked

SVG = "{http://www.w3.org/2000/svg}"


def test_plots_say_what_they_show_and_in_which_units(tmp_path: Path) -> None:
    points = [
        {"resting_orders": size, "commands_per_s": 8e6 - size, "levels_per_command": 2.5, "slots_per_command": 4.0}
        for size in (1_000, 100_000, 1_000_000)
    ]
    draw_curve(points, tmp_path / "figures")
    for name, lines, unit in (
        (SPEED_PLOT, 1, "million commands a second"),
        (TOUCHED_PLOT, 2, "levels and slots per command"),
    ):
        drawing = ET.parse(tmp_path / "figures" / name)  # noqa: S314 our own file
        words = {text.text for text in drawing.iter(f"{SVG}text")}
        assert unit in words
        assert {"1,000", "10,000", "100,000", "1,000,000", "0"} <= words
        assert any(text and "resting orders" in text for text in words)
        assert len(list(drawing.iter(f"{SVG}polyline"))) == lines


def test_line_stands_where_its_numbers_say() -> None:
    plot = Plot("title <1>", "note", "across", "up", [Line("line", [(10.0, 0.0), (100.0, 2.0), (1_000.0, 4.0)])])
    drawing = ET.fromstring(svg(plot))  # noqa: S314 our own text
    line = drawing.find(f"{SVG}polyline")
    assert line is not None
    places = [tuple(float(number) for number in place.split(",")) for place in line.attrib["points"].split()]
    (left, bottom), (middle, half), (right, top) = places
    assert middle - left == pytest.approx(right - middle)  # ten times as many is the same step
    assert bottom - half == pytest.approx(half - top)
    assert top < bottom


@pytest.mark.parametrize(("most", "step"), [(9.5, 2), (4, 1), (0.7, 0.2), (60, 10), (61, 20), (1.3, 0.5)])
def test_steps_of_an_axis_are_round(most: float, step: float) -> None:
    assert round_step(most) == pytest.approx(step)


@pytest.mark.skipif(not hasattr(engine_checked.Engine, "touched"), reason="this core does not count what it touches")
def test_checked_build_counts_what_a_command_touches() -> None:
    points = bench_curve((1_000, 4_000), 5_000, 1, time.thread_time, lambda _words, _total, _done: None)
    assert [point["resting_orders"] for point in points] == [1_000, 4_000]
    for point in points:
        assert point["commands_per_s"] > 0
        assert 1 <= point["levels_per_command"] <= 100
        assert 1 <= point["slots_per_command"] <= 100


def test_venue_that_does_not_count_is_said() -> None:
    with pytest.raises(NothingCountedError, match="does not count"):
        touched(object())
