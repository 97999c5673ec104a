"""The tables of people and keys in site.sqlite, as they are after the last migration (`lionrock.store.migrations`)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()


def _origin(*, is_needed: bool = True) -> tuple[Column[bytes], Column[int], Column[int]]:
    """What the account was when the row was made: an id alone would act for whoever is given the same id in a journal
    that lost its end, or in another one.
    """
    return (
        Column("journal_id", LargeBinary, nullable=not is_needed),
        Column("opened_sequence", BigInteger, nullable=not is_needed),
        Column("opened_ns", BigInteger, nullable=not is_needed),
    )


api_keys = Table(
    "api_keys",
    metadata,
    Column("access_key", String(64), primary_key=True),
    Column("kind", String(16), nullable=False, server_default="HMAC"),
    Column("sealed_secret", LargeBinary, nullable=False),  # empty once it is revoked
    Column("sealed_details", LargeBinary),  # label and networks
    Column("account_id", BigInteger, nullable=False),
    Column("rights", Integer, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False, server_default="0"),
    Column("revoked_ns", BigInteger),
    *_origin(),
)

users = Table(
    "users",
    metadata,
    Column("user_id", String(32), primary_key=True),
    Column("name_hash", LargeBinary, nullable=False, unique=True),
    Column("sealed_name", LargeBinary, nullable=False),
    Column("sealed_password_hash", LargeBinary, nullable=False),
    Column("account_id", BigInteger, unique=True),  # none until it is opened, nor what follows from it
    Column("created_ns", BigInteger, nullable=False),
    Column("sealed_totp_secret", LargeBinary),
    Column("totp_is_confirmed", Integer, nullable=False, server_default="0"),
    Column("totp_last_step", BigInteger, nullable=False, server_default="0"),  # a code works once
    Column("api_needs_code", Integer, nullable=False, server_default="0"),
    *_origin(is_needed=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("user_id", String(32), nullable=False, index=True),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("user_id", String(32), nullable=False, index=True),
    Column("sealed_public_key", LargeBinary, nullable=False),
    Column("sealed_label", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
)

sub_accounts = Table(
    "sub_accounts",
    metadata,
    Column("account_id", BigInteger, primary_key=True),
    Column("owner_id", BigInteger, nullable=False, index=True),
    Column("sealed_label", LargeBinary, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("session_id", String(32), nullable=False, unique=True),
    Column("user_id", String(32), nullable=False, index=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("last_used_ns", BigInteger, nullable=False),
    Column("second_factor_ns", BigInteger, nullable=False),  # when one was last shown; 0 for never
    Column("sealed_place", LargeBinary, nullable=False),  # address and program of whoever signed in
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("name_hash", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_ns", BigInteger, nullable=False),
    Column("locked_until_ns", BigInteger, nullable=False),
)

password_reset_requests = Table(
    "password_reset_requests",
    metadata,
    Column("request_id", String(32), primary_key=True),
    Column("name_hash", LargeBinary, nullable=False),
    Column("asked_ns", BigInteger, nullable=False, index=True),
    Column("sealed_place", LargeBinary, nullable=False),
)

password_resets = Table(
    "password_resets",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("user_id", String(32), nullable=False, index=True),
    Column("name_hash", LargeBinary, nullable=False),
    Column("ends_ns", BigInteger, nullable=False),
)

sign_in_log = Table(
    "sign_in_log",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at_ns", BigInteger, nullable=False, index=True),
    Column("name_hash", LargeBinary, nullable=False, index=True),
    Column("user_id", String(32), nullable=False, index=True),  # empty where no user was found
    Column("way", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("sealed_place", LargeBinary, nullable=False),
)
