"""Work that a site does by the clock, beside its requests. What fails is logged and tried again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from lionrock.node.errors import NodeBusy, NodeStopped

_log = logging.getLogger(__name__)

MINUTE_SECONDS = 60
DAY_LOOK_SECONDS = 300
"""Between two looks whether a day's work is due."""
FIRST_LOOK_SECONDS = 5
"""After the start of a site: its first requests come first."""


async def every_minute(failing: str, work: Callable[[], Awaitable[object]]) -> None:
    """Returns when the node has stopped. `failing` is what is logged when it cannot be done."""
    while True:
        if not await _done(failing, work):
            return
        await asyncio.sleep(MINUTE_SECONDS)


async def every_day(failing: str, is_due: Callable[[], Awaitable[bool]], work: Callable[[], Awaitable[object]]) -> None:
    """The same for work that says itself when it is due."""

    async def look() -> None:
        if await is_due():
            await work()

    await asyncio.sleep(FIRST_LOOK_SECONDS)
    while True:
        if not await _done(failing, look):
            return
        await asyncio.sleep(DAY_LOOK_SECONDS)


async def _done(failing: str, work: Callable[[], Awaitable[object]]) -> bool:
    """False when the node has stopped."""
    try:
        await work()
    except NodeStopped:
        return False
    except NodeBusy:
        pass  # tried again
    except (SQLAlchemyError, OSError):
        _log.exception("%s; it is tried again", failing)
    return True
