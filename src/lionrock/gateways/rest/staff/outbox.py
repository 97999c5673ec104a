"""The outbox over HTTP: what went out, what waits, what was given up, and sending it again.

Never what a notice says, nor the address it goes to.
"""

from __future__ import annotations

import asyncio

import msgspec

from lionrock.gateways.rest.contract import NS_PER_MS, Call, Parameter, Venue
from lionrock.gateways.rest.declared import LIMIT
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.sign_in import Done, people_of
from lionrock.gateways.rest.staff.cursors import CURSOR, next_cursor, read_cursor
from lionrock.gateways.rest.staff.rows import office_of, session_of_staff, staff_row, told_to_staff
from lionrock.people.staff.actions import Reason
from lionrock.people.staff.permissions import Permission
from lionrock.people.staff.refusals import No, StaffRefused
from lionrock.store.outbox.messages import Channel, DeliveryState
from lionrock.store.outbox.outbox import MOST_ROWS, Delivery, Outbox


class SentAgain(msgspec.Struct, rename="camel", frozen=True):
    message_id: str
    channel: Channel
    reason_code: str


class StaffDelivery(msgspec.Struct, rename="camel"):
    """A notice by one channel."""

    message_id: str
    kind: str
    recipient: str
    """Opaque id of a user or of a member of the staff."""
    channel: str
    state: str
    attempts: int
    created_at_ms: int
    """When it was put in, or sent again."""
    next_at_ms: int
    """While it waits, not tried before."""
    outcome: str
    """Of the last attempt; empty before the first."""
    ended_at_ms: int
    """When it arrived or was given up; 0 while it waits."""


class StaffOutbox(msgspec.Struct, rename="camel"):
    """A page of deliveries, newest first."""

    counts: dict[str, int]
    """How many of all stand where."""
    deliveries: list[StaffDelivery]
    next_cursor: str | None
    """Where the next page begins; null behind the oldest."""


class StaffAttempt(msgspec.Struct, rename="camel"):
    """One try."""

    number: int
    begun_at_ms: int
    ended_at_ms: int
    """0 while it lasts."""
    outcome: str
    code: int
    """Status of SMTP or HTTP; 0 for none."""


def outbox_of(venue: Venue) -> Outbox:
    """Raises `Refused` where the site has none."""
    notices = people_of(venue).notices
    if notices is None:
        raise Refused(-1101)
    return notices.outbox


async def list_deliveries(venue: Venue, call: Call) -> StaffOutbox:
    """Newest first; one that is sent again counts as new."""
    outbox, named = outbox_of(venue), call.parameters.text("state")
    if named is not None and named not in set(DeliveryState):
        raise missing_or_invalid("state")
    most = call.parameters.limit(default=100, most=MOST_ROWS)
    question = f"outbox {named or ''}"
    behind = read_cursor(call, question)

    def read() -> StaffOutbox:
        state = DeliveryState(named) if named else None
        rows = outbox.deliveries(state=state, behind=behind, most=most)
        last = (rows[-1].created_ns, rows[-1].place) if rows else (0, "")
        return StaffOutbox(outbox.counts(), [_row(row) for row in rows], next_cursor(question, rows, most, last))

    return await asyncio.to_thread(read)


def _row(row: Delivery) -> StaffDelivery:
    return StaffDelivery(
        row.message_id,
        row.kind,
        row.recipient,
        row.channel,
        row.state,
        row.attempts,
        row.created_ns // NS_PER_MS,
        row.next_ns // NS_PER_MS,
        row.outcome,
        (row.ended_ns or 0) // NS_PER_MS,
    )


async def list_attempts(venue: Venue, call: Call) -> list[StaffAttempt]:
    """How each try ended, oldest first."""
    outbox, message_id = outbox_of(venue), call.parameters.required("messageId")
    channel = call.parameters.required("channel")
    if channel not in set(Channel):
        raise missing_or_invalid("channel")
    with told_to_staff():
        if not any(row.channel == channel for row in await asyncio.to_thread(_deliveries, outbox, message_id)):
            raise StaffRefused(No.DELIVERY_UNKNOWN)
        rows = await asyncio.to_thread(outbox.attempts, message_id, Channel(channel))
    return [
        StaffAttempt(row.number, row.begun_ns // NS_PER_MS, (row.ended_ns or 0) // NS_PER_MS, row.outcome, row.code)
        for row in rows
    ]


async def send_again(venue: Venue, call: Call) -> Done:
    """Wakes what was given up; who did it and why is on the staff's log with it."""
    asked = read_json(call.body, SentAgain)
    if asked.reason_code not in set(Reason):
        raise missing_or_invalid("reasonCode")
    outbox, office, staff_id = outbox_of(venue), office_of(venue), session_of_staff(call).member.staff_id
    noting = office.noting(
        staff_id, "notice sent again", asked.message_id, channel=asked.channel.value, reason=asked.reason_code
    )
    with told_to_staff():
        rows = await asyncio.to_thread(_deliveries, outbox, asked.message_id)
        if not any(row.channel == asked.channel for row in rows):
            raise StaffRefused(No.DELIVERY_UNKNOWN)
        if not await asyncio.to_thread(outbox.send_again, asked.message_id, asked.channel, venue.clock(), noting):
            raise StaffRefused(No.DELIVERY_NOT_DEAD)
        await office.audit.carry_to_journal()
    return Done()


def _deliveries(outbox: Outbox, message_id: str) -> list[Delivery]:
    return outbox.deliveries(message_id=message_id)


_MESSAGE_ID = Parameter("messageId", "Which notice", is_required=True)
_CHANNEL = Parameter("channel", "By which way", is_required=True, choices=tuple(Channel), example="email")

ENDPOINTS = (
    staff_row(
        "GET",
        "outbox",
        Permission.OUTBOX_READ,
        list_deliveries,
        "Deliveries of notices, newest first, without what they say and where they go",
        (Parameter("state", "Only those in this state", choices=tuple(DeliveryState), example="dead"), LIMIT, CURSOR),
        answer=StaffOutbox,
        weight=5,
    ),
    staff_row(
        "GET",
        "outbox/attempts",
        Permission.OUTBOX_READ,
        list_attempts,
        "How each attempt at a delivery ended",
        (_MESSAGE_ID, _CHANNEL),
        answer=list[StaffAttempt],
    ),
    staff_row(
        "POST",
        "outbox/sendAgain",
        Permission.PAPERS_WORK,
        send_again,
        "Send a notice again that was given up",
        (
            _MESSAGE_ID,
            _CHANNEL,
            Parameter("reasonCode", "Why", is_required=True, choices=tuple(Reason), example="error"),
        ),
        answer=Done,
    ),
)
