"""The rulebook's tables in site.sqlite, as they are after the last migration (`lionrock.store.migrations`)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

decisions = Table(
    "rulebook_decisions",
    metadata,
    Column("decision_id", Integer, primary_key=True),
    Column("at_ns", BigInteger, nullable=False, index=True),
    Column("gate", String(128), nullable=False, index=True),
    Column("outcome", String(16), nullable=False),
    Column("rules", String(1024), nullable=False),  # ids, separated by spaces
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the canonical bytes
    Column("sealed", LargeBinary, nullable=False),  # the canonical bytes
    Column("batch_id", Integer, index=True),  # empty until its digest stands in the journal
)

decision_batches = Table(
    "rulebook_decision_batches",
    metadata,
    Column("batch_id", Integer, primary_key=True),
    Column("decisions", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 over the digests of its decisions, in order
    Column("sequence", BigInteger, nullable=False),  # where the journal says so
)

runs = Table(
    "rulebook_runs",
    metadata,
    Column("run_id", String(32), primary_key=True),
    Column("site", String(64), nullable=False),
    Column("at_ns", BigInteger, nullable=False, index=True),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the document
    Column("document", LargeBinary, nullable=False),  # the run as canonical JSON, deflated
    Column("sequence", BigInteger),  # where the journal holds the digest; empty until it does
)

evidence = Table(
    "rulebook_evidence",
    metadata,
    Column("run_id", String(32), primary_key=True),
    Column("rule_id", String(32), primary_key=True),
    Column("version", String(10), nullable=False),
    Column("status", String(16), nullable=False),
    Column("at_ns", BigInteger, nullable=False, index=True),
)

inputs = Table(
    "rulebook_inputs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("fact_type", String(64), nullable=False),
    Column("facts", Integer, nullable=False),
    Column("rows", LargeBinary, nullable=False),  # canonical bytes, deflated; kept once however many runs used them
)
