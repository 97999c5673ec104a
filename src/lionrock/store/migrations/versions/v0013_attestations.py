"""Attestations stand in the journal alone: a table that anybody can write into proves nothing.

What was attested before has no place in the journal and counts no more; who attested it, what and when is in the log of
the staff. It is attested anew.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.drop_table("rulebook_attestations")


def downgrade() -> None:
    op.create_table(
        "rulebook_attestations",
        sa.Column("attestation_id", sa.String(32), primary_key=True),
        sa.Column("subject", sa.String(64), nullable=False, index=True),
        sa.Column("attested_ns", sa.BigInteger, nullable=False),
        sa.Column("staff_id", sa.String(32), nullable=False),
        sa.Column("approver_id", sa.String(32), nullable=False),
        sa.Column("document_sha256", sa.String(64), nullable=False),
    )
