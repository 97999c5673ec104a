"""One number that says whether two copies of a book are the same at the top."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

CHECKED_LEVELS = 25
"""Of each side, best first."""

Level = Sequence[str]
"""Price and size as text, exactly as they are sent."""


def checksum_text(bids: Sequence[Level], asks: Sequence[Level]) -> str:
    """The best 25 bids, then the best 25 asks, each as `price:size`, joined by `,`; the sides joined by `|`.

    >>> checksum_text([("100", "2"), ("99.5", "1")], [("101", "0.3")])
    '100:2,99.5:1|101:0.3'
    """
    return "|".join(",".join(":".join(level) for level in side[:CHECKED_LEVELS]) for side in (bids, asks))


def book_checksum(bids: Sequence[Level], asks: Sequence[Level]) -> int:
    """CRC-32 (ISO 3309, as zlib has it) of `checksum_text` in ASCII, 0 to 2^32 - 1.

    >>> book_checksum([("100", "2"), ("99.5", "1")], [("101", "0.3")])
    1875717585
    """
    return zlib.crc32(checksum_text(bids, asks).encode("ascii"))
