"""What two people of the staff put on a client's file: evidence, levels of risk, steps, reviews, agreements."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from lionrock.compliance.assessments.assessments import Assessments
from lionrock.compliance.assessments.ports import StaffIdentity
from lionrock.compliance.assessments.refusals import AssessmentRefused
from lionrock.compliance.gates.client_clock import ClientClock
from lionrock.people.staff.orders import Executors, Order, OrderRefused


class ClassEvidenced(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of `client_evidence`: that the client is professional or institutional."""

    client_id: str
    kind: str
    document_sha256: str
    dated_ns: int


class RiskSet(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of `client_risk`: another level than the method gives."""

    client_id: str
    level: str


class StepDone(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of `client_due_diligence`: a step of enhanced due diligence."""

    client_id: str
    step: str
    document_sha256: str


class Reviewed(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of `client_review`."""

    client_id: str
    document_sha256: str


class AgreementPublished(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of `agreement_version`: the text in every language, and from when it holds."""

    agreement: str
    texts: dict[str, str]
    in_force_ns: int


class ClientFileOrders:
    """Carries them out; each ends with the client's gates brought up to date."""

    def __init__(self, clock: ClientClock, now: Callable[[], int]) -> None:
        self._clock, self._now = clock, now

    @property
    def _assessments(self) -> Assessments:
        return self._clock.assessments

    def register(self, executors: Executors) -> None:
        """All of them. Raises `ValueError` when one is there already."""
        add = executors.register
        add("client_evidence", ClassEvidenced, self._classify, self._of_client)
        add("client_risk", RiskSet, self._rate, self._of_client)
        add("client_due_diligence", StepDone, self._enhance, self._of_client)
        add("client_review", Reviewed, self._review, self._of_client)
        add("agreement_version", AgreementPublished, self._publish)

    # What a proposal would change, as it is now. SQL.

    def _of_client(self, payload: Any) -> object:
        if self._assessments.clients.client(payload.client_id) is None:
            raise OrderRefused("there is no such client")
        return self._state(payload.client_id)

    def _state(self, client_id: str) -> object:
        """The number of the last finding about the client: whatever was found since is another state."""
        return [max((finding.number for finding in self._assessments.records.of(client_id)), default=0)]

    # Carrying out

    async def _classify(self, order: Order) -> str:
        payload: ClassEvidenced = order.payload
        maker, approver, _ = _people(order)
        return await self._then_attend(
            payload.client_id,
            lambda: self._assessments.evidence.accept(
                payload.client_id,
                payload.kind,
                payload.document_sha256,
                dated_ns=payload.dated_ns,
                proposer=maker,
                approver=approver,
                at_ns=self._now(),
            ),
        )

    async def _rate(self, order: Order) -> str:
        payload: RiskSet = order.payload
        maker, approver, reason = _people(order)
        return await self._then_attend(
            payload.client_id,
            lambda: self._assessments.risk.override(
                payload.client_id, payload.level, reason, proposer=maker, approver=approver, at_ns=self._now()
            ),
        )

    async def _enhance(self, order: Order) -> str:
        payload: StepDone = order.payload
        maker, approver, _ = _people(order)
        return await self._then_attend(
            payload.client_id,
            lambda: self._assessments.risk.enhance(
                payload.client_id,
                payload.step,
                payload.document_sha256,
                proposer=maker,
                approver=approver,
                at_ns=self._now(),
            ),
        )

    async def _review(self, order: Order) -> str:
        payload: Reviewed = order.payload
        maker, approver, _ = _people(order)
        return await self._then_attend(
            payload.client_id,
            lambda: self._assessments.reviews.review(
                payload.client_id, payload.document_sha256, proposer=maker, approver=approver, at_ns=self._now()
            ),
        )

    async def _publish(self, order: Order) -> str:
        payload: AgreementPublished = order.payload
        maker, approver, _ = _people(order)
        try:
            made = await asyncio.to_thread(
                lambda: self._assessments.agreements.publish(
                    payload.agreement,
                    payload.texts,
                    payload.in_force_ns,
                    proposer=maker,
                    approver=approver,
                    at_ns=self._now(),
                )
            )
        except AssessmentRefused as refused:
            raise _told(refused) from refused
        await self._clock.look_at_all(self._now(), everybody=True)
        return f"version {made[0].version} of {payload.agreement}"

    async def _then_attend(self, client_id: str, act: Callable[[], object]) -> str:
        try:
            done = await asyncio.to_thread(act)
        except AssessmentRefused as refused:
            raise _told(refused) from refused
        await self._clock.attend(client_id, self._now())
        return done if isinstance(done, str) else "recorded"


def _people(order: Order) -> tuple[StaffIdentity, StaffIdentity, str]:
    """Maker, whoever approved, and why. Of what was done at once they are one person until it is reviewed."""
    maker = StaffIdentity(order.maker.staff_id, frozenset(role.value for role in order.maker.roles))
    authority = order.authority
    approver = StaffIdentity(authority.staff_id, frozenset(role.value for role in authority.roles))
    return maker, approver, f"{order.reason_code or 'decided'}: proposal {order.proposal_id}"


def _told(refused: AssessmentRefused) -> OrderRefused:
    return OrderRefused(f"{refused.words}; {refused.next_step}")
