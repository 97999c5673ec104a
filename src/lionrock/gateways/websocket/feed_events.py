"""An account's events as the venue's own stream tells them, with reasons."""

from __future__ import annotations

from lionrock.gateways.rest.answers import Figure
from lionrock.gateways.rest.contract import NS_PER_MS, Venue
from lionrock.gateways.rest.rows import side_name, type_name
from lionrock.gateways.websocket.feed_messages import FeedEvent, FeedFill, FeedOrder, FeedReason
from lionrock.gateways.websocket.reports import Report
from lionrock.views.orders import Fill, OrderState
from lionrock.views.telling import About, about, figures_told, refusal_told
from lionrock.words.commands import AmendOrder, CancelOrder, Command
from lionrock.words.enumerations import CancelReason, TimeInForce
from lionrock.words.events import CommandRejected, OrderCancelled, OrderPlaced
from lionrock.words.rejections import EXPLANATIONS, Rejection

CANCEL_WORDS = {
    CancelReason.REQUESTED: "its owner cancelled it",
    CancelReason.IMMEDIATE_REMAINDER: "immediate-or-cancel: this part found no counterparty at the price",
    CancelReason.NOT_FILLABLE_WHOLE: "fill-or-kill: the book could not fill the whole order at its price",
    CancelReason.WOULD_TAKE: "post-only: it would have traded at once",
    CancelReason.BOOK_EXHAUSTED: "the opposite side of the book ran out",
    CancelReason.BELOW_ONE_LOT: "the amount does not pay for one lot at the best price",
    CancelReason.LARGEST_SIZE: "it traded the market's largest size and had something left to spend",
    CancelReason.EXPIRED: "its expiry time came",
    CancelReason.SELF_TRADE: "it would have traded with an order of the same beneficial owner",
    CancelReason.KILL_SWITCH: "a kill switch was engaged over it",
    CancelReason.DISCONNECTED: "the connection it was tied to was lost",
    CancelReason.VOLATILITY: "the next trade would have left the price band, and it may not rest",
}


def feed_order(order: OrderState, venue: Venue, report: Report | None = None) -> FeedOrder:
    """The order, as it is or as a report has it."""
    placed = order.placed
    market = venue.catalogue.markets[placed.market_id]
    return FeedOrder(
        order_id=str(placed.order_id),
        client_order_id=order.client_order_id,
        symbol=market.symbol,
        side=side_name(placed.side),
        kind=type_name(order),
        time_in_force=TimeInForce(placed.time_in_force).name,
        group_id=placed.group_id,
        status=report.status if report else order.status,
        price=market.price_text(report.price_ticks if report else placed.price_ticks),
        size=market.size_text(report.size_lots if report else placed.size_lots),
        filled=market.size_text(report.filled_lots if report else order.filled_lots),
        filled_quote=market.quote_text(report.filled_quote_atoms if report else order.filled_quote_atoms),
    )


def feed_event(report: Report, venue: Venue) -> FeedEvent:
    event = report.event
    return FeedEvent(
        event=type(event).__name__,
        sequence=event.sequence,
        index=event.index,
        time_ms=event.time_ns // NS_PER_MS,
        order=feed_order(report.order, venue, report) if report.order else None,
        fill=_fill(report.fill, venue) if report.fill else None,
        reason=_reason(report, venue),
    )


def _fill(fill: Fill, venue: Venue) -> FeedFill:
    trade = fill.trade
    market = venue.catalogue.markets[trade.market_id]
    return FeedFill(
        fill_id=str(fill.fill_id),
        trade_id=str(trade.trade_id),
        price=market.price_text(trade.price_ticks),
        size=market.size_text(trade.size_lots),
        fee=market.fee_text(fill.fee_side, fill.fee_atoms),
        fee_asset=market.fee_asset(fill.fee_side).code,
        is_maker=fill.is_maker,
        in_auction=bool(trade.in_auction),
    )


def _about(command: Command | None, venue: Venue) -> About:
    """What a refused command named; one that names an order is about that order's market and side."""
    if command is None:
        return About()
    placed: Command | OrderPlaced = command
    if isinstance(command, (AmendOrder, CancelOrder)):
        order = venue.orders.find(command.account_id, command.order_id)
        placed = order.placed if order else command
    return about(venue.catalogue, placed)._replace(valuation=venue.clients.valuation)


def _reason(report: Report, venue: Venue) -> FeedReason | None:
    event = report.event
    if isinstance(event, OrderCancelled):
        reason = CancelReason(event.reason)
        return FeedReason(number=int(reason), name=reason.name.lower(), words=CANCEL_WORDS[reason])
    if isinstance(event, CommandRejected):
        rejection, known = Rejection(event.rejection), _about(report.command, venue)
        figures = figures_told(rejection, event.first_figure, event.second_figure, known)
        return FeedReason(
            number=int(rejection),
            name=rejection.name.lower(),
            words=refusal_told(event, known),
            figures={name: Figure(**figure) for name, figure in figures.items()},
            first_figure=str(event.first_figure),
            second_figure=str(event.second_figure),
            next_step=EXPLANATIONS[rejection].next_step,
        )
    return None
