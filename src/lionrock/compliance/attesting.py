"""What people of the staff state and sign: by proposal, so that a second person has looked at the document.

A subject is one that a rule of the site asks for, and the document is there: handed over before, so that whoever
approves reads it, or the one that the running site itself is described by.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from lionrock.compliance.onboarding.house_documents import HouseDocuments
from lionrock.people.staff.orders import Executors, Order, OrderRefused
from lionrock.people.staff.payloads import PayloadChoice
from lionrock.people.staff.refusals import No, StaffRefused
from lionrock.rulebook.attestations import Asked, Attestation, AttestationLog, subjects
from lionrock.rulebook.controls.backing import subject_of

_SHA256 = re.compile(r"[0-9a-f]{64}")

Record = Callable[[Attestation], Awaitable[object]]
"""Puts an attestation into the journal, durable when it returns."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of the action `attestation`."""

    subject: str
    """Such as `technology_audit`, as the rules name it."""
    document_sha256: str
    """Of the document it rests on, hex digits."""
    value: str = ""
    """What the site's file says of the setting that is attested; empty for every other subject."""


class AttestationDesk(msgspec.Struct, frozen=True):
    """What it takes to attest on one site. Calls are SQL and files: from a loop, make them in a thread."""

    log: AttestationLog
    documents: HouseDocuments
    asked: Callable[[], Mapping[str, Asked]]
    """What the site's rules ask now, by subject."""
    is_held: Callable[[str], bool]
    """Whether the site has a document, whole, by its SHA-256 in hex."""
    named: Callable[[str], str]
    """The document that a setting names, by its SHA-256 in hex; empty for none."""
    declared: Callable[[str], str]
    """What the site's file says of a setting that it alone tells."""

    def vouches(self, setting: str, value: str) -> bool:
        """Whether two people stand for this value of a setting, with a document that is held."""
        subject = subject_of(setting)
        return any(
            told.subject == subject and told.value == value and self.is_held(told.document_sha256)
            for told in (each.attestation for each in self.log.all)
        )


class Attesting:
    """Carries out the action `attestation`: the maker attests, whoever approved it is the second person."""

    def __init__(self, desk: AttestationDesk, record: Record) -> None:
        self._desk, self._record = desk, record

    def register(self, executors: Executors) -> None:
        """Raises `ValueError` when it is there already."""
        executors.register("attestation", Statement, self._attest, self._checked, choices=self._subjects)

    def _subjects(self) -> dict[str, list[PayloadChoice]]:
        return {"subject": [PayloadChoice(each, each) for each in sorted(self._desk.asked())]}

    def _checked(self, payload: Statement) -> object:
        """What rules ask of the subject, as it is now. SQL. Raises `OrderRefused` and `StaffRefused`."""
        if not _SHA256.fullmatch(payload.document_sha256):
            raise OrderRefused("a SHA-256 is written as 64 hex digits")
        asked = self._desk.asked()
        known = asked.get(payload.subject)
        if known is None:
            raise StaffRefused(No.ATTESTATION_NOT_ASKED, subjects=subjects(asked))
        value = self._desk.declared(known.declares) if known.declares else ""
        if payload.value != value:
            raise StaffRefused(
                No.ATTESTED_VALUE_DIFFERS, setting=known.declares or payload.subject, value=value or "none"
            )
        if known.setting:
            expected = self._desk.named(known.setting)
            if payload.document_sha256 != expected:
                raise StaffRefused(No.ATTESTATION_OF_ANOTHER, setting=known.setting, expected=expected or "none")
        elif not self._desk.is_held(payload.document_sha256):
            raise StaffRefused(No.DOCUMENT_NOT_HELD)
        return [known._asdict(), value]

    async def _attest(self, order: Order) -> str:
        payload: Statement = order.payload
        if not order.checkers:
            raise OrderRefused("an attestation counts once a second person has approved it")
        await self._record(
            Attestation(
                subject=payload.subject,
                document_sha256=payload.document_sha256,
                value=payload.value,
                proposal_id=order.proposal_id,
                staff_id=order.maker.staff_id,
                approver_id=order.authority.staff_id,
            )
        )
        return f"{payload.subject} attested"
