"""A process that submits through a node until it is killed: kill_me.py DIRECTORY SEED.

Prints one line for each acknowledged command, after it was acknowledged: its sequence and the SHA-256 of its events.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import sys
import time
from pathlib import Path

from lionrock.core.engine import Engine
from lionrock.node.node import Node
from lionrock.node.stamping import FIRST_ID
from tests.node.trading import random_flow, venue

SUBMITTERS = 16


async def main(directory: Path, seed: int) -> None:
    """Open the directory, list the venue in a new one, then send orders from many submitters at once."""
    node = Node.open(directory, Engine, time.time_ns)
    if node.engine.last_sequence == 0:
        await node.submit_all([(command, b"") for command in venue()])
    flow = random_flow(random.Random(seed), FIRST_ID, node.engine.last_sequence)

    async def submit_for_ever(name: int) -> None:
        while True:
            events = await node.submit(next(flow), f"client {name}".encode())
            digest = hashlib.sha256(b"".join(event.pack() for event in events)).hexdigest()
            os.write(1, f"{events[0].sequence} {digest}\n".encode())

    await asyncio.gather(*(submit_for_ever(name) for name in range(SUBMITTERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
