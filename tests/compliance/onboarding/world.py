"""A site's onboarding with a real node, a clock that the test sets, and rules that are simple to follow."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from lionrock.compliance.identity.contact import Address
from lionrock.compliance.onboarding.clients import ClientRow
from lionrock.compliance.onboarding.documents import PART_BYTES, DocumentDetails, DocumentKind
from lionrock.compliance.onboarding.forms import (
    CompanyForm,
    Form,
    IdentityDocument,
    Kind,
    Party,
    PersonForm,
    TaxResidence,
)
from lionrock.compliance.onboarding.ledger import NodeLedger
from lionrock.compliance.onboarding.missing import Requirements
from lionrock.compliance.onboarding.onboarding import Onboarding, Surroundings
from lionrock.compliance.onboarding.ownership import APPLICANT, Share
from lionrock.compliance.onboarding.ports import Standing
from lionrock.compliance.onboarding.provider import IdentityProvider, SimulatedProvider
from lionrock.compliance.onboarding.states import Step
from lionrock.compliance.staff_identity import StaffIdentity
from lionrock.core.engine import Engine
from lionrock.node.node import Node
from lionrock.node.statements import Statements
from lionrock.people.accounts import Owners
from lionrock.people.passkeys import RelyingParty
from lionrock.people.people import People
from lionrock.people.sessions import SessionRules
from lionrock.rulebook.decisions import Decision, RuleCited
from lionrock.rulebook.facts.clients import ClientRecord
from lionrock.rulebook.subject import Subject
from lionrock.store.database import open_database
from lionrock.store.sealing import open_sealer
from lionrock.views.catalogue import Catalogue
from lionrock.words.commands import SetAccountProfile
from lionrock.words.enumerations import AccountRestriction
from lionrock.words.side_notes import StatementKind
from tests.compliance.identity.specimens import passport

START_NS = 1_796_000_000 * 10**9  # 29 November 2026
SECOND = 10**9
DAY = 86_400 * SECOND

REQUIREMENTS = Requirements(
    beneficial_owner_above_ppm=250_000,
    least_age_years=18,
    admitted_countries=frozenset({"HK", "DK", "SG"}),
    person_documents=frozenset({"identity", "address"}),
    company_documents=frozenset({"registration"}),
    owner_documents=frozenset({"identity"}),
    zone_kinds=frozenset(),
    draft_days=30,
    likeness_ppm=850_000,
)
PDF = b"%PDF-1.7 a scan of a document\n" + bytes(range(256)) * 300


def scan(kind: str, party: str = "") -> bytes:
    """A file of its own for each thing that is shown."""
    return PDF + f"{kind} of {party}".encode()


ANN, BOB = StaffIdentity("staff-ann"), StaffIdentity("staff-bob")

ANNA = PersonForm(
    surname="Eriksson",
    given_names="Anna Maria",
    birth="1974-08-12",
    nationality="DK",
    residence="HK",
    address=Address("HK", "Kowloon", "Mong Kok", "", "1 Nathan Road"),
    phone="+85221234567",
    email="anna.eriksson@mail.example.com",
    document=IdentityDocument(
        "passport",
        "L898902C3",
        "DK",
        "2030-04-15",
        passport("ERIKSSON", "ANNA MARIA", "L898902C3", "DNK", birth="740812", sex="F", expiry="300415"),
    ),
    tax_residences=(TaxResidence("HK", "A123456(3)"),),
    certifies_taxes=True,
    occupation="Cartographer",
    source_of_funds="Royalties of maps",
    purpose="Investing for old age",
)
PERSONAL = (
    "Eriksson", "ERIKSSON", "eriksson", "Anna Maria", "ANNA", "1974-08-12", "740812", "Nathan Road", "21234567",
    "anna.eriksson", "mail.example.com", "L898902C3", "A123456", "Cartographer", "Royalties of maps", "old age",
    "holiday in Bergen", "harbour light",
)  # fmt: skip
"""What must not stand anywhere in the clear, of her and of what was written about her."""

SOLVEIG = msgspec.structs.replace(
    ANNA,
    surname="Dahl",
    given_names="Solveig",
    birth="1981-03-02",
    phone="+85221234569",
    email="solveig@mail.example.org",
    document=IdentityDocument(
        "passport", "P1234567", "DK", "2031-01-01",
        passport("DAHL", "SOLVEIG", "P1234567", "DNK", birth="810302", sex="F", expiry="310101"),
    ),
    tax_residences=(TaxResidence("HK", "K123456(0)"),),
)  # fmt: skip

COMPANY = CompanyForm(
    name="Harbour Light Trading Limited",
    registration_number="12345678",
    country="HK",
    incorporated="2015-05-04",
    lei="5493001KJTIIGC8Y1R12",
    address=Address("HK", "Hong Kong Island", "Central", "", "2 Queen's Road"),
    phone="+85221234568",
    email="office@harbour.example.com",
    tax_residences=(TaxResidence("HK", "12345678"),),
    certifies_taxes=True,
    business="Trade in lamps",
    source_of_funds="Profits",
    purpose="Treasury",
    parties=(
        Party("p1", ANNA),
        Party("p2", PersonForm(surname="Lund")),
        Party("c1", None, "Lantern Holdings", "54321", "BM"),
    ),
    shares=(
        Share("c1", APPLICANT, 800_000),
        Share("p2", APPLICANT, 200_000),
        Share("p1", "c1", 1_000_000),
    ),
    directors=("p2",),
    signatory="p1",
)


class RecordedGates:
    """Sets the profile in the ledger, as the room of gates does, and remembers what it was asked."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.asked: list[Standing] = []

    async def apply(self, client_id: str, standing: Standing) -> None:
        assert client_id == standing.client_id
        self.asked.append(standing)
        restriction = {
            "none": AccountRestriction.NONE,
            "reduce_only": AccountRestriction.REDUCE_ONLY,
            "frozen": AccountRestriction.FROZEN,
        }[standing.restriction]
        await self.node.submit(
            SetAccountProfile(
                account_id=standing.account_id, legal_entity=1, products=1, client_class=1,
                restriction=restriction, open_order_cap=0,
            )
        )  # fmt: skip


def simple_rules(gate: str, fact: msgspec.Struct, at_ns: int, subject: Subject) -> Decision:
    """The gates as the packs have them, in a few words; of assessments nothing is asked."""
    assert isinstance(fact, ClientRecord)
    holds = {
        "due_diligence_before_account": fact.due_diligence_complete,
        "one_account_per_client": fact.accounts <= 1 and not fact.duplicate_of,
        "residence_is_admitted": fact.residence_is_admitted,
        "tax_self_certified": fact.tax_self_certified_ns > 0,
        "knowledge_before_trading": True,
        "agreement_accepted_current": True,
    }[gate]
    words, next_step = ("holds", "") if holds else ("does not hold", "ask the staff")
    return Decision(
        "admitted" if holds else "refused", gate, (RuleCited(f"HK-{gate}", "2023-06-01"),), f"{gate} {words}.",
        {"accounts": fact.accounts}, next_step, {}, "v1", at_ns, subject,
    )  # fmt: skip


class World:
    """One site, open."""

    def __init__(self, directory: Path, provider: IdentityProvider | None = None) -> None:
        self.directory, self.now_ns = directory, START_NS
        self.provider = provider or SimulatedProvider()
        self.told: list[tuple[str, dict[str, Any]]] = []

    def clock(self) -> int:
        self.now_ns += 1_000_000
        return self.now_ns

    def notify(self, key: str, client_id: str, kind: str, figures: Mapping[str, int | str], at_ns: int) -> None:
        self.told.append((key, dict(figures)))

    @asynccontextmanager
    async def open(self, **changed: Any) -> AsyncIterator[World]:
        self.catalogue, owners = Catalogue(), Owners()
        self.node = Node.open(self.directory, Engine, self.clock, listeners=(self.catalogue, owners))
        sealer, self.database = open_sealer(self.directory, os.urandom), open_database(self.directory)
        self.people = People(
            self.database, sealer, os.urandom, self.clock, rules=SessionRules(3_600 * SECOND, 10_000 * SECOND),
            relying_party=RelyingParty("localhost", ()), journal_id=self.node.journal_id,
            accounts=self.catalogue.accounts,
        )  # fmt: skip
        self.gates, statements = RecordedGates(self.node), Statements(self.node)

        async def decision(digest: bytes) -> int:
            return await statements.record(StatementKind.DECISION, digest)

        async def document(digest: bytes) -> int:
            return await statements.record(StatementKind.DOCUMENT, digest)

        around = Surroundings(
            users=self.people,
            ledger=NodeLedger(self.node, self.catalogue.accounts, owners),
            gates=self.gates,
            decide=simple_rules,
            answer=simple_rules,
            record_decision=decision,
            record_document=document,
            provider=self.provider,
            notify=self.notify,
            entity="hk",
            provider_patience_s=1,
        )
        around = msgspec.structs.replace(around, **changed)
        self.onboarding = Onboarding(
            self.database, sealer, os.urandom, self.clock, directory=self.directory, requirements=REQUIREMENTS,
            around=around,
        )  # fmt: skip
        try:
            yield self
        finally:
            await self.onboarding.checks.stop()
            await self.node.close()
            self.people.close()
            self.database.dispose()

    async def user(self, name: str = "ann") -> str:
        return (await self.people.sign_up(name, "correct horse battery staple")).user_id

    async def draft(self, form: Form = ANNA, name: str = "ann") -> ClientRow:
        """A complete application that is not handed in."""
        kind = Kind.PERSON if isinstance(form, PersonForm) else Kind.COMPANY
        row = await self.onboarding.begin(await self.user(name), kind)
        await self.onboarding.save(row.client_id, form, row.form_version)
        if kind is Kind.PERSON:
            wanted = [(DocumentKind.IDENTITY, ""), (DocumentKind.ADDRESS, "")]
        else:
            wanted = [(DocumentKind.REGISTRATION, "")]
            wanted += [(DocumentKind.IDENTITY, key) for key in self.onboarding.people_to_identify(row.client_id)]
        for document_kind, party in wanted:
            await self.upload(row.client_id, document_kind, party)
        return row

    async def upload(self, client_id: str, kind: DocumentKind, party: str = "", content: bytes = b"") -> str:
        content = content or scan(kind.value, party)
        details = DocumentDetails(party, "my passport of the holiday in Bergen.pdf")
        begun = self.onboarding.begin_document(client_id, kind, details, len(content))
        for number in range(-(-len(content) // PART_BYTES)):
            part = content[number * PART_BYTES :][:PART_BYTES]
            self.onboarding.documents.add_part(begun.document_id, client_id, number, part)
        return (await self.onboarding.finish_document(client_id, begun.document_id)).document_id

    async def submitted(self, form: Form = ANNA, name: str = "ann") -> ClientRow:
        """Handed in, and the check is over."""
        row = await self.draft(form, name)
        await self.onboarding.submit(row.client_id, row.user_id)
        await self.onboarding.checks.finished()
        return self.onboarding.clients.get(row.client_id)

    async def looked_at(self, client_id: str, staff: StaffIdentity = ANN) -> None:
        """Somebody of the staff opens every document of the application."""
        for each in self.onboarding.documents.unopened(client_id, staff.staff_id):
            await self.onboarding.read_document(each.document_id, staff, "review", "to decide on it")

    async def two(self, client_id: str, step: Step, reason: str = "review_passed", words: str = "") -> None:
        """Two people of the staff take a step; the one who proposes it has looked at the documents."""
        await self.looked_at(client_id)
        await self.onboarding.staff_step(client_id, step, ANN, reason, words=words, approver_id=BOB.staff_id)

    async def client(self, form: Form = ANNA, name: str = "ann") -> ClientRow:
        """Somebody with an open account."""
        row = await self.submitted(form, name)
        await self.two(row.client_id, Step.APPROVE)
        return self.onboarding.clients.get(row.client_id)

    def state(self, client_id: str) -> str:
        return self.onboarding.clients.get(client_id).state.value
