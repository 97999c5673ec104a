"""What a return tells of the venue itself, drawn from the read models as they were at the cut-off.

The rows are those of commands before the end of the period, so what is booked later changes nothing: drawn again a year
later the figures are the same. (A trade that was booked back counts as such from the command that did it on.)
"""

from __future__ import annotations

from collections import defaultdict

import msgspec
from sqlalchemy import Connection, func, or_, select

from lionrock.compliance.papers.periods import Period
from lionrock.views.sql.queries import balances_at
from lionrock.views.sql.reading import key_at, sequence_before
from lionrock.views.sql.tables import accounts, assets, fills, markets, trades
from lionrock.words.amounts import format_decimal
from lionrock.words.enumerations import AccountKind


class AssetAmount(msgspec.Struct, frozen=True):
    """Exact, in whole units."""

    asset: str
    amount: str


class MarketVolume(msgspec.Struct, frozen=True):
    """What traded on one market, each trade counted once."""

    market: str
    asset: str
    quantity: str
    currency: str
    value: str
    trades: int


class VenueFigures(msgspec.Struct, frozen=True):
    """Of a period."""

    client_assets: tuple[AssetAmount, ...]
    """All that clients have together at the cut-off, held amounts included."""
    volumes: tuple[MarketVolume, ...]
    volume_by_asset: tuple[AssetAmount, ...]
    clients: int
    """Accounts of clients that were open at the cut-off."""
    clients_that_traded: int
    trades: int
    cut_off_sequence: str
    """Of the last command before the cut-off that moved anything."""


def venue_figures(connection: Connection, period: Period) -> VenueFigures:
    """A question to the rows, which must tell of everything before the end of the period."""
    sequence = sequence_before(connection, period.until_ns)
    scales = {row.asset_id: row for row in connection.execute(select(assets))}
    clients = select(accounts.c.account_id).where(
        accounts.c.account_kind == AccountKind.CLIENT, accounts.c.opened_ns < period.until_ns
    )
    ids = set(connection.execute(clients).scalars())
    owned: defaultdict[int, int] = defaultdict(int)
    for account_id, asset_id, available, held in balances_at(connection, sequence):
        if account_id in ids:
            owned[asset_id] += available + held
    low, high = (key_at(connection, trades.c.trade_id, trades.c.time_ns, each) for each in period)
    volumes = _volumes(connection, low, high, sequence)
    by_asset: defaultdict[int, int] = defaultdict(int)
    for row in volumes:
        by_asset[row.base_asset_id] += row.base_atoms
    stands = or_(fills.c.cancelled_sequence.is_(None), fills.c.cancelled_sequence > sequence)
    traded = select(func.count(fills.c.account_id.distinct())).where(
        fills.c.fill_id.between(2 * low, 2 * high - 1), stands, fills.c.account_id.in_(clients)
    )
    return VenueFigures(
        client_assets=tuple(_amount(scales[each], owned[each]) for each in sorted(owned)),
        volumes=tuple(
            MarketVolume(
                row.symbol,
                scales[row.base_asset_id].code,
                format_decimal(row.base_atoms, scales[row.base_asset_id].decimals),
                scales[row.quote_asset_id].code,
                format_decimal(row.quote_atoms, scales[row.quote_asset_id].decimals),
                row.trades,
            )
            for row in volumes
        ),
        volume_by_asset=tuple(_amount(scales[each], by_asset[each]) for each in sorted(by_asset)),
        clients=len(ids),
        clients_that_traded=int(connection.execute(traded).scalar_one()),
        trades=sum(row.trades for row in volumes),
        cut_off_sequence=str(sequence),
    )


class Holding(msgspec.Struct, frozen=True):
    """One asset in the ledger, in atoms."""

    asset: str
    decimals: int
    clients_atoms: int
    """What is set aside in suspense among it."""
    own_atoms: int
    """Of all accounts that are neither clients' nor the contra side."""
    custody_atoms: int
    """What the contra side owes for all of them."""


def holdings_at(connection: Connection, period: Period) -> list[Holding]:
    """Every asset as it was at the end of a period, by asset id."""
    kinds = {row.account_id: row.account_kind for row in connection.execute(select(accounts))}
    sums: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for account_id, asset_id, available, held in balances_at(connection, sequence_before(connection, period.until_ns)):
        kind, amount = kinds[account_id], available + held
        if kind == AccountKind.CUSTODY:
            sums[asset_id][2] -= amount
        else:
            sums[asset_id][kind not in _OF_CLIENTS] += amount
    scales = {row.asset_id: row for row in connection.execute(select(assets))}
    return [Holding(scales[each].code, scales[each].decimals, *sums[each]) for each in sorted(sums)]


_OF_CLIENTS = (AccountKind.CLIENT, AccountKind.SUSPENSE)
"""What is set aside came for a client too."""


class _Volume(msgspec.Struct):
    symbol: str
    base_asset_id: int
    quote_asset_id: int
    base_atoms: int = 0
    quote_atoms: int = 0
    trades: int = 0


def _volumes(connection: Connection, low: int, high: int, sequence: int) -> list[_Volume]:
    """By market. Added up here: a month's sum may pass 64 bits."""
    places = {row.market_id: row for row in connection.execute(select(markets).order_by(markets.c.market_id))}
    found = {key: _Volume(row.symbol, row.base_asset_id, row.quote_asset_id) for key, row in places.items()}
    c = trades.c
    stands = or_(c.cancelled_sequence.is_(None), c.cancelled_sequence > sequence)
    wanted = select(c.market_id, c.size_lots, c.quote_atoms).where(c.trade_id.between(low, high - 1), stands)
    for market_id, size_lots, quote_atoms in connection.execute(wanted):
        volume = found[market_id]
        volume.base_atoms += size_lots * places[market_id].lot_base_atoms
        volume.quote_atoms += quote_atoms
        volume.trades += 1
    return [each for each in found.values() if each.trades]


def _amount(scale: object, atoms: int) -> AssetAmount:
    return AssetAmount(scale.code, format_decimal(atoms, scale.decimals))  # type: ignore[attr-defined]
