"""Why a request is refused, as one object: number, name, words, figures with their units, rule, next step.

A refusal of the core keeps its number (`words.rejections`). One of the gateway, which the core never saw, has a number
from 10,000 on that follows from the contract's code: 10,000 and the code of four digits ("0209" is 10209), 20,000 and
the negative code without its sign (-1126 is 21126); the status 404 is 10404.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from lionrock.gateways.rest.errors import CODES, MESSAGES, NO_LICENCE_RULES, Code, LicenceRules, Refused
from lionrock.people.staff.permissions import Permission
from lionrock.views.catalogue import Market
from lionrock.words.amounts import format_decimal
from lionrock.words.events import AssetListed, CommandRejected
from lionrock.words.rejections import EXPLANATIONS, Rejection, explain

OWN_PATHS = "/lionrock/"
_TEXT_CODES_FROM, _NEGATIVE_CODES_FROM = 10_000, 20_000
_NS_PER_MS = 1_000_000


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
    R.EXPOSURE_ABOVE_LIMIT: _numbers("limitAtoms", "exposureAtoms"),
    R.CLIENT_CLASS_UNKNOWN: _numbers("clientClass"),
    R.RESTRICTION_UNKNOWN: _numbers("restriction"),
    R.MARKET_RULE_OUT_OF_RANGE: _numbers("highest", "given"),
    R.EXPOSURE_LIMIT_OUT_OF_RANGE: _numbers("highest", "given"),
    R.VALUATION_OUT_OF_RANGE: _numbers("highest", "given"),
    R.PERMISSION_UNKNOWN: _numbers("permission"),
    R.AVAILABLE_INSUFFICIENT: _Figures(("needed", Unit.HELD), ("available", Unit.HELD)),
}
"""What the two figures of each refusal are called and count. One that has no name is always 0."""

RULES: dict[Rejection, str] = {
    R.LEGAL_ENTITY_DIFFERS: "GATE-001",
    R.PRODUCT_NOT_PERMITTED: "GATE-002",
    R.CLIENT_CLASS_NOT_ADMITTED: "GATE-003",
    R.ACCOUNT_FROZEN: "GATE-004",
    R.ACCOUNT_REDUCE_ONLY: "GATE-005",
    R.PRICE_TOO_FAR_FROM_LAST: "GATE-006",
    R.ORDER_VALUE_ABOVE_LIMIT: "GATE-007",
    R.OPEN_ORDERS_ABOVE_CAP: "GATE-008",
    R.ASSET_NOT_PERMITTED: "GATE-011",
    R.EXPOSURE_ABOVE_LIMIT: "EXPO-001",
    R.KILL_SWITCH_ENGAGED: "STOP-005",
}
"""Rules that compliance or the operator sets, by the permanent code under which `spec/` states them."""

NAMES: dict[Code, str] = {
    "0001": "parameter_missing_or_invalid",
    "0002": "signature_incorrect",
    "0102": "api_key_unknown",
    "0003": "rate_limit_exceeded",
    "0103": "api_key_expired",
    "0202": "address_not_on_the_keys_list",
    "0104": "account_not_permissible",
    "0201": "symbol_unknown",
    "0206": "order_type_unknown",
    "0207": "price_malformed",
    "0209": "price_not_multiple_of_tick",
    "0211": "order_unknown",
    404: "path_unknown",
    -1001: "internal_error",
    -1004: "request_malformed",
    -1005: "right_missing",
    -1006: "outcome_unknown",
    -1014: "self_trade_mode_unknown",
    -1020: "operation_unsupported",
    -1021: "timestamp_outside_window",
    -1024: "idempotency_key_in_use",
    -1002: "not_signed_in",
    -2016: "too_many_keys",
    -1101: "venue_stopped",
    -1115: "time_in_force_unknown",
    -1117: "side_unknown",
    -1123: "client_order_id_malformed",
    -1126: "quantity_malformed",
    -1129: "quantity_and_amount_given",
    -1130: "parameter_unsupported",
    -1137: "quantity_not_multiple_of_lot",
    -1138: "order_cancelled_in_part",
    -1139: "order_filled",
    -1142: "order_cancelled",
    -1148: "amount_finer_than_asset",
    -2022: "batch_above_limit",
    -2040: "venue_busy",
    -100002: "limit_not_a_number",
    -100011: "symbol_unknown",
    -100012: "symbol_missing",
}
"""Names of what the gateway refuses by itself; of a code without one the name is made of its words."""

NEXT_STEPS: dict[Code, str] = {
    "0001": "Send the parameter as documented; nothing was changed.",
    "0002": "Sign the raw query followed by the raw body with the key's secret; nothing was changed.",
    "0102": "Use a key of this venue.",
    "0003": "Wait as long as Retry-After says.",
    "0103": "Use another key, or make a new one.",
    "0202": "Come from one of the key's networks.",
    "0104": "Use a key of that account.",
    "0201": "See the list of markets.",
    "0209": "Round the price to the market's tick; see the list of markets.",
    "0211": "Check the id; an order is known to the account that placed it only.",
    404: "See the reference of endpoints.",
    -1001: "Ask for the state before sending it again.",
    -1005: "Use a key with this right.",
    -1006: "Ask for the state, or send it again with the same Idempotency-Key.",
    -1021: "Set the clock by GET /api/v1/time and sign again.",
    -1024: "Use a new Idempotency-Key for a new request; the earlier one stands and was not repeated.",
    -1002: "Sign in; send the cookie, and with a write X-Lionrock-CSRF.",
    -2016: "Revoke a key that is not needed.",
    -1101: "Nothing was done. Try again when the venue is back.",
    -1137: "Round the quantity to the market's lot; see the list of markets.",
    -1138: "Nothing is left to do.",
    -1139: "Nothing is left to do.",
    -1142: "Nothing is left to do.",
    -2022: "Split the list.",
    -2040: "Nothing was done. Try again in a moment.",
}
_NEXT_STEP = "Correct the request; nothing was changed."


def reason_number(code: Code) -> int:
    """The gateway's own number for a code of the contract."""
    if isinstance(code, str) or code > 0:
        return _TEXT_CODES_FROM + int(code)
    return _NEGATIVE_CODES_FROM - code


def own_reason(refused: Refused) -> dict[str, object]:
    """Why the gateway itself refuses."""
    code = refused.code
    made = "_".join(MESSAGES[code].replace("%s", "").replace("'", "").lower().rstrip(".").split())
    return {
        "rejection": reason_number(code),
        "name": NAMES.get(code, made),
        "words": refused.message,
        "figures": {},
        "next_step": NEXT_STEPS.get(code, _NEXT_STEP),
    }


def lacking(permission: Permission) -> dict[str, object]:
    """Why somebody of the staff is refused: none of their roles has it."""
    return {
        "rejection": reason_number(-1005),
        "name": "role_missing",
        "words": f"none of your roles has the permission {permission}",
        "figures": {},
        "next_step": "Ask one of: " + ", ".join(sorted(role.value for role in permission.roles)) + ".",
    }


def refused_body(refused: Refused, path: str, licence_rules: LicenceRules = NO_LICENCE_RULES) -> dict[str, object]:
    """The error's body; under our own paths each has a reason, and one of the core names the licence's rules."""
    body = refused.body()
    if path.startswith(OWN_PATHS) and "lionrock" not in body:
        body["lionrock"] = own_reason(refused)
    reason = body.get("lionrock")
    if licence_rules and isinstance(reason, dict):
        rules = licence_rules.get(str(reason.get("name", "")).upper())
        if rules:
            body["lionrock"] = reason | {
                "licence_rules": [{"id": each.id, "citation": each.citation} for each in rules]
            }
    return body


def _shown(unit: Unit, figure: int, market: Market | None, held: AssetListed | None) -> dict[str, str]:
    """A figure and its unit; as it is where the market or asset is not known."""
    if unit is Unit.PRICE and market:
        return {"value": market.price_text(figure), "unit": market.quote.code}
    if unit is Unit.SIZE and market:
        return {"value": market.size_text(figure), "unit": market.base.code}
    if unit is Unit.QUOTE and market:
        return {"value": market.quote_text(figure), "unit": market.quote.code}
    if unit is Unit.HELD and held:
        return {"value": format_decimal(figure, held.decimals), "unit": held.code}
    if unit is Unit.SHARE:
        return {"value": format_decimal(figure, 6), "unit": "share"}
    if unit is Unit.TIME:
        return {"value": str(figure // _NS_PER_MS), "unit": "ms"}
    raw = {Unit.PRICE: "ticks", Unit.SIZE: "lots", Unit.QUOTE: "atoms", Unit.HELD: "atoms"}
    return {"value": str(figure), "unit": raw.get(unit, "number")}


def named_figures(
    rejection: Rejection, first: int, second: int, market: Market | None, held: AssetListed | None
) -> dict[str, object]:
    """The figures by name, with units, behind the plain ones."""
    figures: dict[str, object] = {"first": str(first), "second": str(second)}
    for (name, unit), figure in zip(FIGURES[rejection], (first, second), strict=True):
        if name:
            figures[name] = _shown(unit, figure, market, held)
    return figures


def refused_with_units(
    event: CommandRejected, market: Market | None = None, held: AssetListed | None = None, code: Code | None = None
) -> Refused:
    """A refusal of the core. `market` is where the command went, `held` the asset that it sets aside."""
    rejection = Rejection(event.rejection)
    first, second = event.first_figure, event.second_figure
    reason: dict[str, object] = {
        "rejection": int(rejection),
        "name": rejection.name.lower(),
        "words": explain(rejection, first, second),
        "figures": named_figures(rejection, first, second, market, held),
        "next_step": EXPLANATIONS[rejection].next_step,
        "retryable": EXPLANATIONS[rejection].retryable,
    }
    if rejection in RULES:
        reason["rule"] = RULES[rejection]
    return Refused(CODES[rejection] if code is None else code, details=reason)
