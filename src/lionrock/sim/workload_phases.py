"""The phases and price bands of a random flow: markets that open, close, halt and come back, by plans and by time.

A plan leads one market out of CONTINUOUS and back; whether the venue has left it by itself, for a volatility auction,
the flow does not know, so that now and then it brings any market without a plan back.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from random import Random
from typing import NamedTuple

import msgspec

from lionrock.sim.workload_venue import MARKETS
from lionrock.words.commands import SetMarketPhase, SetPriceBand
from lionrock.words.enumerations import MarketPhase
from lionrock.words.limits import PPM

COMMAND_NS = 1_500
"""About how much time lies between one command of a flow and the next."""


class Stay(NamedTuple):
    """A phase, and for at least and at most how many commands of the flow a market is in it."""

    phase: MarketPhase
    at_least: int
    at_most: int


_COLLECTING = Stay(MarketPhase.PRE_OPEN, 60, 220)
_CLOSED = Stay(MarketPhase.CLOSED, 20, 80)
_HALTED = Stay(MarketPhase.HALTED, 20, 80)
_CANCEL_ONLY = Stay(MarketPhase.CANCEL_ONLY, 20, 60)

PLANS: tuple[tuple[Stay, ...], ...] = (
    (_COLLECTING,),
    (_CLOSED, _COLLECTING),
    (_COLLECTING, _CLOSED),
    (_COLLECTING, _CLOSED, _COLLECTING),
    (_CLOSED,),
    (_HALTED,),
    (_HALTED, _CANCEL_ONLY),
    (_COLLECTING, _HALTED),
    (_COLLECTING, _HALTED, _CLOSED),
    (_COLLECTING, _HALTED, _COLLECTING),
    (_COLLECTING, _CANCEL_ONLY, _COLLECTING),
    (_CANCEL_ONLY,),
)
"""Ways out of CONTINUOUS; each ends there again."""


class Plans:
    """What is to be asked about phases, and which markets collect orders because of it."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._steps: list[tuple[int, int, SetMarketPhase]] = []
        """A heap of the sequence at which to ask, a number that keeps them apart, and what."""
        self._planned = 0
        self._busy_until: dict[int, int] = {}
        """Sequence at which its plan ends, by index of a market in `MARKETS`."""
        self._collecting: list[tuple[int, int, int]] = []
        """First and last sequence and market of each call phase that was planned and is not over."""

    def due(self, sequence: int) -> SetMarketPhase | None:
        """The next step of a plan, if one is due."""
        if self._steps and self._steps[0][0] <= sequence:
            return heappop(self._steps)[2]
        return None

    def collecting(self, sequence: int) -> list[int]:
        """Markets that collect orders by plan, as indices in `MARKETS`."""
        if self._collecting:
            self._collecting = [call for call in self._collecting if call[1] > sequence]
        return [number for first, _, number in self._collecting if first <= sequence]

    def command(self, sequence: int, time_ns: int, middles: Sequence[int]) -> SetMarketPhase | SetPriceBand:
        """A band, a market back to CONTINUOUS, or the first step of a plan; `middles` are the prices about now."""
        draw = self._chance.random()
        number = self._chance.randrange(len(MARKETS))
        if draw < 0.15:
            return SetPriceBand(market_id=MARKETS[number].market_id, band_ppm=self._band(number, middles[number]))
        if draw < 0.92 or self._busy_until.get(number, 0) > sequence:
            free = [other for other in range(len(MARKETS)) if self._busy_until.get(other, 0) <= sequence]
            return self._change(self._chance.choice(free or [number]), MarketPhase.CONTINUOUS, middles)
        return self._begin(number, sequence, time_ns, middles)

    def _band(self, number: int, middle_ticks: int) -> int:
        """None, or a part of how far from the middle orders are sent; seldom so wide that it never matters."""
        draw = self._chance.random()
        if draw < 0.25:
            return 0
        if draw < 0.30:
            return self._chance.choice((PPM // 2, PPM))
        return int(self._chance.uniform(0.05, 0.6) * MARKETS[number].spread_ticks * PPM / middle_ticks)

    def _begin(self, number: int, sequence: int, time_ns: int, middles: Sequence[int]) -> SetMarketPhase:
        """The steps of a plan, each asked when its phase begins or, with a time, at once."""
        at = sequence
        by_time = self._chance.random() < 0.4
        for phase, at_least, at_most in self._chance.choice(PLANS):
            self._plan(at, sequence, time_ns, self._change(number, phase, middles), by_time=by_time)
            left = at + self._chance.randint(at_least, at_most)
            if phase == MarketPhase.PRE_OPEN:
                self._collecting.append((at, left, number))
            at = left
        back = self._change(number, MarketPhase.CONTINUOUS, middles)
        self._plan(at, sequence, time_ns, back, by_time=by_time)
        self._busy_until[number] = at + 20
        return heappop(self._steps)[2]

    def _plan(self, at: int, sequence: int, time_ns: int, change: SetMarketPhase, *, by_time: bool) -> None:
        if by_time and at > sequence:
            at_time_ns = (time_ns + (at - sequence) * COMMAND_NS) // 10_000 * 10_000 + 10_000
            change = msgspec.structs.replace(change, at_time_ns=at_time_ns)
            at = sequence
        self._planned += 1
        heappush(self._steps, (at, self._planned, change))

    def _change(self, number: int, phase: MarketPhase, middles: Sequence[int]) -> SetMarketPhase:
        """Half of the changes bring a reference price of their own."""
        spread_ticks = MARKETS[number].spread_ticks
        reference = max(1, middles[number] + self._chance.randint(-spread_ticks, spread_ticks) // 2)
        return SetMarketPhase(
            market_id=MARKETS[number].market_id,
            phase=phase,
            at_time_ns=0,
            reference_price_ticks=reference if self._chance.random() < 0.5 else 0,
        )
