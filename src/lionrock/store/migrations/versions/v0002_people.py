"""Keys of two kinds with networks and an end; users with passwords, codes, passkeys and sessions.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEY_COLUMNS = ("kind", "sealed_details", "expires_ns", "revoked_ns")
_TABLES = ("users", "recovery_codes", "passkeys", "sessions", "sign_in_failures")


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("kind", sa.String(16), nullable=False, server_default="HMAC"))
    op.add_column("api_keys", sa.Column("sealed_details", sa.LargeBinary))
    op.add_column("api_keys", sa.Column("expires_ns", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("api_keys", sa.Column("revoked_ns", sa.BigInteger))
    _users()
    _ways_in()
    _sessions()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    for column in _KEY_COLUMNS:
        op.drop_column("api_keys", column)


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", sa.String(32), primary_key=True),
        sa.Column("name_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("sealed_name", sa.LargeBinary, nullable=False),
        sa.Column("sealed_password_hash", sa.LargeBinary, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False, unique=True),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("sealed_totp_secret", sa.LargeBinary),
        sa.Column("totp_is_confirmed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("totp_last_step", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("api_needs_code", sa.Integer, nullable=False, server_default="0"),
        sa.Column("journal_id", sa.LargeBinary, nullable=False),
        sa.Column("opened_sequence", sa.BigInteger, nullable=False),
        sa.Column("opened_ns", sa.BigInteger, nullable=False),
    )


def _ways_in() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.LargeBinary, primary_key=True),
        sa.Column("user_id", sa.String(32), nullable=False, index=True),
    )
    op.create_table(
        "passkeys",
        sa.Column("credential_id", sa.LargeBinary, primary_key=True),
        sa.Column("user_id", sa.String(32), nullable=False, index=True),
        sa.Column("sealed_public_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_label", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("name_hash", sa.LargeBinary, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_ns", sa.BigInteger, nullable=False),
        sa.Column("locked_until_ns", sa.BigInteger, nullable=False),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        sa.Column("session_id", sa.String(32), nullable=False, unique=True),
        sa.Column("user_id", sa.String(32), nullable=False, index=True),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("last_used_ns", sa.BigInteger, nullable=False),
        sa.Column("second_factor_ns", sa.BigInteger, nullable=False),
        sa.Column("sealed_place", sa.LargeBinary, nullable=False),
    )
