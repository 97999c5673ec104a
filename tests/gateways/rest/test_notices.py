"""Notices as a signed-in user meets them: every occasion, in its own transaction, and nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lionrock.store.outbox.messages import Parcel
from tests.gateways.rest.inside import PASSWORD, Browser, Inside, code_of
from tests.gateways.rest.test_access import code_now, with_totp

NEW = "another long pass phrase"


async def kinds(browser: Browser) -> list[str]:
    return [each["kind"] for each in await browser.done("GET", "notices")]


def mailed(inside: Inside) -> list[Parcel]:
    notices = inside.site.people.notices
    assert notices is not None
    return notices.outbox.take(inside.now_ns + 1, 100)


@pytest.mark.shows("OUTB-020")
async def test_signing_in_and_a_new_password_are_told(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        await inside.user()
        ann = await inside.sign_in()
        assert await kinds(ann) == ["login"]
        wrong = {"currentPassword": "wrong pass phrase", "newPassword": NEW}
        assert code_of(await ann.send("PUT", "password", wrong)) == -1002
        await ann.done("PUT", "password", {"currentPassword": PASSWORD, "newPassword": NEW})
        assert await kinds(ann) == ["password_reset", "login"]
        sent = mailed(inside)
        assert [(each.kind, each.address.target) for each in sent] == [
            ("login", "ann@example.com"), ("password_reset", "ann@example.com"),
        ]  # fmt: skip
        assert sent[0].content.facts["address"] == "192.0.2.1"


@pytest.mark.shows("OUTB-020")
async def test_every_change_of_the_settings_is_told(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        await inside.user()
        ann = await inside.sign_in()
        made = await ann.done("POST", "keys", {"rights": ["READ"]})
        await ann.done("DELETE", f"keys?apiKey={made['apiKey']}")
        totp, _ = await with_totp(inside, ann)
        inside.pass_time(60)
        header = {"x_two_fa_token": code_now(inside, totp)}
        await ann.done("PUT", "totp/api", {"isNeeded": True}, **header)
        inside.pass_time(60)
        await ann.done("DELETE", "totp", x_two_fa_token=code_now(inside, totp))
        told = [each.content.facts.get("what", "") for each in mailed(inside) if each.kind == "profile_change"]
        assert told == [
            "an API key was made",
            "an API key was revoked",
            "an authenticator was added",
            "API keys need a code to move funds out",
            "the authenticator was taken off",
        ]


@pytest.mark.shows("OUTB-021", "OUTB-022")
async def test_addresses_and_choices(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        await inside.user()
        ann = await inside.sign_in()
        shown = {"addresses": [], "tradeNotices": True, "language": "en"}
        assert await ann.done("GET", "notices/settings") == shown
        for wrong_choice in ({}, {"language": "tlh"}, {"language": ""}):
            assert (await ann.send("PUT", "notices/settings", wrong_choice)).status_code == 400
        await ann.done("PUT", "notices/settings", {"language": "fr"})
        newest = (await ann.done("GET", "notices"))[0]
        assert (newest["language"], newest["subject"]) == ("fr", "Les paramètres de votre compte ont été modifiés")
        await ann.done("PUT", "notices/settings", {"tradeNotices": False})
        hook: dict[str, Any] = {"channel": "webhook", "target": "https://example.com/hook"}
        assert (await ann.done("POST", "notices/addresses", hook))["secret"].startswith("whsec_")
        for wrong in ({"channel": "webhook", "target": "http://x"}, {"channel": "inbox", "target": "x"}):
            assert (await ann.send("POST", "notices/addresses", wrong)).status_code == 400
        (code,) = [each.content.facts["code"] for each in mailed(inside) if each.kind == "address_code"]
        bad = await ann.send("PUT", "notices/addresses", {"channel": "email", "code": code})
        assert bad.status_code == 400
        await ann.done("PUT", "notices/addresses", {"channel": "webhook", "code": code})
        hooked = {"channel": "webhook", "target": "https://example.com/hook", "isConfirmed": True}
        told = {"addresses": [hooked], "tradeNotices": False, "language": "fr"}
        assert await ann.done("GET", "notices/settings") == told
        await ann.done("DELETE", "notices/addresses?channel=webhook")
        assert (await ann.done("GET", "notices/settings"))["addresses"] == []


@pytest.mark.shows("OUTB-007")
async def test_a_notice_of_somebody_else_cannot_be_seen_or_marked(tmp_path: Path) -> None:
    async with Inside(tmp_path).open() as inside:
        await inside.user("ann@example.com")
        await inside.user("bob@example.com")
        ann, bob = await inside.sign_in("ann@example.com"), await inside.sign_in("bob@example.com")
        (anns,) = await ann.done("GET", "notices")
        (bobs,) = await bob.done("GET", "notices")
        assert anns["noticeId"] != bobs["noticeId"]
        assert (await bob.send("PUT", "notices", {"noticeId": anns["noticeId"]})).status_code == 400
        assert [each["isRead"] for each in await ann.done("GET", "notices")] == [False]
        await ann.done("PUT", "notices", {"noticeId": anns["noticeId"]})
        assert [each["isRead"] for each in await ann.done("GET", "notices")] == [True]
        await ann.done("POST", "notices/addresses", {"channel": "email", "target": "ann@elsewhere.example"})
        (code,) = [each.content.facts["code"] for each in mailed(inside) if each.kind == "address_code"]
        stolen = await bob.send("PUT", "notices/addresses", {"channel": "email", "code": code})
        assert stolen.status_code == 400
        assert (await bob.done("GET", "notices/settings"))["addresses"] == []
