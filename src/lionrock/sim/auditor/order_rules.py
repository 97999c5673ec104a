"""The rules of spec/orders.md, book.md, self-trade.md, amending.md, the bands of auctions.md, and who may use which id.

An order is decided on paper before anything moves: `paper` lists which resting orders it will meet, how it ends and
what it must hold for that. Only when the hold is there does `carrying_out` make the plan postings and events. For an
order that waits that is done when it comes in, see `trigger_rules`.
"""

from __future__ import annotations

from dataclasses import replace
from heapq import heappush

from lionrock.sim.auditor.book import Market, Order
from lionrock.sim.auditor.carrying_out import CALL_PHASES, cancel_open, carry_out, leave_book, wait
from lionrock.sim.auditor.exposure import refuse_above_exposure
from lionrock.sim.auditor.fees import least_fee_atoms
from lionrock.sim.auditor.gate_rules import refuse_above_cap, refuse_at_gates
from lionrock.sim.auditor.icebergs import may_hide, shrink_in_place
from lionrock.sim.auditor.paper import (
    Plan,
    best_met,
    held_asset_id,
    hold_of_placed,
    hold_of_rest,
    plan_for_limit,
    plan_placed,
)
from lionrock.sim.auditor.trigger_rules import may_wait, refuse_trigger
from lionrock.sim.auditor.venue import Account, Venue, known_or_refuse, refuse, refuse_if
from lionrock.words.commands import AmendOrder, CancelOrder, ListMarket, PlaceOrder
from lionrock.words.enumerations import (
    AccountKind,
    CancelReason,
    MarketPhase,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
    Trigger,
)
from lionrock.words.events import OrderAmended, OrderPlaced
from lionrock.words.limits import MAX_ICEBERG_PARTS
from lionrock.words.rejections import Rejection

R = Rejection
SIDES = frozenset(Side)
ORDER_TYPES = frozenset(OrderType)
TIMES_IN_FORCE = frozenset(TimeInForce)
SELF_TRADE_PREVENTIONS = frozenset(SelfTradePrevention)
MAY_REST = frozenset({TimeInForce.GOOD_TILL_CANCELLED, TimeInForce.GOOD_TILL_DATE, TimeInForce.DAY})
NO_PLAN = Plan([], None, 0)


def place_order(venue: Venue, command: PlaceOrder) -> None:
    order_id, by_amount = command.order_id, command.quote_amount_atoms != 0
    is_limit, waits = command.order_type == OrderType.LIMIT, command.trigger != Trigger.NONE

    account, market, worth = _known_or_refuse_malformed(venue, command)
    switch_scope, switch_id = venue.engaged_switch(command.market_id, command.account_id)
    refuse_if(switch_scope != 0, R.KILL_SWITCH_ENGAGED, switch_scope, switch_id)
    may_rest = _may_rest(command)
    is_admitted = _admits(market, may_rest and not command.post_only)
    refuse_if(not is_admitted, R.PHASE_DOES_NOT_ADMIT, market.phase, command.time_in_force)
    refuse_trigger(market, command)
    limit_ticks = command.price_ticks if is_limit else None
    refuse_at_gates(market, account, command.side, limit_ticks, worth)
    if may_rest or waits:
        refuse_above_cap(account)
    order = _order_on_paper(venue, market, command)
    # What waits has no plan yet, and holds what does not depend on one.
    plan = NO_PLAN if waits else plan_placed(venue, market, command, order)
    hold = hold_of_placed(market, command, order, plan)
    asset_id = held_asset_id(market, command.side)
    refuse_above_exposure(venue, command.account_id, asset_id, hold)
    available = venue.ledger.available(command.account_id, asset_id)
    refuse_if(hold > available, R.AVAILABLE_INSUFFICIENT, hold, available)
    # ---- Decided. Nothing below may fail. ----
    venue.highest_order_id = order_id
    venue.ledger.post(command.account_id, asset_id, available=-hold, held=hold)
    order.held_atoms = hold
    if by_amount:
        order.size_lots = order.remaining_lots = plan.filled_lots()
    venue.client_ids.take(order)
    venue.events.append(_placed(venue, command, order))
    if waits:
        wait(venue, market, order, command)
    else:
        carry_out(venue, market, order, plan)
    if command.expire_time_ns:
        heappush(venue.expiries, (command.expire_time_ns, order_id))


def _known_or_refuse_malformed(venue: Venue, command: PlaceOrder) -> tuple[Account, Market, int | None]:
    """The account, market and worth of an order that is not refused for what it is."""
    order_id, order_type, time_in_force = command.order_id, command.order_type, command.time_in_force
    size, amount, by_amount = command.size_lots, command.quote_amount_atoms, command.quote_amount_atoms != 0
    self_trade_prevention, expire_time_ns = command.self_trade_prevention, command.expire_time_ns
    comes_too_late = expire_time_ns != 0 and expire_time_ns <= command.time_ns

    account = known_or_refuse(venue.accounts, command.account_id, R.ACCOUNT_UNKNOWN)
    market = known_or_refuse(venue.markets, command.market_id, R.MARKET_UNKNOWN)
    limits, size_or_amount = market.listing, amount if by_amount else size
    refuse_if(account.kind != AccountKind.CLIENT, R.ACCOUNT_MAY_NOT_TRADE, command.account_id, account.kind)
    refuse_if(order_id <= venue.highest_order_id, R.ORDER_ID_NOT_INCREASING, venue.highest_order_id, order_id)
    refuse_if(command.side not in SIDES, R.SIDE_UNKNOWN, command.side)
    refuse_if(order_type not in ORDER_TYPES, R.ORDER_TYPE_UNKNOWN, order_type)
    refuse_if(time_in_force not in TIMES_IN_FORCE, R.TIME_IN_FORCE_UNKNOWN, time_in_force)
    go_together = _parts_go_together(command) and may_wait(command) and may_hide(command, _may_rest(command))
    refuse_if(not go_together, R.ORDER_COMBINATION_UNSUPPORTED, order_type, time_in_force)
    if order_type == OrderType.LIMIT:
        _refuse_price(limits, command.price_ticks)
    refuse_if(size_or_amount <= 0, R.SIZE_NOT_POSITIVE, size_or_amount)
    refuse_if(not by_amount and size > limits.max_size_lots, R.SIZE_ABOVE_MAXIMUM, limits.max_size_lots, size)
    worth = _worth(market, command)
    _refuse_worth(limits, worth)
    prevention_known = self_trade_prevention in SELF_TRADE_PREVENTIONS
    refuse_if(not prevention_known, R.SELF_TRADE_PREVENTION_UNKNOWN, self_trade_prevention)
    _refuse_display(size, command.display_lots)
    same_id = venue.client_ids.order_id(command.account_id, command.client_order_key)
    refuse_if(same_id != 0, R.CLIENT_ORDER_ID_IN_USE, same_id)
    refuse_if(comes_too_late, R.EXPIRY_NOT_IN_FUTURE, command.time_ns, expire_time_ns)
    return account, market, worth


def _worth(market: Market, command: PlaceOrder) -> int | None:
    """In quote atoms; a market order by base has no price and is not measured."""
    if command.order_type == OrderType.LIMIT:
        return market.value_atoms(command.size_lots, command.price_ticks)
    return command.quote_amount_atoms or None


def cancel_order(venue: Venue, command: CancelOrder) -> None:
    market, order = _open_or_refuse(venue, command)
    refuse_if(order.account_id != command.account_id, R.ORDER_OF_ANOTHER_ACCOUNT, order.order_id)
    refuse_if(market.phase == MarketPhase.HALTED, R.PHASE_DOES_NOT_ADMIT, market.phase)
    # ---- Decided. Nothing below may fail. ----
    cancel_open(venue, order.order_id, CancelReason.REQUESTED)


def amend_order(venue: Venue, command: AmendOrder) -> None:
    price, size = command.price_ticks, command.size_lots

    market, order = _open_or_refuse(venue, command)
    limits, filled_lots = market.listing, order.size_lots - order.remaining_lots
    refuse_if(order.account_id != command.account_id, R.ORDER_OF_ANOTHER_ACCOUNT, order.order_id)
    refuse_if(order.order_id in venue.waiting, R.AMENDED_ORDER_IS_WAITING, order.order_id)
    refuse_if(size <= filled_lots, R.AMENDED_SIZE_NOT_ABOVE_FILLED, filled_lots, size)
    _refuse_price(limits, price)
    refuse_if(size > limits.max_size_lots, R.SIZE_ABOVE_MAXIMUM, limits.max_size_lots, size)
    worth = market.value_atoms(size, price)
    _refuse_worth(limits, worth)
    _refuse_display(max(command.size_lots, order.display_lots), order.display_lots)
    refuse_if(not _admits(market, not order.post_only), R.PHASE_DOES_NOT_ADMIT, market.phase)  # what rests is a limit
    amended = replace(order, price_ticks=price, size_lots=size, remaining_lots=size - filled_lots)
    best = best_met(market, amended)
    if order.post_only and best is not None:
        refuse(R.AMENDED_ORDER_WOULD_TAKE, best, price)
    refuse_at_gates(market, venue.accounts[order.account_id], order.side, price, worth)
    amended.held_atoms = hold_of_rest(market, amended)
    asset_id = held_asset_id(market, order.side)
    more, available = amended.held_atoms - order.held_atoms, venue.ledger.available(order.account_id, asset_id)
    refuse_above_exposure(venue, order.account_id, asset_id, more)
    refuse_if(more > available, R.AVAILABLE_INSUFFICIENT, more, available)
    keeps_place = price == order.price_ticks and size <= order.size_lots
    plan = plan_for_limit(venue, market, amended)
    # ---- Decided. Nothing below may fail. ----
    venue.ledger.post(order.account_id, asset_id, available=-more, held=more)
    venue.events.append(
        OrderAmended(
            **venue.head(),
            order_id=order.order_id,
            account_id=order.account_id,
            market_id=limits.market_id,
            priority_kept=int(keeps_place),
            price_ticks=price,
            size_lots=size,
            remaining_lots=amended.remaining_lots,
            held_atoms=amended.held_atoms,
        )
    )
    if keeps_place:
        order.size_lots, order.remaining_lots, order.held_atoms = size, amended.remaining_lots, amended.held_atoms
        shrink_in_place(order)
    else:
        leave_book(venue, market, order)
        carry_out(venue, market, amended, plan)


def _open_or_refuse(venue: Venue, command: CancelOrder | AmendOrder) -> tuple[Market, Order]:
    """The order that the command names by its number or else by the client's id, and its market; it rests or waits."""
    order_id = command.order_id or venue.client_ids.order_id(command.account_id, command.client_order_key)
    known = venue.waiting if order_id in venue.waiting else venue.resting
    return known_or_refuse(known, order_id, R.ORDER_UNKNOWN)


def _refuse_price(limits: ListMarket, price: int) -> None:
    refuse_if(price <= 0, R.PRICE_NOT_POSITIVE, price)
    refuse_if(price > limits.max_price_ticks, R.PRICE_ABOVE_MAXIMUM, limits.max_price_ticks, price)


def _refuse_worth(limits: ListMarket, worth: int | None) -> None:
    if worth is None:
        return
    refuse_if(worth < limits.min_notional_atoms, R.NOTIONAL_BELOW_MINIMUM, limits.min_notional_atoms, worth)
    refuse_if(worth > limits.max_notional_atoms, R.NOTIONAL_ABOVE_MAXIMUM, limits.max_notional_atoms, worth)


def _admits(market: Market, may_be_collected: bool) -> bool:
    """Whether the market's phase takes a new or amended order; what may rest and is not post-only may be collected."""
    return market.phase == MarketPhase.CONTINUOUS or (may_be_collected and market.phase in CALL_PHASES)


def _may_rest(command: PlaceOrder) -> bool:
    return command.order_type == OrderType.LIMIT and command.time_in_force in MAY_REST


def _parts_go_together(command: PlaceOrder) -> bool:
    is_dated = command.time_in_force == TimeInForce.GOOD_TILL_DATE
    decrements = command.self_trade_prevention == SelfTradePrevention.DECREMENT
    if command.order_type == OrderType.LIMIT:
        post_only_fits = command.post_only == 0 or (command.post_only == 1 and command.time_in_force in MAY_REST)
        return (
            command.quote_amount_atoms == 0
            and post_only_fits
            and (command.expire_time_ns != 0) == is_dated
            and not (decrements and command.time_in_force == TimeInForce.FILL_OR_KILL)
        )
    return (
        command.time_in_force == TimeInForce.IMMEDIATE_OR_CANCEL
        and command.post_only == 0
        and command.price_ticks == 0
        and (command.size_lots == 0) != (command.quote_amount_atoms == 0)
        and command.expire_time_ns == 0
        and not decrements
    )


def _order_on_paper(venue: Venue, market: Market, command: PlaceOrder) -> Order:
    """The order as asked for, at the rates of its account's tier and its market's least fee; it holds nothing yet."""
    tier = venue.tiers[venue.accounts[command.account_id].tier]
    return Order(
        order_id=command.order_id,
        account_id=command.account_id,
        side=command.side,
        price_ticks=command.price_ticks,
        size_lots=command.size_lots,
        remaining_lots=command.size_lots,
        held_atoms=0,
        maker_fee_ppm=tier.maker_fee_ppm,
        taker_fee_ppm=tier.taker_fee_ppm,
        self_trade_prevention=command.self_trade_prevention,
        post_only=command.post_only,
        expire_time_ns=command.expire_time_ns,
        group_id=command.group_id,
        time_in_force=command.time_in_force,
        display_lots=command.display_lots,
        client_order_key=command.client_order_key,
        minimum_fee_atoms=least_fee_atoms(market, command.side, tier.maker_fee_ppm),
    )


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
        self_trade_prevention=command.self_trade_prevention,
        expire_time_ns=command.expire_time_ns,
        group_id=command.group_id,
        trigger=command.trigger,
        trigger_price_ticks=command.trigger_price_ticks,
        display_lots=command.display_lots,
        client_order_key=command.client_order_key,
        minimum_fee_atoms=order.minimum_fee_atoms,
    )


def _refuse_display(size_lots: int, display_lots: int) -> None:
    """At most the whole, and at least so much that the parts are not too many."""
    in_range = 0 <= display_lots <= size_lots
    too_many = display_lots > 0 and -(-size_lots // display_lots) > MAX_ICEBERG_PARTS
    refuse_if(not in_range or too_many, R.DISPLAY_SIZE_OUT_OF_RANGE, size_lots, display_lots)
