"""What moved an account's balances, as the contract tells it: flows, or typed rows; balances at the end of a day.

Both are read from the read models. There is no room in them to say how far they tell, so a page that would not be
complete is refused with -1007, after some seconds of waiting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, FromClause, Row, select

from lionrock.gateways.rest.contract import NS_PER_MS, Call, Endpoint, Kind, Parameter, Security, Venue, own_account
from lionrock.gateways.rest.errors import Refused, missing_or_invalid
from lionrock.gateways.rest.histories import ACCOUNT, ask_complete, explained
from lionrock.gateways.rest.orders import time_range
from lionrock.gateways.rest.rows import milliseconds_text, side_name
from lionrock.views.sql.entries import EntryReason
from lionrock.views.sql.queries import balances_at
from lionrock.views.sql.reading import (
    LAST_KEY,
    Span,
    entries_of_commands,
    entries_page,
    fills_page,
    moved,
    sequence_before,
    totals_after,
)
from lionrock.views.sql.tables import bookings, ledger_entries
from lionrock.words.amounts import format_decimal
from lionrock.words.enumerations import Side, TransferPurpose

DEFAULT_ROWS, MAX_ROWS = 100, 500
MOST_LOOKS = 50
"""Pages that one answer looks through for rows of one kind: a million entries of each asset."""
SPOT_ACCOUNT_TYPE = "1"
"""The only one there is: perpetual futures (3), custody (5) and fiat (6) accounts have no rows."""
DAY_STARTS = {"HK": timedelta(hours=8), "MENA": timedelta(hours=4), "BMU": timedelta(0)}
"""How far a site's day is ahead of UTC. Bermuda's is UTC's."""
NS_PER_SECOND = 10**9
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

R, P = EntryReason, TransferPurpose
TRADE, FEE, TRANSFER = 1, 2, 51
DEPOSIT, WITHDRAWAL, MONEY_DEPOSIT, MONEY_WITHDRAWAL = 900, 904, 906, 910
FLOW_NAMES = {
    TRADE: "TRADE",
    FEE: "FEE",
    TRANSFER: "USER_ACCOUNT_TRANSFER",
    DEPOSIT: "CUSTODY_DEPOSIT",
    WITHDRAWAL: "CUSTODY_WITHDRAW",
    MONEY_DEPOSIT: "FIAT_DEPOSIT",
    MONEY_WITHDRAWAL: "FIAT_WITHDRAW",
}
_FEE_AS_CCXT_SENDS_IT = 3
_FUNDING = 32
"""Of perpetual futures; there are none."""
_FLOW_OF_REASON = {R.TRADE: TRADE, R.TRADE_CANCELLED: TRADE, R.TRADE_FEE: FEE, R.TRADE_REBATE: FEE}
_IN_AND_OUT = {P.DEPOSIT: (DEPOSIT, MONEY_DEPOSIT), P.WITHDRAWAL: (WITHDRAWAL, MONEY_WITHDRAWAL)}


class DayBalance(msgspec.Struct, rename="camel"):
    """What the account had of an asset, as decimal text: `total` is `free` and `locked` together."""

    asset: str
    asset_id: str
    asset_name: str
    total: str
    free: str
    locked: str


class DayBalances(msgspec.Struct, rename="camel"):
    """The account at the end of a day."""

    balances: list[DayBalance]
    user_id: str


class Flow(msgspec.Struct, rename="camel", kw_only=True):
    """One change of what the account has of an asset. `total` is what it had after it."""

    id: str
    account_id: str
    coin: str
    coin_id: str
    coin_name: str
    flow_type_value: int
    flow_type: str
    flow_name: str = ""
    change: str
    total: str
    created: str


async def balance_flow(venue: Venue, call: Call) -> object:
    """The Global form, newest first; the typed form of the Hong Kong site when `type` is sent."""
    kind = call.parameters.text("type")
    return await (_flows(venue, call) if kind is None else _typed(venue, call, kind))


def _span(call: Call, **more: Any) -> Span:
    from_ns, last_ns = time_range(call.parameters)
    limit = call.parameters.limit(DEFAULT_ROWS, MAX_ROWS)
    return Span(own_account(call), from_ns, min(last_ns + 1, LAST_KEY), limit=limit, **more)


async def _flows(venue: Venue, call: Call) -> list[Flow]:
    span = _span(call, newest_first=True)
    wanted, account_type = call.parameters.number("flowType"), call.parameters.text("accountType")
    wanted = FEE if wanted == _FEE_AS_CCXT_SENDS_IT else wanted
    if wanted is not None and wanted not in {*FLOW_NAMES, _FUNDING}:
        raise missing_or_invalid("flowType")
    if account_type not in {None, SPOT_ACCOUNT_TYPE, "3", "5", "6"}:
        raise missing_or_invalid("accountType")
    nothing = wanted == _FUNDING or account_type not in {None, SPOT_ACCOUNT_TYPE}

    def read(connection: Connection) -> list[tuple[Row[Any], int]]:
        if nothing:
            return []
        rows = _whole_page(connection, span, _of_flow(venue, wanted))
        totals = totals_after(connection, span.account_id, (row.sequence for row in rows))
        return [(row, totals[row.entry_id]) for row in rows]

    found, _ = await ask_complete(venue, read)
    return [_flow(venue, row, total) for row, total in found]


def _whole_page(connection: Connection, span: Span, narrow: Callable[[FromClause], list[Any]]) -> list[Row[Any]]:
    """A page is short when it has left many rows out; the contract's lists are not."""
    rows: list[Row[Any]] = []
    for _ in range(MOST_LOOKS):
        page = entries_page(connection, span._replace(limit=span.limit - len(rows)), narrow=narrow)
        rows += page.rows
        if not page.has_more or len(rows) == span.limit:
            return rows
        span = span._replace(behind=page.behind)
    raise _too_long()


def _too_long() -> Refused:
    words = "there is too much in this time to look through for rows of that kind"
    return explained(-1007, "too_much_to_look_through", words, "ask for a shorter time")


def _of_flow(venue: Venue, wanted: int | None) -> Callable[[FromClause], list[ColumnElement[bool]]]:
    """Which entries are flows, and of that type."""
    money = [asset.asset_id for asset in venue.catalogue.assets.values() if asset.code in venue.profile.money]

    def narrow(entry: FromClause) -> list[ColumnElement[bool]]:
        purpose, is_money = bookings.c.purpose, entry.c.asset_id.in_(money)
        kinds: dict[int | None, list[ColumnElement[bool]]] = {
            None: [],
            TRADE: [entry.c.reason.in_([R.TRADE, R.TRADE_CANCELLED])],
            FEE: [entry.c.reason.in_([R.TRADE_FEE, R.TRADE_REBATE])],
            TRANSFER: [entry.c.reason > R.TRADE_CANCELLED, purpose.not_in(list(_IN_AND_OUT))],
            DEPOSIT: [purpose == P.DEPOSIT, ~is_money],
            MONEY_DEPOSIT: [purpose == P.DEPOSIT, is_money],
            WITHDRAWAL: [purpose == P.WITHDRAWAL, ~is_money],
            MONEY_WITHDRAWAL: [purpose == P.WITHDRAWAL, is_money],
        }
        return [moved(entry), *kinds[wanted]]

    return narrow


def _flow(venue: Venue, row: Row[Any], total: int) -> Flow:
    asset = venue.catalogue.assets[row.asset_id]
    flow_type = _FLOW_OF_REASON.get(row.reason)
    if flow_type is None:
        token, money = _IN_AND_OUT.get(row.purpose, (TRANSFER, TRANSFER))
        flow_type = money if asset.code in venue.profile.money else token
    return Flow(
        id=str(row.entry_id),
        account_id=str(row.account_id),
        coin=asset.code,
        coin_id=asset.code,
        coin_name=asset.code,
        flow_type_value=flow_type,
        flow_type=FLOW_NAMES[flow_type],
        change=format_decimal(row.available_change_atoms + row.held_change_atoms, asset.decimals),
        total=format_decimal(total, asset.decimals),
        created=milliseconds_text(row.time_ns),
    )


TYPES = ("trade", "deposit", "fiatDeposit", "withdraw", "fiatWithdraw", "transfer", "reversal", "refund")
TypedRow = dict[str, str]


async def _typed(venue: Venue, call: Call, kind: str) -> list[TypedRow]:
    """Newest first; with `beginId` the rows behind that one, oldest first."""
    if kind not in TYPES:
        raise missing_or_invalid("type")
    begin = call.parameters.order_id("beginId")
    span = _span(call, newest_first=begin is None, behind=None if begin is None else min(begin, LAST_KEY - 1))
    client_order_id = call.parameters.text("clientOrderId")
    if kind == "trade":
        found, _ = await ask_complete(venue, lambda connection: _trade_rows(venue, connection, span, client_order_id))
    elif kind == "refund":  # the ledger has no such purpose
        found, _ = await ask_complete(venue, lambda _: list[TypedRow]())
    else:
        found, _ = await ask_complete(venue, lambda connection: _moved_rows(venue, connection, span, kind))
    return found


def _trade_rows(venue: Venue, connection: Connection, span: Span, client_order_id: str | None) -> list[TypedRow]:
    page = _fills(connection, span, client_order_id)
    after: dict[tuple[int, int], int] = {}
    sequences = {row.sequence for row in page}
    totals = totals_after(connection, span.account_id, sequences)
    for entry in entries_of_commands(connection, span.account_id, sequences):
        if entry.reason in {R.TRADE, R.TRADE_FEE, R.TRADE_REBATE}:
            after[entry.reference_id, entry.asset_id] = totals[entry.entry_id]
    return [_trade_row(venue, row, after) for row in page]


def _fills(connection: Connection, span: Span, client_order_id: str | None) -> Sequence[Row[Any]]:
    if client_order_id is None:
        return fills_page(connection, span).rows
    rows: list[Row[Any]] = []
    for _ in range(MOST_LOOKS):
        page = fills_page(connection, span)
        rows += [row for row in page.rows if (row.client_order_id or str(row.order_id)) == client_order_id]
        if not page.has_more or len(rows) >= span.limit:
            return rows[: span.limit]
        span = span._replace(behind=page.behind)
    raise _too_long()


def _trade_row(venue: Venue, row: Row[Any], after: dict[tuple[int, int], int]) -> TypedRow:
    market = venue.catalogue.markets[row.market_id]
    fee_asset = venue.catalogue.assets[row.fee_asset_id]
    sign = 1 if row.side == Side.BUY else -1
    base_atoms, quote_atoms = sign * row.size_lots * market.listing.lot_base_atoms, -sign * row.quote_atoms
    base_atoms -= row.fee_atoms if fee_asset is market.base else 0
    quote_atoms -= row.fee_atoms if fee_asset is market.quote else 0
    base_after = after.get((row.trade_id, market.base.asset_id), 0)
    return {
        "id": str(row.fill_id),
        "accountId": str(row.account_id),
        "type": "trade",
        "netBaseAmount": format_decimal(base_atoms, market.base.decimals),
        "baseCcy": market.base.code,
        "baseAssetBalance": format_decimal(base_after, market.base.decimals),
        "netQuoteAmount": market.quote_text(quote_atoms),
        "quoteCcy": market.quote.code,
        "quoteAssetBalance": market.quote_text(after.get((row.trade_id, market.quote.asset_id), 0)),
        "direction": side_name(row.side),
        "fee": format_decimal(row.fee_atoms, fee_asset.decimals),
        "feeCcy": fee_asset.code,
        "clientOrderId": row.client_order_id or str(row.order_id),
        "orderId": str(row.order_id),
        "tradeId": str(row.trade_id),
        "transactTime": milliseconds_text(row.time_ns),
    }


def _moved_rows(venue: Venue, connection: Connection, span: Span, kind: str) -> list[TypedRow]:
    money = [asset.asset_id for asset in venue.catalogue.assets.values() if asset.code in venue.profile.money]

    def narrow(entry: FromClause) -> list[ColumnElement[bool]]:
        purpose, is_money = bookings.c.purpose, entry.c.asset_id.in_(money)
        kinds: dict[str, list[ColumnElement[bool]]] = {
            "deposit": [purpose == P.DEPOSIT, ~is_money],
            "fiatDeposit": [purpose == P.DEPOSIT, is_money],
            "withdraw": [purpose == P.WITHDRAWAL, ~is_money],
            "fiatWithdraw": [purpose == P.WITHDRAWAL, is_money],
            "transfer": [entry.c.reason > R.TRADE_CANCELLED, purpose.not_in([*_IN_AND_OUT, P.CORRECTION])],
            "reversal": [purpose == P.CORRECTION],
        }
        return [moved(entry), *kinds[kind]]

    rows = _whole_page(connection, span, narrow)
    totals = totals_after(connection, span.account_id, (row.sequence for row in rows))
    others = _counterparties(connection, rows) if kind == "transfer" else {}
    return [_moved_row(venue, kind, row, totals[row.entry_id], others.get(row.entry_id, "")) for row in rows]


def _moved_row(venue: Venue, kind: str, row: Row[Any], total: int, other: str) -> TypedRow:
    asset = venue.catalogue.assets[row.asset_id]
    change = row.available_change_atoms + row.held_change_atoms
    amount, balance = format_decimal(change, asset.decimals), format_decimal(total, asset.decimals)
    account = str(row.account_id)
    common = {
        "id": str(row.entry_id),
        "accountId": account,
        "type": kind,
        "orderId": str(row.sequence),
        "remark": "",
        "transactTime": milliseconds_text(row.time_ns),
    }
    if kind == "transfer":
        gives = change < 0
        return common | {
            "fromAccountId": account if gives else other,
            "toAccountId": other if gives else account,
            "netTransferAmount": format_decimal(abs(change), asset.decimals),
            "transferCcy": asset.code,
            "fromAccountBalance": balance if gives else "",
            "toAccountBalance": "" if gives else balance,
        }
    if kind.startswith("fiat"):
        return common | {"netFiatAmount": amount, "fiatCcy": asset.code, "fiatBalance": balance, "fee": "0"}
    va = {"netVaAmount": amount, "vaCcy": asset.code, "vaChainType": "", "vaBalance": balance, "txnId": ""}
    return common | va | {"fee": "0", "feeCcy": asset.code}


def _counterparties(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, str]:
    """The one other account of a transfer, by entry; left out where there are several."""
    c = ledger_entries.c
    found = {}
    for row in rows:
        # A transfer's two entries stand side by side.
        beside = select(c.account_id).where(
            c.entry_id.between(row.entry_id - 1, row.entry_id + 1),
            c.sequence == row.sequence,
            c.asset_id == row.asset_id,
            c.account_id != row.account_id,
            c.available_change_atoms + c.held_change_atoms == -(row.available_change_atoms + row.held_change_atoms),
        )
        accounts = connection.execute(beside).scalars().all()
        if len(accounts) == 1:
            found[row.entry_id] = str(accounts[0])
    return found


async def end_of_day(venue: Venue, call: Call) -> DayBalances:
    """What the account had at the end of a day that has passed, in the site's time."""
    account_id, text = own_account(call), call.parameters.required("reportDate")
    try:
        day = date.fromisoformat(text)
        zone = timezone(DAY_STARTS.get(venue.profile.site_tag, timedelta(0)))
        end = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise missing_or_invalid("reportDate") from error
    end_ns = int((end - datetime.fromtimestamp(0, UTC)).total_seconds()) * NS_PER_SECOND
    if not _DATE.fullmatch(text) or end_ns > venue.now_ms() * NS_PER_MS:
        raise missing_or_invalid("reportDate")

    def read(connection: Connection) -> list[tuple[int, int, int, int]]:
        return balances_at(connection, sequence_before(connection, end_ns), account_id)

    rows, _ = await ask_complete(venue, read)
    assets = venue.catalogue.assets
    return DayBalances(
        [
            DayBalance(
                assets[asset_id].code,
                assets[asset_id].code,
                assets[asset_id].code,
                format_decimal(available + held, assets[asset_id].decimals),
                format_decimal(available, assets[asset_id].decimals),
                format_decimal(held, assets[asset_id].decimals),
            )
            for _, asset_id, available, held in rows
        ],
        str(account_id),
    )


_READ = Security.USER_DATA
ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/api/v1/account/balanceFlow",
        _READ,
        5,
        balance_flow,
        "What moved the balances; typed rows with `type`",
        parameters=(
            Parameter("startTime", "Rows of this time and later", Kind.MILLISECONDS),
            Parameter("endTime", "Rows up to this time, which is included", Kind.MILLISECONDS),
            Parameter("limit", f"Rows, {DEFAULT_ROWS} unless sent, at most {MAX_ROWS}", Kind.WHOLE_NUMBER),
            Parameter("flowType", "Only flows of this type", Kind.WHOLE_NUMBER, example="1"),
            Parameter("accountType", "1 for spot; other accounts have no rows", choices=("1", "3", "5", "6")),
            Parameter("type", "Answer typed rows of this type", choices=TYPES),
            Parameter("beginId", "With `type`: rows behind this id, oldest first"),
            Parameter("clientOrderId", "With `type=trade`: fills of this order only"),
            ACCOUNT,
        ),
        answer=list[Flow],
    ),
    Endpoint(
        "GET",
        "/api/v1/account/eodBalance",
        _READ,
        5,
        end_of_day,
        "Balances at the end of a day",
        parameters=(
            Parameter("reportDate", "A day that has ended, yyyy-mm-dd", is_required=True, example="2026-01-31"),
            ACCOUNT,
        ),
        answer=DayBalances,
    ),
)
