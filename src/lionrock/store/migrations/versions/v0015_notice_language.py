"""The language that a user wants notices in; English where none was chosen.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("notice_choices", sa.Column("language", sa.String(16), nullable=False, server_default="en"))


def downgrade() -> None:
    op.drop_column("notice_choices", "language")
