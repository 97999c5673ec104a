"""Opens the database of the read models, and brings its schema up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

VIEWS_FILE = "views.sqlite"
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "busy_timeout=10000",
    "cache_size=-131072",  # KiB
    "wal_autocheckpoint=16384",  # pages of 4 KiB: the log is copied back when several transactions share the work
)


class DatabaseUnusable(Exception):
    """The URL names no database that read models can be kept in."""


def default_url(directory: Path) -> str:
    """The SQLite file of a data directory."""
    return f"sqlite:///{directory / VIEWS_FILE}"


_READER_PRAGMAS = ("busy_timeout=10000", "cache_size=-16384", "query_only=ON")
_QUICK_TO_NOTICE = {
    "connect_timeout": 10,  # seconds, as all of these but the last
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}
"""A PostgreSQL server that vanishes without a word is given up after half a minute, not after hours."""
_READER = _QUICK_TO_NOTICE | {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "options": "-c default_transaction_read_only=on -c statement_timeout=10000",
}
"""Somebody waits for the answer."""


def open_views(url: str, *, for_writing: bool = True) -> Engine:
    """The database of a URL, `sqlite:///PATH` or `postgresql://...`. An SQLite file is made, for its owner alone.

    Opened for reading nothing can be written, and all that one transaction reads is of one position.
    A transaction keeps others from writing from its beginning in SQLite, and from its first look at the position in
    PostgreSQL. What was committed last may be lost with the machine's power, never a part of a transaction: the
    position goes back with the rows. Raises `DatabaseUnusable`.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
            raise DatabaseUnusable(f"{parsed.render_as_string()}: there are sqlite:///PATH and postgresql://...")
        if parsed.get_backend_name() == "sqlite":
            return _open_sqlite(parsed.database, for_writing=for_writing)
        if for_writing:
            return create_engine(parsed, connect_args=_QUICK_TO_NOTICE)
        return create_engine(parsed, connect_args=_READER, isolation_level="REPEATABLE READ", pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError) as error:  # whose words may hold a password
        raise DatabaseUnusable("this is no URL of a database: there are sqlite:///PATH and postgresql://...") from error
    except ModuleNotFoundError as error:
        raise DatabaseUnusable(f"for PostgreSQL install lionrock[postgresql]: {error}") from error


def _open_sqlite(file: str | None, *, for_writing: bool) -> Engine:
    if not file:
        raise DatabaseUnusable("sqlite:// names no file: write sqlite:///PATH")
    path = Path(file)
    if for_writing:
        path.touch(mode=0o600)
    elif not path.exists():
        raise DatabaseUnusable(f"{path} is not there: start `lionrock views run` first")
    database = create_engine(f"sqlite:///{path}")

    @event.listens_for(database, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where SQLAlchemy says, not at the driver's first write
        for pragma in _PRAGMAS if for_writing else _READER_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(database, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if for_writing else "BEGIN")

    return database


def migrate(database: Engine) -> None:
    """Every migration that the database has not seen yet, all or none."""
    with database.begin() as connection:
        command.upgrade(_configuration(connection), "head")


def drop(database: Engine) -> None:
    """Takes all migrations back, and every row with them."""
    with database.begin() as connection:
        command.downgrade(_configuration(connection), "base")


def _configuration(connection: Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    return configuration
