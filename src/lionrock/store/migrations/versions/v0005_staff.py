"""Staff, their roles, and what two of them must approve; what was attested, complaints and incidents.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

APPEND_ONLY = ("staff_audit", "staff_audit_statements")
_TABLES = (
    "staff",
    "staff_roles",
    "staff_enrolments",
    "staff_own_files",
    "staff_credentials",
    "staff_recovery_codes",
    "staff_passkeys",
    "staff_sessions",
    "staff_proposals",
    "staff_verdicts",
    "staff_audit",
    "staff_audit_statements",
)


def upgrade() -> None:
    _members()
    _ways_in()
    _proposals()
    _audit()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _members() -> None:
    op.create_table(
        "staff",
        sa.Column("staff_id", sa.String(32), primary_key=True),
        sa.Column("name_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("sealed_name", sa.LargeBinary, nullable=False),
        sa.Column("person_hash", sa.LargeBinary, nullable=False, index=True),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(32), nullable=False),
        sa.Column("deactivated_ns", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("access_reviewed_ns", sa.BigInteger, nullable=False),
        sa.Column("has_trading_account", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_table(
        "staff_roles",
        sa.Column("staff_id", sa.String(32), primary_key=True),
        sa.Column("role", sa.String(32), primary_key=True),
        sa.Column("granted_ns", sa.BigInteger, nullable=False),
        sa.Column("proposal_id", sa.String(32), nullable=False),
    )
    op.create_table(
        "staff_enrolments",
        sa.Column("staff_id", sa.String(32), primary_key=True),
        sa.Column("code_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("ends_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "staff_own_files",
        sa.Column("person_hash", sa.LargeBinary, primary_key=True),
        sa.Column("client_id", sa.String(64), primary_key=True),
        sa.Column("declared_ns", sa.BigInteger, nullable=False),
    )


def _ways_in() -> None:
    op.create_table(
        "staff_credentials",
        sa.Column("user_id", sa.String(32), primary_key=True),
        sa.Column("sealed_password_hash", sa.LargeBinary),
        sa.Column("sealed_totp_secret", sa.LargeBinary),
        sa.Column("totp_is_confirmed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("totp_last_step", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_table(
        "staff_recovery_codes",
        sa.Column("code_hash", sa.LargeBinary, primary_key=True),
        sa.Column("user_id", sa.String(32), nullable=False, index=True),
    )
    op.create_table(
        "staff_passkeys",
        sa.Column("credential_id", sa.LargeBinary, primary_key=True),
        sa.Column("user_id", sa.String(32), nullable=False, index=True),
        sa.Column("sealed_public_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_label", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        sa.Column("session_id", sa.String(32), nullable=False, unique=True),
        sa.Column("staff_id", sa.String(32), nullable=False, index=True),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("last_used_ns", sa.BigInteger, nullable=False),
        sa.Column("sealed_place", sa.LargeBinary, nullable=False),
    )


def _proposals() -> None:
    op.create_table(
        "staff_proposals",
        sa.Column("proposal_id", sa.String(32), primary_key=True),
        sa.Column("action", sa.String(48), nullable=False, index=True),
        sa.Column("sealed_payload", sa.LargeBinary, nullable=False),
        sa.Column("payload_sha256", sa.String(64), nullable=False),
        sa.Column("target_sha256", sa.String(64), nullable=False),
        sa.Column("reason_code", sa.String(32), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary, nullable=False),
        sa.Column("made_by", sa.String(32), nullable=False),
        sa.Column("made_ns", sa.BigInteger, nullable=False),
        sa.Column("ends_ns", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(24), nullable=False, index=True),
        sa.Column("changed_ns", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.String(200), nullable=False, server_default=""),
        sa.Column("is_break_glass", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_table(
        "staff_verdicts",
        sa.Column("proposal_id", sa.String(32), primary_key=True),
        sa.Column("person_hash", sa.LargeBinary, primary_key=True),
        sa.Column("staff_id", sa.String(32), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("given_ns", sa.BigInteger, nullable=False),
        sa.Column("sealed_words", sa.LargeBinary, nullable=False),
    )


def _audit() -> None:
    op.create_table(
        "staff_audit",
        sa.Column("entry", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("staff_id", sa.String(32), nullable=False, index=True),
        sa.Column("event", sa.String(48), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False, index=True),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "staff_audit_statements",
        sa.Column("entry", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'entries are added, never changed'); END"
            )
