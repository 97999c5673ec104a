"""A node under load that tells on a pipe, one line each, what it came back with and what it acknowledged.

`open SEQUENCE DIGEST TORN SNAPSHOT` once, when the node has started; then `SEQUENCE HASH` for each command, after it
was acknowledged, with the SHA-256 of its events.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

from lionrock.core.engine import Engine
from lionrock.journal.writer import Writer
from lionrock.node.keeper import Keeper
from lionrock.node.node import Node
from lionrock.node.stamping import FIRST_ID
from lionrock.sim.workload_venue import MARKETS, RICH_ACCOUNTS, opening_commands
from lionrock.words.commands import CancelOrder, Command, PlaceOrder
from lionrock.words.enumerations import OrderType, Side, TimeInForce

SUBMITTERS = 8
SEGMENT_BYTES = 200_000
SNAPSHOT_COMMANDS = 1_000
"""Segments and snapshots so small that rounds meet their edges."""
_RECENT = 200
"""A cancel names one of so many orders that were placed last, if it was an order and is still there."""


def orders(chance: Random, last_sequence: int) -> Iterator[Command]:
    """Orders round the middle of each market, many of them cancelled soon; without end."""
    while True:
        last_sequence += 1
        if chance.random() < 0.4:
            recent = last_sequence - chance.randrange(min(_RECENT, last_sequence))
            yield CancelOrder(order_id=FIRST_ID + recent, account_id=chance.choice(RICH_ACCOUNTS))
            continue
        market = chance.choice(MARKETS)
        yield PlaceOrder(
            order_id=0,
            account_id=chance.choice(RICH_ACCOUNTS),
            market_id=market.market_id,
            side=chance.choice((Side.BUY, Side.SELL)),
            order_type=OrderType.LIMIT,
            time_in_force=chance.choice((TimeInForce.GOOD_TILL_CANCELLED, TimeInForce.IMMEDIATE_OR_CANCEL)),
            post_only=0,
            price_ticks=market.middle_ticks + chance.randint(-market.spread_ticks, market.spread_ticks),
            size_lots=chance.randint(1, market.common_lots),
            quote_amount_atoms=0,
        )


async def serve(directory: Path, seed: int, close_after: int, pipe: int) -> None:
    """Submit until killed; after so many acknowledged commands close in good order, 0 for never."""
    node = Node.open(
        directory,
        Engine,
        time.time_ns,
        load_engine=Engine.load,
        make_writer=partial(Writer, segment_bytes=SEGMENT_BYTES, fill_bytes=16_384, reserved_bytes=65_536),
        make_keeper=partial(Keeper, snapshot_commands=SNAPSHOT_COMMANDS, snapshot_frames=SNAPSHOT_COMMANDS),
    )
    torn, snapshot = node.recovered.torn_tail is not None, node.recovered.snapshot_sequence
    os.write(pipe, f"open {node.engine.last_sequence} {node.engine.digest()} {torn:d} {snapshot}\n".encode())
    if node.engine.last_sequence == 0:
        await node.submit_all([(command, b"") for command in opening_commands()])
    flow = orders(Random(seed), node.engine.last_sequence)
    acknowledged = 0

    async def submit() -> None:
        nonlocal acknowledged
        while not close_after or acknowledged < close_after:
            events = await node.submit(next(flow), b"a note")
            acknowledged += 1
            told = hashlib.sha256(b"".join(event.pack() for event in events)).hexdigest()
            os.write(pipe, f"{events[0].sequence} {told}\n".encode())

    await asyncio.gather(*(submit() for _ in range(SUBMITTERS)))
    await node.close()
