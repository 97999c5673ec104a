"""Keeps the index that proofs are made from up to the journal, a little at a time: trading comes first."""

from __future__ import annotations

import asyncio
import logging

from lionrock.journal.public_record import PublicRecord
from lionrock.journal.segments import JournalDamaged

_log = logging.getLogger(__name__)

FRAMES_AT_ONCE = 256
"""Some milliseconds in a thread beside the event loop, which holds it up now and then."""
_PAUSE_SECONDS = 0.05
_LOOK_SECONDS = 5
_PATIENCE_SECONDS = 60


async def follow_record(record: PublicRecord) -> None:
    """Never returns. What cannot be read is logged and tried again; a proof is refused meanwhile."""
    while True:
        try:
            taken = await asyncio.to_thread(record.follow, FRAMES_AT_ONCE)
        except (JournalDamaged, OSError):
            _log.exception("The index that proofs are made from cannot be kept up; it is tried again")
            await asyncio.sleep(_PATIENCE_SECONDS)
        else:
            await asyncio.sleep(_PAUSE_SECONDS if taken == FRAMES_AT_ONCE else _LOOK_SECONDS)
