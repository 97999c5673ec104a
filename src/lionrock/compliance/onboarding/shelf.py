"""A client's file as one record: who it is, its steps, likenesses, checks, and the documents in their files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine, delete, select

from lionrock.compliance.onboarding.documents import DIRECTORY
from lionrock.compliance.onboarding.tables import (
    client_document_reads,
    client_document_releases,
    client_documents,
    client_features,
    client_identity_checks,
    client_likenesses,
    client_steps,
    clients,
    writing,
)
from lionrock.compliance.records.shelves import Stock

_BY_CLIENT = (client_steps, client_features, client_identity_checks, client_document_releases, client_documents)


class ClientFileShelf:
    """As `Shelf`, of the class `client_identity`. A file goes whole: its parts mean nothing without each other."""

    record_class = "client_identity"
    tables: tuple[str, ...] = (
        "clients",
        "client_steps",
        "client_features",
        "client_identity_checks",
        "client_documents",
        DIRECTORY,
    )

    def __init__(self, database: Engine, directory: Path) -> None:
        self._database, self._documents = database, directory / DIRECTORY

    def stock(self, client_id: str, made_before_ns: int) -> Stock | None:
        """As `Shelf`."""
        query = select(clients.c.created_ns).where(
            clients.c.client_id == client_id, clients.c.created_ns < made_before_ns
        )
        with self._database.connect() as connection:
            made_ns = connection.execute(query).scalar()
        return None if made_ns is None else Stock(1, made_ns, made_ns)

    def erase(self, client_id: str, made_before_ns: int) -> int:
        """As `Shelf`. Files go first: a row without its file is noise, a file without its row would stay for good."""
        if self.stock(client_id, made_before_ns) is None:
            return 0
        query = select(client_documents.c.document_id).where(client_documents.c.client_id == client_id)
        with self._database.connect() as connection:
            documents = list(connection.execute(query).scalars())
        for document_id in documents:
            for path in self._documents.glob(f"{document_id}*"):
                path.unlink()
        with writing(self._database) as connection:
            reads = client_document_reads.c.document_id.in_(documents)
            connection.execute(delete(client_document_reads).where(reads))
            for table in _BY_CLIENT:
                connection.execute(delete(table).where(table.c.client_id == client_id))
            alike = (client_likenesses.c.client_id == client_id) | (client_likenesses.c.other_id == client_id)
            connection.execute(delete(client_likenesses).where(alike))
            connection.execute(delete(clients).where(clients.c.client_id == client_id))
        return 1

    def clients_with(self, made_before_ns: int) -> Sequence[str]:
        """As `Shelf`."""
        query = select(clients.c.client_id).where(clients.c.created_ns < made_before_ns).order_by(clients.c.client_id)
        with self._database.connect() as connection:
            return list(connection.execute(query).scalars())
