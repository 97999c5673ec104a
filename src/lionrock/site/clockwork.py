"""Work that a site does by the clock, beside its requests. What fails is logged and tried again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from lionrock.node.errors import NodeBusy, NodeStopped
from lionrock.node.node import Node
from lionrock.words.commands import AdvanceTime

_log = logging.getLogger(__name__)

MINUTE_SECONDS = 60
DAY_LOOK_SECONDS = 300
"""Between two looks whether a day's work is due."""
DUE_LOOK_SECONDS = 0.25
"""Between two looks whether an order or a phase is due: reading two numbers."""
FIRST_LOOK_SECONDS = 5
"""After the start of a site: its first requests come first."""


async def every_minute(failing: str, work: Callable[[], Awaitable[object]]) -> None:
    """Returns when the node has stopped. `failing` is what is logged when it cannot be done."""
    await at_moments(failing, work, lambda: MINUTE_SECONDS)


async def at_moments(failing: str, work: Callable[[], Awaitable[object]], pause_s: Callable[[], float]) -> None:
    """The same for work that says how long to wait until it is looked at again."""
    while True:
        if not await _done(failing, work):
            return
        await asyncio.sleep(pause_s())


async def every_day(failing: str, is_due: Callable[[], Awaitable[bool]], work: Callable[[], Awaitable[object]]) -> None:
    """The same for work that says itself when it is due."""

    async def look() -> None:
        if await is_due():
            await work()

    await asyncio.sleep(FIRST_LOOK_SECONDS)
    await at_moments(failing, look, lambda: DAY_LOOK_SECONDS)


async def bring_time(node: Node, clock: Callable[[], int]) -> None:
    """Time passes only with commands: this gives one when something is due and no other comes.

    Returns when the node has stopped.
    """

    async def look() -> None:
        if node.engine.next_due_ns <= clock():
            await node.submit(AdvanceTime())

    await at_moments("What is due waits for the next command", look, lambda: DUE_LOOK_SECONDS)


async def _done(failing: str, work: Callable[[], Awaitable[object]]) -> bool:
    """False when the node has stopped."""
    try:
        await work()
    except NodeStopped:
        return False
    except NodeBusy:
        pass  # tried again
    except Exception:  # noqa: BLE001 work of a day that ends for good, and nobody notices, would be worse
        _log.exception("%s; it is tried again", failing)
    return True
