"""Documents that leave the house: taken once by whoever proposed it, after a second person approved."""

from __future__ import annotations

import asyncio

import msgspec

from lionrock.compliance.onboarding.releases import Release
from lionrock.gateways.rest.contract import NS_PER_MS, Call, Media, Parameter, Reply, Venue
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.onboarding import onboarding_of
from lionrock.gateways.rest.staff.clients import as_file
from lionrock.gateways.rest.staff.rows import office_of, session_of_staff, staff_row, told_to_staff
from lionrock.people.staff.permissions import Permission


class ReleaseTaken(msgspec.Struct, rename="camel", frozen=True):
    proposal_id: str


class StaffRelease(msgspec.Struct, rename="camel"):
    """That a document may leave, or left."""

    proposal_id: str
    client_id: str
    recipient: str
    """Who outside it is for."""
    reason_code: str
    by: str
    """Who proposed it, and alone may take it."""
    approved_by: str
    released_at_ms: int
    ends_at_ms: int
    taken_at_ms: int
    """0 while it was not taken."""


async def take(venue: Venue, call: Call) -> Reply:
    """The document, once; that it leaves is on the staff's log and in the journal before it is sent."""
    asked = read_json(call.body, ReleaseTaken)
    releases, office, staff_id = onboarding_of(venue).releases, office_of(venue), session_of_staff(call).member.staff_id
    noting = office.noting(staff_id, "document taken out", asked.proposal_id)
    with told_to_staff():
        document, content = await asyncio.to_thread(releases.take, asked.proposal_id, staff_id, noting)
        await office.audit.carry_to_journal()
    return as_file(document, content)


async def list_releases(venue: Venue, call: Call) -> list[StaffRelease]:
    """Of one document, oldest first. Who looks is on the staff's log, as whom it went to is told."""
    releases, named = onboarding_of(venue).releases, call.parameters.required("documentId")
    office, staff_id = office_of(venue), session_of_staff(call).member.staff_id
    await office.note(staff_id, "document releases read", named)

    def read() -> list[StaffRelease]:
        return [_shown(each, releases.recipient_of(each.proposal_id)) for each in releases.of_document(named)]

    return await asyncio.to_thread(read)


def _shown(each: Release, recipient: str) -> StaffRelease:
    return StaffRelease(
        each.proposal_id,
        each.client_id,
        recipient,
        each.reason_code,
        each.staff_id,
        each.approver_id,
        each.released_ns // NS_PER_MS,
        each.ends_ns // NS_PER_MS,
        each.taken_ns // NS_PER_MS,
    )


ENDPOINTS = (
    staff_row(
        "POST",
        "clients/documents/release",
        Permission.DOCUMENT_RELEASE,
        take,
        "Take a document out that a second person approved, once, within a day",
        (Parameter("proposalId", "The proposal `document_release` that was carried out", is_required=True),),
        answer=Media(("application/pdf", "image/jpeg", "image/png")),
        weight=5,
    ),
    staff_row(
        "GET",
        "clients/documents/releases",
        Permission.ASSESSMENTS_READ,
        list_releases,
        "To whom a document was released, and whether it was taken",
        (Parameter("documentId", "Which document", is_required=True),),
        answer=list[StaffRelease],
    ),
)
