"""The rules of spec/orders.md, spec/book.md and spec/fees.md.

An order is decided on paper before anything moves: `_plan` lists which resting orders it will trade with and how it
ends, `_hold_atoms` what it must hold for that. Only when the hold is there does the plan become postings and events.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lionrock.sim.auditor.book import Market, Order
from lionrock.sim.auditor.venue import FeeTier, Venue, known_or_refuse, refuse_if
from lionrock.words.commands import CancelOrder, PlaceOrder
from lionrock.words.enumerations import AccountKind, CancelReason, FeeCurrency, OrderType, Side, TimeInForce
from lionrock.words.events import HoldReduced, OrderCancelled, OrderFilled, OrderPlaced, TradeExecuted
from lionrock.words.faults import Fault
from lionrock.words.rejections import Rejection
from lionrock.words.rounding import (
    fee_hold_rounded_up,
    fee_rounded_down,
    lots_affordable_rounded_down,
    spendable_rounded_down,
)

R = Rejection
SIDES = frozenset(Side)
ORDER_TYPES = frozenset(OrderType)
TIMES_IN_FORCE = frozenset(TimeInForce)


class Fill(NamedTuple):
    """A resting order and how much of it an incoming order will take."""

    maker: Order
    size_lots: int


class Plan(NamedTuple):
    """What an incoming order will do: its fills in order, and why it is cancelled after them, if it is."""

    fills: list[Fill]
    cancelled: CancelReason | None


def place_order(venue: Venue, command: PlaceOrder) -> None:
    order_id, order_type, time_in_force = command.order_id, command.order_type, command.time_in_force
    price, size, amount = command.price_ticks, command.size_lots, command.quote_amount_atoms
    is_limit, by_amount = order_type == OrderType.LIMIT, amount != 0

    account = known_or_refuse(venue.accounts, command.account_id, R.ACCOUNT_UNKNOWN)
    market = known_or_refuse(venue.markets, command.market_id, R.MARKET_UNKNOWN)
    limits, size_or_amount = market.listing, amount if by_amount else size
    refuse_if(account.kind != AccountKind.CLIENT, R.ACCOUNT_MAY_NOT_TRADE, command.account_id, account.kind)
    refuse_if(order_id <= venue.highest_order_id, R.ORDER_ID_NOT_INCREASING, venue.highest_order_id, order_id)
    refuse_if(command.side not in SIDES, R.SIDE_UNKNOWN, command.side)
    refuse_if(order_type not in ORDER_TYPES, R.ORDER_TYPE_UNKNOWN, order_type)
    refuse_if(time_in_force not in TIMES_IN_FORCE, R.TIME_IN_FORCE_UNKNOWN, time_in_force)
    refuse_if(not _parts_go_together(command), R.ORDER_COMBINATION_UNSUPPORTED, order_type, time_in_force)
    refuse_if(is_limit and price <= 0, R.PRICE_NOT_POSITIVE, price)
    refuse_if(is_limit and price > limits.max_price_ticks, R.PRICE_ABOVE_MAXIMUM, limits.max_price_ticks, price)
    refuse_if(size_or_amount <= 0, R.SIZE_NOT_POSITIVE, size_or_amount)
    refuse_if(not by_amount and size > limits.max_size_lots, R.SIZE_ABOVE_MAXIMUM, limits.max_size_lots, size)
    if is_limit or by_amount:  # a market order by base has no price and is not measured
        worth = amount if by_amount else market.value_atoms(size, price)
        refuse_if(worth < limits.min_notional_atoms, R.NOTIONAL_BELOW_MINIMUM, limits.min_notional_atoms, worth)
        refuse_if(worth > limits.max_notional_atoms, R.NOTIONAL_ABOVE_MAXIMUM, limits.max_notional_atoms, worth)
    tier = venue.tiers[account.tier]
    plan = _plan(market, command, tier)
    hold = _hold_atoms(market, command, tier, plan)
    held_asset_id = _held_asset_id(market, command.side)
    available = venue.ledger.available(command.account_id, held_asset_id)
    refuse_if(hold > available, R.AVAILABLE_INSUFFICIENT, hold, available)
    # ---- Decided. Nothing below may fail. ----
    venue.highest_order_id = order_id
    venue.ledger.post(command.account_id, held_asset_id, available=-hold, held=hold)
    lots = _total_lots(plan.fills) if by_amount else size
    rates = tier.maker_fee_ppm, tier.taker_fee_ppm
    order = Order(order_id, command.account_id, command.side, price, lots, lots, hold, *rates)
    venue.events.append(_placed(venue, command, order))
    for fill in plan.fills:
        _trade(venue, market, order, fill)
    _finish(venue, market, order, plan.cancelled)
    if market.is_crossed():
        raise Fault(f"order {order_id} left the book of market {limits.market_id} crossed")


def cancel_order(venue: Venue, command: CancelOrder) -> None:
    market, order = known_or_refuse(venue.resting, command.order_id, R.ORDER_UNKNOWN)
    refuse_if(order.account_id != command.account_id, R.ORDER_OF_ANOTHER_ACCOUNT, command.order_id)
    # ---- Decided. Nothing below may fail. ----
    _leave_book(venue, market, order)
    _cancelled(venue, market, order, CancelReason.REQUESTED)


def _parts_go_together(command: PlaceOrder) -> bool:
    good_till_cancelled = command.time_in_force == TimeInForce.GOOD_TILL_CANCELLED
    if command.order_type == OrderType.LIMIT:
        post_only_fits = command.post_only == 0 or (command.post_only == 1 and good_till_cancelled)
        return command.quote_amount_atoms == 0 and post_only_fits
    return (
        command.time_in_force == TimeInForce.IMMEDIATE_OR_CANCEL
        and command.post_only == 0
        and command.price_ticks == 0
        and (command.size_lots == 0) != (command.quote_amount_atoms == 0)
    )


# ---- On paper: what the order will do and hold. Nothing here changes anything. ----


def _plan(market: Market, command: PlaceOrder, tier: FeeTier) -> Plan:
    opposite = market.sides[Side.SELL if command.side == Side.BUY else Side.BUY]
    if command.order_type == OrderType.MARKET and command.quote_amount_atoms:
        budget = command.quote_amount_atoms
        if command.side == Side.BUY and market.listing.fee_currency == FeeCurrency.QUOTE:
            budget = spendable_rounded_down(budget, tier.taker_fee_ppm)
        return _plan_for_amount(market, opposite, budget, market.listing.max_size_lots)
    if command.order_type == OrderType.MARKET:
        fills = _fills_for_size(opposite, command.size_lots)
        return Plan(fills, None if _total_lots(fills) == command.size_lots else CancelReason.BOOK_EXHAUSTED)

    fills = _fills_for_size(opposite.within(command.price_ticks), command.size_lots)
    is_whole = _total_lots(fills) == command.size_lots
    if command.post_only and fills:
        return Plan([], CancelReason.WOULD_TAKE)
    if command.time_in_force == TimeInForce.FILL_OR_KILL and not is_whole:
        return Plan([], CancelReason.NOT_FILLABLE_WHOLE)
    if command.time_in_force == TimeInForce.IMMEDIATE_OR_CANCEL and not is_whole:
        return Plan(fills, CancelReason.IMMEDIATE_REMAINDER)
    return Plan(fills, None)


def _fills_for_size(makers: Iterable[Order], size_lots: int) -> list[Fill]:
    fills: list[Fill] = []
    for maker in makers:
        if size_lots == 0:
            break
        lots = min(maker.remaining_lots, size_lots)
        fills.append(Fill(maker, lots))
        size_lots -= lots
    return fills


def _plan_for_amount(market: Market, makers: Iterable[Order], budget_atoms: int, most_lots: int) -> Plan:
    """Whole lots in priority while the budget pays for them and the largest size is not reached."""
    fills: list[Fill] = []
    for maker in makers:
        affordable_lots = lots_affordable_rounded_down(budget_atoms, market.value_atoms(1, maker.price_ticks))
        lots = min(maker.remaining_lots, affordable_lots, most_lots)
        if lots > 0:
            fills.append(Fill(maker, lots))
            budget_atoms -= market.value_atoms(lots, maker.price_ticks)
            most_lots -= lots
        if fills and budget_atoms == 0:
            return Plan(fills, None)
        if most_lots == 0:
            return Plan(fills, CancelReason.LARGEST_SIZE)
        if lots < maker.remaining_lots:  # the budget does not pay for one more lot of this order
            return Plan(fills, None if fills else CancelReason.BELOW_ONE_LOT)
    return Plan(fills, CancelReason.BOOK_EXHAUSTED)


def _total_lots(fills: list[Fill]) -> int:
    return sum(fill.size_lots for fill in fills)


def _hold_atoms(market: Market, command: PlaceOrder, tier: FeeTier, plan: Plan) -> int:
    """The table "What is held" of spec/orders.md."""
    if command.order_type == OrderType.LIMIT and command.side == Side.BUY:
        dearer_ppm = max(tier.maker_fee_ppm, tier.taker_fee_ppm)
        return _with_quote_fee(market, market.value_atoms(command.size_lots, command.price_ticks), dearer_ppm)
    if command.side == Side.BUY and command.quote_amount_atoms:
        return command.quote_amount_atoms
    if command.side == Side.BUY:
        cost = sum(market.value_atoms(fill.size_lots, fill.maker.price_ticks) for fill in plan.fills)
        return _with_quote_fee(market, cost, tier.taker_fee_ppm)
    size_lots = _total_lots(plan.fills) if command.quote_amount_atoms else command.size_lots
    return size_lots * market.listing.lot_base_atoms


def _with_quote_fee(market: Market, value_atoms: int, rate_ppm: int) -> int:
    charged_in_quote = market.listing.fee_currency == FeeCurrency.QUOTE
    return value_atoms + (fee_hold_rounded_up(value_atoms, rate_ppm) if charged_in_quote else 0)


def _held_asset_id(market: Market, side: int) -> int:
    return market.listing.quote_asset_id if side == Side.BUY else market.listing.base_asset_id


# ---- In the ledger and the book: the plan is carried out. ----


def _trade(venue: Venue, market: Market, taker: Order, fill: Fill) -> None:
    maker, lots = fill
    taker_fee, maker_fee = _settle(venue, market, taker, maker, lots)
    taker.remaining_lots -= lots
    maker.remaining_lots -= lots
    venue.trades += 1
    venue.events.append(
        TradeExecuted(
            **venue.head(),
            market_id=market.listing.market_id,
            taker_side=taker.side,
            trade_id=venue.trades,
            maker_order_id=maker.order_id,
            taker_order_id=taker.order_id,
            maker_account_id=maker.account_id,
            taker_account_id=taker.account_id,
            price_ticks=maker.price_ticks,
            size_lots=lots,
            quote_atoms=market.value_atoms(lots, maker.price_ticks),
            maker_fee_atoms=maker_fee,
            taker_fee_atoms=taker_fee,
            maker_remaining_lots=maker.remaining_lots,
        )
    )
    if maker.remaining_lots == 0:
        _leave_book(venue, market, maker)
        _filled(venue, market, maker)


def _settle(venue: Venue, market: Market, taker: Order, maker: Order, lots: int) -> tuple[int, int]:
    """Posts one fill, every leg of it. Returns the fee of the taker and that of the maker, in atoms."""
    base_id, quote_id = market.listing.base_asset_id, market.listing.quote_asset_id
    base, quote = lots * market.listing.lot_base_atoms, market.value_atoms(lots, maker.price_ticks)
    buyer, seller = (taker, maker) if taker.side == Side.BUY else (maker, taker)
    buyer_rate_ppm = buyer.taker_fee_ppm if buyer is taker else buyer.maker_fee_ppm
    seller_rate_ppm = seller.taker_fee_ppm if seller is taker else seller.maker_fee_ppm

    if market.listing.fee_currency == FeeCurrency.RECEIVED:
        buyer_fee_asset_id, buyer_fee = base_id, fee_rounded_down(base, buyer_rate_ppm)
        buyer_pays, buyer_receives = quote, base - buyer_fee
    else:
        buyer_fee_asset_id, buyer_fee = quote_id, fee_rounded_down(quote, buyer_rate_ppm)
        buyer_pays, buyer_receives = quote + buyer_fee, base
    seller_fee = fee_rounded_down(quote, seller_rate_ppm)

    _take_from_hold(venue, buyer, quote_id, buyer_pays)
    _take_from_hold(venue, seller, base_id, base)
    venue.ledger.post(buyer.account_id, base_id, available=buyer_receives)
    venue.ledger.post(seller.account_id, quote_id, available=quote - seller_fee)
    venue.ledger.post(market.listing.fee_account_id, buyer_fee_asset_id, available=buyer_fee)
    venue.ledger.post(market.listing.fee_account_id, quote_id, available=seller_fee)
    return (buyer_fee, seller_fee) if buyer is taker else (seller_fee, buyer_fee)


def _take_from_hold(venue: Venue, order: Order, asset_id: int, atoms: int) -> None:
    order.held_atoms -= atoms
    if order.held_atoms < 0:
        raise Fault(f"order {order.order_id} traded {-order.held_atoms} atoms more than it held")
    venue.ledger.post(order.account_id, asset_id, held=-atoms)


def _release(venue: Venue, market: Market, order: Order, atoms: int) -> int:
    order.held_atoms -= atoms
    venue.ledger.post(order.account_id, _held_asset_id(market, order.side), available=atoms, held=-atoms)
    return atoms


def _finish(venue: Venue, market: Market, order: Order, cancelled: CancelReason | None) -> None:
    """After its trades an incoming order is cancelled, filled, or rests with no more held than its rest needs."""
    if cancelled:
        return _cancelled(venue, market, order, cancelled)
    if order.remaining_lots == 0:
        return _filled(venue, market, order)
    market.sides[order.side].add(order)
    venue.resting[order.order_id] = market, order
    if order.side == Side.BUY:
        dearer_ppm = max(order.maker_fee_ppm, order.taker_fee_ppm)
        needed = _with_quote_fee(market, market.value_atoms(order.remaining_lots, order.price_ticks), dearer_ppm)
        _reduce_hold(venue, market, order, order.held_atoms - needed)
    return None


def _reduce_hold(venue: Venue, market: Market, order: Order, atoms: int) -> None:
    if atoms < 0:
        raise Fault(f"order {order.order_id} rests with {-atoms} atoms less than it may have to pay")
    if atoms > 0:
        venue.events.append(
            HoldReduced(
                **venue.head(),
                order_id=order.order_id,
                account_id=order.account_id,
                market_id=market.listing.market_id,
                released_atoms=_release(venue, market, order, atoms),
            )
        )


def _leave_book(venue: Venue, market: Market, order: Order) -> None:
    market.sides[order.side].remove(order)
    del venue.resting[order.order_id]


def _placed(venue: Venue, command: PlaceOrder, order: Order) -> OrderPlaced:
    return OrderPlaced(
        **venue.head(),
        order_id=command.order_id,
        account_id=command.account_id,
        market_id=command.market_id,
        side=command.side,
        order_type=command.order_type,
        time_in_force=command.time_in_force,
        post_only=command.post_only,
        price_ticks=command.price_ticks,
        size_lots=command.size_lots,
        quote_amount_atoms=command.quote_amount_atoms,
        held_atoms=order.held_atoms,
        maker_fee_ppm=order.maker_fee_ppm,
        taker_fee_ppm=order.taker_fee_ppm,
    )


def _filled(venue: Venue, market: Market, order: Order) -> None:
    venue.events.append(
        OrderFilled(
            **venue.head(),
            order_id=order.order_id,
            account_id=order.account_id,
            market_id=market.listing.market_id,
            filled_lots=order.size_lots,
            released_atoms=_release(venue, market, order, order.held_atoms),
        )
    )


def _cancelled(venue: Venue, market: Market, order: Order, reason: CancelReason) -> None:
    venue.events.append(
        OrderCancelled(
            **venue.head(),
            order_id=order.order_id,
            account_id=order.account_id,
            market_id=market.listing.market_id,
            reason=reason,
            filled_lots=order.size_lots - order.remaining_lots,
            remaining_lots=order.remaining_lots,
            released_atoms=_release(venue, market, order, order.held_atoms),
        )
    )
