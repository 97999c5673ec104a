"""A data directory of an earlier version is brought up to date when it is opened; none of a later one is touched."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import IntegrityError

from lionrock.compliance.admission import tables as admission_tables
from lionrock.compliance.assessments import tables as assessments_tables
from lionrock.compliance.capital import tables as capital_tables
from lionrock.compliance.onboarding import tables as onboarding_tables
from lionrock.compliance.papers import tables as paper_tables
from lionrock.compliance.records import tables as record_tables
from lionrock.compliance.registers import tables as register_tables
from lionrock.custody import tables as custody_tables
from lionrock.gateways.rest import answer_memory
from lionrock.gateways.websocket import bindings
from lionrock.people import notice_tables
from lionrock.people import tables as people_tables
from lionrock.people.api_keys import ApiKeys, Right
from lionrock.people.staff import tables as staff_tables
from lionrock.rulebook import tables as rulebook_tables
from lionrock.site import belonging
from lionrock.store import database as store_database
from lionrock.store.database import DATABASE_FILE, DatabaseUnusable, open_database
from lionrock.store.outbox import tables as outbox_tables
from lionrock.store.sealing import Sealer
from tests.gateways.rest.inside import Inside
from tests.people.test_api_keys import ACCOUNTS, JOURNAL
from tests.programs import run

FIRST_SITES = """CREATE TABLE api_keys (
    access_key VARCHAR(64) NOT NULL, sealed_secret BLOB NOT NULL, account_id BIGINT NOT NULL, rights INTEGER NOT NULL,
    created_ns BIGINT NOT NULL, journal_id BLOB NOT NULL, opened_sequence BIGINT NOT NULL, opened_ns BIGINT NOT NULL,
    PRIMARY KEY (access_key)
)"""

ROOMS = (
    people_tables.metadata,
    rulebook_tables.metadata,
    staff_tables.metadata,
    onboarding_tables.metadata,
    assessments_tables.metadata,
    admission_tables.metadata,
    notice_tables.metadata,
    outbox_tables.metadata,
    paper_tables.metadata,
    capital_tables.metadata,
    register_tables.metadata,
    record_tables.metadata,
    custody_tables.metadata,
    answer_memory.metadata,
    bindings.metadata,
    belonging.metadata,
)

pytestmark = [pytest.mark.shows("AUTH-020"), pytest.mark.usefixtures("every_step")]


def test_users_of_before_keep_their_account_and_others_may_have_none(tmp_path: Path) -> None:
    """Step 6 copies the table of users, as SQLite cannot change a column."""
    database = open_database(tmp_path)
    with database.begin() as connection:
        configuration = migration_of(connection)
        command.downgrade(configuration, "0005")
        connection.exec_driver_sql(
            "INSERT INTO users (user_id, name_hash, sealed_name, sealed_password_hash, account_id, created_ns, "
            "journal_id, opened_sequence, opened_ns) VALUES ('u1', x'01', x'02', x'03', 7, 5, x'04', 6, 5)"
        )
        command.upgrade(configuration, "head")
        rows = connection.exec_driver_sql("SELECT user_id, account_id, api_needs_code FROM users").all()
        assert rows == [("u1", 7, 0)]
        for user_id, name_hash in (("u2", b"2"), ("u3", b"3")):
            connection.exec_driver_sql(
                "INSERT INTO users (user_id, name_hash, sealed_name, sealed_password_hash, created_ns) "
                "VALUES (?, ?, x'02', x'03', 5)",
                (user_id, name_hash),
            )
        with pytest.raises(IntegrityError):
            connection.exec_driver_sql(
                "INSERT INTO users (user_id, name_hash, sealed_name, sealed_password_hash, account_id, created_ns) "
                "VALUES ('u4', x'14', x'02', x'03', 7, 5)"
            )
    database.dispose()


def migration_of(connection: Connection) -> Config:
    """As `open_database` migrates."""
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(store_database.__file__).with_name("migrations")))
    configuration.attributes["connection"] = connection
    return configuration


def test_keys_of_the_first_sites_work_on(tmp_path: Path) -> None:
    sealer, account = Sealer(bytes(32), os.urandom), ACCOUNTS[1]
    sealed = sealer.seal(b"the secret", "api_keys.secret:old")
    with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as old, old:
        old.execute(FIRST_SITES)
        row = ("old", sealed, 1, 3, 5, JOURNAL, account.sequence, account.time_ns)
        old.execute("INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    for _ in range(2):
        database = open_database(tmp_path)
        keys = ApiKeys(database, sealer, os.urandom, lambda: 0, journal_id=JOURNAL, accounts=ACCOUNTS)
        found = keys.find("old")
        assert found is not None
        assert (found.secret, found.account_id, found.rights) == (b"the secret", 1, Right.READ | Right.TRADE)
        assert (found.expires_ns, found.networks, found.label, found.kind) == (0, (), "", "HMAC")
        database.dispose()


def together(rooms: Iterable[MetaData]) -> MetaData:
    """The tables of all rooms."""
    whole = MetaData()
    for room in rooms:
        for table in room.sorted_tables:
            table.to_metadata(whole)
    return whole


def test_the_last_step_leaves_what_the_code_works_with(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "schema_migrations"})
        assert compare_metadata(context, together(ROOMS)) == []
    database.dispose()


async def test_a_site_whose_tables_were_made_at_its_start_works_on(tmp_path: Path) -> None:
    """Before the third step custody, sub-accounts and connections made their own."""
    inside = Inside(tmp_path)
    async with inside.open():
        await inside.account(USDT="100")
    database = open_database(tmp_path)
    with database.begin() as connection:
        command.downgrade(migration_of(connection), "0003")  # what later steps made was not there
    database.dispose()
    with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as before, before:
        before.execute("DROP TABLE remembered_answers")
        before.execute("UPDATE schema_migrations SET version_num = '0002'")
        before.execute("INSERT INTO chain_heights VALUES ('SIM', 7)")
    again = Inside(tmp_path)
    again.now_ns = inside.now_ns
    async with again.open():
        pass
    with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as after:
        assert after.execute("SELECT height FROM chain_heights").fetchall() == [(7,)]
        assert after.execute("SELECT version_num FROM schema_migrations").fetchall() != [("0002",)]
        assert after.execute("SELECT count(*) FROM remembered_answers").fetchall() == [(0,)]


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as old, old:
        old.execute(FIRST_SITES)
        old.execute("CREATE TABLE sessions (something INTEGER)")

    def schema() -> list[str]:
        with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as connection:
            return [text for (text,) in connection.execute("SELECT sql FROM sqlite_master ORDER BY name") if text]

    before = schema()
    with pytest.raises(Exception, match="table sessions already exists"):
        open_database(tmp_path)
    assert schema() == before


async def test_a_database_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    async with Inside(tmp_path).open():
        pass
    with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as later, later:
        later.execute("UPDATE schema_migrations SET version_num = '9999'")
    with pytest.raises(DatabaseUnusable, match="9999"):
        open_database(tmp_path)
    ended = run("serve", "--data", str(tmp_path), "--port", "0")
    assert ended.returncode == 1
    assert "site.sqlite cannot be used" in ended.stderr
    assert "9999" in ended.stderr
