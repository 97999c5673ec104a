"""The clients' own ids and the display sizes of a random flow."""

from __future__ import annotations

from collections import deque
from random import Random

from lionrock.words.limits import MAX_ICEBERG_PARTS

SHARE_NAMED = 0.35
"""Of so many orders some carry an id of the client's own."""

SHARE_RETRIED = 0.02
"""Of so many orders some are an earlier command over again, under a new order id."""

SHARE_HIDING = 0.3
"""Of so many limit orders that may rest some show a part of their size."""

NAMES = 1_500
"""Accounts choose among so many ids, so that a free one is used again and a taken one now and then asked for."""

KEPT = 40
"""So many named orders can be sent over again, the last ones."""

MOST_PARTS = 30
"""Most icebergs show in at most so many parts, a few in as many as there may be, or one more."""

_GOLDEN = 0x9E3779B97F4A7C15


def drawn_key(chance: Random) -> int:
    """The hash of an id of the client's own: numbers in a row, spread over 64 bits, or all low bits zero."""
    number = 1 + int(chance.random() * NAMES)
    if number % 4 == 0:
        return number
    return number << 48 if number % 4 == 1 else number * _GOLDEN % 2**64


def drawn_display(chance: Random, size_lots: int) -> int:
    """Between 1 and the size, both included; seldom so small that it takes many parts to show the whole."""
    draw = chance.random()
    if draw < 0.1:
        return size_lots
    if draw < 0.2:
        return max(1, size_lots - 1)
    if draw < 0.22:
        return max(1, -(-size_lots // MAX_ICEBERG_PARTS) - chance.choice((0, 0, 1)))
    least = 1 + size_lots // MOST_PARTS
    if draw < 0.4:
        return least
    return least + int(chance.random() * chance.random() * (size_lots - least))


class Repeats:
    """The last named orders as they were sent, to be sent again."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._records: deque[bytes] = deque(maxlen=KEPT)

    def keep(self, record: bytes) -> None:
        self._records.append(record)

    def drawn(self) -> bytes | None:
        """One of them; the last ones rather, as a client tries again soon."""
        if not self._records:
            return None
        return self._records[-1 - int(self._chance.random() * self._chance.random() * len(self._records))]
