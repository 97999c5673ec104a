"""API keys of an account: listed, made and revoked by its owner's session, or by a key that may manage."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Literal

import msgspec
from sqlalchemy import Connection

from lionrock.gateways.rest.contract import (
    NS_PER_MS,
    Body,
    Call,
    Endpoint,
    Kind,
    Parameter,
    Security,
    Venue,
)
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.refusals import told_to_client
from lionrock.gateways.rest.sign_in import Done, people_of
from lionrock.people.api_keys import ALL_RIGHTS, MAX_NETWORKS, Credential, KeyKind, Right
from lionrock.people.notices import Change, Within, nothing_else

PUBLIC_KEY_BYTES = 32
_LATEST_MS = 2**63 // NS_PER_MS - 1

RightName = Literal["READ", "TRADE", "TRANSFER", "WITHDRAW", "MANAGE"]


class NewKey(msgspec.Struct, rename="camel", frozen=True):
    rights: list[RightName]
    label: str = ""
    networks: list[str] = []
    expires_at_ms: int = 0
    public_key: str = ""


class KeyRow(msgspec.Struct, rename="camel", kw_only=True):
    """A key in the list. What it signs with is never shown again."""

    api_key: str
    kind: KeyKind
    account_id: str
    rights: list[str]
    label: str
    networks: list[str]
    created_at_ms: int
    expires_at_ms: int
    """0 for never."""
    is_expired: bool


class MadeKey(KeyRow, rename="camel", kw_only=True):
    """The answer to a new key."""

    secret: str
    """Of an HMAC key, shown now and never again; empty for an Ed25519 key, and where the request is repeated."""


async def list_keys(venue: Venue, call: Call) -> list[KeyRow]:
    """The account's keys that are not revoked, oldest first."""
    return [_row(venue, each) for each in venue.keys.of_account(call.account_id)]


async def create_key(venue: Venue, call: Call) -> MadeKey:
    """A key makes no key that may do more than itself; one that may withdraw needs a second factor."""
    asked = read_json(call.body, NewKey)
    rights = Right(0)
    for name in asked.rights:
        rights |= Right[name]
    if not rights:
        raise missing_or_invalid("rights")
    own = ALL_RIGHTS if call.credential is None else call.credential.rights
    if rights not in own:
        raise Refused(-1005)
    if not 0 <= asked.expires_at_ms <= _LATEST_MS:
        raise missing_or_invalid("expiresAtMs")
    public_key = _read_public_key(asked.public_key)
    with told_to_client():
        if Right.WITHDRAW in rights:
            people = people_of(venue)
            await people.require_second_factor(call.account_id, call.second_factor, call.session)

        def remember(connection: Connection, made: Credential) -> None:
            if venue.remember:
                venue.remember(connection, MadeKey(**msgspec.structs.asdict(_row(venue, made)), secret=""))

        made = await asyncio.to_thread(
            lambda: venue.keys.create(
                venue.catalogue.accounts[call.account_id],
                rights,
                label=asked.label,
                networks=asked.networks,
                expires_ns=asked.expires_at_ms * NS_PER_MS,
                public_key=public_key,
                within=_told(venue, call, Change.KEY_MADE),
                also=remember,
            )
        )
    secret = made.secret.decode() if made.kind is KeyKind.HMAC else ""
    return MadeKey(**msgspec.structs.asdict(_row(venue, made)), secret=secret)


async def revoke_key(venue: Venue, call: Call) -> Done:
    """From the answer on the key is unknown, and what streams with it is closed."""
    named = call.parameters.required("apiKey")
    credential = venue.keys.find(named)
    if credential is None or credential.account_id != call.account_id:
        raise missing_or_invalid("apiKey")
    if call.credential is not None and credential.rights not in call.credential.rights:
        raise Refused(-1005)
    await asyncio.to_thread(lambda: venue.keys.revoke(named, _told(venue, call, Change.KEY_REVOKED)))
    venue.listen_keys.revoke(named)
    return Done()


def _told(venue: Venue, call: Call, what: Change) -> Within:
    return nothing_else if venue.people is None else venue.people.about_account(call.account_id, what)


def _row(venue: Venue, credential: Credential) -> KeyRow:
    return KeyRow(
        api_key=credential.access_key,
        kind=credential.kind,
        account_id=str(credential.account_id),
        rights=[right.name or "" for right in Right if right in credential.rights],
        label=credential.label,
        networks=[str(network) for network in credential.networks],
        created_at_ms=credential.created_ns // NS_PER_MS,
        expires_at_ms=credential.expires_ns // NS_PER_MS,
        is_expired=credential.is_expired(venue.clock()),
    )


def _read_public_key(text: str) -> bytes:
    """32 bytes as 64 hex digits or in base64url; empty for none. Raises `Refused`."""
    if not text:
        return b""
    try:
        if len(text) == 2 * PUBLIC_KEY_BYTES:
            return bytes.fromhex(text)
        raw = base64.b64decode(text.rstrip("=") + "==", altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise missing_or_invalid("publicKey") from error
    if len(raw) != PUBLIC_KEY_BYTES:
        raise missing_or_invalid("publicKey")
    return raw


_NEW_KEY = (
    Parameter(
        "rights",
        "What it may do",
        Kind.TEXTS,
        is_required=True,
        choices=tuple(right.name or "" for right in Right),
        example="READ",
    ),
    Parameter("label", "What its owner calls it, at most 64 characters", example="laptop"),
    Parameter(
        "networks",
        "CIDR networks it may be used from; any without",
        Kind.TEXTS,
        example="192.0.2.0/24",
        most=MAX_NETWORKS,
    ),
    Parameter("expiresAtMs", "When it ends; never for 0", Kind.MILLISECONDS),
    Parameter("publicKey", "Raw Ed25519 public key, hex or base64url; without, an HMAC key with a secret is made"),
)
_API_KEY = Parameter("apiKey", "Which key", is_required=True)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/lionrock/v1/keys",
        Security.MANAGE,
        1,
        list_keys,
        "API keys of the account",
        shows_state=False,
        answer=list[KeyRow],
    ),
    Endpoint(
        "POST",
        "/lionrock/v1/keys",
        Security.MANAGE,
        5,
        create_key,
        "Make an API key",
        Body.SIGNED_JSON,
        shows_state=False,
        parameters=_NEW_KEY,
        answer=MadeKey,
    ),
    Endpoint(
        "DELETE",
        "/lionrock/v1/keys",
        Security.MANAGE,
        1,
        revoke_key,
        "Revoke an API key",
        shows_state=False,
        parameters=(_API_KEY,),
        answer=Done,
    ),
)
