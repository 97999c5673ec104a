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
from lionrock.compliance.onboarding.reasons import STAFF_REASONS, is_told_in_full
from lionrock.compliance.onboarding.states import STEP_WORDS, Authority, State, Step
from lionrock.gateways.rest.contract import NS_PER_MS, Call, Media, Parameter, Reply, Venue
from lionrock.gateways.rest.declared import LIMIT
from lionrock.gateways.rest.errors import missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.onboarding import OnboardingMissing, missing_row, onboarding_of
from lionrock.gateways.rest.staff.cursors import CURSOR, next_cursor, read_cursor
from lionrock.gateways.rest.staff.registers import is_account, staff_identity
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
    undecided_likenesses: int | None
    """Others who may be the same client, and nobody has decided; null for whoever may not see likenesses."""


class StaffClients(msgspec.Struct, rename="camel"):
    """A page of the list."""

    clients: list[StaffClient]
    next_cursor: str | None
    """Where the next page begins; null behind the last row there is."""


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
    is_opened: bool
    """Whether whoever asks has opened it, as everybody must who proposes to confirm an identity or to approve."""
    is_earlier: bool
    """Whether it was handed over with an earlier application, which was begun anew since. Those stand last."""


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


async def list_clients(venue: Venue, call: Call) -> StaffClients:
    """Those that wait longest first. Who is changed between two pages comes again at the end.

    Of an account it is the client whose it is, of a sub-account as well.
    """
    onboarding, named = onboarding_of(venue), call.parameters.text("state")
    account = call.parameters.text("accountId") or ""
    if account and not is_account(account):
        raise missing_or_invalid("accountId")
    owner_id = venue.clients.owners.owner_of(int(account)) if account else None
    most = call.parameters.limit(default=100, most=MOST_ROWS)
    if named is not None and named not in set(State):
        raise missing_or_invalid("state")
    question = f"clients {named or ''} {account}"
    behind = read_cursor(call, question)

    sees_identity = bool(session_of_staff(call).member.roles & Permission.CLIENT_IDENTITY.roles)

    def read() -> StaffClients:
        states = [State(named)] if named else []
        rows = onboarding.clients.all(*states, account_id=owner_id, most=most, behind=behind)
        last = (rows[-1].changed_ns, rows[-1].client_id) if rows else (0, "")
        shown = [_client(onboarding, row) for row in rows]
        if not sees_identity:
            shown = [msgspec.structs.replace(each, undecided_likenesses=None) for each in shown]
        return StaffClients(shown, next_cursor(question, rows, most, last))

    return await asyncio.to_thread(read)


async def show_file(venue: Venue, call: Call) -> StaffClientFile:
    """The application, what was found, and every step. Who looks is on the staff's log before anything is shown."""
    onboarding, named = onboarding_of(venue), call.parameters.required("clientId")
    office, identity = office_of(venue), staff_identity(call)
    with told_to_staff():
        row = await asyncio.to_thread(onboarding.clients.get, named)
        await office.note(identity.staff_id, "client file read", row.client_id)
        roles = session_of_staff(call).member.roles
        in_full = bool(roles & (Permission.CLIENTS_WORK.roles | Permission.AUDIT_READ.roles))
        file = await asyncio.to_thread(lambda: _file(onboarding, row.client_id, identity.staff_id, in_full=in_full))
        return file if roles & Permission.CLIENT_IDENTITY.roles else _without_identity(file)


async def take_step(venue: Venue, call: Call) -> StaffClient:
    """What one person may do: take into review, ask for information, take an approval back, stop an account."""
    asked = read_json(call.body, StaffStepAsked)
    if asked.step not in ONE_PERSON_STEPS:
        raise missing_or_invalid("step")
    if len(asked.words) > MAX_WORDS:
        raise missing_or_invalid("words")
    onboarding = onboarding_of(venue)
    with told_to_staff():
        await office_of(venue).check_own_file(session_of_staff(call).member, clients=[asked.client_id])
        taken = await onboarding.staff_step(
            asked.client_id, asked.step, staff_identity(call), asked.reason_code, words=asked.words
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
        client_id = await asyncio.to_thread(onboarding_of(venue).documents.client_of, asked.document_id)
        await office_of(venue).check_own_file(session_of_staff(call).member, clients=[client_id])
        document, content = await onboarding_of(venue).read_document(
            asked.document_id, staff_identity(call), asked.reason_code, asked.words
        )
    return as_file(document, content)


def as_file(document: Document, content: bytes) -> Reply:
    """A client's document, which no browser keeps, shows in a page or runs."""
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


def _file(onboarding: Onboarding, client_id: str, staff_id: str, *, in_full: bool) -> StaffClientFile:
    row = onboarding.clients.get(client_id)
    unopened = {each.document_id for each in onboarding.documents.unopened(client_id, staff_id)}
    since_ns = onboarding.clients.begun_ns(client_id)
    documents = sorted(onboarding.documents.of_client(client_id), key=lambda each: each.begun_ns < since_ns)
    return StaffClientFile(
        _client(onboarding, row),
        msgspec.to_builtins(onboarding.clients.form(client_id)),
        [missing_row(each) for each in onboarding.missing(client_id)],
        onboarding.people_to_identify(client_id),
        [
            _document(
                onboarding,
                each,
                is_opened=each.state == "kept" and each.document_id not in unopened,
                is_earlier=each.begun_ns < since_ns,
            )
            for each in documents
        ],
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
        _steps(onboarding, client_id, in_full=in_full),
        onboarding.clients.is_sound(client_id),
    )


def _without_identity(file: StaffClientFile) -> StaffClientFile:
    """For who speaks with clients: nothing that shows who somebody is beyond names, addresses and what is missing."""
    return msgspec.structs.replace(
        file,
        client=msgspec.structs.replace(file.client, undecided_likenesses=None),
        form=_without_numbers(file.form),
        documents=[],
        checks=[],
        likenesses=[],
    )


def _without_numbers(told: Any) -> Any:
    """A form, or a part of one, without documents and tax residences, of the people behind a company as well."""
    if isinstance(told, dict):
        return {name: _without_numbers(each) for name, each in told.items() if name not in _OF_IDENTITY}
    return [_without_numbers(each) for each in told] if isinstance(told, list | tuple) else told


_OF_IDENTITY = frozenset({"document", "taxResidences"})


def _document(onboarding: Onboarding, document: Document, *, is_opened: bool, is_earlier: bool) -> StaffDocument:
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
        is_opened,
        is_earlier,
    )


def _steps(onboarding: Onboarding, client_id: str, *, in_full: bool) -> list[StaffClientStep]:
    """Who neither works on clients nor oversees it reads no reason behind neutral words: it may be a suspicion."""
    return [
        StaffClientStep(
            taken.number,
            taken.step.value,
            taken.from_state.value,
            taken.to_state.value,
            taken.actor.authority.value,
            taken.actor.actor_id,
            taken.actor.approver_id,
            taken.reason_code if in_full or is_told_in_full(taken.reason_code) else "",
            onboarding.clients.words_of(client_id, taken.number)
            if in_full or is_told_in_full(taken.reason_code)
            else "",
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
        (
            Parameter("state", "Only those in this state", choices=tuple(State), example="in_review"),
            Parameter("accountId", "Only whose account or sub-account this is"),
            LIMIT,
            CURSOR,
        ),
        answer=StaffClients,
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
        Permission.CLIENT_IDENTITY,
        list_readings,
        "Who read a document, and why",
        (_DOCUMENT_ID,),
        answer=list[StaffDocumentReading],
    ),
)
