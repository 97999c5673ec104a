"""Prints what noticed each defect, as a table, when defects were tried."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rows = []
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        told = dict(report.user_properties)
        if report.when == "call" and "defect" in told:
            name, code, test = told["defect"]
            rows.append((str(name), str(code), _short(test), f"{report.duration:.0f}"))
    if not rows:
        return
    rows.sort()
    unnoticed = [row for row in rows if row[2] == "-"]
    titles = ("defect", "breaks", "noticed first by", "s")
    widths = [max(len(row[at]) for row in [titles, *rows]) for at in range(len(titles))]
    terminalreporter.section("what noticed the defects")
    for row in [titles, *rows]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        terminalreporter.line("  ".join(cells).rstrip())
    terminalreporter.line(f"{len(rows) - len(unnoticed)} of {len(rows)} defects were noticed")


def _short(test: object) -> str:
    """`STOP-001-fast` or `random_flows[0]` for a whole test id."""
    name = str(test).rpartition("::")[2]
    shorter = name.removeprefix("test_venue_does_what_the_page_says[").removeprefix("test_engines_agree_on_")
    return (shorter.removesuffix("]") if shorter.count("[") < shorter.count("]") else shorter) or "-"
