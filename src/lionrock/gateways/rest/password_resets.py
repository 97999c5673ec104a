"""A way back for who forgot the password: a token goes to a confirmed address, and sets a new one."""

from __future__ import annotations

from typing import Any

import msgspec

from lionrock.gateways.rest.contract import Body, Call, Endpoint, Parameter, Security, Venue
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.refusals import told_to_client
from lionrock.gateways.rest.sign_in import CREDENTIAL, SIGN_IN_WEIGHT, Done, check_type, origin_of, people_of, place_of
from lionrock.people.passwords import is_acceptable
from lionrock.people.people import Proof


class ResetAsked(msgspec.Struct, rename="camel", frozen=True):
    sign_in_name: str

    def __repr__(self) -> str:
        return "ResetAsked()"


class PasswordReset(msgspec.Struct, rename="camel", frozen=True):
    token: str
    new_password: str
    code: str = ""
    credential: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return "PasswordReset()"


async def ask_for_reset(venue: Venue, call: Call) -> Done:
    """The same answer whether or not anybody has that name, after the same work."""
    check_type(call)
    people, asked = people_of(venue), read_json(call.body, ResetAsked)
    if people.resets is None:
        raise Refused(-1101)
    with told_to_client():
        await people.ask_for_reset(asked.sign_in_name, place_of(call))
    return Done()


async def set_new_password(venue: Venue, call: Call) -> Done:
    """With the token, and the second factor that the user has. All sessions of the user end."""
    check_type(call)
    people, asked = people_of(venue), read_json(call.body, PasswordReset)
    if not is_acceptable(asked.new_password):
        raise missing_or_invalid("newPassword")
    proof = Proof(asked.code, asked.credential, origin_of(call))
    with told_to_client():
        await people.reset_password(asked.token, asked.new_password, proof, place_of(call))
    return Done()


_PATH = "/lionrock/v1/passwordResets"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        _PATH,
        Security.NONE,
        SIGN_IN_WEIGHT,
        ask_for_reset,
        "Ask for a way back without the password",
        Body.JSON,
        shows_state=False,
        parameters=(
            Parameter("signInName", "Letter case does not matter", is_required=True, example="ann@example.com"),
        ),
        answer=Done,
    ),
    Endpoint(
        "PUT",
        _PATH,
        Security.NONE,
        SIGN_IN_WEIGHT,
        set_new_password,
        "Set a new password with the token that was sent",
        Body.JSON,
        shows_state=False,
        parameters=(
            Parameter("token", "What was sent to the address for notices", is_required=True),
            Parameter("newPassword", "12 to 256 characters", is_required=True, example="a long pass phrase"),
            Parameter("code", "Of the authenticator, or a recovery code, where the user has one", example="123456"),
            msgspec.structs.replace(CREDENTIAL, is_required=False),
        ),
        answer=Done,
    ),
)
