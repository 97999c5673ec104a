"""Clients as rules and other rooms see them: opaque, joined with what was assessed; and which gates are asked here."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from lionrock.compliance.onboarding.clients import ClientRow, Clients
from lionrock.compliance.onboarding.duplicates import Duplicates, Likeness, duplicate_in
from lionrock.compliance.onboarding.forms import Form, PersonForm
from lionrock.compliance.onboarding.missing import Requirements
from lionrock.compliance.onboarding.ports import Assessed, Decide
from lionrock.compliance.onboarding.states import HAS_ACCOUNT, OnboardingRefused, Refusal, State
from lionrock.rulebook.decisions import Decision
from lionrock.rulebook.facts.clients import ClientRecord
from lionrock.rulebook.facts.general import GateWired, RecordShape
from lionrock.rulebook.subject import Subject

PLACE = "compliance.onboarding"
_FAMILIAR = HAS_ACCOUNT | {State.APPROVED}
CLIENT_ACCOUNT_FIELDS = (
    "client_id", "account_id", "ultimate_originator", "ultimate_beneficiary", "beneficial_owners", "controllers",
    "identity", "address", "document", "tax_residences", "state", "steps",
)  # fmt: skip
"""Of the record behind a client's account. The ultimate originator and beneficiary of its orders is the client, or of a
company its beneficial owners, as the application says: nobody acts here for others."""


class KnownClient(msgspec.Struct, frozen=True):
    """A client as other rooms of compliance know it, without who it is."""

    client_id: str
    user_id: str
    account_id: int
    """Its main account; 0 before one is open."""
    state: str
    is_person: bool
    jurisdiction: str
    """Where it lives or is registered, ISO 3166-1, two letters; empty while that is not told."""
    entity: str
    """Code of the legal entity that it contracts with."""
    due_diligence_complete: bool
    since_ns: int
    """When it became a client; 0 before."""
    duplicate_of: str
    tax_self_certified_ns: int
    residence_is_admitted: bool


class ClientRecords:
    """Facts about clients. Calls are SQL: from a loop, make them in a thread."""

    def __init__(
        self,
        clients: Clients,
        duplicates: Duplicates,
        requirements: Requirements,
        assessed: Assessed,
        *,
        decide: Decide,
        answer: Decide,
        entity: str,
    ) -> None:
        """`decide` records what it answers, as something is done upon it; `answer` does not."""
        self._clients, self._duplicates, self._requirements = clients, duplicates, requirements
        self._assessed, self._decide, self._answer, self._entity = assessed, decide, answer, entity
        self._admitted: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._counting = threading.Lock()

    def client(self, client_id: str) -> KnownClient | None:
        row = self._clients.find(client_id)
        return None if row is None else self._one(row)

    def of_user(self, user_id: str) -> KnownClient | None:
        """The client that a signed-in user is, or speaks for."""
        row = self._clients.of_user(user_id)
        return None if row is None else self._one(row)

    def client_of_account(self, account_id: int) -> str:
        """The id of the client that a main account belongs to; empty for none."""
        row = self._clients.of_account(account_id)
        return row.client_id if row else ""

    def all(self) -> Iterator[KnownClient]:
        """Everybody, one after the other, in no order."""
        found = self._duplicates.of_all()
        for row, form in self._clients.with_forms():
            yield self._known(row, form, found.get(row.client_id, []))

    def _one(self, row: ClientRow) -> KnownClient:
        return self._known(row, self._clients.form(row.client_id), self._duplicates.of(row.client_id))

    def _known(self, row: ClientRow, form: Form, likenesses: Sequence[Likeness]) -> KnownClient:
        """Due diligence is complete when the identity was confirmed since the application was handed in, and nobody has
        to decide on a likeness.
        """
        jurisdiction = form.residence if isinstance(form, PersonForm) else form.country
        return KnownClient(
            row.client_id,
            row.user_id,
            row.account_id if row.is_open else 0,
            row.state.value,
            row.kind.value == "person",
            jurisdiction,
            self._entity,
            bool(row.identity_passed_ns) and all(each.verdict for each in likenesses),
            row.activated_ns,
            duplicate_in(likenesses),
            row.tax_certified_ns,
            jurisdiction in self._requirements.admitted_countries,
        )

    def record(self, client_id: str) -> ClientRecord:
        """The fact about a client as it stands now. Raises `OnboardingRefused`."""
        row = self._clients.get(client_id)
        return self._record(row, self._one(row))

    def _record(self, row: ClientRow, known: KnownClient) -> ClientRecord:
        return self._assessed.assessed(
            ClientRecord(
                client_id=row.client_id,
                state=row.state.value,
                client_class="unclassified",
                is_person=known.is_person,
                may_trade=row.is_open and row.state is State.ACTIVE,
                due_diligence_complete=known.due_diligence_complete,
                duplicate_of=known.duplicate_of,
                tax_self_certified_ns=row.tax_certified_ns,
                accounts=1 if row.account_id else 0,
                residence_is_admitted=known.residence_is_admitted,
            )
        )

    def ask_opening(self, client_id: str, gates: Sequence[str], at_ns: int) -> list[Decision]:
        """Asks each gate about the client as it would stand with an account that trades. Raises `OnboardingRefused`
        with the rules that refuse, the first that does.
        """
        fact, subject = self._opened(client_id)
        decisions = []
        for gate in gates:
            decision = self._decide(gate, fact, at_ns, subject)
            with self._counting:
                (self._admitted if decision.is_admitted else self._refused)[gate] += 1
            if not decision.is_admitted:
                raise OnboardingRefused(_refusal_by(decision))
            decisions.append(decision)
        return decisions

    def refusals(self, client_id: str, gates: Sequence[str], at_ns: int) -> Iterator[Refusal]:
        """The same question before anybody acts upon it, so that nothing is recorded: what would be refused."""
        fact, subject = self._opened(client_id)
        for gate in gates:
            decision = self._answer(gate, fact, at_ns, subject)
            if not decision.is_admitted:
                yield _refusal_by(decision)

    def _opened(self, client_id: str) -> tuple[ClientRecord, Subject]:
        record, known = self.record(client_id), self.client(client_id)
        subject = Subject(
            entity=self._entity,
            client_class=record.client_class,
            is_person=record.is_person,
            jurisdiction=known.jurisdiction if known else "",
        )
        return msgspec.structs.replace(record, state=State.ACTIVE.value, may_trade=True, accounts=1), subject

    def records(self) -> list[ClientRecord]:
        """Everybody who has an account or is about to."""
        found = self._duplicates.of_all()
        return [
            self._record(row, self._known(row, form, found.get(row.client_id, [])))
            for row, form in self._clients.with_forms(*sorted(_FAMILIAR))
        ]

    def wired(self, gates: Sequence[str]) -> list[GateWired]:
        with self._counting:
            return [GateWired(gate, PLACE, self._admitted[gate], self._refused[gate]) for gate in gates]

    def shapes(self) -> list[RecordShape]:
        return [RecordShape("client_account", CLIENT_ACCOUNT_FIELDS)]


def _refusal_by(decision: Decision) -> Refusal:
    return Refusal(decision.gate, decision.words, decision.next_step, dict(decision.figures), tuple(decision.rule_ids))
