"""Who is of the staff: one's own profile, and for administrators and officers everybody's."""

from __future__ import annotations

import asyncio

import msgspec

from lionrock.gateways.rest.contract import NS_PER_MS, Call, Endpoint, Parameter, Venue
from lionrock.gateways.rest.errors import missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.sign_in import Done
from lionrock.gateways.rest.staff.rows import office_of, session_of_staff, staff_row, told_to_staff
from lionrock.people.staff.members import Enrolled, Member
from lionrock.people.staff.office import StaffOffice
from lionrock.people.staff.permissions import Permission

MAX_PERSON = 100
MAX_CLIENT_ID = 64


class NewMember(msgspec.Struct, rename="camel", frozen=True):
    sign_in_name: str
    person: str

    def __repr__(self) -> str:
        return "NewMember()"


class MemberNamed(msgspec.Struct, rename="camel", frozen=True):
    staff_id: str


class OwnFile(msgspec.Struct, rename="camel", frozen=True):
    client_id: str


class StaffRole(msgspec.Struct):
    """A role."""

    role: str
    words: str


class StaffShown(msgspec.Struct, rename="camel"):
    """Whoever is signed in."""

    staff_id: str
    sign_in_name: str
    roles: list[StaffRole]
    permissions: list[str]
    has_passkey: bool
    has_totp: bool
    access_reviewed_at_ms: int
    session_id: str
    csrf_token: str
    """For the header `X-Lionrock-CSRF` of each write, for a page that was loaded anew."""
    session_ends_at_ms: int
    """When the session ends if it is not used again."""


class StaffRow(msgspec.Struct, rename="camel"):
    """A member of the staff in the list."""

    staff_id: str
    sign_in_name: str
    roles: list[str]
    is_active: bool
    is_enrolled: bool
    created_at_ms: int
    access_reviewed_at_ms: int
    has_trading_account: bool
    """As declared: an account of a client that belongs to the member or a relation."""


class StaffCode(msgspec.Struct, rename="camel"):
    """Shown once."""

    staff_id: str
    enrolment_code: str
    ends_at_ms: int


async def show_me(venue: Venue, call: Call) -> StaffShown:
    """Who is signed in, and what they may do."""
    office, session = office_of(venue), session_of_staff(call)
    member, sessions = session.member, office.ways_in.sessions
    name = await asyncio.to_thread(office.members.name_of, member.staff_id)
    roles = sorted(member.roles)
    return StaffShown(
        member.staff_id,
        name,
        [StaffRole(role.value, role.words) for role in roles],
        [permission.value for permission in Permission if permission.roles & member.roles],
        member.has_passkey,
        member.has_totp,
        member.access_reviewed_ns // NS_PER_MS,
        session.session_id,
        sessions.csrf_token(session),
        sessions.ends_ns(session) // NS_PER_MS,
    )


async def declare_file(venue: Venue, call: Call) -> Done:
    """Declares that a client is oneself or a relation: their file is off limits from now on. Nobody takes it back."""
    asked = read_json(call.body, OwnFile)
    if not (0 < len(asked.client_id) <= MAX_CLIENT_ID and asked.client_id.isprintable()):
        raise missing_or_invalid("clientId")
    office, member = office_of(venue), session_of_staff(call).member
    with told_to_staff():
        await asyncio.to_thread(office.members.declare_file, member.staff_id, asked.client_id)
    await office.audit.carry_to_journal()
    return Done()


async def list_members(venue: Venue, call: Call) -> list[StaffRow]:  # noqa: ARG001 every handler is given both
    """Everybody, in the order they came."""
    office = office_of(venue)
    return await asyncio.to_thread(lambda: [_row(office, member) for member in office.members.all()])


def _row(office: StaffOffice, member: Member) -> StaffRow:
    return StaffRow(
        member.staff_id,
        office.members.name_of(member.staff_id),
        sorted(role.value for role in member.roles),
        member.is_active,
        member.is_enrolled,
        member.created_ns // NS_PER_MS,
        member.access_reviewed_ns // NS_PER_MS,
        member.has_trading_account,
    )


async def enrol(venue: Venue, call: Call) -> StaffCode:
    """A new member without roles, and the one-time code to enrol with. Roles are granted by two people."""
    asked, office, by = read_json(call.body, NewMember), office_of(venue), session_of_staff(call).staff_id
    if not (0 < len(asked.person) <= MAX_PERSON and asked.person.isprintable()):
        raise missing_or_invalid("person")
    with told_to_staff():
        enrolled = await asyncio.to_thread(office.members.enrol, asked.sign_in_name, asked.person, by)
    await office.audit.carry_to_journal()
    return _code(enrolled)


async def new_code(venue: Venue, call: Call) -> StaffCode:
    """For whoever lost their device: ways in, sessions and roles end, and the roles are granted anew by two people."""
    asked, office, by = read_json(call.body, MemberNamed), office_of(venue), session_of_staff(call).staff_id
    with told_to_staff():
        enrolled = await asyncio.to_thread(office.members.new_code, asked.staff_id, by)
    await office.audit.carry_to_journal()
    return _code(enrolled)


def _code(enrolled: Enrolled) -> StaffCode:
    return StaffCode(enrolled.staff_id, enrolled.code, enrolled.ends_ns // NS_PER_MS)


async def deactivate(venue: Venue, call: Call) -> Done:
    """At once: the member's sessions, ways in and roles end."""
    asked, office, by = read_json(call.body, MemberNamed), office_of(venue), session_of_staff(call).staff_id
    with told_to_staff():
        await asyncio.to_thread(office.members.deactivate, asked.staff_id, by)
    await office.audit.carry_to_journal()
    return Done()


async def review_access(venue: Venue, call: Call) -> Done:
    """Confirms that a member still needs their roles."""
    asked, office, by = read_json(call.body, MemberNamed), office_of(venue), session_of_staff(call).staff_id
    with told_to_staff():
        await asyncio.to_thread(office.members.review_access, asked.staff_id, by)
    await office.audit.carry_to_journal()
    return Done()


_STAFF_ID = (Parameter("staffId", "Which member", is_required=True),)

ENDPOINTS: tuple[Endpoint, ...] = (
    staff_row("GET", "me", Permission.OWN, show_me, "Whoever is signed in", answer=StaffShown),
    staff_row(
        "POST",
        "me/files",
        Permission.OWN,
        declare_file,
        "Declare a client's file as one's own",
        (Parameter("clientId", "Id of the client who is oneself or a relation", is_required=True),),
        answer=Done,
    ),
    staff_row("GET", "members", Permission.STAFF_READ, list_members, "Everybody of the staff", answer=list[StaffRow]),
    staff_row(
        "POST",
        "members",
        Permission.STAFF_MANAGE,
        enrol,
        "Enrol somebody",
        (
            Parameter("signInName", "3 to 254 characters; letter case does not matter", is_required=True),
            Parameter("person", "What the operator knows the person by: one for each human being", is_required=True),
        ),
        answer=StaffCode,
    ),
    staff_row(
        "POST",
        "members/code",
        Permission.STAFF_MANAGE,
        new_code,
        "A new enrolment code for whoever lost their device",
        _STAFF_ID,
        answer=StaffCode,
    ),
    staff_row(
        "POST", "members/deactivate", Permission.STAFF_MANAGE, deactivate, "Deactivate somebody", _STAFF_ID, answer=Done
    ),
    staff_row(
        "POST",
        "members/review",
        Permission.ACCESS_REVIEW,
        review_access,
        "Confirm somebody's access",
        _STAFF_ID,
        answer=Done,
    ),
)
