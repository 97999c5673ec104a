"""The rows of our own order entry and market data in the table of endpoints."""

from __future__ import annotations

from lionrock.gateways.rest.contract import Body, Endpoint, Kind, Parameter, Security
from lionrock.gateways.rest.lionrock import markets, orders, previews
from lionrock.gateways.rest.lionrock.answers import Cancellation, Consequence, OwnOrder
from lionrock.gateways.rest.lionrock.requests import ORDER_TYPES, OWN_TIMES_IN_FORCE, SELF_TRADE_MODES
from lionrock.gateways.rest.orders import MAX_BATCH

_NONE, _READ, _TRADE = Security.NONE, Security.USER_DATA, Security.TRADE

_SYMBOL = Parameter("symbol", "Name of the market", is_required=True, example="BTCUSDT")
_ANY_SYMBOL = Parameter("symbol", "Name of the market; all when it is not sent", example="BTCUSDT")
_SIDE = Parameter("side", "Which way, seen from the base asset", choices=("BUY", "SELL"), example="BUY")
_GROUP = Parameter("group", "The client's own number for orders cancelled together", Kind.WHOLE_NUMBER, example="7")
_ORDER_ID = Parameter("orderId", "The venue's id of the order", example="1000000000000000042")
_CLIENT_ORDER_ID = Parameter("clientOrderId", "The client's own id of the order, at most 255 characters", example="a-1")
_LIMIT = Parameter("limit", "Most rows to answer", Kind.WHOLE_NUMBER, example="100")

ORDER_PARAMETERS = (
    _SYMBOL,
    Parameter("side", _SIDE.words, is_required=True, choices=_SIDE.choices, example="BUY"),
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
    _GROUP,
    _CLIENT_ORDER_ID,
)

_AMENDED = (
    _ORDER_ID,
    _CLIENT_ORDER_ID,
    Parameter("price", "The new price; the old one when it is not sent", Kind.DECIMAL, example="50001"),
    Parameter("quantity", "The new size, what has traded included", Kind.DECIMAL, example="0.02"),
)
_CANCELLED = (
    _ORDER_ID,
    _CLIENT_ORDER_ID,
    Parameter("symbol", "Cancel the orders of this market", example="BTCUSDT"),
    Parameter("side", "Cancel the orders of this side", choices=_SIDE.choices, example="BUY"),
    Parameter("group", "Cancel the orders of this group", Kind.WHOLE_NUMBER, example="7"),
    Parameter("all", "Cancel all orders of the account", Kind.BOOLEAN, example="true"),
)

_ORDERS = "/lionrock/v1/orders"
_JSON = Body.SIGNED_JSON

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        _ORDERS,
        _TRADE,
        1,
        orders.place,
        "Place an order of any kind",
        _JSON,
        parameters=ORDER_PARAMETERS,
        answer=Consequence,
    ),
    Endpoint(
        "POST",
        f"{_ORDERS}/batch",
        _TRADE,
        5,
        orders.place_batch,
        "Place up to 20 orders of any kind and market",
        _JSON,
        parameters=(
            Parameter(
                "orders",
                "Orders, kept together in this order",
                Kind.OBJECTS,
                is_required=True,
                members=ORDER_PARAMETERS,
                most=MAX_BATCH,
            ),
        ),
        answer=orders.OwnBatch,
    ),
    Endpoint(
        "POST",
        f"{_ORDERS}/preview",
        _READ,
        5,
        previews.preview,
        "What an order would do, without placing it",
        _JSON,
        parameters=ORDER_PARAMETERS,
        answer=previews.OrderPreview,
    ),
    Endpoint(
        "PATCH",
        _ORDERS,
        _TRADE,
        1,
        orders.amend,
        "Change price or quantity of an order",
        _JSON,
        parameters=_AMENDED,
        answer=Consequence,
    ),
    Endpoint(
        "DELETE",
        _ORDERS,
        _TRADE,
        1,
        orders.cancel,
        "Cancel one order, or many",
        _JSON,
        parameters=_CANCELLED,
        answer=Consequence | Cancellation,
    ),
    Endpoint(
        "GET",
        _ORDERS,
        _READ,
        1,
        orders.query,
        "One order, or the open ones",
        parameters=(_ORDER_ID, _CLIENT_ORDER_ID, _ANY_SYMBOL, _SIDE, _GROUP, _LIMIT),
        answer=OwnOrder | list[OwnOrder],
    ),
    Endpoint(
        "POST",
        "/lionrock/v1/killSwitch",
        _TRADE,
        1,
        orders.kill_switch,
        "Stop the account, or let it trade again",
        _JSON,
        parameters=(Parameter("engaged", "Stop it, or release it", Kind.BOOLEAN, is_required=True, example="true"),),
        answer=orders.KillSwitchAnswer,
    ),
    Endpoint(
        "GET",
        "/lionrock/v1/book",
        _NONE,
        1,
        markets.book,
        "Order book with sequence and checksum",
        parameters=(_SYMBOL, _LIMIT),
        answer=markets.Book,
    ),
    Endpoint(
        "GET",
        "/lionrock/v1/markets",
        _NONE,
        1,
        markets.markets,
        "Phases, bands, rules and limits of markets",
        parameters=(_ANY_SYMBOL,),
        answer=list[markets.OwnMarket],
    ),
    Endpoint(
        "GET",
        "/lionrock/v1/auctions",
        _NONE,
        1,
        markets.auctions,
        "Auctions held and under way",
        parameters=(_ANY_SYMBOL, _LIMIT),
        answer=list[markets.MarketAuctions],
    ),
)
