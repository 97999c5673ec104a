"""Which site a data directory belongs to: its database knows, so that no other file and no missing one goes unseen."""

from __future__ import annotations

import sqlite3
from collections.abc import Container
from contextlib import closing
from pathlib import Path

from sqlalchemy import Column, Engine, MetaData, String, Table, insert, select

from lionrock.store.database import DATABASE_FILE

metadata = MetaData()

data_site = Table("data_site", metadata, Column("site_id", String(64), primary_key=True))
"""One row, of a directory that a site was chosen for."""

_ASKED = "SELECT site_id FROM data_site"
_RAN = "SELECT site FROM rulebook_runs ORDER BY at_ns LIMIT 1"


def site_of(directory: Path, known_sites: Container[str]) -> str | None:
    """As the database here has it, which is only read; None where it has none or cannot be asked.

    In a database from before there was the table, the first run of the rules tells, when it was of a known site.
    """
    path = directory / DATABASE_FILE
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            ran = _first(connection, _RAN)
            return _first(connection, _ASKED) or (ran if ran in known_sites else None)
    except sqlite3.DatabaseError:
        return None  # whoever opens it for good says what is wrong


def _first(connection: sqlite3.Connection, query: str) -> str | None:
    try:
        row = connection.execute(query).fetchone()
    except sqlite3.OperationalError:
        return None  # no such table
    return str(row[0]) if row else None


def keep_site(database: Engine, site_id: str) -> None:
    """Once and for all: later calls change nothing."""
    with database.begin() as connection:
        if connection.execute(select(data_site.c.site_id)).first() is None:
            connection.execute(insert(data_site).values(site_id=site_id))
