"""A process of its own that opens a data directory, has one command made durable, and prints how long both took.

Usage: python -m lionrock.bench.first_command DIRECTORY [--snapshot]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import uvloop

from lionrock.core.engine import Engine
from lionrock.node.node import Node
from lionrock.words.commands import CancelOrder

WITH_SNAPSHOT = "--snapshot"
"""A snapshot is read at the start, and one written at the end."""


async def first_command(directory: Path, *, with_snapshot: bool) -> None:
    """A command that is refused is as good as any: it is recorded, applied and answered."""
    start = time.perf_counter()
    load_engine = Engine.load if with_snapshot else None
    node = Node.open(directory, Engine, time.time_ns, load_engine=load_engine)
    opened = time.perf_counter()
    await node.submit(CancelOrder(order_id=1, account_id=1))
    answered = time.perf_counter()
    print(json.dumps({"open_seconds": opened - start, "first_command_seconds": answered - start}))  # noqa: T201
    sys.stdout.flush()
    await node.close()


if __name__ == "__main__":
    uvloop.run(first_command(Path(sys.argv[1]), with_snapshot=WITH_SNAPSHOT in sys.argv[2:]))
