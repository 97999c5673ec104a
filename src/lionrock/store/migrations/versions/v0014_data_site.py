"""Which site the data directory belongs to; the next start writes it down.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table("data_site", sa.Column("site_id", sa.String(64), primary_key=True))


def downgrade() -> None:
    op.drop_table("data_site")
