"""All benchmarks one after the other, each in a process of its own, and one table of what they found."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

BENCHES = ("core", "api", "journal", "recovery", "views", "rulebook", "web")
OWN_WORDS = ("ratio", "ratios", "aim")
"""A figure counts as a ratio when one of these stands in its name."""


class BenchFailedError(Exception):
    """A benchmark ended early; the message carries its last words."""


class Row(NamedTuple):
    """One ratio."""

    bench: str
    figure: str
    """Names on the way to it, of a list its place from 1 on, with dots between."""
    value: float


def run_all(names: Iterable[str], more: Mapping[str, list[str]], progress: Callable[[str], None]) -> dict[str, Any]:
    """The report of each, by name. `more` are options by name. Raises `BenchFailedError`."""
    reports = {}
    for name in names:
        progress(f"lionrock bench {name}")
        command = [sys.executable, "-m", "lionrock.cli", "bench", name, "--json", *more.get(name, [])]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 our own command
        if done.returncode != 0:
            raise BenchFailedError(f"lionrock bench {name} ended with exit code {done.returncode}")
        reports[name] = json.loads(done.stdout)
    return reports


def ratios(reports: Mapping[str, Any]) -> list[Row]:
    """Every ratio of every report, in the order in which they stand there."""
    return [
        Row(bench, ".".join(path), value) for bench, report in reports.items() for path, value in _found(report, ())
    ]


def _found(told: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    if isinstance(told, Mapping):
        for name, below in told.items():
            yield from _found(below, (*path, str(name)))
    elif isinstance(told, list):
        for number, below in enumerate(told, 1):
            yield from _found(below, (*path, str(number)))
    elif isinstance(told, int | float) and not isinstance(told, bool) and any(_is_ratio(name) for name in path):
        yield path, float(told)


def _is_ratio(name: str) -> bool:
    return any(word in OWN_WORDS for word in name.split("_"))


def as_markdown(reports: Mapping[str, Any], day: str) -> str:
    """One table, with the machine and the day over it."""
    machine = next(iter(reports.values()))["machine"]
    lines = [
        f"Measured on {day} by `make bench`: " + ", ".join(f"{name} {value}" for name, value in machine.items()) + ".",
        "",
        "| benchmark | ratio | value |",
        "|---|---|---|",
        *(f"| `{row.bench}` | `{row.figure}` | {row.value:g} |" for row in ratios(reports)),
    ]
    return "\n".join(lines) + "\n"
