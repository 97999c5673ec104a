"""Assessments of clients: risk, knowledge, exposure, evidence, agreements; what follows from them.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_TABLES = (
    "assessments",
    "knowledge_tests",
    "training_openings",
    "agreement_texts",
    "agreement_acceptances",
    "standing_authorities",
    "client_obligations",
    "client_decisions",
)


def upgrade() -> None:
    _findings()
    _agreements()
    _what_follows()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _findings() -> None:
    op.create_table(
        "assessments",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("client_id", sa.String(64), nullable=False, index=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("result", sa.String(64), nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("method", sa.String(64), nullable=False, server_default=""),
        sa.Column("method_sha256", sa.String(64), nullable=False, server_default=""),
        sa.Column("document_sha256", sa.String(64), nullable=False, server_default=""),
        sa.Column("from_ns", sa.BigInteger, nullable=False),
        sa.Column("until_ns", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("ended_ns", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("decided_by", sa.String(64), nullable=False),
        sa.Column("approved_by", sa.String(64), nullable=False, server_default=""),
        sa.Column("sealed_details", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "knowledge_tests",
        sa.Column("test_id", sa.String(32), primary_key=True),
        sa.Column("client_id", sa.String(64), nullable=False, index=True),
        sa.Column("bank", sa.String(32), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("seed", sa.LargeBinary, nullable=False),
        sa.Column("begun_ns", sa.BigInteger, nullable=False),
        sa.Column("ends_ns", sa.BigInteger, nullable=False),
        sa.Column("answered_ns", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("correct", sa.Integer, nullable=False, server_default="0"),
        sa.Column("questions", sa.Integer, nullable=False),
        sa.Column("weak_topics", sa.String(256), nullable=False, server_default=""),
        sa.Column("sealed_answers", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "training_openings",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("client_id", sa.String(64), nullable=False, index=True),
        sa.Column("bank", sa.String(32), nullable=False),
        sa.Column("topic", sa.String(32), nullable=False),
        sa.Column("opened_ns", sa.BigInteger, nullable=False),
    )


def _agreements() -> None:
    op.create_table(
        "agreement_texts",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("agreement", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("clauses", sa.String(1024), nullable=False),
        sa.Column("announced_ns", sa.BigInteger, nullable=False),
        sa.Column("in_force_ns", sa.BigInteger, nullable=False),
        sa.Column("published_by", sa.String(64), nullable=False),
        sa.Column("approved_by", sa.String(64), nullable=False),
        sa.UniqueConstraint("agreement", "version", "language"),
    )
    op.create_table(
        "agreement_acceptances",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("client_id", sa.String(64), nullable=False, index=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("accepted_ns", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("client_id", "sha256"),
    )
    op.create_table(
        "standing_authorities",
        sa.Column("authority_id", sa.String(32), primary_key=True),
        sa.Column("client_id", sa.String(64), nullable=False, index=True),
        sa.Column("scope", sa.String(64), nullable=False),
        sa.Column("document_sha256", sa.String(64), nullable=False),
        sa.Column("is_professional", sa.Integer, nullable=False),
        sa.Column("begins_ns", sa.BigInteger, nullable=False),
        sa.Column("ends_ns", sa.BigInteger, nullable=False),
        sa.Column("revoked_ns", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("renews", sa.String(32), nullable=False, server_default=""),
        sa.Column("notice_ns", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("objected_ns", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("confirmed_ns", sa.BigInteger, nullable=False, server_default="0"),
    )


def _what_follows() -> None:
    op.create_table(
        "client_obligations",
        sa.Column("obligation_id", sa.String(128), primary_key=True),
        sa.Column("kind", sa.String(64), nullable=False, index=True),
        sa.Column("client_id", sa.String(64), nullable=False, index=True),
        sa.Column("begun_ns", sa.BigInteger, nullable=False),
        sa.Column("done_ns", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_table(
        "client_decisions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("client_id", sa.String(64), nullable=False, index=True),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False, server_default="0"),
    )
