"""Horizontal bars as SVG text: parts of a whole, the largest first."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

WIDTH, BAR, GAP = 760, 24, 10
LEFT, RIGHT, TOP = 210, 640, 84
"""Edges of the field; left of it stand the names of the bars, right of it their shares."""
COLOUR = "#0b5fa5"


def bars(title: str, note: str, counts: Mapping[str, int]) -> str:
    """Each part's share of all, in whole percent; `note` stands under the title."""
    whole, most = sum(counts.values()), max(counts.values())
    height = TOP + len(counts) * (BAR + GAP) + GAP
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="Helvetica, sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="24" y="30" font-size="19" fill="#111">{escape(title)}</text>',
        f'<text x="24" y="54" font-size="13" fill="#555">{escape(note)}</text>',
    ]
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    for number, (name, count) in enumerate(ordered):
        y, length = TOP + number * (BAR + GAP), (RIGHT - LEFT) * count // most
        middle = y + BAR // 2 + 5
        rows += [
            f'<text x="{LEFT - 12}" y="{middle}" font-size="14" text-anchor="end" fill="#111">{escape(name)}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{length}" height="{BAR}" fill="{COLOUR}"/>',
            f'<text x="{LEFT + length + 8}" y="{middle}" font-size="14" fill="#111">{count * 100 // whole} %</text>',
        ]
    return "\n".join([*rows, "</svg>", ""])
