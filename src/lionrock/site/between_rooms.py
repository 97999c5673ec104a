"""What one room of compliance asks of another, so that none imports the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import msgspec

from lionrock.compliance.assessments.ports import Client
from lionrock.compliance.assessments.standing import standing
from lionrock.compliance.gates.client_clock import ClientClock
from lionrock.compliance.gates.client_gates import ClientGates
from lionrock.compliance.onboarding.ports import Standing
from lionrock.compliance.onboarding.records import ClientRecords, KnownClient
from lionrock.people.people import People
from lionrock.rulebook.facts import ClientRecord
from lionrock.site.definition import Entity
from lionrock.words.events import AccountOpened

_ASSESSED = (
    "client_class",
    "knowledge_passed_ns",
    "knowledge_exempt",
    "risk_profile",
    "risk_method_version",
    "exposure_limit_minor",
    "exposure_notified_ns",
    "exposure_reviewed_ns",
    "professional_evidence_until_ns",
    "agreement_sha256",
    "agreement_accepted_ns",
    "agreement_is_current",
    "next_review_ns",
    "last_activity_ns",
    "dormant",
    "risk_rating",
)
"""Fields of a client's record that assessments know."""


class UsersOfClients:
    """Gives an account to whoever applied for it."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def give_account(self, user_id: str, account: AccountOpened) -> None:
        """As `onboarding.ports.Users`."""
        await asyncio.to_thread(self._people.users.give_account, user_id, account)
        self._people.sessions.account_given(user_id, account.account_id)


class ClientsForAssessments:
    """Clients of onboarding as assessments know them. SQL."""

    records: ClientRecords

    def __init__(self, entity: Entity) -> None:
        """`entity` holds the accounts of clients."""
        self._entity = entity

    def client(self, client_id: str) -> Client | None:
        return self._seen(self.records.client(client_id))

    def of_user(self, user_id: str) -> Client | None:
        return self._seen(self.records.of_user(user_id))

    def all(self) -> Sequence[Client]:
        return [client for known in self.records.all() if (client := self._seen(known)) is not None]

    def _seen(self, known: KnownClient | None) -> Client | None:
        if known is None:
            return None
        return Client(
            known.client_id,
            known.account_id,
            known.state,
            known.is_person,
            known.jurisdiction,
            self._entity.number,
            self._entity.code,
            known.due_diligence_complete,
            since_ns=known.since_ns,
            duplicate_of=known.duplicate_of,
            tax_self_certified_ns=known.tax_self_certified_ns,
            residence_is_admitted=known.residence_is_admitted,
        )


class DueGates:
    """Brings the core to what a client's state and assessments say."""

    clock: ClientClock

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now

    async def apply(self, client_id: str, standing: Standing) -> None:  # noqa: ARG002 the state is on record already
        """As `onboarding.ports.Gates`."""
        await self.clock.attend(client_id, self._now())


class AssessedClients:
    """What was assessed of a client, beside what onboarding knows. SQL."""

    gates: ClientGates

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now

    def assessed(self, record: ClientRecord) -> ClientRecord:
        """As `onboarding.ports.Assessed`."""
        assessments = self.gates.assessments
        client = assessments.clients.client(record.client_id)
        if client is None:
            return record
        file = self.gates.file_of(client, {client.client_id: assessments.file(client.client_id)})
        found = standing(client, file, assessments.methods(), None, self._now()).record
        return msgspec.structs.replace(record, **{name: getattr(found, name) for name in _ASSESSED})


class NoticesByKey:
    """Hands notices to the outbox; without one they are told nobody."""

    def __init__(self) -> None:
        self.outbox: Callable[[str, str, str, Mapping[str, int | str], int], None] | None = None

    def send(self, key: str, client_id: str, kind: str, figures: Mapping[str, int | str], at_ns: int) -> None:
        """As `assessments.ports.Notices` and `onboarding.ports.Notify`."""
        if self.outbox is not None:
            self.outbox(key, client_id, kind, figures, at_ns)
