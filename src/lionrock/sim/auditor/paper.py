"""On paper: which resting orders an incoming one will meet, what comes of it and what it must hold.

Nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from lionrock.sim.auditor.book import Market, Order
from lionrock.sim.auditor.fees import fee_to_hold, spendable_atoms
from lionrock.sim.auditor.icebergs import turns
from lionrock.sim.auditor.venue import Venue
from lionrock.words.commands import PlaceOrder
from lionrock.words.enumerations import (
    CancelReason,
    MarketPhase,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from lionrock.words.rounding import lots_affordable_rounded_down


class Fill(NamedTuple):
    """A resting order and how much of it the incoming order will take."""

    maker: Order
    size_lots: int


class OwnCancelled(NamedTuple):
    """A resting order of the same owner, which the incoming order will have cancelled."""

    maker: Order


class BothShrink(NamedTuple):
    """A resting order of the same owner, and what it and the incoming order will both lose."""

    maker: Order
    size_lots: int


Step: TypeAlias = Fill | OwnCancelled | BothShrink


class Plan(NamedTuple):
    """What an incoming order will do: its steps in order, and why it is cancelled after them, if it is."""

    steps: list[Step]
    cancelled: CancelReason | None
    left_lots: int
    """Of the size it asked for, what the steps leave; of no meaning for an order by quote amount."""
    leaves_band: bool = False
    """It could trade on, but beyond the price band: an auction begins instead."""

    def fills(self) -> list[Fill]:
        return [step for step in self.steps if isinstance(step, Fill)]

    def filled_lots(self) -> int:
        return sum(fill.size_lots for fill in self.fills())


def plan_placed(venue: Venue, market: Market, command: PlaceOrder, order: Order) -> Plan:
    """What an order will do that comes in, as it is new or was triggered; `order` is the same order as `command`.

    Its market's phase admits it.
    """
    opposite = market.opposite(order.side).queues()
    if command.order_type == OrderType.MARKET and command.quote_amount_atoms:
        budget = spendable_atoms(market, order, command.quote_amount_atoms)
        return _plan_for_amount(venue, market, opposite, order, budget)
    if command.order_type == OrderType.MARKET:
        return _rest_ends(plan_for_size(venue, market, opposite, order), CancelReason.BOOK_EXHAUSTED)

    if order.post_only and best_met(market, order) is not None:
        return Plan([], CancelReason.WOULD_TAKE, order.size_lots)
    plan = plan_for_limit(venue, market, order)
    if command.time_in_force == TimeInForce.FILL_OR_KILL and plan.left_lots:
        return Plan([], CancelReason.NOT_FILLABLE_WHOLE, order.size_lots)
    if command.time_in_force == TimeInForce.IMMEDIATE_OR_CANCEL:
        return _rest_ends(plan, CancelReason.IMMEDIATE_REMAINDER)
    return plan


def _rest_ends(plan: Plan, reason: CancelReason) -> Plan:
    """The plan of an order that may not rest: what is left when the makers or the band end is cancelled."""
    if plan.cancelled or plan.left_lots == 0:
        return plan
    return plan._replace(cancelled=CancelReason.VOLATILITY if plan.leaves_band else reason)


def best_met(market: Market, order: Order) -> int | None:
    """The best opposite price, when the order's limit reaches it. Whose order stands there does not matter."""
    best = market.opposite(order.side).best_price_ticks()
    if best is None:
        return None
    reaches = best <= order.price_ticks if order.side == Side.BUY else best >= order.price_ticks
    return best if reaches else None


def plan_for_limit(venue: Venue, market: Market, order: Order) -> Plan:
    """What an order that comes in at its limit will trade: while orders are collected, nothing."""
    if market.phase != MarketPhase.CONTINUOUS:
        return Plan([], None, order.remaining_lots)
    return plan_for_size(venue, market, market.opposite(order.side).queues_within(order.price_ticks), order)


def plan_for_size(venue: Venue, market: Market, queues: Iterable[Iterable[Order]], order: Order) -> Plan:
    """The makers in turn until the size is done, they or the band end, or self-trade prevention ends the order.

    At the first maker beyond the band the order stops, whoever owns that maker: as it does not trade with it, the
    owners are not compared.
    """
    steps: list[Step] = []
    band = market.band(venue.band_reference_ticks(market))
    mode, left_lots = order.self_trade_prevention, order.remaining_lots
    for maker, turn_lots, is_own in turns(venue, order, queues):
        if left_lots == 0:
            break
        if maker.price_ticks not in band:
            return Plan(steps, None, left_lots, leaves_band=True)
        lots = min(turn_lots, left_lots)
        if not is_own:
            steps.append(Fill(maker, lots))
            left_lots -= lots
        elif mode == SelfTradePrevention.DECREMENT:
            steps.append(BothShrink(maker, lots))
            left_lots -= lots
            if left_lots == 0:
                return Plan(steps, CancelReason.SELF_TRADE, 0)
        else:
            if mode in _MAKER_EXPIRES:
                steps.append(OwnCancelled(maker))
            if mode in _TAKER_EXPIRES:
                return Plan(steps, CancelReason.SELF_TRADE, left_lots)
    return Plan(steps, None, left_lots)


_MAKER_EXPIRES = frozenset({SelfTradePrevention.EXPIRE_MAKER, SelfTradePrevention.EXPIRE_BOTH})
_TAKER_EXPIRES = frozenset({SelfTradePrevention.EXPIRE_TAKER, SelfTradePrevention.EXPIRE_BOTH})


def _plan_for_amount(
    venue: Venue, market: Market, queues: Iterable[Iterable[Order]], order: Order, budget_atoms: int
) -> Plan:
    """Whole lots in turn while the budget pays for them and the largest size is not reached.

    DECREMENT does not go with an amount. An order that the budget does not pay a lot of is not traded with, so it ends
    the order whoever owns it, and wherever the band ends.
    """
    steps: list[Step] = []
    band = market.band(venue.band_reference_ticks(market))
    has_fill, most_lots = False, market.listing.max_size_lots
    for maker, turn_lots, is_own in turns(venue, order, queues):
        affordable_lots = lots_affordable_rounded_down(budget_atoms, market.value_atoms(1, maker.price_ticks))
        lots = min(turn_lots, affordable_lots, most_lots)
        if lots > 0 and maker.price_ticks not in band:
            return Plan(steps, CancelReason.VOLATILITY, 0, leaves_band=True)
        if lots > 0 and is_own:
            if order.self_trade_prevention in _MAKER_EXPIRES:
                steps.append(OwnCancelled(maker))
            if order.self_trade_prevention in _TAKER_EXPIRES:
                return Plan(steps, CancelReason.SELF_TRADE, 0)
            continue
        if lots > 0:
            steps.append(Fill(maker, lots))
            has_fill = True
            budget_atoms -= market.value_atoms(lots, maker.price_ticks)
            most_lots -= lots
        if has_fill and budget_atoms == 0:
            return Plan(steps, None, 0)
        if most_lots == 0:
            return Plan(steps, CancelReason.LARGEST_SIZE, 0)
        if lots < turn_lots:  # the budget does not pay for one more lot of this order
            return Plan(steps, None if has_fill else CancelReason.BELOW_ONE_LOT, 0)
    return Plan(steps, CancelReason.BOOK_EXHAUSTED, 0)


def hold_of_placed(market: Market, command: PlaceOrder, order: Order, plan: Plan) -> int:
    """The table "What is held" of spec/orders.md, in atoms."""
    if command.order_type == OrderType.LIMIT:
        return hold_of_rest(market, order)
    if order.side == Side.BUY and command.quote_amount_atoms:
        return command.quote_amount_atoms
    if order.side == Side.BUY:
        cost = sum(market.value_atoms(fill.size_lots, fill.maker.price_ticks) for fill in plan.fills())
        return cost + fee_to_hold(market, order, cost, order.taker_fee_ppm) if plan.fills() else 0
    size_lots = plan.filled_lots() if command.quote_amount_atoms else command.size_lots
    return size_lots * market.listing.lot_base_atoms


def hold_of_rest(market: Market, order: Order) -> int:
    """What the part of a limit order that has not traded needs, in atoms."""
    if order.side == Side.SELL:
        return order.remaining_lots * market.listing.lot_base_atoms
    dearer_ppm = max(order.maker_fee_ppm, order.taker_fee_ppm)
    value_atoms = market.value_atoms(order.remaining_lots, order.price_ticks)
    return value_atoms + fee_to_hold(market, order, value_atoms, dearer_ppm)


def held_asset_id(market: Market, side: int) -> int:
    """The asset that an order of this side holds."""
    return market.listing.quote_asset_id if side == Side.BUY else market.listing.base_asset_id
