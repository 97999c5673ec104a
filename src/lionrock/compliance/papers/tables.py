"""The tables of papers in site.sqlite, as they are after the last migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, String, Table

metadata = MetaData()

paper_periods = Table(
    "paper_periods",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("from_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("until_ns", BigInteger, nullable=False),  # not included
    Column("planned_ns", BigInteger, nullable=False),
)

papers = Table(
    "papers",
    metadata,
    Column("paper_id", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),  # a `PaperKind`
    Column("account_id", BigInteger, nullable=False, index=True),
    Column("reference_id", BigInteger, nullable=False),  # ledger entry of a receipt; otherwise 0
    Column("from_ns", BigInteger, nullable=False),
    Column("until_ns", BigInteger, nullable=False),  # not included
    Column("begun_ns", BigInteger, nullable=False),  # its time runs from here
    Column("due_ns", BigInteger, nullable=False),
    Column("made_ns", BigInteger),
    Column("json_sha256", String(64), nullable=False),  # empty until it is made
    Column("pdf_sha256", String(64), nullable=False),
    Column("sealed_json", LargeBinary),
    Column("sealed_pdf", LargeBinary),
    Column("recorded_sequence", BigInteger, index=True),  # of the command whose note carries the digests
)
