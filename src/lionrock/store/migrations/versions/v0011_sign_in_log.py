"""A log of attempts to sign in.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "sign_in_log",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at_ns", sa.BigInteger, nullable=False, index=True),
        sa.Column("name_hash", sa.LargeBinary, nullable=False, index=True),
        sa.Column("user_id", sa.String(32), nullable=False, index=True),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("sealed_place", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("sign_in_log")
