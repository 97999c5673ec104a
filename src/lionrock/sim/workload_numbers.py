"""The ids and numbers of a random flow's bookings, and who asks for them."""

from __future__ import annotations

from random import Random

ACTOR, AUTHORITY = 5, 6
"""Two people."""


class Numbers:
    """Ids and sequences that only grow, as the node or a source outside gives them; some are left out."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._holds, self._transfers, self._sources = 0, 100, 1_000
        self._sequences: dict[int, int] = {}
        """Highest number sent, by source."""

    def hold_id(self) -> int:
        self._holds += 1 if self._chance.random() < 0.9 else 7
        return self._holds

    def transfer_id(self) -> int:
        self._transfers += 1
        return self._transfers

    def source(self) -> int:
        """One of which nothing was ever sent."""
        self._sources += 1
        return self._sources

    def source_sequence(self, source: int) -> int:
        """Mostly the next; now and then one that was sent before."""
        last, draw = self._sequences.get(source, 0), self._chance.random()
        if draw < 0.05:
            return last
        if draw < 0.08:
            return self._chance.randint(0, last)
        self._sequences[source] = last + (1 if draw < 0.9 else self._chance.randint(2, 10**6))
        return self._sequences[source]
