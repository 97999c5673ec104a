"""Looks at every book by the clock and keeps what it saw, so that it outlasts a restart."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from lionrock.gateways.rest.contract import Venue
from lionrock.gateways.rest.probes import readiness_of
from lionrock.journal.disk import Disk
from lionrock.node.errors import NodeStopped
from lionrock.views.quality import CADENCE_NS, LEVELS, Book, Quality

_log = logging.getLogger(__name__)

FILE_NAME = "quality"
"""In the data directory. Measured, not recorded: losing it loses nothing but the figures of a day."""
_CADENCE_SECONDS = CADENCE_NS / 10**9
_SAMPLES_PER_SAVE = 12
"""A minute's."""


def open_quality(directory: Path) -> Quality:
    """With what the last process of the data directory measured; without it where that cannot be read."""
    measured = Quality()
    try:
        measured.load((directory / FILE_NAME).read_bytes())
    except FileNotFoundError:
        pass
    except (ValueError, OSError) as error:
        _log.warning("What was measured of the markets cannot be read and begins anew: %s", error)
    return measured


def save_quality(directory: Path, state: bytes) -> None:
    """What cannot be written is logged: trading does not need it."""
    try:
        Disk().write_file(directory / FILE_NAME, state)
    except OSError as error:
        _log.warning("What was measured of the markets could not be written: %s", error)


async def take_sample(venue: Venue, measured: Quality) -> None:
    """All books as they are durable, market after market, so that nobody waits for all of them."""
    books = {}
    for market_id in list(venue.catalogue.markets):
        books[market_id] = Book(*venue.node.engine.depth(market_id, LEVELS))
        await asyncio.sleep(0)
    await venue.settled()
    measured.sample(venue.clock(), books, is_up=not readiness_of(venue).reasons)


async def measure_quality(venue: Venue, measured: Quality, directory: Path) -> None:
    """Returns when the node has stopped."""
    count = 0
    try:
        while True:
            await take_sample(venue, measured)
            count += 1
            if count % _SAMPLES_PER_SAVE == 0:
                await asyncio.to_thread(save_quality, directory, measured.save())
            await asyncio.sleep(_CADENCE_SECONDS)
    except NodeStopped:
        pass
    finally:
        save_quality(directory, measured.save())
