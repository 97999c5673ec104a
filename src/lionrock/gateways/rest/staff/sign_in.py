"""How somebody of the staff enrols with a one-time code, signs in with two factors, and ends sessions."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from lionrock.gateways.rest.authentication import STAFF_COOKIE
from lionrock.gateways.rest.contract import NS_PER_MS, Body, Call, Endpoint, Parameter, Reply, Security, Venue
from lionrock.gateways.rest.errors import missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.profile import NewAuthenticator, PasskeyRow, RecoveryCodes
from lionrock.gateways.rest.sign_in import (
    CREDENTIAL,
    NO_STORE,
    SIGN_IN_WEIGHT,
    Done,
    PasskeyAnswer,
    SessionRow,
    SignIn,
    check_type,
    cookie_of,
    origin_of,
    place_of,
)
from lionrock.gateways.rest.staff.rows import PREFIX, office_of, session_of_staff, staff_row, told_to_staff
from lionrock.people.passkeys import MAX_LABEL
from lionrock.people.staff.office import StaffOffice
from lionrock.people.staff.permissions import Permission
from lionrock.people.staff.sessions import StaffSession


class CodeAsked(msgspec.Struct, rename="camel", frozen=True):
    enrolment_code: str

    def __repr__(self) -> str:
        return "CodeAsked()"


class PasskeyEnrolled(msgspec.Struct, rename="camel", frozen=True):
    enrolment_code: str
    credential: dict[str, Any]
    label: str = ""

    def __repr__(self) -> str:
        return "PasskeyEnrolled()"


class PasswordBegun(msgspec.Struct, rename="camel", frozen=True):
    enrolment_code: str
    password: str

    def __repr__(self) -> str:
        return "PasswordBegun()"


class PasswordConfirmed(msgspec.Struct, rename="camel", frozen=True):
    enrolment_code: str
    code: str

    def __repr__(self) -> str:
        return "PasswordConfirmed()"


class StaffSignedIn(msgspec.Struct, rename="camel"):
    """The answer to a sign-in of the staff; the token itself is in the cookie."""

    session_id: str
    staff_id: str
    roles: list[str]
    csrf_token: str
    """For the header `X-Lionrock-CSRF` of each write."""
    ends_at_ms: int
    """When it ends if it is not used again."""


async def passkey_options(venue: Venue, call: Call) -> dict[str, Any]:
    """For `navigator.credentials.create`, to whoever has an enrolment code; the code is not used up."""
    check_type(call)
    office, asked = office_of(venue), read_json(call.body, CodeAsked)
    with told_to_staff():
        return await asyncio.to_thread(office.ways_in.passkey_options, asked.enrolment_code)


async def enrol_passkey(venue: Venue, call: Call) -> PasskeyRow:
    """Keeps the passkey that answered the challenge and uses the enrolment code up."""
    check_type(call)
    office, asked = office_of(venue), read_json(call.body, PasskeyEnrolled)
    if len(asked.label) > MAX_LABEL or not asked.label.isprintable():
        raise missing_or_invalid("label")
    with told_to_staff():
        made = await asyncio.to_thread(
            lambda: office.ways_in.enrol_passkey(asked.enrolment_code, asked.label, asked.credential, origin_of(call))
        )
    return PasskeyRow(made.passkey_id, made.label, made.created_ns // NS_PER_MS)


async def begin_password(venue: Venue, call: Call) -> NewAuthenticator:
    """A password, where there can be no passkey, and the secret of an authenticator; neither counts before a code of
    it was confirmed.
    """
    check_type(call)
    office, asked = office_of(venue), read_json(call.body, PasswordBegun)
    with told_to_staff():
        begun = await office.ways_in.begin_password(asked.enrolment_code, asked.password)
    return NewAuthenticator(begun.secret, begun.uri)


async def confirm_password(venue: Venue, call: Call) -> RecoveryCodes:
    """Password and authenticator count from now on; uses the enrolment code up."""
    check_type(call)
    office, asked = office_of(venue), read_json(call.body, PasswordConfirmed)
    with told_to_staff():
        codes = await asyncio.to_thread(office.ways_in.confirm_password, asked.enrolment_code, asked.code)
    return RecoveryCodes(codes)


async def sign_in(venue: Venue, call: Call) -> Reply:
    """A session for the right name, password and code, all three."""
    check_type(call)
    office, asked = office_of(venue), read_json(call.body, SignIn)
    with told_to_staff():
        session, token = await office.ways_in.sign_in(asked.sign_in_name, asked.password, asked.code, place_of(call))
    return await _signed_in(office, call, session, token)


async def sign_in_options(venue: Venue, call: Call) -> dict[str, Any]:  # noqa: ARG001 every handler is given both
    """For `navigator.credentials.get`; the challenge may be answered once within five minutes."""
    return office_of(venue).ways_in.passkeys.sign_in_options()


async def sign_in_by_passkey(venue: Venue, call: Call) -> Reply:
    """A session for a passkey's answer to the challenge. A client's passkey is none of the staff's."""
    check_type(call)
    office, asked = office_of(venue), read_json(call.body, PasskeyAnswer)
    with told_to_staff():
        session, token = await office.ways_in.sign_in_by_passkey(asked.credential, origin_of(call), place_of(call))
    return await _signed_in(office, call, session, token)


async def list_sessions(venue: Venue, call: Call) -> list[SessionRow]:
    """One's own sessions, oldest first."""
    office, current = office_of(venue), session_of_staff(call)
    sessions = office.ways_in.sessions
    mine = await asyncio.to_thread(sessions.of_member, current.member, venue.clock())
    return [
        SessionRow(
            each.session_id,
            each.session_id == current.session_id,
            each.created_ns // NS_PER_MS,
            each.last_used_ns // NS_PER_MS,
            sessions.ends_ns(each) // NS_PER_MS,
            each.place.address,
            each.place.program,
        )
        for each in mine
    ]


async def end_session(venue: Venue, call: Call) -> Reply:
    """Ends the session that is named, or else the one that asks."""
    office, current = office_of(venue), session_of_staff(call)
    named = call.parameters.text("sessionId") or current.session_id
    mine = await asyncio.to_thread(office.ways_in.sessions.of_member, current.member, venue.clock())
    found = next((each for each in mine if each.session_id == named), None)
    if found is None:
        raise missing_or_invalid("sessionId")
    await asyncio.to_thread(office.ways_in.sessions.end, found)
    reply = Reply.json(200, Done())
    if found.session_id != current.session_id:
        return reply
    cookie = cookie_of(call, "", 0, name=STAFF_COOKIE, path=PREFIX)
    return msgspec.structs.replace(reply, headers=(cookie, NO_STORE))


async def _signed_in(office: StaffOffice, call: Call, session: StaffSession, token: str) -> Reply:
    await office.audit.carry_to_journal()
    sessions = office.ways_in.sessions
    body = StaffSignedIn(
        session.session_id,
        session.staff_id,
        sorted(role.value for role in session.member.roles),
        sessions.csrf_token(session),
        sessions.ends_ns(session) // NS_PER_MS,
    )
    cookie = cookie_of(call, token, sessions.longest_s, name=STAFF_COOKIE, path=PREFIX)
    return msgspec.structs.replace(Reply.json(200, body), headers=(cookie, NO_STORE))


def _open_row(
    path: str,
    handler: Any,
    summary: str,
    parameters: tuple[Parameter, ...] = (),
    *,
    answer: object,
    weight: int = SIGN_IN_WEIGHT,
) -> Endpoint:
    """For whoever is not signed in yet."""
    return Endpoint(
        "POST",
        PREFIX + path,
        Security.NONE,
        weight,
        handler,
        summary,
        Body.JSON,
        shows_state=False,
        parameters=parameters,
        answer=answer,
    )


_ENROLMENT_CODE = Parameter("enrolmentCode", "The one-time code that an administrator gave", is_required=True)
_PASSWORD = Parameter("password", "Password, 12 to 256 characters", is_required=True, example="a long pass phrase")

ENDPOINTS: tuple[Endpoint, ...] = (
    _open_row(
        "enrolment/passkeyOptions",
        passkey_options,
        "Options for enrolling with a passkey",
        (_ENROLMENT_CODE,),
        answer=dict[str, Any],
    ),
    _open_row(
        "enrolment/passkey",
        enrol_passkey,
        "Enrol with a passkey",
        (
            _ENROLMENT_CODE,
            CREDENTIAL,
            Parameter("label", "What its owner calls it, at most 64 characters", example="phone"),
        ),
        answer=PasskeyRow,
    ),
    _open_row(
        "enrolment/password",
        begin_password,
        "Begin to enrol with a password and an authenticator",
        (_ENROLMENT_CODE, _PASSWORD),
        answer=NewAuthenticator,
    ),
    _open_row(
        "enrolment/totp",
        confirm_password,
        "Confirm the authenticator and so enrol",
        (
            _ENROLMENT_CODE,
            Parameter("code", "Six digits of the authenticator", is_required=True, example="123456"),
        ),
        answer=RecoveryCodes,
    ),
    _open_row(
        "sessions",
        sign_in,
        "Sign in as staff with a password and a code",
        (
            Parameter("signInName", "Letter case does not matter", is_required=True, example="officer@example.com"),
            _PASSWORD,
            Parameter("code", "Code of the authenticator, or a recovery code; there is no sign-in without"),
        ),
        answer=StaffSignedIn,
    ),
    _open_row(
        "sessions/passkeyOptions",
        sign_in_options,
        "Options for signing in as staff with a passkey",
        answer=dict[str, Any],
        weight=1,
    ),
    _open_row(
        "sessions/passkey",
        sign_in_by_passkey,
        "Sign in as staff with a passkey",
        (CREDENTIAL,),
        answer=StaffSignedIn,
        weight=5,
    ),
    staff_row("GET", "sessions", Permission.OWN, list_sessions, "One's own sessions", answer=list[SessionRow]),
    staff_row(
        "DELETE",
        "sessions",
        Permission.OWN,
        end_session,
        "End a session of one's own",
        (Parameter("sessionId", "Which session; the one that asks where it is not sent"),),
        answer=Done,
    ),
)
