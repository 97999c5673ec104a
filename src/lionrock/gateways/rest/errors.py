"""Every refusal of the public interface: its contract code, its words, its HTTP status.

Codes of four digits are strings, negative ones integers, as the contract's clients compare them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from lionrock.words.rejections import Rejection

Code = str | int

MESSAGES: dict[Code, str] = {
    "0001": "Required field %s missing or invalid",
    "0002": "Incorrect signature",
    "0003": "Rate limit exceeded",
    "0102": "Invalid APIKey",
    "0103": "APIKey expired",
    "0104": "The accountId defined is not permissible",
    "0201": "Instrument not found",
    "0202": "Invalid IP",
    "0206": "Unsupported order type",
    "0207": "Invalid price",
    "0209": "Invalid price precision",
    "0210": "Price outside of allowed range",
    "0211": "Order not found",
    "0401": "Insufficient asset",
    "0402": "Invalid asset",
    404: "No static resource %s.",
    -1001: "Internal error",
    -1002: "Unauthorized operation",
    -1004: "Bad request",
    -1005: "No permission",
    -1006: "Execution status unknown",
    -1007: "Timeout waiting for response from server",
    -1014: "Unsupported order combination",
    -1020: "Unsupported operation",
    -1021: "Timestamp for this request is outside of the recvWindow",
    -1024: "Duplicate request",
    -1101: "Feature has been offline",
    -1115: "Invalid timeInForce",
    -1117: "Invalid order side",
    -1123: "Invalid client order id",
    -1124: "Invalid price",
    -1126: "Invalid quantity",
    -1129: "Invalid parameters, quantity and amount are not allowed to be sent at the same time.",
    -1130: "Illegal parameter '%s'",
    -1132: "Order price greater than the maximum",
    -1135: "Order quantity greater than the maximum",
    -1137: "Order quantity precision too large",
    -1138: "Order has been partially cancelled",
    -1139: "Order has been filled",
    -1140: "Order amount lower than the minimum",
    -1141: "Duplicate order",
    -1142: "Order has been cancelled",
    -1143: "Order not found on order book",
    -1148: "Order amount precision too large",
    -1151: "The trading pair is not open yet",
    -1156: "Limit maker order creation failed",
    -1160: "Account does not exist",
    -1163: "Illegal withdrawal address",
    -1165: "Withdrawal amount cannot be null",
    -1167: "Withdrawal amount less than the minimum",
    -1168: "Illegal withdrawal amount",
    -1169: "Withdraw not allowed",
    -1170: "Deposit not allowed",
    -1171: "Withdrawal address not in whitelist",
    -1172: "Invalid from account id",
    -1173: "Invalid to account id",
    -1174: "Transfer not allowed between the same account",
    -1204: "From account must be a main account",
    -1205: "Account not authorized",
    -1206: "Order amount greater than the maximum",
    -1207: "The status of deposit is invalid",
    -2002: "The number of open orders exceeds the limit",
    -2010: "New order rejected",
    -2018: "Trade user creation exceeds the limit",
    -2016: "API key creation exceeds the limit",
    -2020: "Not allowed to trade this trading pair",
    -2021: "Not allowed to trade this trading pair",
    -2022: "Order batch size exceeds the limit",
    -2026: "Invalid type",
    -2040: "There is a request being processed. Please try again later",
    -4007: "Withdrawal channels are not supported",
    -10009: "Invalid interval",
    -100002: "Parameter '%s' is not a whole number",
    -100011: "Not supported symbols",
    -100012: "Parameter %s [String] missing!",
}
"""The contract's words for each code the gateway gives; `%s` is filled in with a parameter's name or a path."""

R = Rejection

CODES: dict[Rejection, Code] = {
    R.COMMAND_UNKNOWN: -1004,
    R.ASSET_ID_NOT_POSITIVE: -1004,
    R.ASSET_ALREADY_LISTED: -1004,
    R.ASSET_CODE_MALFORMED: -1004,
    R.ASSET_DECIMALS_ABOVE_LIMIT: -1004,
    R.ACCOUNT_ID_NOT_POSITIVE: -1004,
    R.ACCOUNT_ALREADY_OPEN: -1004,
    R.ACCOUNT_KIND_UNKNOWN: -1004,
    R.FEE_RATE_ABOVE_LIMIT: -1004,
    R.ACCOUNT_UNKNOWN: -1160,
    R.FEE_TIER_UNKNOWN: -1004,
    R.MARKET_ID_NOT_POSITIVE: -1004,
    R.MARKET_ALREADY_LISTED: -1004,
    R.MARKET_SYMBOL_MALFORMED: -1004,
    R.ASSET_UNKNOWN: "0402",
    R.MARKET_ASSETS_EQUAL: -1004,
    R.FEE_CURRENCY_UNKNOWN: -1004,
    R.FEE_ACCOUNT_NOT_OF_KIND_FEE: -1004,
    R.MARKET_LIMIT_NOT_POSITIVE: -1004,
    R.MAX_PRICE_ABOVE_LIMIT: -1004,
    R.TICK_TIMES_LOT_NOT_WHOLE: -1004,
    R.MARKET_PRODUCT_ABOVE_LIMIT: -1004,
    R.MIN_NOTIONAL_ABOVE_MAX: -1004,
    R.TRANSFER_PURPOSE_UNKNOWN: -1004,
    R.TRANSFER_ACCOUNTS_EQUAL: -1004,
    R.TRANSFER_AMOUNT_NOT_POSITIVE: -1126,
    R.ASSET_SUPPLY_ABOVE_LIMIT: -1135,
    R.CUSTODY_NEVER_IN_CREDIT: -1135,
    R.ACTOR_KIND_UNKNOWN: -1004,
    R.SOURCE_SEQUENCE_NOT_INCREASING: -1004,
    R.DUAL_CONTROL_MISSING: -1005,
    R.TRANSFER_ID_NOT_POSITIVE: -1004,
    R.LEG_AMOUNT_OUT_OF_RANGE: -1004,
    R.LEGS_ABOVE_LIMIT: -1004,
    R.TRANSFER_UNKNOWN: -1004,
    R.TRANSFER_LEGS_DIFFER: -1004,
    R.TRANSFER_NOT_BALANCED: -1004,
    R.HOLD_ID_NOT_INCREASING: -1004,
    R.HOLD_UNKNOWN: -1004,
    R.HOLD_DOES_NOT_FIT: -1004,
    R.HOLD_INSUFFICIENT: -1004,
    R.TRADE_UNKNOWN: -1004,
    R.TRADE_ALREADY_CANCELLED: -1004,
    R.MARKET_UNKNOWN: "0201",
    R.ACCOUNT_MAY_NOT_TRADE: -1005,
    R.ORDER_ID_NOT_INCREASING: -2010,
    R.SIDE_UNKNOWN: -1117,
    R.ORDER_TYPE_UNKNOWN: "0206",
    R.TIME_IN_FORCE_UNKNOWN: -1115,
    R.ORDER_COMBINATION_UNSUPPORTED: -1014,
    R.PRICE_NOT_POSITIVE: -1124,
    R.PRICE_ABOVE_MAXIMUM: -1132,
    R.SIZE_NOT_POSITIVE: -1126,
    R.SIZE_ABOVE_MAXIMUM: -1135,
    R.NOTIONAL_BELOW_MINIMUM: -1140,
    R.NOTIONAL_ABOVE_MAXIMUM: -1206,
    R.SELF_TRADE_PREVENTION_UNKNOWN: -1014,
    R.EXPIRY_NOT_IN_FUTURE: -1014,
    R.KILL_SWITCH_ENGAGED: -1151,
    R.PHASE_DOES_NOT_ADMIT: -1151,
    R.CLIENT_ORDER_ID_IN_USE: -1141,
    R.DISPLAY_SIZE_OUT_OF_RANGE: -1126,
    R.ORDER_UNKNOWN: -1143,
    R.ORDER_OF_ANOTHER_ACCOUNT: "0211",
    R.AMENDED_SIZE_NOT_ABOVE_FILLED: -1126,
    R.AMENDED_ORDER_WOULD_TAKE: -1156,
    R.CANCEL_SCOPE_MISSING: -1004,
    R.CANCEL_REASON_UNSUPPORTED: -1004,
    R.KILL_SWITCH_SCOPE_UNKNOWN: -1004,
    R.OWNER_ID_NOT_POSITIVE: -1004,
    R.PHASE_UNKNOWN: -1004,
    R.PHASE_TIME_NOT_IN_FUTURE: -1004,
    R.REFERENCE_PRICE_OUT_OF_RANGE: -1004,
    R.BAND_ABOVE_LIMIT: -1004,
    R.AMENDED_ORDER_IS_WAITING: -1014,
    R.TRIGGER_UNKNOWN: -1014,
    R.TRIGGER_PRICE_OUT_OF_RANGE: -1124,
    R.TRIGGER_ALREADY_MET: -1014,
    R.LEGAL_ENTITY_DIFFERS: -2020,
    R.PRODUCT_NOT_PERMITTED: -2020,
    R.CLIENT_CLASS_NOT_ADMITTED: -2021,
    R.ACCOUNT_FROZEN: -1005,
    R.ACCOUNT_REDUCE_ONLY: -1005,
    R.PRICE_TOO_FAR_FROM_LAST: "0210",
    R.ORDER_VALUE_ABOVE_LIMIT: -1206,
    R.OPEN_ORDERS_ABOVE_CAP: -2002,
    R.ASSET_NOT_PERMITTED: -2020,
    R.EXPOSURE_ABOVE_LIMIT: -1206,
    R.EXPOSURE_LIMIT_OUT_OF_RANGE: -1004,
    R.VALUATION_OUT_OF_RANGE: -1004,
    R.PERMISSION_UNKNOWN: -1004,
    R.CLIENT_CLASS_UNKNOWN: -1004,
    R.RESTRICTION_UNKNOWN: -1004,
    R.MARKET_RULE_OUT_OF_RANGE: -1004,
    R.AVAILABLE_INSUFFICIENT: "0401",
}
"""Contract code of each refusal of the core."""


class LicenceRule(msgspec.Struct, frozen=True):
    """A rule of a licence that a refusal carries out."""

    id: str
    """Such as HK-K10; `lionrock rulebook explain` says more."""
    citation: str
    """Instrument and paragraph."""


LicenceRules = Mapping[str, Sequence[LicenceRule]]
"""Rules of a site's licences by the name of the core's rejection that carries them out (EXPOSURE_ABOVE_LIMIT)."""
NO_LICENCE_RULES: LicenceRules = {}


class Refused(Exception):
    """The request is refused and changed nothing; becomes the error body."""

    def __init__(
        self,
        code: Code,
        subject: str = "",
        *,
        status: int = 400,
        details: dict[str, object] | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        self.code = code
        self.status = status
        self.headers = headers
        self.message = MESSAGES[code].replace("%s", subject)
        self.details = details
        super().__init__(f"{code} {self.message}")

    def body(self) -> dict[str, object]:
        body: dict[str, object] = {"code": self.code, "msg": self.message}
        if self.details is not None:
            body["lionrock"] = self.details
        return body


def missing_or_invalid(field: str) -> Refused:
    """The contract's refusal of a parameter that is absent or not of its kind."""
    return Refused("0001", field)
