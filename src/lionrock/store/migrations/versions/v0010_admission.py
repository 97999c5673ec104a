"""Admission of tokens: what is known, votes, indices, history, reports.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

APPEND_ONLY = ("admission_history", "admission_history_statements")
_TABLES = (
    "admission_tokens",
    "admission_votes",
    "admission_restrictions",
    "admission_providers",
    "admission_index_files",
    "admission_reports",
    "admission_history",
    "admission_history_statements",
)


def upgrade() -> None:
    _tokens()
    _indices()
    _record()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _tokens() -> None:
    op.create_table(
        "admission_tokens",
        sa.Column("asset", sa.String(16), primary_key=True),
        sa.Column("audience", sa.String(24), nullable=False),
        sa.Column("round", sa.Integer, nullable=False, server_default="0"),
        sa.Column("described", sa.LargeBinary, nullable=False),
        sa.Column("voted_ns", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("votes_for", sa.String(128), nullable=False, server_default=""),
        sa.Column("voted_sha256", sa.String(64), nullable=False, server_default=""),
        sa.Column("index_evaluated_ns", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("changed_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "admission_votes",
        sa.Column("asset", sa.String(16), primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("audience", sa.String(24), primary_key=True),
        sa.Column("described_sha256", sa.String(64), primary_key=True),
        sa.Column("seat", sa.String(32), primary_key=True),
        sa.Column("staff_id", sa.String(32), nullable=False),
        sa.Column("person_hash", sa.LargeBinary, nullable=False),
        sa.Column("is_for", sa.Integer, nullable=False),
        sa.Column("sealed_reasons", sa.LargeBinary, nullable=False),
        sa.Column("voted_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "admission_restrictions",
        sa.Column("asset", sa.String(16), primary_key=True),
        sa.Column("account_id", sa.BigInteger, primary_key=True, autoincrement=False),
    )


def _indices() -> None:
    op.create_table(
        "admission_providers",
        sa.Column("provider", sa.String(64), primary_key=True),
        sa.Column("provider_group", sa.String(64), nullable=False),
        sa.Column("is_iosco_compliant", sa.Integer, nullable=False),
        sa.Column("has_conventional_indices", sa.Integer, nullable=False),
        sa.Column("indices", sa.LargeBinary, nullable=False),
        sa.Column("document_sha256", sa.String(64), nullable=False),
        sa.Column("recorded_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "admission_index_files",
        sa.Column("index_name", sa.String(64), primary_key=True),
        sa.Column("as_of_ns", sa.BigInteger, primary_key=True),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("constituents", sa.LargeBinary, nullable=False),
        sa.Column("uploaded_by", sa.String(32), nullable=False),
        sa.Column("uploaded_ns", sa.BigInteger, nullable=False),
    )


def _record() -> None:
    op.create_table(
        "admission_reports",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("begun_ns", sa.BigInteger, nullable=False),
        sa.Column("made_ns", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "admission_history",
        sa.Column("entry", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("staff_id", sa.String(32), nullable=False, index=True),
        sa.Column("event", sa.String(48), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False, index=True),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "admission_history_statements",
        sa.Column("entry", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'entries are added, never changed'); END"
            )
