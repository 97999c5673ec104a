"""Where records of a class stand, and how they are taken away. Each room that keeps some offers its shelves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Column, Engine, Table, delete, func, select


class Stock(NamedTuple):
    """What a client has on a shelf."""

    records: int
    oldest_ns: int
    newest_ns: int


class Shelf(Protocol):
    """Records of one class in one place. Times are when a record was made, nanoseconds since 1970."""

    record_class: str
    tables: tuple[str, ...]
    """Names of the tables or folders."""

    def stock(self, client_id: str, made_before_ns: int) -> Stock | None:
        """What there is of the client made before a moment; None for nothing."""

    def erase(self, client_id: str, made_before_ns: int) -> int:
        """Take away the client's records made before a moment; returns how many. All of them or an exception."""

    def clients_with(self, made_before_ns: int) -> Sequence[str]:
        """Clients of whom there is something made before a moment."""


class TableShelf:
    """Rows of a table that name their client and when they were made."""

    def __init__(
        self,
        database: Engine,
        record_class: str,
        table: Table,
        *,
        client: Column[Any],
        made_ns: Column[Any],
    ) -> None:
        self._database, self._table, self._client, self._made_ns = database, table, client, made_ns
        self.record_class = record_class
        self.tables: tuple[str, ...] = (table.name,)

    def stock(self, client_id: str, made_before_ns: int) -> Stock | None:
        """As `Shelf`."""
        query = select(func.count(), func.min(self._made_ns), func.max(self._made_ns))
        query = query.where(self._client == client_id, self._made_ns < made_before_ns)
        with self._database.connect() as connection:
            records, oldest_ns, newest_ns = connection.execute(query).one()
        return Stock(records, oldest_ns, newest_ns) if records else None

    def erase(self, client_id: str, made_before_ns: int) -> int:
        """As `Shelf`."""
        query = delete(self._table).where(self._client == client_id, self._made_ns < made_before_ns)
        with self._database.begin() as connection:
            return connection.execute(query).rowcount

    def clients_with(self, made_before_ns: int) -> Sequence[str]:
        """As `Shelf`."""
        query = select(self._client).where(self._made_ns < made_before_ns).distinct().order_by(self._client)
        with self._database.connect() as connection:
            return [str(client_id) for client_id in connection.execute(query).scalars()]


class Standing(NamedTuple):
    """A class whose records are never taken away, such as what is in the journal under opaque numbers."""

    record_class: str
    tables: tuple[str, ...]
    why: str
    """One sentence for whoever asks for an erasure."""
