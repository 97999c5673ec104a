"""Keys act for one account, with their rights, after a restart too."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from lionrock.gateways.rest.authentication import authenticate, sign
from lionrock.gateways.rest.contract import Endpoint, Security
from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.rest.orders import place
from lionrock.gateways.rest.parameters import Parameters
from lionrock.people.api_keys import ApiKeys, JournalMismatch, Right
from lionrock.store.database import open_database
from lionrock.store.sealing import SealBroken, Sealer
from lionrock.words.enumerations import AccountKind
from lionrock.words.events import AccountOpened

JOURNAL = b"0123456789abcdef"


def opened(account_id: int, sequence: int = 5, time_ns: int = 1_700_000_000_000_000_000) -> AccountOpened:
    kind = AccountKind.CLIENT
    return AccountOpened(sequence=sequence, index=0, time_ns=time_ns, account_id=account_id, account_kind=kind)


ACCOUNTS = {account_id: opened(account_id) for account_id in (1, 2, 10**18 + 1)}


def open_keys(
    database: Engine,
    master_key: bytes = bytes(32),
    *,
    journal_id: bytes = JOURNAL,
    accounts: Mapping[int, AccountOpened] = ACCOUNTS,
) -> ApiKeys:
    sealer = Sealer(master_key, os.urandom)
    clock = 1_700_000_000_000_000_000
    return ApiKeys(database, sealer, os.urandom, lambda: clock, journal_id=journal_id, accounts=accounts)


@pytest.fixture
def database(tmp_path: Path) -> Engine:
    return open_database(tmp_path)


def test_key_is_found_after_a_restart(database: Engine) -> None:
    made = open_keys(database).create(opened(10**18 + 1), Right.READ)
    found = open_keys(database).find(made.access_key)
    assert found == made
    assert found is not None
    assert (found.account_id, found.rights, len(found.secret)) == (10**18 + 1, Right.READ, 64)
    assert open_keys(database).find("another") is None


def test_secret_does_not_show_in_text_or_table(database: Engine) -> None:
    made = open_keys(database).create(opened(1), Right.READ)
    assert made.secret.decode() not in repr(made)
    with database.connect() as connection:
        (row,) = connection.execute(text("select * from api_keys")).all()
    assert made.secret not in row.sealed_secret


def test_row_given_another_rows_secret_is_noticed(database: Engine) -> None:
    keys = open_keys(database)
    first, second = keys.create(opened(1), Right.READ), keys.create(opened(2), Right.READ)
    with database.begin() as connection:
        connection.execute(
            text("update api_keys set sealed_secret = (select sealed_secret from api_keys where access_key = :a)"),
            {"a": first.access_key},
        )
    with pytest.raises(SealBroken, match=second.access_key):
        open_keys(database)


def test_wrong_master_key_is_noticed(database: Engine) -> None:
    open_keys(database).create(opened(1), Right.READ)
    with pytest.raises(SealBroken):
        open_keys(database, b"1" * 32)


@pytest.mark.shows("REST-023")
@pytest.mark.parametrize(
    ("journal_id", "accounts", "told"),
    [
        (b"another journal!", ACCOUNTS, "made for journal 30313233"),
        (JOURNAL, {}, "know account 1, opened by command 5"),
        (JOURNAL, {1: opened(1, sequence=6)}, "know account 1, opened by command 5"),
        (JOURNAL, {1: opened(1, time_ns=1_700_000_000_000_000_001)}, "know account 1, opened by command 5"),
    ],
    ids=["another journal", "account not there", "opened by another command", "opened at another time"],
)
def test_key_of_another_journal_or_owner_is_noticed(
    database: Engine, journal_id: bytes, accounts: dict[int, AccountOpened], told: str
) -> None:
    made = open_keys(database).create(opened(1), Right.READ)
    with pytest.raises(JournalMismatch, match=told):
        open_keys(database, journal_id=journal_id, accounts=accounts)
    assert open_keys(database).find(made.access_key) == made


@pytest.mark.shows("REST-005")
def test_key_that_may_only_read_does_not_trade(database: Engine) -> None:
    keys = open_keys(database)
    reader = keys.create(opened(1), Right.READ)
    query = b"timestamp=1000"

    def act(security: Security) -> int:
        values = {"timestamp": "1000", "signature": sign(reader.secret, query)}
        endpoint = Endpoint("POST", "/x", security, 1, place, "")
        return authenticate(
            keys,
            endpoint,
            access_key=reader.access_key,
            query=query,
            body=b"",
            parameters=Parameters(values),
            now_ms=1000,
        ).credential.account_id

    assert act(Security.USER_DATA) == 1
    with pytest.raises(Refused, match="-1005"):
        act(Security.TRADE)
