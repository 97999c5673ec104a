"""The rooms of a licensed site, put together: rules, clients, committee. Each knows the others by ports only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Engine as Database

from lionrock.compliance.admission.audiences import Audiences
from lionrock.compliance.admission.board_report import BoardReports
from lionrock.compliance.admission.desk import AdmissionDesk
from lionrock.compliance.admission.facts import AdmissionFacts
from lionrock.compliance.admission.room import Admission
from lionrock.compliance.assessments.assessments import Assessments, Data, read_data
from lionrock.compliance.assessments.ports import AssetTerms
from lionrock.compliance.attesting import AttestationDesk, Attesting
from lionrock.compliance.capital.orders import CapitalOrders
from lionrock.compliance.gates.admitted import admitted_assets
from lionrock.compliance.gates.client_clock import ClientClock, keep_clients
from lionrock.compliance.gates.client_gates import ClientGates, Ledger
from lionrock.compliance.gates.file_orders import ClientFileOrders
from lionrock.compliance.gates.onboarded import AssessedRecords, OnboardedClients, OnboardingGates
from lionrock.compliance.gates.outcomes import SiteTerms
from lionrock.compliance.gates.raises_work import RaisesWork
from lionrock.compliance.identity.contact import Address
from lionrock.compliance.onboarding.forms import PersonForm
from lionrock.compliance.onboarding.house_documents import HouseDocuments
from lionrock.compliance.onboarding.ledger import NodeLedger
from lionrock.compliance.onboarding.onboarding import Onboarding, Surroundings
from lionrock.compliance.onboarding.orders import OnboardingOrders, OnboardingWork
from lionrock.compliance.onboarding.provider import NoProvider, SimulatedProvider
from lionrock.compliance.papers.documents import Client
from lionrock.compliance.records.keeping import NS_PER_DAY
from lionrock.compliance.records.orders import RecordOrders
from lionrock.compliance.records.records import Keeper
from lionrock.compliance.registers.work import RegisterWork
from lionrock.compliance.rule_parameters import RuleParameters
from lionrock.custody.arrivals import Arrivals
from lionrock.gateways.rest.contract import Assessed
from lionrock.gateways.rest.errors import LicenceRules
from lionrock.gateways.rest.licence_rules import citations, licence_rules
from lionrock.node.node import Node
from lionrock.node.statements import Statements
from lionrock.people.accounts import Owners
from lionrock.people.people import People
from lionrock.people.staff.office import StaffOffice
from lionrock.rulebook.attestations import AttestationLog, AttestationRecorder, Attestations
from lionrock.rulebook.calendars import calendar_of
from lionrock.rulebook.changes import ChangeRecorder, RuleChanges
from lionrock.rulebook.deciding import Rulebook
from lionrock.rulebook.decision_log import DecisionLog
from lionrock.rulebook.evidence import EvidenceStore
from lionrock.rulebook.facts import Attested
from lionrock.rulebook.loading import shipped_library
from lionrock.rulebook.marks import Mark
from lionrock.rulebook.office import Gather, RulebookOffice
from lionrock.rulebook.regime import Regime
from lionrock.site.attesting import open_attesting
from lionrock.site.client_notices import ClientNotices
from lionrock.site.clockwork import at_moments, every_day, every_minute
from lionrock.site.configuration import Configuration
from lionrock.site.definition import Definition
from lionrock.site.facts.changed import last_change_ns
from lionrock.site.keeping import open_keeper
from lionrock.site.paper_terms import terms_of
from lionrock.site.paperwork import Paperwork
from lionrock.site.sandbox_mark import SandboxMark
from lionrock.site.trading_hours import Clock, HoursLog, TradingHours
from lionrock.store.sealing import Sealer
from lionrock.views.catalogue import Catalogue
from lionrock.views.profiles import Profiles
from lionrock.views.trading_rules import TradingRules
from lionrock.words.enumerations import AccountKind
from lionrock.words.side_notes import StatementKind


class Views(msgspec.Struct, frozen=True):
    """What the rooms read of the core."""

    catalogue: Catalogue
    trading_rules: TradingRules
    profiles: Profiles
    owners: Owners
    rule_changes: RuleChanges
    attestations: AttestationLog
    hours: HoursLog
    sandbox: SandboxMark


class Ground(msgspec.Struct, frozen=True):
    """What the rooms stand on."""

    directory: Path
    definition: Definition
    node: Node
    database: Database
    sealer: Sealer
    clock: Callable[[], int]
    random_bytes: Callable[[int], bytes]
    people: People
    staff: StaffOffice
    views: Views
    configuration: Configuration
    arrivals: Arrivals

    @property
    def owners(self) -> Owners:
        return self.views.owners

    @property
    def catalogue(self) -> Catalogue:
        return self.views.catalogue


class Rooms(msgspec.Struct, frozen=True):
    """Of one licensed site."""

    rulebook: RulebookOffice
    attestations: Attestations
    onboarding: Onboarding
    assessed: Assessed
    admission: AdmissionDesk
    paperwork: Paperwork
    keeper: Keeper
    people: People
    statements: Statements
    attesting: AttestationDesk
    hours: TradingHours

    async def open(self) -> None:
        """Once the node takes commands: what an earlier process left undone is done. Raises what `Node.submit` does."""
        await self.rulebook.evidence.state(self.statements)
        await self.rulebook.state_decisions()
        await self.onboarding.recover()
        await self.admission.admission.keep()
        await self.keeper.recover(self.statements)

    def clockwork(self, clock: Callable[[], int], *, with_views: bool) -> list[Coroutine[None, None, None]]:
        """What is to run as long as the site serves. Papers are made from the read models, so not without them."""
        papers = self.paperwork.clockwork() if with_views else []
        return [
            *papers,
            keep_clients(self.assessed.clock, clock),
            at_moments("Markets cannot be kept to their hours", self.hours.keep, self.hours.pause_s),
            every_minute("Decisions cannot be put into the journal", self.rulebook.state_decisions),
            every_minute("Deadlines of rules cannot be followed", self.paperwork.follow_rules),
            every_minute("Tokens' audiences cannot be kept", self.admission.admission.keep),
            every_minute("Old drafts cannot be ended", self.onboarding.expire_due),
            every_minute("Old sign-ins cannot be forgotten", partial(self._forget_sign_ins, clock)),
            every_day("The rulebook cannot be run", self.rulebook.is_due, self.rulebook.run),
        ]

    async def _forget_sign_ins(self, clock: Callable[[], int]) -> None:
        kept = self.keeper.keepings(clock()).get("audit_log")
        if kept is not None:
            await asyncio.to_thread(self.people.sign_in_log.forget_before, clock() - kept.keep_days * NS_PER_DAY)

    def licence_rules(self, at_ns: int) -> LicenceRules:
        """Rules by the core's rejection that carries them out, as they are in force at a moment."""
        return licence_rules(self.rulebook.regime, at_ns)


def open_rooms(ground: Ground, gather: Gather) -> Rooms:
    """Everything of a licensed site. `gather` takes its facts. Raises `PackInvalid`, and `ValueError` for terms that
    contradict themselves.
    """
    statements = Statements(ground.node)
    log = DecisionLog(ground.database, ground.sealer)
    changes = ground.views.rule_changes
    regime = Regime(shipped_library(), [licence.id for licence in ground.definition.licences], changes.all)
    changes.tell = regime.hold
    office = RulebookOffice(
        ground.definition.site.id,
        Rulebook(regime, log.add),
        log=log,
        evidence=EvidenceStore(ground.database),
        statements=statements,
        gather=gather,
        changed=lambda until_ns: last_change_ns(ground.database, ground.views.attestations.all, until_ns),
        marks=lambda: (Mark.SANDBOX,) if ground.views.sandbox.all else (),
        clock=ground.clock,
        random_bytes=ground.random_bytes,
    )
    RuleParameters(regime, ChangeRecorder(ground.node).record, ground.clock).register(ground.staff.executors)
    admission = _admission(ground, statements, office.rulebook)
    onboarding, assessed = _clients(ground, statements, office.rulebook, admission.admission)
    _own_files(ground, onboarding)
    attesting = _attesting(ground, statements, regime, onboarding)
    attestations = Attestations(attesting.log, attesting.is_held)
    terms = terms_of(ground.definition, regime, ground.clock())
    calendar = calendar_of(ground.definition.site.calendar)
    paperwork = Paperwork.of(
        ground,
        ground.directory,
        terms,
        calendar,
        client_of=_named(ground, onboarding),
        attested=lambda: attestations.facts(Attested) or (),
        terms_at=partial(terms_of, ground.definition, regime),
    )
    keeper = open_keeper(
        ground.database,
        ground.sealer,
        ground.random_bytes,
        directory=ground.directory,
        owners=ground.owners,
        regime=regime,
        own_days=ground.definition.retention_days,
    )
    entities = [entity.code for entity in ground.definition.entities]
    CapitalOrders(paperwork.book, entities, ground.clock).register(ground.staff.executors)
    RecordOrders(
        keeper, statements, ground.clock, lambda client_id: onboarding.clients.find(client_id) is not None
    ).register(ground.staff.executors)
    _queue(ground, admission, paperwork)
    return Rooms(
        office, attestations, onboarding, assessed, admission, paperwork, keeper, ground.people, statements, attesting,
        _hours(ground),
    )  # fmt: skip


def _own_files(ground: Ground, onboarding: Onboarding) -> None:
    """Whose a client or an account is, for whoever of the staff declared them as their own."""
    ground.staff.own_files.clients_of.append(
        lambda account_id: onboarding.records.client_of_account(ground.owners.owner_of(account_id))
    )
    ground.staff.own_files.accounts_of.append(
        lambda client_id: row.account_id if (row := onboarding.clients.find(client_id)) is not None else 0
    )


def _hours(ground: Ground) -> TradingHours:
    place = Clock(calendar_of(ground.definition.site.calendar), ZoneInfo(ground.definition.site.time_zone))
    views = ground.views
    hours = TradingHours(ground.node, views.hours, views.catalogue, views.trading_rules, place=place, now=ground.clock)
    hours.register(ground.staff.executors)
    return hours


def _attesting(ground: Ground, statements: Statements, regime: Regime, onboarding: Onboarding) -> AttestationDesk:
    house = HouseDocuments(onboarding.documents, partial(statements.record, StatementKind.DOCUMENT), ground.clock)
    desk = open_attesting(ground.definition, regime, ground.views.attestations, house, ground.clock)
    Attesting(desk, AttestationRecorder(ground.node).record).register(ground.staff.executors)
    return desk


def _queue(ground: Ground, admission: AdmissionDesk, paperwork: Paperwork) -> None:
    """What waits for the staff, of rooms that do not put it into the queue themselves."""
    ground.staff.queue.add(RegisterWork(paperwork.registers))
    ground.staff.queue.add(AdmissionFacts(admission.admission, admission.reports, ground.clock))


def _named(ground: Ground, onboarding: Onboarding) -> Callable[[int], Client]:
    """Whose an account is, as papers name it: sealed at rest like the papers themselves. SQL."""

    def named(account_id: int) -> Client:
        owner_id = ground.owners.owner_of(account_id)
        client_id = onboarding.records.client_of_account(owner_id)
        if not client_id:
            return Client(str(owner_id), str(account_id))
        form = onboarding.clients.form(client_id)
        name = f"{form.given_names} {form.surname}" if isinstance(form, PersonForm) else form.name
        return Client(client_id, str(account_id), name.strip(), _lines(form.address))

    return named


def _lines(address: Address) -> tuple[str, ...]:
    parts = (
        address.street,
        address.district,
        address.city,
        address.area,
        address.postal_code,
        address.country,
    )
    return tuple(part for part in parts if part)


def _clients(
    ground: Ground, statements: Statements, rulebook: Rulebook, admission: Admission
) -> tuple[Onboarding, Assessed]:
    """Assessments ask onboarding who a client is, late: it is put together after them."""
    definition, views, made = ground.definition, ground.views, list[Onboarding]()
    holder = definition.entity_of_kind(AccountKind.CLIENT)

    def employees() -> frozenset[str]:
        members = ground.staff.members
        return frozenset(client for each in members.all() for client in members.own_files(each))

    def user_of(client_id: str) -> str:
        known = made[0].records.client(client_id)
        return known.user_id if known else ""

    notices = ClientNotices(ground.database, ground.people.notices, user_of, definition.site.valuation_asset)
    assessments = Assessments(
        ground.database,
        ground.sealer,
        ground.random_bytes,
        data=_data(definition),
        clients=OnboardedClients(lambda: made[0].records, holder.number, employees),
        notices=notices,
    )
    clock = _client_clock(ground, assessments, rulebook, admission)
    onboarding = Onboarding(
        ground.database,
        ground.sealer,
        ground.random_bytes,
        ground.clock,
        directory=ground.directory,
        requirements=definition.onboarding,
        around=Surroundings(
            users=ground.people,
            ledger=NodeLedger(ground.node, views.catalogue.accounts, views.owners, ground.arrivals),
            gates=OnboardingGates(clock, ground.clock),
            decide=rulebook.decide,
            answer=rulebook.answer,
            record_decision=partial(statements.record, StatementKind.DECISION),
            record_document=partial(statements.record, StatementKind.DOCUMENT),
            provider=SimulatedProvider() if definition.identity_provider == "simulated" else NoProvider(),
            assessed=AssessedRecords(assessments, ground.clock),
            notify=notices.send,
            entity=holder.code,
        ),
    )
    made.append(onboarding)
    ground.arrivals.is_closed = lambda account_id: onboarding.clients.has_ended(ground.owners.owner_of(account_id))
    OnboardingOrders(onboarding).register(ground.staff.executors)
    onboarding.releases.register(ground.staff.executors)
    ground.staff.queue.add(OnboardingWork(onboarding))
    ground.staff.queue.add(RaisesWork(assessments.exposure))
    ClientFileOrders(clock, ground.clock).register(ground.staff.executors)
    return onboarding, Assessed(assessments, clock.gates, clock, citations(rulebook.regime, ground.clock()))


def _client_clock(ground: Ground, assessments: Assessments, rulebook: Rulebook, admission: Admission) -> ClientClock:
    definition, views = ground.definition, ground.views
    money = [asset.code for asset in definition.assets if asset.is_money]

    def admitted() -> Mapping[str, AssetTerms]:
        return admitted_assets(admission.register.all(), money)

    ledger = Ledger(ground.node, views.catalogue, views.owners, views.profiles, ground.database)
    products: Mapping[str, int] = {product.name: product.bit for product in definition.products}
    counted_in = definition.asset(definition.site.valuation_asset)
    terms = SiteTerms(products, counted_in.decimals, valuation_asset=counted_in.code)
    return ClientClock(ClientGates(ledger, assessments, rulebook, terms, admitted))


def _data(definition: Definition) -> Data:
    """Terms and methods, with the clauses that the site's file names."""
    data = read_data(definition.assessment_terms)
    if not definition.agreement_clauses:
        return data
    agreements = msgspec.structs.replace(
        data.terms.agreements, clauses=data.terms.agreements.clauses | definition.agreement_clauses
    )
    return msgspec.structs.replace(data, terms=msgspec.structs.replace(data.terms, agreements=agreements))


def _admission(ground: Ground, statements: Statements, rulebook: Rulebook) -> AdmissionDesk:
    views = ground.views
    audiences = Audiences(ground.node, ground.database, views.catalogue, views.trading_rules, views.profiles)
    admission = Admission(
        ground.database,
        ground.sealer,
        ground.clock,
        members=ground.staff.members,
        decide=rulebook.decide,
        audiences=audiences,
        record=partial(statements.record, StatementKind.ADMISSION),
    )
    admission.wire(ground.staff.executors)
    return AdmissionDesk(
        admission, BoardReports(ground.database, admission, ground.clock, _offset(ground.definition, ground.clock()))
    )


def _offset(definition: Definition, now_ns: int) -> timedelta:
    """Of the site's clock from UTC, as it is now."""
    moment = datetime.fromtimestamp(now_ns // 10**9, UTC).astimezone(ZoneInfo(definition.site.time_zone))
    return moment.utcoffset() or timedelta()
