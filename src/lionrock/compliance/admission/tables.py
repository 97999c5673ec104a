"""The tables of admission in site.sqlite, as they are after the last migration (`lionrock.store.migrations`)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

tokens = Table(
    "admission_tokens",
    metadata,
    Column("asset", String(16), primary_key=True),
    Column("audience", String(24), nullable=False),
    Column("round", Integer, nullable=False, server_default="0"),  # counts what was decided about it
    Column("described", LargeBinary, nullable=False),  # canonical JSON of `Described`
    Column("voted_ns", BigInteger, nullable=False, server_default="0"),
    Column("votes_for", String(128), nullable=False, server_default=""),  # seats, at the decision
    Column("voted_sha256", String(64), nullable=False, server_default=""),  # of what the votes were about
    Column("index_evaluated_ns", BigInteger, nullable=False, server_default="0"),
    Column("changed_ns", BigInteger, nullable=False),
)

votes = Table(
    "admission_votes",
    metadata,
    Column("asset", String(16), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),  # votes are for one decision
    Column("audience", String(24), primary_key=True),  # that was voted on
    Column("described_sha256", String(64), primary_key=True),  # of what was known; a vote does not outlive it
    Column("seat", String(32), primary_key=True),
    Column("staff_id", String(32), nullable=False),
    Column("person_hash", LargeBinary, nullable=False),
    Column("is_for", Integer, nullable=False),
    Column("sealed_reasons", LargeBinary, nullable=False),
    Column("voted_ns", BigInteger, nullable=False),
)

providers = Table(
    "admission_providers",
    metadata,
    Column("provider", String(64), primary_key=True),
    Column("provider_group", String(64), nullable=False),
    Column("is_iosco_compliant", Integer, nullable=False),
    Column("has_conventional_indices", Integer, nullable=False),
    Column("indices", LargeBinary, nullable=False),  # JSON list of names
    Column("document_sha256", String(64), nullable=False),
    Column("recorded_ns", BigInteger, nullable=False),
)

index_files = Table(
    "admission_index_files",
    metadata,
    Column("index_name", String(64), primary_key=True),
    Column("as_of_ns", BigInteger, primary_key=True),
    Column("provider", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("constituents", LargeBinary, nullable=False),  # JSON list of codes
    Column("uploaded_by", String(32), nullable=False),
    Column("uploaded_ns", BigInteger, nullable=False),
)

restrictions = Table(
    "admission_restrictions",
    metadata,
    Column("asset", String(16), primary_key=True),
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
)
"""Accounts that this room has forbidden to acquire an asset; those are the ones it allows again."""

reports = Table(
    "admission_reports",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("begun_ns", BigInteger, nullable=False),  # the end of the month
    Column("made_ns", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
)

history = Table(
    "admission_history",
    metadata,
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("staff_id", String(32), nullable=False, index=True),
    Column("event", String(48), nullable=False),
    Column("subject", String(64), nullable=False, index=True),
    Column("details", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)
"""As `staff_audit`: rows are added, never changed nor deleted."""

history_statements = Table(
    "admission_history_statements",
    metadata,
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
)
