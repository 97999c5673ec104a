"""Between onboarding and the gates: each asks of the other what it needs, in the other's own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from lionrock.compliance.assessments.assessments import Assessments
from lionrock.compliance.assessments.ports import Client
from lionrock.compliance.assessments.standing import standing
from lionrock.compliance.gates.client_clock import ClientClock
from lionrock.compliance.onboarding.ports import Standing as Wished
from lionrock.compliance.onboarding.records import ClientRecords, KnownClient
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
        """Onboarding's own fields stay as they are."""
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
        return msgspec.structs.replace(
            found, **own, due_diligence_complete=record.due_diligence_complete, dormant=False
        )
