"""The order book of spec/book.md as one would keep it on paper: one list of orders for each price, oldest first."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from lionrock.words.commands import ListMarket
from lionrock.words.enumerations import MarketPhase, Side
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

    def within(self, limit_ticks: int) -> Iterator[Order]:
        """The orders that an incoming order of the other side may trade with at this limit, in priority."""
        worst_rank = self._sign * limit_ticks
        for rank in self._ranks:
            if rank > worst_rank:
                return
            yield from self._queues[rank]

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


class Market:
    """A listed market, its book and phase, and what one lot is worth at one tick."""

    def __init__(self, listing: ListMarket, quote_atoms_per_lot_tick: int) -> None:
        self.listing = listing
        self.quote_atoms_per_lot_tick = quote_atoms_per_lot_tick
        self.sides = {Side.BUY.value: BookSide(Side.BUY), Side.SELL.value: BookSide(Side.SELL)}
        self.is_stopped = False
        self.phase: int = MarketPhase.CONTINUOUS
        self.may_be_crossed = False
        """Orders were collected since the book was last uncrossed; a halt in between leaves it so."""
        self.band_ppm = 0
        self.last_price_ticks = 0
        """Price of the last trade, 0 before the first."""

    def band(self) -> range:
        """The prices inside the band round the last trade; every price when there is no band or was no trade."""
        if self.band_ppm == 0 or self.last_price_ticks == 0:
            return range(MAX_PRICE_TICKS + 1)
        bottom = band_bottom_rounded_up(self.last_price_ticks, self.band_ppm)
        return range(bottom, band_top_rounded_down(self.last_price_ticks, self.band_ppm) + 1)

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
