"""The tables of assessments in site.sqlite, as they are after the last migration (`lionrock.store.migrations`)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint

metadata = MetaData()

assessments = Table(
    "assessments",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("client_id", String(64), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("result", String(64), nullable=False),
    Column("points", BigInteger, nullable=False, server_default="0"),
    Column("method", String(64), nullable=False, server_default=""),
    Column("method_sha256", String(64), nullable=False, server_default=""),
    Column("document_sha256", String(64), nullable=False, server_default=""),
    Column("from_ns", BigInteger, nullable=False),
    Column("until_ns", BigInteger, nullable=False, server_default="0"),  # 0: for good
    Column("ended_ns", BigInteger, nullable=False, server_default="0"),  # taken back before its time
    Column("decided_by", String(64), nullable=False),  # a staff id, `client` or `site`
    Column("approved_by", String(64), nullable=False, server_default=""),
    Column("sealed_details", LargeBinary, nullable=False),
)

knowledge_tests = Table(
    "knowledge_tests",
    metadata,
    Column("test_id", String(32), primary_key=True),
    Column("client_id", String(64), nullable=False, index=True),
    Column("bank", String(32), nullable=False),
    Column("language", String(16), nullable=False),
    Column("seed", LargeBinary, nullable=False),
    Column("begun_ns", BigInteger, nullable=False),
    Column("ends_ns", BigInteger, nullable=False),
    Column("answered_ns", BigInteger, nullable=False, server_default="0"),
    Column("correct", Integer, nullable=False, server_default="0"),
    Column("questions", Integer, nullable=False),
    Column("weak_topics", String(256), nullable=False, server_default=""),
    Column("sealed_answers", LargeBinary, nullable=False),
)

training_openings = Table(
    "training_openings",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("client_id", String(64), nullable=False, index=True),
    Column("bank", String(32), nullable=False),
    Column("topic", String(32), nullable=False),
    Column("opened_ns", BigInteger, nullable=False),
)

agreement_texts = Table(
    "agreement_texts",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("agreement", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("language", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("clauses", String(1024), nullable=False),
    Column("announced_ns", BigInteger, nullable=False),
    Column("in_force_ns", BigInteger, nullable=False),
    Column("published_by", String(64), nullable=False),
    Column("approved_by", String(64), nullable=False),
    UniqueConstraint("agreement", "version", "language"),
)

agreement_acceptances = Table(
    "agreement_acceptances",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("client_id", String(64), nullable=False, index=True),
    Column("sha256", String(64), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("accepted_ns", BigInteger, nullable=False),
    UniqueConstraint("client_id", "sha256"),
)

standing_authorities = Table(
    "standing_authorities",
    metadata,
    Column("authority_id", String(32), primary_key=True),
    Column("client_id", String(64), nullable=False, index=True),
    Column("scope", String(64), nullable=False),
    Column("document_sha256", String(64), nullable=False),
    Column("is_professional", Integer, nullable=False),
    Column("begins_ns", BigInteger, nullable=False),
    Column("ends_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger, nullable=False, server_default="0"),
    Column("renews", String(32), nullable=False, server_default=""),
    Column("notice_ns", BigInteger, nullable=False, server_default="0"),
    Column("objected_ns", BigInteger, nullable=False, server_default="0"),
    Column("confirmed_ns", BigInteger, nullable=False, server_default="0"),
)

obligations = Table(
    "client_obligations",
    metadata,
    Column("obligation_id", String(128), primary_key=True),
    Column("kind", String(64), nullable=False, index=True),
    Column("client_id", String(64), nullable=False, index=True),
    Column("begun_ns", BigInteger, nullable=False),
    Column("done_ns", BigInteger, nullable=False, server_default="0"),
)

client_decisions = Table(
    "client_decisions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("client_id", String(64), nullable=False, index=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # canonical JSON without personal data
    Column("sequence", BigInteger, nullable=False, server_default="0"),  # in the journal; 0 until it stands there
)
