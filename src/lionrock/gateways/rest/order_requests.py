"""From the parameters of an order to the command, exactly or not at all."""

from __future__ import annotations

import msgspec

from lionrock.gateways.rest.contract import Venue
from lionrock.gateways.rest.errors import Code, Refused, missing_or_invalid
from lionrock.gateways.rest.parameters import Parameters
from lionrock.gateways.rest.reasons import refused_by_rule
from lionrock.node.stamping import FIRST_ID
from lionrock.views.catalogue import Market
from lionrock.views.telling import About
from lionrock.words.amounts import InexactAmount, MalformedAmount, parse_decimal
from lionrock.words.commands import PlaceOrder
from lionrock.words.enumerations import OrderType, SelfTradePrevention, Side, TimeInForce
from lionrock.words.rejections import Rejection

MAX_CLIENT_ORDER_ID = 255
"""Characters, by the contract."""

_I64_MAX = 2**63 - 1
_LIMIT, _MARKET = OrderType.LIMIT, OrderType.MARKET
_ORDER_ID_DIGITS = len(str(FIRST_ID))

SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}

ORDER_TYPES = {
    "LIMIT": (OrderType.LIMIT, 0),
    "LIMIT_MAKER": (OrderType.LIMIT, 1),
    "MARKET": (OrderType.MARKET, 0),
}
"""Order type and post-only flag; post-only is a type in the contract."""

TIMES_IN_FORCE = {
    "GTC": TimeInForce.GOOD_TILL_CANCELLED,
    "IOC": TimeInForce.IMMEDIATE_OR_CANCEL,
    "FOK": TimeInForce.FILL_OR_KILL,
}

SELF_TRADE_PREVENTION = {
    "EXPIRE_TAKER": SelfTradePrevention.EXPIRE_TAKER,
    "EXPIRE_MAKER": SelfTradePrevention.EXPIRE_MAKER,
}
"""The contract has no way to ask for none: a client of a licensed venue does not trade with itself."""


class OrderRequest(msgspec.Struct, frozen=True):
    """An order ready for the node."""

    command: PlaceOrder
    client_order_id: str
    """Empty when the client gave none."""


def read_order(venue: Venue, account_id: int, parameters: Parameters, *, quantity_may_be_quote: bool) -> OrderRequest:
    """The order that the parameters describe.

    With `quantity_may_be_quote` the quantity of a market buy is an amount of quote and there is no `amount` (the first
    version of the order endpoint); without, quantity is always base and a market order may name an `amount` instead.
    Raises `Refused`.
    """
    market = venue.catalogue.market_by_symbol.get(parameters.required("symbol"))
    if market is None:
        raise Refused("0201")
    side = read_side(parameters.required("side"))
    kind = ORDER_TYPES.get(parameters.required("type"))
    if kind is None:
        raise Refused("0206")
    order_type, post_only = kind
    time_in_force = _time_in_force(parameters, order_type)
    self_trade_prevention = SELF_TRADE_PREVENTION.get(parameters.text("stpMode") or "EXPIRE_TAKER")
    if self_trade_prevention is None:
        raise Refused(-1130, "stpMode")
    # Taken as an order without it, such an order would do what its sender wants to rule out.
    stop_price = parameters.text("stopPrice")
    if stop_price is not None and stop_price.strip("0") not in ("", "."):
        raise Refused(-1020)
    price, size, amount = _figures(market, parameters, order_type, side, quantity_may_be_quote=quantity_may_be_quote)
    client_order_id = _client_order_id(parameters)
    command = PlaceOrder(
        order_id=0,
        account_id=account_id,
        market_id=market.market_id,
        side=side,
        order_type=order_type,
        time_in_force=time_in_force,
        post_only=post_only,
        price_ticks=price,
        size_lots=size,
        quote_amount_atoms=amount,
        self_trade_prevention=self_trade_prevention,
        client_order_key=venue.client_order_key(account_id, client_order_id) if client_order_id else 0,
    )
    return OrderRequest(command, client_order_id)


def read_side(text: str) -> Side:
    side = SIDES.get(text)
    if side is None:
        raise Refused(-1117)
    return side


def _time_in_force(parameters: Parameters, order_type: OrderType) -> TimeInForce:
    text = parameters.text("timeInForce")
    time_in_force = TIMES_IN_FORCE.get(text or "GTC")
    if time_in_force is None:
        raise Refused(-1115)
    if order_type is _MARKET and time_in_force is TimeInForce.GOOD_TILL_CANCELLED:
        return TimeInForce.IMMEDIATE_OR_CANCEL  # the contract's default is GTC for every type, and MARKET reports IOC
    return time_in_force


def _figures(
    market: Market, parameters: Parameters, order_type: OrderType, side: Side, *, quantity_may_be_quote: bool
) -> tuple[int, int, int]:
    """Price in ticks, size in lots, quote amount in atoms; what the order does not have is 0."""
    quantity = parameters.text("quantity")
    amount = None if quantity_may_be_quote else parameters.text("amount")
    if quantity is not None and amount is not None:
        raise Refused(-1129)
    if order_type is _LIMIT:
        price_ticks = read_price(market, parameters.required("price"))
        return price_ticks, read_size(market, parameters.required("quantity")), 0
    if quantity_may_be_quote and side is Side.BUY:
        amount, quantity = quantity, None
    if amount is not None:
        return 0, 0, read_amount(market, amount)
    if quantity is None:
        raise missing_or_invalid("quantity")
    return 0, read_size(market, quantity), 0


def read_price(market: Market, text: str) -> int:
    """Ticks. Raises `Refused` when the text is no number or between two ticks."""
    ticks = _whole_steps(text, market.quote.decimals, market.listing.tick_quote_atoms, "0207", "0209")
    if ticks > _I64_MAX:
        raise refused_by_rule(Rejection.PRICE_ABOVE_MAXIMUM, market.listing.max_price_ticks, ticks, About(market))
    return ticks


def read_size(market: Market, text: str) -> int:
    """Lots. Raises `Refused` when the text is no number or between two lots."""
    lots = _whole_steps(text, market.base.decimals, market.listing.lot_base_atoms, -1126, -1137)
    if lots > _I64_MAX:
        raise refused_by_rule(Rejection.SIZE_ABOVE_MAXIMUM, market.listing.max_size_lots, lots, About(market))
    if not lots:  # told here, because the core takes a market order of size 0 for one that names its size nowhere
        raise refused_by_rule(Rejection.SIZE_NOT_POSITIVE, 0, 0)
    return lots


def read_amount(market: Market, text: str) -> int:
    """Quote atoms. Raises `Refused` when the text is no number or finer than the quote asset."""
    atoms = _whole_steps(text, market.quote.decimals, 1, -1126, -1148)
    if atoms > _I64_MAX:
        raise refused_by_rule(Rejection.NOTIONAL_ABOVE_MAXIMUM, market.listing.max_notional_atoms, atoms, About(market))
    if not atoms:
        raise refused_by_rule(Rejection.SIZE_NOT_POSITIVE, 0, 0)
    return atoms


def _whole_steps(text: str, decimals: int, step_atoms: int, malformed: Code, inexact: Code) -> int:
    try:
        atoms = parse_decimal(text, decimals)
    except MalformedAmount as error:
        raise Refused(malformed) from error
    except InexactAmount as error:
        raise Refused(inexact) from error
    steps, rest = divmod(atoms, step_atoms)
    if rest:
        raise Refused(inexact)
    return steps


def _client_order_id(parameters: Parameters) -> str:
    """Of two names the one of the order endpoint's own parameter wins; the other is what batches carry."""
    name = "clientOrderId" if parameters.text("newClientOrderId") is None else "newClientOrderId"
    return read_client_order_id(parameters, name)


def read_client_order_id(parameters: Parameters, name: str) -> str:
    """The client's own id for an order; empty when it gives none. Raises `Refused`."""
    given = parameters.text(name) or ""
    if not given:
        return given
    if len(given) > MAX_CLIENT_ORDER_ID or _looks_like_an_order_id(given):
        raise Refused(-1123)
    try:
        given.encode()
    except UnicodeEncodeError as error:  # half of a surrogate pair, which JSON can name
        raise Refused(-1123) from error
    return given


def _looks_like_an_order_id(text: str) -> bool:
    """An order without a name answers to its id, so no name may be the id of an order to come."""
    return len(text) == _ORDER_ID_DIGITS and text.isascii() and text.isdigit() and int(text) >= FIRST_ID
