"""What must hold of any venue after any command, checked on the lines of its state (spec/state.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lionrock.words.enumerations import AccountKind, MarketPhase, Side, TimeInForce


def broken_invariants(lines: Iterable[str]) -> list[str]:
    """Every violation in words; empty when the state is sound."""
    rows: defaultdict[str, list[list[str]]] = defaultdict(list)
    for line in lines:
        kind, *fields = line.split("|")
        rows[kind].append(fields)
    rows["open"] = rows["order"] + [[row[0], row[3], row[4], *row[5:]] for row in rows["waiting"]]
    return [
        *_broken_balances(rows),
        *_broken_holds(rows),
        *_crossed_books(rows),
        *_overdue_orders(rows),
        *_overdue_triggers(rows),
        *_overdue_changes(rows),
        *_orders_that_may_not_rest(rows),
        *_orders_under_a_kill_switch(rows),
    ]


def _broken_balances(rows: dict[str, list[list[str]]]) -> list[str]:
    kinds = {account: int(kind) for account, kind, *_ in rows["account"]}
    sums: defaultdict[str, int] = defaultdict(int)
    broken = []
    for account, asset, available, held in rows["balance"]:
        sums[asset] += int(available) + int(held)
        custody = kinds[account] == AccountKind.CUSTODY
        if int(held) < 0 or (custody and int(held)) or (int(available) > 0 if custody else int(available) < 0):
            broken.append(f"account {account} has {available} available and {held} held of asset {asset}")
    return broken + [
        f"the balances of asset {asset} sum to {total}, not to 0" for asset, total in sums.items() if total
    ]


def _broken_holds(rows: dict[str, list[list[str]]]) -> list[str]:
    """What an account has held is what its resting and waiting orders hold: no atom is stuck."""
    assets = {market[0]: {Side.BUY: market[3], Side.SELL: market[2]} for market in rows["market"]}
    by_orders: defaultdict[tuple[str, str], int] = defaultdict(int)
    for market, side, _, _, account, _, _, held, *_ in rows["open"]:
        by_orders[account, assets[market][Side(int(side))]] += int(held)
    by_ledger = {(account, asset): int(held) for account, asset, _, held in rows["balance"]}
    return [
        f"account {key[0]} has {by_ledger.get(key, 0)} held of asset {key[1]}, its orders hold {by_orders.get(key, 0)}"
        for key in by_orders.keys() | by_ledger.keys()
        if by_orders.get(key, 0) != by_ledger.get(key, 0)
    ]


def _crossed_books(rows: dict[str, list[list[str]]]) -> list[str]:
    """Where orders are collected the book may be crossed, and stay so in a halt; trading and the close uncross it."""
    uncrossed = {market[0] for market in rows["market"] if int(market[13]) in _UNCROSSED}
    prices: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for market, side, price, *_ in rows["order"]:
        prices[market, int(side)].append(int(price))
    broken = []
    for market in {market for market, _ in prices} & uncrossed:
        bids, asks = prices[market, Side.BUY], prices[market, Side.SELL]
        if bids and asks and max(bids) >= min(asks):
            broken.append(f"market {market} is crossed: best bid {max(bids)}, best ask {min(asks)}")
    return broken


def _overdue_orders(rows: dict[str, list[list[str]]]) -> list[str]:
    [[_, time_ns, *_]] = rows["venue"]
    return [
        f"order {order[3]} was to end at {order[12]} and rests at {time_ns}"
        for order in rows["open"]
        if order[12] != "0" and int(order[12]) <= int(time_ns)
    ]


def _overdue_triggers(rows: dict[str, list[list[str]]]) -> list[str]:
    """In CONTINUOUS everything that was met has come in; elsewhere it may still be due."""
    continuous = {market[0]: market for market in rows["market"] if int(market[13]) == MarketPhase.CONTINUOUS}
    broken = [
        f"market {market[0]} is continuous and has trades from {market[21]} to {market[20]} that set off nothing"
        for market in continuous.values()
        if market[20:22] != ["0", "0"]
    ]
    for market_id, direction, trigger, *_ in rows["waiting"]:
        last = int(continuous[market_id][15]) if market_id in continuous else 0
        rising = direction == _RISING
        if last and (last >= int(trigger) if rising else last <= int(trigger)):
            broken.append(f"an order in market {market_id} waits for {trigger}, and the last trade was at {last}")
    return broken


def _overdue_changes(rows: dict[str, list[list[str]]]) -> list[str]:
    [[_, time_ns, *_]] = rows["venue"]
    return [
        f"market {market} was to change to phase {phase} at {at_time}, and it is {time_ns}"
        for at_time, market, phase, _ in rows["schedule"]
        if int(at_time) <= int(time_ns)
    ]


def _orders_that_may_not_rest(rows: dict[str, list[list[str]]]) -> list[str]:
    closed = {market[0] for market in rows["market"] if int(market[13]) == MarketPhase.CLOSED}
    return [
        f"order {order[3]} of time in force {order[14]} rests in market {order[0]}"
        for order in rows["order"]
        if int(order[14]) not in _MAY_REST
    ] + [
        f"order {order[3]} of time in force {order[14]} is open in market {order[0]}, which is closed"
        for order in rows["open"]
        if order[0] in closed and int(order[14]) == TimeInForce.DAY
    ]


_RISING = "1"
_UNCROSSED = {MarketPhase.CONTINUOUS, MarketPhase.CLOSED}
_MAY_REST = {TimeInForce.GOOD_TILL_CANCELLED, TimeInForce.GOOD_TILL_DATE, TimeInForce.DAY}


def _orders_under_a_kill_switch(rows: dict[str, list[list[str]]]) -> list[str]:
    [venue] = rows["venue"]
    site = venue[-1] == "1"
    markets = {market[0] for market in rows["market"] if market[12] == "1"}
    accounts = {account[0] for account in rows["account"] if account[4] == "1"}
    return [
        f"order {order[3]} of account {order[4]} rests in market {order[0]} under an engaged kill switch"
        for order in rows["open"]
        if site or order[0] in markets or order[4] in accounts
    ]
