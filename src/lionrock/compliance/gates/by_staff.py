"""What the staff decides about clients. Who may ask for what, the gateway's permissions say; where two people
are needed, both are named here and must differ. Each function ends with the gates brought up to date.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

from lionrock.compliance.assessments.agreements import AgreementText
from lionrock.compliance.assessments.records import Finding
from lionrock.compliance.assessments.risk import Fact, Rating
from lionrock.compliance.assessments.terms import Effect
from lionrock.compliance.gates.client_clock import ClientClock
from lionrock.compliance.staff_identity import StaffIdentity

_Done = TypeVar("_Done")


async def _then_attend(clock: ClientClock, client_id: str, at_ns: int, act: Callable[[], _Done]) -> _Done:
    done = await asyncio.to_thread(act)
    await clock.attend(client_id, at_ns)
    return done


async def rate_risk(
    clock: ClientClock, staff: StaffIdentity, client_id: str, facts: Mapping[str, Fact], at_ns: int
) -> Rating:
    """Rates a client by facts; what is not among them counts as missing."""
    ratings = clock.assessments.risk
    return await _then_attend(clock, client_id, at_ns, lambda: ratings.rate(client_id, facts, staff.staff_id, at_ns))


async def override_risk(
    clock: ClientClock,
    staff: StaffIdentity,
    client_id: str,
    *,
    approver: StaffIdentity,
    level: str,
    reason: str,
    at_ns: int,
) -> Finding:
    """Two people set another level. Raises `AssessmentRefused`."""
    ratings = clock.assessments.risk
    return await _then_attend(
        clock,
        client_id,
        at_ns,
        lambda: ratings.override(client_id, level, reason, proposer=staff, approver=approver, at_ns=at_ns),
    )


async def enhance(
    clock: ClientClock,
    staff: StaffIdentity,
    client_id: str,
    *,
    approver: StaffIdentity,
    step: str,
    document_sha256: str,
    at_ns: int,
) -> Finding:
    """A step of enhanced due diligence is done. Raises `AssessmentRefused`."""
    ratings = clock.assessments.risk
    return await _then_attend(
        clock,
        client_id,
        at_ns,
        lambda: ratings.enhance(client_id, step, document_sha256, proposer=staff, approver=approver, at_ns=at_ns),
    )


async def accept_evidence(
    clock: ClientClock,
    staff: StaffIdentity,
    client_id: str,
    *,
    approver: StaffIdentity,
    kind: str,
    document_sha256: str,
    dated_ns: int,
    at_ns: int,
) -> Finding:
    """Two people accept evidence of being professional or institutional. Raises `AssessmentRefused`."""
    evidence = clock.assessments.evidence
    return await _then_attend(
        clock,
        client_id,
        at_ns,
        lambda: evidence.accept(
            client_id, kind, document_sha256, dated_ns=dated_ns, proposer=staff, approver=approver, at_ns=at_ns
        ),
    )


async def revoke_evidence(
    clock: ClientClock,
    staff: StaffIdentity,
    client_id: str,
    number: int,
    at_ns: int,
) -> None:
    """One person takes evidence back: the client has fewer rights. Raises `AssessmentRefused`."""
    evidence = clock.assessments.evidence
    await _then_attend(clock, client_id, at_ns, lambda: evidence.revoke(client_id, number, staff, at_ns))


async def set_exposure_limit(
    clock: ClientClock,
    staff: StaffIdentity,
    client_id: str,
    *,
    approver: StaffIdentity,
    limit_minor: int,
    reason: str,
    at_ns: int,
) -> Finding:
    """Two people set a limit by hand. Raises `AssessmentRefused`."""
    limits = clock.assessments.exposure
    return await _then_attend(
        clock,
        client_id,
        at_ns,
        lambda: limits.set_by_hand(client_id, limit_minor, reason, proposer=staff, approver=approver, at_ns=at_ns),
    )


async def answer_raise(
    clock: ClientClock,
    staff: StaffIdentity,
    client_id: str,
    number: int,
    *,
    approves: bool,
    reason: str,
    at_ns: int,
) -> Finding:
    """One person answers what a client asked for by its own declaration. Raises `AssessmentRefused`."""
    limits = clock.assessments.exposure
    answer = limits.approve_raise if approves else limits.decline_raise
    return await _then_attend(clock, client_id, at_ns, lambda: answer(client_id, number, staff, reason, at_ns))


async def restrict(
    clock: ClientClock, staff: StaffIdentity, client_id: str, effect: Effect, reason: str, *, at_ns: int
) -> Finding:
    """One person restricts a client's accounts at once. Raises `AssessmentRefused`."""
    restrictions = clock.assessments.restrictions
    return await _then_attend(
        clock, client_id, at_ns, lambda: restrictions.place(client_id, effect, reason, staff, at_ns)
    )


async def lift(
    clock: ClientClock,
    staff: StaffIdentity,
    client_id: str,
    number: int,
    reason: str,
    *,
    approver: StaffIdentity,
    at_ns: int,
) -> None:
    """Two people lift a restriction. Raises `AssessmentRefused`."""
    restrictions = clock.assessments.restrictions
    await _then_attend(
        clock,
        client_id,
        at_ns,
        lambda: restrictions.lift(client_id, number, reason, proposer=staff, approver=approver, at_ns=at_ns),
    )


async def review(
    clock: ClientClock,
    staff: StaffIdentity,
    client_id: str,
    *,
    approver: StaffIdentity,
    document_sha256: str,
    at_ns: int,
) -> Finding:
    """Two people looked at the client again. Raises `AssessmentRefused`."""
    reviews = clock.assessments.reviews
    return await _then_attend(
        clock,
        client_id,
        at_ns,
        lambda: reviews.review(client_id, document_sha256, proposer=staff, approver=approver, at_ns=at_ns),
    )


async def publish_agreement(
    clock: ClientClock,
    staff: StaffIdentity,
    agreement: str,
    texts: dict[str, str],
    *,
    approver: StaffIdentity,
    in_force_ns: int,
    at_ns: int,
) -> list[AgreementText]:
    """Two people publish the next version; every client is told of it. Raises `AssessmentRefused`."""
    made = await asyncio.to_thread(
        lambda: clock.assessments.agreements.publish(
            agreement, texts, in_force_ns, proposer=staff, approver=approver, at_ns=at_ns
        )
    )
    await clock.look_at_all(at_ns, everybody=True)
    return made
