"""What two people of the staff put on a client's file: evidence, levels of risk, steps, reviews, agreements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeVar

import msgspec

from lionrock.compliance.assessments.assessments import Assessments
from lionrock.compliance.assessments.refusals import AssessmentRefused
from lionrock.compliance.gates import by_staff
from lionrock.compliance.gates.client_clock import ClientClock
from lionrock.compliance.staff_identity import maker_and_approver
from lionrock.people.staff.orders import Choices, Executors, Order, OrderRefused
from lionrock.people.staff.payloads import PayloadChoice

_Done = TypeVar("_Done")


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
        add(
            "client_evidence",
            ClassEvidenced,
            self._classify,
            self._of_evidence,
            choices=self._offer("kind", self._kinds),
        )
        add("client_risk", RiskSet, self._rate, self._of_level, choices=self._offer("level", self._levels))
        add("client_due_diligence", StepDone, self._enhance, self._of_step, choices=self._offer("step", self._steps))
        add("client_review", Reviewed, self._review, self._of_client)
        add("agreement_version", AgreementPublished, self._publish)

    # What a payload may say: the methods' own names, in their order.

    def _kinds(self) -> list[str]:
        return list(self._assessments.evidence.terms.kinds)

    def _levels(self) -> list[str]:
        return [each.name for each in self._assessments.risk.method.level]

    def _steps(self) -> list[str]:
        steps = (step for level in self._assessments.risk.method.level for step in level.enhanced)
        return list(dict.fromkeys(steps))

    @staticmethod
    def _offer(name: str, values: Callable[[], list[str]]) -> Choices:
        return lambda: {name: [PayloadChoice(value, value) for value in values()]}

    # What a proposal would change, as it is now. SQL.

    def _of_evidence(self, payload: ClassEvidenced) -> object:
        _one_of("kind", payload.kind, self._kinds())
        return self._of_client(payload)

    def _of_level(self, payload: RiskSet) -> object:
        _one_of("level", payload.level, self._levels())
        return self._of_client(payload)

    def _of_step(self, payload: StepDone) -> object:
        _one_of("step", payload.step, self._steps())
        return self._of_client(payload)

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
        maker, approver = maker_and_approver(order)
        return await _recorded(
            by_staff.accept_evidence(
                self._clock,
                maker,
                payload.client_id,
                approver=approver,
                kind=payload.kind,
                document_sha256=payload.document_sha256,
                dated_ns=payload.dated_ns,
                at_ns=self._now(),
            )
        )

    async def _rate(self, order: Order) -> str:
        payload: RiskSet = order.payload
        maker, approver = maker_and_approver(order)
        return await _recorded(
            by_staff.override_risk(
                self._clock,
                maker,
                payload.client_id,
                approver=approver,
                level=payload.level,
                reason=_reason(order),
                at_ns=self._now(),
            )
        )

    async def _enhance(self, order: Order) -> str:
        payload: StepDone = order.payload
        maker, approver = maker_and_approver(order)
        return await _recorded(
            by_staff.enhance(
                self._clock,
                maker,
                payload.client_id,
                approver=approver,
                step=payload.step,
                document_sha256=payload.document_sha256,
                at_ns=self._now(),
            )
        )

    async def _review(self, order: Order) -> str:
        payload: Reviewed = order.payload
        maker, approver = maker_and_approver(order)
        return await _recorded(
            by_staff.review(
                self._clock,
                maker,
                payload.client_id,
                approver=approver,
                document_sha256=payload.document_sha256,
                at_ns=self._now(),
            )
        )

    async def _publish(self, order: Order) -> str:
        payload: AgreementPublished = order.payload
        maker, approver = maker_and_approver(order)
        made = await _or_refused(
            by_staff.publish_agreement(
                self._clock,
                maker,
                payload.agreement,
                payload.texts,
                approver=approver,
                in_force_ns=payload.in_force_ns,
                at_ns=self._now(),
            )
        )
        return f"version {made[0].version} of {payload.agreement}"


def _one_of(name: str, value: str, known: Collection[str]) -> None:
    """Said when it is proposed: nobody is to approve what could not be carried out."""
    if value not in known:
        raise OrderRefused(f"{name} is none of {', '.join(sorted(known))}")


async def _or_refused(done: Awaitable[_Done]) -> _Done:
    try:
        return await done
    except AssessmentRefused as refused:
        raise OrderRefused(f"{refused.words}; {refused.next_step}") from refused


async def _recorded(done: Awaitable[object]) -> str:
    await _or_refused(done)
    return "recorded"


def _reason(order: Order) -> str:
    return f"{order.reason_code or 'decided'}: proposal {order.proposal_id}"
