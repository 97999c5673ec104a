"""Keeps phases, bands, last prices and what is scheduled from events alone, and says what cannot be (PHAS, AUCT)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from heapq import heappop, heappush

from lionrock.words import events
from lionrock.words.enumerations import CancelReason, MarketPhase, OrderType, TimeInForce
from lionrock.words.events import Event
from lionrock.words.rounding import band_bottom_rounded_up, band_top_rounded_down

MAY_REST = {TimeInForce.GOOD_TILL_CANCELLED, TimeInForce.GOOD_TILL_DATE, TimeInForce.DAY}
COLLECTING = {MarketPhase.PRE_OPEN, MarketPhase.VOLATILITY_AUCTION}
UNCROSSED = {MarketPhase.CONTINUOUS, MarketPhase.CLOSED}
"""Phases that a book enters with an auction."""

_OF_A_CHANGE = (
    events.MarketPhaseChanged,
    events.AuctionUncrossed,
    events.TradeExecuted,
    events.OrderFilled,
    events.OrderCancelled,
    events.HoldReduced,
)
"""What may be told before the events of a command itself: expiries, and a scheduled change with all that it causes."""


class MarketPhases:
    """Fed with the events of one command after the other; raises `AssertionError` at the first that cannot be."""

    def __init__(self) -> None:
        self.phases: defaultdict[int, int] = defaultdict(lambda: MarketPhase.CONTINUOUS)
        self.bands_ppm: defaultdict[int, int] = defaultdict(int)
        self.last_prices: defaultdict[int, int] = defaultdict(int)
        self.schedule: list[tuple[int, int, int, int, int]] = []
        """A heap of time, market, number, phase and reference price."""
        self.entered: dict[int, int] = {}
        """Phase by market, of the markets that the command brought or found due to enter one."""
        self.auction: events.AuctionUncrossed | None = None
        """The one whose trades are being told."""
        self._auctioned_lots = 0
        self._scheduled = 0
        self._own_begun = False
        self._references: dict[int, int] = {}
        """By market, the last trade or auction before the command's continuous trading there."""
        self._band: tuple[int, int] | None = None
        """Lowest and highest price of the incoming order's trades."""
        self._volatile: set[int] = set()
        """Markets in which the command cancelled something with reason VOLATILITY."""
        self._day_ended = 0
        """Id of the last day order that the last change ended."""

    def begin(self) -> None:
        """Another command."""
        self.entered.clear()
        self._references.clear()
        self._volatile.clear()
        self.auction, self._band, self._own_begun = None, None, False

    def enter(self, event: Event) -> None:
        match event:
            case events.MarketPhaseChanged():
                self._change(event)
            case events.MarketPhaseScheduled():
                assert event.at_time_ns > event.time_ns, event
                self._scheduled += 1
                change = event.at_time_ns, event.market_id, self._scheduled, event.phase, event.reference_price_ticks
                heappush(self.schedule, change)
            case events.AuctionUncrossed():
                assert self.entered.get(event.market_id) in UNCROSSED, f"no change of phase caused {event}"
                assert event.size_lots > 0, event
                self.auction, self._auctioned_lots = event, 0
            case events.PriceBandSet():
                self.bands_ppm[event.market_id] = event.band_ppm
        self._own_begun |= not isinstance(event, _OF_A_CHANGE)

    def come_in(self, event: events.OrderPlaced | events.OrderAmended, placed: events.OrderPlaced) -> None:
        """An order that is placed or amended is of a make that the phase admits; the band is set for its trades."""
        market_id = event.market_id
        phase = self.phases[market_id]
        rests_quietly = placed.order_type == OrderType.LIMIT and placed.time_in_force in MAY_REST
        collected = phase in COLLECTING and rests_quietly and not placed.post_only
        assert phase == MarketPhase.CONTINUOUS or collected, f"phase {phase} does not admit {event}"
        self._come_in(market_id)

    def triggered(self, event: events.OrderTriggered) -> None:
        """The order comes in like a new one."""
        self._come_in(event.market_id)

    def _come_in(self, market_id: int) -> None:
        self.auction, self._band = None, None
        reference = self._references.get(market_id, self.last_prices[market_id])
        band_ppm = self.bands_ppm[market_id]
        if reference and band_ppm:
            self._band = band_bottom_rounded_up(reference, band_ppm), band_top_rounded_down(reference, band_ppm)

    def trade(self, event: events.TradeExecuted) -> None:
        """In an auction at its one price and no more than announced, otherwise in CONTINUOUS and inside the band."""
        if not event.in_auction:
            self._references.setdefault(event.market_id, self.last_prices[event.market_id])
        self.last_prices[event.market_id] = event.price_ticks
        phase = self.phases[event.market_id]
        if event.in_auction:
            assert self.auction, f"no auction was announced for {event}"
            assert self.auction.market_id == event.market_id, event
            assert self.auction.price_ticks == event.price_ticks, f"{event} of {self.auction}"
            self._auctioned_lots += event.size_lots
            assert self._auctioned_lots <= self.auction.size_lots, f"{event} is more than {self.auction}"
        else:
            assert phase == MarketPhase.CONTINUOUS, f"in phase {phase}: {event}"
            lowest, highest = self._band or (event.price_ticks, event.price_ticks)
            assert lowest <= event.price_ticks <= highest, f"outside {lowest} to {highest}: {event}"

    def cancel(self, event: events.OrderCancelled, placed: events.OrderPlaced) -> None:
        """What is due ends by expiry, with changes of phase between; day orders at the close; nothing in a halt."""
        phase = self.phases[event.market_id]
        if event.reason == CancelReason.EXPIRED and placed.time_in_force == TimeInForce.DAY:
            assert self.entered.get(event.market_id) == phase == MarketPhase.CLOSED, event
            assert event.order_id > self._day_ended, event
            self._day_ended = event.order_id
        elif event.reason == CancelReason.EXPIRED:
            assert not self._own_begun, event
            assert placed.expire_time_ns <= event.time_ns, event
            first_change_ns = self.schedule[0][0] if self.schedule else event.time_ns
            assert first_change_ns >= placed.expire_time_ns, f"{self.schedule[0]} before {event}"
        if event.reason in {CancelReason.REQUESTED, CancelReason.DISCONNECTED}:
            assert phase != MarketPhase.HALTED, event
        if event.reason == CancelReason.VOLATILITY:
            assert placed.time_in_force not in MAY_REST, event
            self._volatile.add(event.market_id)

    def end(self, time_ns: int) -> None:
        """After the last event of a command."""
        assert not self.schedule or self.schedule[0][0] > time_ns, f"{self.schedule[0]} is overdue at {time_ns}"
        for market_id in self._volatile:
            phase = self.phases[market_id]
            assert phase == MarketPhase.VOLATILITY_AUCTION, f"phase {phase} after a cancel for VOLATILITY"

    def _change(self, event: events.MarketPhaseChanged) -> None:
        due = self.schedule[0] if self.schedule and self.schedule[0][0] <= event.time_ns else None
        if due and not self._own_begun:
            assert (due[1], due[3]) == (event.market_id, event.phase), f"{due} was due, not {event}"
            heappop(self.schedule)
        else:
            self._own_begun = True
        assert event.previous_phase == self.phases[event.market_id], event
        self.phases[event.market_id] = self.entered[event.market_id] = event.phase
        self.auction, self._day_ended = None, 0

    def differs_from(self, lines: Iterable[str]) -> list[str]:
        """What the venue's lines of state say otherwise; empty if nothing."""
        rows = [line.split("|") for line in lines]
        differences = []
        for row in (row for row in rows if row[0] == "market"):
            market_id, theirs = int(row[1]), tuple(map(int, row[14:17]))
            mine = self.phases[market_id], self.bands_ppm[market_id], self.last_prices[market_id]
            if mine != theirs:
                differences.append(
                    f"market {market_id}: phase, band, last price are {mine} by the events, and {theirs}"
                )
        schedule = [(at, market_id, phase, reference) for at, market_id, _, phase, reference in sorted(self.schedule)]
        theirs_scheduled = [tuple(map(int, row[1:])) for row in rows if row[0] == "schedule"]
        if schedule != theirs_scheduled:
            differences.append(f"the schedule is {schedule} by the events, and {theirs_scheduled}")
        return differences
