"""Why a request is refused, as one object: number, name, words, figures with their units, rule, next step.

A refusal of the core keeps its number (`words.rejections`). One of the gateway, which the core never saw, has a number
from 10,000 on that follows from the contract's code: 10,000 and the code of four digits ("0209" is 10209), 20,000 and
the negative code without its sign (-1126 is 21126); the status 404 is 10404.
"""

from __future__ import annotations

from lionrock.gateways.rest.errors import CODES, MESSAGES, NO_LICENCE_RULES, Code, LicenceRules, Refused
from lionrock.people.staff.permissions import Permission
from lionrock.views.telling import NOTHING_KNOWN, About, figures_told, words_told
from lionrock.words.events import CommandRejected
from lionrock.words.rejections import EXPLANATIONS, Rejection

OWN_PATHS = "/lionrock/"
_TEXT_CODES_FROM, _NEGATIVE_CODES_FROM = 10_000, 20_000


R = Rejection

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


_NOT_HERE = 400, -1101
"""The contract has one code for a venue that is stopped, which comes with the status 503, and for what a site lacks."""


def own_reason(refused: Refused) -> dict[str, object]:
    """Why the gateway itself refuses."""
    code = refused.code
    if (refused.status, code) == _NOT_HERE:
        return {
            "rejection": reason_number(code),
            "name": "not_offered_here",
            "words": "this site does not offer it",
            "figures": {},
            "next_step": "Nothing was done. Ask a site that offers it; GET /lionrock/v1/status says whose this one is.",
        }
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


def refused_by_rule(
    rejection: Rejection, first: int, second: int, known: About = NOTHING_KNOWN, code: Code | None = None
) -> Refused:
    """A refusal with the rule, the figures that decided, in the units of what is known, and the next step.

    The figures stand as the core has them and by name. They are text: they may exceed what a JSON number carries
    exactly in every client.
    """
    reason: dict[str, object] = {
        "rejection": int(rejection),
        "name": rejection.name.lower(),
        "words": words_told(rejection, first, second, known),
        "figures": {"first": str(first), "second": str(second)} | figures_told(rejection, first, second, known),
        "next_step": EXPLANATIONS[rejection].next_step,
        "retryable": EXPLANATIONS[rejection].retryable,
    }
    if rejection in RULES:
        reason["rule"] = RULES[rejection]
    return Refused(CODES[rejection] if code is None else code, details=reason)


def refused_by_core(event: CommandRejected, known: About = NOTHING_KNOWN, code: Code | None = None) -> Refused:
    """The same for an event of the core."""
    return refused_by_rule(Rejection(event.rejection), event.first_figure, event.second_figure, known, code)
