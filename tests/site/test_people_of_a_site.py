"""What a running site leaves of people: in a log nothing, after a restore to before them nothing."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from lionrock.people.tables import sessions, users
from lionrock.people.users import Users, forget_later_users
from lionrock.store.database import open_database
from lionrock.store.sealing import Sealer
from tests.gateways.rest.inside import PASSWORD, Inside
from tests.gateways.rest.live import LiveServer
from tests.people.test_api_keys import JOURNAL, opened


@pytest.mark.shows("AUTH-021")
async def test_users_and_sessions_of_later_accounts_are_dropped(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    async with inside.open():
        await inside.user("ann@example.com")
        sequence = inside.site.node.engine.last_sequence
        await inside.user("bob@example.com")
        ann, _ = await inside.sign_in("ann@example.com"), await inside.sign_in("bob@example.com")
    database = open_database(tmp_path)
    assert forget_later_users(database, sequence) == 1
    with database.connect() as connection:
        left = list(connection.execute(select(users.c.user_id)).scalars())
        assert left == [ann.signed_in["userId"]]
        assert list(connection.execute(select(sessions.c.user_id)).scalars()) == left
    database.dispose()


@pytest.mark.shows("AUTH-021")
def test_a_user_of_an_account_that_is_not_there_keeps_a_site_from_starting(tmp_path: Path) -> None:
    from lionrock.people.api_keys import JournalMismatch

    database, sealer = open_database(tmp_path), Sealer(bytes(32), os.urandom)
    known = Users(database, sealer, os.urandom, journal_id=JOURNAL, accounts={7: opened(7)})
    known.create("ann@example.com", "a hash", opened(7), 5)
    for journal_id, account in ((b"another journal!", opened(7)), (JOURNAL, opened(7, sequence=6))):
        with pytest.raises(JournalMismatch):
            Users(database, sealer, os.urandom, journal_id=journal_id, accounts={7: account})
    database.dispose()


@pytest.mark.shows("AUTH-011")
def test_only_a_sandbox_has_sign_up(tmp_path: Path) -> None:
    server = LiveServer.plain(tmp_path)
    told = {"signInName": "ann@example.com", "password": PASSWORD}
    try:
        assert server.http.post("/lionrock/v1/users", json=told).status_code == 404
        assert server.http.post("/lionrock/v1/sessions", json=told).json()["code"] == -1002
    finally:
        assert server.stop() == 0


@pytest.mark.shows("AUTH-005")
def test_a_log_holds_nothing_of_who_signs_in_and_how(tmp_path: Path) -> None:
    server = LiveServer(tmp_path, "--sandbox", "--log-format", "json")
    trader = server.account()
    told = {"signInName": "ann@example.com", "password": PASSWORD}
    assert server.http.post("/lionrock/v1/users", json=told).status_code == 200
    signed_in = server.http.post("/lionrock/v1/sessions", json=told)
    assert signed_in.status_code == 200
    token = signed_in.cookies["lionrock_session"]
    answers: list[httpx.Response] = [
        server.http.post("/lionrock/v1/sessions", json=told | {"password": "a wrong pass phrase"}),
        server.http.post("/lionrock/v1/users", json=told),
        trader.signed("GET", "/lionrock/v1/keys"),
        trader.send("POST", "/lionrock/v1/keys", "timestamp=1&signature=f00d", '{"rights":["READ"]}'),
        server.http.get("/lionrock/v1/user"),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 200, 400, 200]
    server.http.close()
    server.process.terminate()
    log = "".join(server.process.communicate(timeout=30))
    for secret in ("ann@example.com", PASSWORD, "a wrong pass phrase", token, trader.secret, trader.key, "f00d"):
        assert secret not in log
