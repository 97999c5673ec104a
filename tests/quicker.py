"""What nearly every test does and hardly any is about, made quick in the process of the tests.

Processes that tests start know nothing of this: they hash and take the steps of the schema as they do in earnest.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
from argon2 import Parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import Engine

from lionrock.people import passwords
from lionrock.store import database as store_database

Migrate = Callable[[Engine], None]


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[Parameters]:
    """A hash costs next to nothing; told are the parameters that sites have. `real_passwords` gives them back."""
    real = RFC_9106_LOW_MEMORY
    with pytest.MonkeyPatch.context() as patch:
        quick = dataclasses.replace(real, time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "RFC_9106_LOW_MEMORY", quick)
        yield real


@pytest.fixture
def real_passwords(quick_passwords: Parameters, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the tests that are about them: a site that is opened afterwards hashes as it does in earnest."""
    monkeypatch.setattr(passwords, "RFC_9106_LOW_MEMORY", quick_passwords)


@pytest.fixture(scope="session", autouse=True)
def quick_databases() -> Iterator[Migrate]:
    """A new database is a copy of one that took every step of the schema in this very process.

    One that is not new takes its steps. `every_step` is for the tests that are about them.
    """
    take_steps = store_database._migrate
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as finished:
        is_filled = False

        def migrate(database: Engine) -> None:
            nonlocal is_filled
            path = Path(str(database.url.database))
            is_new = path.stat().st_size == 0
            if is_new and is_filled:
                with closing(database.raw_connection()) as copy:
                    finished.backup(cast("sqlite3.Connection", copy.driver_connection))
            take_steps(database)
            if is_new and not is_filled:
                with closing(sqlite3.connect(path)) as first:
                    first.backup(finished)
                is_filled = True

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store_database, "_migrate", migrate)
            yield take_steps


@pytest.fixture
def every_step(quick_databases: Migrate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_database, "_migrate", quick_databases)
