"""Tables of custody, sub-accounts and connections, which used to be made at a start; answers that are remembered.

A site of the version before has them already, and they stay as they are.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TABLES = (
    "deposit_addresses",
    "deposits",
    "chain_heights",
    "withdrawals",
    "asset_transfers",
    "withdrawal_addresses",
    "sub_accounts",
    "connection_bindings",
    "remembered_answers",
)


def upgrade() -> None:
    _deposits()
    _ways_out()
    _create(
        "sub_accounts",
        sa.Column("account_id", sa.BigInteger, primary_key=True),
        sa.Column("owner_id", sa.BigInteger, nullable=False, index=True),
        sa.Column("sealed_label", sa.LargeBinary, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
    )
    _create(
        "connection_bindings",
        sa.Column("binding", sa.LargeBinary, primary_key=True),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("group_id", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "remembered_answers",
        sa.Column("account_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key_hash", sa.LargeBinary, primary_key=True),
        sa.Column("time_ns", sa.BigInteger, nullable=False, index=True),
        sa.Column("request_digest", sa.LargeBinary, nullable=False),
        sa.Column("sealed_answer", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _create(name: str, *columns: sa.schema.SchemaItem) -> None:
    if name not in sa.inspect(op.get_bind()).get_table_names():
        op.create_table(name, *columns)


def _deposits() -> None:
    _create(
        "deposit_addresses",
        sa.Column("address_key", sa.LargeBinary, primary_key=True),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("chain", sa.String(32), nullable=False),
        sa.Column("sealed_address", sa.LargeBinary, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("account_id", "chain"),
    )
    _create(
        "deposits",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("output_key", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("account_id", sa.BigInteger, nullable=False, index=True),
        sa.Column("asset_id", sa.Integer, nullable=False),
        sa.Column("chain", sa.String(32), nullable=False),
        sa.Column("amount_atoms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("confirmations", sa.Integer, nullable=False),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("seen_ns", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("steps", sa.LargeBinary, nullable=False),
    )
    _create(
        "chain_heights",
        sa.Column("chain", sa.String(32), primary_key=True),
        sa.Column("height", sa.BigInteger, nullable=False),
    )


def _ways_out() -> None:
    _create(
        "withdrawals",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("request_key", sa.LargeBinary, unique=True),
        sa.Column("account_id", sa.BigInteger, nullable=False, index=True),
        sa.Column("asset_id", sa.Integer, nullable=False),
        sa.Column("chain", sa.String(32), nullable=False),
        sa.Column("amount_atoms", sa.BigInteger, nullable=False),
        sa.Column("fee_atoms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(20), nullable=False, index=True),
        sa.Column("hold_id", sa.BigInteger),
        sa.Column("asked_ns", sa.BigInteger, nullable=False),
        sa.Column("changed_ns", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    _create(
        "asset_transfers",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("request_key", sa.LargeBinary, unique=True),
        sa.Column("owner_id", sa.BigInteger, nullable=False, index=True),
        sa.Column("from_account_id", sa.BigInteger, nullable=False),
        sa.Column("to_account_id", sa.BigInteger, nullable=False),
        sa.Column("asset_id", sa.Integer, nullable=False),
        sa.Column("amount_atoms", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("asked_ns", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    _create(
        "withdrawal_addresses",
        sa.Column("address_key", sa.LargeBinary, primary_key=True),
        sa.Column("owner_id", sa.BigInteger, nullable=False, index=True),
        sa.Column("chain", sa.String(32), nullable=False),
        sa.Column("asset_code", sa.String(16), nullable=False),
        sa.Column("sealed_address", sa.LargeBinary, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
    )
