"""When a client may declare again what its own limits follow from: not while it is stopped, and not at once."""

from __future__ import annotations

from collections.abc import Sequence

from lionrock.compliance.assessments.ports import Client
from lionrock.compliance.assessments.records import BY_CLIENT, Finding, Kind
from lionrock.compliance.assessments.refusals import AssessmentRefused
from lionrock.compliance.assessments.terms import Effect, Terms

_HOUR_NS = 3_600 * 10**9


def check_may_declare(client: Client, findings: Sequence[Finding], kind: Kind, terms: Terms, at_ns: int) -> None:
    """Who could answer again at once would try answers until they give the class it wants.

    Raises `AssessmentRefused` while the relationship is stopped, and within the hours that the terms ask between two
    declarations of the client's own.
    """
    rules = terms.profile.rules if kind is Kind.RISK_PROFILE else terms.exposure.rules
    if terms.state_effect(client.state) is Effect.FROZEN:
        raise AssessmentRefused(
            "declaring_stopped",
            "nothing about the client is changed while the account is stopped",
            next_step="wait until the account is open again",
            rules=rules,
            figures={"state": client.state},
        )
    kinds = (kind, Kind.EXPOSURE_RAISE) if kind is Kind.EXPOSURE_LIMIT else (kind,)
    own = [each.from_ns for each in findings if each.kind in kinds and each.decided_by == BY_CLIENT]
    again_ns = max(own, default=at_ns - terms.declaring.wait_hours * _HOUR_NS) + terms.declaring.wait_hours * _HOUR_NS
    if at_ns < again_ns:
        raise AssessmentRefused(
            "declared_too_soon",
            "it was declared not long ago, and takes a waiting time before it is declared anew",
            next_step="wait, or write to the site where something was declared by mistake",
            rules=rules,
            figures={"wait_hours": terms.declaring.wait_hours, "again_ns": again_ns},
        )
