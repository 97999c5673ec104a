"""The tables of staff in site.sqlite, as they are after the last migration (`lionrock.store.migrations`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import BigInteger, Column, Connection, Engine, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

staff = Table(
    "staff",
    metadata,
    Column("staff_id", String(32), primary_key=True),
    Column("name_hash", LargeBinary, nullable=False, unique=True),
    Column("sealed_name", LargeBinary, nullable=False),
    Column("person_hash", LargeBinary, nullable=False, index=True),  # the same for two accounts of one person
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", String(32), nullable=False),  # empty: on the machine itself
    Column("deactivated_ns", BigInteger, nullable=False, server_default="0"),
    Column("access_reviewed_ns", BigInteger, nullable=False),
    Column("has_trading_account", Integer, nullable=False, server_default="0"),
)

staff_roles = Table(
    "staff_roles",
    metadata,
    Column("staff_id", String(32), primary_key=True),
    Column("role", String(32), primary_key=True),
    Column("granted_ns", BigInteger, nullable=False),
    Column("proposal_id", String(32), nullable=False),  # empty: on the machine itself
)

staff_credentials = Table(
    "staff_credentials",
    metadata,
    Column("user_id", String(32), primary_key=True),  # the staff_id; named as `SecondFactors` asks
    Column("sealed_password_hash", LargeBinary),
    Column("sealed_totp_secret", LargeBinary),
    Column("totp_is_confirmed", Integer, nullable=False, server_default="0"),
    Column("totp_last_step", BigInteger, nullable=False, server_default="0"),
)

staff_recovery_codes = Table(
    "staff_recovery_codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("user_id", String(32), nullable=False, index=True),
)

staff_passkeys = Table(
    "staff_passkeys",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("user_id", String(32), nullable=False, index=True),
    Column("sealed_public_key", LargeBinary, nullable=False),
    Column("sealed_label", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
)

staff_enrolments = Table(
    "staff_enrolments",
    metadata,
    Column("staff_id", String(32), primary_key=True),  # a new code takes the place of the old one
    Column("code_hash", LargeBinary, nullable=False, unique=True),
    Column("ends_ns", BigInteger, nullable=False),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("session_id", String(32), nullable=False, unique=True),
    Column("staff_id", String(32), nullable=False, index=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("last_used_ns", BigInteger, nullable=False),
    Column("sealed_place", LargeBinary, nullable=False),
)

staff_own_files = Table(
    "staff_own_files",
    metadata,
    Column("person_hash", LargeBinary, primary_key=True),
    Column("client_id", String(64), primary_key=True),
    Column("declared_ns", BigInteger, nullable=False),
)

staff_proposals = Table(
    "staff_proposals",
    metadata,
    Column("proposal_id", String(32), primary_key=True),
    Column("action", String(48), nullable=False, index=True),
    Column("sealed_payload", LargeBinary, nullable=False),
    Column("payload_sha256", String(64), nullable=False),
    Column("target_sha256", String(64), nullable=False),  # of what it changes, as it was when it was proposed
    Column("reason_code", String(32), nullable=False),
    Column("sealed_words", LargeBinary, nullable=False),
    Column("made_by", String(32), nullable=False),
    Column("made_ns", BigInteger, nullable=False),
    Column("ends_ns", BigInteger, nullable=False),
    Column("state", String(24), nullable=False, index=True),
    Column("changed_ns", BigInteger, nullable=False),
    Column("outcome", String(200), nullable=False, server_default=""),
    Column("is_break_glass", Integer, nullable=False, server_default="0"),
)

staff_verdicts = Table(
    "staff_verdicts",
    metadata,
    Column("proposal_id", String(32), primary_key=True),
    Column("person_hash", LargeBinary, primary_key=True),
    Column("staff_id", String(32), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("given_ns", BigInteger, nullable=False),
    Column("sealed_words", LargeBinary, nullable=False),
)

staff_audit = Table(
    "staff_audit",
    metadata,
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("staff_id", String(32), nullable=False, index=True),
    Column("event", String(48), nullable=False),
    Column("subject", String(64), nullable=False, index=True),
    Column("details", LargeBinary, nullable=False),  # canonical JSON of opaque ids, figures and digests
    Column("digest", LargeBinary, nullable=False),
)
"""Rows are added, never changed nor deleted: triggers see to it."""

staff_audit_statements = Table(
    "staff_audit_statements",
    metadata,
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),  # of the command in the journal that carries the digest
)


@contextmanager
def writing(database: Engine) -> Iterator[Connection]:
    """One transaction that nobody else's overlaps: what was read in it still holds when it commits.

    SQLite lets in one writer at a time once a transaction says so at its beginning; the driver by itself would begin
    one only at the first write, after what the decision rests on was read.
    """
    with database.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
