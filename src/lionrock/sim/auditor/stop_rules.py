"""The rules of spec/expiry.md and spec/stopping.md: orders that end by themselves, together, or by a kill switch."""

from __future__ import annotations

from heapq import heappop

from lionrock.sim.auditor.book import Market, Order
from lionrock.sim.auditor.carrying_out import cancel_open
from lionrock.sim.auditor.venue import Venue, known_or_refuse, refuse_if
from lionrock.words.commands import AdvanceTime, CancelOrders, SetKillSwitch
from lionrock.words.enumerations import CancelReason, KillSwitchScope, MarketPhase
from lionrock.words.events import KillSwitchSet, OrdersCancelled, TimeAdvanced
from lionrock.words.rejections import Rejection

R = Rejection
TOGETHER_REASONS = frozenset({CancelReason.REQUESTED, CancelReason.DISCONNECTED})
KILL_SWITCH_SCOPES = frozenset(KillSwitchScope)


def expire_until(venue: Venue, time_ns: int) -> None:
    """Ends every order whose expiry time is not after this, by expiry time, then by id."""
    while venue.expiries and venue.expiries[0][0] <= time_ns:
        _, order_id = heappop(venue.expiries)
        if order_id in venue.resting or order_id in venue.waiting:
            cancel_open(venue, order_id, CancelReason.EXPIRED)


def advance_time(venue: Venue, _: AdvanceTime) -> None:
    venue.events.append(TimeAdvanced(**venue.head()))


def cancel_orders(venue: Venue, command: CancelOrders) -> None:
    account_id, market_id, group_id = command.account_id, command.market_id, command.group_id

    if account_id != 0:
        known_or_refuse(venue.accounts, account_id, R.ACCOUNT_UNKNOWN)
    if market_id != 0:
        known_or_refuse(venue.markets, market_id, R.MARKET_UNKNOWN)
    refuse_if(account_id == 0 and (market_id == 0 or group_id != 0), R.CANCEL_SCOPE_MISSING)
    refuse_if(command.reason not in TOGETHER_REASONS, R.CANCEL_REASON_UNSUPPORTED, command.reason)
    # ---- Decided. Nothing below may fail. ----
    fitting = [
        order
        for market, order in _open_in_reach(venue, market_id=market_id, account_id=account_id)
        if group_id in (0, order.group_id) and market.phase != MarketPhase.HALTED
    ]
    _cancel_all(venue, fitting, CancelReason(command.reason))
    venue.events.append(OrdersCancelled(**venue.head(), orders=len(fitting)))


def set_kill_switch(venue: Venue, command: SetKillSwitch) -> None:
    scope, scope_id, engaged = command.scope, command.scope_id, command.engaged
    is_misplaced = scope == KillSwitchScope.SITE and scope_id != 0

    if scope == KillSwitchScope.ACCOUNT:
        known_or_refuse(venue.accounts, scope_id, R.ACCOUNT_UNKNOWN)
    if scope == KillSwitchScope.MARKET:
        known_or_refuse(venue.markets, scope_id, R.MARKET_UNKNOWN)
    is_unknown = scope not in KILL_SWITCH_SCOPES or engaged not in (0, 1) or is_misplaced
    refuse_if(is_unknown, R.KILL_SWITCH_SCOPE_UNKNOWN, scope, engaged)
    # ---- Decided. Nothing below may fail. ----
    market_id = scope_id if scope == KillSwitchScope.MARKET else 0
    account_id = scope_id if scope == KillSwitchScope.ACCOUNT else 0
    if scope == KillSwitchScope.SITE:
        venue.is_stopped = bool(engaged)
    elif scope == KillSwitchScope.MARKET:
        venue.markets[market_id].is_stopped = bool(engaged)
    else:
        venue.accounts[account_id].is_stopped = bool(engaged)
    venue.events.append(KillSwitchSet(**venue.head(), scope=scope, scope_id=scope_id, engaged=engaged))
    if engaged:
        in_reach = _open_in_reach(venue, market_id=market_id, account_id=account_id)
        _cancel_all(venue, [order for _, order in in_reach], CancelReason.KILL_SWITCH)


def _open_in_reach(venue: Venue, *, market_id: int, account_id: int) -> list[tuple[Market, Order]]:
    """The orders of this market and account that rest or wait, 0 for any, in order of their ids."""
    return [
        (market, order)
        for _, (market, order) in sorted(venue.open_orders().items(), key=lambda entry: entry[0])
        if market_id in (0, market.listing.market_id) and account_id in (0, order.account_id)
    ]


def _cancel_all(venue: Venue, orders: list[Order], reason: CancelReason) -> None:
    for order in orders:
        cancel_open(venue, order.order_id, reason)
