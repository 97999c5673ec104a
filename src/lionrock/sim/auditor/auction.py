"""The auctions of spec/auctions.md: the price and who meets whom on paper, then the trades."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from lionrock.sim.auditor.book import Market, Order
from lionrock.sim.auditor.carrying_out import Deal, cancel_resting, filled, leave_book, reduce_hold, trade
from lionrock.sim.auditor.icebergs import is_prevented
from lionrock.sim.auditor.paper import OwnCancelled
from lionrock.sim.auditor.venue import Venue
from lionrock.words.enumerations import CancelReason, Side
from lionrock.words.events import AuctionUncrossed
from lionrock.words.faults import Fault


class Crossing(NamedTuple):
    """What an auction at this price would come to."""

    price_ticks: int
    wanted_lots: int
    """What buyers want at it or higher."""
    offered_lots: int
    """What sellers offer at it or lower."""

    def tradable_lots(self) -> int:
        return min(self.wanted_lots, self.offered_lots)

    def imbalance_lots(self) -> int:
        return self.wanted_lots - self.offered_lots


AuctionStep: TypeAlias = Deal | OwnCancelled


def uncross(venue: Venue, market: Market, reference_price_ticks: int) -> None:
    """Auctions until the book is not crossed; the reference is 0 for the last trade's price at the start of each.

    One auction is enough unless self-trade prevention took orders out of it after its price was found.
    """
    while market.is_crossed():
        crossing = _best_crossing(market, reference_price_ticks or market.last_price_ticks)
        _carry_out(venue, market, crossing, _steps_at(venue, market, crossing.price_ticks))
    market.may_be_crossed = False


def _best_crossing(market: Market, reference_price_ticks: int) -> Crossing:
    """The crossing at the auction price, of all prices at which an order rests, from the best ask to the best bid."""
    bids, asks = market.sides[Side.BUY], market.sides[Side.SELL]
    best_bid, best_ask = bids.best_price_ticks(), asks.best_price_ticks()
    if best_bid is None or best_ask is None:
        raise Fault(f"market {market.listing.market_id} is uncrossed with one side of its book empty")
    wanted, offered = _lots_by_price(bids.within(best_ask)), _lots_by_price(asks.within(best_bid))
    crossings = [
        Crossing(
            price,
            sum(lots for bid, lots in wanted.items() if bid >= price),
            sum(lots for ask, lots in offered.items() if ask <= price),
        )
        for price in wanted.keys() | offered.keys()
    ]

    def merit(crossing: Crossing) -> tuple[int, int, int, int]:
        distance = abs(crossing.price_ticks - reference_price_ticks)
        return crossing.tradable_lots(), -abs(crossing.imbalance_lots()), -distance, crossing.price_ticks

    return max(crossings, key=merit)


def _lots_by_price(orders: Iterable[Order]) -> dict[int, int]:
    lots: dict[int, int] = {}
    for order in orders:
        lots[order.price_ticks] = lots.get(order.price_ticks, 0) + order.remaining_lots
    return lots


def _steps_at(venue: Venue, market: Market, price_ticks: int) -> list[AuctionStep]:
    """Buyers and sellers meet in priority; of two of one owner the younger leaves, unless its mode is NONE."""
    buyers = deque(market.sides[Side.BUY].within(price_ticks))
    sellers = deque(market.sides[Side.SELL].within(price_ticks))
    left_lots = {order.order_id: order.remaining_lots for order in (*buyers, *sellers)}
    steps: list[AuctionStep] = []
    while buyers and sellers:
        buyer, seller = buyers[0], sellers[0]
        older, younger = sorted((buyer, seller), key=lambda order: order.order_id)
        if is_prevented(venue, younger, older):
            steps.append(OwnCancelled(younger))
            left_lots[younger.order_id] = 0
        else:
            lots = min(left_lots[buyer.order_id], left_lots[seller.order_id])
            steps.append(Deal(buyer, seller, lots, price_ticks, in_auction=True))
            left_lots[buyer.order_id] -= lots
            left_lots[seller.order_id] -= lots
        for queue in (buyers, sellers):
            if left_lots[queue[0].order_id] == 0:
                queue.popleft()
    return steps


def _carry_out(venue: Venue, market: Market, crossing: Crossing, steps: list[AuctionStep]) -> None:
    venue.events.append(
        AuctionUncrossed(
            **venue.head(),
            market_id=market.listing.market_id,
            price_ticks=crossing.price_ticks,
            size_lots=crossing.tradable_lots(),
            imbalance_lots=crossing.imbalance_lots(),
        )
    )
    last_buyer: Order | None = None
    for step in steps:
        match step:
            case OwnCancelled(own):
                cancel_resting(venue, market, own, CancelReason.SELF_TRADE)
            case Deal(taker=buyer):
                trade(venue, market, step)
                last_buyer = buyer
                if buyer.remaining_lots == 0:
                    leave_book(venue, market, buyer)
                    filled(venue, market, buyer)
    # Every buyer before the last one in the queue was filled or cancelled.
    if last_buyer is not None and last_buyer.order_id in venue.resting:
        reduce_hold(venue, market, last_buyer)
