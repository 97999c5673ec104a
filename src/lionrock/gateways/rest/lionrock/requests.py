"""From the parameters of an own order to the command, exactly or not at all.

What does not go together is left to the core, which says why: here is only what the core has no number for.
"""

from __future__ import annotations

from lionrock.gateways.rest.contract import NS_PER_MS, Kind, Parameter, Venue
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.order_requests import (
    TIMES_IN_FORCE,
    OrderRequest,
    read_amount,
    read_client_order_id,
    read_price,
    read_side,
    read_size,
)
from lionrock.gateways.rest.parameters import Parameters
from lionrock.views.catalogue import Market
from lionrock.words.commands import PlaceOrder
from lionrock.words.enumerations import OrderType, SelfTradePrevention, TimeInForce, Trigger

ORDER_TYPES = {
    "LIMIT": (OrderType.LIMIT, Trigger.NONE),
    "MARKET": (OrderType.MARKET, Trigger.NONE),
    "STOP": (OrderType.MARKET, Trigger.STOP),
    "STOP_LIMIT": (OrderType.LIMIT, Trigger.STOP),
    "TAKE_PROFIT": (OrderType.MARKET, Trigger.TAKE_PROFIT),
    "TAKE_PROFIT_LIMIT": (OrderType.LIMIT, Trigger.TAKE_PROFIT),
}

OWN_TIMES_IN_FORCE = TIMES_IN_FORCE | {"GTD": TimeInForce.GOOD_TILL_DATE, "DAY": TimeInForce.DAY}

SELF_TRADE_MODES = {
    "none": SelfTradePrevention.NONE,
    "expireTaker": SelfTradePrevention.EXPIRE_TAKER,
    "expireMaker": SelfTradePrevention.EXPIRE_MAKER,
    "expireBoth": SelfTradePrevention.EXPIRE_BOTH,
    "decrement": SelfTradePrevention.DECREMENT,
}

SYMBOL = Parameter("symbol", "Name of the market", is_required=True, example="BTCUSDT")
SIDE = Parameter("side", "Which way, seen from the base asset", choices=("BUY", "SELL"), example="BUY")
GROUP = Parameter("group", "The client's own number for orders cancelled together", Kind.WHOLE_NUMBER, example="7")
CLIENT_ORDER_ID = Parameter("clientOrderId", "The client's own id of the order, at most 255 characters", example="a-1")

ORDER_PARAMETERS = (
    SYMBOL,
    Parameter("side", SIDE.words, is_required=True, choices=SIDE.choices, example="BUY"),
    Parameter("type", "What kind of order", is_required=True, choices=tuple(ORDER_TYPES), example="LIMIT"),
    Parameter("quantity", "How much base; not with `amount`", Kind.DECIMAL, example="0.01"),
    Parameter("amount", "How much quote a market order spends or raises", Kind.DECIMAL, example="500"),
    Parameter("price", "Limit price of the limit kinds", Kind.DECIMAL, example="50000"),
    Parameter("triggerPrice", "Trade price that stop and take-profit kinds wait for", Kind.DECIMAL, example="51000"),
    Parameter("displayQuantity", "Most that shows at a time (an iceberg)", Kind.DECIMAL, example="0.002"),
    Parameter(
        "timeInForce",
        "How long it stands; GTC unless sent, IOC for the market kinds",
        choices=tuple(OWN_TIMES_IN_FORCE),
        example="GTC",
    ),
    Parameter("expireTimeMs", "When a GTD order ends", Kind.MILLISECONDS, example="1800000000000"),
    Parameter("postOnly", "End the order rather than let it take", Kind.BOOLEAN, example="true"),
    Parameter(
        "selfTradeMode",
        "What happens when it would trade with its owner's; expireTaker unless sent, none where the site allows it",
        choices=tuple(SELF_TRADE_MODES),
        example="expireTaker",
    ),
    GROUP,
    CLIENT_ORDER_ID,
)
ORDER_NAMES = frozenset(parameter.name for parameter in ORDER_PARAMETERS)

_MAX_GROUP = 2**32 - 1
_MAX_TRIGGER_TICKS = 2**31 - 1
_MAX_TIME_MS = (2**63 - 1) // NS_PER_MS


def read_market(venue: Venue, parameters: Parameters) -> Market:
    """The market a request must name."""
    market = venue.catalogue.market_by_symbol.get(parameters.required("symbol"))
    if market is None:
        raise Refused("0201")
    return market


def read_own_order(venue: Venue, account_id: int, parameters: Parameters) -> OrderRequest:
    """The order that the parameters describe. Raises `Refused`."""
    market = read_market(venue, parameters)
    kind = ORDER_TYPES.get(parameters.required("type"))
    if kind is None:
        raise Refused("0206")
    order_type, trigger = kind
    client_order_id = read_client_order_id(parameters, "clientOrderId")
    price, quantity, amount = (parameters.text(name) for name in ("price", "quantity", "amount"))
    display, trigger_price = parameters.text("displayQuantity"), parameters.text("triggerPrice")
    if quantity is not None and amount is not None:
        raise Refused(-1129)
    command = PlaceOrder(
        order_id=0,
        account_id=account_id,
        market_id=market.market_id,
        side=read_side(parameters.required("side")),
        order_type=order_type,
        time_in_force=_time_in_force(parameters, order_type),
        post_only=bool(parameters.boolean("postOnly")),
        price_ticks=0 if price is None else read_price(market, price),
        size_lots=0 if quantity is None else read_size(market, quantity),
        quote_amount_atoms=0 if amount is None else read_amount(market, amount),
        self_trade_prevention=_self_trade_mode(venue, parameters),
        expire_time_ns=_whole(parameters, "expireTimeMs", _MAX_TIME_MS) * NS_PER_MS,
        group_id=read_group(parameters),
        trigger=trigger,
        trigger_price_ticks=0 if trigger_price is None else _trigger_price(market, trigger_price),
        display_lots=0 if display is None else read_size(market, display),
        client_order_key=venue.client_order_key(account_id, client_order_id) if client_order_id else 0,
    )
    return OrderRequest(command, client_order_id)


def read_group(parameters: Parameters) -> int:
    """The client's own number for orders cancelled together; 0 for none."""
    return _whole(parameters, "group", _MAX_GROUP)


def _whole(parameters: Parameters, name: str, most: int) -> int:
    value = parameters.number(name)
    if value is not None and value > most:
        raise missing_or_invalid(name)
    return value or 0


def _time_in_force(parameters: Parameters, order_type: OrderType) -> TimeInForce:
    text = parameters.text("timeInForce") or ("IOC" if order_type is OrderType.MARKET else "GTC")
    time_in_force = OWN_TIMES_IN_FORCE.get(text)
    if time_in_force is None:
        raise Refused(-1115)
    return time_in_force


def _self_trade_mode(venue: Venue, parameters: Parameters) -> SelfTradePrevention:
    mode = SELF_TRADE_MODES.get(parameters.text("selfTradeMode") or "expireTaker")
    if mode is None or (mode is SelfTradePrevention.NONE and not venue.profile.allows_self_trades):
        raise Refused(-1130, "selfTradeMode")
    return mode


def _trigger_price(market: Market, text: str) -> int:
    """Ticks; beyond what the command can carry the largest, which the core refuses as too high."""
    return min(read_price(market, text), _MAX_TRIGGER_TICKS)
