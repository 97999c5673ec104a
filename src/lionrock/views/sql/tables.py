"""The tables. Amounts are atoms, sizes lots, prices ticks of their market, times nanoseconds since 1970-01-01 UTC.

Ids and amounts are signed 64-bit integers. What may need more, sums without a bound and ids that others choose freely,
is of type `Whole`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from lionrock.views.orders import OrderStatus

SCHEMA_VERSION = 1
"""Of what the rows mean. A database of another version has to be rebuilt. How its tables look is the migrations'."""

metadata = MetaData()

Id = BigInteger().with_variant(Integer(), "sqlite")
"""A primary key. SQLite keeps the rows themselves in its order when its type is called INTEGER."""


class Whole(TypeDecorator[int]):
    """An integer of any size: NUMERIC in PostgreSQL, digits as text in SQLite, which has nothing wider than 64 bits."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(39, 0))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: int | None, dialect: Dialect) -> object:
        return value if value is None or dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: object, dialect: Dialect) -> int | None:
        del dialect
        return None if value is None else int(str(value))


STATUS_NUMBERS = {status: number for number, status in enumerate(OrderStatus, 1)}
"""How a status stands in `orders.status`; 1 and 2 are open, the others final."""

CLIENT_ID_INDEXED = 64
"""Characters of a client's own order id that its index holds: PostgreSQL indexes nothing above 2,700 bytes."""

position = Table(
    "position",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),  # 1: there is one row
    Column("schema_version", Integer, nullable=False),
    Column("journal_id", LargeBinary, nullable=True),
    Column("sequence", BigInteger, nullable=False),  # of the last command in the rows
    Column("time_ns", BigInteger, nullable=False),  # of that command
    Column("frames", BigInteger, nullable=False),  # of the journal up to there
    Column("frame_hash", LargeBinary, nullable=True),  # of the last of them
    Column("segment", BigInteger, nullable=False),  # where the next frame begins, unless in a new segment
    Column("segment_offset", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),  # ledger entries so far
)

assets = Table(
    "assets",
    metadata,
    Column("asset_id", Id, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False),
    Column("decimals", SmallInteger, nullable=False),
    Column("valuation_price_atoms", BigInteger, nullable=True),  # worth of one whole unit; null when left out
    Column("is_money", SmallInteger, nullable=False),
)

markets = Table(
    "markets",
    metadata,
    Column("market_id", Id, primary_key=True, autoincrement=False),
    Column("symbol", Text, nullable=False),
    Column("base_asset_id", BigInteger, nullable=False),
    Column("quote_asset_id", BigInteger, nullable=False),
    Column("fee_currency", SmallInteger, nullable=False),
    Column("tick_quote_atoms", BigInteger, nullable=False),
    Column("lot_base_atoms", BigInteger, nullable=False),
    Column("max_price_ticks", BigInteger, nullable=False),
    Column("max_size_lots", BigInteger, nullable=False),
    Column("min_notional_atoms", BigInteger, nullable=False),
    Column("max_notional_atoms", BigInteger, nullable=False),
    Column("fee_account_id", BigInteger, nullable=False),
    Column("phase", SmallInteger, nullable=False),  # a `MarketPhase`
)

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", Id, primary_key=True, autoincrement=False),
    Column("account_kind", SmallInteger, nullable=False),  # an `AccountKind`
    Column("opened_ns", BigInteger, nullable=False),
    Column("fee_tier", Integer, nullable=False),
    Column("owner_id", Whole, nullable=True),  # beneficial owner; null where none was set
    Column("legal_entity", Integer, nullable=False),
    Column("client_class", SmallInteger, nullable=False),  # a `ClientClass`
    Column("restriction", SmallInteger, nullable=False),  # an `AccountRestriction`
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", Id, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, nullable=False),
    Column("market_id", BigInteger, nullable=False),
    Column("side", SmallInteger, nullable=False),
    Column("order_type", SmallInteger, nullable=False),
    Column("time_in_force", SmallInteger, nullable=False),
    Column("post_only", SmallInteger, nullable=False),
    Column("self_trade_prevention", SmallInteger, nullable=False),
    Column("trigger", SmallInteger, nullable=False),
    Column("trigger_price_ticks", Integer, nullable=False),
    Column("quote_amount_atoms", BigInteger, nullable=False),
    Column("display_lots", BigInteger, nullable=False),
    Column("expire_time_ns", BigInteger, nullable=False),
    Column("group_id", BigInteger, nullable=False),
    Column("maker_fee_ppm", Integer, nullable=False),
    Column("taker_fee_ppm", BigInteger, nullable=False),
    Column("minimum_fee_atoms", BigInteger, nullable=False),
    Column("placed_sequence", BigInteger, nullable=False),
    Column("placed_ns", BigInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),  # see STATUS_NUMBERS
    Column("cancel_reason", SmallInteger, nullable=False),  # a `CancelReason`; 0 for none
    Column("waits", SmallInteger, nullable=False),  # 1 until what it waits for has happened
    Column("updated_ns", BigInteger, nullable=False),
    Column("price_ticks", BigInteger, nullable=False),  # as last amended
    Column("size_lots", BigInteger, nullable=False),  # as last amended or reduced
    Column("filled_lots", BigInteger, nullable=False),
    Column("filled_quote_atoms", BigInteger, nullable=False),
    Column("fee_atoms", BigInteger, nullable=False),  # in the asset its market charges this side in
    Column("rebate_atoms", BigInteger, nullable=False),  # in the asset it charges the other side in
    Column("held_atoms", BigInteger, nullable=False),
    Column("client_order_id", Text, nullable=True),  # as in the command's note; null without one
)
Index("orders_by_account", orders.c.account_id, orders.c.order_id)
Index(
    "orders_by_client_order_id",
    orders.c.account_id,
    func.substr(orders.c.client_order_id, text("1"), text(str(CLIENT_ID_INDEXED))),
    sqlite_where=orders.c.client_order_id.is_not(None),
    postgresql_where=orders.c.client_order_id.is_not(None),
)
Index("orders_open", orders.c.order_id, sqlite_where=text("status <= 2"), postgresql_where=text("status <= 2"))

trades = Table(
    "trades",
    metadata,
    Column("trade_id", Id, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("market_id", BigInteger, nullable=False),
    Column("price_ticks", BigInteger, nullable=False),
    Column("size_lots", BigInteger, nullable=False),
    Column("quote_atoms", BigInteger, nullable=False),
    Column("taker_side", SmallInteger, nullable=False),
    Column("in_auction", SmallInteger, nullable=False),
    Column("maker_order_id", BigInteger, nullable=False),
    Column("taker_order_id", BigInteger, nullable=False),
    Column("maker_account_id", BigInteger, nullable=False),
    Column("taker_account_id", BigInteger, nullable=False),
    Column("maker_fee_atoms", BigInteger, nullable=False),  # below zero a rebate
    Column("taker_fee_atoms", BigInteger, nullable=False),
    Column("cancelled_sequence", BigInteger, nullable=True),  # of the command that booked it back
)
Index("trades_by_market", trades.c.market_id, trades.c.time_ns)

fills = Table(
    "fills",
    metadata,
    Column("fill_id", Id, primary_key=True, autoincrement=False),  # twice the trade's, plus one for the maker
    Column("trade_id", BigInteger, nullable=False),
    Column("order_id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("market_id", BigInteger, nullable=False),
    Column("side", SmallInteger, nullable=False),
    Column("is_maker", SmallInteger, nullable=False),  # it rested, or traded in an auction
    Column("time_ns", BigInteger, nullable=False),
    Column("price_ticks", BigInteger, nullable=False),
    Column("size_lots", BigInteger, nullable=False),
    Column("quote_atoms", BigInteger, nullable=False),
    Column("fee_atoms", BigInteger, nullable=False),  # below zero a rebate
    Column("fee_asset_id", BigInteger, nullable=False),
    Column("cancelled_sequence", BigInteger, nullable=True),
)
Index("fills_by_account", fills.c.account_id, fills.c.fill_id)
Index("fills_by_order", fills.c.order_id)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("entry_id", Id, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("asset_id", BigInteger, nullable=False),
    Column("reason", SmallInteger, nullable=False),  # an `EntryReason`
    Column("reference_id", BigInteger, nullable=False),  # order or trade, as the reason says; 0 for a booking
    Column("available_change_atoms", BigInteger, nullable=False),
    Column("held_change_atoms", BigInteger, nullable=False),
    Column("available_atoms", BigInteger, nullable=False),  # after its command
    Column("held_atoms", BigInteger, nullable=False),
    Column("valuation_price_atoms", BigInteger, nullable=True),  # of one whole unit at that moment; null for none
)
FIRST_BOOKED_REASON = 6
"""Entries of this reason and above have a booking under their sequence; the view `ledger` joins the two."""

Index(
    "ledger_entries_by_balance",
    ledger_entries.c.account_id,
    ledger_entries.c.asset_id,
    ledger_entries.c.sequence,
    ledger_entries.c.entry_id,
)

bookings = Table(
    "bookings",
    metadata,
    Column("sequence", Id, primary_key=True, autoincrement=False),
    Column("purpose", Integer, nullable=False),  # a `TransferPurpose`
    Column("tax_report_type", Integer, nullable=False),
    Column("actor_kind", SmallInteger, nullable=False),  # an `ActorKind`
    Column("actor_id", Whole, nullable=False),
    Column("authority_id", Whole, nullable=False),
    Column("source", BigInteger, nullable=False),
    Column("source_sequence", Whole, nullable=False),
    Column("subject_id", Whole, nullable=False),  # hold, transfer of legs, or cancelled trade; 0 for a plain transfer
)

balances = Table(
    "balances",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("asset_id", BigInteger, primary_key=True, autoincrement=False),
    Column("available_atoms", BigInteger, nullable=False),
    Column("held_atoms", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),  # of the last entry
    sqlite_with_rowid=False,
)

candles = Table(
    "candles",
    metadata,
    Column("market_id", BigInteger, primary_key=True, autoincrement=False),
    Column("interval", Text, primary_key=True),
    Column("open_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("open_ticks", BigInteger, nullable=False),
    Column("high_ticks", BigInteger, nullable=False),
    Column("low_ticks", BigInteger, nullable=False),
    Column("close_ticks", BigInteger, nullable=False),
    Column("size_lots", Whole, nullable=False),
    Column("quote_atoms", Whole, nullable=False),
    Column("trades", BigInteger, nullable=False),
    Column("taker_buy_lots", Whole, nullable=False),
    Column("taker_buy_quote_atoms", Whole, nullable=False),
    sqlite_with_rowid=False,
)
