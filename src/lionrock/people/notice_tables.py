"""The tables of notices to people in site.sqlite, as they are after the last migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

notice_addresses = Table(
    "notice_addresses",
    metadata,
    Column("user_id", String(32), primary_key=True),
    Column("channel", String(16), primary_key=True),
    Column("sealed_address", LargeBinary, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("code_hash", LargeBinary),  # what its owner is to send back; none once it is confirmed
    Column("code_ends_ns", BigInteger, nullable=False),
    Column("confirmed_ns", BigInteger),
)

notice_choices = Table(
    "notice_choices",
    metadata,
    Column("user_id", String(32), primary_key=True),
    Column("trade_notices", Integer, nullable=False),  # 0 for none, please
    Column("changed_ns", BigInteger, nullable=False),
    Column("language", String(16), nullable=False, server_default="en"),
)

notice_cursors = Table(
    "notice_cursors",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("position", BigInteger, nullable=False),  # what was told up to there
)
