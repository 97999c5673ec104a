"""What the two figures of a refusal by the core are called and count, and the refusal in words.

The core counts in ticks, lots and atoms, and knows no names. Who knows the market or the asset tells a figure in their
units; `explain` alone tells it as the core has it, with the unit behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from lionrock.words.rejections import EXPLANATIONS, Rejection


class Unit(StrEnum):
    """What a figure counts."""

    PRICE = "price"
    """Of the market, in quote for one base."""
    SIZE = "size"
    """Of the market, in base."""
    QUOTE = "quote"
    """An amount of the market's quote asset."""
    HELD = "held"
    """An amount of the asset that the command sets aside."""
    STAKE = "stake"
    """An amount of the asset in which the site counts exposure."""
    SHARE = "share"
    """A part of one, from parts per million."""
    TIME = "ms"
    """Milliseconds since 1970-01-01 UTC."""
    NUMBER = "number"
    """A count, an id, or the number of a closed list."""
    NOTHING = ""
    """There is no such figure."""


_NONE = ("", Unit.NOTHING)
_Figure = tuple[str, Unit]


class _Figures(NamedTuple):
    first: _Figure = _NONE
    second: _Figure = _NONE


def _numbers(first: str = "", second: str = "") -> _Figures:
    return _Figures((first, Unit.NUMBER) if first else _NONE, (second, Unit.NUMBER) if second else _NONE)


R = Rejection

FIGURES: dict[Rejection, _Figures] = {
    R.COMMAND_UNKNOWN: _numbers("commandKind"),
    R.ASSET_ID_NOT_POSITIVE: _numbers("assetId"),
    R.ASSET_ALREADY_LISTED: _numbers("assetId"),
    R.ASSET_CODE_MALFORMED: _numbers(),
    R.ASSET_DECIMALS_ABOVE_LIMIT: _numbers("limit", "decimals"),
    R.ACCOUNT_ID_NOT_POSITIVE: _numbers("accountId"),
    R.ACCOUNT_ALREADY_OPEN: _numbers("accountId"),
    R.ACCOUNT_KIND_UNKNOWN: _numbers("accountKind"),
    R.FEE_RATE_ABOVE_LIMIT: _Figures(("limit", Unit.SHARE), ("rate", Unit.SHARE)),
    R.ACCOUNT_UNKNOWN: _numbers("accountId"),
    R.FEE_TIER_UNKNOWN: _numbers("tier"),
    R.MARKET_ID_NOT_POSITIVE: _numbers("marketId"),
    R.MARKET_ALREADY_LISTED: _numbers("marketId"),
    R.MARKET_SYMBOL_MALFORMED: _numbers(),
    R.ASSET_UNKNOWN: _numbers("assetId"),
    R.MARKET_ASSETS_EQUAL: _numbers("assetId"),
    R.FEE_CURRENCY_UNKNOWN: _numbers("feeCurrency"),
    R.FEE_ACCOUNT_NOT_OF_KIND_FEE: _numbers("accountId", "accountKind"),
    R.MARKET_LIMIT_NOT_POSITIVE: _numbers("smallest"),
    R.MAX_PRICE_ABOVE_LIMIT: _numbers("limitTicks", "maxPriceTicks"),
    R.TICK_TIMES_LOT_NOT_WHOLE: _numbers("denominator", "numerator"),
    R.MARKET_PRODUCT_ABOVE_LIMIT: _numbers("limitAtoms"),
    R.MIN_NOTIONAL_ABOVE_MAX: _numbers("maxNotionalAtoms", "minNotionalAtoms"),
    R.TRANSFER_PURPOSE_UNKNOWN: _numbers("purpose"),
    R.TRANSFER_ACCOUNTS_EQUAL: _numbers("accountId"),
    R.TRANSFER_AMOUNT_NOT_POSITIVE: _Figures(("amount", Unit.HELD)),
    R.ASSET_SUPPLY_ABOVE_LIMIT: _Figures(("limit", Unit.HELD), ("owed", Unit.HELD)),
    R.CUSTODY_NEVER_IN_CREDIT: _Figures(("credited", Unit.HELD), ("owed", Unit.HELD)),
    R.ACTOR_KIND_UNKNOWN: _numbers("actorKind"),
    R.SOURCE_SEQUENCE_NOT_INCREASING: _numbers("lastSourceSequence", "sourceSequence"),
    R.DUAL_CONTROL_MISSING: _numbers("actorId", "authorityId"),
    R.TRANSFER_ID_NOT_POSITIVE: _numbers("transferId"),
    R.LEG_AMOUNT_OUT_OF_RANGE: _Figures(("limit", Unit.HELD), ("amount", Unit.HELD)),
    R.LEGS_ABOVE_LIMIT: _numbers("limit", "legs"),
    R.TRANSFER_UNKNOWN: _numbers("transferId"),
    R.TRANSFER_LEGS_DIFFER: _numbers("expectedLegs", "legs"),
    R.TRANSFER_NOT_BALANCED: _numbers("assetId", "sumAtoms"),
    R.HOLD_ID_NOT_INCREASING: _numbers("lastHoldId", "holdId"),
    R.HOLD_UNKNOWN: _numbers("holdId"),
    R.HOLD_DOES_NOT_FIT: _numbers("holdId", "accountId"),
    R.HOLD_INSUFFICIENT: _Figures(("held", Unit.HELD), ("asked", Unit.HELD)),
    R.TRADE_UNKNOWN: _numbers("tradeId", "oldestTradeId"),
    R.TRADE_ALREADY_CANCELLED: _numbers("tradeId"),
    R.MARKET_UNKNOWN: _numbers("marketId"),
    R.ACCOUNT_MAY_NOT_TRADE: _numbers("accountId", "accountKind"),
    R.ORDER_ID_NOT_INCREASING: _numbers("lastOrderId", "orderId"),
    R.SIDE_UNKNOWN: _numbers("side"),
    R.ORDER_TYPE_UNKNOWN: _numbers("orderType"),
    R.TIME_IN_FORCE_UNKNOWN: _numbers("timeInForce"),
    R.ORDER_COMBINATION_UNSUPPORTED: _numbers("orderType", "timeInForce"),
    R.PRICE_NOT_POSITIVE: _Figures(("price", Unit.PRICE)),
    R.PRICE_ABOVE_MAXIMUM: _Figures(("highest", Unit.PRICE), ("price", Unit.PRICE)),
    R.SIZE_NOT_POSITIVE: _numbers("sizeLotsOrQuoteAtoms"),
    R.SIZE_ABOVE_MAXIMUM: _Figures(("largest", Unit.SIZE), ("size", Unit.SIZE)),
    R.NOTIONAL_BELOW_MINIMUM: _Figures(("least", Unit.QUOTE), ("value", Unit.QUOTE)),
    R.NOTIONAL_ABOVE_MAXIMUM: _Figures(("most", Unit.QUOTE), ("value", Unit.QUOTE)),
    R.SELF_TRADE_PREVENTION_UNKNOWN: _numbers("selfTradePrevention"),
    R.EXPIRY_NOT_IN_FUTURE: _Figures(("now", Unit.TIME), ("expiry", Unit.TIME)),
    R.KILL_SWITCH_ENGAGED: _numbers("scope", "engagedOver"),
    R.PHASE_DOES_NOT_ADMIT: _numbers("phase", "timeInForce"),
    R.CLIENT_ORDER_ID_IN_USE: _numbers("orderId"),
    R.DISPLAY_SIZE_OUT_OF_RANGE: _Figures(("size", Unit.SIZE), ("displaySize", Unit.SIZE)),
    R.ORDER_UNKNOWN: _numbers("orderId"),
    R.ORDER_OF_ANOTHER_ACCOUNT: _numbers("orderId"),
    R.AMENDED_SIZE_NOT_ABOVE_FILLED: _Figures(("filled", Unit.SIZE), ("size", Unit.SIZE)),
    R.AMENDED_ORDER_WOULD_TAKE: _Figures(("bestOpposite", Unit.PRICE), ("price", Unit.PRICE)),
    R.AMENDED_ORDER_IS_WAITING: _numbers("orderId"),
    R.CANCEL_SCOPE_MISSING: _numbers(),
    R.CANCEL_REASON_UNSUPPORTED: _numbers("reason"),
    R.KILL_SWITCH_SCOPE_UNKNOWN: _numbers("scope", "engaged"),
    R.OWNER_ID_NOT_POSITIVE: _numbers("ownerId"),
    R.PHASE_UNKNOWN: _numbers("phase"),
    R.PHASE_TIME_NOT_IN_FUTURE: _Figures(("now", Unit.TIME), ("at", Unit.TIME)),
    R.REFERENCE_PRICE_OUT_OF_RANGE: _Figures(("highest", Unit.PRICE), ("referencePrice", Unit.PRICE)),
    R.BAND_ABOVE_LIMIT: _Figures(("limit", Unit.SHARE), ("band", Unit.SHARE)),
    R.TRIGGER_UNKNOWN: _numbers("trigger"),
    R.TRIGGER_PRICE_OUT_OF_RANGE: _Figures(("highest", Unit.PRICE), ("triggerPrice", Unit.PRICE)),
    R.TRIGGER_ALREADY_MET: _Figures(("lastPrice", Unit.PRICE), ("triggerPrice", Unit.PRICE)),
    R.LEGAL_ENTITY_DIFFERS: _numbers("marketEntity", "accountEntity"),
    R.PRODUCT_NOT_PERMITTED: _numbers("product", "permittedProducts"),
    R.CLIENT_CLASS_NOT_ADMITTED: _numbers("admittedClasses", "clientClass"),
    R.ACCOUNT_FROZEN: _numbers("accountId"),
    R.ACCOUNT_REDUCE_ONLY: _numbers("accountId"),
    R.PRICE_TOO_FAR_FROM_LAST: _Figures(("farthest", Unit.PRICE), ("price", Unit.PRICE)),
    R.ORDER_VALUE_ABOVE_LIMIT: _Figures(("most", Unit.QUOTE), ("value", Unit.QUOTE)),
    R.OPEN_ORDERS_ABOVE_CAP: _numbers("cap", "openOrders"),
    R.ASSET_NOT_PERMITTED: _numbers("assetId", "accountId"),
    R.EXPOSURE_ABOVE_LIMIT: _Figures(("limit", Unit.STAKE), ("exposure", Unit.STAKE)),
    R.CLIENT_CLASS_UNKNOWN: _numbers("clientClass"),
    R.RESTRICTION_UNKNOWN: _numbers("restriction"),
    R.MARKET_RULE_OUT_OF_RANGE: _numbers("highest", "given"),
    R.EXPOSURE_LIMIT_OUT_OF_RANGE: _numbers("highest", "given"),
    R.VALUATION_OUT_OF_RANGE: _numbers("highest", "given"),
    R.PERMISSION_UNKNOWN: _numbers("permission"),
    R.AVAILABLE_INSUFFICIENT: _Figures(("needed", Unit.HELD), ("available", Unit.HELD)),
}
"""What the two figures of each refusal are called and count. One that has no name is always 0."""

_RAW = {
    Unit.PRICE: " ticks",
    Unit.SIZE: " lots",
    Unit.QUOTE: " quote atoms",
    Unit.HELD: " atoms",
    Unit.STAKE: " atoms of the valuation asset",
    Unit.SHARE: " ppm",
    Unit.TIME: " ns since 1970",
}


def as_the_core_counts(unit: Unit, figure: int) -> str:
    """A figure with the unit in which the core has it."""
    return f"{figure}{_RAW.get(unit, '')}"


def explain(
    rejection: int, first_figure: int, second_figure: int, tell: Callable[[Unit, int], str] = as_the_core_counts
) -> str:
    """The refusal in words, with its figures as `tell` tells them, for a person or a log."""
    known = Rejection(rejection)
    (_, first), (_, second) = FIGURES[known]
    shown = {"first": tell(first, first_figure), "second": tell(second, second_figure)}
    return EXPLANATIONS[known].words.format(**shown)
