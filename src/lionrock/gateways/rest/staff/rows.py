"""What the endpoints for staff share: who asks, how a no is told, how a row of the table is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lionrock.gateways.rest.contract import Body, Call, Endpoint, Handler, Parameter, Security, Venue
from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.rest.reasons import reason_number
from lionrock.gateways.rest.refusals import told_to_client
from lionrock.people.staff.office import StaffOffice
from lionrock.people.staff.permissions import Permission
from lionrock.people.staff.refusals import StaffRefused
from lionrock.people.staff.sessions import StaffSession

PREFIX = "/lionrock/v1/staff/"


def office_of(venue: Venue) -> StaffOffice:
    """The staff of the site. Raises `Refused` where it has none."""
    if venue.staff is None:
        raise Refused(-1101)
    return venue.staff


def session_of_staff(call: Call) -> StaffSession:
    """Who of the staff asks."""
    if call.staff is None:
        raise Refused(-1002)
    return call.staff


@contextmanager
def told_to_staff() -> Iterator[None]:
    """Turns what the room of staff raises into the refusal that its reader gets."""
    try:
        with told_to_client():
            yield
    except StaffRefused as refused:
        code = -1005 if refused.no.is_about_right else -1004
        told: dict[str, object] = {
            "rejection": reason_number(code),
            "name": refused.no.value,
            "words": refused.words,
            "figures": {name: str(figure) for name, figure in refused.figures.items()},
            "next_step": refused.next_step,
        }
        raise Refused(code, details=told) from refused


def staff_row(  # noqa: PLR0917 a row of the table, in the order of its columns
    method: str,
    path: str,
    permission: Permission,
    handler: Handler,
    summary: str,
    parameters: tuple[Parameter, ...] = (),
    *,
    answer: object,
    weight: int = 1,
    sends: object = None,
) -> Endpoint:
    """An endpoint for staff; what comes with a write is JSON."""
    return Endpoint(
        method,
        PREFIX + path,
        Security.STAFF,
        weight,
        handler,
        summary,
        Body.FORM if method in {"GET", "DELETE"} else Body.JSON,
        shows_state=False,
        parameters=parameters,
        answer=answer,
        sends=sends,
        permission=permission,
    )
