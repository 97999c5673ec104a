"""The tables of registers in site.sqlite, as they are after the last migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

register_records = Table(
    "register_records",
    metadata,
    Column("record_id", String(32), primary_key=True),
    Column("register", String(32), nullable=False, index=True),  # a `Register`
    Column("state", String(16), nullable=False),
    Column("account_id", BigInteger, nullable=False, index=True),  # of the client it is about; 0 for none
    Column("entered_by", String(64), nullable=False),  # of the staff; empty where the client did it
    Column("begun_ns", BigInteger, nullable=False),  # its time runs from here
    Column("due_ns", BigInteger, nullable=False),
    Column("done_ns", BigInteger),  # what was owed is done
    Column("sealed_fields", LargeBinary, nullable=False),
)

register_steps = Table(
    "register_steps",
    metadata,
    Column("record_id", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1
    Column("at_ns", BigInteger, nullable=False),
    Column("staff_id", String(64), nullable=False),
    Column("state", String(16), nullable=False),  # that it led to
    Column("sealed_words", LargeBinary, nullable=False),
)
