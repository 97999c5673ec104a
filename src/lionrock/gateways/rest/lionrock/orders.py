"""Own order entry: place, amend, cancel, one or many, and the account's kill switch."""

from __future__ import annotations

from itertools import islice

import msgspec

from lionrock.gateways.rest.causes import with_cause
from lionrock.gateways.rest.contract import Call, Venue, refusal_in, traded_market
from lionrock.gateways.rest.errors import Code, Refused, missing_or_invalid
from lionrock.gateways.rest.lionrock.answers import (
    Cancellation,
    Consequence,
    OwnOrder,
    amended_consequence,
    cancellation,
    cancelled_consequence,
    placed_consequence,
    whole_order,
)
from lionrock.gateways.rest.lionrock.requests import ORDER_NAMES, read_group, read_own_order
from lionrock.gateways.rest.order_requests import OrderRequest, read_price, read_side, read_size
from lionrock.gateways.rest.orders import CANCELS_AT_ONCE, DEFAULT_ROWS, MAX_BATCH, MAX_ROWS, NO_LONGER_OPEN
from lionrock.gateways.rest.reasons import refused_body, refused_by_core
from lionrock.gateways.rest.submissions import Submission, Submits
from lionrock.gateways.rest.unknown import refuse_unknown
from lionrock.views.catalogue import Market
from lionrock.views.orders import OrderState
from lionrock.views.telling import About, held_asset
from lionrock.views.trading_rules import BY_CLIENT
from lionrock.words.commands import AmendOrder, CancelOrder, CancelOrders, SetKillSwitch
from lionrock.words.enumerations import CancelReason, KillSwitchScope
from lionrock.words.events import Event
from lionrock.words.rejections import Rejection


class OwnBatchRow(msgspec.Struct, omit_defaults=True):
    """One order of a batch: what it did, or why it was refused."""

    placed: Consequence | None = None
    refused: dict[str, object] | None = None


class OwnBatch(msgspec.Struct):
    results: list[OwnBatchRow]


class KillSwitchAnswer(msgspec.Struct, rename="camel"):
    engaged: bool
    orders: Cancellation
    """What engaging it took back."""


@Submits
def place(venue: Venue, call: Call) -> Submission:
    """One order of any kind."""
    request = read_own_order(venue, call.account_id, call.parameters)

    def answer(events: list[list[Event]]) -> Consequence:
        return _placed(venue, request, events[0])

    return Submission([(request.command, request.client_order_id.encode())], answer)


def _placed(venue: Venue, request: OrderRequest, events: list[Event]) -> Consequence:
    refused = refusal_in(events)
    if refused is not None:
        market = venue.catalogue.markets[request.command.market_id]
        known = About(market, held_asset(market, request.command.side), venue.clients.valuation)
        told = refused_by_core(refused, known)
        raise with_cause(venue, request.command.account_id, refused, told)
    return placed_consequence(venue, events, request.client_order_id)


async def place_batch(venue: Venue, call: Call) -> OwnBatch:
    """Up to 20 orders, kept together in the order given; each is taken or refused on its own."""
    answers: list[Refused | OrderRequest] = []
    for row in call.parameters.rows("orders", MAX_BATCH):
        try:
            refuse_unknown(row, ORDER_NAMES)
            answers.append(read_own_order(venue, call.account_id, row))
        except Refused as refused:
            answers.append(refused)
    requests = [answer for answer in answers if isinstance(answer, OrderRequest)]
    submitted = iter(await venue.node.submit_all([(row.command, row.client_order_id.encode()) for row in requests]))
    results = []
    for answer in answers:
        try:
            if isinstance(answer, Refused):
                raise answer
            results.append(OwnBatchRow(placed=_placed(venue, answer, next(submitted))))
        except Refused as refused:
            results.append(OwnBatchRow(refused=refused_body(refused, "/lionrock/", venue.licence_rules)))
    return OwnBatch(results)


def _named(venue: Venue, call: Call) -> OrderState:
    """The account's order by id, or by the client's own id. Raises `Refused`: what is another's is not there."""
    order_id, name = call.parameters.order_id("orderId"), call.parameters.text("clientOrderId")
    if order_id is not None:
        order = venue.orders.find(call.account_id, order_id)
    elif name is not None:
        order = venue.orders.find_by_client_order_id(call.account_id, name)
    else:
        raise missing_or_invalid("orderId")
    if order is None:
        raise Refused("0211")
    return order


async def _open_named(venue: Venue, call: Call) -> OrderState:
    """The same of an order that may be changed: what was read waits until the commands before it are published."""
    try:
        order = _named(venue, call)
    except Refused as refused:
        if refused.code != "0211":
            raise
        await venue.settled()  # it may be on its way
        order = _named(venue, call)
    if not order.is_open and venue.repeated is None:
        raise Refused(NO_LONGER_OPEN[order.status])
    return order


def _refused(venue: Venue, order: OrderState, events: list[Event]) -> None:
    """Raises `Refused` when the command was."""
    refused = refusal_in(events)
    if refused is None:
        return
    code: Code | None = None
    if refused.rejection == Rejection.ORDER_UNKNOWN and not order.is_open:
        code = NO_LONGER_OPEN[order.status]  # a command before this one ended it
    market = venue.catalogue.markets[order.placed.market_id]
    known = About(market, held_asset(market, order.placed.side), venue.clients.valuation)
    told = refused_by_core(refused, known, code)
    raise with_cause(venue, order.placed.account_id, refused, told)


async def amend(venue: Venue, call: Call) -> Consequence:
    """New price, new quantity, or both, of a resting limit order; what is not sent stays."""
    price, quantity = call.parameters.text("price"), call.parameters.text("quantity")
    if price is None and quantity is None:
        raise missing_or_invalid("price")
    order = await _open_named(venue, call)
    market = venue.catalogue.markets[order.placed.market_id]
    command = AmendOrder(
        order_id=order.placed.order_id,
        account_id=call.account_id,
        price_ticks=order.placed.price_ticks if price is None else read_price(market, price),
        size_lots=order.placed.size_lots if quantity is None else read_size(market, quantity),
    )
    events = await venue.node.submit(command)
    _refused(venue, order, events)
    return amended_consequence(venue, events, order)


async def cancel(venue: Venue, call: Call) -> Consequence | Cancellation:
    """One order by `orderId` or `clientOrderId`; many by `symbol`, `side`, `group` or `all=true`."""
    parameters = call.parameters
    if parameters.text("orderId") is None and parameters.text("clientOrderId") is None:
        return await _cancel_many(venue, call)
    order = await _open_named(venue, call)
    events = await venue.node.submit(CancelOrder(order_id=order.placed.order_id, account_id=call.account_id))
    _refused(venue, order, events)
    return cancelled_consequence(venue, events, order)


async def _cancel_many(venue: Venue, call: Call) -> Cancellation:
    parameters = call.parameters
    market, group_id = traded_market(venue, parameters), read_group(parameters)
    side_text = parameters.text("side")
    if market is None and not group_id and side_text is None and not parameters.boolean("all"):
        raise missing_or_invalid("orderId")
    if side_text is not None:
        return await _cancel_side(venue, call, market, group_id, read_side(side_text))
    command = CancelOrders(
        account_id=call.account_id,
        market_id=market.market_id if market else 0,
        group_id=group_id,
        reason=CancelReason.REQUESTED,
    )
    events = await venue.node.submit(command)
    refused = refusal_in(events)
    if refused is not None:
        raise refused_by_core(refused, About(market))
    return cancellation(venue, call.account_id, [events])


async def _cancel_side(venue: Venue, call: Call, market: Market | None, group_id: int, side: int) -> Cancellation:
    """One by one: the core has no command for a side. What is under way when it is asked is waited for."""
    if venue.repeated is not None:
        return cancellation(venue, call.account_id, venue.repeated)
    await venue.settled()
    ids = [
        order.placed.order_id
        for order in venue.orders.open_orders(call.account_id)
        if order.placed.side == side
        and (market is None or order.placed.market_id == market.market_id)
        and (not group_id or order.placed.group_id == group_id)
    ]
    done: list[list[Event]] = []
    for start in range(0, len(ids), CANCELS_AT_ONCE):
        some = ids[start : start + CANCELS_AT_ONCE]
        commands = [(CancelOrder(order_id=order_id, account_id=call.account_id), b"") for order_id in some]
        done += await venue.node.submit_all(commands)
    return cancellation(venue, call.account_id, done)


async def query(venue: Venue, call: Call) -> OwnOrder | list[OwnOrder]:
    """One order by `orderId` or `clientOrderId`; without either the open ones, oldest first."""
    parameters, markets = call.parameters, venue.catalogue.markets
    if parameters.text("orderId") is not None or parameters.text("clientOrderId") is not None:
        order = _named(venue, call)
        return whole_order(markets[order.placed.market_id], order)
    market, group_id = traded_market(venue, parameters), read_group(parameters)
    side_text = parameters.text("side")
    side = None if side_text is None else read_side(side_text)
    orders = (
        order
        for order in venue.orders.open_orders(call.account_id)
        if (market is None or order.placed.market_id == market.market_id)
        and (side is None or order.placed.side == side)
        and (not group_id or order.placed.group_id == group_id)
    )
    limit = parameters.limit(DEFAULT_ROWS, MAX_ROWS)
    return [whole_order(markets[order.placed.market_id], order) for order in islice(orders, limit)]


async def kill_switch(venue: Venue, call: Call) -> KillSwitchAnswer:
    """Engaged, it cancels all orders of the account and lets none in; only what the client engaged it may release."""
    engaged = call.parameters.boolean("engaged")
    if engaged is None:
        raise missing_or_invalid("engaged")
    account_id = call.account_id
    if not engaged and venue.repeated is None:
        await venue.settled()
        if venue.trading_rules.engaged_by_operator(account_id):
            raise Refused(-1005)
    command = SetKillSwitch(scope=KillSwitchScope.ACCOUNT, scope_id=account_id, engaged=engaged)
    events = await venue.node.submit(command, BY_CLIENT)
    refused = refusal_in(events)
    if refused is not None:
        raise refused_by_core(refused)
    return KillSwitchAnswer(engaged, cancellation(venue, account_id, [events]))
