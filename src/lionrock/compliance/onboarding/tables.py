"""The tables of clients in site.sqlite, as they are after the last migration (`lionrock.store.migrations`).

What is personal is sealed, or a keyed hash; everything else is opaque ids, closed lists and times.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import BigInteger, Column, Connection, Engine, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

clients = Table(
    "clients",
    metadata,
    Column("client_id", String(32), primary_key=True),
    Column("user_id", String(32), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(24), nullable=False, index=True),
    Column("account_id", BigInteger, unique=True),  # chosen before the ledger is asked
    Column("opened_sequence", BigInteger),  # none until the ledger has it
    Column("sealed_form", LargeBinary, nullable=False),
    Column("form_version", Integer, nullable=False),  # counted up by each change; names the place of the seal
    Column("birth_hash", LargeBinary, index=True),  # people born on one day have the same
    Column("created_ns", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("identity_passed_ns", BigInteger, nullable=False, server_default="0"),
    Column("tax_certified_ns", BigInteger, nullable=False, server_default="0"),
    Column("activated_ns", BigInteger, nullable=False, server_default="0"),
    Column("applied_restriction", String(16), nullable=False, server_default=""),  # as the ledger was told last
)

client_steps = Table(
    "client_steps",
    metadata,
    Column("client_id", String(32), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("step", String(24), nullable=False),
    Column("from_state", String(24), nullable=False),
    Column("to_state", String(24), nullable=False),
    Column("authority", String(16), nullable=False),
    Column("actor_id", String(32), nullable=False),
    Column("approver_id", String(32), nullable=False),
    Column("reason_code", String(48), nullable=False),
    Column("sealed_words", LargeBinary),
    Column("details", LargeBinary, nullable=False),  # canonical JSON of opaque ids, figures and digests
    Column("at_ns", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("sequence", BigInteger, index=True),  # of the command that carries the digest; none on its way there
)

client_features = Table(
    "client_features",
    metadata,
    Column("client_id", String(32), primary_key=True),
    Column("feature", String(24), primary_key=True),
    Column("hash", LargeBinary, primary_key=True, index=True),
)

client_likenesses = Table(
    "client_likenesses",
    metadata,
    Column("client_id", String(32), primary_key=True),
    Column("other_id", String(32), primary_key=True),
    Column("features", String(200), nullable=False),
    Column("likeness_ppm", Integer, nullable=False),
    Column("found_ns", BigInteger, nullable=False),
    Column("verdict", String(16), nullable=False, server_default=""),
    Column("decided_by", String(32), nullable=False, server_default=""),
    Column("approved_by", String(32), nullable=False, server_default=""),
    Column("decided_ns", BigInteger, nullable=False, server_default="0"),
)

client_documents = Table(
    "client_documents",
    metadata,
    Column("document_id", String(32), primary_key=True),
    Column("client_id", String(32), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("sealed_key", LargeBinary, nullable=False),  # without it the file is noise
    Column("sealed_details", LargeBinary, nullable=False),  # whose it is within the application, the file's name
    Column("media_type", String(32), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("file_bytes", BigInteger, nullable=False),  # of the sealed file, up to the last whole part
    Column("sha256", LargeBinary),
    Column("begun_ns", BigInteger, nullable=False),
    Column("kept_ns", BigInteger),
    Column("sequence", BigInteger),
)

client_document_reads = Table(
    "client_document_reads",
    metadata,
    Column("read_id", String(32), primary_key=True),
    Column("document_id", String(32), nullable=False, index=True),
    Column("staff_id", String(32), nullable=False),
    Column("reason_code", String(48), nullable=False),
    Column("sealed_words", LargeBinary, nullable=False),
    Column("read_ns", BigInteger, nullable=False),
)

client_document_releases = Table(
    "client_document_releases",
    metadata,
    Column("proposal_id", String(32), primary_key=True),
    Column("document_id", String(32), nullable=False, index=True),
    Column("client_id", String(32), nullable=False, index=True),
    Column("staff_id", String(32), nullable=False),  # who proposed it, and alone may take it
    Column("approver_id", String(32), nullable=False),
    Column("reason_code", String(48), nullable=False),
    Column("sealed_recipient", LargeBinary, nullable=False),
    Column("released_ns", BigInteger, nullable=False),
    Column("ends_ns", BigInteger, nullable=False),
    Column("taken_ns", BigInteger, nullable=False, server_default="0"),
)

client_identity_checks = Table(
    "client_identity_checks",
    metadata,
    Column("check_id", String(32), primary_key=True),
    Column("client_id", String(32), nullable=False, index=True),
    Column("provider", String(32), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reasons", String(400), nullable=False),  # names of a closed list, separated by commas
    Column("begun_ns", BigInteger, nullable=False),
    Column("ended_ns", BigInteger),
    Column("sealed_reference", LargeBinary),
)


@contextmanager
def writing(database: Engine) -> Iterator[Connection]:
    """One transaction that no other writer's overlaps: what was read in it still holds when it commits."""
    with database.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
