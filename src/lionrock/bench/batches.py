"""How the core is given its commands: in batches, as a busy node hands them over."""

from __future__ import annotations

from lionrock.words.records import RECORD_BYTES

BATCH = 1_024
"""Commands in one call."""


def in_batches(block: bytes) -> list[bytes]:
    """The block cut up."""
    step = BATCH * RECORD_BYTES
    return [block[offset : offset + step] for offset in range(0, len(block), step)]
