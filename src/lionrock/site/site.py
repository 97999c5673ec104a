"""Opens a data directory: the node, the views it feeds, and the keys of who may ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Self

import msgspec
from sqlalchemy import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from lionrock.core.engine import Engine
from lionrock.gateways.replays import Replays
from lionrock.gateways.rest.contract import NS_PER_MS, Probes, Profile, Traffic, Venue
from lionrock.node.node import Node
from lionrock.people.api_keys import ApiKeys
from lionrock.people.people import People
from lionrock.site.configuration import Configuration, read_configuration
from lionrock.site.readiness import probes
from lionrock.site.signing import open_notary
from lionrock.store.database import DatabaseUnusable, open_database
from lionrock.store.sealing import open_sealer
from lionrock.views.catalogue import Catalogue
from lionrock.views.market_data import MarketData
from lionrock.views.orders import Orders
from lionrock.views.remembered import Remembered
from lionrock.views.trading_rules import TradingRules

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
    clock: Callable[[], int]
    database: Database
    hash_client_order_id: Callable[[bytes], int]
    """Keyed with the data directory's master key; the journal carries what it gives."""
    probes: Probes
    people: People
    taken_until_ns: int
    """When the site last did something before it was opened."""

    @classmethod
    async def open(cls, directory: Path, clock: Callable[[], int], random_bytes: Callable[[int], bytes]) -> Self:
        """Replays the journal of `directory`, which is made when it is not there.

        `clock` gives nanoseconds since 1970, `random_bytes(n)` must be a cryptographic source. Raises what `Node.open`
        raises, `ConfigurationInvalid`, `MasterKeyUnusable`, `DatabaseUnusable`, `JournalMismatch` and `SealBroken`; the
        directory is then free again.
        """
        configuration = read_configuration(directory)
        catalogue, orders, market_data = Catalogue(), Orders(), MarketData()
        remembered, trading_rules = Remembered(), TradingRules()
        node = Node.open(
            directory,
            Engine,
            clock,
            load_engine=Engine.load,
            listeners=(catalogue, orders, market_data, remembered, trading_rules),
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
        try:
            sealer = open_sealer(directory, random_bytes)
            database = open_database(directory)
            journal_id, accounts, access = node.journal_id, catalogue.accounts, configuration.access
            keys = ApiKeys(database, sealer, random_bytes, clock, journal_id=journal_id, accounts=accounts)
            people = People(
                database,
                sealer,
                random_bytes,
                clock,
                rules=access.session_rules,
                relying_party=access.relying_party,
                journal_id=journal_id,
                accounts=accounts,
            )
        except SQLAlchemyError as error:
            await node.close()
            raise DatabaseUnusable(directory, error) from error
        except BaseException:
            await node.close()
            raise
        hasher = sealer.hasher("client order ids")
        watched = probes(node, configuration, directory, clock)
        views = catalogue, orders, market_data, remembered, trading_rules
        taken_until_ns = max(node.engine.last_time_ns, keys.last_change_ns)
        return cls(configuration, node, *views, keys, clock, database, hasher, watched, people, taken_until_ns)

    def venue(self, profile: Profile, *, is_sandbox: bool = False) -> Venue:
        """What the public interface works with."""
        configuration = self.configuration
        return Venue(
            self.node,
            self.catalogue,
            self.orders,
            self.market_data,
            self.keys,
            self.clock,
            profile,
            self.client_order_key,
            self.probes,
            remembered=self.remembered,
            trading_rules=self.trading_rules,
            people=self.people,
            traffic=Traffic(
                limits=configuration.limits.buckets(is_sandbox=is_sandbox),
                replays=Replays(self.taken_until_ns // NS_PER_MS),
                proxies=configuration.access.proxies,
            ),
        )

    def client_order_key(self, account_id: int, client_order_id: str) -> int:
        """What the core knows an account's own name for an order by."""
        return self.hash_client_order_id(account_id.to_bytes(8, "little") + client_order_id.encode())

    async def close(self) -> None:
        """Finish what waits and let go of the directory."""
        try:
            await self.node.close()
        finally:
            self.people.close()
            self.database.dispose()
