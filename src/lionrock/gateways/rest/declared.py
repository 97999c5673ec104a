"""Parameters that the rows of the table of endpoints share: what they are called and mean."""

from __future__ import annotations

from lionrock.gateways.rest.contract import Kind, Parameter, Rows
from lionrock.views.candles import INTERVALS_MS

_SYMBOL = "Market: the code of its base followed by that of its quote"
SYMBOL = Parameter("symbol", _SYMBOL, is_required=True, example="BTCUSDT")
ANY_SYMBOL = Parameter("symbol", f"{_SYMBOL}; all markets where it is not sent", example="BTCUSDT")
SYMBOLS = Parameter("symbols", "Markets, separated by commas; all where it is not sent", example="BTCUSDT,ETHUSDT")

_LIMIT = "How many rows at most; more than the endpoint gives is cut, not refused"
LIMIT = Parameter("limit", _LIMIT, Kind.WHOLE_NUMBER, example="100")

START_TIME = Parameter("startTime", "From this time on, this one included", Kind.MILLISECONDS)
END_TIME = Parameter("endTime", "Up to this time, this one included", Kind.MILLISECONDS)
INTERVAL = Parameter("interval", "Length of a candle", is_required=True, choices=tuple(INTERVALS_MS), example="1m")

SIDE = Parameter("side", "Side of the order", is_required=True, choices=("BUY", "SELL"), example="BUY")
ANY_SIDE = Parameter("side", "Only orders of this side", choices=("BUY", "SELL"))
ORDER_ID = Parameter("orderId", "The order's id", Kind.WHOLE_NUMBER)
CLIENT_ORDER_ID = Parameter("clientOrderId", "The client's own name of the order", example="mine-1")
ORIGINAL_CLIENT_ORDER_ID = Parameter("origClientOrderId", "The client's own name of the order")
ACCOUNT_ID = Parameter("accountId", "Account asked about; the key's own where it is not sent", Kind.WHOLE_NUMBER)
FROM_ID = Parameter("fromId", "Fills from this id on", Kind.WHOLE_NUMBER)
TO_ID = Parameter("toId", "Fills up to this id", Kind.WHOLE_NUMBER)
IDS = Parameter("ids", "Ids of up to 100 orders, separated by commas", is_required=True)

_KIND = Parameter(
    "type",
    "LIMIT, MARKET, or LIMIT_MAKER for a limit order that must not take",
    is_required=True,
    choices=("LIMIT", "MARKET", "LIMIT_MAKER"),
    example="LIMIT",
)
_PRICE = Parameter(
    "price", "Limit price, a whole number of ticks; ignored on a market order", Kind.DECIMAL, example="50000"
)
_TIME_IN_FORCE = Parameter(
    "timeInForce",
    "Good till cancelled, immediate or cancel, fill or kill; GTC where it is not sent, IOC on a market order",
    choices=("GTC", "IOC", "FOK"),
    example="GTC",
)
_NEW_CLIENT_ORDER_ID = Parameter(
    "newClientOrderId", "The client's own name for the order, of at most 255 characters, each used once"
)
_SAME_NAME = Parameter("clientOrderId", "The same as `newClientOrderId`, which wins where both are sent")
_STP_MODE = Parameter(
    "stpMode",
    "Which order ends when it would trade with one of the same owner; EXPIRE_TAKER where it is not sent",
    choices=("EXPIRE_TAKER", "EXPIRE_MAKER"),
)
_STOP_PRICE = Parameter("stopPrice", "Must be 0 or not be sent: there are no stop orders here", Kind.DECIMAL)
_LAST = (_PRICE, _TIME_IN_FORCE, _NEW_CLIENT_ORDER_ID, _SAME_NAME, _STP_MODE, _STOP_PRICE)

ORDER = (
    SYMBOL,
    SIDE,
    _KIND,
    Parameter(
        "quantity",
        "Size in base, a whole number of lots; of a market buy, what to spend in quote",
        Kind.DECIMAL,
        is_required=True,
        example="0.01",
    ),
    *_LAST,
)
"""Of an order by the first version."""

ORDER_BY_BASE_OR_AMOUNT = (
    SYMBOL,
    SIDE,
    _KIND,
    Parameter("quantity", "Size in base, a whole number of lots", Kind.DECIMAL, example="0.01"),
    Parameter("amount", "What a market order is to spend or bring in quote, instead of `quantity`", Kind.DECIMAL),
    *_LAST,
)
"""Of an order by version 1.1."""

BATCH_ROW = Rows(ORDER, most=20)
