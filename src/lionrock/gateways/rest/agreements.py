"""What a client agrees to, and what it lets the operator move: agreements and standing authorities."""

from __future__ import annotations

import asyncio

import msgspec

from lionrock.compliance.assessments.agreements import Acceptance, AgreementText, in_force
from lionrock.compliance.assessments.authorities import Authority
from lionrock.gateways.rest.assessed import assessed_client, ms, row, told_why
from lionrock.gateways.rest.contract import NS_PER_MS, Assessed, Call, Kind, Parameter, Venue
from lionrock.gateways.rest.errors import missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.sign_in import session_of_call

_SHA256_DIGITS = 64


class Accept(msgspec.Struct, frozen=True):
    sha256: str


class Grant(msgspec.Struct, frozen=True, rename="camel"):
    scope: str
    document_sha256: str
    ends_at_ms: int
    begins_at_ms: int = 0
    """0 for now."""


class Object(msgspec.Struct, frozen=True, rename="camel"):
    authority_id: str


class AgreementRow(msgspec.Struct, rename="camel"):
    """A version that is in force or announced."""

    agreement: str
    version: int
    language: str
    sha256: str
    announced_at_ms: int
    in_force_at_ms: int
    is_in_force: bool
    accepted_at_ms: int
    """0 for never."""


class TextShown(msgspec.Struct):
    """The words of a version."""

    sha256: str
    text: str


class AuthorityRow(msgspec.Struct, rename="camel"):
    """A standing authority."""

    authority_id: str
    scope: str
    document_sha256: str
    begins_at_ms: int
    ends_at_ms: int
    is_in_force: bool
    revoked_at_ms: int
    renews: str
    renewal_notice_at_ms: int
    objected_at_ms: int
    confirmed_at_ms: int


async def list_agreements(venue: Venue, call: Call) -> list[AgreementRow]:
    """Versions in force and announced, with what the client accepted."""
    assessed, client = await assessed_client(venue, call)
    return await asyncio.to_thread(_rows, assessed, client.client_id, venue.clock())


def _rows(assessed: Assessed, client_id: str, now_ns: int) -> list[AgreementRow]:
    agreements = assessed.assessments.agreements
    texts, accepted = agreements.texts(), {each.sha256: each for each in agreements.accepted(client_id)}
    now = {each.sha256 for name in {text.agreement for text in texts} for each in in_force(texts, name, now_ns)}
    return [
        _row(each, accepted.get(each.sha256), is_in_force=each.sha256 in now)
        for each in texts
        if each.sha256 in now or each.in_force_ns > now_ns
    ]


def _row(text: AgreementText, accepted: Acceptance | None, *, is_in_force: bool) -> AgreementRow:
    return AgreementRow(
        text.agreement,
        text.version,
        text.language,
        text.sha256,
        ms(text.announced_ns),
        ms(text.in_force_ns),
        is_in_force,
        ms(accepted.accepted_ns) if accepted else 0,
    )


async def show_text(venue: Venue, call: Call) -> TextShown:
    """The words of a version."""
    assessed, _ = await assessed_client(venue, call)
    digest = call.parameters.required("sha256")
    text = await asyncio.to_thread(assessed.assessments.agreements.text_of, digest)
    if text is None:
        raise missing_or_invalid("sha256")
    return TextShown(digest, text)


async def accept(venue: Venue, call: Call) -> list[AgreementRow]:
    """Accepts a version by its hash."""
    assessed, client = await assessed_client(venue, call)
    asked, user_id, now_ns = read_json(call.body, Accept), session_of_call(call).user_id, venue.clock()
    with told_why(assessed):
        await asyncio.to_thread(assessed.assessments.agreements.accept, client.client_id, user_id, asked.sha256, now_ns)
    await assessed.clock.attend(client.client_id, now_ns)
    return await asyncio.to_thread(_rows, assessed, client.client_id, now_ns)


async def list_authorities(venue: Venue, call: Call) -> list[AuthorityRow]:
    """Every one that the client granted, by its beginning."""
    assessed, client = await assessed_client(venue, call)
    rows = await asyncio.to_thread(assessed.assessments.authorities.of, client.client_id)
    return [_authority(each, venue.clock()) for each in rows]


def _authority(each: Authority, now_ns: int) -> AuthorityRow:
    return AuthorityRow(
        each.authority_id,
        each.scope,
        each.document_sha256,
        ms(each.begins_ns),
        ms(each.ends_ns),
        each.holds(now_ns),
        ms(each.revoked_ns),
        each.renews,
        ms(each.notice_ns),
        ms(each.objected_ns),
        ms(each.confirmed_ns),
    )


async def grant(venue: Venue, call: Call) -> AuthorityRow:
    """Grants a standing authority for a time."""
    assessed, client = await assessed_client(venue, call)
    asked, now_ns = read_json(call.body, Grant), venue.clock()
    if not asked.scope.isidentifier() or len(asked.scope) > _SHA256_DIGITS:
        raise missing_or_invalid("scope")
    if len(asked.document_sha256) != _SHA256_DIGITS or set(asked.document_sha256) - set("0123456789abcdef"):
        raise missing_or_invalid("documentSha256")
    most_ms = 2**63 // NS_PER_MS - 1
    for name, figure in (("beginsAtMs", asked.begins_at_ms), ("endsAtMs", asked.ends_at_ms)):
        if not 0 <= figure <= most_ms // 2:
            raise missing_or_invalid(name)
    current = await assessed.clock.attend(client.client_id, now_ns)
    with told_why(assessed):
        made = await asyncio.to_thread(
            lambda: assessed.assessments.authorities.grant(
                client.client_id,
                current.client_class if current else "",
                asked.scope,
                asked.document_sha256,
                begins_ns=asked.begins_at_ms * NS_PER_MS or now_ns,
                ends_ns=asked.ends_at_ms * NS_PER_MS,
                at_ns=now_ns,
            )
        )
    await assessed.clock.attend(client.client_id, now_ns)
    return _authority(made, now_ns)


async def revoke(venue: Venue, call: Call) -> AuthorityRow:
    """Takes it back from now on."""
    assessed, client = await assessed_client(venue, call)
    named, now_ns = call.parameters.required("authorityId"), venue.clock()
    with told_why(assessed):
        changed = await asyncio.to_thread(assessed.assessments.authorities.revoke, client.client_id, named, now_ns)
    return _authority(changed, now_ns)


async def object_to_renewal(venue: Venue, call: Call) -> AuthorityRow:
    """It ends at its time and is not renewed."""
    assessed, client = await assessed_client(venue, call)
    asked, now_ns = read_json(call.body, Object), venue.clock()
    with told_why(assessed):
        changed = await asyncio.to_thread(
            assessed.assessments.authorities.object, client.client_id, asked.authority_id, now_ns
        )
    return _authority(changed, now_ns)


_AUTHORITY = Parameter("authorityId", "Which one", is_required=True)
_HASH = Parameter("sha256", "SHA-256 of the version's text", is_required=True)

ENDPOINTS = (
    row("GET", "agreements", list_agreements, "Agreements in force and announced", answer=list[AgreementRow]),
    row("GET", "agreements/text", show_text, "Words of an agreement", (_HASH,), answer=TextShown),
    row("POST", "agreements", accept, "Accept a version of an agreement", (_HASH,), answer=list[AgreementRow]),
    row("GET", "standingAuthorities", list_authorities, "The client's standing authorities", answer=list[AuthorityRow]),
    row(
        "POST",
        "standingAuthorities",
        grant,
        "Grant a standing authority",
        (
            Parameter("scope", "What it lets the operator do", is_required=True, example="settlement"),
            Parameter("documentSha256", "SHA-256 of the document that says so", is_required=True),
            Parameter("beginsAtMs", "When it begins; now without it", Kind.MILLISECONDS),
            Parameter("endsAtMs", "When it ends", Kind.MILLISECONDS, is_required=True),
        ),
        answer=AuthorityRow,
    ),
    row("DELETE", "standingAuthorities", revoke, "Take a standing authority back", (_AUTHORITY,), answer=AuthorityRow),
    row(
        "POST",
        "standingAuthorities/objection",
        object_to_renewal,
        "Object to the renewal of a standing authority",
        (_AUTHORITY,),
        answer=AuthorityRow,
    ),
)
