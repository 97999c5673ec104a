"""Tables of holds and erasures, as they are after the last migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, String, Table

metadata = MetaData()

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("hold_id", String(32), primary_key=True),
    Column("client_id", String(32), nullable=False, index=True),
    Column("sealed_reason", LargeBinary, nullable=False),
    Column("placed_ns", BigInteger, nullable=False),
    Column("placed_by", String(32), nullable=False),
    Column("approved_by", String(32), nullable=False),
    Column("released_ns", BigInteger),
    Column("released_by", String(32)),
)

erasures = Table(
    "erasures",
    metadata,
    Column("erasure_id", String(32), primary_key=True),
    Column("client_id", String(32), nullable=False, index=True),
    Column("carried_out_ns", BigInteger, nullable=False),
    Column("report", LargeBinary, nullable=False),  # without personal data
    Column("sequence", BigInteger, nullable=False),  # of the journal's frame with its digest; 0 until it is there
)
