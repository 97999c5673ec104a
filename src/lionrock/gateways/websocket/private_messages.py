"""Events of the contract's private stream. Field names are the contract's."""

from __future__ import annotations

import msgspec

from lionrock.gateways.rest.contract import Venue
from lionrock.gateways.rest.rows import TIME_IN_FORCE_NAMES, milliseconds_text, side_name, type_name
from lionrock.gateways.websocket.account_news import Update
from lionrock.gateways.websocket.reports import Report
from lionrock.words.amounts import format_decimal
from lionrock.words.enumerations import CancelReason, TimeInForce
from lionrock.words.events import OrderCancelled, OrderReplenished


class ExecutionReport(msgspec.Struct, kw_only=True):
    """An order after something happened to it."""

    e: str = "executionReport"
    E: str
    """Milliseconds of the event."""
    s: str
    c: str
    """Client order id."""
    S: str
    o: str
    """Type."""
    f: str
    """Time in force."""
    q: str
    """Size."""
    p: str
    """Price."""
    reqAmt: str  # noqa: N815 the contract's name
    X: str
    """Status."""
    d: str
    """Execution id: of the fill, otherwise the command's sequence and the event's place in it."""
    i: str
    """Order id."""
    l: str = "0"  # noqa: E741 the contract's name
    """Size of this fill."""
    r: str
    """Not filled yet."""
    z: str
    """Filled so far."""
    L: str = "0"
    """Price of this fill."""
    V: str
    """Average price."""
    n: str = "0"
    """Fee of this fill; below zero a rebate."""
    N: str | None = None
    """Its asset."""
    u: bool = True
    w: bool = True
    m: bool = False
    """It was the maker."""
    O: str  # noqa: E741 the contract's name
    """Milliseconds of the order."""
    Z: str
    """Quote so far."""
    x: str = ""
    """Why it was cancelled: `USER_CANCEL` when its owner asked, otherwise the name of the reason."""


class TicketInfo(msgspec.Struct, kw_only=True):
    """A fill."""

    e: str = "ticketInfo"
    E: str
    s: str
    q: str
    t: str
    """Milliseconds."""
    p: str
    T: str
    """Trade id."""
    o: str
    """Order id."""
    c: str
    """Client order id."""
    O: str = "0"  # noqa: E741 the contract's name
    """The other side's order, which is nobody else's business."""
    a: str
    """Account."""
    A: str = "0"
    m: bool
    """It was the maker."""
    S: str


class Balance(msgspec.Struct):
    """Of one asset."""

    a: str
    f: str
    """Free."""
    l: str  # noqa: E741 the contract's name
    """Locked."""
    r: str = ""


class AccountInfo(msgspec.Struct, kw_only=True):
    """One balance: clients read no second one."""

    e: str = "outboundAccountInfo"
    E: str
    T: bool = True
    W: bool = True
    D: bool = True
    B: list[Balance]


def contract_events(update: Update, venue: Venue, account_id: int) -> list[ExecutionReport | TicketInfo | AccountInfo]:
    """What the contract tells of an update, in order."""
    events: list[ExecutionReport | TicketInfo | AccountInfo] = []
    for report in update.reports:
        if report.order is None or isinstance(report.event, OrderReplenished):
            continue
        events.append(_execution_report(report, venue))
        if report.fill is not None:
            events.append(_ticket(report, venue, account_id))
    time_ns = update.reports[-1].event.time_ns if update.reports else venue.clock()
    for asset_id, (available, held) in update.balances.items():
        asset = venue.catalogue.assets[asset_id]
        free, locked = (format_decimal(atoms, asset.decimals) for atoms in (available, held))
        events.append(AccountInfo(E=milliseconds_text(time_ns), B=[Balance(asset.code, free, locked)]))
    return events


def _execution_report(report: Report, venue: Venue) -> ExecutionReport:
    order, event = report.order, report.event
    assert order is not None  # noqa: S101 asked by the caller
    placed = order.placed
    market = venue.catalogue.markets[placed.market_id]
    told = ExecutionReport(
        E=milliseconds_text(event.time_ns),
        s=market.symbol,
        c=order.client_order_id,
        S=side_name(placed.side),
        o=type_name(order),
        f=TIME_IN_FORCE_NAMES[TimeInForce(placed.time_in_force)],
        q=market.size_text(report.size_lots),
        p=market.price_text(report.price_ticks),
        reqAmt=market.quote_text(placed.quote_amount_atoms),
        X=report.status,
        d=f"{event.sequence}{event.index:04}",
        i=str(placed.order_id),
        r=market.size_text(max(report.size_lots - report.filled_lots, 0)),
        z=market.size_text(report.filled_lots),
        V=market.average_price_text(report.filled_quote_atoms, report.filled_lots),
        O=milliseconds_text(placed.time_ns),
        Z=market.quote_text(report.filled_quote_atoms),
    )
    if isinstance(event, OrderCancelled):
        reason = CancelReason(event.reason)
        told.x = "USER_CANCEL" if reason is CancelReason.REQUESTED else reason.name
    if (fill := report.fill) is not None:
        told.d = str(fill.fill_id)
        told.l, told.L = market.size_text(fill.trade.size_lots), market.price_text(fill.trade.price_ticks)
        told.n = market.fee_text(fill.fee_side, fill.fee_atoms)
        told.N, told.m = market.fee_asset(fill.fee_side).code, fill.is_maker
    return told


def _ticket(report: Report, venue: Venue, account_id: int) -> TicketInfo:
    fill = report.fill
    assert fill is not None  # noqa: S101 asked by the caller
    placed = fill.order.placed
    market = venue.catalogue.markets[placed.market_id]
    return TicketInfo(
        E=milliseconds_text(fill.trade.time_ns),
        s=market.symbol,
        q=market.size_text(fill.trade.size_lots),
        t=milliseconds_text(fill.trade.time_ns),
        p=market.price_text(fill.trade.price_ticks),
        T=str(fill.trade.trade_id),
        o=str(placed.order_id),
        c=fill.order.client_order_id,
        a=str(account_id),
        m=fill.is_maker,
        S=side_name(placed.side),
    )
