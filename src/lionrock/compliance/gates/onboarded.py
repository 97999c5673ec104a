"""Between onboarding and the gates: each asks of the other what it needs, in the other's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec
from sqlalchemy import Connection

from lionrock.compliance.assessments.agreements import agreement_state, in_force
from lionrock.compliance.assessments.assessments import Assessments
from lionrock.compliance.assessments.ports import Client
from lionrock.compliance.assessments.risk import risk_state
from lionrock.compliance.assessments.standing import standing
from lionrock.compliance.gates.client_clock import ClientClock
from lionrock.compliance.onboarding.ports import Standing as Wished
from lionrock.compliance.onboarding.records import ClientRecords, KnownClient
from lionrock.compliance.onboarding.states import Refusal
from lionrock.rulebook.facts import ClientRecord


class OnboardedClients:
    """`lionrock.compliance.assessments.ports.Clients` over onboarding."""

    def __init__(
        self,
        records: Callable[[], ClientRecords],
        legal_entity: int,
        employees: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        """`records` is asked late, as onboarding is put together after the gates; `legal_entity` is the ledger's number
        of the entity that clients contract with; `employees` are clients who belong to the staff.
        """
        self._records, self._legal_entity, self._employees = records, legal_entity, employees

    def client(self, client_id: str) -> Client | None:
        found = self._records().client(client_id)
        return self._as_client(found, self._employees()) if found else None

    def of_user(self, user_id: str) -> Client | None:
        found = self._records().of_user(user_id)
        return self._as_client(found, self._employees()) if found else None

    def all(self) -> Sequence[Client]:
        employees = self._employees()
        return [self._as_client(each, employees) for each in self._records().all()]

    def _as_client(self, known: KnownClient, employees: frozenset[str]) -> Client:
        return Client(
            known.client_id,
            known.account_id,
            known.state,
            is_person=known.is_person,
            jurisdiction=known.jurisdiction,
            legal_entity=self._legal_entity,
            entity=known.entity,
            due_diligence_complete=known.due_diligence_complete,
            since_ns=known.since_ns,
            is_employee=known.client_id in employees,
            duplicate_of=known.duplicate_of,
            tax_self_certified_ns=known.tax_self_certified_ns,
            residence_is_admitted=known.residence_is_admitted,
        )


class OnboardingGates:
    """`lionrock.compliance.onboarding.ports.Gates`: a step of onboarding brings a client's gates up to date."""

    def __init__(self, clock: ClientClock, now: Callable[[], int]) -> None:
        self._clock, self._now = clock, now

    async def apply(self, client_id: str, standing: Wished) -> None:  # noqa: ARG002 it follows from the state
        """Asked again it changes nothing. Raises what `ClientClock.attend` raises."""
        await self._clock.attend(client_id, self._now())


class AssessedRecords:
    """`lionrock.compliance.onboarding.ports.Assessed`: the record with what was found out. SQL.

    For a few clients at a time, as when an application is approved; `ClientFacts` reads all of them in one pass.
    """

    def __init__(self, assessments: Assessments, now: Callable[[], int]) -> None:
        self._assessments, self._now = assessments, now

    def assessed(self, record: ClientRecord) -> ClientRecord:
        """Onboarding's own fields stay as they are; due diligence is complete when both rooms say so."""
        client = Client(
            record.client_id,
            0,
            record.state,
            is_person=record.is_person,
            jurisdiction="",
            legal_entity=0,
            entity="",
            due_diligence_complete=record.due_diligence_complete,
        )
        file = self._assessments.file(record.client_id)
        found = standing(client, file, self._assessments.methods(), None, self._now()).record
        kept = (
            "is_employee",
            "duplicate_of",
            "tax_self_certified_ns",
            "residence_is_admitted",
            "accounts",
            "may_trade",
        )
        own = {name: getattr(record, name) for name in kept}
        return msgspec.structs.replace(found, **own, dormant=False)

    def end(self, connection: Connection, client_id: str, at_ns: int) -> None:
        """Standing authorities end with the relationship."""
        self._assessments.authorities.end_all(connection, client_id, at_ns)

    def lacking(self, client_id: str) -> Refusal | None:
        """A rating of the risk, the steps of enhanced due diligence that it takes, and every agreement that is required
        before any service, accepted in the version in force.
        """
        method = self._assessments.data.risk[0]
        state = risk_state(self._assessments.records.of(client_id), method)
        if not state.level:
            return Refusal(
                "risk_not_rated",
                "The risk of the client has not been rated.",
                "Rate the client by facts, then approve the application.",
                rules=method.rules,
            )
        if state.missing_steps:
            return Refusal(
                "enhanced_checks_missing",
                f"A risk of {state.level} takes further checks that have not been done.",
                f"Record each with its document: {', '.join(state.missing_steps)}.",
                {"level": state.level, "missing_steps": len(state.missing_steps)},
                method.rules,
            )
        return next(iter(self.unaccepted(client_id)), None)

    def unaccepted(self, client_id: str) -> Iterator[Refusal]:
        """Agreements that are required before any service and that the client has not accepted in the version in force;
        accepting is by the hash of a text.
        """
        room, at_ns = self._assessments, self._now()
        texts, accepted = room.agreements.texts(), room.agreements.accepted(client_id)
        for name in room.terms.agreements.required:
            state = agreement_state(texts, accepted, name, at_ns)
            if state.is_current:
                continue
            current = in_force(texts, name, at_ns)
            if not current:
                yield Refusal(
                    "agreement_not_in_force",
                    f"No version of the agreement {name} is in force, so nobody can have accepted it.",
                    "Two people publish a version: `agreement_version`.",
                    {"agreement": name},
                    room.terms.agreements.rules,
                )
                continue
            yield Refusal(
                "agreement_not_accepted",
                f"The client has not accepted the agreement {name} in version {state.required_version}, which is in "
                f"force (SHA-256 {', '.join(each.sha256 for each in current)}).",
                "The client reads and accepts it; then the application can be approved.",
                {
                    "agreement": name,
                    "version_in_force": state.required_version,
                    "version_accepted": state.accepted_version,
                },
                room.terms.agreements.rules,
            )
