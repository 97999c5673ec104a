"""What a signed-in user keeps in order: password, authenticator, recovery codes, passkeys."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from lionrock.gateways.rest.contract import NS_PER_MS, Body, Call, Endpoint, Kind, Parameter, Security, Venue
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.refusals import told_to_client
from lionrock.gateways.rest.sign_in import (
    CREDENTIAL,
    SIGN_IN_WEIGHT,
    Done,
    account_text,
    origin_of,
    people_of,
    session_of_call,
)
from lionrock.people.notices import Change, Occasion
from lionrock.people.passkeys import MAX_LABEL
from lionrock.people.passwords import is_acceptable
from lionrock.people.people import People
from lionrock.people.users import User

ISSUER = "Lionrock"


class PasswordChange(msgspec.Struct, rename="camel", frozen=True):
    current_password: str
    new_password: str

    def __repr__(self) -> str:
        return "PasswordChange()"


class PasswordShown(msgspec.Struct, frozen=True):
    password: str

    def __repr__(self) -> str:
        return "PasswordShown()"


class CodeShown(msgspec.Struct, frozen=True):
    code: str


class ApiCode(msgspec.Struct, rename="camel", frozen=True):
    is_needed: bool


class NewPasskey(msgspec.Struct, frozen=True):
    credential: dict[str, Any]
    label: str = ""


class UserShown(msgspec.Struct, rename="camel"):
    """The user who asks."""

    user_id: str
    account_id: str
    """Empty until an account is opened for the user."""
    sign_in_name: str
    has_totp: bool
    has_passkey: bool
    recovery_codes_left: int
    api_needs_code: bool
    """Whether API keys need `X-TWO-FA-TOKEN` to move funds out."""
    needs_second_factor: bool
    """Whether the site asks for a second factor that this session has not shown yet: it may only set one up."""
    session_id: str
    csrf_token: str
    """For the header `X-Lionrock-CSRF` of each write, for a page that was loaded anew."""
    session_ends_at_ms: int
    """When the session ends if it is not used again."""


class NewAuthenticator(msgspec.Struct):
    """Shown once."""

    secret: str
    uri: str


class RecoveryCodes(msgspec.Struct, rename="camel"):
    """Shown once."""

    recovery_codes: list[str]


class PasskeyRow(msgspec.Struct, rename="camel"):
    """A passkey in the list."""

    passkey_id: str
    label: str
    created_at_ms: int


async def show_user(venue: Venue, call: Call) -> UserShown:
    """Who is signed in."""
    people, user = await _user(venue, call)
    session = session_of_call(call)

    def read() -> UserShown:
        return UserShown(
            user.user_id,
            account_text(user.account_id),
            people.users.name_of(user.user_id),
            user.has_totp,
            bool(people.passkeys.of_user(user.user_id)),
            people.second_factors.recovery_codes_left(user.user_id),
            user.api_needs_code,
            venue.profile.requires_second_factor and not session.second_factor_ns,
            session.session_id,
            people.sessions.csrf_token(session),
            people.sessions.ends_ns(session) // NS_PER_MS,
        )

    return await asyncio.to_thread(read)


async def change_password(venue: Venue, call: Call) -> Done:
    """The user's other sessions end."""
    asked = read_json(call.body, PasswordChange)
    if not is_acceptable(asked.new_password):
        raise missing_or_invalid("newPassword")
    people, user = await _user(venue, call)
    with told_to_client():
        await people.confirm_password(user, asked.current_password)
        if user.has_totp:
            await people.require_second_factor_of(user, call.second_factor, call.session)
        await people.change_password(session_of_call(call), asked.new_password)
    return Done()


async def begin_totp(venue: Venue, call: Call) -> NewAuthenticator:
    """A secret for an authenticator; it counts once a code of it was confirmed."""
    asked = read_json(call.body, PasswordShown)
    people, user = await _user(venue, call)

    def begin() -> NewAuthenticator:
        name = people.users.name_of(user.user_id)
        enrolment = people.second_factors.begin(user.user_id, name, ISSUER)
        return NewAuthenticator(enrolment.secret, enrolment.uri)

    with told_to_client():
        await people.confirm_password(user, asked.password)
        return await asyncio.to_thread(begin)


async def confirm_totp(venue: Venue, call: Call) -> RecoveryCodes:
    """From now on signing in needs a code."""
    asked = read_json(call.body, CodeShown)
    people, user = await _user(venue, call)
    with told_to_client():
        told = people.about(user.user_id, Occasion.PROFILE_CHANGE, what=Change.AUTHENTICATOR_ADDED)
        codes = await asyncio.to_thread(people.second_factors.confirm, user.user_id, asked.code, told)
    return RecoveryCodes(codes)


async def remove_totp(venue: Venue, call: Call) -> Done:
    """Takes a code in `X-TWO-FA-TOKEN`, a recovery code if the authenticator is lost."""
    people, user = await _user(venue, call)
    with told_to_client():
        await people.require_second_factor_of(user, call.second_factor, call.session)
    told = people.about(user.user_id, Occasion.PROFILE_CHANGE, what=Change.AUTHENTICATOR_REMOVED)
    await asyncio.to_thread(people.second_factors.remove, user.user_id, told)
    return Done()


async def set_api_code(venue: Venue, call: Call) -> Done:
    """Whether API keys need a code to move funds out; takes one in `X-TWO-FA-TOKEN`."""
    asked = read_json(call.body, ApiCode)
    people, user = await _user(venue, call)
    with told_to_client():
        await people.require_second_factor_of(user, call.second_factor, call.session)
    if asked.is_needed and not user.has_totp:
        raise missing_or_invalid("isNeeded")
    what = Change.CODE_NEEDED if asked.is_needed else Change.CODE_NOT_NEEDED
    told = people.about(user.user_id, Occasion.PROFILE_CHANGE, what=what)
    await asyncio.to_thread(
        lambda: people.users.set_api_needs_code(user.user_id, needs_code=asked.is_needed, within=told)
    )
    return Done()


async def passkey_options(venue: Venue, call: Call) -> dict[str, Any]:
    """For `navigator.credentials.create`; the challenge may be answered once within five minutes."""
    asked = read_json(call.body, PasswordShown)
    people, user = await _user(venue, call)
    with told_to_client():
        await people.confirm_password(user, asked.password)
        if user.has_totp:
            await people.require_second_factor_of(user, call.second_factor, call.session)

    def options() -> dict[str, Any]:
        return people.passkeys.registration_options(user.user_id, people.users.name_of(user.user_id))

    return await asyncio.to_thread(options)


async def register_passkey(venue: Venue, call: Call) -> PasskeyRow:
    """Keeps the passkey that answered the challenge."""
    asked = read_json(call.body, NewPasskey)
    if len(asked.label) > MAX_LABEL or not asked.label.isprintable():
        raise missing_or_invalid("label")
    people, session = people_of(venue), session_of_call(call)
    told = people.about(session.user_id, Occasion.PROFILE_CHANGE, what=Change.PASSKEY_ADDED)
    with told_to_client():
        made = await asyncio.to_thread(
            lambda: people.passkeys.register(
                session.user_id, asked.label, asked.credential, origin_of(call), within=told
            )
        )
    return PasskeyRow(made.passkey_id, made.label, made.created_ns // NS_PER_MS)


async def list_passkeys(venue: Venue, call: Call) -> list[PasskeyRow]:
    """Oldest first."""
    people, session = people_of(venue), session_of_call(call)
    rows = await asyncio.to_thread(people.passkeys.of_user, session.user_id)
    return [PasskeyRow(row.passkey_id, row.label, row.created_ns // NS_PER_MS) for row in rows]


async def remove_passkey(venue: Venue, call: Call) -> Done:
    """It signs nobody in any more."""
    people, session = people_of(venue), session_of_call(call)
    named = call.parameters.required("passkeyId")
    told = people.about(session.user_id, Occasion.PROFILE_CHANGE, what=Change.PASSKEY_REMOVED)
    if not await asyncio.to_thread(people.passkeys.remove, session.user_id, named, told):
        raise missing_or_invalid("passkeyId")
    return Done()


async def _user(venue: Venue, call: Call) -> tuple[People, User]:
    people = people_of(venue)
    user = await asyncio.to_thread(people.users.by_id, session_of_call(call).user_id)
    if user is None:
        raise Refused(-1002)
    return people, user


def _row(
    method: str,
    path: str,
    handler: Any,
    summary: str,
    parameters: tuple[Parameter, ...] = (),
    *,
    answer: object = Done,
    weight: int = 1,
) -> Endpoint:
    """An endpoint that only a session may use; what comes with a write is JSON."""
    body = Body.FORM if method in {"GET", "DELETE"} else Body.JSON
    return Endpoint(
        method,
        f"/lionrock/v1/{path}",
        Security.SESSION,
        weight,
        handler,
        summary,
        body,
        shows_state=False,
        parameters=parameters,
        answer=answer,
    )


_CODE = Parameter("code", "Six digits of the authenticator", is_required=True, example="123456")
_PASSWORD = Parameter("password", "The user's password", is_required=True)
_PASSKEY = (
    CREDENTIAL,
    Parameter("label", "What its owner calls it, at most 64 characters", example="phone"),
)

ENDPOINTS: tuple[Endpoint, ...] = (
    _row("GET", "user", show_user, "The user who is signed in", answer=UserShown),
    _row(
        "PUT",
        "password",
        change_password,
        "Change the password",
        (
            Parameter("currentPassword", "The password until now", is_required=True),
            Parameter("newPassword", "12 to 256 characters", is_required=True),
        ),
        weight=SIGN_IN_WEIGHT,
    ),
    _row(
        "POST",
        "totp",
        begin_totp,
        "Begin with an authenticator",
        (_PASSWORD,),
        answer=NewAuthenticator,
        weight=SIGN_IN_WEIGHT,
    ),
    _row("PUT", "totp", confirm_totp, "Confirm the authenticator", (_CODE,), answer=RecoveryCodes),
    _row("DELETE", "totp", remove_totp, "Take the authenticator off"),
    _row(
        "PUT",
        "totp/api",
        set_api_code,
        "Say whether API keys need a code to move funds out",
        (Parameter("isNeeded", "Whether they do", Kind.BOOLEAN, is_required=True),),
    ),
    _row("GET", "passkeys", list_passkeys, "Passkeys of the user", answer=list[PasskeyRow]),
    _row(
        "POST",
        "passkeys/options",
        passkey_options,
        "Options for a new passkey",
        (_PASSWORD,),
        answer=dict[str, Any],
        weight=SIGN_IN_WEIGHT,
    ),
    _row("POST", "passkeys", register_passkey, "Keep a new passkey", _PASSKEY, answer=PasskeyRow),
    _row(
        "DELETE",
        "passkeys",
        remove_passkey,
        "Forget a passkey",
        (Parameter("passkeyId", "Which passkey", is_required=True),),
    ),
)
