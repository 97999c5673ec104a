"""What the staff orders about an account of an assessed client: on record here first, so that the gates keep it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from lionrock.compliance.assessments.refusals import AssessmentRefused
from lionrock.compliance.assessments.restrictions import restrictions_of
from lionrock.compliance.assessments.terms import CLASSES, Effect
from lionrock.compliance.gates import by_staff
from lionrock.compliance.gates.client_clock import ClientClock
from lionrock.compliance.staff_identity import identity_of, maker_and_approver
from lionrock.people.staff.market_orders import AccountRestricted, ClientClassified, ExposureLimited
from lionrock.people.staff.orders import Order, OrderRefused
from lionrock.words.enumerations import AccountRestriction

_EFFECTS = {AccountRestriction.REDUCE_ONLY: Effect.REDUCE_ONLY, AccountRestriction.FROZEN: Effect.FROZEN}


class ClientOrders:
    """Goes where `MarketOrders.of_client` is asked. Lives in the loop of the node."""

    def __init__(self, clock: ClientClock, now: Callable[[], int]) -> None:
        self._clock, self._gates, self._now = clock, clock.gates, now

    async def __call__(self, order: Order) -> str | None:
        """None for an account of nobody who is assessed. Raises `OrderRefused`."""
        current = self._gates.standing_of_account(order.payload.account_id)
        if current is None:
            return None
        client_id = current.client.client_id
        try:
            if isinstance(order.payload, AccountRestricted):
                return await self._restrict(client_id, order, AccountRestriction(order.payload.restriction))
            if isinstance(order.payload, ExposureLimited):
                return await self._limit(client_id, order, order.payload.exposure_limit_atoms)
            if isinstance(order.payload, ClientClassified):
                return await self._classify(client_id, order, order.payload.client_class)
        except (AssessmentRefused, ValueError) as refused:
            words = f"{refused.words}; {refused.next_step}" if isinstance(refused, AssessmentRefused) else str(refused)
            raise OrderRefused(words) from refused
        return None

    async def _restrict(self, client_id: str, order: Order, restriction: AccountRestriction) -> str:
        """Lifting takes back every restriction of the staff; what other conditions hold back stays."""
        (maker, approver), now_ns = maker_and_approver(order), self._now()
        if restriction is not AccountRestriction.NONE:
            await by_staff.restrict(
                self._clock, maker, client_id, _EFFECTS[restriction], order.reason_code, at_ns=now_ns
            )
            return f"the client's accounts are at {restriction.name}"
        findings = self._gates.assessments.records.of(client_id)
        for each in restrictions_of(findings, now_ns):
            await by_staff.lift(
                self._clock, maker, client_id, each.number, order.reason_code, approver=approver, at_ns=now_ns
            )
        return "the staff's restrictions are lifted"

    async def _limit(self, client_id: str, order: Order, limit_atoms: int) -> str:
        """A client's limit is one for all its accounts."""
        if limit_atoms == 0:
            _refuse("a client who is assessed has a limit; only its class frees it from one")
        maker, approver = maker_and_approver(order)
        await by_staff.set_exposure_limit(
            self._clock,
            maker,
            client_id,
            approver=approver,
            limit_minor=self._gates.site.minor(limit_atoms),
            reason=order.reason_code,
            at_ns=self._now(),
        )
        return "the client's exposure limit is set"

    async def _classify(self, client_id: str, order: Order, client_class: int) -> str:
        """Down by taking evidence back; up only by evidence."""
        current = self._gates.standings[client_id]
        if client_class >= CLASSES.index(current.client_class):
            _refuse("a higher class rests on evidence; accept the client's document")
        now_ns = self._now()
        for each in self._gates.assessments.records.of(client_id):
            if each.kind == "evidence" and each.holds(now_ns) and CLASSES.index(each.result) > client_class:
                await by_staff.revoke_evidence(self._clock, identity_of(order.maker), client_id, each.number, now_ns)
        return f"the client counts as {self._gates.standings[client_id].client_class}"


def _refuse(words: str) -> NoReturn:
    raise OrderRefused(words)
