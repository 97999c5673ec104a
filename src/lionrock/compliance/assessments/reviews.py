"""Looking again at clients: periodic reviews by their risk, accounts that sleep and are woken."""

from __future__ import annotations

import msgspec

from lionrock.compliance.assessments.ports import Client
from lionrock.compliance.assessments.records import BY_CLIENT, BY_SITE, Finding, Kind, New, Records, last
from lionrock.compliance.assessments.refusals import AssessmentRefused, check_two
from lionrock.compliance.assessments.risk import RiskMethod, risk_state
from lionrock.compliance.assessments.standing import ACTIVE, DORMANT, dormant_from
from lionrock.compliance.assessments.terms import Terms
from lionrock.compliance.staff_identity import StaffIdentity


class Reviews:
    """Reviews of a site's clients. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, records: Records, method: RiskMethod, terms: Terms) -> None:
        self._records, self._method, self._terms = records, method, terms

    def review(
        self, client_id: str, document_sha256: str, *, proposer: StaffIdentity, approver: StaffIdentity, at_ns: int
    ) -> Finding:
        """Two people looked at the client again; the document says what they saw. Raises `AssessmentRefused`."""
        check_two(proposer, approver, self._terms.review.rules)
        if not risk_state(self._records.of(client_id), self._method).level:
            raise AssessmentRefused(
                "not_rated",
                "a client without a rating cannot be reviewed",
                next_step="rate the client first",
                rules=self._terms.review.rules,
            )
        new = New(client_id, Kind.REVIEW, "reviewed", at_ns, proposer.staff_id, approver.staff_id)
        return self._records.add(msgspec.structs.replace(new, document_sha256=document_sha256))

    def fall_asleep(self, client: Client, last_used_ns: int, at_ns: int) -> Finding | None:
        """Marks an account that nobody used for so long; None where it is not due or marked already."""
        findings = self._records.of(client.client_id)
        marked = last(findings, Kind.DORMANCY)
        if marked and marked.result == DORMANT:
            return None
        if at_ns < dormant_from(client, findings, last_used_ns, self._terms):
            return None
        return self._records.add(New(client.client_id, Kind.DORMANCY, DORMANT, at_ns, BY_SITE))

    def wake(self, client: Client, last_used_ns: int, at_ns: int, *, second_factor_shown: bool) -> Finding:
        """The client wants to use it again. Raises `AssessmentRefused`."""
        findings, rules = self._records.of(client.client_id), self._terms.dormancy.rules
        marked = last(findings, Kind.DORMANCY)
        asleep = bool(marked and marked.result == DORMANT)
        if not asleep and at_ns < dormant_from(client, findings, last_used_ns, self._terms):
            raise AssessmentRefused(
                "not_dormant", "the account is not dormant", next_step="nothing is to be done", rules=rules
            )
        if not second_factor_shown:
            raise AssessmentRefused(
                "second_factor_needed",
                "waking an account takes a second factor",
                next_step="sign in with a second factor and ask again",
                rules=rules,
            )
        overdue_ns = risk_state(findings, self._method).next_review_ns
        if at_ns >= overdue_ns:
            raise AssessmentRefused(
                "review_overdue",
                "the client must be reviewed before the account is used again",
                next_step="answer what the staff asks for",
                rules=self._terms.review.rules,
                figures={"due_ns": overdue_ns},
            )
        return self._records.add(New(client.client_id, Kind.DORMANCY, ACTIVE, at_ns, BY_CLIENT))
