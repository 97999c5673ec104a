"""Paths of the contract for what this venue does not do. Who may ask is checked as everywhere; the answer is a refusal.

Futures: -1101, the exchange's own "feature has been offline". Where custody will decide, and with banks: the refusal
that the exchange has for a service that is not there.
"""

from __future__ import annotations

from lionrock.gateways.rest.contract import Body, Call, Endpoint, Handler, Kind, Parameter, Security, Venue
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.orders import time_range

_NONE, _READ, _TRADE, _WITHDRAW = Security.NONE, Security.USER_DATA, Security.TRADE, Security.WITHDRAW

_PUBLIC_FUTURES = ("fundingRate", "historyFundingRate")
_FUTURES = {
    "GET": (
        "order",
        "openOrders",
        "historyOrders",
        "userTrades",
        "positions",
        "balance",
        "leverage",
        "commissionRate",
        "riskLimit",
        "liquidationAssignStatus",
        "getBestOrder",
        "subAccount/openOrders",
        "subAccount/historyOrders",
        "subAccount/userTrades",
    ),
    "POST": ("order", "batchOrders", "leverage", "marginType", "positionMargin", "position/trading-stop"),
    "DELETE": ("order", "batchOrders", "cancelOrderByIds", "cancelAllOpenOrders"),
}


async def offline(_venue: Venue, _call: Call) -> object:
    """The feature is not there."""
    raise Refused(-1101)


async def no_bank(_venue: Venue, _call: Call) -> object:
    """No bank is connected, so money of a state cannot be paid out."""
    raise Refused(-4007)


async def fiat_history(_venue: Venue, call: Call) -> list[object]:
    """Deposits or withdrawals of money at a bank: there are none."""
    if call.parameters.required("type") not in ("deposit", "withdraw"):
        raise Refused(-2026)
    time_range(call.parameters)
    return []


async def no_such_deposit(_venue: Venue, call: Call) -> object:
    """No deposit waits for its sender to be named."""
    if call.parameters.text("depositOrderId") is None:
        raise missing_or_invalid("depositOrderId")
    raise Refused(-1207)


def _row(
    method: str, path: str, security: Security, handler: Handler, summary: str, *, body: Body = Body.FORM
) -> Endpoint:
    return Endpoint(method, path, security, 1, handler, summary, body)


def _futures() -> tuple[Endpoint, ...]:
    rows = [_row("GET", f"/api/v1/futures/{name}", _NONE, offline, "Not available") for name in _PUBLIC_FUTURES]
    for method, names in _FUTURES.items():
        security = _READ if method == "GET" else _TRADE
        for name in names:
            body = Body.JSON if (method, name) == ("POST", "batchOrders") else Body.FORM
            rows.append(_row(method, f"/api/v1/futures/{name}", security, offline, "Not available", body=body))
    return tuple(rows)


ENDPOINTS: tuple[Endpoint, ...] = (
    *_futures(),
    _row("POST", "/api/v1/account/authAddress", _READ, offline, "Say where a deposit came from (not available)"),
    _row("GET", "/api/v1/whitelist/verify", _WITHDRAW, offline, "Prove an address by a small payment (not available)"),
    _row("POST", "/api/v1/whitelist/walletSigning", _WITHDRAW, offline, "Prove an address by signing (not available)"),
    _row("POST", "/api/v1/account/fiat/withdraw", _WITHDRAW, no_bank, "Withdraw money to a bank (not available)"),
    Endpoint(
        "POST",
        "/api/v1/account/depositRefund",
        _WITHDRAW,
        1,
        no_such_deposit,
        "Ask for a deposit back (none can be)",
        parameters=(Parameter("depositOrderId", "Id of the deposit", is_required=True),),
    ),
    Endpoint(
        "GET",
        "/api/v1/account/fiat/history",
        _READ,
        1,
        fiat_history,
        "Deposits and withdrawals at banks: none",
        parameters=(
            Parameter("type", "Which", is_required=True, choices=("deposit", "withdraw")),
            Parameter("startTime", "From this time on", Kind.MILLISECONDS),
            Parameter("endTime", "Up to this time", Kind.MILLISECONDS),
        ),
        answer=list[dict[str, str]],
    ),
)
