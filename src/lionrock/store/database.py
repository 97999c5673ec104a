"""The SQL database of a site: SQLite in its data directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event

DATABASE_FILE = "site.sqlite"


def open_database(directory: Path) -> Engine:
    """The database in `directory`, made when it is not there.

    A commit is on disk when it returns: write-ahead log with synchronous=FULL. Readers do not wait for the writer.
    """
    database = create_engine(f"sqlite:///{directory / DATABASE_FILE}")

    @event.listens_for(database, "connect")
    def _configure(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return database
