"""What two people of the staff decide about a client: the action `onboarding_decision`, done once it is approved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, cast

import msgspec

from lionrock.compliance.onboarding.onboarding import Onboarding
from lionrock.compliance.onboarding.states import STEP_WORDS, Authority, OnboardingRefused, Refusal, State, Step, answer
from lionrock.compliance.staff_identity import identity_of
from lionrock.people.staff.actions import ACTIONS
from lionrock.people.staff.orders import Executors, Order, OrderRefused
from lionrock.people.staff.payloads import one_of
from lionrock.people.staff.queue import WorkItem

ACTION = "onboarding_decision"
SAME, DIFFERENT = "same_client", "different_client"
DECISIONS = (
    *(step.value for step in Step if Authority.TWO_STAFF in STEP_WORDS[step].authorities),
    SAME,
    DIFFERENT,
)
"""Steps that take two people, and what they say of two clients who are alike."""


class ClientDecided(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of the action."""

    client_id: str
    decision: Annotated[str, one_of(DECISIONS)]
    other_id: str = ""
    """Of a likeness: the other client."""


class OnboardingWork:
    """Applications that wait for people, in the queue of the staff."""

    def __init__(self, onboarding: Onboarding, review_within_ns: int = 0) -> None:
        """An application is to be decided within so long after it came to where it stands; 0 for no deadline."""
        self._onboarding, self._review_within_ns = onboarding, review_within_ns

    def work(self, now_ns: int) -> Iterable[WorkItem]:  # noqa: ARG002 every source is told the time
        """Those that wait longest first. SQL."""
        makers = ACTIONS[ACTION].makers
        for row in self._onboarding.clients.all(State.IDENTITY_CHECKED, State.IN_REVIEW, most=1_000):
            due_ns = row.changed_ns + self._review_within_ns if self._review_within_ns else 0
            words = "Decide on an application" if row.identity_passed_ns else "Look into an application by hand"
            yield WorkItem("application", row.client_id, words, makers, row.changed_ns, due_ns, about=row.client_id)


class OnboardingOrders:
    """Carries the decisions out."""

    def __init__(self, onboarding: Onboarding) -> None:
        self._onboarding = onboarding

    def register(self, executors: Executors) -> None:
        executors.register(ACTION, ClientDecided, self.carry_out, self.target, ready=self.check_ready)

    async def carry_out(self, order: Order) -> str:
        """Raises `OrderRefused`."""
        payload = cast("ClientDecided", order.payload)
        if not order.checkers:
            raise OrderRefused("what is decided about a client is approved by a second person before it is done")
        maker, approver_id = identity_of(order.maker), order.authority.staff_id
        try:
            if payload.decision in {SAME, DIFFERENT}:
                await self._onboarding.decide_likeness(
                    payload.client_id,
                    payload.other_id,
                    is_same=payload.decision == SAME,
                    maker=maker,
                    approver_id=approver_id,
                )
                return f"decided: {payload.decision}"
            taken = await self._onboarding.staff_step(
                payload.client_id,
                Step(payload.decision),
                maker,
                order.reason_code,
                words="",
                approver_id=approver_id,
                details={"proposal_id": order.proposal_id, "payload_sha256": order.digest.hex()},
            )
        except OnboardingRefused as refused:
            raise OrderRefused(f"{refused.refusal.words} {refused.refusal.next_step}") from refused
        return f"{taken.from_state} to {taken.to_state}"

    def check_ready(self, payload: ClientDecided, staff_id: str) -> None:
        """Raises `OnboardingRefused` for an approval that would be refused now. SQL."""
        if payload.decision not in {SAME, DIFFERENT}:
            onboarding = self._onboarding
            onboarding.approving.check_proposal(payload.client_id, Step(payload.decision), staff_id, onboarding.clock())

    def target(self, payload: ClientDecided) -> object:
        """Where the client stands, so that what was proposed about another state is not done. Raises `OrderRefused`."""
        if payload.decision not in DECISIONS:
            raise OrderRefused(f"a decision is one of: {', '.join(DECISIONS)}")
        row = self._onboarding.clients.find(payload.client_id)
        if row is None:
            raise OrderRefused("there is no such client")
        if payload.decision in {SAME, DIFFERENT}:
            alike = [
                each for each in self._onboarding.duplicates.of(row.client_id) if each.other_id == payload.other_id
            ]
            if not alike:
                raise OrderRefused("these two were not found to be alike")
            return {"features": sorted(alike[0].features), "verdict": alike[0].verdict}
        told = answer(row.state, Step(payload.decision))
        if isinstance(told, Refusal):
            raise OrderRefused(told.words)
        return {"state": row.state.value, "form_version": row.form_version, "changed_ns": row.changed_ns}
