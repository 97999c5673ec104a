"""Keeps the accounts and the fronts of the books from events alone, and says what cannot be.

It decides nothing: it adds up what the events of each command say, and checks after every command what spec/ promises
of every state (LEDG-007, BOOK-007, BOOK-008, FEES-008). That it ends with the venue's own balances and orders shows
that every atom that moved stood in an event.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from lionrock.words import events
from lionrock.words.enumerations import AccountKind, FeeCurrency, Side, TimeInForce
from lionrock.words.events import Event


@dataclass
class Order:
    """An order that lives."""

    placed: events.OrderPlaced
    held_atoms: int
    filled_lots: int = 0

    @property
    def remaining_lots(self) -> int:
        return self.placed.size_lots - self.filled_lots


class Bookkeeper:
    """Fed with the events of one command after the other; raises `AssertionError` at the first that cannot be."""

    def __init__(self) -> None:
        self.available: defaultdict[tuple[int, int], int] = defaultdict(int)
        """Atoms by account and asset."""
        self.held: defaultdict[tuple[int, int], int] = defaultdict(int)
        self.orders: dict[int, Order] = {}
        self.trades = 0
        self._kinds: dict[int, int] = {}
        self._markets: dict[int, events.MarketListed] = {}
        self._decimals: dict[int, int] = {}
        self._fronts: defaultdict[tuple[int, int], Counter[int]] = defaultdict(Counter)
        """Resting orders by price, by market and side."""
        self._resting: set[int] = set()
        self._touched: set[tuple[int, int]] = set()
        self._sums: Counter[int] = Counter()
        """By asset, over all accounts; only of assets that the command touched."""

    def enter(self, told: Iterable[Event]) -> None:
        """The events of one command."""
        self._touched.clear()
        self._sums.clear()
        placed: list[int] = []
        for index, event in enumerate(told):
            assert event.index == index, event
            self._enter(event)
            if isinstance(event, events.OrderPlaced):
                placed.append(event.order_id)
        for order_id in placed:
            if order_id in self.orders:
                self._rest(self.orders[order_id])
        assert not any(self._sums.values()), f"not every asset sums to zero: {self._sums}"
        for key in self._touched:
            custody = self._kinds[key[0]] == AccountKind.CUSTODY
            assert self.held[key] >= 0, f"{key} has {self.held[key]} held"
            assert self.available[key] <= 0 if custody else self.available[key] >= 0, f"{key}: {self.available[key]}"

    def _enter(self, event: Event) -> None:
        match event:
            case events.OrderPlaced():
                self.orders[event.order_id] = Order(event, event.held_atoms)
                self._move(self._held_key(event), available=-event.held_atoms, held=event.held_atoms)
            case events.TradeExecuted():
                self._trade(event)
            case events.OrderFilled() | events.OrderCancelled():
                self._end(event)
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

    def _trade(self, event: events.TradeExecuted) -> None:
        self.trades += 1
        assert event.trade_id == self.trades, f"trade {event.trade_id} is the {self.trades}th"
        maker, taker = self.orders[event.maker_order_id], self.orders[event.taker_order_id]
        market = self._markets[event.market_id]
        base_atoms = event.size_lots * market.lot_base_atoms
        exact = event.price_ticks * market.tick_quote_atoms * base_atoms
        assert event.quote_atoms * 10 ** self._decimals[market.base_asset_id] == exact, event
        assert event.maker_order_id in self._resting, event
        assert event.price_ticks == maker.placed.price_ticks, event
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
        assert event.account_id == order.placed.account_id, event
        assert event.filled_lots == order.filled_lots, event
        self._release(order, event.released_atoms)
        assert order.held_atoms == 0, f"order {event.order_id} ended and {order.held_atoms} stay held"
        by_quote = order.placed.size_lots == 0
        if isinstance(event, events.OrderCancelled):
            assert event.remaining_lots == (0 if by_quote else order.remaining_lots), event
        else:
            assert by_quote or order.remaining_lots == 0, event
        if event.order_id in self._resting:
            self._resting.remove(event.order_id)
            front = self._fronts[event.market_id, order.placed.side]
            front[order.placed.price_ticks] -= 1
            if not front[order.placed.price_ticks]:
                del front[order.placed.price_ticks]

    def _rest(self, order: Order) -> None:
        placed = order.placed
        assert placed.time_in_force == TimeInForce.GOOD_TILL_CANCELLED, f"{placed} rests"
        self._resting.add(placed.order_id)
        self._fronts[placed.market_id, placed.side][placed.price_ticks] += 1
        bids, asks = self._fronts[placed.market_id, Side.BUY], self._fronts[placed.market_id, Side.SELL]
        assert not bids or not asks or max(bids) < min(asks), f"crossed by {placed}"

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
        """What the venue's lines of state say otherwise about balances, trades and resting orders; empty if nothing."""
        rows = [line.split("|") for line in lines]
        balances = {tuple(map(int, row[1:3])): tuple(map(int, row[3:])) for row in rows if row[0] == "balance"}
        keys = self.available.keys() | balances.keys()
        differences = [
            f"account and asset {key}: the events make {mine}, the venue has {balances.get(key, (0, 0))}"
            for key in keys
            if (mine := (self.available[key], self.held[key])) != balances.get(key, (0, 0))  # type: ignore[index]
        ]
        resting = {(int(row[4]), int(row[7]), int(row[8])) for row in rows if row[0] == "order"}
        mine_resting = {(number, order.remaining_lots, order.held_atoms) for number, order in self.orders.items()}
        differences += [f"order, remaining and held differ: {odd}" for odd in sorted(resting ^ mine_resting)]
        return differences
