"""Opens a data directory: the node, the views it feeds, and the keys of who may ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import msgspec
from sqlalchemy import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from lionrock.compliance.capital.desk import CapitalDesk
from lionrock.compliance.gates.orders import ClientOrders
from lionrock.compliance.papers.shelf import Shelf
from lionrock.core.engine import Engine
from lionrock.custody.arrivals import Arrivals
from lionrock.custody.bookings import Bookings
from lionrock.custody.chains import ChainPort, Chains, NoChains
from lionrock.custody.set_aside import SetAsideOrders, SetAsideWork, SuspenseAccount
from lionrock.custody.wallet import Wallet
from lionrock.gateways.replays import Replays
from lionrock.gateways.rest.answer_memory import AnswerMemory
from lionrock.gateways.rest.contract import (
    NS_PER_MS,
    ClientAccounts,
    MakeStatement,
    Probes,
    Profile,
    Traffic,
    Venue,
)
from lionrock.gateways.websocket.bindings import Bindings
from lionrock.journal.disk import Disk
from lionrock.journal.public_record import PublicRecord
from lionrock.node.node import Node
from lionrock.node.recovery import Listener
from lionrock.node.statements import Statements
from lionrock.people.accounts import Owners, SubAccounts
from lionrock.people.api_keys import ApiKeys
from lionrock.people.listen_keys import ListenKeys
from lionrock.people.notices import Notices
from lionrock.people.people import People
from lionrock.people.staff.market_orders import MarketOrders
from lionrock.people.staff.notices import StaffNotices
from lionrock.people.staff.office import StaffOffice, Surroundings
from lionrock.rulebook.attestations import AttestationLog
from lionrock.rulebook.changes import RuleChanges
from lionrock.site.belonging import keep_site
from lionrock.site.capital_watch import watch_capital
from lionrock.site.client_accounts import NO_ARRANGEMENTS, Arrangements
from lionrock.site.configuration import Configuration, read_configuration
from lionrock.site.definition import Definition, definition_of
from lionrock.site.facts.sources import Gathering
from lionrock.site.outbox_watch import watch_outbox
from lionrock.site.quality_clockwork import open_quality
from lionrock.site.readiness import probes
from lionrock.site.rooms import Ground, Rooms, Views, open_rooms
from lionrock.site.sandbox_mark import SandboxMark
from lionrock.site.set_aside_watch import watch_set_aside
from lionrock.site.signing import open_notary
from lionrock.site.staffing import remark_of
from lionrock.site.statement_process import StatementProcess
from lionrock.site.trading_hours import HoursLog
from lionrock.store.database import DatabaseUnusable, open_database
from lionrock.store.outbox.outbox import Outbox
from lionrock.store.sealing import Sealer, open_sealer
from lionrock.views.catalogue import Catalogue
from lionrock.views.market_data import MarketData
from lionrock.views.movements import Movements
from lionrock.views.orders import Orders
from lionrock.views.profiles import Profiles
from lionrock.views.quality import Quality
from lionrock.views.remembered import Remembered
from lionrock.views.sql.database import default_url
from lionrock.views.sql.histories import Histories
from lionrock.views.trading_rules import TradingRules
from lionrock.views.valuation import Valuation
from lionrock.views.volumes import Volumes
from lionrock.words.side_notes import StatementKind

QUICK_SYNC_NS = 500_000
"""A disk that syncs faster than this may hold up the event loop while it syncs a few commands."""


class Site(msgspec.Struct, frozen=True):
    """An open data directory."""

    configuration: Configuration
    node: Node
    catalogue: Catalogue
    orders: Orders
    market_data: MarketData
    remembered: Remembered
    trading_rules: TradingRules
    keys: ApiKeys
    listen_keys: ListenKeys
    clock: Callable[[], int]
    random_bytes: Callable[[int], bytes]
    database: Database
    hash_client_order_id: Callable[[bytes], int]
    """Keyed with the data directory's master key; the journal carries what it gives."""
    probes: Probes
    sealer: Sealer
    owners: Owners
    sub_accounts: SubAccounts
    bookings: Bookings
    volumes: Volumes
    histories: Histories
    make_statement: MakeStatement
    people: People
    answers: AnswerMemory
    staff: StaffOffice
    profiles: Profiles
    movements: Movements
    market_orders: MarketOrders
    """What the staff orders of the core; clients who are assessed are asked of `of_client`."""
    arrivals: Arrivals
    set_aside: SetAsideOrders
    """What the staff orders of deposits that came for closed accounts; it goes to the wallet of the last `venue`."""
    taken_until_ns: int
    """When the site last did something before it was opened."""
    record: PublicRecord
    quality: Quality
    definition: Definition | None = None
    """None for a directory that no site was chosen for, as of a sandbox."""
    rooms: Rooms | None = None
    """Of a site with licences."""
    gathering: Gathering | None = None
    sandbox: SandboxMark = msgspec.field(default_factory=SandboxMark)

    @classmethod
    async def open(cls, directory: Path, clock: Callable[[], int], random_bytes: Callable[[int], bytes]) -> Self:
        """Replays the journal of `directory`, which is made when it is not there.

        `clock` gives nanoseconds since 1970, `random_bytes(n)` must be a cryptographic source. Raises what `Node.open`
        raises, `ConfigurationInvalid`, `DefinitionInvalid`, `AnotherSite`, `MasterKeyUnusable`, `DatabaseUnusable`,
        `JournalMismatch` and `SealBroken`; the directory is then free again.
        """
        configuration, definition = read_configuration(directory), definition_of(directory)
        catalogue, orders, market_data = Catalogue(), Orders(), MarketData()
        views = catalogue, orders, market_data, Remembered(), TradingRules()
        owners, bookings, volumes = Owners(), Bookings(), Volumes()
        profiles, movements = Profiles(), Movements()
        noted = RuleChanges(), AttestationLog(), HoursLog(), SandboxMark()
        listeners = (*views, owners, bookings, volumes, profiles, movements, *noted)
        node = _open_node(directory, configuration, listeners, clock, random_bytes)
        try:
            journal = _Journal(directory, configuration, node, catalogue, owners, clock, random_bytes)
            kept = _open_kept(journal)
            staff = _open_staff(journal, kept)
            market_orders = MarketOrders(node, catalogue, views[4], profiles)
            market_orders.register(staff.executors)
            arrivals, set_aside = _open_arrivals(kept.database, staff)
            rooms = gathering = None
            if definition is not None:
                keep_site(kept.database, definition.site.id)
                read = Views(catalogue, views[4], profiles, owners, *noted)
                ground = Ground(
                    directory, definition, node, kept.database, kept.sealer, clock, random_bytes, kept.people, staff,
                    read, configuration, arrivals,
                )  # fmt: skip
                gathering = Gathering(ground, movements)
                rooms = gathering.rooms = open_rooms(ground, gathering)
                market_orders.of_client = ClientOrders(rooms.assessed.clock, clock)
                kept.sub_accounts.following = rooms.assessed.gates.following
        except SQLAlchemyError as error:
            await node.close()
            raise DatabaseUnusable(directory, error) from error
        except BaseException:
            await node.close()
            raise
        sealer, keys = kept.sealer, kept.keys
        watched = probes(node, configuration, directory, clock)
        watched.remarks.extend([lambda: remark_of(staff), watch_set_aside(kept.database, node.metrics.registry)])
        if rooms is not None:
            watched.remarks.append(rooms.hours.remark)
            watched.remarks.append(watch_capital(rooms.paperwork.book, node.metrics.registry, clock))
        if kept.people.notices is not None:
            watched.remarks.append(watch_outbox(kept.people.notices.outbox, node.metrics.registry, clock))
        url = configuration.views.database or default_url(directory)
        of_keys = keys, ListenKeys(random_bytes, clock), clock, random_bytes
        of_sealing = kept.database, sealer.hasher("client order ids"), watched, sealer
        of_clients = owners, kept.sub_accounts, bookings, volumes
        told = Histories(url, sealer.hasher("history cursors")), StatementProcess(directory)
        return cls(
            configuration, node, *views, *of_keys, *of_sealing, *of_clients, *told,
            people=kept.people, answers=kept.answers, staff=staff, profiles=profiles, movements=movements,
            market_orders=market_orders, arrivals=arrivals, set_aside=set_aside,
            taken_until_ns=max(node.engine.last_time_ns, keys.last_change_ns), record=PublicRecord(directory, Disk()),
            quality=open_quality(directory), definition=definition, rooms=rooms, gathering=gathering, sandbox=noted[-1],
        )  # fmt: skip

    def venue(
        self,
        profile: Profile,
        arrangements: Arrangements = NO_ARRANGEMENTS,
        port: ChainPort | None = None,
        *,
        is_sandbox: bool = False,
    ) -> Venue:
        """What the public interface works with. Assets that the arrangements name are listed already."""
        configuration = self.configuration
        return Venue(
            self.node,
            self.catalogue,
            self.orders,
            self.market_data,
            self.keys,
            self.listen_keys,
            self.clock,
            profile,
            self.client_order_key,
            self._clients(arrangements, port),
            self.answers,
            self.probes,
            remembered=self.remembered,
            trading_rules=self.trading_rules,
            profiles=self.profiles,
            histories=self.histories,
            make_statement=self.make_statement,
            people=self.people,
            papers=Shelf(self.database, self.sealer),
            is_sandbox=is_sandbox,
            record=self.record,
            quality=self.quality,
            staff=self.staff,
            **self._of_rooms(),
            traffic=Traffic(
                limits=configuration.limits.buckets(is_sandbox=is_sandbox),
                replays=Replays(self.taken_until_ns // NS_PER_MS),
                proxies=configuration.access.proxies,
            ),
        )

    def _of_rooms(self) -> dict[str, Any]:
        """What the interface has of a licensed site alone."""
        rooms = self.rooms
        if rooms is None:
            return {}
        return {
            "rulebook": rooms.rulebook,
            "onboarding": rooms.onboarding,
            "assessed": rooms.assessed,
            "admission": rooms.admission,
            "registers": rooms.paperwork.registers,
            "capital": CapitalDesk(rooms.paperwork.book, rooms.paperwork.returns),
            "keeper": rooms.keeper,
            "attesting": rooms.attesting,
            "licence_rules": rooms.licence_rules(self.clock()),
        }

    def _clients(self, arrangements: Arrangements, port: ChainPort | None) -> ClientAccounts:
        wallet = Wallet(
            self.database,
            self.sealer,
            self.node,
            self.bookings,
            chains=arrangements.chains if port else Chains(),
            port=port or NoChains(),
            asset_by_code=self.catalogue.asset_by_code,
            custody_account_id=arrangements.custody_account_id,
            suspense=SuspenseAccount(self.node, self.catalogue.accounts, arrangements.suspense_entity),
            arrivals=self.arrivals,
            clock=self.clock,
            random_bytes=self.random_bytes,
        )
        self.set_aside.set_aside = wallet.set_aside
        code = arrangements.valuation_asset
        valuation = Valuation(self.catalogue, self.market_data, code, arrangements.money_rates) if code else None
        volumes = arrangements.tier_volumes
        return ClientAccounts(self.owners, self.sub_accounts, wallet, self.volumes, valuation, volumes)

    def client_order_key(self, account_id: int, client_order_id: str) -> int:
        """What the core knows an account's own name for an order by."""
        return self.hash_client_order_id(account_id.to_bytes(8, "little") + client_order_id.encode())

    def bindings(self, random_bytes: Callable[[int], bytes]) -> Bindings:
        """Orders that are tied to connections."""
        return Bindings(self.database, self.node, random_bytes)

    async def close(self) -> None:
        """Finish what waits and let go of the directory."""
        try:
            if self.rooms is not None:
                await self.rooms.onboarding.checks.stop()
            await self.node.close()
        finally:
            self.record.close()
            self.histories.close()
            self.people.close()
            self.staff.close()
            self.database.dispose()


class _Journal(msgspec.Struct, frozen=True):
    """An open journal with what it was opened with."""

    directory: Path
    configuration: Configuration
    node: Node
    catalogue: Catalogue
    owners: Owners
    clock: Callable[[], int]
    random_bytes: Callable[[int], bytes]


class _Kept(msgspec.Struct, frozen=True):
    """What stands in the site's SQL database, whatever the site is."""

    sealer: Sealer
    database: Database
    keys: ApiKeys
    people: People
    answers: AnswerMemory
    sub_accounts: SubAccounts


def _open_kept(journal: _Journal) -> _Kept:
    node, configuration, clock, random_bytes = journal.node, journal.configuration, journal.clock, journal.random_bytes
    sealer = open_sealer(journal.directory, random_bytes)
    database = open_database(journal.directory)
    journal_id, accounts, access = node.journal_id, journal.catalogue.accounts, configuration.access
    keys = ApiKeys(database, sealer, random_bytes, clock, journal_id=journal_id, accounts=accounts)
    outbox = Outbox(database, sealer, random_bytes, configuration.outbox.patience)
    plain = bool(configuration.outbox.webhook_networks)
    notices = Notices(database, sealer, outbox, random_bytes, allow_plain_webhooks=plain)
    people = People(
        database, sealer, random_bytes, clock, rules=access.session_rules, relying_party=access.relying_party,
        journal_id=journal_id, accounts=accounts, notices=notices,
    )  # fmt: skip
    sub_accounts = SubAccounts(database, sealer, node, journal.owners, clock=clock)
    return _Kept(sealer, database, keys, people, AnswerMemory(database, sealer), sub_accounts)


def _open_staff(journal: _Journal, kept: _Kept) -> StaffOffice:
    access, node = journal.configuration.access, journal.node
    staff = StaffOffice(
        kept.database, kept.sealer, journal.random_bytes, journal.clock, rules=access.staff_session_rules,
        relying_party=access.relying_party,
        surroundings=Surroundings(
            record=partial(Statements(node).record, StatementKind.APPROVAL),
            client_of=_client_of(journal.owners, kept.people),
            registry=node.metrics.registry,
        ),
    )  # fmt: skip
    if (notices := kept.people.notices) is not None:
        telling = StaffNotices(kept.database, notices.outbox, staff.members, staff.proposals, journal.clock)
        staff.notify_with(telling.glass_broken)
    return staff


def _open_arrivals(database: Database, staff: StaffOffice) -> tuple[Arrivals, SetAsideOrders]:
    """What comes from chains, and what becomes of it where its account is closed."""
    orders = SetAsideOrders()
    orders.register(staff.executors)
    staff.queue.add(SetAsideWork(database))
    return Arrivals(database), orders


def _client_of(owners: Owners, people: People) -> Callable[[int], str]:
    """The user behind an account, by whom a client is known."""

    def client_of(account_id: int) -> str:
        user = people.users.by_account(owners.owner_of(account_id))
        return user.user_id if user else ""

    return client_of


def _open_node(
    directory: Path,
    configuration: Configuration,
    listeners: Sequence[Listener],
    clock: Callable[[], int],
    random_bytes: Callable[[int], bytes],
) -> Node:
    return Node.open(
        directory,
        Engine,
        clock,
        load_engine=Engine.load,
        listeners=listeners,
        operator_keys=configuration.known_keys,
        random_bytes=random_bytes,
        in_line_below_ns=QUICK_SYNC_NS,
        make_notary=lambda: open_notary(
            directory,
            open_sealer(directory, random_bytes),
            random_bytes,
            outside=configuration.checkpoints.directory,
        ),
    )
