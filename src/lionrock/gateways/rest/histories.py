"""Histories of an account by cursor: ledger entries, orders, fills. Ours, beside the contract.

They are read from the read models, which follow the journal: every page says up to which command it is complete.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, FromClause, Row

from lionrock.gateways.rest.contract import NS_PER_MS, Call, Endpoint, Kind, Parameter, Security, Venue, own_account
from lionrock.gateways.rest.errors import Code, Refused, missing_or_invalid
from lionrock.gateways.rest.rows import TIME_IN_FORCE_NAMES, side_name
from lionrock.views.catalogue import Market
from lionrock.views.orders import OrderStatus
from lionrock.views.sql.entries import EntryReason
from lionrock.views.sql.histories import HistoriesBusy, HistoriesUnavailable
from lionrock.views.sql.projection import Position
from lionrock.views.sql.reading import LAST_KEY, Page, Span, entries_page, fills_page, orders_page
from lionrock.views.sql.tables import STATUS_NUMBERS
from lionrock.words.amounts import format_decimal
from lionrock.words.enumerations import CancelReason, OrderType, TimeInForce, TransferPurpose, Trigger

DEFAULT_ROWS, MAX_ROWS = 100, 1_000
_MAC_BYTES = 8
_KEY_BYTES = 8
_STATUSES = {number: status for status, number in STATUS_NUMBERS.items()}

T = TypeVar("T")


class HistoryPage(msgspec.Struct, rename="camel", kw_only=True):
    """What every page tells beside its rows."""

    next_cursor: str | None
    """Where the next page begins, also behind the last row there is yet; null when there was nothing at all."""
    has_more: bool
    """Whether to ask for the next page at once."""
    complete_to_sequence: str
    """Of the last command that the rows tell of."""
    asked_at_sequence: str
    """Of the last command when the request came. The page is complete when the other is not below it."""


class EntryRow(msgspec.Struct, rename="camel", kw_only=True):
    """A change of what the account has available or held of one asset."""

    id: str
    sequence: str
    time_ms: int
    asset: str
    reason: str
    """Name of an `EntryReason`."""
    purpose: str
    """Name of the `TransferPurpose` of what moved outside trades; otherwise empty."""
    reference_id: str
    """Order or trade, as the reason says; the hold of an entry of a hold; empty where there is none."""
    available_change: str
    held_change: str
    available: str
    """After the command."""
    held: str
    """After the command."""


class FillRow(msgspec.Struct, rename="camel", kw_only=True):
    """One side of a trade."""

    id: str
    sequence: str
    time_ms: int
    symbol: str
    trade_id: str
    order_id: str
    client_order_id: str
    side: str
    price: str
    quantity: str
    quote_quantity: str
    fee: str
    """Below zero a rebate."""
    fee_asset: str
    is_maker: bool
    is_cancelled: bool
    """The trade was booked back."""


class OrderRow(msgspec.Struct, rename="camel", kw_only=True):
    """An order as it was at `completeToSequence`."""

    id: str
    sequence: str
    client_order_id: str
    symbol: str
    side: str
    type: str
    time_in_force: str
    price: str
    quantity: str
    filled_quantity: str
    filled_quote_quantity: str
    quote_amount: str
    """What a market order may spend; "0" for an order by size."""
    display_quantity: str
    trigger: str
    """Name of a `Trigger`."""
    trigger_price: str
    waits: bool
    status: str
    cancel_reason: str
    """Name of a `CancelReason`; empty for an order that was not cancelled."""
    fee: str
    fee_asset: str
    placed_ms: int
    updated_ms: int


class EntriesPage(HistoryPage, rename="camel", kw_only=True):
    rows: list[EntryRow]


class FillsPage(HistoryPage, rename="camel", kw_only=True):
    rows: list[FillRow]


class OrdersPage(HistoryPage, rename="camel", kw_only=True):
    rows: list[OrderRow]


def explained(
    code: Code, name: str, words: str, next_step: str, *, subject: str = "", figures: Mapping[str, int] | None = None
) -> Refused:
    """A refusal that no rule of the core made, with its reason in the same place."""
    told = {key: str(value) for key, value in (figures or {}).items()}
    return Refused(
        code,
        subject,
        details={"rejection": 0, "name": name, "words": words, "figures": told, "next_step": next_step},
    )


async def ask(venue: Venue, question: Callable[[Connection], T]) -> tuple[T, Position, int]:
    """What the read models answer, their position, and the sequence of the last command when this was called.

    They have had some seconds to come to that command. Raises `Refused`.
    """
    sequence = venue.node.engine.last_sequence
    await venue.settled()
    if venue.histories is None:
        raise Refused(-1101)
    try:
        found, at = await venue.histories.ask(question, sequence)
    except HistoriesBusy as busy:
        raise Refused(-2040) from busy
    except HistoriesUnavailable as unavailable:
        words = "histories are read from the read models, which do not answer at the moment; trading does not need them"
        raise explained(-1101, "read_models_unavailable", words, "ask again in some seconds") from unavailable
    return found, at, sequence


async def ask_complete(venue: Venue, question: Callable[[Connection], T]) -> tuple[T, Position]:
    """The same where an answer has no place to say that it is not complete: it is then refused with -1007."""
    found, at, sequence = await ask(venue, question)
    if at.sequence < sequence:
        words = f"the read models tell of {at.sequence} commands, and there were {sequence} when this was asked"
        figures = {"complete_to_sequence": at.sequence, "asked_at_sequence": sequence}
        raise explained(-1007, "read_models_behind", words, "ask again in some seconds", figures=figures)
    return found, at


async def entries(venue: Venue, call: Call) -> EntriesPage:
    """Ledger entries, in the order in which they were made."""
    code = call.parameters.text("asset")
    asset = venue.catalogue.asset_by_code.get(code) if code else None
    if code and asset is None:
        raise Refused("0402")
    asked = _Asked(venue, call, "entries", code or "")
    page, common = await asked.page(
        lambda connection, span: entries_page(connection, span, asset_id=asset.asset_id if asset else None)
    )
    return EntriesPage(rows=[entry_row(venue, row) for row in page.rows], **common)


async def fills(venue: Venue, call: Call) -> FillsPage:
    """Fills, in the order in which they were made."""
    market = _market(venue, call)
    asked = _Asked(venue, call, "fills", market.symbol if market else "")
    page, common = await asked.page(lambda connection, span: fills_page(connection, span, narrow=_in_market(market)))
    return FillsPage(rows=[_fill_row(venue, row) for row in page.rows], **common)


async def orders(venue: Venue, call: Call) -> OrdersPage:
    """Orders, in the order in which they were placed."""
    market = _market(venue, call)
    asked = _Asked(venue, call, "orders", market.symbol if market else "")
    page, common = await asked.page(lambda connection, span: orders_page(connection, span, narrow=_in_market(market)))
    return OrdersPage(rows=[_order_row(venue, row) for row in page.rows], **common)


def _market(venue: Venue, call: Call) -> Market | None:
    symbol = call.parameters.text("symbol")
    market = venue.catalogue.market_by_symbol.get(symbol) if symbol else None
    if symbol and market is None:
        raise Refused("0201")
    return market


def _in_market(market: Market | None) -> Callable[[FromClause], list[ColumnElement[bool]]] | None:
    return None if market is None else lambda found: [found.c.market_id == market.market_id]


class _Asked:
    """One request for a page."""

    def __init__(self, venue: Venue, call: Call, kind: str, narrowed: str) -> None:
        if venue.histories is None:
            raise Refused(-1101)
        self._venue, self._hash = venue, venue.histories.hash_cursor
        account_id, parameters = own_account(call), call.parameters
        from_ms, until_ms = parameters.number("from"), parameters.number("to")
        newest_first = read_order_of_rows(call)
        from_ns = 0 if from_ms is None else min(from_ms * NS_PER_MS, LAST_KEY)
        until_ns = LAST_KEY if until_ms is None else min(until_ms * NS_PER_MS, LAST_KEY)
        self._question = f"{kind} {account_id} {from_ns} {until_ns} {newest_first} {narrowed}".encode()
        cursor = parameters.text("cursor")
        behind = None if cursor is None else self._open(cursor)
        limit = parameters.limit(DEFAULT_ROWS, MAX_ROWS)
        self._span = Span(account_id, from_ns, until_ns, behind, limit, newest_first)

    async def page(self, question: Callable[[Connection, Span], Page]) -> tuple[Page, dict[str, Any]]:
        """The page, and what it tells beside its rows."""
        page, at, sequence = await ask(self._venue, lambda connection: question(connection, self._span))
        return page, {
            "next_cursor": None if page.behind is None else self._seal(page.behind),
            "has_more": page.has_more,
            "complete_to_sequence": str(at.sequence),
            "asked_at_sequence": str(sequence),
        }

    def _seal(self, behind: int) -> str:
        """The key, and a keyed hash over it and the question: a cursor goes on with the question it came from."""
        key = behind.to_bytes(_KEY_BYTES, "little", signed=True)
        return base64.urlsafe_b64encode(key + self._mac(key)).decode().rstrip("=")

    def _open(self, cursor: str) -> int:
        try:
            data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise missing_or_invalid("cursor") from error
        key = data[:_KEY_BYTES]
        if not hmac.compare_digest(data[_KEY_BYTES:], self._mac(key)):
            words = "this cursor did not come from a request for the same rows: account, times, order and filter"
            raise explained("0001", "cursor_of_another_question", words, "begin without a cursor", subject="cursor")
        return int.from_bytes(key, "little", signed=True)

    def _mac(self, key: bytes) -> bytes:
        return self._hash(key + self._question).to_bytes(_MAC_BYTES, "little")


def read_order_of_rows(call: Call) -> bool:
    """Whether the newest rows come first."""
    text = call.parameters.text("order")
    if text not in {None, "oldest", "newest"}:
        raise missing_or_invalid("order")
    return text == "newest"


def entry_row(venue: Venue, row: Row[Any]) -> EntryRow:
    asset = venue.catalogue.assets[row.asset_id]
    reference = row.reference_id or row.subject_id
    return EntryRow(
        id=str(row.entry_id),
        sequence=str(row.sequence),
        time_ms=row.time_ns // NS_PER_MS,
        asset=asset.code,
        reason=EntryReason(row.reason).name,
        purpose=TransferPurpose(row.purpose).name if row.purpose else "",
        reference_id=str(reference) if reference else "",
        available_change=format_decimal(row.available_change_atoms, asset.decimals),
        held_change=format_decimal(row.held_change_atoms, asset.decimals),
        available=format_decimal(row.available_atoms, asset.decimals),
        held=format_decimal(row.held_atoms, asset.decimals),
    )


def _fill_row(venue: Venue, row: Row[Any]) -> FillRow:
    market = venue.catalogue.markets[row.market_id]
    fee_asset = venue.catalogue.assets[row.fee_asset_id]
    return FillRow(
        id=str(row.fill_id),
        sequence=str(row.sequence),
        time_ms=row.time_ns // NS_PER_MS,
        symbol=market.symbol,
        trade_id=str(row.trade_id),
        order_id=str(row.order_id),
        client_order_id=row.client_order_id or str(row.order_id),
        side=side_name(row.side),
        price=market.price_text(row.price_ticks),
        quantity=market.size_text(row.size_lots),
        quote_quantity=market.quote_text(row.quote_atoms),
        fee=format_decimal(row.fee_atoms, fee_asset.decimals),
        fee_asset=fee_asset.code,
        is_maker=bool(row.is_maker),
        is_cancelled=row.cancelled_sequence is not None,
    )


def _order_row(venue: Venue, row: Row[Any]) -> OrderRow:
    market = venue.catalogue.markets[row.market_id]
    return OrderRow(
        id=str(row.order_id),
        sequence=str(row.placed_sequence),
        client_order_id=row.client_order_id or str(row.order_id),
        symbol=market.symbol,
        side=side_name(row.side),
        type=_type_name(row),
        time_in_force=_TIME_IN_FORCE[TimeInForce(row.time_in_force)],
        price=market.price_text(row.price_ticks),
        quantity=market.size_text(row.size_lots),
        filled_quantity=market.size_text(row.filled_lots),
        filled_quote_quantity=market.quote_text(row.filled_quote_atoms),
        quote_amount=market.quote_text(row.quote_amount_atoms),
        display_quantity=market.size_text(row.display_lots),
        trigger=Trigger(row.trigger).name,
        trigger_price=market.price_text(row.trigger_price_ticks),
        waits=bool(row.waits),
        status=_STATUSES.get(row.status, OrderStatus.NEW),
        cancel_reason=CancelReason(row.cancel_reason).name if row.cancel_reason else "",
        fee=market.fee_text(row.side, row.fee_atoms),
        fee_asset=market.fee_asset(row.side).code,
        placed_ms=row.placed_ns // NS_PER_MS,
        updated_ms=row.updated_ns // NS_PER_MS,
    )


_TIME_IN_FORCE: Mapping[int, str] = TIME_IN_FORCE_NAMES | {
    TimeInForce.GOOD_TILL_DATE: "GTD",
    TimeInForce.DAY: "DAY",
}


def _type_name(row: Row[Any]) -> str:
    if row.order_type == OrderType.MARKET:
        return "MARKET"
    return "LIMIT_MAKER" if row.post_only else "LIMIT"


FROM = Parameter("from", "Rows of this time and later", Kind.MILLISECONDS)
TO = Parameter("to", "Rows before this time", Kind.MILLISECONDS)
ACCOUNT = Parameter("accountId", "The key's own account; another is refused")
_PAGING = (
    FROM,
    TO,
    Parameter("order", "Which rows come first; the oldest unless said otherwise", choices=("oldest", "newest")),
    Parameter("limit", f"Rows of a page, {DEFAULT_ROWS} unless sent, at most {MAX_ROWS}", Kind.WHOLE_NUMBER),
    Parameter("cursor", "`nextCursor` of the page before, with the same other parameters"),
    ACCOUNT,
)
_SYMBOL = Parameter("symbol", "Of one market only", example="BTCUSDT")
_ASSET = Parameter("asset", "Of one asset only", example="BTC")
_READ = Security.USER_DATA
_PATH = "/lionrock/v1/history"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        f"{_PATH}/orders",
        _READ,
        5,
        orders,
        "Orders of the account, by cursor",
        parameters=(_SYMBOL, *_PAGING),
        answer=OrdersPage,
    ),
    Endpoint(
        "GET",
        f"{_PATH}/fills",
        _READ,
        5,
        fills,
        "Fills of the account, by cursor",
        parameters=(_SYMBOL, *_PAGING),
        answer=FillsPage,
    ),
    Endpoint(
        "GET",
        f"{_PATH}/entries",
        _READ,
        5,
        entries,
        "Ledger entries of the account, by cursor",
        parameters=(_ASSET, *_PAGING),
        answer=EntriesPage,
    ),
)
