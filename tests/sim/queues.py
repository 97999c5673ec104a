"""Who stands where in the books and what shows of them, from events alone (BOOK, ICEB)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lionrock.words import events
from lionrock.words.enumerations import Side
from lionrock.words.events import Event
from lionrock.words.limits import MAX_ICEBERG_PARTS
from tests.sim.living_orders import Order

Book = tuple[int, int]
"""Market and side."""


class Queues:
    """Told of every order that comes to rest, trades, changes or leaves; raises `AssertionError`."""

    def __init__(self) -> None:
        self._levels: defaultdict[Book, dict[int, dict[int, int]]] = defaultdict(dict)
        """By book and price the lots that show of each order, first in the queue first."""
        self._places: dict[int, tuple[Book, int]] = {}
        """Book and price of every order that rests."""
        self._gone = 0
        """Id of an order of which nothing shows any more and something is left; 0 for none."""

    def __contains__(self, order_id: int) -> bool:
        return order_id in self._places

    def shown_lots(self, order: Order) -> int:
        """What shows of an order that rests."""
        book, price_ticks = self._places[order.placed.order_id]
        return self._levels[book][price_ticks][order.placed.order_id]

    def best_ticks(self, market_id: int, side: int) -> int | None:
        """The price at which an incoming order of the other side trades first."""
        prices = self._levels[market_id, side]
        if not prices:
            return None
        return max(prices) if side == Side.BUY else min(prices)

    def begin(self, event: Event) -> None:
        """Comes before everything else that is done with an event: an iceberg is replenished at once."""
        if self._gone:
            replenished = isinstance(event, events.OrderReplenished) and event.order_id == self._gone
            assert replenished, f"nothing shows of order {self._gone}, which has lots left, before {event}"

    def end(self) -> None:
        """After the last event of a command."""
        assert not self._gone, f"nothing shows of order {self._gone}, which has lots left"

    def rest(self, order: Order) -> None:
        """At the back of the queue at its price."""
        placed = order.placed
        assert placed.order_id not in self._places, f"it rests already: {placed}"
        book = placed.market_id, placed.side
        self._levels[book].setdefault(order.price_ticks, {})[placed.order_id] = part_that_shows(order)
        self._places[placed.order_id] = book, order.price_ticks

    def leave(self, order_id: int) -> None:
        book, price_ticks = self._places.pop(order_id)
        level = self._levels[book][price_ticks]
        del level[order_id]
        if not level:
            del self._levels[book][price_ticks]

    def trade(self, event: events.TradeExecuted, maker: Order, taker: Order) -> None:
        """Whoever rests is first at the best price; outside auctions only what shows of it trades.

        Comes when the fill has been noted on both.
        """
        if event.in_auction:
            for order in maker, taker:
                self._check_first(order.placed.order_id, event)
                self.shrink(order)
            return
        order_id = maker.placed.order_id
        self._check_first(order_id, event)
        book, price_ticks = self._places[order_id]
        level = self._levels[book][price_ticks]
        assert event.size_lots <= level[order_id], f"of order {order_id} only {level[order_id]} lots show: {event}"
        level[order_id] -= event.size_lots
        if not level[order_id] and maker.remaining_lots:
            self._gone = order_id

    def replenish(self, event: events.OrderReplenished, order: Order) -> None:
        """The next part, at the back."""
        assert self._gone == event.order_id, f"what shows of it has not all traded: {event}"
        assert order.placed.display_lots > 0, f"it has no display size: {event}"
        assert (event.account_id, event.market_id) == (order.placed.account_id, order.placed.market_id), event
        assert (event.shown_lots, event.remaining_lots) == (part_that_shows(order), order.remaining_lots), event
        self._gone = 0
        self.leave(event.order_id)
        self.rest(order)

    def shrink(self, order: Order) -> None:
        """A resting order has become smaller in its place: what it hides goes first."""
        book, price_ticks = self._places[order.placed.order_id]
        level = self._levels[book][price_ticks]
        level[order.placed.order_id] = min(self.shown_lots(order), order.remaining_lots)

    def _check_first(self, order_id: int, event: Event) -> None:
        (market_id, side), price_ticks = self._places[order_id]
        best_ticks = self.best_ticks(market_id, side)
        assert price_ticks == best_ticks, (
            f"order {order_id} is at {price_ticks}, the best price is {best_ticks}: {event}"
        )
        first = next(iter(self._levels[market_id, side][price_ticks]))
        assert first == order_id, f"order {first} stands before order {order_id}: {event}"

    def differs_from(self, lines: Iterable[str]) -> list[str]:
        """What the venue's lines of state say otherwise; empty if nothing."""
        theirs = []
        for line in lines:
            kind, *fields = line.split("|")
            if kind == "order":
                theirs.append(tuple(int(fields[at]) for at in (0, 1, 2, 3, 16)))
        mine = [
            (market_id, side, price_ticks, order_id, shown_lots)
            for (market_id, side), levels in sorted(self._levels.items())
            for price_ticks in sorted(levels, reverse=side == Side.BUY)
            for order_id, shown_lots in levels[price_ticks].items()
        ]
        if mine == theirs:
            return []
        odd = (
            sorted({*mine} ^ {*theirs})[:5] or [pair for pair in zip(mine, theirs, strict=True) if len({*pair}) > 1][:5]
        )
        return [f"resting orders (market, side, price, id, shown) or their order in a queue differ: {odd}"]


def part_that_shows(order: Order) -> int:
    """What shows of an order that has just come to the back of its queue."""
    remaining_lots = order.remaining_lots
    return min(order.placed.display_lots, remaining_lots) if order.placed.display_lots else remaining_lots


def check_parts(order: Order) -> None:
    """An order placed or amended shows in no more parts than one may."""
    display_lots = order.placed.display_lots
    parts = -(-order.size_lots // display_lots) if display_lots else 1
    assert parts <= MAX_ICEBERG_PARTS, f"it shows in {parts} parts: {order}"
