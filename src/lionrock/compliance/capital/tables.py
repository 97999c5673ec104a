"""The tables of capital and returns in site.sqlite, as they are after the last migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, String, Table

metadata = MetaData()

capital_figures = Table(
    "capital_figures",
    metadata,
    Column("figures_id", String(32), primary_key=True),
    Column("entity", String(32), nullable=False, index=True),
    Column("as_of_ns", BigInteger, nullable=False),
    Column("proposed_by", String(64), nullable=False),
    Column("approved_by", String(64), nullable=False),  # another person
    Column("approved_ns", BigInteger, nullable=False),
    Column("sealed_figures", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
)

capital_alarms = Table(
    "capital_alarms",
    metadata,
    Column("alarm_id", String(64), primary_key=True),
    Column("figures_id", String(32), nullable=False),
    Column("trigger", String(48), nullable=False),
    Column("found_ns", BigInteger, nullable=False),
    Column("due_ns", BigInteger, nullable=False),
    Column("sealed_draft", LargeBinary, nullable=False),
    Column("notified_ns", BigInteger),
    Column("notified_by", String(64), nullable=False),  # empty until then
)

capital_returns = Table(
    "capital_returns",
    metadata,
    Column("return_id", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),  # a `ReturnKind`
    Column("entity", String(32), nullable=False),
    Column("from_ns", BigInteger, nullable=False),
    Column("until_ns", BigInteger, nullable=False),  # the cut-off, not included
    Column("due_ns", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),  # a `ReturnState`
    Column("frozen_ns", BigInteger, nullable=False),
    Column("frozen_by", String(64), nullable=False),
    Column("approved_by", String(64), nullable=False),  # empty until then
    Column("approved_ns", BigInteger),
    Column("filed_ns", BigInteger),
    Column("liquid_capital_minor", BigInteger, nullable=False),
    Column("json_sha256", String(64), nullable=False),
    Column("pdf_sha256", String(64), nullable=False),
    Column("xlsx_sha256", String(64), nullable=False),
    Column("sealed_json", LargeBinary, nullable=False),
    Column("sealed_pdf", LargeBinary, nullable=False),
    Column("sealed_xlsx", LargeBinary, nullable=False),
    Column("recorded_sequence", BigInteger),
)
