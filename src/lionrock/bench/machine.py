"""What a figure was measured on, so that a reader knows what to compare it with."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe_machine() -> dict[str, object]:
    """Processor, cores this process may use, memory in MiB, Python and kernel."""
    return {
        "processor": _first_value(Path("/proc/cpuinfo"), "model name") or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": int((_first_value(Path("/proc/meminfo"), "MemTotal") or "0 kB").split()[0]) // 1024,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def _first_value(path: Path, name: str) -> str | None:
    if not path.exists():
        return None
    for line in path.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None
