"""The tables of the outbox in site.sqlite, as they are after the last migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

messages = Table(
    "outbox_messages",
    metadata,
    Column("message_id", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("recipient", String(64), nullable=False, index=True),  # opaque id
    Column("created_ns", BigInteger, nullable=False),
    Column("sealed_content", LargeBinary, nullable=False),
)

deliveries = Table(
    "outbox_deliveries",
    metadata,
    Column("message_id", String(64), primary_key=True),
    Column("channel", String(16), primary_key=True),
    Column("sealed_address", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),  # a `DeliveryState`
    Column("attempts", Integer, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("next_ns", BigInteger, nullable=False),  # not tried before
    Column("leased_until_ns", BigInteger, nullable=False),  # somebody is at it until then; 0 for nobody
    Column("outcome", String(24), nullable=False),  # of the last attempt; empty before the first
    Column("ended_ns", BigInteger),  # delivered or given up
)
Index("outbox_deliveries_due", deliveries.c.state, deliveries.c.next_ns)

attempts = Table(
    "outbox_attempts",
    metadata,
    Column("message_id", String(64), primary_key=True),
    Column("channel", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1
    Column("begun_ns", BigInteger, nullable=False),
    Column("ended_ns", BigInteger),
    Column("outcome", String(24), nullable=False),  # empty while it lasts
    Column("code", Integer, nullable=False),  # status of SMTP or HTTP; 0 for none
)

inbox = Table(
    "inbox_notices",
    metadata,
    Column("message_id", String(64), primary_key=True),
    Column("recipient", String(64), nullable=False, index=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("read_ns", BigInteger),
)
