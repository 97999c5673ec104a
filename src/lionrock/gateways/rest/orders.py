"""Orders: place, ask, cancel."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice

import msgspec

from lionrock.gateways.rest.answers import Batch, BatchRow, CancelledByIds, DecidingRule, NotCancelled, Nothing, Success
from lionrock.gateways.rest.causes import with_cause
from lionrock.gateways.rest.contract import NS_PER_MS, Call, Venue, readable_account, refusal_in, traded_market
from lionrock.gateways.rest.declared import BATCH_ROW
from lionrock.gateways.rest.errors import CODES, Code, Refused, missing_or_invalid
from lionrock.gateways.rest.order_requests import OrderRequest, read_order, read_side
from lionrock.gateways.rest.parameters import Parameters
from lionrock.gateways.rest.reasons import refused_body, refused_by_core
from lionrock.gateways.rest.rows import (
    CancelledOrder,
    FullOrder,
    PlacedOrder,
    SingleOrder,
    cancelled_order,
    full_order,
    placed_order,
    single_order,
)
from lionrock.gateways.rest.submissions import Submission, Submits
from lionrock.views.orders import OrderState, OrderStatus, order_after
from lionrock.views.telling import about
from lionrock.words.commands import CancelOrder, PlaceOrder
from lionrock.words.events import CommandRejected, Event
from lionrock.words.rejections import Rejection

MAX_BATCH = BATCH_ROW.most
MAX_CANCEL_IDS = 100
CANCELS_AT_ONCE = 1_000
"""Of all open orders: between them other accounts have their turn."""
DEFAULT_ROWS, MAX_ROWS = 500, 1_000
_FOREVER = 2**63 - 1
_BATCH_NAMES = BATCH_ROW.names

NO_LONGER_OPEN: dict[OrderStatus, Code] = {
    OrderStatus.FILLED: -1139,
    OrderStatus.CANCELED: -1142,
    OrderStatus.REJECTED: -1142,
    OrderStatus.PARTIALLY_CANCELED: -1138,
}
"""What a cancel of an order that is over is refused with."""


@Submits
def place(venue: Venue, call: Call) -> Submission:
    """First version: the quantity of a market buy is what to spend, in quote."""
    return _placing(venue, read_order(venue, call.account_id, call.parameters, quantity_may_be_quote=True))


@Submits
def place_by_base_or_amount(venue: Venue, call: Call) -> Submission:
    """Version 1.1: quantity is base, and a market order may name an amount of quote instead."""
    return _placing(venue, read_order(venue, call.account_id, call.parameters, quantity_may_be_quote=False))


async def check(venue: Venue, call: Call) -> Nothing:
    """Reads the order as `place` would and sends nothing; funds and limits are not looked at."""
    read_order(venue, call.account_id, call.parameters, quantity_may_be_quote=True)
    return Nothing()


def _placing(venue: Venue, request: OrderRequest) -> Submission:
    command, name = request.command, request.client_order_id

    def answer(events: list[list[Event]]) -> PlacedOrder:
        return placed_order(venue.catalogue.markets[command.market_id], _taken(venue, command, events[0], name))

    return Submission([(command, name.encode())], answer)


def _taken(
    venue: Venue, command: PlaceOrder, events: list[Event], client_order_id: str, later: Sequence[Event] = ()
) -> OrderState:
    """The order after its command, told from the events of its request alone: asked again, it is told the same."""
    refused = refusal_in(events)
    if refused is not None:
        known = about(venue.catalogue, command)._replace(valuation=venue.clients.valuation)
        raise with_cause(venue, command.account_id, refused, refused_by_core(refused, known))
    order = order_after([*events, *later], client_order_id)
    if order is None:
        raise LookupError(f"the node answered a PlaceOrder with {events}")
    return order


async def place_batch(venue: Venue, call: Call) -> Batch:
    """Up to 20 orders of one symbol, kept together in the order given; each is taken or refused on its own."""
    rows = _read_batch(call.body)
    if len(rows) > MAX_BATCH:
        raise Refused(-2022)
    if len({row.text("symbol") for row in rows}) > 1:
        raise Refused(-1130, "symbol")
    answers: list[Refused | OrderRequest | PlacedOrder] = []
    for row in rows:
        try:
            answers.append(read_order(venue, call.account_id, row, quantity_may_be_quote=True))
        except Refused as refused:
            answers.append(refused)
    waiting = [(index, answer) for index, answer in enumerate(answers) if isinstance(answer, OrderRequest)]
    submitted = await venue.node.submit_all(
        [(request.command, request.client_order_id.encode()) for _, request in waiting]
    )
    for at, (index, request) in enumerate(waiting):
        later = [event for events in submitted[at + 1 :] for event in events]  # each as it stands after the whole batch
        try:
            placed = placed_order(
                venue.catalogue.markets[request.command.market_id],
                _taken(venue, request.command, submitted[at], request.client_order_id, later),
            )
            placed.concentration = msgspec.UNSET
            answers[index] = placed
        except Refused as refused:
            answers[index] = refused
    return Batch(
        code=0, result=[_batch_row(venue, answer) for answer in answers if not isinstance(answer, OrderRequest)]
    )


def _batch_row(venue: Venue, answer: Refused | PlacedOrder) -> BatchRow:
    if isinstance(answer, Refused):
        reason = refused_body(answer, "", venue.licence_rules).get("lionrock")
        details = msgspec.UNSET if reason is None else msgspec.convert(reason, DecidingRule)
        return BatchRow(code=str(answer.code), msg=answer.message, lionrock=details)
    return BatchRow(code="0000", order=answer)


def _read_batch(body: bytes) -> list[Parameters]:
    """Numbers stay the text they were sent as. Raises `Refused` unless the body is an array of flat objects."""

    def read_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise missing_or_invalid("orders")
        return dict(pairs)

    try:
        rows = json.loads(body, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=read_object)
    except (ValueError, RecursionError) as error:
        raise missing_or_invalid("orders") from error
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise missing_or_invalid("orders")
    return [Parameters(row, _BATCH_NAMES) for row in rows]


async def query(venue: Venue, call: Call) -> SingleOrder:
    """One order, by its id or by the client's own."""
    order = _named_order(venue, call, readable_account(venue, call))
    return single_order(venue.catalogue.markets[order.placed.market_id], order)


def _named_order(venue: Venue, call: Call, account_id: int) -> OrderState:
    order_id = call.parameters.order_id("orderId")
    if order_id is not None:
        order = venue.orders.find(account_id, order_id)
    else:
        client_order_id = call.parameters.text("origClientOrderId") or call.parameters.text("clientOrderId")
        if client_order_id is None:
            raise missing_or_invalid("orderId")
        order = venue.orders.find_by_client_order_id(account_id, client_order_id)
    if order is None:
        raise Refused("0211")
    return order


@Submits
def cancel(venue: Venue, call: Call) -> Submission:
    """Cancels one order. The reply shows it as it was at that moment, still open as the contract has it."""
    market = traded_market(venue, call.parameters)
    order = _named_order(venue, call, call.account_id)
    if market is not None and market.market_id != order.placed.market_id:
        raise Refused("0211")
    if not order.is_open:
        raise Refused(NO_LONGER_OPEN[order.status])

    def answer(events: list[list[Event]]) -> CancelledOrder:
        refused = refusal_in(events[0])
        if refused is not None:
            # It was filled or cancelled by a command that went before this one.
            if not order.is_open:
                raise Refused(NO_LONGER_OPEN[order.status])
            raise refused_by_core(refused)
        return cancelled_order(venue.catalogue.markets[order.placed.market_id], order)

    return Submission([(CancelOrder(order_id=order.placed.order_id, account_id=call.account_id), b"")], answer)


async def cancel_by_ids(venue: Venue, call: Call) -> CancelledByIds:
    """Cancels orders by a comma list of ids; the result names those that could not be."""
    ids = list(dict.fromkeys(call.parameters.required("ids").split(",")))
    if len(ids) > MAX_CANCEL_IDS:
        raise Refused(-2022)
    orders: dict[str, OrderState] = {}
    for text in ids:
        if text.isascii() and text.isdigit() and len(text) < 20:
            order = venue.orders.find(call.account_id, int(text))
            if order is not None and order.is_open:
                orders[text] = order
    refused = await _cancel_all(venue, list({order.placed.order_id: order for order in orders.values()}.values()))
    codes = {text: "0211" for text in ids if text not in orders}
    for text, order in orders.items():
        event = refused.get(order.placed.order_id)
        if event is not None:
            codes[text] = "0211" if _had_ended(event) else str(CODES[Rejection(event.rejection)])
    rows = [NotCancelled(order_id=text[:19], code=codes[text]) for text in ids if text in codes]
    return CancelledByIds(code="0000", result=rows)


def _had_ended(event: CommandRejected) -> bool:
    """The order was filled or cancelled by a command that went before the cancel."""
    return event.rejection == Rejection.ORDER_UNKNOWN


async def cancel_open(venue: Venue, call: Call) -> Success:
    """Cancels the account's open orders of one symbol, of one side if it is named."""
    market = traded_market(venue, call.parameters)
    if market is None:
        raise missing_or_invalid("symbol")
    side_text = call.parameters.text("side")
    side = None if side_text is None else read_side(side_text)
    orders = [
        order
        for order in venue.orders.open_orders(call.account_id)
        if order.placed.market_id == market.market_id and (side is None or order.placed.side == side)
    ]
    for refused in (await _cancel_all(venue, orders)).values():
        if not _had_ended(refused):
            raise refused_by_core(refused)
    return Success()


async def cancel_everything(venue: Venue, call: Call) -> Success:
    """Cancels all open orders of the account, in every market."""
    for refused in (await _cancel_all(venue, venue.orders.open_orders(call.account_id))).values():
        if not _had_ended(refused):
            raise refused_by_core(refused)
    return Success()


async def _cancel_all(venue: Venue, orders: list[OrderState]) -> dict[int, CommandRejected]:
    """Of orders of one account, those that were not cancelled, by order id, and why."""
    if not orders:
        await venue.settled()
    refused = {}
    for start in range(0, len(orders), CANCELS_AT_ONCE):
        ids = [order.placed.order_id for order in orders[start : start + CANCELS_AT_ONCE]]
        commands = [(CancelOrder(order_id=order_id, account_id=orders[0].placed.account_id), b"") for order_id in ids]
        for order_id, events in zip(ids, await venue.node.submit_all(commands), strict=True):
            event = refusal_in(events)
            if event is not None:
                refused[order_id] = event
    return refused


async def list_open(venue: Venue, call: Call) -> list[FullOrder]:
    """Orders that rest, oldest first."""
    return open_orders_of(venue, call, readable_account(venue, call))


def open_orders_of(venue: Venue, call: Call, account_id: int) -> list[FullOrder]:
    """Resting orders of an account that the request may see, as its parameters choose them."""
    market = traded_market(venue, call.parameters)
    side_text = call.parameters.text("side")
    side = None if side_text is None else read_side(side_text)
    order_id = call.parameters.order_id("orderId")
    limit = call.parameters.limit(DEFAULT_ROWS, MAX_ROWS)
    orders = (
        order
        for order in venue.orders.open_orders(account_id)
        if (market is None or order.placed.market_id == market.market_id)
        and (side is None or order.placed.side == side)
        and (order_id is None or order.placed.order_id == order_id)
    )
    markets = venue.catalogue.markets
    return [full_order(markets[order.placed.market_id], order) for order in islice(orders, limit)]


async def list_traded(venue: Venue, call: Call) -> list[FullOrder]:
    """Orders that ended or traded in part: the newest that match, oldest first."""
    return traded_orders_of(venue, call, readable_account(venue, call))


def traded_orders_of(venue: Venue, call: Call, account_id: int) -> list[FullOrder]:
    """The same of an account that the request may see."""
    market = traded_market(venue, call.parameters)
    side_text = call.parameters.text("side")
    side = None if side_text is None else read_side(side_text)
    from_ns, until_ns = time_range(call.parameters)
    below = call.parameters.order_id("orderId")
    limit = call.parameters.limit(DEFAULT_ROWS, MAX_ROWS)
    history = venue.orders.newest_first(account_id, _FOREVER if below is None else below, from_ns, until_ns)
    matching = (
        order
        for order in history
        if order.status is not OrderStatus.NEW
        and (market is None or order.placed.market_id == market.market_id)
        and (side is None or order.placed.side == side)
    )
    markets = venue.catalogue.markets
    return [full_order(markets[order.placed.market_id], order) for order in reversed(list(islice(matching, limit)))]


def time_range(parameters: Parameters) -> tuple[int, int]:
    """`startTime` and `endTime` as nanoseconds, both ends included; everything when they are absent."""
    start_ms, end_ms = parameters.number("startTime"), parameters.number("endTime")
    from_ns = 0 if start_ms is None else start_ms * NS_PER_MS
    until_ns = _FOREVER if end_ms is None else (end_ms + 1) * NS_PER_MS - 1
    return from_ns, until_ns
