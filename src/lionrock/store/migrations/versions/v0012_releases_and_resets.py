"""Documents that two people let out, and new passwords for who forgot theirs.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "client_document_releases",
        sa.Column("proposal_id", sa.String(32), primary_key=True),
        sa.Column("document_id", sa.String(32), nullable=False, index=True),
        sa.Column("client_id", sa.String(32), nullable=False, index=True),
        sa.Column("staff_id", sa.String(32), nullable=False),
        sa.Column("approver_id", sa.String(32), nullable=False),
        sa.Column("reason_code", sa.String(48), nullable=False),
        sa.Column("sealed_recipient", sa.LargeBinary, nullable=False),
        sa.Column("released_ns", sa.BigInteger, nullable=False),
        sa.Column("ends_ns", sa.BigInteger, nullable=False),
        sa.Column("taken_ns", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_table(
        "password_reset_requests",
        sa.Column("request_id", sa.String(32), primary_key=True),
        sa.Column("name_hash", sa.LargeBinary, nullable=False),
        sa.Column("asked_ns", sa.BigInteger, nullable=False, index=True),
        sa.Column("sealed_place", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "password_resets",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        sa.Column("user_id", sa.String(32), nullable=False, index=True),
        sa.Column("name_hash", sa.LargeBinary, nullable=False),
        sa.Column("ends_ns", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for name in ("password_resets", "password_reset_requests", "client_document_releases"):
        op.drop_table(name)
