"""Where recorded flow lies on this machine, if anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

VARIABLE = "LIONROCK_CAPTURE"
"""Environment variable that names another directory with `orders.csv.gz` and `trades.csv`."""


def recording_directory(environment: Mapping[str, str], prefix: Path) -> Path | None:
    """The directory of the recorded day, or None. `make setup` fetches it to `capture` in the virtual environment."""
    directory = Path(environment[VARIABLE]) if VARIABLE in environment else prefix / "capture"
    return directory if (directory / "orders.csv.gz").is_file() and (directory / "trades.csv").is_file() else None


def why_absent(environment: Mapping[str, str], prefix: Path) -> str:
    """What to tell a person when there is none."""
    if VARIABLE in environment:
        return f"no recorded order flow in {environment[VARIABLE]}, where {VARIABLE} says that it is"
    return f"no recorded order flow in {prefix / 'capture'}: run `make capture`"
