"""A serving site from a trade to the mail about it."""

from __future__ import annotations

import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.gateways.rest.inside import PASSWORD
from tests.gateways.rest.live import LiveServer, Trader
from tests.store.receivers import Mailbox, mail_server

SETTINGS = """
[outbox]
smtp_host = "127.0.0.1"
smtp_port = {port}
smtp_security = "none"
mail_from = "notices@venue.example"
first_wait_seconds = 1
"""


def wait_for(mailbox: Mailbox, subject: str) -> str:
    """The text of the first mail with this subject."""
    for _ in range(600):
        for each in list(mailbox.mails):
            mail = message_from_bytes(each, policy=default)
            if mail["Subject"] == subject:
                return str(mail.get_content())
        time.sleep(0.1)
    raise AssertionError(f"no mail {subject!r} came")


@pytest.mark.shows("OUTB-024")
def test_a_user_is_mailed_of_a_sign_in_and_of_a_trade(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        (tmp_path / "lionrock.toml").write_text(SETTINGS.format(port=port))
        server = LiveServer(tmp_path, "--sandbox", with_views=True)
        told = {"signInName": "ann@example.com", "password": PASSWORD}
        made = server.http.post("/lionrock/v1/users", json=told | {"fund": {"BTC": "2"}})
        assert made.status_code == 200, made.text
        signed_in = server.http.post("/lionrock/v1/sessions", json=told)
        csrf = {"x-lionrock-csrf": signed_in.json()["csrfToken"]}
        key = server.http.post("/lionrock/v1/keys", json={"rights": ["READ", "TRADE"]}, headers=csrf).json()
        ann = Trader(server, {"apiKey": key["apiKey"], "secret": key["secret"], "accountId": key["accountId"]})
        bob = server.account(USDT="1000000")
        assert "Address: 127.0.0.1" in wait_for(mailbox, "A sign-in to your account")
        ann.limit("SELL", "1", "50000")
        bob.limit("BUY", "1", "50000")
        assert "Trade 1: sold 1 BTC at 50000 USDT" in wait_for(mailbox, "Your orders traded")
        kinds = [each["kind"] for each in server.http.get("/lionrock/v1/notices").json()]
        assert sorted(kinds) == ["login", "profile_change", "trade"]
        assert server.stop() == 0
    assert len({str(message_from_bytes(each)["Message-ID"]) for each in mailbox.mails}) == len(mailbox.mails) == 3


@pytest.mark.shows("AUTH-022", "AUTH-023")
def test_who_forgot_the_password_comes_back_by_a_mail_to_the_confirmed_address(tmp_path: Path) -> None:
    mailbox, new = Mailbox(), "another long pass phrase"
    told = {"signInName": "ann", "password": PASSWORD}
    with mail_server(mailbox) as port:
        (tmp_path / "lionrock.toml").write_text(SETTINGS.format(port=port))
        server = LiveServer(tmp_path, "--sandbox")
        assert server.http.post("/lionrock/v1/users", json=told).status_code == 200
        csrf = {"x-lionrock-csrf": server.http.post("/lionrock/v1/sessions", json=told).json()["csrfToken"]}
        address = {"channel": "email", "target": "ann@elsewhere.example"}
        assert server.http.post("/lionrock/v1/notices/addresses", json=address, headers=csrf).status_code == 200
        code = coded(wait_for(mailbox, "Confirm this address"))
        kept = server.http.put("/lionrock/v1/notices/addresses", json={"channel": "email", "code": code}, headers=csrf)
        assert kept.status_code == 200, kept.text
        asked = server.http.post("/lionrock/v1/passwordResets", json={"signInName": "ann"})
        assert asked.json() == {"success": True}
        token = coded(wait_for(mailbox, "Set a new password"))
        answer = server.http.put("/lionrock/v1/passwordResets", json={"token": token, "newPassword": new})
        assert answer.json() == {"success": True}, answer.text
        assert server.http.get("/lionrock/v1/user").json()["code"] == -1002, "the session ended"
        assert server.http.post("/lionrock/v1/sessions", json=told).status_code == 400
        assert server.http.post("/lionrock/v1/sessions", json=told | {"password": new}).status_code == 200
        assert "changed" in wait_for(mailbox, "Your password was changed")
        assert server.stop() == 0


def coded(text: str) -> str:
    """The code in a mail."""
    (line,) = [each for each in text.splitlines() if each.startswith("Code: ")]
    return line.removeprefix("Code: ")
