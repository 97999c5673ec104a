"""Keeps the accounts and the fronts of the books from events alone, and says what cannot be.

It decides nothing: it adds up what the events of each command say, and checks after every command what spec/ promises
of every state: sums and holds (LEDG-007, FEES-008), books and trades (BOOK-007, BOOK-008), no order that is overdue or
under an engaged kill switch, no trade within one beneficial owner unless the incoming order's mode, in an auction the
younger's, is NONE; phases, auctions and bands are `MarketPhases`' part, orders that wait `WaitingOrders`', what
accounts and markets forbid `Gates`'. That it ends with the venue's own balances, orders and phases shows that every
atom that moved stood in an event.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from lionrock.words import events
from lionrock.words.enumerations import (
    AccountKind,
    CancelReason,
    FeeCurrency,
    KillSwitchScope,
    MarketPhase,
    SelfTradePrevention,
    Side,
    TimeInForce,
    Trigger,
)
from lionrock.words.events import Event
from tests.sim.gates import Gates
from tests.sim.market_phases import MAY_REST, UNCROSSED, MarketPhases
from tests.sim.waiting_orders import WaitingOrders


@dataclass
class Order:
    """An order that lives."""

    placed: events.OrderPlaced
    held_atoms: int
    price_ticks: int
    size_lots: int
    """As it was placed or last amended, less what self-trade prevention took away."""
    filled_lots: int = 0

    @property
    def remaining_lots(self) -> int:
        return self.size_lots - self.filled_lots


_ORDER_COLUMNS = (3, 4, 6, 7, 8)
"""Price, id, size, remaining and held in an order's line of state."""


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
        self._kinds: dict[int, int] = {}
        self._markets: dict[int, events.MarketListed] = {}
        self._decimals: dict[int, int] = {}
        self._fronts: defaultdict[tuple[int, int], Counter[int]] = defaultdict(Counter)
        """Resting orders by price, by market and side."""
        self._resting: set[int] = set()
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
        self._due.clear()
        self._together.clear()
        self._moved.clear()
        for index, event in enumerate(told):
            assert event.index == index, event
            self.phases.enter(event)
            self.gates.enter(event)
            self._enter(event)
        self._settle()
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
            case events.OrdersCancelled():
                assert event.orders == len(self._together), event
            case events.OrderAmended():
                self._amend(event)
            case events.OrderReduced():
                self._reduce(event)
            case events.HoldReduced():
                assert event.released_atoms > 0, event
                self._release(self.orders[event.order_id], event.released_atoms)
            case events.TransferPosted():
                self._move((event.debit_account_id, event.asset_id), available=-event.amount_atoms)
                self._move((event.credit_account_id, event.asset_id), available=event.amount_atoms)
            case events.AccountOpened():
                self._kinds[event.account_id] = event.account_kind
            case events.AssetListed():
                self._decimals[event.asset_id] = event.decimals
            case events.MarketListed():
                self._markets[event.market_id] = event
            case events.BeneficialOwnerSet():
                self._owners[event.account_id] = event.owner_id
            case events.KillSwitchSet():
                switch = event.scope, event.scope_id
                self._stopped.add(switch) if event.engaged else self._stopped.discard(switch)

    def _place(self, event: events.OrderPlaced) -> None:
        self._settle()
        self._check_let_in(event.market_id, event.account_id)
        self.phases.come_in(event, event)
        self._check_gates(event, event)
        if event.time_in_force in MAY_REST or event.trigger:
            self.gates.has_room(event, self._open[event.account_id])
        self.orders[event.order_id] = Order(event, event.held_atoms, event.price_ticks, event.size_lots)
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
        self._incoming = 0

    def _trade(self, event: events.TradeExecuted) -> None:
        self.trades += 1
        assert event.trade_id == self.trades, f"trade {event.trade_id} is the {self.trades}th"
        maker, taker = self.orders[event.maker_order_id], self.orders[event.taker_order_id]
        market = self._markets[event.market_id]
        base_atoms = event.size_lots * market.lot_base_atoms
        exact = event.price_ticks * market.tick_quote_atoms * base_atoms
        assert event.quote_atoms * 10 ** self._decimals[market.base_asset_id] == exact, event
        self.phases.trade(event)
        self.waiting.trade(event)
        self._moved.add(event.market_id)
        assert event.maker_order_id in self._resting, event
        assert (event.taker_order_id in self._resting) == bool(event.in_auction), event
        if event.in_auction:
            assert maker.price_ticks <= event.price_ticks <= taker.price_ticks, event
            assert (maker.placed.side, taker.placed.side, event.taker_side) == (Side.SELL, Side.BUY, Side.BUY), event
        else:
            assert event.price_ticks == maker.price_ticks, event
        asking = max(maker, taker, key=_order_id) if event.in_auction else taker
        if asking.placed.self_trade_prevention != SelfTradePrevention.NONE:
            assert self._owner(maker) != self._owner(taker), f"a trade within one owner: {event}"
        for order, fee_atoms in (maker, event.maker_fee_atoms), (taker, event.taker_fee_atoms):
            order.filled_lots += event.size_lots
            quote_fee = fee_atoms if market.fee_currency == FeeCurrency.QUOTE else 0
            account_id = order.placed.account_id
            if order.placed.side == Side.BUY:
                self._pay(order, event.quote_atoms + quote_fee)
                received, received_atoms = market.base_asset_id, base_atoms - (fee_atoms - quote_fee)
                fee_asset = market.quote_asset_id if quote_fee else market.base_asset_id
            else:
                self._pay(order, base_atoms)
                received, received_atoms = market.quote_asset_id, event.quote_atoms - fee_atoms
                fee_asset = market.quote_asset_id
            self._move((account_id, received), available=received_atoms)
            self._move((market.fee_account_id, fee_asset), available=fee_atoms)
        assert maker.remaining_lots == event.maker_remaining_lots >= 0, event
        assert taker.remaining_lots >= 0 or taker.placed.size_lots == 0, event

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
        by_quote = order.placed.size_lots == 0
        if isinstance(event, events.OrderCancelled):
            assert event.remaining_lots == (0 if by_quote else order.remaining_lots), event
            self._check_reason(event, order)
        else:
            assert by_quote or order.remaining_lots == 0, event
        if event.order_id in self.waiting.orders:
            self.waiting.end(event)
        elif event.order_id in self._resting:
            self._leave(order)

    def _amend(self, event: events.OrderAmended) -> None:
        """Checks what must hold whatever is asked; a place that is kept goes with the old price and no larger size."""
        order = self.orders[event.order_id]
        self._check_let_in(event.market_id, event.account_id)
        self.phases.come_in(event, order.placed)
        self._check_gates(event, order.placed)
        assert event.account_id == order.placed.account_id, event
        assert event.order_id in self._resting, event
        same_or_smaller = event.price_ticks == order.price_ticks and event.size_lots <= order.size_lots
        assert event.priority_kept == same_or_smaller, event
        if not event.priority_kept:
            self._leave(order)
            self._incoming = event.order_id
        order.price_ticks, order.size_lots = event.price_ticks, event.size_lots
        assert order.remaining_lots == event.remaining_lots > 0, event
        self._release(order, order.held_atoms - event.held_atoms)

    def _reduce(self, event: events.OrderReduced) -> None:
        order = self.orders[event.order_id]
        assert event.reduced_lots > 0, event
        assert event.released_atoms >= 0, event
        order.size_lots -= event.reduced_lots
        assert order.remaining_lots == event.remaining_lots > 0, event
        self._release(order, event.released_atoms)

    def _leave(self, order: Order) -> None:
        placed = order.placed
        self._resting.remove(placed.order_id)
        front = self._fronts[placed.market_id, placed.side]
        front[order.price_ticks] -= 1
        if not front[order.price_ticks]:
            del front[order.price_ticks]

    def _rest(self, order: Order) -> int:
        """Into its book; returns the id of its market."""
        placed = order.placed
        assert placed.time_in_force in MAY_REST, f"{placed} rests"
        assert (placed.expire_time_ns != 0) == (placed.time_in_force == TimeInForce.GOOD_TILL_DATE), placed
        self._resting.add(placed.order_id)
        if placed.expire_time_ns:
            heappush(self._expiries, (placed.expire_time_ns, placed.order_id))
        self._fronts[placed.market_id, placed.side][order.price_ticks] += 1
        return placed.market_id

    def _check_book(self, market_id: int) -> None:
        """Not crossed where there is trading or was an auction; no order for the day after the close."""
        phase = self.phases.phases[market_id]
        bids, asks = self._fronts[market_id, Side.BUY], self._fronts[market_id, Side.SELL]
        if phase in UNCROSSED and bids and asks:
            assert max(bids) < min(asks), f"market {market_id} is crossed: {max(bids)}, {min(asks)}"
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
        lot_tick_quote_atoms = (
            market.tick_quote_atoms * market.lot_base_atoms // 10 ** self._decimals[market.base_asset_id]
        )
        value_atoms = event.size_lots * event.price_ticks * lot_tick_quote_atoms or placed.quote_amount_atoms
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
        market = self._markets[placed.market_id]
        asset_id = market.quote_asset_id if placed.side == Side.BUY else market.base_asset_id
        return placed.account_id, asset_id

    def _move(self, key: tuple[int, int], *, available: int = 0, held: int = 0) -> None:
        self.available[key] += available
        self.held[key] += held
        self._sums[key[1]] += available + held
        self._touched.add(key)

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
        resting = {tuple(int(row[at]) for at in _ORDER_COLUMNS) for row in rows if row[0] == "order"}
        resting |= {tuple(int(row[at + 2]) for at in _ORDER_COLUMNS) for row in rows if row[0] == "waiting"}
        mine_resting = {
            (order.price_ticks, number, order.size_lots, order.remaining_lots, order.held_atoms)
            for number, order in self.orders.items()
        }
        odd_orders = sorted(resting ^ mine_resting)
        differences += [f"order (price, id, size, remaining, held) differs: {odd}" for odd in odd_orders]
        for keeper in (self.phases, self.waiting, self.gates):
            differences += keeper.differs_from(lines)
        return differences


def _order_id(order: Order) -> int:
    return order.placed.order_id
