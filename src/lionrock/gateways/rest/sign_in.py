"""Signing in and out: sessions with a password or a passkey. A session lives in a cookie that scripts cannot read."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie
from typing import Any

import msgspec

from lionrock.gateways.rest.authentication import SESSION_COOKIE
from lionrock.gateways.rest.contract import NS_PER_MS, Body, Call, Endpoint, Kind, Parameter, Reply, Security, Venue
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.refusals import told_to_client
from lionrock.people.people import People
from lionrock.people.sessions import Place, Session

SIGN_IN_WEIGHT = 20
"""A password costs us as much as thousands of other requests."""
_MAX_PROGRAM = 200
_LOCAL = ("localhost", "127.0.0.1", "[::1]")
NO_STORE = (b"cache-control", b"no-store")


class SignIn(msgspec.Struct, rename="camel", frozen=True):
    sign_in_name: str
    password: str
    code: str = ""

    def __repr__(self) -> str:
        return "SignIn()"


class PasskeyAnswer(msgspec.Struct, rename="camel", frozen=True):
    credential: dict[str, Any]
    """What `PublicKeyCredential.toJSON()` gives."""


class SignedIn(msgspec.Struct, rename="camel"):
    """The answer to a sign-in; the token itself is in the cookie."""

    session_id: str
    user_id: str
    account_id: str
    """Empty until an account is opened for the user."""
    csrf_token: str
    """For the header `X-Lionrock-CSRF` of each write."""
    ends_at_ms: int
    """When it ends if it is not used again."""


class SessionRow(msgspec.Struct, rename="camel"):
    """A session in the list."""

    session_id: str
    is_current: bool
    created_at_ms: int
    last_used_at_ms: int
    ends_at_ms: int
    address: str
    program: str


class Done(msgspec.Struct):
    """What was asked is done."""

    success: bool = True


def account_text(account_id: int) -> str:
    """As it is told; empty for a user without an account."""
    return str(account_id) if account_id else ""


def people_of(venue: Venue) -> People:
    """The people of the site. Raises `Refused` where it has none."""
    if venue.people is None:
        raise Refused(-1101)
    return venue.people


def session_of_call(call: Call) -> Session:
    """The session behind a request that only a session may make."""
    if call.session is None:
        raise Refused(-1002)
    return call.session


async def sign_in(venue: Venue, call: Call) -> Reply:
    """A session for the right name, password and, where the user has an authenticator, code."""
    check_type(call)
    people, asked = people_of(venue), read_json(call.body, SignIn)
    with told_to_client():
        session, token = await people.sign_in(asked.sign_in_name, asked.password, asked.code, place_of(call))
    return _signed_in(people, call, session, token)


async def passkey_options(venue: Venue, call: Call) -> dict[str, Any]:  # noqa: ARG001 every handler is given both
    """For `navigator.credentials.get`; the challenge may be answered once within five minutes."""
    return people_of(venue).passkeys.sign_in_options()


async def sign_in_by_passkey(venue: Venue, call: Call) -> Reply:
    """A session for a passkey's answer to the challenge."""
    check_type(call)
    people, asked = people_of(venue), read_json(call.body, PasskeyAnswer)
    with told_to_client():
        session, token = await people.sign_in_by_passkey(asked.credential, origin_of(call), place_of(call))
    return _signed_in(people, call, session, token)


async def list_sessions(venue: Venue, call: Call) -> list[SessionRow]:
    """The user's sessions, oldest first."""
    people, current = people_of(venue), session_of_call(call)
    return [
        SessionRow(
            each.session_id,
            each is current,
            each.created_ns // NS_PER_MS,
            each.last_used_ns // NS_PER_MS,
            people.sessions.ends_ns(each) // NS_PER_MS,
            each.place.address,
            each.place.program,
        )
        for each in people.sessions.of_user(current.user_id, venue.clock())
    ]


async def end_session(venue: Venue, call: Call) -> Reply:
    """Ends the session that is named, or else the one that asks."""
    people, current = people_of(venue), session_of_call(call)
    named = call.parameters.text("sessionId") or current.session_id
    mine = people.sessions.of_user(current.user_id, venue.clock())
    found = next((each for each in mine if each.session_id == named), None)
    if found is None:
        raise missing_or_invalid("sessionId")
    await asyncio.to_thread(people.sessions.end, found)
    reply = Reply.json(200, Done())
    if found is not current:
        return reply
    return msgspec.structs.replace(reply, headers=(cookie_of(call, "", 0), NO_STORE))


def origin_of(call: Call) -> str:
    return call.headers.get(b"origin", b"").decode("latin-1")


def check_type(call: Call) -> None:
    """No form on another's page can send JSON, so that nobody is signed in behind their back."""
    if call.headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
        raise missing_or_invalid("Content-Type")


def place_of(call: Call) -> Place:
    program = call.headers.get(b"user-agent", b"").decode("latin-1")
    return Place(call.client_host, "".join(sign for sign in program if sign.isprintable())[:_MAX_PROGRAM])


def _signed_in(people: People, call: Call, session: Session, token: str) -> Reply:
    ends_ns = people.sessions.ends_ns(session)
    body = SignedIn(
        session.session_id,
        session.user_id,
        account_text(session.account_id),
        people.sessions.csrf_token(session),
        ends_ns // NS_PER_MS,
    )
    cookie = cookie_of(call, token, people.sessions.longest_s)
    return msgspec.structs.replace(Reply.json(200, body), headers=(cookie, NO_STORE))


def cookie_of(
    call: Call, token: str, max_age_s: int, *, name: str = SESSION_COOKIE, path: str = "/"
) -> tuple[bytes, bytes]:
    """HttpOnly and SameSite=Strict; Secure but for a browser on this very machine, which knows no TLS."""
    morsel = SimpleCookie({name: token})[name]
    morsel["httponly"] = True
    morsel["samesite"] = "Strict"
    morsel["path"] = path
    morsel["max-age"] = max_age_s
    host = call.headers.get(b"host", b"").decode("latin-1")
    if host not in _LOCAL and not host.startswith(tuple(f"{local}:" for local in _LOCAL)):
        morsel["secure"] = True
    return (b"set-cookie", morsel.OutputString().encode())


_NAME = Parameter("signInName", "Letter case does not matter", is_required=True, example="ann@example.com")
_PASSWORD = Parameter("password", "Password, 12 to 256 characters", is_required=True, example="a long pass phrase")
_CODE = Parameter("code", "Code of the authenticator, or a recovery code", example="123456")
CREDENTIAL = Parameter(
    "credential",
    "What `PublicKeyCredential.toJSON()` gives in the browser",
    Kind.OBJECT,
    is_required=True,
    members=(
        Parameter("id", "Of the passkey, base64url", is_required=True),
        Parameter("rawId", "The same", is_required=True),
        Parameter("type", "What it is", is_required=True, choices=("public-key",)),
        Parameter("response", "What the device says and signs", Kind.OBJECT, is_required=True),
    ),
)
_SESSION_ID = Parameter("sessionId", "Which session; the one that asks where it is not sent")

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        "/lionrock/v1/sessions",
        Security.NONE,
        SIGN_IN_WEIGHT,
        sign_in,
        "Sign in with a password",
        Body.JSON,
        shows_state=False,
        parameters=(_NAME, _PASSWORD, _CODE),
        answer=SignedIn,
    ),
    Endpoint(
        "POST",
        "/lionrock/v1/sessions/passkeyOptions",
        Security.NONE,
        1,
        passkey_options,
        "Options for signing in with a passkey",
        Body.JSON,
        shows_state=False,
        answer=dict[str, Any],
    ),
    Endpoint(
        "POST",
        "/lionrock/v1/sessions/passkey",
        Security.NONE,
        5,
        sign_in_by_passkey,
        "Sign in with a passkey",
        Body.JSON,
        shows_state=False,
        parameters=(CREDENTIAL,),
        answer=SignedIn,
    ),
    Endpoint(
        "GET",
        "/lionrock/v1/sessions",
        Security.SESSION,
        1,
        list_sessions,
        "Sessions of the user",
        shows_state=False,
        answer=list[SessionRow],
    ),
    Endpoint(
        "DELETE",
        "/lionrock/v1/sessions",
        Security.SESSION,
        1,
        end_session,
        "End a session",
        shows_state=False,
        parameters=(_SESSION_ID,),
        answer=Done,
    ),
)
