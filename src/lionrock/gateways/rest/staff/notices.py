"""What a member of the staff is told: the inbox of whoever is signed in, and nobody else's."""

from __future__ import annotations

from lionrock.gateways.rest.contract import Call, Parameter, Venue
from lionrock.gateways.rest.notices import NoticeRow, inbox_of, marked_read
from lionrock.gateways.rest.sign_in import Done
from lionrock.gateways.rest.staff.outbox import outbox_of
from lionrock.gateways.rest.staff.rows import session_of_staff, staff_row
from lionrock.people.staff.permissions import Permission


async def list_notices(venue: Venue, call: Call) -> list[NoticeRow]:
    """The last hundred, newest first."""
    return await inbox_of(outbox_of(venue), session_of_staff(call).member.staff_id)


async def mark_read(venue: Venue, call: Call) -> Done:
    """It was read; a second time changes nothing."""
    return await marked_read(outbox_of(venue), session_of_staff(call).member.staff_id, venue, call)


ENDPOINTS = (
    staff_row(
        "GET", "me/notices", Permission.OWN, list_notices, "Notices to whoever is signed in", answer=list[NoticeRow]
    ),
    staff_row(
        "POST",
        "me/notices/read",
        Permission.OWN,
        mark_read,
        "A notice was read",
        (Parameter("noticeId", "Which notice", is_required=True),),
        answer=Done,
    ),
)
