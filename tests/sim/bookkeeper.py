"""Keeps the accounts and the fronts of the books from events alone, and says what cannot be.

It decides nothing: it adds up what the events of each command say, and checks after every command what spec/ promises
of every state: sums and holds (LEDG-007, FEES-008), trades (BOOK-008), no order that is overdue or under an engaged
kill switch, no trade within one beneficial owner unless the incoming order's mode, in an auction the younger's, is
NONE. Places in the books and what shows there are `Queues`' part, fees, rebates and what must be held `Fees`', phases,
auctions and bands `MarketPhases`', orders that wait `WaitingOrders`', what accounts and markets forbid `Gates`', the
clients' own ids `ClientIds`', sources, holds and legs `Bookings`', trades that are booked back `PastTrades`', exposure
limits `Exposures`'. That it ends with the venue's own balances, orders, queues and phases shows that every
atom that moved stood in an event.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Protocol

from lionrock.words import events
from lionrock.words.enumerations import (
    AccountKind,
    CancelReason,
    KillSwitchScope,
    MarketPhase,
    SelfTradePrevention,
    Side,
    TimeInForce,
    Trigger,
)
from lionrock.words.events import Event
from tests.sim.bookings import Bookings
from tests.sim.client_ids import ClientIds
from tests.sim.exposures import Exposures
from tests.sim.fees import Fees, check_hold_of_ended, check_hold_of_new, needed_atoms
from tests.sim.gates import Gates
from tests.sim.living_orders import Market, Order
from tests.sim.market_phases import MAY_REST, UNCROSSED, MarketPhases
from tests.sim.past_trades import PastTrades
from tests.sim.queues import Queues, check_parts
from tests.sim.waiting_orders import WaitingOrders

_ORDER_COLUMNS = (3, 4, 6, 7, 8, 16, 18, 19, 20, 21)
"""In an order's line of state; see `_figures`."""


class Keeper(Protocol):
    """Keeps a part of the state."""

    def differs_from(self, lines: Iterable[str]) -> list[str]: ...


class Bookkeeper:
    """Fed with the events of one command after the other; raises `AssertionError` at the first that cannot be."""

    def __init__(self) -> None:
        self.available: defaultdict[tuple[int, int], int] = defaultdict(int)
        """Atoms by account and asset."""
        self.held: defaultdict[tuple[int, int], int] = defaultdict(int)
        self.orders: dict[int, Order] = {}
        self.trades = 0
        self.phases = MarketPhases()
        self.waiting = WaitingOrders()
        self.gates = Gates()
        self.queues = Queues()
        self.fees = Fees()
        self.client_ids = ClientIds()
        self.bookings = Bookings()
        self.exposures = Exposures()
        self.past_trades = PastTrades()
        self._kinds: dict[int, int] = {}
        self._markets: dict[int, Market] = {}
        self._decimals: dict[int, int] = {}
        self._expiries: list[tuple[int, int]] = []
        """A heap of expiry time and order id, of orders that rest or ended since."""
        self._owners: dict[int, int] = {}
        """Beneficial owner by account, where one was set."""
        self._stopped: set[tuple[int, int]] = set()
        """Scope and id of the kill switches that are engaged."""
        self._due: list[tuple[int, int]] = []
        """Expiry and id of what the command found due."""
        self._incoming = 0
        """Id of the order that comes in, which neither rests nor waits yet; 0 for none."""
        self._open: Counter[int] = Counter()
        """Orders that live, by account."""
        self._moved: set[int] = set()
        """Markets that the command changed."""
        self._traded: set[int] = set()
        """Ids of orders that the command let trade."""
        self._auctioned: set[int] = set()
        """Ids of orders whose last trade in the command was in an auction."""
        self._together: list[int] = []
        """Ids of what the command cancelled on request or by a kill switch."""
        self._touched: set[tuple[int, int]] = set()
        self._sums: Counter[int] = Counter()
        """By asset, over all accounts; only of assets that the command touched."""

    def enter(self, told: Sequence[Event]) -> None:
        """The events of one command."""
        self._touched.clear()
        self._sums.clear()
        self.phases.begin()
        self.past_trades.pass_time(told[0].time_ns)
        self._due.clear()
        self._together.clear()
        self._moved.clear()
        self._traded.clear()
        self._auctioned.clear()
        for index, event in enumerate(told):
            assert event.index == index, event
            self.queues.begin(event)
            for keeper in (self.phases, self.gates, self.fees, self.client_ids, self.bookings, self.exposures):
                keeper.enter(event)
            self._enter(event)
        self._settle()
        self.queues.end()
        self.bookings.end()
        self._check_holds()
        self._moved.update(self.phases.entered)
        self.phases.end(told[-1].time_ns)
        self._check_expiries(told[-1].time_ns)
        for market_id in self._moved:
            self._check_book(market_id)
            self.waiting.end_of_command(market_id, self.phases.phases[market_id])
        for order_id in self.orders if self._stopped else ():
            placed = self.orders[order_id].placed
            self._check_let_in(placed.market_id, placed.account_id)
        assert not any(self._sums.values()), f"not every asset sums to zero: {self._sums}"
        for key in self._touched:
            custody = self._kinds[key[0]] == AccountKind.CUSTODY
            assert self.held[key] >= 0, f"{key} has {self.held[key]} held"
            assert self.available[key] <= 0 if custody else self.available[key] >= 0, f"{key}: {self.available[key]}"

    def _enter(self, event: Event) -> None:
        match event:
            case events.OrderPlaced():
                self._place(event)
            case events.OrderTriggered():
                self._settle()
                self.waiting.come_in(event, self.phases.phases[event.market_id])
                self.phases.triggered(event)
                self._incoming = event.order_id
            case events.TradeExecuted():
                self._trade(event)
            case events.OrderFilled() | events.OrderCancelled():
                self._end(event)
            case events.OrderReplenished():
                self.queues.replenish(event, self.orders[event.order_id])
            case events.OrdersCancelled():
                assert event.orders == len(self._together), event
            case events.OrderAmended():
                self._amend(event)
            case events.OrderReduced():
                self._reduce(event)
            case events.HoldReduced():
                assert event.released_atoms > 0, event
                self._release(self.orders[event.order_id], event.released_atoms)
                self._settle()
                self._holds_what_it_needs(event.order_id)
            case events.AccountOpened():
                self._kinds[event.account_id] = event.account_kind
            case events.AssetListed():
                self._decimals[event.asset_id] = event.decimals
            case events.MarketListed():
                self._markets[event.market_id] = Market(event, self._decimals[event.base_asset_id])
            case events.BeneficialOwnerSet():
                self._owners[event.account_id] = event.owner_id
            case events.KillSwitchSet():
                switch = event.scope, event.scope_id
                self._stopped.add(switch) if event.engaged else self._stopped.discard(switch)
            case _:
                self._move_value(event)

    def _move_value(self, event: Event) -> None:
        """What moves value outside trades."""
        match event:
            case events.TransferPosted():
                self._move((event.debit_account_id, event.asset_id), available=-event.amount_atoms)
                self._move((event.credit_account_id, event.asset_id), available=event.amount_atoms)
            case events.LegPosted():
                part = "held" if event.hold_id else "available"
                self._move((event.account_id, event.asset_id), **{part: event.amount_atoms})
            case events.HoldPlaced():
                self._move((event.account_id, event.asset_id), available=-event.amount_atoms, held=event.amount_atoms)
            case events.HoldSettled():
                left_atoms = -event.amount_atoms - event.released_atoms
                self._move((event.account_id, event.asset_id), available=event.released_atoms, held=left_atoms)
                self._move((event.credit_account_id, event.asset_id), available=event.amount_atoms)
            case events.HoldReleased():
                self._move((event.account_id, event.asset_id), available=event.amount_atoms, held=-event.amount_atoms)
            case events.TradeCancelled():
                self._cancel_trade(event)

    def _cancel_trade(self, event: events.TradeCancelled) -> None:
        """What both sides do not come to comes from the market's fee account."""
        self.past_trades.cancel(event)
        listed = self._markets[event.market_id].listed
        base = event.buyer_base_atoms, event.seller_base_atoms
        quote = event.buyer_quote_atoms, event.seller_quote_atoms
        for asset_id, (buyer_atoms, seller_atoms) in ((listed.base_asset_id, base), (listed.quote_asset_id, quote)):
            self._move((event.buyer_account_id, asset_id), available=buyer_atoms)
            self._move((event.seller_account_id, asset_id), available=seller_atoms)
            self._move((listed.fee_account_id, asset_id), available=-buyer_atoms - seller_atoms)

    def _place(self, event: events.OrderPlaced) -> None:
        self._settle()
        self._check_let_in(event.market_id, event.account_id)
        self.phases.come_in(event, event)
        self._check_gates(event, event)
        if event.time_in_force in MAY_REST or event.trigger:
            self.gates.has_room(event, self._open[event.account_id])
        market = self._markets[event.market_id]
        self.fees.place(event, market)
        order = Order(event, event.held_atoms, event.price_ticks, event.size_lots)
        check_hold_of_new(market, order)
        self.exposures.hold_more(event, self._held_key(event), event.held_atoms, self.available, self.held)
        check_parts(order)
        self.orders[event.order_id] = order
        self._open[event.account_id] += 1
        self._move(self._held_key(event), available=-event.held_atoms, held=event.held_atoms)
        if event.trigger == Trigger.NONE:
            self._incoming = event.order_id
            return
        self.waiting.begin(event, self.phases.last_prices[event.market_id])
        if event.expire_time_ns:
            heappush(self._expiries, (event.expire_time_ns, event.order_id))

    def _settle(self) -> None:
        """What came in last has traded what it could: if it lives, it rests."""
        if self._incoming in self.orders:
            self._moved.add(self._rest(self.orders[self._incoming]))
            self._holds_what_it_needs(self._incoming)
        self._incoming = 0

    def _trade(self, event: events.TradeExecuted) -> None:
        self.trades += 1
        assert event.trade_id == self.trades, f"trade {event.trade_id} is the {self.trades}th"
        maker, taker = self.orders[event.maker_order_id], self.orders[event.taker_order_id]
        market = self._markets[event.market_id]
        assert event.quote_atoms == market.quote_atoms(event.size_lots, event.price_ticks), event
        self.phases.trade(event)
        self.waiting.trade(event)
        self._moved.add(event.market_id)
        assert event.maker_order_id in self.queues, event
        assert (event.taker_order_id in self.queues) == bool(event.in_auction), event
        if event.in_auction:
            assert maker.price_ticks <= event.price_ticks <= taker.price_ticks, event
            assert (maker.placed.side, taker.placed.side, event.taker_side) == (Side.SELL, Side.BUY, Side.BUY), event
        else:
            assert event.price_ticks == maker.price_ticks, event
        asking = max(maker, taker, key=_order_id) if event.in_auction else taker
        if asking.placed.self_trade_prevention != SelfTradePrevention.NONE:
            assert self._owner(maker) != self._owner(taker), f"a trade within one owner: {event}"
        for order in maker, taker:
            order.filled_lots += event.size_lots
            order.filled_quote_atoms += event.quote_atoms
            self._traded.add(order.placed.order_id)
            (self._auctioned.add if event.in_auction else self._auctioned.discard)(order.placed.order_id)
        self.fees.trade(event, market, maker, taker)
        self.past_trades.trade(event, market)
        self.queues.trade(event, maker, taker)
        self._settle_fill(event, market, maker, event.maker_fee_atoms)
        self._settle_fill(event, market, taker, event.taker_fee_atoms)
        assert maker.remaining_lots == event.maker_remaining_lots >= 0, event
        assert taker.remaining_lots >= 0 or taker.placed.size_lots == 0, event

    def _settle_fill(self, event: events.TradeExecuted, market: Market, order: Order, fee_atoms: int) -> None:
        """One side of a trade. A fee below zero is a rebate, in the asset of the taker's fee."""
        side, account_id, listed = order.placed.side, order.placed.account_id, market.listed
        base_atoms, rebate_atoms = market.base_atoms(event.size_lots), max(-fee_atoms, 0)
        fee_atoms = max(fee_atoms, 0)
        from_hold = fee_atoms if market.pays_fees_from_hold(side) else 0
        if side == Side.BUY:
            self._pay(order, event.quote_atoms + from_hold)
            received_id, received_atoms = listed.base_asset_id, base_atoms
        else:
            self._pay(order, base_atoms)
            received_id, received_atoms = listed.quote_asset_id, event.quote_atoms
        self._move((account_id, received_id), available=received_atoms - (fee_atoms - from_hold))
        self._move((listed.fee_account_id, market.fee_asset_id(side)), available=fee_atoms)
        shared_id = market.fee_asset_id(event.taker_side)
        self._move((listed.fee_account_id, shared_id), available=-rebate_atoms)
        self._move((account_id, shared_id), available=rebate_atoms)

    def _pay(self, order: Order, atoms: int) -> None:
        """Out of the hold: were the fees of the fills more than the fee in it, this would go below zero."""
        order.held_atoms -= atoms
        assert order.held_atoms >= 0, f"order {order.placed.order_id} paid {-order.held_atoms} more than it held"
        self._move(self._held_key(order.placed), held=-atoms)

    def _release(self, order: Order, atoms: int) -> None:
        order.held_atoms -= atoms
        self._move(self._held_key(order.placed), available=atoms, held=-atoms)

    def _end(self, event: events.OrderFilled | events.OrderCancelled) -> None:
        order = self.orders.pop(event.order_id)
        self._open[event.account_id] -= 1
        assert event.account_id == order.placed.account_id, event
        assert event.filled_lots == order.filled_lots, event
        self._release(order, event.released_atoms)
        assert order.held_atoms == 0, f"order {event.order_id} ended and {order.held_atoms} stay held"
        check_hold_of_ended(self._markets[event.market_id], order)
        by_quote = order.placed.size_lots == 0
        if isinstance(event, events.OrderCancelled):
            assert event.remaining_lots == (0 if by_quote else order.remaining_lots), event
            self._check_reason(event, order)
        else:
            assert by_quote or order.remaining_lots == 0, event
        if event.order_id in self.waiting.orders:
            self.waiting.end(event)
        elif event.order_id in self.queues:
            self.queues.leave(event.order_id)

    def _amend(self, event: events.OrderAmended) -> None:
        """Checks what must hold whatever is asked; a place that is kept goes with the old price and no larger size."""
        order = self.orders[event.order_id]
        self._check_let_in(event.market_id, event.account_id)
        self.phases.come_in(event, order.placed)
        self._check_gates(event, order.placed)
        more_atoms = event.held_atoms - order.held_atoms
        self.exposures.hold_more(event, self._held_key(order.placed), more_atoms, self.available, self.held)
        assert event.account_id == order.placed.account_id, event
        assert event.order_id in self.queues, event
        same_or_smaller = event.price_ticks == order.price_ticks and event.size_lots <= order.size_lots
        assert event.priority_kept == same_or_smaller, event
        if not event.priority_kept:
            self.queues.leave(event.order_id)
            self._incoming = event.order_id
        order.price_ticks, order.size_lots = event.price_ticks, event.size_lots
        check_parts(order)
        assert order.remaining_lots == event.remaining_lots > 0, event
        if event.priority_kept:
            self.queues.shrink(order)
        self._release(order, order.held_atoms - event.held_atoms)
        self._holds_what_it_needs(event.order_id)

    def _reduce(self, event: events.OrderReduced) -> None:
        order = self.orders[event.order_id]
        assert event.reduced_lots > 0, event
        assert event.released_atoms >= 0, event
        order.size_lots -= event.reduced_lots
        assert order.remaining_lots == event.remaining_lots > 0, event
        self._release(order, event.released_atoms)
        if event.order_id in self.queues:
            self.queues.shrink(order)
            self._holds_what_it_needs(event.order_id)
        else:
            assert event.released_atoms == 0, event

    def _rest(self, order: Order) -> int:
        """Into its book; returns the id of its market."""
        placed = order.placed
        assert placed.time_in_force in MAY_REST, f"{placed} rests"
        assert (placed.expire_time_ns != 0) == (placed.time_in_force == TimeInForce.GOOD_TILL_DATE), placed
        self.queues.rest(order)
        if placed.expire_time_ns:
            heappush(self._expiries, (placed.expire_time_ns, placed.order_id))
        return placed.market_id

    def _holds_what_it_needs(self, order_id: int) -> None:
        order = self.orders[order_id]
        needed = needed_atoms(self._markets[order.placed.market_id], order)
        assert order.held_atoms == needed, f"order {order_id} holds {order.held_atoms} and needs {needed}"

    def _check_holds(self) -> None:
        """What rests covers its rest; of what an auction traded in part nothing more is held than that."""
        for order_id in (each for each in self._traded if each in self.queues):
            if order_id in self._auctioned:
                self._holds_what_it_needs(order_id)
            order = self.orders[order_id]
            needed = needed_atoms(self._markets[order.placed.market_id], order)
            assert order.held_atoms >= needed, f"order {order_id} holds {order.held_atoms} and needs {needed}"

    def _check_book(self, market_id: int) -> None:
        """Not crossed where there is trading or was an auction; no order for the day after the close."""
        phase = self.phases.phases[market_id]
        bid, ask = self.queues.best_ticks(market_id, Side.BUY), self.queues.best_ticks(market_id, Side.SELL)
        if phase in UNCROSSED and bid and ask:
            assert bid < ask, f"market {market_id} is crossed: {bid}, {ask}"
        if phase == MarketPhase.CLOSED:
            placed = (order.placed for order in self.orders.values())
            left = [each for each in placed if each.market_id == market_id and each.time_in_force == TimeInForce.DAY]
            assert not left, f"market {market_id} is closed, and {left} rest for the day"

    def _owner(self, order: Order) -> int:
        return self._owners.get(order.placed.account_id, order.placed.account_id)

    def _check_let_in(self, market_id: int, account_id: int) -> None:
        over = {(KillSwitchScope.SITE, 0), (KillSwitchScope.MARKET, market_id), (KillSwitchScope.ACCOUNT, account_id)}
        engaged = over & self._stopped
        assert not engaged, f"an order of account {account_id} in market {market_id} under kill switches {engaged}"

    def _check_gates(self, event: events.OrderPlaced | events.OrderAmended, placed: events.OrderPlaced) -> None:
        market = self._markets[event.market_id]
        value_atoms = market.quote_atoms(event.size_lots, event.price_ticks) or placed.quote_amount_atoms
        last_price_ticks = self.phases.last_prices[event.market_id]
        self.gates.come_in(event, placed, last_price_ticks=last_price_ticks, value_atoms=value_atoms)

    def _check_expiries(self, time_ns: int) -> None:
        while self._expiries and self._expiries[0][0] <= time_ns:
            _, order_id = heappop(self._expiries)
            assert order_id not in self.orders, f"order {order_id} is overdue at {time_ns}"

    def _check_reason(self, event: events.OrderCancelled, order: Order) -> None:
        """What is due ends by expiry and id; what is cancelled at a stroke ends by id."""
        self.phases.cancel(event, order.placed)
        if event.reason == CancelReason.EXPIRED and order.placed.expire_time_ns:
            self._due.append((order.placed.expire_time_ns, event.order_id))
            assert self._due == sorted(self._due), event
        if event.reason in {CancelReason.REQUESTED, CancelReason.DISCONNECTED, CancelReason.KILL_SWITCH}:
            self._together.append(event.order_id)
            assert self._together == sorted(self._together), event

    def _held_key(self, placed: events.OrderPlaced) -> tuple[int, int]:
        market = self._markets[placed.market_id].listed
        asset_id = market.quote_asset_id if placed.side == Side.BUY else market.base_asset_id
        return placed.account_id, asset_id

    def _move(self, key: tuple[int, int], *, available: int = 0, held: int = 0) -> None:
        self.available[key] += available
        self.held[key] += held
        self._sums[key[1]] += available + held
        self._touched.add(key)

    def _keepers(self) -> tuple[Keeper, ...]:
        return (
            self.phases,
            self.waiting,
            self.gates,
            self.queues,
            self.client_ids,
            self.bookings,
            self.exposures,
            self.past_trades,
        )

    def differs_from(self, lines: Iterable[str]) -> list[str]:
        """What the venue's lines of state say otherwise: balances, resting orders, phases; empty if nothing."""
        lines = list(lines)
        rows = [line.split("|") for line in lines]
        balances = {tuple(map(int, row[1:3])): tuple(map(int, row[3:])) for row in rows if row[0] == "balance"}
        keys = self.available.keys() | balances.keys()
        differences = [
            f"account and asset {key}: the events make {mine}, the venue has {balances.get(key, (0, 0))}"
            for key in keys
            if (mine := (self.available[key], self.held[key])) != balances.get(key, (0, 0))  # type: ignore[index]
        ]
        theirs = {tuple(int(row[at]) for at in _ORDER_COLUMNS) for row in rows if row[0] == "order"}
        theirs |= {tuple(int(row[at + 2]) for at in _ORDER_COLUMNS) for row in rows if row[0] == "waiting"}
        mine_open = {_figures(order) for order in self.orders.values()}
        differences += [f"{_FIGURES} differ: {odd}" for odd in sorted(theirs ^ mine_open)]
        for keeper in self._keepers():
            differences += keeper.differs_from(lines)
        return differences


_FIGURES = "order (price, id, size, remaining, held, display size, client's key, least fee, due, charged)"


def _figures(order: Order) -> tuple[int, ...]:
    placed = order.placed
    due, charged = (order.due_atoms, order.charged_atoms) if placed.minimum_fee_atoms else (0, 0)
    return (
        order.price_ticks,
        placed.order_id,
        order.size_lots,
        order.remaining_lots,
        order.held_atoms,
        placed.display_lots,
        placed.client_order_key,
        placed.minimum_fee_atoms,
        due,
        charged,
    )


def _order_id(order: Order) -> int:
    return order.placed.order_id
