"""What endpoints about a client's assessments share: whose they are, and how a refusal is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from lionrock.compliance.assessments.ports import Client
from lionrock.compliance.assessments.refusals import AssessmentRefused
from lionrock.gateways.rest.contract import (
    NS_PER_MS,
    Assessed,
    Body,
    Call,
    Endpoint,
    Handler,
    Parameter,
    Security,
    Venue,
)
from lionrock.gateways.rest.errors import LicenceRule, Refused
from lionrock.gateways.rest.reasons import reason_number
from lionrock.gateways.rest.refusals import details
from lionrock.gateways.rest.sign_in import session_of_call

_CODE = -1020


async def assessed_client(venue: Venue, call: Call) -> tuple[Assessed, Client]:
    """The client that the session's user is, or speaks for. Raises `Refused`."""
    if venue.assessed is None:
        raise Refused(-1101)
    assessed, session = venue.assessed, session_of_call(call)
    client = await asyncio.to_thread(assessed.assessments.clients.of_user, session.user_id)
    if client is None:
        told = details(_CODE, "no_application", "nobody has applied to be a client here", "begin an application")
        raise Refused(_CODE, details=told)
    return assessed, client


def cited(assessed: Assessed, rules: tuple[str, ...]) -> list[LicenceRule]:
    """Rules with where they stand."""
    return [LicenceRule(each, assessed.citations.get(each, "")) for each in rules]


@contextmanager
def told_why(assessed: Assessed) -> Iterator[None]:
    """Turns a refusal of the room into the one that a client reads: what, which rule, which numbers, what next."""
    try:
        yield
    except AssessmentRefused as refused:
        told: dict[str, object] = {
            "rejection": reason_number(_CODE),
            "name": refused.name,
            "words": refused.words,
            "figures": {name: str(figure) for name, figure in refused.figures.items()},
            "next_step": refused.next_step,
        }
        if refused.rules:
            told["licence_rules"] = msgspec.to_builtins(cited(assessed, refused.rules))
        raise Refused(_CODE, details=told) from refused


def ms(time_ns: int) -> int:
    """0 stays 0, for never."""
    return time_ns // NS_PER_MS


def row(
    method: str,
    path: str,
    handler: Handler,
    summary: str,
    parameters: tuple[Parameter, ...] = (),
    *,
    answer: object,
) -> Endpoint:
    """An endpoint that only a session may use; what comes with a write is JSON."""
    body = Body.FORM if method in {"GET", "DELETE"} else Body.JSON
    return Endpoint(
        method,
        f"/lionrock/v1/{path}",
        Security.SESSION,
        1,
        handler,
        summary,
        body,
        shows_state=False,
        parameters=parameters,
        answer=answer,
    )
