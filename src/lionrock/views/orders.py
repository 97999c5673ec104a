"""Every order and its state, and every fill, by account."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from lionrock.node.published import Published
from lionrock.words.enumerations import CancelReason, Side
from lionrock.words.events import (
    Event,
    OrderAmended,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    OrderReduced,
    TradeExecuted,
)
from lionrock.words.records import layout_of, unpack_all
from lionrock.words.side_notes import unmarked


class OrderStatus(StrEnum):
    """Where an order stands. The last four are final."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    PARTIALLY_CANCELED = "PARTIALLY_CANCELED"
    REJECTED = "REJECTED"
    """A post-only order that would have traded at once."""


_PARTIALLY_FILLED, _FILLED = OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED
"""By name: a member of an enumeration takes four times as long to look up as a function to call."""


class OrderState(msgspec.Struct, gc=False):
    """One order as far as it is durable. None is part of a cycle, so the collector need not look at millions."""

    placed: OrderPlaced
    """As it came in, with price and size as they were last amended or reduced."""
    client_order_id: str
    """The owner's own name for it; its order id when the owner gave none."""
    updated_ns: int
    """Time of the last event that touched it."""
    status: OrderStatus = OrderStatus.NEW
    filled_lots: int = 0
    filled_quote_atoms: int = 0
    fee_atoms: int = 0
    """Charged on its fills so far, in the asset its market charges this side in."""
    rebate_atoms: int = 0
    """Given for its fills so far, in the asset its market charges the other side in."""
    cancel_reason: int = 0
    """A `CancelReason`; 0 for an order that was not cancelled."""

    @property
    def is_open(self) -> bool:
        return self.status in (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


class Fill(msgspec.Struct, frozen=True, gc=False):
    """One side of a trade, as its account sees it."""

    trade: TradeExecuted
    order: OrderState
    named_maker: bool
    """The trade's record names this side as the maker."""

    @property
    def is_maker(self) -> bool:
        """It rested, or traded in an auction, where both sides pay as makers."""
        return self.named_maker or bool(self.trade.in_auction)

    @property
    def fill_id(self) -> int:
        """Unique also when an account trades with itself: odd for the side that the trade names as maker."""
        return 2 * self.trade.trade_id + self.named_maker

    @property
    def fee_atoms(self) -> int:
        """Below zero a rebate."""
        return self.trade.maker_fee_atoms if self.named_maker else self.trade.taker_fee_atoms

    @property
    def fee_side(self) -> int:
        """The side whose fees are in the same asset: this one's own, of a rebate the other, who pays it."""
        return self.trade.taker_side if self.fee_atoms < 0 else self.order.placed.side

    @property
    def is_buyer(self) -> bool:
        return self.order.placed.side == Side.BUY


_PLACED = {layout_of(OrderPlaced).kind: OrderPlaced}
_TRADES = {layout_of(TradeExecuted).kind: TradeExecuted}


class _Saved(msgspec.Struct, array_like=True):
    placed: bytes
    """Records, in the order in which the orders came."""
    rest: list[tuple[str, int, OrderStatus, int, int, int, int, int]]
    """The other fields of each `OrderState`."""
    trades: bytes
    """Records, by trade id."""


def _sides(trade: TradeExecuted) -> tuple[tuple[int, int, bool], tuple[int, int, bool]]:
    """Order, account, and whether the trade names it as the maker."""
    taker = trade.taker_order_id, trade.taker_account_id, False
    return taker, (trade.maker_order_id, trade.maker_account_id, True)


def order_after(events: Sequence[Event], client_order_id: str) -> OrderState | None:
    """The first order that these events placed, as it was behind them; None when they placed none."""
    order: OrderState | None = None
    for event in events:
        if order is not None:
            _follow(order, event)
        elif isinstance(event, OrderPlaced):
            order = OrderState(event, client_order_id or str(event.order_id), event.time_ns)
    return order


def _follow(order: OrderState, event: Event) -> None:
    order_id = order.placed.order_id
    if isinstance(event, TradeExecuted):
        if order_id in (event.taker_order_id, event.maker_order_id):
            order.filled_lots += event.size_lots
            order.filled_quote_atoms += event.quote_atoms
            order.status = _PARTIALLY_FILLED
    elif isinstance(event, (OrderFilled, OrderCancelled, OrderReduced)) and event.order_id == order_id:
        if isinstance(event, OrderFilled):
            order.status = _FILLED
        elif isinstance(event, OrderCancelled):
            order.cancel_reason, order.status = event.reason, status_of(event)
        else:
            size_lots = order.placed.size_lots - event.reduced_lots
            order.placed = msgspec.structs.replace(order.placed, size_lots=size_lots)


def status_of(event: OrderCancelled) -> OrderStatus:
    """Of an order that this ended."""
    if event.reason == CancelReason.WOULD_TAKE:
        return OrderStatus.REJECTED
    return OrderStatus.PARTIALLY_CANCELED if event.filled_lots else OrderStatus.CANCELED


class Orders:
    """Orders and fills of all accounts."""

    def __init__(self) -> None:
        self._by_id: dict[int, OrderState] = {}
        self._by_client_order_id: dict[tuple[int, str], OrderState] = {}
        self._open: defaultdict[int, dict[int, OrderState]] = defaultdict(dict)
        self._history: defaultdict[int, list[OrderState]] = defaultdict(list)
        self._fills: defaultdict[int, list[Fill]] = defaultdict(list)

    def apply(self, published: Published) -> None:
        """Take in one frame. The note of a `PlaceOrder` is the client order id, UTF-8, perhaps behind a mark."""
        for event in published.events:
            if isinstance(event, OrderPlaced):
                self._place(event, published.notes.get(event.sequence - published.sequence, b""))
            elif isinstance(event, TradeExecuted):
                self._trade(event)
            elif isinstance(event, OrderFilled):
                self._end(event, _FILLED)
            elif isinstance(event, OrderCancelled):
                self._by_id[event.order_id].cancel_reason = event.reason
                self._end(event, status_of(event))
            elif isinstance(event, OrderAmended):
                self._resize(event, event.size_lots, event.price_ticks)
            elif isinstance(event, OrderReduced):
                placed = self._by_id[event.order_id].placed
                self._resize(event, placed.size_lots - event.reduced_lots, placed.price_ticks)

    __call__ = apply
    name = "orders 1"
    """Of its section in a snapshot; to be counted up when `_Saved` changes."""

    def save(self) -> bytes:
        """Everything it knows, for `load`."""
        trades = {fill.trade.trade_id: fill.trade for fills in self._fills.values() for fill in fills}
        return msgspec.msgpack.encode(
            _Saved(
                b"".join(order.placed.pack() for order in self._by_id.values()),
                [msgspec.structs.astuple(order)[1:] for order in self._by_id.values()],
                b"".join(trades[trade_id].pack() for trade_id in sorted(trades)),
            )
        )

    def load(self, state: bytes) -> None:
        """Take up what another one saved, in place of any frame. Raises `ValueError`."""
        saved = msgspec.msgpack.decode(state, type=_Saved)
        for placed, rest in zip(unpack_all(_PLACED, saved.placed), saved.rest, strict=True):
            order = OrderState(placed, *rest)
            self._keep(order, named=order.client_order_id != str(placed.order_id))
            if not order.is_open:
                del self._open[placed.account_id][placed.order_id]
        for trade in unpack_all(_TRADES, saved.trades):
            for order_id, account_id, named_maker in _sides(trade):
                self._fills[account_id].append(Fill(trade, self._by_id[order_id], named_maker))

    def _place(self, event: OrderPlaced, note: bytes) -> None:
        text = unmarked(note)
        order = OrderState(event, text.decode(errors="replace") or str(event.order_id), event.time_ns)
        self._keep(order, named=bool(text))

    def _keep(self, order: OrderState, *, named: bool) -> None:
        account_id, order_id = order.placed.account_id, order.placed.order_id
        self._by_id[order_id] = order
        if named:
            self._by_client_order_id[account_id, order.client_order_id] = order
        self._open[account_id][order_id] = order
        self._history[account_id].append(order)

    def _trade(self, event: TradeExecuted) -> None:
        for order_id, account_id, named_maker in _sides(event):
            fee_atoms = event.maker_fee_atoms if named_maker else event.taker_fee_atoms
            order = self._by_id[order_id]
            order.filled_lots += event.size_lots
            order.filled_quote_atoms += event.quote_atoms
            order.fee_atoms += max(fee_atoms, 0)
            order.rebate_atoms += max(-fee_atoms, 0)
            order.status = _PARTIALLY_FILLED
            order.updated_ns = event.time_ns
            self._fills[account_id].append(Fill(event, order, named_maker))

    def _resize(self, event: OrderAmended | OrderReduced, size_lots: int, price_ticks: int) -> None:
        order = self._by_id[event.order_id]
        order.placed = msgspec.structs.replace(order.placed, size_lots=size_lots, price_ticks=price_ticks)
        order.updated_ns = event.time_ns

    def _end(self, event: OrderFilled | OrderCancelled, status: OrderStatus) -> None:
        order = self._by_id[event.order_id]
        order.status = status
        order.updated_ns = event.time_ns
        del self._open[event.account_id][event.order_id]

    def find(self, account_id: int, order_id: int) -> OrderState | None:
        """An order of this account; somebody else's is as unknown as one that never was."""
        order = self._by_id.get(order_id)
        return order if order is not None and order.placed.account_id == account_id else None

    def find_by_client_order_id(self, account_id: int, client_order_id: str) -> OrderState | None:
        """The order this account gave that name. An order placed without a name answers to its order id."""
        order = self._by_client_order_id.get((account_id, client_order_id))
        if order is None and client_order_id.isascii() and client_order_id.isdigit() and len(client_order_id) < 20:
            order = self.find(account_id, int(client_order_id))
            if order is not None and order.client_order_id != client_order_id:
                return None
        return order

    def open_orders(self, account_id: int) -> list[OrderState]:
        """What rests in the books, oldest first."""
        return list(self._open[account_id].values()) if account_id in self._open else []

    def newest_first(self, account_id: int, below_order_id: int, from_ns: int, until_ns: int) -> Iterator[OrderState]:
        """Orders of the account with a smaller id, placed in the time given (both ends included)."""
        history = self._history.get(account_id, [])
        end = min(
            bisect_left(history, below_order_id, key=lambda order: order.placed.order_id),
            bisect_right(history, until_ns, key=lambda order: order.placed.time_ns),
        )
        for position in range(end - 1, -1, -1):
            if history[position].placed.time_ns < from_ns:
                return
            yield history[position]

    def fills_newest_first(self, account_id: int, from_ns: int, until_ns: int) -> Iterator[Fill]:
        """Fills of the account in the time given (both ends included)."""
        fills = self._fills.get(account_id, [])
        for position in range(bisect_right(fills, until_ns, key=lambda fill: fill.trade.time_ns) - 1, -1, -1):
            if fills[position].trade.time_ns < from_ns:
                return
            yield fills[position]
