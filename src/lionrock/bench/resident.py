"""How much memory a resting order takes: measured in a process of its own, in which nothing else grows.

Run as a program it reads a flow's stage and resting orders from standard input, applies them in the fast build batch by
batch, and prints how many bytes the resident set grew by while the orders came in. That counts all that an order
costs: its record, its share of price levels, of the price index and of the table of ids, room that growing arrays keep
in reserve as far as it was ever touched, and what the allocator keeps. With some thousand orders the reserve and whole
pages weigh in; the figure means most from a hundred thousand on. Linux only, from /proc/self/statm.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

from lionrock.bench.batches import BATCH
from lionrock.bench.flows import Flow
from lionrock.core.engine import Engine
from lionrock.words.records import RECORD_BYTES


def resident_growth_bytes(flow: Flow) -> int:
    """Bytes by which a venue's process grows when the flow's first resting orders come in."""
    program = [sys.executable, "-m", "lionrock.bench.resident", str(len(flow.stage))]
    done = subprocess.run(  # noqa: S603 our own command, no shell
        program, input=flow.stage + flow.resting, stdout=subprocess.PIPE, check=True
    )
    return int(done.stdout)


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _apply(engine: Engine, source: BinaryIO, length: int) -> None:
    while length > 0:
        batch = source.read(min(length, BATCH * RECORD_BYTES))
        if not batch:
            return
        engine.apply(batch)
        length -= len(batch)


def _measure(stage_bytes: int) -> int:
    engine = Engine()
    _apply(engine, sys.stdin.buffer, stage_bytes)
    before = _resident_bytes()
    _apply(engine, sys.stdin.buffer, sys.maxsize)
    return _resident_bytes() - before


if __name__ == "__main__":
    sys.stdout.write(str(_measure(int(sys.argv[1]))))
