"""What the staff holds back by decision: freezing and reducing, and lifting that again.

One person may restrict, as it protects; lifting takes two. An account's restriction in the core follows from here, so
whoever wants one asks here: what is set past this place is put back.
"""

from __future__ import annotations

from collections.abc import Sequence

from lionrock.compliance.assessments.records import Finding, Kind, New, Records, of_kind
from lionrock.compliance.assessments.refusals import AssessmentRefused, check_reason, check_two
from lionrock.compliance.assessments.terms import Effect
from lionrock.compliance.staff_identity import StaffIdentity


def restrictions_of(findings: Sequence[Finding], at_ns: int) -> list[Finding]:
    """Those in force."""
    return [each for each in of_kind(findings, Kind.RESTRICTION) if each.holds(at_ns)]


class Restrictions:
    """Restrictions of a site's clients. Calls are SQL: from a loop, make them in a thread."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def place(
        self, client_id: str, effect: Effect, reason: str, by: StaffIdentity, at_ns: int, *, approver_id: str = ""
    ) -> Finding:
        """From now on. Raises `AssessmentRefused`."""
        check_reason(reason)
        if effect is Effect.NONE:
            raise AssessmentRefused(
                "restriction_without_effect", "this would restrict nothing", next_step="lift the one that is in force"
            )
        new = New(client_id, Kind.RESTRICTION, effect.name.lower(), at_ns, by.staff_id, approver_id)
        return self._records.add(new, {"reason": reason})

    def lift(
        self, client_id: str, number: int, reason: str, *, proposer: StaffIdentity, approver: StaffIdentity, at_ns: int
    ) -> None:
        """Two people lift it. Raises `AssessmentRefused`."""
        check_two(proposer, approver)
        check_reason(reason)
        if not any(each.number == number for each in restrictions_of(self._records.of(client_id), at_ns)):
            raise AssessmentRefused(
                "restriction_unknown", "no such restriction is in force", next_step="see the client's restrictions"
            )
        new = New(client_id, Kind.RESTRICTION_LIFTED, str(number), at_ns, proposer.staff_id, approver.staff_id)
        with self._records.database.begin() as connection:
            self._records.add(new, {"reason": reason}, connection)
            self._records.end(number, at_ns, connection)
