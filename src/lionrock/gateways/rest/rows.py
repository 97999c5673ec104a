"""The rows of the contract: orders and fills as clients read them. Field names are the contract's, in camel case."""

from __future__ import annotations

from typing import Any

import msgspec

from lionrock.gateways.rest.contract import NS_PER_MS
from lionrock.views.catalogue import Market
from lionrock.views.orders import Fill, OrderState, OrderStatus
from lionrock.words.enumerations import CancelReason, OrderType, SelfTradePrevention, Side, TimeInForce

TIME_IN_FORCE_NAMES: dict[int, str] = {
    TimeInForce.GOOD_TILL_CANCELLED: "GTC",
    TimeInForce.IMMEDIATE_OR_CANCEL: "IOC",
    TimeInForce.FILL_OR_KILL: "FOK",
    # The contract has no names for these; until their time comes they rest like any other.
    TimeInForce.GOOD_TILL_DATE: "GTC",
    TimeInForce.DAY: "GTC",
}

_MARKET, _BUY = int(OrderType.MARKET), int(Side.BUY)

EXCHANGE_ID = "301"
"""Constant of the contract."""


class CancelledOrder(msgspec.Struct, rename="camel", kw_only=True):
    """Reply to a cancel: the order as it was at that moment, still open."""

    account_id: str
    symbol: str
    client_order_id: str
    order_id: str
    transact_time: str
    price: str
    orig_qty: str
    executed_qty: str
    status: str
    time_in_force: str
    type: str
    side: str


class PlacedOrder(CancelledOrder, rename="camel", kw_only=True):
    """Reply to a new order."""

    symbol_name: str
    req_amount: str
    concentration: str | msgspec.UnsetType = ""
    """A risk reminder; orders of a batch have none of their own."""


class FullOrder(msgspec.Struct, rename="camel", kw_only=True):
    """An order in a list."""

    account_id: str
    exchange_id: str = EXCHANGE_ID
    symbol: str
    symbol_name: str
    client_order_id: str
    order_id: str
    price: str
    orig_qty: str
    executed_qty: str
    cummulative_quote_qty: str
    """Misspelt in the contract, kept for its clients."""
    cumulative_quote_qty: str
    avg_price: str
    status: str
    time_in_force: str
    type: str
    side: str
    stop_price: str = "0.0"
    iceberg_qty: str = "0.0"
    time: str
    update_time: str
    is_working: bool = True
    req_amount: str


class SingleOrder(FullOrder, rename="camel", kw_only=True):
    """An order asked for by its id."""

    fee_coin: str
    fee_amount: str
    sum_fee_amount: str
    ord_cxl_reason: str
    """Name of the `CancelReason`; empty for an order that was not cancelled."""
    stp_mode: str
    """Name of the `SelfTradePrevention`."""


class FillFee(msgspec.Struct, rename="camel"):
    fee_coin_id: str
    fee_coin_name: str
    fee: str
    origin_fee: str
    origin_coin_id: str
    origin_coin_name: str


class AccountTrade(msgspec.Struct, rename="camel", kw_only=True):
    """One side of a trade. A commission below zero is a rebate, in the asset of the taker's fee."""

    id: str
    client_order_id: str
    ticket_id: str
    symbol: str
    symbol_name: str
    order_id: str
    match_order_id: str = "0"
    price: str
    qty: str
    commission: str
    commission_asset: str
    time: str
    is_buyer: bool
    is_maker: bool
    fee: FillFee
    fee_coin_id: str
    fee_amount: str
    maker_rebate: str = "0"
    """The same rebate without its sign."""
    account_id: str
    hsk_deduct: bool = False
    hsk_deduct_price: str = ""


def milliseconds_text(time_ns: int) -> str:
    return str(time_ns // NS_PER_MS)


def type_name(order: OrderState) -> str:
    if order.placed.order_type == _MARKET:
        return "MARKET"
    return "LIMIT_MAKER" if order.placed.post_only else "LIMIT"


def side_name(side: int) -> str:
    return "BUY" if side == _BUY else "SELL"


def cancelled_order(market: Market, order: OrderState) -> CancelledOrder:
    placed = order.placed
    status = OrderStatus.PARTIALLY_FILLED if order.filled_lots else OrderStatus.NEW
    return CancelledOrder(
        account_id=str(placed.account_id),
        symbol=market.symbol,
        client_order_id=order.client_order_id,
        order_id=str(placed.order_id),
        transact_time=milliseconds_text(placed.time_ns),
        price=market.price_text(placed.price_ticks),
        orig_qty=market.size_text(placed.size_lots),
        executed_qty=market.size_text(order.filled_lots),
        status=status,
        time_in_force=TIME_IN_FORCE_NAMES[placed.time_in_force],
        type=type_name(order),
        side=side_name(placed.side),
    )


def placed_order(market: Market, order: OrderState) -> PlacedOrder:
    placed = order.placed
    return PlacedOrder(
        account_id=str(placed.account_id),
        symbol=market.symbol,
        symbol_name=market.symbol,
        client_order_id=order.client_order_id,
        order_id=str(placed.order_id),
        transact_time=milliseconds_text(placed.time_ns),
        price=market.price_text(placed.price_ticks),
        orig_qty=market.size_text(placed.size_lots),
        executed_qty=market.size_text(order.filled_lots),
        status=order.status,
        time_in_force=TIME_IN_FORCE_NAMES[placed.time_in_force],
        type=type_name(order),
        side=side_name(placed.side),
        req_amount=market.quote_text(placed.quote_amount_atoms),
    )


def full_order(market: Market, order: OrderState) -> FullOrder:
    return FullOrder(**_full(market, order))


def single_order(market: Market, order: OrderState) -> SingleOrder:
    code, fee = _fee(market, order)
    return SingleOrder(
        **_full(market, order),
        fee_coin=code,
        fee_amount=fee,
        sum_fee_amount=fee,
        ord_cxl_reason=CancelReason(order.cancel_reason).name if order.cancel_reason else "",
        stp_mode=SelfTradePrevention(order.placed.self_trade_prevention).name,
    )


def _fee(market: Market, order: OrderState) -> tuple[str, str]:
    """Asset and amount of what its fills cost, below zero if they brought more than they cost.

    The contract has room for one asset. Where fees and rebates are in two, rebates show only in the fills, unless there
    was no fee at all.
    """
    side, other_side = order.placed.side, Side.SELL if order.placed.side == Side.BUY else Side.BUY
    asset, other_asset = market.fee_asset(side), market.fee_asset(other_side)
    if asset is other_asset:
        return asset.code, market.fee_text(side, order.fee_atoms - order.rebate_atoms)
    if order.rebate_atoms and not order.fee_atoms:
        return other_asset.code, market.fee_text(other_side, -order.rebate_atoms)
    return asset.code, market.fee_text(side, order.fee_atoms)


def _full(market: Market, order: OrderState) -> dict[str, Any]:
    placed = order.placed
    cumulative_quote = market.quote_text(order.filled_quote_atoms)
    return {
        "account_id": str(placed.account_id),
        "symbol": market.symbol,
        "symbol_name": market.symbol,
        "client_order_id": order.client_order_id,
        "order_id": str(placed.order_id),
        "price": market.price_text(placed.price_ticks),
        "orig_qty": market.size_text(placed.size_lots),
        "executed_qty": market.size_text(order.filled_lots),
        "cummulative_quote_qty": cumulative_quote,
        "cumulative_quote_qty": cumulative_quote,
        "avg_price": market.average_price_text(order.filled_quote_atoms, order.filled_lots),
        "status": order.status,
        "time_in_force": TIME_IN_FORCE_NAMES[placed.time_in_force],
        "type": type_name(order),
        "side": side_name(placed.side),
        "time": milliseconds_text(placed.time_ns),
        "update_time": milliseconds_text(order.updated_ns),
        "iceberg_qty": market.size_text(placed.display_lots) if placed.display_lots else "0.0",
        "req_amount": market.quote_text(placed.quote_amount_atoms),
    }


def account_trade(market: Market, fill: Fill) -> AccountTrade:
    code, fee = market.fee_asset(fill.fee_side).code, market.fee_text(fill.fee_side, fill.fee_atoms)
    return AccountTrade(
        id=str(fill.fill_id),
        client_order_id=fill.order.client_order_id,
        ticket_id=str(fill.trade.trade_id),
        symbol=market.symbol,
        symbol_name=market.symbol,
        order_id=str(fill.order.placed.order_id),
        price=market.price_text(fill.trade.price_ticks),
        qty=market.size_text(fill.trade.size_lots),
        commission=fee,
        commission_asset=code,
        time=milliseconds_text(fill.trade.time_ns),
        is_buyer=fill.is_buyer,
        is_maker=fill.is_maker,
        fee=FillFee(code, code, fee, fee, code, code),
        fee_coin_id=code,
        fee_amount=fee,
        maker_rebate=market.fee_text(fill.fee_side, max(-fill.fee_atoms, 0)),
        account_id=str(fill.order.placed.account_id),
    )
