"""How somebody becomes a client: signing up, an application that is saved as it grows, documents, handing it in."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Any

import msgspec

from lionrock.compliance.onboarding.clients import ClientRow
from lionrock.compliance.onboarding.documents import MAX_NAME, PART_BYTES, Document, DocumentDetails, DocumentKind
from lionrock.compliance.onboarding.forms import MAX_TEXT, CompanyForm, FormMalformed, Kind, PersonForm, read_form
from lionrock.compliance.onboarding.missing import Missing
from lionrock.compliance.onboarding.onboarding import Onboarding
from lionrock.compliance.onboarding.reasons import client_words
from lionrock.compliance.onboarding.states import STATES, OnboardingRefused, Refusal, State, Step
from lionrock.gateways.rest.contract import NS_PER_MS, Body, Call, Endpoint, Parameter, Security, Venue
from lionrock.gateways.rest.contract import Kind as ParameterKind
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.refusals import told_to_client
from lionrock.gateways.rest.sign_in import SIGN_IN_WEIGHT, Done, people_of, session_of_call
from lionrock.people.passwords import is_acceptable
from lionrock.people.users import is_acceptable_name

PREFIX = "/lionrock/v1/onboarding"
_NO_APPLICATION = Refusal("no_application", "There is no application of this user.", "Begin one.")


class Applicant(msgspec.Struct, rename="camel", frozen=True):
    sign_in_name: str
    password: str

    def __repr__(self) -> str:
        return "Applicant()"


class ApplicationBegun(msgspec.Struct, rename="camel", frozen=True):
    kind: Kind


class ApplicationChange(msgspec.Struct, rename="camel", frozen=True):
    version: int
    form: dict[str, Any]

    def __repr__(self) -> str:
        return "ApplicationChange()"


class DocumentBegun(msgspec.Struct, rename="camel", frozen=True):
    kind: DocumentKind
    size_bytes: int
    name: str = ""
    party: str = ""

    def __repr__(self) -> str:
        return "DocumentBegun()"


class DocumentPart(msgspec.Struct, rename="camel", frozen=True):
    document_id: str
    part: int
    content: str

    def __repr__(self) -> str:
        return "DocumentPart()"


class DocumentNamed(msgspec.Struct, rename="camel", frozen=True):
    document_id: str


class OnboardingUser(msgspec.Struct, rename="camel"):
    """A new user, who can sign in now and has no account yet."""

    user_id: str


class OnboardingToDo(msgspec.Struct, rename="camel"):
    """Something that the client itself has to do before the application can be approved."""

    name: str
    """As the refusal is called that an approval would get now."""
    words: str
    next_step: str
    figures: dict[str, str]
    rules: list[str]
    """Ids of the rules that ask for it; none where the operator does."""


class OnboardingStatus(msgspec.Struct, rename="camel"):
    """Where an application or a client stands, in plain words."""

    client_id: str
    kind: str
    state: str
    words: str
    """What the state means."""
    reason: str
    """Why it is so, as far as the client is told; empty for none."""
    asked_for: str
    """What the staff asked for, in their own words; empty unless the state is `information_requested`."""
    next_step: str
    missing: int
    """How many things are missing before it can be handed in; 0 when it has been."""
    version: int
    """Of the application; a change names the version it was made from."""
    account_id: str
    """Empty until the account is open."""
    changed_at_ms: int
    to_do: list[OnboardingToDo]
    """Beside what is missing in the application: agreements to accept, and the knowledge test where it is asked for by
    then. None once it was decided.
    """


class OnboardingForm(msgspec.Struct, rename="camel"):
    """The application as it was saved."""

    kind: str
    version: int
    form: dict[str, Any]


class OnboardingMissing(msgspec.Struct, rename="camel"):
    """One thing that is missing or wrong."""

    field: str
    """Path in the form, or `documents.` and the kind of an upload."""
    name: str
    words: str


class OnboardingStep(msgspec.Struct, rename="camel"):
    """Something that happened to the application or the client."""

    number: int
    at_ms: int
    state: str
    """Where it led."""
    words: str
    reason: str


class OnboardingDocument(msgspec.Struct, rename="camel"):
    """A document of the application, without its content."""

    document_id: str
    kind: str
    state: str
    """`uploading` or `kept`."""
    media_type: str
    size_bytes: int
    parts: int
    """How many have come; the next one has this number."""
    part_bytes: int
    """How many bytes every part has, but the last."""
    sha256: str
    is_earlier: bool
    """Whether it was handed over with an earlier application, which was begun anew since."""


def onboarding_of(venue: Venue) -> Onboarding:
    """The onboarding of the site. Raises `Refused` where it has none."""
    if venue.onboarding is None:
        raise Refused(-1101)
    return venue.onboarding


async def own_client(venue: Venue, call: Call) -> tuple[Onboarding, ClientRow]:
    """The application of the user who asks: the only one a client's request can reach."""
    onboarding = onboarding_of(venue)
    row = await asyncio.to_thread(onboarding.clients.of_user, session_of_call(call).user_id)
    if row is None:
        raise OnboardingRefused(_NO_APPLICATION)
    return onboarding, row


async def sign_up(venue: Venue, call: Call) -> OnboardingUser:
    """A user without an account, who can sign in and apply."""
    people, asked = people_of(venue), read_json(call.body, Applicant)
    if not is_acceptable_name(asked.sign_in_name):
        raise missing_or_invalid("signInName")
    if not is_acceptable(asked.password):
        raise missing_or_invalid("password")
    with told_to_client():
        return OnboardingUser((await people.sign_up(asked.sign_in_name, asked.password)).user_id)


async def begin(venue: Venue, call: Call) -> OnboardingStatus:
    """An empty application of a person or a company."""
    onboarding, asked = onboarding_of(venue), read_json(call.body, ApplicationBegun)
    with told_to_client():
        row = await onboarding.begin(session_of_call(call).user_id, asked.kind)
    return await asyncio.to_thread(_status, onboarding, row)


async def show(venue: Venue, call: Call) -> OnboardingStatus:
    """Where the user's application stands, why, and what is next."""
    with told_to_client():
        return await asyncio.to_thread(_status, *await own_client(venue, call))


async def show_form(venue: Venue, call: Call) -> OnboardingForm:
    """What was saved so far."""
    with told_to_client():
        onboarding, row = await own_client(venue, call)
    form = await asyncio.to_thread(onboarding.clients.form, row.client_id)
    return OnboardingForm(row.kind.value, row.form_version, msgspec.to_builtins(form))


async def save_form(venue: Venue, call: Call) -> OnboardingStatus:
    """Takes the place of what was saved; may be incomplete."""
    asked = read_json(call.body, ApplicationChange)
    with told_to_client():
        onboarding, row = await own_client(venue, call)
        try:
            form = read_form(row.kind, asked.form)
        except FormMalformed as malformed:
            raise missing_or_invalid(str(malformed)) from None
        saved = await onboarding.save(row.client_id, form, asked.version)
    return await asyncio.to_thread(_status, onboarding, saved)


async def list_missing(venue: Venue, call: Call) -> list[OnboardingMissing]:
    """What is missing before the application can be handed in."""
    with told_to_client():
        onboarding, row = await own_client(venue, call)
    missing = await asyncio.to_thread(onboarding.missing, row.client_id)
    return [missing_row(each) for each in missing]


def missing_row(missing: Missing) -> OnboardingMissing:
    return OnboardingMissing(missing.field, missing.name, missing.words)


async def submit(venue: Venue, call: Call) -> OnboardingStatus:
    """Hands the application in. Nothing may be missing."""
    with told_to_client():
        onboarding, row = await own_client(venue, call)
        await onboarding.submit(row.client_id, row.user_id)
    return await show(venue, call)


async def withdraw(venue: Venue, call: Call) -> OnboardingStatus:
    """Ends the application."""
    with told_to_client():
        onboarding, row = await own_client(venue, call)
        await onboarding.withdraw(row.client_id, row.user_id)
    return await show(venue, call)


async def reopen(venue: Venue, call: Call) -> OnboardingStatus:
    """Begins anew after the last application, or the relationship, has ended."""
    with told_to_client():
        onboarding, row = await own_client(venue, call)
        await onboarding.reopen(row.client_id, row.user_id)
    return await show(venue, call)


async def leave(venue: Venue, call: Call) -> OnboardingStatus:
    """Asks to end the relationship: what is left is taken out, then the account is closed."""
    with told_to_client():
        onboarding, row = await own_client(venue, call)
        await onboarding.leave(row.client_id, row.user_id)
    return await show(venue, call)


async def list_steps(venue: Venue, call: Call) -> list[OnboardingStep]:
    """Everything that happened, oldest first, as far as the client is told."""
    with told_to_client():
        onboarding, row = await own_client(venue, call)
    steps = await asyncio.to_thread(onboarding.clients.history, row.client_id)
    return [
        OnboardingStep(
            taken.number,
            taken.at_ns // NS_PER_MS,
            taken.to_state.value,
            STATES[taken.to_state].words,
            client_words(taken.reason_code),
        )
        for taken in steps
    ]


async def begin_document(venue: Venue, call: Call) -> OnboardingDocument:
    """A document of so many bytes is to come."""
    asked = read_json(call.body, DocumentBegun)
    checked_name(asked.name)
    if len(asked.party) > MAX_TEXT or not asked.party.isprintable():
        raise missing_or_invalid("party")
    with told_to_client():
        onboarding, row = await own_client(venue, call)
        details = DocumentDetails(asked.party, asked.name)
        begun = await asyncio.to_thread(onboarding.begin_document, row.client_id, asked.kind, details, asked.size_bytes)
    return document_row(begun)


async def add_document_part(venue: Venue, call: Call) -> OnboardingDocument:
    """The next part of a document, in base64."""
    asked, content = read_part(call)
    with told_to_client():
        onboarding, row = await own_client(venue, call)
        document = await asyncio.to_thread(
            onboarding.documents.add_part, asked.document_id, row.client_id, asked.part, content
        )
    return document_row(document)


def read_part(call: Call) -> tuple[DocumentPart, bytes]:
    """A part of a document as it was sent, and what is in it. Raises `Refused`."""
    asked = read_json(call.body, DocumentPart)
    try:
        return asked, base64.b64decode(asked.content, validate=True)
    except (binascii.Error, ValueError):
        raise missing_or_invalid("content") from None


def checked_name(name: str) -> str:
    """What a file is called. Raises `Refused`."""
    if len(name) > MAX_NAME or not name.isprintable():
        raise missing_or_invalid("name")
    return name


async def finish_document(venue: Venue, call: Call) -> OnboardingDocument:
    """Every part has come."""
    asked = read_json(call.body, DocumentNamed)
    with told_to_client():
        onboarding, row = await own_client(venue, call)
        return document_row(await onboarding.finish_document(row.client_id, asked.document_id))


async def list_documents(venue: Venue, call: Call) -> list[OnboardingDocument]:
    """Of the application, oldest first. What they say is shown to the staff alone."""
    with told_to_client():
        onboarding, row = await own_client(venue, call)
    return [document_row(*each) for each in await asyncio.to_thread(onboarding.documents_of, row.client_id)]


async def remove_document(venue: Venue, call: Call) -> Done:
    """Takes a document out of an application that is not handed in."""
    named = call.parameters.required("documentId")
    with told_to_client():
        onboarding, row = await own_client(venue, call)
        await asyncio.to_thread(onboarding.remove_document, row.client_id, named)
    return Done()


def document_row(document: Document, is_earlier: bool = False) -> OnboardingDocument:
    return OnboardingDocument(
        document.document_id,
        document.kind.value,
        document.state,
        document.media_type,
        document.size_bytes,
        document.parts,
        PART_BYTES,
        document.sha256,
        is_earlier,
    )


def _status(onboarding: Onboarding, row: ClientRow) -> OnboardingStatus:
    steps = onboarding.clients.history(row.client_id)
    last = steps[-1] if steps else None
    may_hand_in = row.state in {State.DRAFT, State.INFORMATION_REQUESTED}
    asked = row.state is State.INFORMATION_REQUESTED and last is not None and last.step is Step.REQUEST_INFORMATION
    return OnboardingStatus(
        row.client_id,
        row.kind.value,
        row.state.value,
        STATES[row.state].words,
        client_words(last.reason_code) if last else "",
        onboarding.clients.words_of(row.client_id, last.number) if asked and last else "",
        STATES[row.state].next_step,
        len(onboarding.missing(row.client_id)) if may_hand_in else 0,
        row.form_version,
        str(row.account_id) if row.is_open else "",
        row.changed_ns // NS_PER_MS,
        [
            OnboardingToDo(
                each.name,
                each.words,
                each.next_step,
                {name: str(figure) for name, figure in each.figures.items()},
                list(each.rules),
            )
            for each in onboarding.left_to_client(row.client_id)
        ],
    )


def _row(
    method: str,
    path: str,
    handler: Any,
    summary: str,
    parameters: tuple[Parameter, ...] = (),
    *,
    answer: object = OnboardingStatus,
    weight: int = 1,
    security: Security = Security.SESSION,
) -> Endpoint:
    """What comes with a write is JSON."""
    body = Body.FORM if method in {"GET", "DELETE"} else Body.JSON
    where = f"{PREFIX}/{path}" if path else PREFIX
    return Endpoint(
        method, where, security, weight, handler, summary, body, shows_state=False, parameters=parameters, answer=answer
    )


_DOCUMENT_ID = Parameter("documentId", "Which document", is_required=True)
PART_PARAMETERS = (
    _DOCUMENT_ID,
    Parameter("part", "Its number, from 0", ParameterKind.WHOLE_NUMBER, is_required=True),
    Parameter("content", "45,000 bytes of it, the last part what is left, in base64", is_required=True),
)

ENDPOINTS: tuple[Endpoint, ...] = (
    _row(
        "POST",
        "users",
        sign_up,
        "Sign up to apply, without an account",
        (
            Parameter("signInName", "3 to 254 characters; letter case does not matter", is_required=True),
            Parameter("password", "12 to 256 characters", is_required=True),
        ),
        answer=OnboardingUser,
        weight=SIGN_IN_WEIGHT,
        security=Security.NONE,
    ),
    _row(
        "POST",
        "",
        begin,
        "Begin an application",
        (Parameter("kind", "Who applies", is_required=True, choices=tuple(Kind), example="person"),),
    ),
    _row("GET", "", show, "Where the application or the client stands, why, and what is next"),
    _row("GET", "form", show_form, "The application as it was saved", answer=OnboardingForm),
    _row(
        "PUT",
        "form",
        save_form,
        "Save the application, complete or not",
        (
            Parameter("version", "The version that it was made from", ParameterKind.WHOLE_NUMBER, is_required=True),
            Parameter(
                "form",
                "The whole application of a person or of a company (spec/onboarding.md)",
                is_required=True,
                shapes=(PersonForm, CompanyForm),
            ),
        ),
        weight=2,
    ),
    _row("GET", "missing", list_missing, "What is missing", answer=list[OnboardingMissing]),
    _row("POST", "submit", submit, "Hand the application in", weight=5),
    _row("POST", "withdraw", withdraw, "Withdraw the application"),
    _row("POST", "reopen", reopen, "Begin anew after an end"),
    _row("POST", "leave", leave, "Ask to end the relationship"),
    _row("GET", "steps", list_steps, "What happened so far", answer=list[OnboardingStep]),
    _row(
        "POST",
        "documents",
        begin_document,
        "Begin to upload a document",
        (
            Parameter("kind", "What it shows", is_required=True, choices=tuple(DocumentKind), example="identity"),
            Parameter("sizeBytes", "How long it is", ParameterKind.WHOLE_NUMBER, is_required=True, example="120000"),
            Parameter("name", "What the file is called, at most 120 characters"),
            Parameter("party", "Key of the party of a company that it is about"),
        ),
        answer=OnboardingDocument,
    ),
    _row("GET", "documents", list_documents, "Documents of the application", answer=list[OnboardingDocument]),
    _row(
        "PUT",
        "documents/parts",
        add_document_part,
        "Send the next part of a document",
        PART_PARAMETERS,
        answer=OnboardingDocument,
    ),
    _row(
        "POST",
        "documents/finish",
        finish_document,
        "Keep a document whose parts have all come",
        (_DOCUMENT_ID,),
        answer=OnboardingDocument,
    ),
    _row("DELETE", "documents", remove_document, "Remove a document", (_DOCUMENT_ID,), answer=Done),
)
