"""Complaints of the user who is signed in: filing one, and what became of it."""

from __future__ import annotations

import msgspec

from lionrock.compliance.registers.registers import MOST_FIELD, Record, Registers, TooManyComplaints
from lionrock.gateways.rest.contract import NS_PER_MS, Body, Call, Endpoint, Parameter, Security, Venue
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.refusals import details
from lionrock.gateways.rest.sign_in import session_of_call

_MOST_SUBJECT = 200


class NewComplaint(msgspec.Struct, frozen=True):
    subject: str
    text: str

    def __repr__(self) -> str:
        return "NewComplaint()"


class ComplaintShown(msgspec.Struct, rename="camel"):
    """A complaint as its maker sees it."""

    complaint_id: str
    state: str
    """`received`, `acknowledged`, `answered` or `closed`."""
    filed_at_ms: int
    due_at_ms: int
    """By when it is to be answered."""
    answered_at_ms: int | None
    subject: str
    text: str
    answer: str


def _registers(venue: Venue) -> Registers:
    if venue.registers is None:
        raise Refused(-1101)
    return venue.registers


async def file_complaint(venue: Venue, call: Call) -> ComplaintShown:
    """It is in the register when this answers."""
    registers, session = _registers(venue), session_of_call(call)
    asked = read_json(call.body, NewComplaint)
    if not 1 <= len(asked.subject.strip()) <= _MOST_SUBJECT or not asked.subject.isprintable():
        raise missing_or_invalid("subject")
    if not 1 <= len(asked.text.strip()) <= MOST_FIELD:
        raise missing_or_invalid("text")
    try:
        record = await registers.file_complaint(session.account_id, asked.subject, asked.text, venue.clock())
    except TooManyComplaints as error:
        told = details(
            -1004, "complaints_wait", "too many of your complaints wait for an answer", "wait until one is answered"
        )
        raise Refused(-1004, details=told) from error
    return _shown(record)


async def list_complaints(venue: Venue, call: Call) -> list[ComplaintShown]:
    """Newest first."""
    registers, session = _registers(venue), session_of_call(call)
    return [_shown(each) for each in await registers.of_account(session.account_id)]


def _shown(record: Record) -> ComplaintShown:
    return ComplaintShown(
        record.record_id,
        record.state,
        record.begun_ns // NS_PER_MS,
        record.due_ns // NS_PER_MS,
        None if record.done_ns is None else record.done_ns // NS_PER_MS,
        record.fields["subject"],
        record.fields["text"],
        record.fields.get("answer", ""),
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        "/lionrock/v1/complaints",
        Security.SESSION,
        5,
        file_complaint,
        "File a complaint",
        Body.JSON,
        shows_state=False,
        parameters=(
            Parameter("subject", "What it is about, at most 200 characters", is_required=True),
            Parameter("text", "At most 10,000 characters", is_required=True),
        ),
        answer=ComplaintShown,
    ),
    Endpoint(
        "GET",
        "/lionrock/v1/complaints",
        Security.SESSION,
        1,
        list_complaints,
        "Complaints of the user",
        shows_state=False,
        answer=list[ComplaintShown],
    ),
)
