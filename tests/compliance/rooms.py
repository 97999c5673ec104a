"""A sandbox in this process whose clients are assessed, on a clock that the test sets."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from lionrock.compliance.assessments.agreements import in_force
from lionrock.compliance.assessments.assessments import Assessments, Data, read_data
from lionrock.compliance.assessments.exposure import Means
from lionrock.compliance.assessments.ports import DAY_NS, AssetTerms, Client, Rulebook
from lionrock.compliance.assessments.profile import ProfileMethod
from lionrock.compliance.assessments.risk import Fact
from lionrock.compliance.gates.client_clock import ClientClock
from lionrock.compliance.gates.client_gates import ClientGates, Ledger
from lionrock.compliance.gates.outcomes import SiteTerms
from lionrock.compliance.staff_identity import StaffIdentity
from lionrock.site import sandbox
from lionrock.site.site import Site
from lionrock.store.database import open_database
from lionrock.store.sealing import Sealer
from lionrock.words.commands import OpenAccount, PlaceOrder, SetAccountProfile, Transfer
from lionrock.words.enumerations import AccountKind, OrderType, Side, TimeInForce, TransferPurpose
from lionrock.words.events import CommandRejected, Event
from lionrock.words.rejections import Rejection

START_NS = 1_800_000_000 * 10**9
ACCOUNT = 501
CLIENT = "c0ffee"
UNIT = 10**8
EVA, FINN = StaffIdentity("eva", frozenset({"compliance_officer"})), StaffIdentity("finn", frozenset({"mlro"}))
DOCUMENT = hashlib.sha256(b"a document").hexdigest()
TERMS_OF_SERVICE = "What the venue does.\n\nWhat the client does.\n"
SITE = SiteTerms({"spot": 0, "otc": 1, "staking": 2}, 8)
ASSETS = {
    "BTC": AssetTerms("retail", "large_cap"),
    "ETH": AssetTerms("professional", "large_cap"),
    "USDT": AssetTerms("retail", "stablecoin", frozenset({"XX"})),
    "USD": AssetTerms("retail", "money"),
    "HKD": AssetTerms("retail", "money"),
}
LOW_RISK: dict[str, Fact] = {
    "client_type": "person",
    "jurisdiction": "HK",
    "product": "spot",
    "channel": "in_person",
    "industry": "employee",
    "ownership_layers": 0,
    "political_exposure": "none",
    "screening": "clear",
}
MEANS = Means(100_000_00, 50_000_00, 0)


class Onboarding:
    """Clients as onboarding would know them."""

    def __init__(self, *clients: Client) -> None:
        self.by_id = {client.client_id: client for client in clients}
        self.by_user: dict[str, str] = {}

    def client(self, client_id: str) -> Client | None:
        return self.by_id.get(client_id)

    def of_user(self, user_id: str) -> Client | None:
        return self.by_id.get(self.by_user.get(user_id, ""))

    def all(self) -> Sequence[Client]:
        return list(self.by_id.values())

    def change(self, client_id: str, **fields: object) -> None:
        self.by_id[client_id] = msgspec.structs.replace(self.by_id[client_id], **fields)


class Outbox:
    """Takes each key once."""

    def __init__(self) -> None:
        self.sent: dict[str, tuple[str, str, int]] = {}

    def send(self, key: str, client_id: str, kind: str, figures: Mapping[str, int | str], at_ns: int) -> None:
        self.sent.setdefault(key, (client_id, kind, at_ns))

    def kinds(self) -> list[str]:
        return [kind for _, kind, _ in self.sent.values()]


def person(client_id: str = CLIENT, account_id: int = ACCOUNT, **fields: object) -> Client:
    """Somebody who went through onboarding."""
    client = Client(
        client_id,
        account_id,
        "active",
        is_person=True,
        jurisdiction="HK",
        legal_entity=1,
        entity="lionrock-hk",
        due_diligence_complete=True,
        since_ns=START_NS,
        tax_self_certified_ns=START_NS,
        residence_is_admitted=True,
    )
    return msgspec.structs.replace(client, **fields)


def assessments_in(
    directory: Path, *clients: Client, data: Data | None = None
) -> tuple[Assessments, Onboarding, Outbox]:
    """Over a database of its own, without a site."""
    onboarding, outbox = Onboarding(*(clients or (person(),))), Outbox()
    return _assessments(open_database(directory), onboarding, outbox, data), onboarding, outbox


def _assessments(database: Engine, onboarding: Onboarding, outbox: Outbox, data: Data | None) -> Assessments:
    return Assessments(
        database,
        Sealer(bytes(32), os.urandom),
        os.urandom,
        data=data or read_data(),
        clients=onboarding,
        notices=outbox,
    )


class Room:
    """A site with its clients."""

    def __init__(self, site: Site, clients: Onboarding, outbox: Outbox, gates: ClientGates) -> None:
        self.site, self.clients, self.outbox, self.gates = site, clients, outbox, gates
        self.assessments = gates.assessments
        self.clock = ClientClock(gates)
        self.now_ns = START_NS

    def days(self, count: int) -> int:
        """From the start."""
        return START_NS + count * DAY_NS

    def profile(self, account_id: int = ACCOUNT) -> SetAccountProfile:
        return self.site.profiles.of(account_id)

    async def buy(self, account_id: int = ACCOUNT, *, market_id: int = 1, side: Side = Side.BUY) -> str:
        """`placed`, or the name of the refusal. A resting order of 0.01 at 50,000, far from any other."""
        events = await self.site.node.submit(
            PlaceOrder(
                order_id=0,
                account_id=account_id,
                market_id=market_id,
                side=side,
                order_type=OrderType.LIMIT,
                time_in_force=TimeInForce.GOOD_TILL_CANCELLED,
                post_only=0,
                price_ticks=5_000_000 if side == Side.BUY else 9_000_000,
                size_lots=1_000,
                quote_amount_atoms=0,
            )
        )
        return told(events)

    def complete(self, client_id: str = CLIENT, at_ns: int = START_NS) -> None:
        """Everything that a client of low risk needs."""
        part = self.assessments
        part.risk.rate(client_id, LOW_RISK, EVA.staff_id, at_ns)
        pass_knowledge(part, client_id, at_ns)
        part.profiles.answer(client_id, best_answers(part.data.profile[0]), at_ns)
        part.exposure.assess(client_id, MEANS, at_ns)
        texts = part.agreements.texts()
        if not texts:
            texts = part.agreements.publish(
                "client_agreement", {"en": TERMS_OF_SERVICE}, at_ns, proposer=EVA, approver=FINN, at_ns=at_ns
            )
        part.agreements.accept(client_id, "user", texts[-1].sha256, at_ns)


def told(events: list[Event]) -> str:
    refused = next((event for event in events if isinstance(event, CommandRejected)), None)
    return Rejection(refused.rejection).name if refused else "placed"


def best_answers(method: ProfileMethod) -> dict[str, str]:
    """Those that lead to the boldest class."""
    return {question.id: question.choices[-1].id for question in method.questions}


def right_answers(assessments: Assessments, client_id: str, at_ns: int, wrong: int = 0) -> tuple[str, dict[str, str]]:
    """A test that was begun, and its answers, of which the first so many are wrong."""
    knowledge = assessments.knowledge
    paper = knowledge.begin(client_id, "en", at_ns)
    by_id = {question.id: question for question in knowledge.bank.questions}
    texts = knowledge.bank.languages["en"].questions
    answers = {}
    for place, shown in enumerate(paper.questions):
        right = getattr(texts[shown.question_id], by_id[shown.question_id].answer)
        letter = next(letter for letter, text in shown.choices.items() if text == right)
        answers[shown.question_id] = letter if place >= wrong else "abcd"[("abcd".index(letter) + 1) % 4]
    return paper.test.test_id, answers


def pass_knowledge(assessments: Assessments, client_id: str, at_ns: int) -> None:
    test_id, answers = right_answers(assessments, client_id, at_ns)
    assessments.knowledge.answer(client_id, test_id, answers, at_ns)


def ready_to_open(assessments: Assessments, client_id: str, user_id: str, at_ns: int) -> None:
    """What a client does itself before its account is opened: the knowledge test, and the agreement in force, which is
    published where there is none.
    """
    agreements = assessments.agreements
    if not agreements.texts():
        agreements.publish(
            "client_agreement", {"en": TERMS_OF_SERVICE}, at_ns, proposer=EVA, approver=FINN, at_ns=at_ns
        )
    for text in in_force(agreements.texts(), "client_agreement", at_ns):
        agreements.accept(client_id, user_id, text.sha256, at_ns)
    pass_knowledge(assessments, client_id, at_ns)


@asynccontextmanager
async def opened(
    directory: Path,
    *clients: Client,
    rulebook: Rulebook | None = None,
    asset_terms: Mapping[str, AssetTerms] | None = None,
    data: Data | None = None,
) -> AsyncIterator[Room]:
    """Seeded; every client's account is open and has 10 BTC, 10 ETH and 1,000,000 USDT from its first opening on."""
    room: Room | None = None

    def now() -> int:
        return room.now_ns if room else START_NS

    site = await Site.open(directory, now, os.urandom)
    try:
        await sandbox.seed(site)
        onboarding = Onboarding(*(clients or (person(),)))
        for client in onboarding.all():
            if client.account_id and client.account_id not in site.catalogue.accounts:
                await fund(site, client.account_id)
        outbox = Outbox()
        assessments = _assessments(site.database, onboarding, outbox, data)
        ledger = Ledger(site.node, site.catalogue, site.owners, site.profiles, site.database)
        gates = ClientGates(
            ledger, assessments, rulebook, SITE, (lambda: asset_terms) if asset_terms is not None else None
        )
        site.sub_accounts.following = gates.following
        room = Room(site, onboarding, outbox, gates)
        yield room
    finally:
        await site.close()


async def fund(site: Site, account_id: int) -> None:
    await site.node.submit(OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT))
    for asset_id, amount in ((1, 10), (2, 10), (3, 1_000_000)):
        await site.node.submit(
            Transfer(
                asset_id=asset_id,
                debit_account_id=sandbox.CUSTODY_ACCOUNT,
                credit_account_id=account_id,
                amount_atoms=amount * UNIT,
                purpose=TransferPurpose.DEPOSIT,
            )
        )
