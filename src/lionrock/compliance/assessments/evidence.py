"""Who is a professional or an institution: documents with a date and an end. When they end, so does the class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import msgspec

from lionrock.compliance.assessments.ports import DAY_NS
from lionrock.compliance.assessments.records import NEVER_NS, Finding, Kind, New, Records, of_kind
from lionrock.compliance.assessments.refusals import AssessmentRefused, check_two
from lionrock.compliance.assessments.terms import CLASSES, EvidenceTerms
from lionrock.compliance.staff_identity import StaffIdentity

_SHA256_DIGITS = 64


class ClassState(msgspec.Struct, frozen=True):
    """What a client counts as."""

    client_class: str
    until_ns: int
    """When its evidence ends; the largest number where none is needed."""
    finding: Finding | None


def class_state(findings: Sequence[Finding], terms: EvidenceTerms, at_ns: int) -> ClassState:
    """The highest class that evidence in force speaks for, to the end of the last evidence for it."""
    inforce = [each for each in of_kind(findings, Kind.EVIDENCE) if each.holds(at_ns)]
    if not inforce:
        return ClassState(terms.falls_back_to, NEVER_NS, None)
    highest = max(inforce, key=lambda each: (CLASSES.index(each.result), each.end_ns))
    return ClassState(highest.result, highest.end_ns, highest)


class Evidence:
    """Evidence of a site's clients. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, records: Records, terms: EvidenceTerms) -> None:
        self._records, self.terms = records, terms

    def accept(
        self,
        client_id: str,
        kind: str,
        document_sha256: str,
        *,
        dated_ns: int,
        proposer: StaffIdentity,
        approver: StaffIdentity,
        at_ns: int,
    ) -> Finding:
        """Two people accept a document of a kind. It counts so many days from its date. Raises `AssessmentRefused`."""
        check_two(proposer, approver, self.terms.rules)
        client_class = self.terms.kinds.get(kind)
        if client_class is None:
            self._refuse("evidence_kind_unknown", "this kind of document is evidence of nothing", "use a kind that is")
        if len(document_sha256) != _SHA256_DIGITS or set(document_sha256) - set("0123456789abcdef"):
            self._refuse("document_hash_malformed", "a document is named by its SHA-256", "send 64 hex digits")
        until_ns = dated_ns + self.terms.valid_days * DAY_NS
        if dated_ns > at_ns:
            self._refuse("evidence_dated_later", "the document is dated in the future", "check its date", at_ns=at_ns)
        if at_ns >= until_ns:
            self._refuse(
                "evidence_too_old",
                "the document is older than evidence may be",
                "ask the client for a newer one",
                age_days=(at_ns - dated_ns) // DAY_NS,
                valid_days=self.terms.valid_days,
            )
        new = New(client_id, Kind.EVIDENCE, client_class, at_ns, proposer.staff_id, approver.staff_id)
        new = msgspec.structs.replace(new, until_ns=until_ns, document_sha256=document_sha256, method=kind)
        return self._records.add(new)

    def revoke(self, client_id: str, number: int, by: StaffIdentity, at_ns: int) -> None:
        """The document counts no more: one person may, as it protects. Raises `AssessmentRefused`."""
        if not any(each.number == number for each in of_kind(self._records.of(client_id), Kind.EVIDENCE)):
            self._refuse("evidence_unknown", "the client has no such evidence", "see the client's evidence")
        new = New(client_id, Kind.EVIDENCE_REVOKED, str(number), at_ns, by.staff_id)
        with self._records.database.begin() as connection:
            self._records.add(new, None, connection)
            self._records.end(number, at_ns, connection)

    def _refuse(self, name: str, words: str, next_step: str, **figures: int | str) -> NoReturn:
        raise AssessmentRefused(name, words, next_step=next_step, rules=self.terms.rules, figures=figures)
