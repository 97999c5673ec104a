"""Clients: applications, steps, documents, checks, likenesses. A user may be there before an account is.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_TABLES = (
    "clients",
    "client_steps",
    "client_features",
    "client_likenesses",
    "client_documents",
    "client_document_reads",
    "client_identity_checks",
)


def upgrade() -> None:
    _set_account_needed(is_needed=False)
    _clients()
    _likenesses()
    _documents()
    op.create_table(
        "client_identity_checks",
        sa.Column("check_id", sa.String(32), primary_key=True),
        sa.Column("client_id", sa.String(32), nullable=False, index=True),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reasons", sa.String(400), nullable=False),
        sa.Column("begun_ns", sa.BigInteger, nullable=False),
        sa.Column("ended_ns", sa.BigInteger),
        sa.Column("sealed_reference", sa.LargeBinary),
    )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    op.execute("DELETE FROM users WHERE account_id IS NULL")
    _set_account_needed(is_needed=True)


def _set_account_needed(*, is_needed: bool) -> None:
    """SQLite cannot change a column: the table is copied."""
    with op.batch_alter_table("users", recreate="always") as batch:
        batch.alter_column("journal_id", existing_type=sa.LargeBinary(), nullable=not is_needed)
        for name in ("account_id", "opened_sequence", "opened_ns"):
            batch.alter_column(name, existing_type=sa.BigInteger(), nullable=not is_needed)


def _clients() -> None:
    op.create_table(
        "clients",
        sa.Column("client_id", sa.String(32), primary_key=True),
        sa.Column("user_id", sa.String(32), nullable=False, unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(24), nullable=False, index=True),
        sa.Column("account_id", sa.BigInteger, unique=True),
        sa.Column("opened_sequence", sa.BigInteger),
        sa.Column("sealed_form", sa.LargeBinary, nullable=False),
        sa.Column("form_version", sa.Integer, nullable=False),
        sa.Column("birth_hash", sa.LargeBinary, index=True),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("changed_ns", sa.BigInteger, nullable=False),
        sa.Column("identity_passed_ns", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("tax_certified_ns", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("activated_ns", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("applied_restriction", sa.String(16), nullable=False, server_default=""),
    )
    op.create_table(
        "client_steps",
        sa.Column("client_id", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("step", sa.String(24), nullable=False),
        sa.Column("from_state", sa.String(24), nullable=False),
        sa.Column("to_state", sa.String(24), nullable=False),
        sa.Column("authority", sa.String(16), nullable=False),
        sa.Column("actor_id", sa.String(32), nullable=False),
        sa.Column("approver_id", sa.String(32), nullable=False),
        sa.Column("reason_code", sa.String(48), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("sequence", sa.BigInteger, index=True),
    )


def _likenesses() -> None:
    op.create_table(
        "client_features",
        sa.Column("client_id", sa.String(32), primary_key=True),
        sa.Column("feature", sa.String(24), primary_key=True),
        sa.Column("hash", sa.LargeBinary, primary_key=True, index=True),
    )
    op.create_table(
        "client_likenesses",
        sa.Column("client_id", sa.String(32), primary_key=True),
        sa.Column("other_id", sa.String(32), primary_key=True),
        sa.Column("features", sa.String(200), nullable=False),
        sa.Column("likeness_ppm", sa.Integer, nullable=False),
        sa.Column("found_ns", sa.BigInteger, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False, server_default=""),
        sa.Column("decided_by", sa.String(32), nullable=False, server_default=""),
        sa.Column("approved_by", sa.String(32), nullable=False, server_default=""),
        sa.Column("decided_ns", sa.BigInteger, nullable=False, server_default="0"),
    )


def _documents() -> None:
    op.create_table(
        "client_documents",
        sa.Column("document_id", sa.String(32), primary_key=True),
        sa.Column("client_id", sa.String(32), nullable=False, index=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_details", sa.LargeBinary, nullable=False),
        sa.Column("media_type", sa.String(32), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("file_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.LargeBinary),
        sa.Column("begun_ns", sa.BigInteger, nullable=False),
        sa.Column("kept_ns", sa.BigInteger),
        sa.Column("sequence", sa.BigInteger),
    )
    op.create_table(
        "client_document_reads",
        sa.Column("read_id", sa.String(32), primary_key=True),
        sa.Column("document_id", sa.String(32), nullable=False, index=True),
        sa.Column("staff_id", sa.String(32), nullable=False),
        sa.Column("reason_code", sa.String(48), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary, nullable=False),
        sa.Column("read_ns", sa.BigInteger, nullable=False),
    )
