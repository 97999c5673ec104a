"""What each event did to an order, as its owner is told: the order after that event, not after the whole frame."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lionrock.gateways.rest.contract import Venue
from lionrock.node.published import Published
from lionrock.views.orders import Fill, OrderState, OrderStatus
from lionrock.words.commands import AmendOrder, CancelOrder, Command, PlaceOrder
from lionrock.words.enumerations import CancelReason
from lionrock.words.events import (
    CommandRejected,
    Event,
    OrderAmended,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    OrderReduced,
    OrderReplenished,
    OrderTriggered,
    TradeExecuted,
)


class Report(msgspec.Struct, frozen=True):
    """One event of an account."""

    event: Event
    order: OrderState | None = None
    """None for what is about no order."""
    status: OrderStatus = OrderStatus.NEW
    filled_lots: int = 0
    filled_quote_atoms: int = 0
    size_lots: int = 0
    price_ticks: int = 0
    fill: Fill | None = None
    command: Command | None = None
    """Of a refusal, what was refused."""
    note: str = ""
    """The client's own id that a refused order was to have."""


class _Running:
    """An order as it stands between the events of a frame."""

    def __init__(self, order: OrderState, events: list[Event]) -> None:
        self.order = order
        order_id = order.placed.order_id
        trades = [event for event in events if isinstance(event, TradeExecuted)]
        sides = [
            (trade, side)
            for trade in trades
            for side in (trade.maker_order_id, trade.taker_order_id)
            if side == order_id
        ]
        self.filled_lots = order.filled_lots - sum(trade.size_lots for trade, _ in sides)
        self.filled_quote_atoms = order.filled_quote_atoms - sum(trade.quote_atoms for trade, _ in sides)
        self.size_lots, self.price_ticks = order.placed.size_lots, order.placed.price_ticks
        self.is_filled_here = any(isinstance(event, OrderFilled) and event.order_id == order_id for event in events)

    def report(self, event: Event, status: OrderStatus | None = None, fill: Fill | None = None) -> Report:
        partly = OrderStatus.PARTIALLY_FILLED if self.filled_lots else OrderStatus.NEW
        return Report(
            event,
            self.order,
            status or partly,
            self.filled_lots,
            self.filled_quote_atoms,
            self.size_lots,
            self.price_ticks,
            fill,
        )


def reports_of(account_id: int, events: list[Event], published: Published, venue: Venue) -> Iterator[Report]:
    """One for each event; an order's last fill says FILLED, and `OrderFilled` itself is not told again."""
    running: dict[int, _Running] = {}

    def find(order_id: int) -> _Running | None:
        if order_id not in running:
            order = venue.orders.find(account_id, order_id)
            if order is None:
                return None
            running[order_id] = _Running(order, events)
        return running[order_id]

    for event in events:
        if isinstance(event, TradeExecuted):
            yield from _fills(account_id, event, find(event.maker_order_id), find(event.taker_order_id))
        elif isinstance(event, CommandRejected):
            yield _refusal(event, published)
        elif isinstance(event, OrderFilled):
            continue
        elif isinstance(event, _ORDER_EVENTS) and (order := find(event.order_id)) is not None:
            yield _change(event, order)
        else:
            yield Report(event)


_ORDER_EVENTS = (OrderPlaced, OrderCancelled, OrderAmended, OrderReduced, OrderTriggered, OrderReplenished)


def _fills(account_id: int, trade: TradeExecuted, maker: _Running | None, taker: _Running | None) -> Iterator[Report]:
    for order, named_maker, owner in (
        (taker, False, trade.taker_account_id),
        (maker, True, trade.maker_account_id),
    ):
        if order is None or owner != account_id:
            continue
        order.filled_lots += trade.size_lots
        order.filled_quote_atoms += trade.quote_atoms
        ends = order.is_filled_here and order.filled_lots == order.order.filled_lots
        status = OrderStatus.FILLED if ends else OrderStatus.PARTIALLY_FILLED
        yield order.report(trade, status, Fill(trade, order.order, named_maker))


def _change(event: Event, order: _Running) -> Report:
    status = None
    if isinstance(event, OrderCancelled):
        status = OrderStatus.PARTIALLY_CANCELED if event.filled_lots else OrderStatus.CANCELED
        if event.reason == CancelReason.WOULD_TAKE:
            status = OrderStatus.REJECTED
    elif isinstance(event, (OrderPlaced, OrderAmended)):
        order.size_lots, order.price_ticks = event.size_lots, event.price_ticks
    elif isinstance(event, OrderReduced):
        order.size_lots = order.filled_lots + event.remaining_lots
    return order.report(event, status)


def _refusal(event: CommandRejected, published: Published) -> Report:
    position = event.sequence - published.sequence
    command = published.commands[position]
    note = published.notes.get(position, b"").decode("utf-8", "replace")
    if isinstance(command, (PlaceOrder, AmendOrder, CancelOrder)):
        return Report(event, command=command, note=note)
    return Report(event, command=command)
