"""Outbox and notices; client papers; capital and returns; registers.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_TABLES = (
    "outbox_messages",
    "outbox_deliveries",
    "outbox_attempts",
    "inbox_notices",
    "notice_addresses",
    "notice_choices",
    "notice_cursors",
    "paper_periods",
    "papers",
    "capital_figures",
    "capital_alarms",
    "capital_returns",
    "register_records",
    "register_steps",
)


def upgrade() -> None:
    _outbox()
    _notices()
    _papers()
    _capital()
    _registers()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _text(name: str, length: int, *, key: bool = False, index: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), primary_key=key, nullable=False, index=index)


def _number(name: str, *, key: bool = False, optional: bool = False, index: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=key, nullable=optional, index=index, autoincrement=False)


def _bytes(name: str, *, optional: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=optional)


def _outbox() -> None:
    op.create_table(
        "outbox_messages",
        _text("message_id", 64, key=True),
        _text("kind", 32),
        _text("recipient", 64, index=True),
        _number("created_ns"),
        _bytes("sealed_content"),
    )
    op.create_table(
        "outbox_deliveries",
        _text("message_id", 64, key=True),
        _text("channel", 16, key=True),
        _bytes("sealed_address"),
        _text("state", 16),
        sa.Column("attempts", sa.Integer, nullable=False),
        _number("created_ns"),
        _number("next_ns"),
        _number("leased_until_ns"),
        _text("outcome", 24),
        _number("ended_ns", optional=True),
    )
    op.create_index("outbox_deliveries_due", "outbox_deliveries", ["state", "next_ns"])
    op.create_table(
        "outbox_attempts",
        _text("message_id", 64, key=True),
        _text("channel", 16, key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _number("begun_ns"),
        _number("ended_ns", optional=True),
        _text("outcome", 24),
        sa.Column("code", sa.Integer, nullable=False),
    )
    op.create_table(
        "inbox_notices",
        _text("message_id", 64, key=True),
        _text("recipient", 64, index=True),
        _number("created_ns"),
        _number("read_ns", optional=True),
    )


def _notices() -> None:
    op.create_table(
        "notice_addresses",
        _text("user_id", 32, key=True),
        _text("channel", 16, key=True),
        _bytes("sealed_address"),
        _number("created_ns"),
        _bytes("code_hash", optional=True),
        _number("code_ends_ns"),
        _number("confirmed_ns", optional=True),
    )
    op.create_table(
        "notice_choices",
        _text("user_id", 32, key=True),
        sa.Column("trade_notices", sa.Integer, nullable=False),
        _number("changed_ns"),
    )
    op.create_table("notice_cursors", _text("name", 32, key=True), _number("position"))


def _papers() -> None:
    op.create_table(
        "paper_periods", _text("kind", 32, key=True), _number("from_ns", key=True), _number("until_ns"),
        _number("planned_ns"),
    )  # fmt: skip
    op.create_table(
        "papers",
        _text("paper_id", 64, key=True),
        _text("kind", 32),
        _number("account_id", index=True),
        _number("reference_id"),
        _number("from_ns"),
        _number("until_ns"),
        _number("begun_ns"),
        _number("due_ns"),
        _number("made_ns", optional=True),
        _text("json_sha256", 64),
        _text("pdf_sha256", 64),
        _bytes("sealed_json", optional=True),
        _bytes("sealed_pdf", optional=True),
        _number("recorded_sequence", optional=True, index=True),
    )


def _capital() -> None:
    op.create_table(
        "capital_figures",
        _text("figures_id", 32, key=True),
        _text("entity", 32, index=True),
        _number("as_of_ns"),
        _text("proposed_by", 64),
        _text("approved_by", 64),
        _number("approved_ns"),
        _bytes("sealed_figures"),
        _text("sha256", 64),
    )
    op.create_table(
        "capital_alarms",
        _text("alarm_id", 64, key=True),
        _text("figures_id", 32),
        _text("trigger", 48),
        _number("found_ns"),
        _number("due_ns"),
        _bytes("sealed_draft"),
        _number("notified_ns", optional=True),
        _text("notified_by", 64),
    )
    op.create_table(
        "capital_returns",
        _text("return_id", 64, key=True),
        _text("kind", 32),
        _text("entity", 32),
        _number("from_ns"),
        _number("until_ns"),
        _number("due_ns"),
        _text("state", 16),
        _number("frozen_ns"),
        _text("frozen_by", 64),
        _text("approved_by", 64),
        _number("approved_ns", optional=True),
        _number("filed_ns", optional=True),
        _number("liquid_capital_minor"),
        _text("json_sha256", 64),
        _text("pdf_sha256", 64),
        _text("xlsx_sha256", 64),
        _bytes("sealed_json"),
        _bytes("sealed_pdf"),
        _bytes("sealed_xlsx"),
        _number("recorded_sequence", optional=True),
    )


def _registers() -> None:
    op.create_table(
        "register_records",
        _text("record_id", 32, key=True),
        _text("register", 32, index=True),
        _text("state", 16),
        _number("account_id", index=True),
        _text("entered_by", 64),
        _number("begun_ns"),
        _number("due_ns"),
        _number("done_ns", optional=True),
        _bytes("sealed_fields"),
    )
    op.create_table(
        "register_steps",
        _text("record_id", 32, key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _number("at_ns"),
        _text("staff_id", 64),
        _text("state", 16),
        _bytes("sealed_words"),
    )
