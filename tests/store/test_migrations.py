"""A data directory of an earlier version is brought up to date when it is opened; none of a later one is touched."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from lionrock.custody.tables import metadata as custody
from lionrock.gateways.rest.answer_memory import metadata as answers
from lionrock.gateways.websocket.bindings import metadata as bindings
from lionrock.people.api_keys import ApiKeys, Right
from lionrock.people.tables import metadata as people
from lionrock.store.database import DATABASE_FILE, DatabaseUnusable, open_database
from lionrock.store.sealing import Sealer
from tests.gateways.rest.inside import Inside
from tests.people.test_api_keys import ACCOUNTS, JOURNAL
from tests.site.test_serve import run

FIRST_SITES = """CREATE TABLE api_keys (
    access_key VARCHAR(64) NOT NULL, sealed_secret BLOB NOT NULL, account_id BIGINT NOT NULL, rights INTEGER NOT NULL,
    created_ns BIGINT NOT NULL, journal_id BLOB NOT NULL, opened_sequence BIGINT NOT NULL, opened_ns BIGINT NOT NULL,
    PRIMARY KEY (access_key)
)"""

ALL_TABLES = MetaData()
for room in (people, custody, answers, bindings):
    for table in room.tables.values():
        table.to_metadata(ALL_TABLES)

pytestmark = pytest.mark.shows("AUTH-020")


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


def test_the_last_step_leaves_what_the_code_works_with(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "schema_migrations"})
        assert compare_metadata(context, ALL_TABLES) == []
    database.dispose()


async def test_a_site_whose_tables_were_made_at_its_start_works_on(tmp_path: Path) -> None:
    """Before the third step custody, sub-accounts and connections made their own."""
    inside = Inside(tmp_path)
    async with inside.open():
        await inside.account(USDT="100")
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
        assert after.execute("SELECT version_num FROM schema_migrations").fetchall() == [("0003",)]
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
