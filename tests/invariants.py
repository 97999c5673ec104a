"""What must hold of any venue after any command, checked on the lines of its state (spec/state.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lionrock.words.enumerations import AccountKind, FeeCurrency, MarketPhase, Side, TimeInForce, TransferPurpose
from lionrock.words.limits import CLIENT_ORDER_ID_MEMORY_NS, MAX_ATOMS, MAX_LEGS, TRADE_MEMORY_NS
from lionrock.words.rounding import fee_hold_rounded_up


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
        *_holds_that_do_not_cover(rows),
        *_wrong_parts_that_show(rows),
        *_wrong_fees_so_far(rows),
        *_wrong_client_ids(rows),
        *_wrong_bookings(rows),
        *_wrong_past_trades(rows),
        *_wrong_facts(rows),
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
    """What an account has held is what its resting and waiting orders and its holds have: no atom is stuck."""
    assets = {market[0]: {Side.BUY: market[3], Side.SELL: market[2]} for market in rows["market"]}
    by_orders: defaultdict[tuple[str, str], int] = defaultdict(int)
    for market, side, _, _, account, _, _, held, *_ in rows["open"]:
        by_orders[account, assets[market][Side(int(side))]] += int(held)
    for _, account, asset, amount, _ in rows["hold"]:
        by_orders[account, asset] += int(amount)
    by_ledger = {(account, asset): int(held) for account, asset, _, held in rows["balance"]}
    return [
        f"account {key[0]} has {by_ledger.get(key, 0)} held of asset {key[1]}, "
        f"its orders and holds {by_orders.get(key, 0)}"
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
        f"market {market[0]} is continuous and has trades from {market[24]} to {market[23]} that set off nothing"
        for market in continuous.values()
        if market[23:25] != ["0", "0"]
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
    site = venue[4] == "1"
    markets = {market[0] for market in rows["market"] if market[12] == "1"}
    accounts = {account[0] for account in rows["account"] if account[4] == "1"}
    return [
        f"order {order[3]} of account {order[4]} rests in market {order[0]} under an engaged kill switch"
        for order in rows["open"]
        if site or order[0] in markets or order[4] in accounts
    ]


def _holds_that_do_not_cover(rows: dict[str, list[list[str]]]) -> list[str]:
    """A sell holds its base; a buy with a limit at least its value and the fee on it, as far as that is in quote."""
    decimals = {asset[0]: int(asset[2]) for asset in rows["asset"]}
    markets = {market[0]: market for market in rows["market"]}
    broken = []
    for market_id, side, *figures in rows["open"]:
        price, order_id, _, _, remaining, held, maker, taker = map(int, figures[:8])
        minimum, due, charged = map(int, figures[16:19])
        _, _, base, _, currency, tick, lot, *_ = markets[market_id]
        base_atoms = remaining * int(lot)
        if int(side) == Side.SELL:
            if held != base_atoms:
                broken.append(f"order {order_id} sells {base_atoms} atoms and holds {held}")
            continue
        needed = value = price * int(tick) * base_atoms // 10 ** decimals[base]
        if int(currency) == FeeCurrency.QUOTE:
            fee = due + fee_hold_rounded_up(value, max(maker, taker))
            needed += max(minimum, fee) - charged
        if held < needed and price:
            broken.append(f"order {order_id} holds {held} and may cost {needed}")
    return broken


def _wrong_parts_that_show(rows: dict[str, list[list[str]]]) -> list[str]:
    """An iceberg shows something, at most its display size, and nothing that it has not; others show all they have."""
    broken = []
    for order in rows["open"]:
        remaining, display, shown = int(order[6]), int(order[15]), int(order[16])
        sound = 0 < shown <= min(display, remaining) if display else shown == remaining
        if not sound:
            broken.append(f"order {order[3]} shows {shown} of {remaining}, its display size is {display}")
    return broken


def _wrong_fees_so_far(rows: dict[str, list[list[str]]]) -> list[str]:
    """Who has a least fee paid at most that or what is due, and something once it traded; a rebate goes with none."""
    broken = []
    for order in rows["open"]:
        maker, (minimum, due, charged) = int(order[8]), map(int, order[18:21])
        most = max(minimum, due) if minimum else 0
        traded = order[5] != order[6]
        if minimum < 0 or (maker < 0 and minimum) or not 0 <= charged <= most or (minimum == 0 and due):
            broken.append(f"order {order[3]} of least fee {minimum} and maker rate {maker} paid {charged}, due {due}")
        elif minimum and traded != (charged > 0):
            left = f"{order[6]} of {order[5]} left"
            broken.append(f"order {order[3]} of least fee {minimum} paid {charged} and has {left}")
    return broken


def _wrong_client_ids(rows: dict[str, list[list[str]]]) -> list[str]:
    """Of the ids that are taken, those without an end are just those of the open orders; no end is a day ago."""
    [[_, time_ns, *_]] = rows["venue"]
    named = {(order[4], order[17]): order[3] for order in rows["open"] if order[17] != "0"}
    taken = {(account, key): order_id for account, key, order_id, end_ns in rows["client"] if end_ns == "-1"}
    broken = [
        f"client's id {key[1]} of account {key[0]} is of open order {named.get(key)}, its line says {taken.get(key)}"
        for key in named.keys() | taken.keys()
        if named.get(key) != taken.get(key)
    ]
    keys = [(int(account), int(key)) for account, key, *_ in rows["client"]]
    if keys != sorted({*keys}):
        broken.append("the clients' ids are not in order, or one is there twice")
    return broken + [
        f"the client's id {key} of account {account} is taken at {time_ns}, order {order_id} ended at {end_ns}"
        for account, key, order_id, end_ns in rows["client"]
        if end_ns != "-1" and int(time_ns) - int(end_ns) >= CLIENT_ORDER_ID_MEMORY_NS
    ]


def _wrong_bookings(rows: dict[str, list[list[str]]]) -> list[str]:
    """Holds have something, legs are within bounds and numbered without gaps, and every source has a number."""
    highest_id = int(rows["venue"][0][5])
    purposes = {str(int(purpose)) for purpose in TransferPurpose}
    broken = [
        f"hold {hold_id} of account {account} has {amount} for {purpose}, the last hold is {highest_id}"
        for hold_id, account, _, amount, purpose in rows["hold"]
        if not 0 < int(hold_id) <= highest_id or int(amount) <= 0 or purpose not in purposes
    ]
    transfers: defaultdict[str, list[int]] = defaultdict(list)
    for transfer, number, _, _, amount, _ in rows["leg"]:
        transfers[transfer].append(int(number))
        if not 0 < abs(int(amount)) <= MAX_ATOMS:
            broken.append(f"leg {number} of transfer {transfer} is of {amount}")
    broken += [
        f"transfer {transfer} has the legs {numbers}"
        for transfer, numbers in transfers.items()
        if numbers != list(range(len(numbers))) or len(numbers) > MAX_LEGS or transfer == "0"
    ]
    broken += [f"source {source} is at {last}" for source, last in rows["source"] if "0" in (source, last)]
    return broken + [
        f"the {kind} lines are not in order, or one is there twice"
        for kind, length in (("hold", 1), ("leg", 2), ("source", 1), ("forbidden", 2))
        if _out_of_order([tuple(map(int, row[:length])) for row in rows[kind]])
    ]


def _out_of_order(keys: list[tuple[int, ...]]) -> bool:
    return keys != sorted({*keys})


def _wrong_past_trades(rows: dict[str, list[list[str]]]) -> list[str]:
    """The last of all trades, of the last hour; nobody but the fee account got what the other side did not have."""
    [[_, time_ns, trades, *_]] = rows["venue"]
    broken = []
    times = [0]
    for trade in rows["trade"]:
        trade_id, at_ns, _, _, _, buyer_base, buyer_quote, seller_base, seller_quote, _ = map(int, trade)
        old = not times[-1] <= at_ns <= int(time_ns) < at_ns + TRADE_MEMORY_NS
        times.append(at_ns)
        fees = -buyer_base - seller_base, -buyer_quote - seller_quote
        paid = buyer_quote <= 0 <= buyer_base and seller_base <= 0 <= seller_quote
        if old or min(fees) < 0 or not paid:
            broken.append(f"trade {trade_id} is remembered at {time_ns} as {'|'.join(trade)}")
    ids, last = [int(trade[0]) for trade in rows["trade"]], int(trades)
    if ids != list(range(last - len(ids) + 1, last + 1)):
        broken.append(f"the trades remembered are not the last {len(ids)} of {last}")
    return broken


def _wrong_facts(rows: dict[str, list[list[str]]]) -> list[str]:
    """What is known of assets and accounts is within bounds, and of those that there are."""
    assets, accounts = {asset[0] for asset in rows["asset"]}, {account[0] for account in rows["account"]}
    broken = [
        f"asset {asset[0]} is worth {asset[3]}, its mark of money is {asset[4]}"
        for asset in rows["asset"]
        if not 0 <= int(asset[3]) <= MAX_ATOMS or asset[4] not in {"0", "1"}
    ]
    broken += [
        f"account {account[0]} has an exposure limit of {account[10]}"
        for account in rows["account"]
        if not 0 <= int(account[10]) <= MAX_ATOMS
    ]
    return broken + [
        f"account {account} may not acquire {asset}, and one of them is not there"
        for account, asset in rows["forbidden"]
        if account not in accounts or asset not in assets
    ]
