"""Draws papers from the rows of the read models. Every sum is checked against the ledger before there is a paper."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, func, select

from lionrock.compliance.papers.documents import (
    AccountStatement,
    AssetFlow,
    AssetSum,
    Balance,
    Client,
    ContractNote,
    Entity,
    Movement,
    NoteTrade,
    Receipt,
    Source,
    Span,
)
from lionrock.compliance.papers.periods import PaperKind, Period, begun_ns
from lionrock.views.sql.entries import EntryReason
from lionrock.views.sql.projection import read_position
from lionrock.views.sql.queries import balances_at
from lionrock.views.sql.reading import key_at, sequence_before, totals_after
from lionrock.views.sql.statements import Amounts, Statement, draw_statement
from lionrock.views.sql.tables import accounts, assets, bookings, fills, ledger_entries, markets, trades
from lionrock.words.amounts import format_decimal
from lionrock.words.enumerations import AccountKind, Side, TransferPurpose

MOST_LINES = 1_000_000
"""Entries of a statement; more than any account made in a month so far, and a bound all the same."""
MOST_TRADES = 1_000_000
_CHARGES = (EntryReason.TRADE_FEE, EntryReason.TRADE_REBATE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CROSSING = (TransferPurpose.DEPOSIT, TransferPurpose.WITHDRAWAL)


class PaperWrong(Exception):
    """The figures of a paper do not agree with the ledger: the rows are damaged, and there is no paper."""


class Owed(NamedTuple):
    """A paper that somebody is owed."""

    account_id: int
    reference_id: int
    begun_ns: int


class Wanted(NamedTuple):
    """What is to be drawn, and what is told about the two sides of it."""

    paper_id: str
    kind: PaperKind
    account_id: int
    reference_id: int
    period: Period
    entity: Entity
    client: Client
    prepared_ns: int
    zone: tzinfo
    zone_name: str


def local_time(at_ns: int, zone: tzinfo) -> str:
    """ISO 8601 with the distance from UTC, to the nanosecond."""
    moment = (_EPOCH + timedelta(microseconds=at_ns // 1000)).astimezone(zone)
    distance = moment.strftime("%z")
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ns % 10**9:09d}{distance[:3]}:{distance[3:5]}"


def owed(connection: Connection, kind: PaperKind, period: Period) -> list[Owed]:
    """A question to the rows: who is owed a paper of a kind for a period that is over."""
    match kind:
        case PaperKind.CONTRACT_NOTE:
            return _owed_notes(connection, period)
        case PaperKind.RECEIPT:
            found = connection.execute(_crossings(connection, period)).all()
            return [Owed(row.account_id, row.entry_id, row.time_ns) for row in found]
        case PaperKind.DAILY_STATEMENT:
            return [Owed(each, 0, begun_ns(kind, period)) for each in sorted(_moved(connection, period))]
        case _:
            wanted = _moved(connection, period) | _having(connection, period)
            return [Owed(each, 0, begun_ns(kind, period)) for each in sorted(wanted)]


def first_ns(connection: Connection) -> int | None:
    """A question to the rows: when the site's first account was opened; None while there is none."""
    found = connection.execute(select(func.min(accounts.c.opened_ns))).scalar()
    return None if found is None else int(found)


def _clients() -> Select[Any]:
    return select(accounts.c.account_id).where(accounts.c.account_kind == AccountKind.CLIENT)


def _fills_of(connection: Connection, period: Period) -> Any:
    low, high = (key_at(connection, trades.c.trade_id, trades.c.time_ns, ns) for ns in period)
    return fills.c.fill_id.between(2 * low, 2 * high - 1)


def _owed_notes(connection: Connection, period: Period) -> list[Owed]:
    wanted = (
        select(fills.c.account_id, func.min(fills.c.time_ns))
        .where(_fills_of(connection, period), fills.c.account_id.in_(_clients()))
        .group_by(fills.c.account_id)
        .order_by(fills.c.account_id)
    )
    return [Owed(row[0], 0, row[1]) for row in connection.execute(wanted)]


def _entries_of(connection: Connection, period: Period) -> Any:
    c = ledger_entries.c
    low, high = (key_at(connection, c.entry_id, c.time_ns, ns) for ns in period)
    return c.entry_id.between(low, high - 1)


def _moved(connection: Connection, period: Period) -> set[int]:
    c = ledger_entries.c
    wanted = (
        select(c.account_id)
        .where(_entries_of(connection, period), c.available_change_atoms != -c.held_change_atoms)
        .where(c.account_id.in_(_clients()))
        .distinct()
    )
    return set(connection.execute(wanted).scalars())


def _having(connection: Connection, period: Period) -> set[int]:
    clients = set(connection.execute(_clients()).scalars())
    rows = balances_at(connection, sequence_before(connection, period.until_ns))
    return {account_id for account_id, _, available, held in rows if available + held} & clients


def _crossings(connection: Connection, period: Period) -> Select[Any]:
    """Entries by which something came in or left."""
    c = ledger_entries.c
    return (
        select(*c, bookings.c.purpose)
        .join(bookings, bookings.c.sequence == c.sequence)
        .where(_entries_of(connection, period), c.account_id.in_(_clients()))
        .where(bookings.c.purpose.in_(_CROSSING), c.reason.in_((EntryReason.TRANSFER, EntryReason.HOLD_SETTLED)))
        .where(c.available_change_atoms != -c.held_change_atoms)
        .order_by(c.entry_id)
    )


def draw(connection: Connection, directory: Path, wanted: Wanted) -> ContractNote | AccountStatement | Receipt:
    """A question to the rows: the paper. Raises `PaperWrong`, `StatementWrong` and `StatementTooLong`."""
    match wanted.kind:
        case PaperKind.CONTRACT_NOTE:
            return _contract_note(connection, wanted)
        case PaperKind.RECEIPT:
            return _receipt(connection, wanted)
        case _:
            return _statement(connection, directory, wanted)


def _source(connection: Connection) -> Source:
    at = read_position(connection)
    return Source(str(at.sequence), str(at.frames), at.frame_hash.hex() if at.frame_hash else "")


def _note_rows(connection: Connection, wanted: Wanted) -> Sequence[Row[Any]]:
    base, quote, charged = assets.alias(), assets.alias(), assets.alias()
    return connection.execute(
        select(
            fills,
            trades.c.in_auction,
            trades.c.sequence,
            markets.c.symbol,
            markets.c.tick_quote_atoms,
            (fills.c.size_lots * markets.c.lot_base_atoms).label("base_atoms"),
            base.c.asset_id.label("base_id"),
            base.c.code.label("base_code"),
            base.c.decimals.label("base_decimals"),
            quote.c.asset_id.label("quote_id"),
            quote.c.code.label("quote_code"),
            quote.c.decimals.label("quote_decimals"),
            charged.c.code.label("fee_code"),
            charged.c.decimals.label("fee_decimals"),
        )
        .join(trades, trades.c.trade_id == fills.c.trade_id)
        .join(markets, markets.c.market_id == fills.c.market_id)
        .join(base, base.c.asset_id == markets.c.base_asset_id)
        .join(quote, quote.c.asset_id == markets.c.quote_asset_id)
        .join(charged, charged.c.asset_id == fills.c.fee_asset_id)
        .where(_fills_of(connection, wanted.period), fills.c.account_id == wanted.account_id)
        .order_by(fills.c.fill_id)
        .limit(MOST_TRADES)
    ).all()


def _note_trade(row: Row[Any], zone: tzinfo) -> NoteTrade:
    at = local_time(row.time_ns, zone)
    role = "auction" if row.in_auction else "maker" if row.is_maker else "taker"
    return NoteTrade(
        trade_id=str(row.trade_id),
        order_id=str(row.order_id),
        traded_at=at,
        settled_at=at,
        market=row.symbol,
        asset=row.base_code,
        side="buy" if row.side == Side.BUY else "sell",
        quantity=format_decimal(row.base_atoms, row.base_decimals),
        price=format_decimal(row.price_ticks * row.tick_quote_atoms, row.quote_decimals),
        consideration=format_decimal(row.quote_atoms, row.quote_decimals),
        currency=row.quote_code,
        fees=format_decimal(row.fee_atoms, row.fee_decimals),
        fee_asset=row.fee_code,
        liquidity=role,
        is_cancelled=row.cancelled_sequence is not None,
    )


class _Flow:
    """Atoms of one asset."""

    def __init__(self) -> None:
        self.received = self.paid = self.fees = 0

    @property
    def net(self) -> int:
        return self.received - self.paid - self.fees


def _flows(rows: Iterable[Row[Any]]) -> dict[int, _Flow]:
    flows: defaultdict[int, _Flow] = defaultdict(_Flow)
    for row in rows:
        if row.cancelled_sequence is not None:
            continue
        gets, gives = (row.base_id, row.quote_id) if row.side == Side.BUY else (row.quote_id, row.base_id)
        amounts = {row.base_id: row.base_atoms, row.quote_id: row.quote_atoms}
        flows[gets].received += amounts[gets]
        flows[gives].paid += amounts[gives]
        flows[row.fee_asset_id].fees += row.fee_atoms
    return dict(flows)


def _contract_note(connection: Connection, wanted: Wanted) -> ContractNote:
    rows = _note_rows(connection, wanted)
    flows = _flows(rows)
    booked = _booked(connection, wanted, rows)
    if {asset_id: flow.net for asset_id, flow in flows.items() if flow.net} != booked:
        raise PaperWrong(f"the trades of account {wanted.account_id} do not come to its ledger entries")
    scales = {row.asset_id: row for row in connection.execute(select(assets))}
    totals = []
    for asset_id, flow in sorted(flows.items()):
        scale = scales[asset_id]
        figures = (format_decimal(each, scale.decimals) for each in (flow.received, flow.paid, flow.fees, flow.net))
        totals.append(AssetFlow(scale.code, *figures))
    return ContractNote(
        paper_id=wanted.paper_id,
        entity=wanted.entity,
        client=wanted.client,
        period=_span(wanted),
        capacity="agent",
        trades=tuple(_note_trade(row, wanted.zone) for row in rows),
        totals=tuple(totals),
        recorded_at=_source(connection),
        prepared_at=local_time(wanted.prepared_ns, wanted.zone),
    )


def _booked(connection: Connection, wanted: Wanted, rows: Sequence[Row[Any]]) -> dict[int, int]:
    """What the ledger's own entries say these trades changed, by asset; what comes to nothing is left out.

    Looked for by account, asset and command, as the index has them: a venue's day may have millions of entries.
    """
    c, counted = ledger_entries.c, {row.trade_id for row in rows if row.cancelled_sequence is None}
    if not counted:
        return {}
    sequences = [row.sequence for row in rows]
    touched = {asset_id for row in rows for asset_id in (row.base_id, row.quote_id, row.fee_asset_id)}
    found = connection.execute(
        select(c.asset_id, c.reference_id, (c.available_change_atoms + c.held_change_atoms).label("change")).where(
            c.account_id == wanted.account_id,
            c.asset_id.in_(touched),
            c.sequence.between(min(sequences), max(sequences)),
            c.reason.in_((EntryReason.TRADE, *_CHARGES)),
        )
    )
    sums: defaultdict[int, int] = defaultdict(int)
    for row in found:
        if row.reference_id in counted:
            sums[row.asset_id] += row.change
    return {asset_id: change for asset_id, change in sums.items() if change}


def _receipt(connection: Connection, wanted: Wanted) -> Receipt:
    c = ledger_entries.c
    row = connection.execute(
        select(*c, bookings.c.purpose, assets.c.code, assets.c.decimals)
        .join(bookings, bookings.c.sequence == c.sequence)
        .join(assets, assets.c.asset_id == c.asset_id)
        .where(and_(c.entry_id == wanted.reference_id, c.account_id == wanted.account_id))
    ).one_or_none()
    if row is None:
        raise PaperWrong(f"account {wanted.account_id} has no ledger entry {wanted.reference_id}")
    change = row.available_change_atoms + row.held_change_atoms
    total = totals_after(connection, wanted.account_id, [row.sequence])[row.entry_id]
    return Receipt(
        paper_id=wanted.paper_id,
        entity=wanted.entity,
        client=wanted.client,
        direction="deposit" if change > 0 else "withdrawal",
        received_at=local_time(row.time_ns, wanted.zone),
        asset=row.code,
        quantity=format_decimal(abs(change), row.decimals),
        account=str(wanted.account_id),
        ledger_entry=str(row.entry_id),
        balance_after=format_decimal(total, row.decimals),
        recorded_at=_source(connection),
        prepared_at=local_time(wanted.prepared_ns, wanted.zone),
    )


def _statement(connection: Connection, directory: Path, wanted: Wanted) -> AccountStatement:
    told = draw_statement(connection, directory, wanted.account_id, *wanted.period, most_lines=MOST_LINES)
    scales = {each.asset_id: each for each in told.totals}
    running = {each.asset_id: sum(each.opening) for each in told.totals}
    fees: defaultdict[int, int] = defaultdict(int)
    movements = []
    for line in told.lines:
        change = sum(line.change)
        running[line.asset_id] += change
        if line.reason in {each.name for each in _CHARGES}:
            fees[line.asset_id] -= change
        if change:
            asset = scales[line.asset_id]
            movements.append(
                Movement(
                    entry_id=str(line.entry_id),
                    at=local_time(line.time_ns, wanted.zone),
                    asset=asset.code,
                    what=line.reason if line.purpose == "TRADE" else line.purpose,
                    reference_id=str(line.reference_id) if line.reference_id else "",
                    change=format_decimal(change, asset.decimals),
                    total_after=format_decimal(running[line.asset_id], asset.decimals),
                )
            )
    if any(running[each.asset_id] != sum(each.closing) for each in told.totals):
        raise PaperWrong(f"the movements of account {wanted.account_id} do not come to its closing balances")
    charged = ((scales[asset_id], amount) for asset_id, amount in sorted(fees.items()))
    return AccountStatement(
        kind=wanted.kind.value,
        paper_id=wanted.paper_id,
        entity=wanted.entity,
        client=wanted.client,
        period=_span(wanted),
        opening_balances=_balances(told, lambda each: each.opening),
        movements=tuple(movements),
        fees=tuple(AssetSum(asset.code, format_decimal(amount, asset.decimals)) for asset, amount in charged),
        closing_balances=_balances(told, lambda each: each.closing),
        recorded_at=_source(connection),
        prepared_at=local_time(wanted.prepared_ns, wanted.zone),
    )


def _balances(told: Statement, side: Callable[[Any], Amounts]) -> tuple[Balance, ...]:
    return tuple(
        Balance(each.code, *(format_decimal(atoms, each.decimals) for atoms in (*side(each), sum(side(each)))))
        for each in told.totals
    )


def _span(wanted: Wanted) -> Span:
    begins, ends = (local_time(each, wanted.zone) for each in wanted.period)
    return Span(begins, ends, wanted.zone_name)
