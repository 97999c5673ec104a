"""The first tables.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from lionrock.views.sql.tables import Whole

revision = "0001"
down_revision = None

_ORIGIN = (
    "purpose",
    "tax_report_type",
    "actor_kind",
    "actor_id",
    "authority_id",
    "source",
    "source_sequence",
    "subject_id",
)


def upgrade() -> None:
    _listings()
    _orders()
    _trades()
    _ledger()
    _candles()


def downgrade() -> None:
    op.execute("DROP VIEW ledger")
    for table in _TABLES:
        op.drop_table(table)


_TABLES = (
    "position",
    "assets",
    "markets",
    "accounts",
    "orders",
    "trades",
    "fills",
    "ledger_entries",
    "bookings",
    "balances",
    "candles",
)


def _key(name: str) -> sa.Column[Any]:
    """A primary key of one column."""
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False)


def _number(kind: type[sa.types.TypeEngine[Any]], *names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind(), nullable=nullable) for name in names]


def _big(*names: str) -> list[sa.Column[Any]]:
    return _number(sa.BigInteger, *names)


def _small(*names: str) -> list[sa.Column[Any]]:
    return _number(sa.SmallInteger, *names)


def _listings() -> None:
    op.create_table(
        "position",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("journal_id", sa.LargeBinary(), nullable=True),
        *_big("sequence", "time_ns", "frames"),
        sa.Column("frame_hash", sa.LargeBinary(), nullable=True),
        *_big("segment", "segment_offset", "entries"),
    )
    op.create_table(
        "assets",
        _key("asset_id"),
        sa.Column("code", sa.Text(), nullable=False),
        *_small("decimals"),
        sa.Column("valuation_price_atoms", sa.BigInteger(), nullable=True),
        *_small("is_money"),
    )
    op.create_table(
        "markets",
        _key("market_id"),
        sa.Column("symbol", sa.Text(), nullable=False),
        *_big("base_asset_id", "quote_asset_id"),
        *_small("fee_currency"),
        *_big(
            "tick_quote_atoms",
            "lot_base_atoms",
            "max_price_ticks",
            "max_size_lots",
            "min_notional_atoms",
            "max_notional_atoms",
            "fee_account_id",
        ),
        *_small("phase"),
    )
    op.create_table(
        "accounts",
        _key("account_id"),
        *_small("account_kind"),
        *_big("opened_ns"),
        sa.Column("fee_tier", sa.Integer(), nullable=False),
        sa.Column("owner_id", Whole(), nullable=True),
        sa.Column("legal_entity", sa.Integer(), nullable=False),
        *_small("client_class", "restriction"),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        _key("order_id"),
        *_big("account_id", "market_id"),
        *_small("side", "order_type", "time_in_force", "post_only", "self_trade_prevention", "trigger"),
        sa.Column("trigger_price_ticks", sa.Integer(), nullable=False),
        *_big("quote_amount_atoms", "display_lots", "expire_time_ns", "group_id"),
        sa.Column("maker_fee_ppm", sa.Integer(), nullable=False),
        *_big("taker_fee_ppm", "minimum_fee_atoms", "placed_sequence", "placed_ns"),
        *_small("status", "cancel_reason", "waits"),
        *_big(
            "updated_ns",
            "price_ticks",
            "size_lots",
            "filled_lots",
            "filled_quote_atoms",
            "fee_atoms",
            "rebate_atoms",
            "held_atoms",
        ),
        sa.Column("client_order_id", sa.Text(), nullable=True),
    )
    op.create_index("orders_by_account", "orders", ["account_id", "order_id"])
    named = sa.text("client_order_id IS NOT NULL")
    op.create_index(
        "orders_by_client_order_id",
        "orders",
        ["account_id", sa.text("substr(client_order_id, 1, 64)")],
        sqlite_where=named,
        postgresql_where=named,
    )
    still_open = sa.text("status <= 2")
    op.create_index("orders_open", "orders", ["order_id"], sqlite_where=still_open, postgresql_where=still_open)


def _trades() -> None:
    op.create_table(
        "trades",
        _key("trade_id"),
        *_big("sequence", "time_ns", "market_id", "price_ticks", "size_lots", "quote_atoms"),
        *_small("taker_side", "in_auction"),
        *_big(
            "maker_order_id",
            "taker_order_id",
            "maker_account_id",
            "taker_account_id",
            "maker_fee_atoms",
            "taker_fee_atoms",
        ),
        sa.Column("cancelled_sequence", sa.BigInteger(), nullable=True),
    )
    op.create_table(
        "fills",
        _key("fill_id"),
        *_big("trade_id", "order_id", "account_id", "market_id"),
        *_small("side", "is_maker"),
        *_big("time_ns", "price_ticks", "size_lots", "quote_atoms", "fee_atoms", "fee_asset_id"),
        sa.Column("cancelled_sequence", sa.BigInteger(), nullable=True),
    )
    op.create_index("trades_by_market", "trades", ["market_id", "time_ns"])
    op.create_index("fills_by_account", "fills", ["account_id", "fill_id"])
    op.create_index("fills_by_order", "fills", ["order_id"])


def _ledger() -> None:
    op.create_table(
        "ledger_entries",
        _key("entry_id"),
        *_big("sequence", "time_ns", "account_id", "asset_id"),
        *_small("reason"),
        *_big("reference_id", "available_change_atoms", "held_change_atoms", "available_atoms", "held_atoms"),
        sa.Column("valuation_price_atoms", sa.BigInteger(), nullable=True),
    )
    op.create_index("ledger_entries_by_balance", "ledger_entries", ["account_id", "asset_id", "sequence", "entry_id"])
    op.create_table(
        "bookings",
        _key("sequence"),
        sa.Column("purpose", sa.Integer(), nullable=False),
        sa.Column("tax_report_type", sa.Integer(), nullable=False),
        *_small("actor_kind"),
        sa.Column("actor_id", Whole(), nullable=False),
        sa.Column("authority_id", Whole(), nullable=False),
        *_big("source"),
        sa.Column("source_sequence", Whole(), nullable=False),
        sa.Column("subject_id", Whole(), nullable=False),
    )
    op.create_table(
        "balances",
        sa.Column("account_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("asset_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        *_big("available_atoms", "held_atoms", "sequence"),
        sqlite_with_rowid=False,
    )
    origin = ", ".join(f"booking.{name}" for name in _ORIGIN)
    op.execute(
        f"CREATE VIEW ledger AS SELECT entry.*, {origin} FROM ledger_entries AS entry "  # noqa: S608 - our own names
        "LEFT JOIN bookings AS booking ON booking.sequence = entry.sequence AND entry.reason >= 6"
    )


def _candles() -> None:
    op.create_table(
        "candles",
        sa.Column("market_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("interval", sa.Text(), primary_key=True),
        sa.Column("open_ms", sa.BigInteger(), primary_key=True, autoincrement=False),
        *_big("open_ticks", "high_ticks", "low_ticks", "close_ticks"),
        sa.Column("size_lots", Whole(), nullable=False),
        sa.Column("quote_atoms", Whole(), nullable=False),
        *_big("trades"),
        sa.Column("taker_buy_lots", Whole(), nullable=False),
        sa.Column("taker_buy_quote_atoms", Whole(), nullable=False),
        sqlite_with_rowid=False,
    )
