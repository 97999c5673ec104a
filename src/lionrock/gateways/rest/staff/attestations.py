"""What the site's rules ask people to attest, what was attested, and the documents for it, which are handed over first.

To attest is the action `attestation` of a proposal (`proposals.py`).
"""

from __future__ import annotations

import asyncio

import msgspec

from lionrock.compliance.attesting import AttestationDesk
from lionrock.compliance.onboarding.documents import PART_BYTES, Document
from lionrock.gateways.rest.contract import NS_PER_MS, Call, Kind, Media, Parameter, Reply, Venue
from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.rest.json_bodies import read_json
from lionrock.gateways.rest.onboarding import PART_PARAMETERS, DocumentNamed, checked_name, read_part
from lionrock.gateways.rest.staff.clients import as_file
from lionrock.gateways.rest.staff.rows import office_of, session_of_staff, staff_row, told_to_staff
from lionrock.people.staff.permissions import Permission
from lionrock.rulebook.attestations import Recorded
from lionrock.rulebook.controls.spans import months_later


class HouseDocumentBegun(msgspec.Struct, rename="camel", frozen=True):
    size_bytes: int
    name: str = ""

    def __repr__(self) -> str:
        return "HouseDocumentBegun()"


class HouseDocument(msgspec.Struct, rename="camel"):
    """A document of the house, without its content."""

    document_id: str
    state: str
    media_type: str
    size_bytes: int
    parts: int
    """How many have come."""
    part_bytes: int
    """How long every part is but the last."""
    sha256: str
    """Empty until it is kept; what an attestation names."""
    journal_sequence: str
    """Where the journal has its SHA-256; 0 for nowhere yet."""
    name: str
    """As its file is called; told in lists alone."""


class AttestationAsked(msgspec.Struct, rename="camel"):
    """A subject that rules of the site ask an attestation of."""

    subject: str
    rules: list[str]
    months: int
    """After so many it runs out, by the strictest rule; 0 where none says."""
    document_sha256: str
    """Of the one document that counts; empty where any document that is handed over may be it."""
    value: str
    """What the site's file says of the setting that is attested, to be sent along; empty for every other subject."""
    last_at_ms: int
    """When it was last attested; 0 for never."""
    runs_out_ms: int
    """When that runs out; 0 for never, or where there is nothing to run out."""


class AttestationMade(msgspec.Struct, rename="camel"):
    """What two people stand for, as the journal has it."""

    subject: str
    value: str
    document_sha256: str
    document_is_held: bool
    """Whether the site has the document, whole and unchanged; an attestation without it counts for nothing."""
    staff_id: str
    approver_id: str
    proposal_id: str
    attested_at_ms: int
    journal_sequence: str


class StaffAttestations(msgspec.Struct, rename="camel"):
    """What is asked, what was attested, oldest first, and the documents that the site holds for it, oldest first."""

    asked: list[AttestationAsked]
    made: list[AttestationMade]
    documents: list[HouseDocument]


def desk_of(venue: Venue) -> AttestationDesk:
    """Raises `Refused` where no site was chosen, which then has no rules."""
    if venue.attesting is None:
        raise Refused(-1101)
    return venue.attesting


async def show(venue: Venue, call: Call) -> StaffAttestations:  # noqa: ARG001 every handler is given both
    """Reads every document of an attestation, to tell whether it is whole."""
    return await asyncio.to_thread(_shown, desk_of(venue))


def _shown(desk: AttestationDesk) -> StaffAttestations:
    recorded = desk.log.all
    held = {each: desk.is_held(each) for each in {one.attestation.document_sha256 for one in recorded}}
    last = {each.attestation.subject: each.at_ns for each in recorded}
    asked = [
        AttestationAsked(
            each.subject,
            list(each.rules),
            each.months,
            desk.named(each.setting) if each.setting else "",
            desk.declared(each.declares) if each.declares else "",
            last.get(each.subject, 0) // NS_PER_MS,
            _runs_out_ms(last.get(each.subject, 0), each.months),
        )
        for _, each in sorted(desk.asked().items())
    ]
    made = [_made(each, held[each.attestation.document_sha256]) for each in recorded]
    return StaffAttestations(asked, made, [_document(each, name) for each, name in desk.documents.all()])


def _runs_out_ms(last_ns: int, months: int) -> int:
    return months_later(last_ns, months) // NS_PER_MS if last_ns and months else 0


def _made(recorded: Recorded, is_held: bool) -> AttestationMade:
    told = recorded.attestation
    return AttestationMade(
        told.subject,
        told.value,
        told.document_sha256,
        is_held,
        told.staff_id,
        told.approver_id,
        told.proposal_id,
        recorded.at_ns // NS_PER_MS,
        str(recorded.sequence),
    )


def _document(document: Document, name: str = "") -> HouseDocument:
    return HouseDocument(
        document.document_id,
        document.state,
        document.media_type,
        document.size_bytes,
        document.parts,
        PART_BYTES,
        document.sha256,
        str(document.sequence),
        name,
    )


async def begin(venue: Venue, call: Call) -> HouseDocument:
    """A document of so many bytes is to come."""
    asked, documents = read_json(call.body, HouseDocumentBegun), desk_of(venue).documents
    name = checked_name(asked.name)
    with told_to_staff():
        return _document(await asyncio.to_thread(documents.begin, name, asked.size_bytes))


async def add_part(venue: Venue, call: Call) -> HouseDocument:
    """The next part of a document, in base64."""
    documents, (asked, content) = desk_of(venue).documents, read_part(call)
    with told_to_staff():
        return _document(await asyncio.to_thread(documents.add_part, asked.document_id, asked.part, content))


async def finish(venue: Venue, call: Call) -> HouseDocument:
    """Every part has come: it is kept for good, and its SHA-256 stands in the journal."""
    asked, documents, office = read_json(call.body, DocumentNamed), desk_of(venue).documents, office_of(venue)
    with told_to_staff():
        kept = await documents.finish(asked.document_id)
    await office.note(session_of_staff(call).staff_id, "document handed over", kept.document_id)
    return _document(kept)


async def read(venue: Venue, call: Call) -> Reply:
    """The document itself; that it is read is on the staff's log before it is sent."""
    documents, named, office = desk_of(venue).documents, call.parameters.required("documentId"), office_of(venue)
    with told_to_staff():
        document, content = await asyncio.to_thread(documents.read, named)
    await office.note(session_of_staff(call).staff_id, "document read", named)
    return as_file(document, content)


_DOCUMENT_ID = Parameter("documentId", "Which document", is_required=True)
_WORK, _READ = Permission.ATTESTATIONS_WORK, Permission.ATTESTATIONS_READ

ENDPOINTS = (
    staff_row(
        "GET",
        "attestations",
        _READ,
        show,
        "What is to be attested, what was, and the documents for it",
        answer=StaffAttestations,
        weight=5,
    ),
    staff_row(
        "POST",
        "attestations/documents",
        _WORK,
        begin,
        "Begin to hand over a document that is to be attested",
        (
            Parameter("sizeBytes", "How long it is", Kind.WHOLE_NUMBER, is_required=True, example="120000"),
            Parameter("name", "What the file is called, at most 120 characters"),
        ),
        answer=HouseDocument,
    ),
    staff_row(
        "PUT",
        "attestations/documents/parts",
        _WORK,
        add_part,
        "Send the next part of a document that is to be attested",
        PART_PARAMETERS,
        answer=HouseDocument,
    ),
    staff_row(
        "POST",
        "attestations/documents/finish",
        _WORK,
        finish,
        "Keep a document whose parts have all come, and put its SHA-256 into the journal",
        (_DOCUMENT_ID,),
        answer=HouseDocument,
    ),
    staff_row(
        "GET",
        "attestations/documents/file",
        _READ,
        read,
        "A document that was handed over",
        (_DOCUMENT_ID,),
        answer=Media(("application/pdf", "image/jpeg", "image/png")),
        weight=5,
    ),
)
