"""Decisions, evidence and attestations of the rulebook.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_TABLES = (
    "rulebook_decisions",
    "rulebook_decision_batches",
    "rulebook_runs",
    "rulebook_evidence",
    "rulebook_inputs",
    "rulebook_attestations",
)


def upgrade() -> None:
    _decisions()
    _evidence()
    op.create_table(
        "rulebook_attestations",
        sa.Column("attestation_id", sa.String(32), primary_key=True),
        sa.Column("subject", sa.String(64), nullable=False, index=True),
        sa.Column("attested_ns", sa.BigInteger, nullable=False),
        sa.Column("staff_id", sa.String(32), nullable=False),
        sa.Column("approver_id", sa.String(32), nullable=False),
        sa.Column("document_sha256", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _decisions() -> None:
    op.create_table(
        "rulebook_decisions",
        sa.Column("decision_id", sa.Integer, primary_key=True),
        sa.Column("at_ns", sa.BigInteger, nullable=False, index=True),
        sa.Column("gate", sa.String(128), nullable=False, index=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("rules", sa.String(1024), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("batch_id", sa.Integer, index=True),
    )
    op.create_table(
        "rulebook_decision_batches",
        sa.Column("batch_id", sa.Integer, primary_key=True),
        sa.Column("decisions", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )


def _evidence() -> None:
    op.create_table(
        "rulebook_runs",
        sa.Column("run_id", sa.String(32), primary_key=True),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False, index=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("sequence", sa.BigInteger),
    )
    op.create_table(
        "rulebook_evidence",
        sa.Column("run_id", sa.String(32), primary_key=True),
        sa.Column("rule_id", sa.String(32), primary_key=True),
        sa.Column("version", sa.String(10), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "rulebook_inputs",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("fact_type", sa.String(64), nullable=False),
        sa.Column("facts", sa.Integer, nullable=False),
        sa.Column("rows", sa.LargeBinary, nullable=False),
    )
