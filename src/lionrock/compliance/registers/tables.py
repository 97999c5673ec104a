"""The table of registers in site.sqlite, as it is after the last migration (`lionrock.store.migrations`)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, String, Table

metadata = MetaData()

register_entries = Table(
    "register_entries",
    metadata,
    Column("entry_id", String(32), primary_key=True),
    Column("kind", String(32), nullable=False, index=True),
    Column("begun_ns", BigInteger, nullable=False),
    Column("done_ns", BigInteger, nullable=False, server_default="0"),
    Column("recorded_by", String(32), nullable=False),
    Column("recorded_ns", BigInteger, nullable=False),
    Column("sealed_fields", LargeBinary, nullable=False),
)
