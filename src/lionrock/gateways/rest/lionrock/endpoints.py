"""The rows of our own order entry and market data in the table of endpoints."""

from __future__ import annotations

from lionrock.gateways.rest.contract import Body, Endpoint, Kind, Parameter, Security
from lionrock.gateways.rest.lionrock import markets, orders, previews
from lionrock.gateways.rest.lionrock.answers import Cancellation, Consequence, OwnOrder
from lionrock.gateways.rest.lionrock.requests import CLIENT_ORDER_ID, GROUP, ORDER_PARAMETERS, SIDE, SYMBOL
from lionrock.gateways.rest.orders import MAX_BATCH

_NONE, _READ, _TRADE = Security.NONE, Security.USER_DATA, Security.TRADE

_ANY_SYMBOL = Parameter("symbol", "Name of the market; all when it is not sent", example="BTCUSDT")
_ORDER_ID = Parameter("orderId", "The venue's id of the order", example="1000000000000000042")
_LIMIT = Parameter("limit", "Most rows to answer", Kind.WHOLE_NUMBER, example="100")

_AMENDED = (
    _ORDER_ID,
    CLIENT_ORDER_ID,
    Parameter("price", "The new price; the old one when it is not sent", Kind.DECIMAL, example="50001"),
    Parameter("quantity", "The new size, what has traded included", Kind.DECIMAL, example="0.02"),
)
_CANCELLED = (
    _ORDER_ID,
    CLIENT_ORDER_ID,
    Parameter("symbol", "Cancel the orders of this market", example="BTCUSDT"),
    Parameter("side", "Cancel the orders of this side", choices=SIDE.choices, example="BUY"),
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
        is_strict=True,
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
        is_strict=True,
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
        is_strict=True,
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
        is_strict=True,
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
        is_strict=True,
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
        parameters=(_ORDER_ID, CLIENT_ORDER_ID, _ANY_SYMBOL, SIDE, GROUP, _LIMIT),
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
        is_strict=True,
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
        parameters=(SYMBOL, _LIMIT),
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
