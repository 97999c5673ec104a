"""Seeded chance in whole columns: integers only, so that a flow is the same on every machine and with every NumPy.

NumPy promises that the raw stream of a named bit generator never changes (NEP 19) and promises nothing of the kind for
its distributions; so everything here is made from the raw stream by integer arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int64]


class Draws:
    """Columns of random integers from a seed."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def below(self, limit: int, count: int) -> Column:
        """Evenly from 0 to `limit` - 1; the limit is at most 2^32."""
        raw: NDArray[np.uint64] = self._bits.random_raw(count)
        return (((raw >> np.uint64(32)) * np.uint64(limit)) >> np.uint64(32)).astype(np.int64)

    def near(self, reach: int, count: int) -> Column:
        """From 1 to `reach`, the smaller of two even draws: the density falls in a straight line to nothing."""
        return np.minimum(self.below(reach, count), self.below(reach, count)) + 1

    def deck(self, cards: Sequence[int], count: int) -> Column:
        """The cards over and over, each time shuffled: shares are exact in every whole deck."""
        number = np.arange(count)
        shuffled = np.lexsort((self._bits.random_raw(count), number // len(cards)))
        return np.asarray(cards, np.int64)[shuffled % len(cards)]

    def weighted(self, weights: Sequence[int], count: int) -> Column:
        """Places in the list of weights, each as often as its weight says."""
        ends = np.cumsum(np.asarray(weights, np.int64))
        return np.searchsorted(ends, self.below(int(ends[-1]), count), side="right").astype(np.int64)
