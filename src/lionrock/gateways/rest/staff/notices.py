"""What a member of the staff is told: the inbox of whoever is signed in, and nobody else's."""

from __future__ import annotations

import asyncio

from lionrock.gateways.rest.contract import NS_PER_MS, Call, Parameter, Venue
from lionrock.gateways.rest.errors import missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.notices import NoticeRead, NoticeRow
from lionrock.gateways.rest.sign_in import Done
from lionrock.gateways.rest.staff.outbox import outbox_of
from lionrock.gateways.rest.staff.rows import session_of_staff, staff_row
from lionrock.people.staff.permissions import Permission


async def list_notices(venue: Venue, call: Call) -> list[NoticeRow]:
    """The last hundred, newest first."""
    rows = await asyncio.to_thread(outbox_of(venue).read_inbox, session_of_staff(call).member.staff_id)
    return [
        NoticeRow(
            row.message_id,
            row.kind,
            row.created_ns // NS_PER_MS,
            row.content.subject,
            row.content.text,
            row.content.language,
            row.is_read,
        )
        for row in rows
    ]


async def mark_read(venue: Venue, call: Call) -> Done:
    """It was read; a second time changes nothing."""
    asked, staff_id = read_json(call.body, NoticeRead), session_of_staff(call).member.staff_id
    if not await asyncio.to_thread(outbox_of(venue).mark_read, staff_id, asked.notice_id, venue.clock()):
        raise missing_or_invalid("noticeId")
    return Done()


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
