"""Line plots as SVG text: the horizontal axis in powers of ten, the vertical one from zero, lines named at the end."""

from __future__ import annotations

import math
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 78, 610, 84, 370
"""Edges of the field; right of it stand the names of the lines."""

COLOURS = ("#0b5fa5", "#b3470e")
MOST_STEPS = 6


class Line(NamedTuple):
    """One line of a plot."""

    name: str
    points: list[tuple[float, float]]
    """Ascending by the first number, which is greater than zero."""


class Plot(NamedTuple):
    """What a plot says and shows."""

    title: str
    note: str
    """A line under the title: what was measured, where."""
    across: str
    """What the horizontal axis shows, and its unit."""
    up: str
    """What the vertical axis shows, and its unit."""
    lines: list[Line]


def svg(plot: Plot) -> str:
    """The plot as an SVG document."""
    least = min(x for line in plot.lines for x, _ in line.points)
    most = max(x for line in plot.lines for x, _ in line.points)
    step = round_step(max(y for line in plot.lines for _, y in line.points))
    steps = math.ceil(max(y for line in plot.lines for _, y in line.points) / step)

    def right(x: float) -> float:
        return LEFT + (RIGHT - LEFT) * math.log(x / least) / math.log(most / least)

    def down(y: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * y / (step * steps)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="Helvetica, sans-serif">',
        f"<title>{escape(plot.title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 30, plot.title, size=19),
        _text(LEFT, 54, plot.note, colour="#555"),
    ]
    for number in range(steps + 1):
        y = down(step * number)
        parts.append(_rule(LEFT, y, RIGHT, y))
        parts.append(_text(LEFT - 8, y + 5, f"{step * number:g}", anchor="end"))
    for power in range(math.ceil(math.log10(least) - 1e-9), math.floor(math.log10(most) + 1e-9) + 1):
        x = right(10**power)
        parts.append(_rule(x, TOP, x, BOTTOM))
        parts.append(_text(x, BOTTOM + 20, f"{10**power:,}", anchor="middle"))
    parts.append(_text((LEFT + RIGHT) / 2, BOTTOM + 48, plot.across, anchor="middle"))
    middle = (TOP + BOTTOM) / 2
    parts.append(_text(22, middle, plot.up, anchor="middle", turned=True))
    for line, colour in zip(plot.lines, COLOURS, strict=False):
        places = [(right(x), down(y)) for x, y in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
        parts.append(_text(RIGHT + 12, places[-1][1] + 5, line.name, colour=colour))
    return "\n".join([*parts, "</svg>", ""])


def round_step(most: float) -> float:
    """A step of 1, 2 or 5 times a power of ten that reaches `most`, greater than zero, in a few steps."""
    step = 10.0 ** math.floor(math.log10(most / MOST_STEPS))
    return next(step * times for times in (1, 2, 5, 10) if step * times * MOST_STEPS >= most)


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ddd"/>'


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", size: int = 14, colour: str = "#222", turned: bool = False
) -> str:
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}"{turn}>'
        f"{escape(words)}</text>"
    )
