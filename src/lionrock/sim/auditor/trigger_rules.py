"""The rules of spec/triggers.md: which orders may wait, and when those that wait come in."""

from __future__ import annotations

from lionrock.sim.auditor.book import Market, Order, waits_for_rise
from lionrock.sim.auditor.carrying_out import carry_out, stop_waiting
from lionrock.sim.auditor.paper import plan_placed
from lionrock.sim.auditor.venue import Venue, refuse_if
from lionrock.words.commands import PlaceOrder
from lionrock.words.enumerations import MarketPhase, OrderType, Side, Trigger
from lionrock.words.events import OrderTriggered
from lionrock.words.rejections import Rejection

R = Rejection
TRIGGERS = frozenset(Trigger)


def may_wait(command: PlaceOrder) -> bool:
    """Whether the parts of this order, which go together otherwise, go with the trigger it has or has not."""
    if command.trigger == Trigger.NONE:
        return command.trigger_price_ticks == 0
    if command.order_type == OrderType.LIMIT:
        return command.post_only == 0
    by_amount = command.quote_amount_atoms != 0
    return by_amount if command.side == Side.BUY else not by_amount


def refuse_trigger(market: Market, command: PlaceOrder) -> None:
    """The refusals of a new order's trigger; NONE has none."""
    trigger, price = command.trigger, command.trigger_price_ticks
    highest, last = market.listing.max_price_ticks, market.last_price_ticks
    if trigger == Trigger.NONE:
        return
    is_met = last >= price if waits_for_rise(command.side, trigger) else last <= price

    refuse_if(trigger not in TRIGGERS, R.TRIGGER_UNKNOWN, trigger)
    refuse_if(not 1 <= price <= highest, R.TRIGGER_PRICE_OUT_OF_RANGE, highest, price)
    refuse_if(last != 0 and is_met, R.TRIGGER_ALREADY_MET, last, price)


def bring_in_triggered(venue: Venue) -> None:
    """The end of every command: in each continuous market that has traded, who waited for that comes in, one by one.

    Every order is chosen anew, as the trades of the one before it count. When one of them begins an auction, those
    still due wait, and what the trades met is not forgotten.
    """
    for market_id in sorted(venue.traded_market_ids):
        market = venue.markets[market_id]
        while market.phase == MarketPhase.CONTINUOUS:
            order = market.waiting.first_met(market.highest_trade_ticks, market.lowest_trade_ticks)
            if order is None:
                market.highest_trade_ticks = market.lowest_trade_ticks = 0
                venue.traded_market_ids.remove(market_id)
                break
            _bring_in(venue, market, order)


def _bring_in(venue: Venue, market: Market, order: Order) -> None:
    placed = stop_waiting(venue, market, order)
    plan = plan_placed(venue, market, placed, order)
    if placed.quote_amount_atoms:
        order.size_lots = order.remaining_lots = plan.filled_lots()
    venue.events.append(
        OrderTriggered(
            **venue.head(),
            order_id=order.order_id,
            account_id=order.account_id,
            market_id=market.listing.market_id,
        )
    )
    carry_out(venue, market, order, plan)
