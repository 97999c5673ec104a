"""The order book of spec/book.md as one would keep it on paper: one list of orders for each price, oldest first.

And beside it the orders of spec/triggers.md, which wait.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lionrock.words.commands import ListMarket, PlaceOrder, SetMarketRules
from lionrock.words.enumerations import MarketPhase, Side, Trigger
from lionrock.words.limits import MAX_PRICE_TICKS
from lionrock.words.rounding import band_bottom_rounded_up, band_top_rounded_down


@dataclass(slots=True, eq=False)
class Order:
    """An order that was placed and is not over. Fields as in `OrderPlaced`, but for the size."""

    order_id: int
    account_id: int
    side: int
    price_ticks: int
    size_lots: int
    """All it can ever trade, less what self-trade prevention took away; of an order by quote amount what its amount
    bought, as it asked for no size."""
    remaining_lots: int
    held_atoms: int
    maker_fee_ppm: int
    taker_fee_ppm: int
    self_trade_prevention: int
    post_only: int
    expire_time_ns: int
    group_id: int
    time_in_force: int
    display_lots: int
    client_order_key: int
    minimum_fee_atoms: int
    shown_lots: int = 0
    """What shows of it while it rests: without a display size all that remains."""
    fee_due_atoms: int = 0
    """The sum of its fills' fees; 0 without a least fee, as are the next two."""
    fee_charged_atoms: int = 0
    """What it paid."""
    received_atoms: int = 0
    """What it got by its fills before fees, in the asset of its fees; of a buyer who pays in quote what that paid."""

    def part_that_shows(self, left_lots: int) -> int:
        """Of this order as it comes to the back of its queue with so much left."""
        return min(self.display_lots, left_lots) if self.display_lots else left_lots


class BookSide:
    """The resting orders of one side of one market.

    A rank is the price of an ask and minus the price of a bid, so that on either side the lowest rank is the best.
    """

    def __init__(self, side: Side) -> None:
        self._sign = -1 if side == Side.BUY else 1
        self._ranks: list[int] = []
        self._queues: dict[int, deque[Order]] = {}

    def __iter__(self) -> Iterator[Order]:
        """Every order in priority: best price first, at one price the oldest first."""
        for rank in self._ranks:
            yield from self._queues[rank]

    def queues(self) -> Iterator[Iterable[Order]]:
        """The queue of each price, best price first."""
        for rank in self._ranks:
            yield self._queues[rank]

    def queues_within(self, limit_ticks: int) -> Iterator[Iterable[Order]]:
        """The queues that an incoming order of the other side may trade with at this limit, best price first."""
        worst_rank = self._sign * limit_ticks
        for rank in self._ranks:
            if rank > worst_rank:
                return
            yield self._queues[rank]

    def within(self, limit_ticks: int) -> Iterator[Order]:
        """The orders in these queues, in priority."""
        for queue in self.queues_within(limit_ticks):
            yield from queue

    def best_price_ticks(self) -> int | None:
        return self._sign * self._ranks[0] if self._ranks else None

    def add(self, order: Order) -> None:
        """Puts the order at the end of the queue at its price."""
        rank = self._sign * order.price_ticks
        if rank not in self._queues:
            self._queues[rank] = deque()
            insort(self._ranks, rank)
        self._queues[rank].append(order)

    def remove(self, order: Order) -> None:
        """Takes the order out of its queue, from wherever it stands in it."""
        rank = self._sign * order.price_ticks
        self._queues[rank].remove(order)
        if not self._queues[rank]:
            del self._queues[rank]
            del self._ranks[bisect_left(self._ranks, rank)]


def waits_for_rise(side: int, trigger: int) -> bool:
    """True for a trade at the trigger price or higher, false for one at it or lower."""
    return (side == Side.BUY) == (trigger == Trigger.STOP)


class WaitingOrders:
    """The orders of one market that wait for a trade price: two lists, each in the order in which they would come in.

    A rank is the trigger price of who waits for a rise and minus that of who waits for a fall, so that in either list
    the lowest rank comes in first.
    """

    def __init__(self) -> None:
        self._ranks: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
        self._orders: dict[int, tuple[Order, PlaceOrder]] = {}

    def __iter__(self) -> Iterator[tuple[Order, PlaceOrder]]:
        """Every waiting order and the command that placed it: who waits for a rise, then who waits for a fall."""
        for for_rise in (True, False):
            for _, order_id in self._ranks[for_rise]:
                yield self._orders[order_id]

    def add(self, order: Order, placed: PlaceOrder) -> None:
        self._orders[order.order_id] = order, placed
        insort(self._ranks[waits_for_rise(placed.side, placed.trigger)], _rank(placed))

    def remove(self, order: Order) -> PlaceOrder:
        """Returns the command that placed it."""
        _, placed = self._orders.pop(order.order_id)
        ranks = self._ranks[waits_for_rise(placed.side, placed.trigger)]
        del ranks[bisect_left(ranks, _rank(placed))]
        return placed

    def first_met(self, highest_ticks: int, lowest_ticks: int) -> Order | None:
        """Who comes in first after trades between these prices; who waits for a rise goes before the others."""
        rising, falling = self._ranks[True], self._ranks[False]
        if rising and rising[0][0] <= highest_ticks:
            return self._orders[rising[0][1]][0]
        if falling and -falling[0][0] >= lowest_ticks:
            return self._orders[falling[0][1]][0]
        return None


def _rank(placed: PlaceOrder) -> tuple[int, int]:
    sign = 1 if waits_for_rise(placed.side, placed.trigger) else -1
    return sign * placed.trigger_price_ticks, placed.order_id


class Market:
    """A listed market, its rules, its book and phase, who waits, and what one lot is worth at one tick."""

    def __init__(self, listing: ListMarket, quote_atoms_per_lot_tick: int) -> None:
        self.listing = listing
        self.quote_atoms_per_lot_tick = quote_atoms_per_lot_tick
        self.sides = {Side.BUY.value: BookSide(Side.BUY), Side.SELL.value: BookSide(Side.SELL)}
        self.waiting = WaitingOrders()
        self.rules = SetMarketRules(
            market_id=listing.market_id,
            legal_entity=0,
            admitted_classes=15,
            price_deviation_ppm=0,
            max_order_value_atoms=0,
        )
        self.is_stopped = False
        self.phase: int = MarketPhase.CONTINUOUS
        self.may_be_crossed = False
        """Orders were collected since the book was last uncrossed; a halt in between leaves it so."""
        self.band_ppm = 0
        self.last_price_ticks = 0
        """Price of the last trade, 0 before the first."""
        self.highest_trade_ticks = 0
        self.lowest_trade_ticks = 0
        """Of the trades since triggered orders last could come in; 0 when there was none."""

    def band(self, reference_ticks: int) -> range:
        """The prices inside the band round this trade price; every price when there is no band or was no trade (0)."""
        if self.band_ppm == 0 or reference_ticks == 0:
            return range(MAX_PRICE_TICKS + 1)
        bottom = band_bottom_rounded_up(reference_ticks, self.band_ppm)
        return range(bottom, band_top_rounded_down(reference_ticks, self.band_ppm) + 1)

    def opposite(self, side: int) -> BookSide:
        """The orders that an incoming order of this side meets."""
        return self.sides[Side.SELL if side == Side.BUY else Side.BUY]

    def value_atoms(self, size_lots: int, price_ticks: int) -> int:
        """What this size is worth at this price, in quote atoms."""
        return size_lots * price_ticks * self.quote_atoms_per_lot_tick

    def is_crossed(self) -> bool:
        """True when somebody bids as much as somebody asks: unless orders are collected, a trade was forgotten."""
        best_bid = self.sides[Side.BUY].best_price_ticks()
        best_ask = self.sides[Side.SELL].best_price_ticks()
        return best_bid is not None and best_ask is not None and best_bid >= best_ask
