"""The rules of spec/icebergs.md: what shows of a resting order, and in which turns an incoming one meets it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lionrock.sim.auditor.book import Market, Order
from lionrock.sim.auditor.venue import Venue
from lionrock.words.commands import PlaceOrder
from lionrock.words.enumerations import SelfTradePrevention
from lionrock.words.events import OrderReplenished


def may_hide(command: PlaceOrder, may_rest: bool) -> bool:
    """Whether this order, which may rest or not, may have the display size that it has or has not."""
    return command.display_lots == 0 or may_rest


def shrink_in_place(order: Order) -> None:
    """What it hides is lost first; comes after a resting order has become smaller and kept its place."""
    order.shown_lots = min(order.shown_lots, order.remaining_lots)


def replenish(venue: Venue, market: Market, order: Order) -> None:
    """All that showed of it has traded and something is left: the next part shows, behind everybody at its price."""
    order.shown_lots = order.part_that_shows(order.remaining_lots)
    side = market.sides[order.side]
    side.remove(order)
    side.add(order)
    venue.events.append(
        OrderReplenished(
            **venue.head(),
            order_id=order.order_id,
            account_id=order.account_id,
            market_id=market.listing.market_id,
            shown_lots=order.shown_lots,
            remaining_lots=order.remaining_lots,
        )
    )


class Turn(NamedTuple):
    """A resting order that an incoming one meets, and how much of it."""

    maker: Order
    size_lots: int
    is_own: bool
    """One owner stands behind both, so they do not trade; then the size is all of it, as it comes round only once."""


def turns(venue: Venue, order: Order, queues: Iterable[Iterable[Order]]) -> Iterator[Turn]:
    """Whom the order meets in these queues, if it takes the whole of each turn, or has an own order cancelled.

    At each price first everything that shows, then part by part what is hidden.
    """
    for queue in queues:
        hidden: deque[tuple[Order, int]] = deque()
        for maker in queue:
            is_own = is_prevented(venue, order, maker)
            yield Turn(maker, maker.remaining_lots if is_own else maker.shown_lots, is_own)
            if not is_own and maker.remaining_lots > maker.shown_lots:
                hidden.append((maker, maker.remaining_lots - maker.shown_lots))
        while hidden:
            maker, left_lots = hidden.popleft()
            shown_lots = maker.part_that_shows(left_lots)
            yield Turn(maker, shown_lots, is_own=False)
            if left_lots > shown_lots:
                hidden.append((maker, left_lots - shown_lots))


def is_prevented(venue: Venue, deciding: Order, other: Order) -> bool:
    """Whether one owner stands behind both, and the mode of the order that decides keeps them from trading."""
    if deciding.self_trade_prevention == SelfTradePrevention.NONE:
        return False
    return venue.accounts[deciding.account_id].owner_id == venue.accounts[other.account_id].owner_id
