"""What is listed and who has accounts. These events are few, so they are taken one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, insert, select, update

from lionrock.views.sql.decoding import NONE, EventBlock, EventsOfKind, Ints
from lionrock.views.sql.tables import accounts, assets, markets
from lionrock.words.enumerations import MarketPhase
from lionrock.words.events import (
    EVENTS,
    AccountOpened,
    AccountProfileSet,
    AssetListed,
    BeneficialOwnerSet,
    Event,
    FeeTierAssigned,
    MarketListed,
    MarketPhaseChanged,
    ValuationSet,
)
from lionrock.words.faults import Fault
from lionrock.words.records import RECORD_BYTES, unpack

_HANDLED = (
    AssetListed,
    ValuationSet,
    MarketListed,
    MarketPhaseChanged,
    AccountOpened,
    FeeTierAssigned,
    BeneficialOwnerSet,
    AccountProfileSet,
)
_MARKET_COLUMNS = ("market_id", "base_asset_id", "quote_asset_id", "fee_currency", "lot_base_atoms", "fee_account_id")
_LISTED = tuple(column.name for column in markets.columns if column.name != "phase")
_PROFILE = ("legal_entity", "client_class", "restriction")


class Markets:
    """What has to be known of markets to read their trades, as columns in order of their ids."""

    def __init__(self) -> None:
        self._columns: dict[str, Ints] = {name: np.empty(0, np.int64) for name in _MARKET_COLUMNS}

    def column(self, name: str) -> Ints:
        return self._columns[name]

    def rows_of(self, market_ids: Ints) -> Ints:
        """Where these markets stand in the columns. Raises `Fault` for one that is not listed."""
        known = self._columns["market_id"]
        rows = np.searchsorted(known, market_ids)
        if len(market_ids) and (not len(known) or (known[np.minimum(rows, len(known) - 1)] != market_ids).any()):
            raise Fault("an event names a market that is not listed")
        return rows.astype(np.int64)

    def add(self, listings: list[Any]) -> None:
        """Objects or rows with the columns as attributes."""
        if not listings:
            return
        new = {name: [int(getattr(each, name)) for each in listings] for name in _MARKET_COLUMNS}
        columns = {name: np.concatenate((self._columns[name], np.array(new[name], np.int64))) for name in new}
        order = np.argsort(columns["market_id"])
        self._columns = {name: column[order] for name, column in columns.items()}


class Valuations:
    """What assets are worth to the core at each moment."""

    def __init__(self) -> None:
        self._prices: dict[int, int] = {}

    def set(self, asset_id: int, price_atoms: int | None) -> None:
        self._prices[asset_id] = NONE if price_atoms is None else price_atoms

    def stamp(self, block: EventBlock, at: Ints, asset_ids: Ints) -> Ints:
        """The price in force for each (position, asset), `NONE` without one; then the last ones of the block count."""
        known, which = np.unique(asset_ids, return_inverse=True)
        prices = np.array([self._prices.get(asset_id, NONE) for asset_id in known.tolist()], np.int64)
        stamps: Ints = prices[which] if len(known) else np.empty(0, np.int64)
        events = block.of(ValuationSet)
        for position, asset_id, price in zip(
            events.at.tolist(), events["asset_id"].tolist(), events["price_atoms"].tolist(), strict=True
        ):
            self.set(asset_id, price or None)
            stamps[(asset_ids == asset_id) & (at > position)] = price or NONE
        return stamps


class Catalogue:
    """Assets, markets and accounts."""

    def __init__(self) -> None:
        self.markets = Markets()
        self.valuations = Valuations()

    def load(self, connection: Connection) -> None:
        """From the rows of a database."""
        self.markets.add(list(connection.execute(select(markets))))
        for row in connection.execute(select(assets.c.asset_id, assets.c.valuation_price_atoms)):
            self.valuations.set(row.asset_id, row.valuation_price_atoms)

    def take_in(self, block: EventBlock) -> None:
        """Markets that are listed among these events are known from here on."""
        listed = block.of(MarketListed)
        self.markets.add([_event(listed, row) for row in range(len(listed))])

    def write(self, connection: Connection, block: EventBlock) -> None:
        """The rows that these events change, in their order."""
        if not block.has(_HANDLED):
            return
        found = [
            (int(events.at[row]), events, row)
            for each in _HANDLED
            for events in [block.of(each)]
            for row in range(len(events))
        ]
        for _, events, row in sorted(found, key=lambda each: each[0]):
            _write_one(connection, _event(events, row))


def _event(events: EventsOfKind, row: int) -> Event:
    """One event as an object; ids that SQL cannot hold are refused. Raises `IdTooLarge`."""
    for name in events.records.dtype.names or ():
        if name.endswith("account_id"):
            events[name]
    record = bytes(events.records[row : row + 1].tobytes())
    return unpack(EVENTS, record.ljust(RECORD_BYTES, b"\0"))


def _write_one(connection: Connection, event: Event) -> None:
    match event:
        case AssetListed():
            row = {"asset_id": event.asset_id, "code": event.code, "decimals": event.decimals, "is_money": 0}
            connection.execute(insert(assets).values(row))
        case ValuationSet():
            _set(
                connection,
                assets,
                event.asset_id,
                valuation_price_atoms=event.price_atoms or None,
                is_money=event.is_money,
            )
        case MarketListed():
            row = {name: getattr(event, name) for name in _LISTED}
            connection.execute(insert(markets).values(row | {"phase": MarketPhase.CONTINUOUS}))
        case MarketPhaseChanged():
            _set(connection, markets, event.market_id, phase=event.phase)
        case AccountOpened():
            row = {"account_id": event.account_id, "account_kind": event.account_kind, "opened_ns": event.time_ns}
            zeros = dict.fromkeys(("fee_tier", *_PROFILE), 0)
            connection.execute(insert(accounts).values(row | zeros))
        case FeeTierAssigned():
            _set(connection, accounts, event.account_id, fee_tier=event.tier)
        case BeneficialOwnerSet():
            _set(connection, accounts, event.account_id, owner_id=event.owner_id)
        case AccountProfileSet():
            _set(connection, accounts, event.account_id, **{name: getattr(event, name) for name in _PROFILE})


def _set(connection: Connection, table: Table, key: int, **values: int | None) -> None:
    (key_column,) = table.primary_key.columns
    connection.execute(update(table).where(key_column == key).values(**values))
