"""The SQL database of a site: SQLite in its data directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine, create_engine, event

DATABASE_FILE = "site.sqlite"


class DatabaseUnusable(Exception):
    """The database file is damaged, of another version, or on a disk that fails."""

    def __init__(self, directory: Path, error: Exception) -> None:
        cause = getattr(error, "orig", None) or error
        super().__init__(f"{directory / DATABASE_FILE} cannot be used: {cause}")


def open_database(directory: Path) -> Engine:
    """The database in `directory`, made when it is not there and brought up to date; only its owner may read it.

    Raises `DatabaseUnusable` for one of a later version, and what SQLAlchemy raises. A commit is on disk when it
    returns: write-ahead log with synchronous=FULL. Readers do not wait for the writer.
    """
    path = directory / DATABASE_FILE
    path.touch(mode=0o600)
    for file in directory.glob(f"{DATABASE_FILE}*"):  # SQLite gives a new log the mode of the database
        file.chmod(0o600)
    database = create_engine(f"sqlite:///{path}")

    @event.listens_for(database, "connect")
    def _configure(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    try:
        _migrate(database)
    except CommandError as error:
        database.dispose()
        raise DatabaseUnusable(directory, error) from error
    except BaseException:
        database.dispose()
        raise
    return database


def _migrate(database: Engine) -> None:
    """Every step of the schema that the database has not seen yet, all or none."""
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    with database.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver itself begins none before a change of the schema
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
