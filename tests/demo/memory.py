"""How much memory a process and all that it started take together."""

from __future__ import annotations

import re
import threading
from pathlib import Path

PROC = Path("/proc")
_PAUSE_SECONDS = 0.25


def descendants(root: int) -> set[int]:
    """The process and those below it that are there now, those of a session of their own included."""
    parents = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue  # it ended meanwhile
    found = {root}
    while grown := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= grown
    return found


def peak_bytes_of(root: int, ended: threading.Event) -> int:
    """The largest sum of proportional shares (PSS), looked at four times a second."""
    most = 0
    while not ended.wait(_PAUSE_SECONDS):
        most = max(most, sum(map(_share_of, descendants(root))))
    return most


def _share_of(pid: int) -> int:
    try:
        told = re.search(r"^Pss:\s+(\d+) kB", (PROC / str(pid) / "smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(told[1]) * 1024 if told else 0
