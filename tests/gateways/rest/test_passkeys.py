"""Passkeys: a device registers, signs in, and nothing else that looks like it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lionrock.site.configuration import FILE_NAME
from tests.gateways.rest.authenticator import USER_PRESENT, Device, base64url
from tests.gateways.rest.inside import PASSWORD, Browser, Inside, code_of, reason_of

pytestmark = pytest.mark.shows("AUTH-016")
LOCAL = "http://localhost:8000"


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    async with Inside(tmp_path).open() as opened:
        await opened.user()
        yield opened


async def register(browser: Browser, device: Device, label: str = "phone") -> httpx.Response:
    options = await browser.done("POST", "passkeys/options", {"password": PASSWORD})
    told = {"credential": device.create(options), "label": label}
    return await browser.send("POST", "passkeys", told, origin=device.origin)


async def options_of(inside: Inside) -> dict[str, Any]:
    answer = await inside.post("/lionrock/v1/sessions/passkeyOptions", {})
    return dict(answer.json())


async def sign_in(inside: Inside, credential: dict[str, Any], origin: str = LOCAL) -> httpx.Response:
    return await inside.post("/lionrock/v1/sessions/passkey", {"credential": credential}, origin=origin)


async def test_a_device_registers_and_signs_in(inside: Inside) -> None:
    browser, device = await inside.sign_in(), Device()
    registered = await register(browser, device)
    assert registered.json()["label"] == "phone"
    options = await options_of(inside)
    assert options["rpId"] == "localhost"
    assert options["allowCredentials"] == [], "it says nothing of who has passkeys"
    answer = await sign_in(inside, device.get(options))
    assert answer.status_code == 200, answer.text
    signed_in = Browser(inside, answer)
    assert (await signed_in.done("GET", "user"))["signInName"] == "ann@example.com"
    assert await signed_in.done("GET", "passkeys") == [registered.json()]
    await signed_in.done("POST", "keys", {"rights": ["WITHDRAW"]})


async def test_a_passkey_signs_in_while_the_password_waits(inside: Inside) -> None:
    browser, device = await inside.sign_in(), Device()
    await register(browser, device)
    for number in range(5):
        told = {"signInName": "ann@example.com", "password": f"guess number {number}"}
        await inside.post("/lionrock/v1/sessions", told)
    told = {"signInName": "ann@example.com", "password": PASSWORD}
    assert (await inside.post("/lionrock/v1/sessions", told)).status_code == 429
    assert (await sign_in(inside, device.get(await options_of(inside)))).status_code == 200


async def test_an_answer_counts_once_and_for_five_minutes(inside: Inside) -> None:
    browser, device = await inside.sign_in(), Device()
    await register(browser, device)
    credential = device.get(await options_of(inside))
    assert (await sign_in(inside, credential)).status_code == 200
    assert reason_of(await sign_in(inside, credential)) == "passkey_refused"
    credential = device.get(await options_of(inside))
    inside.pass_time(301)
    assert reason_of(await sign_in(inside, credential)) == "passkey_refused"
    assert reason_of(await sign_in(inside, device.get({"challenge": base64url(b"mine" * 8)}))) == "passkey_refused"


@pytest.mark.parametrize("change", ["origin", "domain", "flags", "key", "key id", "other challenge", "count"])
async def test_what_only_looks_like_it_is_refused(inside: Inside, change: str) -> None:
    browser, device = await inside.sign_in(), Device()
    await register(browser, device)
    assert (await sign_in(inside, device.get(await options_of(inside)))).status_code == 200
    options = await options_of(inside)
    if change == "origin":
        device.origin = "https://lionrock.example"
    elif change == "domain":
        device.domain = "lionrock.example"
    elif change == "flags":
        device.flags = USER_PRESENT
    elif change == "key":
        device.key = Device().key
    elif change == "key id":
        device.key_id = b"x" * 32
    elif change == "count":
        device.uses = 0
    else:
        options = await browser.done("POST", "passkeys/options", {"password": PASSWORD})
    assert reason_of(await sign_in(inside, device.get(options))) == "passkey_refused"


async def test_a_registration_is_for_the_user_who_asked(inside: Inside) -> None:
    await inside.user("bob@example.com")
    ann, bob, device = await inside.sign_in(), await inside.sign_in("bob@example.com"), Device()
    options = await ann.done("POST", "passkeys/options", {"password": PASSWORD})
    stolen = await bob.send("POST", "passkeys", {"credential": device.create(options)}, origin=LOCAL)
    assert reason_of(stolen) == "passkey_refused"
    assert (await register(ann, device)).status_code == 200
    assert reason_of(await register(bob, device)) == "passkey_refused", "a key signs in one user"
    wrong = await ann.send("POST", "passkeys/options", {"password": "not the pass phrase"})
    assert reason_of(wrong) == "sign_in_refused"


@pytest.mark.shows("AUTH-019")
async def test_a_passkey_is_forgotten_by_its_owner_alone(inside: Inside) -> None:
    await inside.user("bob@example.com")
    ann, bob, device = await inside.sign_in(), await inside.sign_in("bob@example.com"), Device()
    named = (await register(ann, device)).json()["passkeyId"]
    assert code_of(await bob.send("DELETE", f"passkeys?passkeyId={named}")) == "0001"
    assert await bob.done("GET", "passkeys") == []
    assert (await sign_in(inside, device.get(await options_of(inside)))).status_code == 200
    await ann.done("DELETE", f"passkeys?passkeyId={named}")
    assert reason_of(await sign_in(inside, device.get(await options_of(inside)))) == "passkey_refused"


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": 3, "response": 4},
        {"id": "é", "rawId": "", "type": "public-key", "response": {"clientDataJSON": "!!"}},
        {"id": "a", "rawId": "a", "type": "public-key", "response": {"clientDataJSON": base64url(b"[]")}},
        {"response": {"clientDataJSON": base64url(b'{"challenge": 3}')}},
        {"response": {"clientDataJSON": base64url(b"\xff")}},
        {"response": None},
    ],
)
async def test_what_is_no_credential_is_refused(inside: Inside, credential: dict[str, Any]) -> None:
    assert reason_of(await sign_in(inside, credential)) == "passkey_refused"
    browser = await inside.sign_in()
    answer = await browser.send("POST", "passkeys", {"credential": credential}, origin=LOCAL)
    assert reason_of(answer) == "passkey_refused"


@pytest.mark.parametrize("part", ["attestationObject", "authenticatorData", "signature", "rawId", "type"])
async def test_a_part_that_is_broken_is_refused(inside: Inside, part: str) -> None:
    browser, device = await inside.sign_in(), Device()
    await register(browser, device)
    for broken in ("", "AAAA", "!", 3, None):
        if part == "attestationObject":
            options = await browser.done("POST", "passkeys/options", {"password": PASSWORD})
            credential = Device().create(options)
            credential["response"][part] = broken
            answer = await browser.send("POST", "passkeys", {"credential": credential}, origin=LOCAL)
        else:
            credential = device.get(await options_of(inside))
            holder = credential["response"] if part in credential["response"] else credential
            holder[part] = broken
            answer = await sign_in(inside, credential)
        assert reason_of(answer) == "passkey_refused", broken


async def test_the_settings_name_the_domain_and_the_origins(tmp_path: Path) -> None:
    settings = '[access]\npasskey_domain = "lionrock.example"\npasskey_origins = ["https://trade.lionrock.example"]\n'
    (tmp_path / FILE_NAME).write_text(settings)
    async with Inside(tmp_path).open() as inside:
        await inside.user()
        browser = await inside.sign_in()
        right = Device("https://trade.lionrock.example", "lionrock.example")
        assert (await register(browser, right)).status_code == 200
        for origin in ("https://lionrock.example", LOCAL):
            assert reason_of(await register(browser, Device(origin, "lionrock.example"))) == "passkey_refused"
