"""A way back for who forgot the password: what asking tells, where the token goes, what it takes, and what it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from lionrock.people.attempts import FREE_ATTEMPTS
from lionrock.people.password_resets import PasswordResets
from tests.gateways.rest.authenticator import Device
from tests.gateways.rest.inside import PASSWORD, Browser, Inside, reason_of, stored
from tests.gateways.rest.test_access import code_now, with_totp
from tests.gateways.rest.test_notices import mailed
from tests.gateways.rest.test_passkeys import LOCAL, options_of, register

PATH = "/lionrock/v1/passwordResets"
NEW = "another long pass phrase"


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    """Ann and Bob, each with a confirmed address that is not the sign-in name."""
    async with Inside(tmp_path).open() as opened:
        for name in ("ann", "bob"):
            await opened.user(f"{name}@example.com")
            await confirmed(opened, await opened.sign_in(f"{name}@example.com"), f"{name}@elsewhere.example")
        mailed(opened)
        yield opened


async def confirmed(inside: Inside, browser: Browser, address: str) -> None:
    await browser.done("POST", "notices/addresses", {"channel": "email", "target": address})
    (code,) = [each.content.facts["code"] for each in mailed(inside) if each.address.target == address]
    await browser.done("PUT", "notices/addresses", {"channel": "email", "code": code})


def resets(inside: Inside) -> PasswordResets:
    found = inside.site.people.resets
    assert found is not None
    return found


async def ask(inside: Inside, name: str = "ann@example.com", host: str = "192.0.2.1") -> httpx.Response:
    return await inside.send("POST", PATH, {"signInName": name}, host=host)


async def token_for(inside: Inside, name: str = "ann@example.com") -> str:
    assert (await ask(inside, name)).json() == {"success": True}
    assert resets(inside).send_due() == 1
    found = [each for each in mailed(inside) if each.kind == "reset_code"]
    sent = max(found, key=lambda each: each.created_ns)  # one that nobody carried is due again after a while
    assert sent.address.target == name.replace("example.com", "elsewhere.example")
    return sent.content.facts["code"]


async def put(inside: Inside, token: str, password: str = NEW, **more: Any) -> httpx.Response:
    return await inside.send("PUT", PATH, {"token": token, "newPassword": password, **more}, origin=LOCAL)


@contextmanager
def statements(inside: Inside) -> Iterator[list[str]]:
    """What is asked of SQL meanwhile, without values."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(inside.site.database, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(inside.site.database, "before_cursor_execute", note)


@pytest.mark.shows("AUTH-022")
async def test_asking_is_answered_alike_after_the_same_work(inside: Inside) -> None:
    told = []
    for name in ("ann@example.com", "nobody@example.com", "ann"):
        with statements(inside) as seen:
            answer = await ask(inside, name)
        headers = {key: value for key, value in answer.headers.items() if "weight" not in key}
        told.append((answer.status_code, answer.content, headers, seen))
    assert told[0] == told[1] == told[2]
    assert told[0][1] == b'{"success":true}'
    assert resets(inside).send_due() == 1, "only one of them is anybody"
    assert [each.address.target for each in mailed(inside)] == ["ann@elsewhere.example"]
    assert resets(inside).send_due() == 0, "asked once, sent once"


@pytest.mark.shows("AUTH-022")
async def test_who_asks_too_often_waits_whoever_is_asked_for_and_no_sign_in_is_locked(inside: Inside) -> None:
    for name in ("ann@example.com", "nobody@example.com"):
        answers = [await ask(inside, name, f"192.0.2.{number}") for number in range(FREE_ATTEMPTS + 1)]
        assert [each.status_code for each in answers] == [200] * FREE_ATTEMPTS + [429]
        assert reason_of(answers[-1], 429) == "must_wait"
        assert int(answers[-1].headers["retry-after"]) > 0
    await inside.sign_in()
    inside.pass_time(31)
    assert (await ask(inside)).status_code == 200


@pytest.mark.shows("AUTH-022")
async def test_without_a_confirmed_address_nothing_is_sent(inside: Inside) -> None:
    await inside.user("carl@example.com")
    carl = await inside.sign_in("carl@example.com")
    await carl.done("POST", "notices/addresses", {"channel": "email", "target": "carl@elsewhere.example"})
    mailed(inside)
    assert (await ask(inside, "carl@example.com")).json() == {"success": True}
    assert resets(inside).send_due() == 0
    assert mailed(inside) == []
    form = await inside.request("POST", PATH, b"signInName=ann", content_type="application/x-www-form-urlencoded")
    assert form.status_code == 400, "no form on another's page asks"


@pytest.mark.shows("AUTH-023")
async def test_the_token_sets_a_new_password_once_and_ends_every_session(inside: Inside) -> None:
    browser, bobs = await inside.sign_in(), await inside.sign_in("bob@example.com")
    mailed(inside)
    token, other = await token_for(inside), await token_for(inside)
    assert (await put(inside, token, "too short")).status_code == 400
    assert (await put(inside, token)).json() == {"success": True}
    assert (await browser.send("GET", "user")).json()["code"] == -1002
    assert (await bobs.done("GET", "user"))["signInName"] == "bob@example.com", "nobody else's session ends"
    for used in (token, other, token.lower(), "", "x" * 43):
        assert reason_of(await put(inside, used, "a third long pass phrase")) == "reset_refused"
    old = await inside.post("/lionrock/v1/sessions", {"signInName": "ann@example.com", "password": PASSWORD})
    assert reason_of(old) == "sign_in_refused"
    again = await inside.sign_in(password=NEW)
    assert "password_reset" in [each["kind"] for each in await again.done("GET", "notices")]
    assert "reset_code" not in [each["kind"] for each in await again.done("GET", "notices")], "not behind the sign-in"
    await inside.sign_in("bob@example.com")
    user = inside.site.people.users.by_name("ann@example.com")
    assert user is not None
    name_hash = inside.site.people.users.name_hash("ann@example.com")
    logged = [each for each in inside.site.people.sign_in_log.of_user(user.user_id, name_hash) if each.way == "reset"]
    assert [each.outcome for each in logged] == ["asked", "asked", "password_set"]
    assert {each.place.address for each in logged} == {"192.0.2.1"}
    assert token.encode() not in stored(inside.directory)


@pytest.mark.shows("AUTH-023")
async def test_a_token_ends_after_half_an_hour_and_with_a_changed_password(inside: Inside) -> None:
    token = await token_for(inside)
    inside.pass_time(1_801)
    assert reason_of(await put(inside, token)) == "reset_refused"
    browser = await inside.sign_in()
    token = await token_for(inside)
    await browser.done("PUT", "password", {"currentPassword": PASSWORD, "newPassword": NEW})
    assert reason_of(await put(inside, token, "a third long pass phrase")) == "reset_refused"
    await inside.sign_in(password=NEW)
    assert (await ask(inside)).status_code == 200
    inside.pass_time(1_801)
    assert resets(inside).send_due() == 0, "what was asked while nobody sent is too late"


@pytest.mark.shows("AUTH-023")
async def test_an_authenticator_is_still_needed(inside: Inside) -> None:
    totp, recovery = await with_totp(inside, await inside.sign_in())
    mailed(inside)
    token = await token_for(inside)
    assert reason_of(await put(inside, token)) == "second_factor_needed"
    inside.pass_time(60)
    wrong = totp.at(inside.now_ns // 10**9 - 3_600)
    assert reason_of(await put(inside, token, code=wrong)) == "wrong_code"
    old = await inside.post("/lionrock/v1/sessions", {"signInName": "ann@example.com", "password": NEW})
    assert reason_of(old) == "sign_in_refused", "nothing was set"
    assert (await put(inside, token, code=code_now(inside, totp))).json() == {"success": True}
    inside.pass_time(60)
    await inside.sign_in(password=NEW, code=code_now(inside, totp))
    token = await token_for(inside)
    assert (await put(inside, token, "a third long pass phrase", code=recovery[0])).json() == {"success": True}
    token = await token_for(inside)
    guesses = [await put(inside, token, code="000000") for _ in range(FREE_ATTEMPTS + 1)]
    assert [each.status_code for each in guesses] == [400] * FREE_ATTEMPTS + [429], "codes are not guessed here either"


@pytest.mark.shows("AUTH-023")
async def test_a_passkey_is_still_needed_and_somebody_elses_is_none(inside: Inside) -> None:
    anns, bobs = Device(), Device()
    assert (await register(await inside.sign_in(), anns)).status_code == 200
    assert (await register(await inside.sign_in("bob@example.com"), bobs)).status_code == 200
    mailed(inside)
    token = await token_for(inside)
    assert reason_of(await put(inside, token)) == "passkey_needed"
    stolen = bobs.get(await options_of(inside))
    assert reason_of(await put(inside, token, credential=stolen)) == "passkey_refused"
    shown = anns.get(await options_of(inside))
    assert (await put(inside, token, credential=shown)).json() == {"success": True}
    await inside.sign_in(password=NEW)


@pytest.mark.shows("AUTH-022", "AUTH-023")
async def test_somebody_elses_token_changes_nobody_elses_password(inside: Inside) -> None:
    token = await token_for(inside, "bob@example.com")
    assert (await put(inside, token)).status_code == 200
    await inside.sign_in("ann@example.com")
    await inside.sign_in("bob@example.com", NEW)
