"""What must hold of any venue after any command, checked on the lines of its state (spec/state.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lionrock.words.enumerations import AccountKind, Side


def broken_invariants(lines: Iterable[str]) -> list[str]:
    """Every violation in words; empty when the state is sound."""
    rows: defaultdict[str, list[list[str]]] = defaultdict(list)
    for line in lines:
        kind, *fields = line.split("|")
        rows[kind].append(fields)
    return [
        *_broken_balances(rows),
        *_broken_holds(rows),
        *_crossed_books(rows),
        *_overdue_orders(rows),
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
    """What an account has held is what its resting orders hold: no atom is stuck."""
    assets = {market[0]: {Side.BUY: market[3], Side.SELL: market[2]} for market in rows["market"]}
    by_orders: defaultdict[tuple[str, str], int] = defaultdict(int)
    for market, side, _, _, account, _, _, held, *_ in rows["order"]:
        by_orders[account, assets[market][Side(int(side))]] += int(held)
    by_ledger = {(account, asset): int(held) for account, asset, _, held in rows["balance"]}
    return [
        f"account {key[0]} has {by_ledger.get(key, 0)} held of asset {key[1]}, its orders hold {by_orders.get(key, 0)}"
        for key in by_orders.keys() | by_ledger.keys()
        if by_orders.get(key, 0) != by_ledger.get(key, 0)
    ]


def _crossed_books(rows: dict[str, list[list[str]]]) -> list[str]:
    prices: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for market, side, price, *_ in rows["order"]:
        prices[market, int(side)].append(int(price))
    broken = []
    for market in {market for market, _ in prices}:
        bids, asks = prices[market, Side.BUY], prices[market, Side.SELL]
        if bids and asks and max(bids) >= min(asks):
            broken.append(f"market {market} is crossed: best bid {max(bids)}, best ask {min(asks)}")
    return broken


def _overdue_orders(rows: dict[str, list[list[str]]]) -> list[str]:
    [[_, time_ns, *_]] = rows["venue"]
    return [
        f"order {order[3]} was to end at {order[12]} and rests at {time_ns}"
        for order in rows["order"]
        if order[12] != "0" and int(order[12]) <= int(time_ns)
    ]


def _orders_under_a_kill_switch(rows: dict[str, list[list[str]]]) -> list[str]:
    [venue] = rows["venue"]
    site = venue[-1] == "1"
    markets = {market[0] for market in rows["market"] if market[-1] == "1"}
    accounts = {account[0] for account in rows["account"] if account[-1] == "1"}
    return [
        f"order {order[3]} of account {order[4]} rests in market {order[0]} under an engaged kill switch"
        for order in rows["order"]
        if site or order[0] in markets or order[4] in accounts
    ]
