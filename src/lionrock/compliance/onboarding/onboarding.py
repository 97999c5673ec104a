"""Onboarding put together: drafts, handing in, checks, decisions of people, the opening of accounts, and what follows.

Every step stands in SQL with its digest before anything comes of it, and its digest goes to the journal; what a crash
cuts short is taken up by `recover`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Engine, select, update

from lionrock.compliance.onboarding.approving import Approving
from lionrock.compliance.onboarding.checking import IdentityChecks
from lionrock.compliance.onboarding.clients import SITE, Actor, ClientRow, Clients, Taken
from lionrock.compliance.onboarding.documents import Document, DocumentDetails, DocumentKind, Documents
from lionrock.compliance.onboarding.duplicates import Duplicates
from lionrock.compliance.onboarding.forms import CompanyForm, Form, Kind, PersonForm
from lionrock.compliance.onboarding.leaving import check_empty
from lionrock.compliance.onboarding.missing import Missing, Requirements, people_to_identify, what_is_missing
from lionrock.compliance.onboarding.ports import (
    Assessed,
    Decide,
    Gates,
    Ledger,
    NothingAssessed,
    Notify,
    RecordDigest,
    Standing,
    Users,
    no_notice,
)
from lionrock.compliance.onboarding.provider import IdentityProvider, NoProvider
from lionrock.compliance.onboarding.reasons import STAFF_REASONS
from lionrock.compliance.onboarding.records import ClientRecords
from lionrock.compliance.onboarding.releases import Releases
from lionrock.compliance.onboarding.states import (
    HAS_ACCOUNT,
    MAY_EDIT,
    Authority,
    OnboardingRefused,
    Refusal,
    State,
    Step,
)
from lionrock.compliance.onboarding.tables import clients, writing
from lionrock.compliance.staff_identity import StaffIdentity
from lionrock.rulebook.decisions import Decision
from lionrock.store.sealing import Sealer

FIRST_CLIENT_ACCOUNT_ID, CLIENT_ACCOUNT_IDS = 10**17, 9 * 10**17
"""Accounts of clients have eighteen digits; those to which the node and owners give ids have nineteen. Chosen before
the ledger is asked, so that a crash in between opens no second one."""
MOST_DOCUMENTS = 40
"""Of one client, whole or on their way."""
_RESTRICTIONS = {
    State.ACTIVE: "none",
    State.RESTRICTED: "reduce_only",
    State.OFFBOARDING: "reduce_only",
    State.SUSPENDED: "frozen",
    State.CLOSED: "frozen",
}
_BEFORE_APPROVAL = MAY_EDIT | {State.SUBMITTED, State.IDENTITY_CHECKED, State.IN_REVIEW}
_DAY_NS = 86_400 * 10**9
OPENING_GATES = (
    "due_diligence_before_account",
    "one_account_per_client",
    "residence_is_admitted",
    "tax_self_certified",
    "knowledge_before_trading",
    "agreement_accepted_current",
)
"""Asked before an application is approved. Knowledge is among them because the guideline has it assessed before the
account is opened, not before the first order (VATP 9.4, row HK-K01); a licence without such a rule admits whoever asks.
What else assessments ask is asked by them before trading.
"""


class Surroundings(msgspec.Struct, frozen=True):
    """What the room is given by the site."""

    users: Users
    ledger: Ledger
    gates: Gates
    decide: Decide
    answer: Decide
    """The same question, of which nothing is recorded."""
    record_decision: RecordDigest
    record_document: RecordDigest
    provider: IdentityProvider = NoProvider()
    assessed: Assessed = NothingAssessed()
    notify: Notify = no_notice
    entity: str = ""
    """Code of the legal entity that clients contract with."""
    provider_patience_s: int = 60


class Onboarding:
    """The onboarding of a site. Lives in one event loop; what costs SQL is done in threads."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        random_bytes: Callable[[int], bytes],
        clock: Callable[[], int],
        *,
        directory: Path,
        requirements: Requirements,
        around: Surroundings,
    ) -> None:
        self.clock, self.requirements, self.around = clock, requirements, around
        self.clients = Clients(database, sealer, random_bytes)
        self.documents = Documents(database, sealer, random_bytes, directory)
        self.releases = Releases(database, sealer, self.documents, clock)
        self.duplicates = Duplicates(self.clients)
        self.records = ClientRecords(
            self.clients,
            self.duplicates,
            requirements,
            around.assessed,
            decide=around.decide,
            answer=around.answer,
            entity=around.entity,
        )
        self.approving = Approving(
            self.clients,
            self.documents,
            self.duplicates,
            likeness_ppm=requirements.likeness_ppm,
            missing=self.missing,
            assessed=lambda: self.around.assessed,
            by_rules=lambda client_id, at_ns: self.records.refusals(client_id, OPENING_GATES, at_ns),
        )
        self._opening = asyncio.Lock()
        self._recording = asyncio.Lock()
        self.checks = IdentityChecks(
            self.clients,
            self.documents,
            self.duplicates,
            clock,
            self._step,
            provider=around.provider,
            patience_s=around.provider_patience_s,
            likeness_ppm=requirements.likeness_ppm,
        )

    # What an applicant does.

    async def begin(self, user_id: str, kind: Kind) -> ClientRow:
        """A draft. Raises `OnboardingRefused`."""
        form: Form = PersonForm() if kind is Kind.PERSON else CompanyForm()
        return await asyncio.to_thread(self.clients.begin, user_id, kind, form, self.clock())

    async def save(self, client_id: str, form: Form, version: int) -> ClientRow:
        """In place of the version that was read. Raises `OnboardingRefused`."""
        return await asyncio.to_thread(self.clients.save_form, client_id, form, version, self.clock())

    def missing(self, client_id: str) -> list[Missing]:
        """What an application lacks now. SQL."""
        form = self.clients.form(client_id)
        return what_is_missing(form, self.documents.kept(client_id), self.requirements, self.today())

    def left_to_client(self, client_id: str) -> list[Refusal]:
        """What the client itself still has to do before the application can be approved, beside what is missing in it:
        agreements, and the test of its knowledge where a rule asks for it by then. SQL.
        """
        if self.clients.get(client_id).state not in _BEFORE_APPROVAL:
            return []
        by_rules = self.records.refusals(client_id, ("knowledge_before_trading",), self.clock())
        return [*self.around.assessed.unaccepted(client_id), *by_rules]

    async def submit(self, client_id: str, user_id: str) -> Taken:
        """Hands the application in; the check of identity begins by itself. Raises `OnboardingRefused`."""

        def submit() -> Taken:
            now_ns = self.clock()
            if self.clients.get(client_id).state in MAY_EDIT and (missing := self.missing(client_id)):
                raise OnboardingRefused(
                    Refusal(
                        "application_incomplete",
                        "The application is not complete.",
                        "Fill in what is missing.",
                        {"missing": len(missing)},
                    )
                )
            return self.clients.take(
                client_id,
                Step.SUBMIT,
                Actor(Authority.CLIENT, user_id),
                now_ns,
                details=self._submitted(client_id),
                also=lambda connection, row: self._hand_in(connection, row, now_ns),
            )

        taken = await asyncio.to_thread(submit)
        await self._record()
        self.checks.begin(client_id)
        return taken

    def _submitted(self, client_id: str) -> dict[str, int | str]:
        documents = [each for each in self.documents.of_client(client_id) if each.state == "kept"]
        return {"form_version": self.clients.get(client_id).form_version, "documents": len(documents)}

    def _hand_in(self, connection: Connection, row: ClientRow, now_ns: int) -> None:
        """Only a form that is complete certifies the taxes; likenesses are looked for in what was handed in."""
        self.duplicates.index_in(connection, row.client_id, self.clients.form_in(connection, row.client_id))
        connection.execute(
            update(clients)
            .where(clients.c.client_id == row.client_id)
            .values(tax_certified_ns=now_ns, identity_passed_ns=0)
        )

    async def withdraw(self, client_id: str, user_id: str) -> Taken:
        return await self._step(client_id, Step.WITHDRAW, Actor(Authority.CLIENT, user_id))

    async def reopen(self, client_id: str, user_id: str) -> Taken:
        """A new application of somebody whose last one, or relationship, has ended."""
        return await self._step(client_id, Step.REOPEN, Actor(Authority.CLIENT, user_id))

    async def leave(self, client_id: str, user_id: str) -> Taken:
        """A client asks to end the relationship: its orders are taken back, and from now on the account only lets go of
        what it holds.
        """
        taken = await self._step(client_id, Step.BEGIN_OFFBOARDING, Actor(Authority.CLIENT, user_id), "client_request")
        await self._follow(client_id, "client_request")
        return taken

    def begin_document(self, client_id: str, kind: DocumentKind, details: DocumentDetails, size_bytes: int) -> Document:
        """SQL. Raises `OnboardingRefused`."""
        if self.clients.get(client_id).state not in MAY_EDIT:
            raise OnboardingRefused(
                Refusal(
                    "form_is_fixed",
                    "Documents are taken while the application may be changed.",
                    "Wait until something is asked for.",
                )
            )
        if len(self.documents.of_client(client_id)) >= MOST_DOCUMENTS:
            raise OnboardingRefused(
                Refusal(
                    "too_many_documents",
                    "There are too many documents.",
                    "Remove one that is not needed.",
                    {"limit": MOST_DOCUMENTS},
                )
            )
        return self.documents.begin(client_id, kind, details, size_bytes, self.clock())

    def documents_of(self, client_id: str) -> list[tuple[Document, bool]]:
        """Whole or on their way, oldest first, and whether each is of an earlier application. SQL."""
        since_ns = self.clients.begun_ns(client_id)
        return [(each, each.begun_ns < since_ns) for each in self.documents.of_client(client_id)]

    async def finish_document(self, client_id: str, document_id: str) -> Document:
        """Every part has come; its SHA-256 goes to the journal. Raises `OnboardingRefused`."""
        await asyncio.to_thread(self.documents.finish, document_id, client_id, self.clock(), shows_one_thing=True)
        await self._record()
        return await asyncio.to_thread(self.documents.get, document_id, client_id)

    def remove_document(self, client_id: str, document_id: str) -> None:
        """SQL. Only of the present application, and while it may be changed. Raises `OnboardingRefused`."""
        is_fixed = self.clients.get(client_id).state not in MAY_EDIT
        if is_fixed or self.documents.get(document_id, client_id).begun_ns < self.clients.begun_ns(client_id):
            raise OnboardingRefused(
                Refusal("form_is_fixed", "What was handed in is kept.", "Upload another document when asked for one.")
            )
        self.documents.discard(document_id, client_id)

    # What the staff does.

    async def staff_step(
        self,
        client_id: str,
        step: Step,
        staff: StaffIdentity,
        reason_code: str,
        *,
        words: str,
        approver_id: str = "",
        details: Mapping[str, int | str] | None = None,
    ) -> Taken:
        """A step by one person of the staff, or by two where `approver_id` is the second's. What follows is done when
        this returns. Raises `OnboardingRefused`.
        """
        if reason_code not in STAFF_REASONS:
            raise OnboardingRefused(
                Refusal(
                    "reason_needed", "The staff gives a reason of the list.", f"One of: {', '.join(STAFF_REASONS)}."
                )
            )
        authority = Authority.TWO_STAFF if approver_id else Authority.STAFF
        actor = Actor(authority, staff.staff_id, approver_id)
        if step is Step.APPROVE:
            return await self._approve(client_id, actor, reason_code, words=words, details=details or {})
        if step is Step.PASS_IDENTITY:
            await asyncio.to_thread(self.approving.check_proposal, client_id, step, actor.actor_id, self.clock())
        told = dict(details or {})
        if step is Step.CLOSE:
            async with self.around.ledger.standing_still:  # empty when it was looked at, and still when it is closed
                row = await asyncio.to_thread(self.clients.get, client_id)
                await check_empty(self.around.ledger, row)
                taken = await self._step(client_id, step, actor, reason_code, words=words, details=told)
        else:
            taken = await self._step(client_id, step, actor, reason_code, words=words, details=told)
        await self._follow(client_id, reason_code)
        return taken

    async def _approve(
        self, client_id: str, actor: Actor, reason_code: str, *, words: str, details: Mapping[str, int | str]
    ) -> Taken:
        """Everything is looked at anew, rules are asked, then it is approved and the account opened."""

        def approve() -> Taken:
            now_ns = self.clock()
            if self.clients.get(client_id).state in {State.IDENTITY_CHECKED, State.IN_REVIEW}:
                self.approving.check_opened(client_id, actor.actor_id)
                self.approving.check_approval(client_id, now_ns)
                decisions = self.records.ask_opening(client_id, OPENING_GATES, now_ns)
            else:
                decisions = []  # the step is refused below, for where it stands
            return self.clients.take(
                client_id,
                Step.APPROVE,
                actor,
                now_ns,
                reason_code=reason_code,
                words=words,
                details={**details, **_of_decisions(decisions)},
                also=self._choose_account,
            )

        taken = await asyncio.to_thread(approve)
        await self._record()
        await self.open_account(client_id)
        return taken

    def _choose_account(self, connection: Connection, row: ClientRow) -> None:
        """Written down with the approval; a client of before keeps its account."""
        if row.account_id:
            return
        while True:
            drawn = int.from_bytes(self.clients.random_bytes(8), "little") % CLIENT_ACCOUNT_IDS
            account_id = FIRST_CLIENT_ACCOUNT_ID + drawn
            taken = connection.execute(select(clients.c.client_id).where(clients.c.account_id == account_id)).first()
            if taken is None and not self.around.ledger.is_taken(account_id):
                break
        connection.execute(update(clients).where(clients.c.client_id == row.client_id).values(account_id=account_id))

    async def open_account(self, client_id: str) -> None:
        """Opens the account that was chosen, gives it to its user, sets its gates. Done again it changes nothing."""
        async with self._opening:
            row = await asyncio.to_thread(self.clients.get, client_id)
            opened = await self.around.ledger.open(row.account_id)
            await self.around.users.give_account(row.user_id, opened)
            await asyncio.to_thread(self._note_opened, client_id, opened.sequence)
            if row.state is State.APPROVED:
                await self._step(
                    client_id, Step.ACTIVATE, SITE, "account_opened", details={"sequence": opened.sequence}
                )
        await self._follow(client_id, "account_opened")

    def _note_opened(self, client_id: str, sequence: int) -> None:
        with writing(self.clients.database) as connection:
            connection.execute(update(clients).where(clients.c.client_id == client_id).values(opened_sequence=sequence))

    async def decide_likeness(
        self, client_id: str, other_id: str, *, is_same: bool, maker: StaffIdentity, approver_id: str
    ) -> None:
        """Two people say whether two clients are one. Raises `OnboardingRefused`."""
        await asyncio.to_thread(
            lambda: self.duplicates.decide(
                client_id,
                other_id,
                is_same=is_same,
                decided_by=maker.staff_id,
                approved_by=approver_id,
                now_ns=self.clock(),
            )
        )

    async def read_document(
        self, document_id: str, staff: StaffIdentity, reason_code: str, words: str
    ) -> tuple[Document, bytes]:
        """For the staff, with a reason; on record before it is shown. Raises `OnboardingRefused`, `SealBroken`."""
        return await asyncio.to_thread(
            self.documents.read, document_id, staff.staff_id, reason_code, words, self.clock()
        )

    # What happens by itself.

    async def restrict(self, client_id: str, step: Step, reason_code: str) -> Taken:
        """A rule restricts or stops a client: `Step.RESTRICT` or `Step.SUSPEND`. Raises `OnboardingRefused`."""
        taken = await self._step(client_id, step, SITE, reason_code)
        await self._follow(client_id, reason_code)
        return taken

    async def expire_due(self) -> int:
        """Ends drafts and questions that nobody went on with; gives how many."""
        before_ns = self.clock() - self.requirements.draft_days * _DAY_NS
        waiting = await asyncio.to_thread(self.clients.all, *sorted(MAY_EDIT))
        due = [row for row in waiting if row.changed_ns <= before_ns]
        for row in due:
            await self._step(row.client_id, Step.EXPIRE, SITE, "not_gone_on_with")
        return len(due)

    async def recover(self) -> None:
        """At a start: takes up what an earlier process left: checks, accounts, gates, digests."""
        await self._record()
        for row in await asyncio.to_thread(self.clients.all):
            if row.state is State.SUBMITTED:
                self.checks.begin(row.client_id)
            elif row.state is State.APPROVED or (row.state in HAS_ACCOUNT and not row.is_open):
                await self.open_account(row.client_id)
            elif row.is_open and row.applied_restriction != _RESTRICTIONS.get(row.state, row.applied_restriction):
                await self._follow(row.client_id, "recovered")

    async def _step(
        self,
        client_id: str,
        step: Step,
        actor: Actor,
        reason_code: str = "",
        *,
        words: str = "",
        details: dict[str, int | str] | None = None,
    ) -> Taken:
        now_ns = self.clock()

        def also(connection: Connection, row: ClientRow) -> None:
            if step is Step.CLOSE:
                self.around.assessed.end(connection, row.client_id, now_ns)

        taken = await asyncio.to_thread(
            lambda: self.clients.take(
                client_id, step, actor, now_ns, reason_code=reason_code, words=words, details=details, also=also
            )
        )
        await self._record()
        figures: dict[str, int | str] = {"state": taken.to_state.value, "reason": reason_code}
        await asyncio.to_thread(
            self.around.notify,
            f"onboarding:{client_id}:{taken.number}",
            client_id,
            "client_state",
            figures,
            taken.at_ns,
        )
        return taken

    async def _follow(self, client_id: str, reason_code: str) -> None:
        """The ledger lets the client do what its state says."""
        row = await asyncio.to_thread(self.clients.get, client_id)
        if row.is_open and row.state in _RESTRICTIONS:
            standing = Standing(client_id, row.account_id, _RESTRICTIONS[row.state], reason_code)
            await self.around.gates.apply(client_id, standing)
            if row.state is State.OFFBOARDING:  # an account that could only reduce before keeps its orders otherwise
                await self.around.ledger.cancel_orders(row.account_id)
            await asyncio.to_thread(self.clients.applied, client_id, standing.restriction)

    async def _record(self) -> None:
        """Digests of steps and documents go to the journal, in order, each once it is durable in SQL."""
        async with self._recording:
            for taken in await asyncio.to_thread(self.clients.unrecorded):
                sequence = await self.around.record_decision(taken.digest)
                await asyncio.to_thread(self.clients.recorded, taken, sequence)
            for document in await asyncio.to_thread(self.documents.unrecorded):
                sequence = await self.around.record_document(bytes.fromhex(document.sha256))
                await asyncio.to_thread(self.documents.recorded, document.document_id, sequence)

    def today(self) -> date:
        """The day by UTC; a document that ends today is good until it is over."""
        return datetime.fromtimestamp(self.clock() // 10**9, UTC).date()

    def people_to_identify(self, client_id: str) -> list[str]:
        """Keys of a company's people whose identity is looked at. SQL."""
        form = self.clients.form(client_id)
        return people_to_identify(form, self.requirements) if isinstance(form, CompanyForm) else []


def _of_decisions(decisions: list[Decision]) -> dict[str, int | str]:
    """Which rules admitted it, for the record of the step."""
    rules = sorted({rule.id for decision in decisions for rule in decision.rules})
    version = decisions[0].rules_version if decisions else ""
    return {"gates": len(decisions), "rules": ",".join(rules), "rules_version": version}
