"""Clients and applications as the staff sees them, what one person may do, and documents, which are read with a reason.

What takes two people is proposed as `onboarding_decision` (`proposals.py`).
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from lionrock.compliance.onboarding.clients import ClientRow
from lionrock.compliance.onboarding.documents import Document
from lionrock.compliance.onboarding.onboarding import Onboarding
from lionrock.compliance.onboarding.reasons import STAFF_REASONS
from lionrock.compliance.onboarding.states import STEP_WORDS, Authority, State, Step
from lionrock.compliance.staff_identity import StaffIdentity
from lionrock.gateways.rest.contract import NS_PER_MS, Call, Media, Parameter, Reply, Venue
from lionrock.gateways.rest.declared import LIMIT
from lionrock.gateways.rest.errors import missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.onboarding import OnboardingMissing, missing_row, onboarding_of
from lionrock.gateways.rest.staff.rows import office_of, session_of_staff, staff_row, told_to_staff
from lionrock.people.staff.permissions import Permission

MAX_WORDS = 2_000
MOST_ROWS = 500
ONE_PERSON_STEPS = tuple(step for step in Step if Authority.STAFF in STEP_WORDS[step].authorities)
"""Steps that one person of the staff may take alone."""


class StaffStepAsked(msgspec.Struct, rename="camel", frozen=True):
    client_id: str
    step: Step
    reason_code: str
    words: str = ""

    def __repr__(self) -> str:
        return "StaffStepAsked()"


class StaffDocumentAsked(msgspec.Struct, rename="camel", frozen=True):
    document_id: str
    reason_code: str
    words: str

    def __repr__(self) -> str:
        return "StaffDocumentAsked()"


class StaffClient(msgspec.Struct, rename="camel"):
    """A client or applicant in the list, without who it is."""

    client_id: str
    kind: str
    state: str
    account_id: str
    created_at_ms: int
    changed_at_ms: int
    """It has been in its state since then, or its application was changed."""
    undecided_likenesses: int
    """Others who may be the same client, and nobody has decided."""


class StaffClientStep(msgspec.Struct, rename="camel"):
    """A step with who took it."""

    number: int
    step: str
    from_state: str
    to_state: str
    authority: str
    actor_id: str
    approver_id: str
    reason_code: str
    words: str
    details: dict[str, str]
    at_ms: int
    digest: str
    journal_sequence: str


class StaffIdentityCheck(msgspec.Struct, rename="camel"):
    """A check by a provider."""

    provider: str
    outcome: str
    reasons: list[str]
    begun_at_ms: int


class StaffLikeness(msgspec.Struct, rename="camel"):
    """Another client that this one may be."""

    other_id: str
    features: list[str]
    likeness_ppm: int
    verdict: str
    decided_by: str
    approved_by: str


class StaffDocument(msgspec.Struct, rename="camel"):
    """A document of the file, without its content."""

    document_id: str
    kind: str
    party: str
    """Key of the party of a company that it is about; empty for the applicant."""
    name: str
    state: str
    media_type: str
    size_bytes: int
    sha256: str
    journal_sequence: str
    """Of the command in the journal that carries the hash."""


class StaffClientFile(msgspec.Struct, rename="camel"):
    """Everything about one client."""

    client: StaffClient
    form: dict[str, Any]
    missing: list[OnboardingMissing]
    people_to_identify: list[str]
    """Of a company: keys of its beneficial owners, controllers and signatory."""
    documents: list[StaffDocument]
    checks: list[StaffIdentityCheck]
    likenesses: list[StaffLikeness]
    steps: list[StaffClientStep]
    is_sound: bool
    """Whether every step is as it was when it was taken."""


class StaffDocumentReading(msgspec.Struct, rename="camel"):
    """That somebody read a document."""

    staff_id: str
    """Empty for the provider of identity checks."""
    reason_code: str
    read_at_ms: int


def identity_of(call: Call) -> StaffIdentity:
    """Who of the staff asks."""
    member = session_of_staff(call).member
    return StaffIdentity(member.staff_id, frozenset(role.value for role in member.roles))


async def list_clients(venue: Venue, call: Call) -> list[StaffClient]:
    """Those that wait longest first."""
    onboarding, named = onboarding_of(venue), call.parameters.text("state")
    most = call.parameters.limit(default=100, most=MOST_ROWS)
    if named is not None and named not in set(State):
        raise missing_or_invalid("state")

    def read() -> list[StaffClient]:
        rows = onboarding.clients.all(*([State(named)] if named else []), most=most)
        return [_client(onboarding, row) for row in rows]

    return await asyncio.to_thread(read)


async def show_file(venue: Venue, call: Call) -> StaffClientFile:
    """The application, what was found, and every step. Who looks is on the staff's log before anything is shown."""
    onboarding, named = onboarding_of(venue), call.parameters.required("clientId")
    office, identity = office_of(venue), identity_of(call)
    with told_to_staff():
        row = await asyncio.to_thread(onboarding.clients.get, named)
        await office.note(identity.staff_id, "client file read", row.client_id)
        return await asyncio.to_thread(_file, onboarding, row.client_id)


async def take_step(venue: Venue, call: Call) -> StaffClient:
    """What one person may do: take into review, ask for information, take an approval back, stop an account."""
    asked = read_json(call.body, StaffStepAsked)
    if asked.step not in ONE_PERSON_STEPS:
        raise missing_or_invalid("step")
    if len(asked.words) > MAX_WORDS:
        raise missing_or_invalid("words")
    onboarding = onboarding_of(venue)
    with told_to_staff():
        taken = await onboarding.staff_step(
            asked.client_id, asked.step, identity_of(call), asked.reason_code, words=asked.words
        )
    return await asyncio.to_thread(lambda: _client(onboarding, onboarding.clients.get(taken.client_id)))


async def read_document(venue: Venue, call: Call) -> Reply:
    """The document itself; who reads it, and why, is on record before it is sent."""
    asked = read_json(call.body, StaffDocumentAsked)
    if asked.reason_code not in STAFF_REASONS:
        raise missing_or_invalid("reasonCode")
    if len(asked.words) > MAX_WORDS:
        raise missing_or_invalid("words")
    with told_to_staff():
        document, content = await onboarding_of(venue).read_document(
            asked.document_id, identity_of(call), asked.reason_code, asked.words
        )
    headers = (
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-disposition", b"attachment"),
        (b"content-security-policy", b"default-src 'none'; sandbox"),
    )
    return Reply(200, document.media_type.encode(), content, headers)


async def list_readings(venue: Venue, call: Call) -> list[StaffDocumentReading]:
    """Who read a document, oldest first."""
    onboarding, named = onboarding_of(venue), call.parameters.required("documentId")
    rows = await asyncio.to_thread(onboarding.documents.readings, named)
    return [StaffDocumentReading(staff_id, reason, read_ns // NS_PER_MS) for staff_id, reason, read_ns in rows]


def _client(onboarding: Onboarding, row: ClientRow) -> StaffClient:
    return StaffClient(
        row.client_id,
        row.kind.value,
        row.state.value,
        str(row.account_id) if row.is_open else "",
        row.created_ns // NS_PER_MS,
        row.changed_ns // NS_PER_MS,
        len(onboarding.duplicates.undecided(row.client_id)),
    )


def _file(onboarding: Onboarding, client_id: str) -> StaffClientFile:
    row = onboarding.clients.get(client_id)
    return StaffClientFile(
        _client(onboarding, row),
        msgspec.to_builtins(onboarding.clients.form(client_id)),
        [missing_row(each) for each in onboarding.missing(client_id)],
        onboarding.people_to_identify(client_id),
        [_document(onboarding, each) for each in onboarding.documents.of_client(client_id)],
        [
            StaffIdentityCheck(provider, outcome, [each for each in reasons.split(",") if each], begun // NS_PER_MS)
            for provider, outcome, reasons, begun in onboarding.checks.of_client(client_id)
        ],
        [
            StaffLikeness(
                each.other_id,
                [feature.value for feature in each.features],
                each.likeness_ppm,
                each.verdict,
                each.decided_by,
                each.approved_by,
            )
            for each in onboarding.duplicates.of(client_id)
        ],
        _steps(onboarding, client_id),
        onboarding.clients.is_sound(client_id),
    )


def _document(onboarding: Onboarding, document: Document) -> StaffDocument:
    details = onboarding.documents.details(document.document_id, document.client_id)
    return StaffDocument(
        document.document_id,
        document.kind.value,
        details.party,
        details.name,
        document.state,
        document.media_type,
        document.size_bytes,
        document.sha256,
        str(document.sequence),
    )


def _steps(onboarding: Onboarding, client_id: str) -> list[StaffClientStep]:
    return [
        StaffClientStep(
            taken.number,
            taken.step.value,
            taken.from_state.value,
            taken.to_state.value,
            taken.actor.authority.value,
            taken.actor.actor_id,
            taken.actor.approver_id,
            taken.reason_code,
            onboarding.clients.words_of(client_id, taken.number),
            {name: str(value) for name, value in taken.details.items()},
            taken.at_ns // NS_PER_MS,
            taken.digest.hex(),
            str(taken.sequence),
        )
        for taken in onboarding.clients.history(client_id)
    ]


_CLIENT_ID = Parameter("clientId", "Which client", is_required=True)
_DOCUMENT_ID = Parameter("documentId", "Which document", is_required=True)
_REASON = Parameter("reasonCode", "Why", is_required=True, choices=STAFF_REASONS, example="review")

ENDPOINTS = (
    staff_row(
        "GET",
        "clients",
        Permission.CLIENTS_READ,
        list_clients,
        "Clients and applicants, those that wait longest first",
        (Parameter("state", "Only those in this state", choices=tuple(State), example="in_review"), LIMIT),
        answer=list[StaffClient],
    ),
    staff_row(
        "GET",
        "clients/file",
        Permission.CLIENTS_READ,
        show_file,
        "Everything about one client",
        (_CLIENT_ID,),
        answer=StaffClientFile,
        weight=5,
    ),
    staff_row(
        "POST",
        "clients/steps",
        Permission.CLIENTS_WORK,
        take_step,
        "Take a step that one person may take",
        (
            _CLIENT_ID,
            Parameter("step", "What is done", is_required=True, choices=ONE_PERSON_STEPS, example="begin_review"),
            _REASON,
            Parameter("words", "More about it; of a question, what the applicant reads; at most 2,000 characters"),
        ),
        answer=StaffClient,
    ),
    staff_row(
        "POST",
        "clients/documents/read",
        Permission.CLIENT_DOCUMENTS,
        read_document,
        "Read a document, with a reason that is put on record",
        (_DOCUMENT_ID, _REASON, Parameter("words", "Why it is read, at most 2,000 characters", is_required=True)),
        answer=Media(("application/pdf", "image/jpeg", "image/png")),
        weight=5,
    ),
    staff_row(
        "GET",
        "clients/documents/readings",
        Permission.CLIENTS_READ,
        list_readings,
        "Who read a document, and why",
        (_DOCUMENT_ID,),
        answer=list[StaffDocumentReading],
    ),
)
