"""People: they sign up and in with a password, codes and sessions; whoever guesses waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher

from lionrock.people.attempts import FREE_ATTEMPTS
from lionrock.people.second_factors import WrongCode
from tests.gateways.rest.inside import PASSWORD, SECOND, Browser, Inside, code_of, reason_of, said, stored

NEW_PASSWORD = "another pass phrase of mine"


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    async with Inside(tmp_path).open() as opened:
        yield opened


async def attempt(inside: Inside, name: str, password: str, code: str = "") -> tuple[int, Any, str | None]:
    """Status, body and Retry-After of a sign-in."""
    told = {"signInName": name, "password": password, "code": code}
    answer = await inside.post("/lionrock/v1/sessions", told)
    return answer.status_code, answer.json(), answer.headers.get("retry-after")


async def with_totp(inside: Inside, browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """An authenticator for the user, and the recovery codes."""
    begun = await browser.done("POST", "totp", {"password": PASSWORD})
    totp = pyotp.parse_uri(begun["uri"])
    assert isinstance(totp, pyotp.TOTP)
    assert (totp.secret, totp.name, totp.issuer) == (begun["secret"], "ann@example.com", "Lionrock")
    confirmed = await browser.done("PUT", "totp", {"code": totp.at(inside.now_ns // SECOND)})
    inside.pass_time(30)
    return totp, confirmed["recoveryCodes"]


def code_now(inside: Inside, totp: pyotp.TOTP) -> str:
    return totp.at(inside.now_ns // SECOND)


@pytest.mark.shows("AUTH-011")
async def test_a_user_signs_up_and_in_and_owns_an_account(inside: Inside) -> None:
    told = {"signInName": "Ann@Example.com", "password": PASSWORD, "fund": {"USDT": "1000"}}
    signed_up = (await inside.post("/lionrock/v1/users", told)).json()
    browser = await inside.sign_in("ANN@example.com")
    assert browser.signed_in["accountId"] == signed_up["accountId"]
    user = await browser.done("GET", "user")
    assert user == {
        "userId": signed_up["userId"],
        "accountId": signed_up["accountId"],
        "signInName": "ann@example.com",
        "hasTotp": False,
        "hasPasskey": False,
        "recoveryCodesLeft": 0,
        "apiNeedsCode": False,
        "needsSecondFactor": False,
        "sessionId": browser.signed_in["sessionId"],
        "csrfToken": browser.signed_in["csrfToken"],
        "sessionEndsAtMs": user["sessionEndsAtMs"],
    }
    assert user["sessionEndsAtMs"] >= browser.signed_in["endsAtMs"]
    made = await browser.done("POST", "keys", {"rights": ["READ", "TRADE"]})
    assert made["accountId"] == signed_up["accountId"]
    balances = inside.site.node.engine.balances(int(signed_up["accountId"]))
    assert [available for _, available, _ in balances] == [1000 * 10**8]


@pytest.mark.shows("AUTH-011")
@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"signInName": "ann@example.com"}, "password"),
        ({"password": PASSWORD}, "signInName"),
        ({"signInName": "an", "password": PASSWORD}, "signInName"),
        ({"signInName": " ann ", "password": PASSWORD}, "signInName"),
        ({"signInName": "a" * 255, "password": PASSWORD}, "signInName"),
        ({"signInName": "ann\nbob", "password": PASSWORD}, "signInName"),
        ({"signInName": "\ud800abc", "password": PASSWORD}, "signInName"),
        ({"signInName": "ann@example.com", "password": "elevensigns"}, "password"),
        ({"signInName": "ann@example.com", "password": "a" * 257}, "password"),
        ({"signInName": "ann@example.com", "password": "\ud800" * 12}, "password"),
        ({"signInName": "ann@example.com", "password": PASSWORD, "fund": []}, "fund"),
    ],
)
async def test_a_sign_up_that_cannot_be_is_refused_whole(inside: Inside, told: dict[str, str], field: str) -> None:
    accounts = len(inside.site.catalogue.accounts)
    answer = await inside.request(
        "POST", "/lionrock/v1/users", json.dumps(told).encode(), content_type="application/json"
    )
    assert said(answer) == ("0001", f"Required field {field} missing or invalid")
    assert len(inside.site.catalogue.accounts) == accounts


@pytest.mark.shows("AUTH-011")
async def test_a_name_is_given_once(inside: Inside) -> None:
    await inside.user("ann@example.com")
    accounts = len(inside.site.catalogue.accounts)
    again = await inside.post("/lionrock/v1/users", {"signInName": "ANN@example.com", "password": PASSWORD})
    assert reason_of(again) == "name_taken"
    assert len(inside.site.catalogue.accounts) == accounts


@pytest.mark.shows("AUTH-012")
async def test_an_unknown_name_and_a_wrong_password_are_answered_alike(inside: Inside) -> None:
    await inside.user()
    names = ("ann@example.com", "nobody@example.com")
    wrong = [await attempt(inside, name, "not the pass phrase") for name in names]
    assert wrong[0] == wrong[1]
    assert wrong[0][0] == 400
    for number in range(FREE_ATTEMPTS - 1):
        for name in names:
            assert (await attempt(inside, name, f"guess number {number}"))[0] == 400
    locked = [await attempt(inside, name, PASSWORD) for name in names]
    assert [(status, retry_after) for status, _, retry_after in locked] == [(429, "30")] * 2
    assert locked[0] == locked[1]


@pytest.mark.shows("AUTH-012")
@pytest.mark.usefixtures("real_passwords")
async def test_a_password_is_hashed_for_an_unknown_name_too(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    await inside.user()
    verified: list[bytes] = []
    verify = PasswordHasher.verify

    def watched(self: PasswordHasher, stored: str, password: bytes) -> bool:
        verified.append(password)
        assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "RFC 9106, section 4, second choice"
        return verify(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    for name in ("ann@example.com", "nobody@example.com"):
        await attempt(inside, name, "not the pass phrase")
    assert verified == [b"not the pass phrase"] * 2


@pytest.mark.shows("AUTH-012")
async def test_who_guesses_waits_twice_as_long_each_time(inside: Inside) -> None:
    await inside.user()
    waits = []
    for number in range(FREE_ATTEMPTS + 8):
        assert (await attempt(inside, "ann@example.com", f"guess number {number}"))[0] == 400
        if number + 1 < FREE_ATTEMPTS:
            continue
        status, body, retry_after = await attempt(inside, "ann@example.com", PASSWORD)
        assert (status, body["code"]) == (429, "0003"), "the right password does not help now"
        waits.append(int(retry_after or 0))
        inside.pass_time(waits[-1])
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    await inside.sign_in()
    assert (await attempt(inside, "ann@example.com", "one more guess"))[0] == 400
    await inside.sign_in()


@pytest.mark.shows("AUTH-012")
async def test_a_restart_forgives_nothing(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    async with inside.open():
        await inside.user()
        for number in range(FREE_ATTEMPTS):
            await attempt(inside, "ann@example.com", f"guess number {number}")
    async with inside.open():
        assert (await attempt(inside, "ann@example.com", PASSWORD))[0] == 429


@pytest.mark.shows("AUTH-012")
async def test_guesses_side_by_side_are_counted_like_others(inside: Inside) -> None:
    await inside.user()
    guesses = (attempt(inside, "ann@example.com", f"guess number {number}") for number in range(20))
    statuses = [status for status, _, _ in await asyncio.gather(*guesses)]
    assert sorted(statuses) == [400] * FREE_ATTEMPTS + [429] * (20 - FREE_ATTEMPTS)


@pytest.mark.shows("AUTH-013")
async def test_a_session_lasts_while_it_is_used_and_not_for_ever(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    async with inside.open():
        await inside.user()
        browser = await inside.sign_in()
        for _ in range(3):
            inside.pass_time(29 * 60)
            assert (await browser.send("GET", "user")).status_code == 200
    async with inside.open():
        assert (await browser.send("GET", "user")).status_code == 200, "a restart ends no session"
        inside.pass_time(31 * 60)
        assert code_of(await browser.send("GET", "user")) == -1002
        again = await inside.sign_in()
        for _ in range(24):
            inside.pass_time(29 * 60)
            assert (await again.send("GET", "user")).status_code == 200
        inside.pass_time(25 * 60)
        assert code_of(await again.send("GET", "user")) == -1002, "12 hours are over"


@pytest.mark.shows("AUTH-013")
async def test_sessions_are_listed_and_ended(inside: Inside) -> None:
    await inside.user()
    first, second = await inside.sign_in(), await inside.sign_in()
    rows = await first.done("GET", "sessions")
    assert [row["isCurrent"] for row in rows] == [True, False]
    assert [row["sessionId"] for row in rows] == [each.signed_in["sessionId"] for each in (first, second)]
    assert {row["address"] for row in rows} == {"192.0.2.1"}
    await first.done("DELETE", f"sessions?sessionId={second.signed_in['sessionId']}")
    assert code_of(await second.send("GET", "user")) == -1002
    ended = await first.send("DELETE", "sessions")
    assert "Max-Age=0" in ended.headers["set-cookie"]
    assert code_of(await first.send("GET", "user")) == -1002


@pytest.mark.shows("AUTH-013")
async def test_the_cookie_is_out_of_reach_and_its_token_not_on_disk(inside: Inside) -> None:
    await inside.user()
    browser = await inside.sign_in()
    assert {part.strip() for part in browser.set_cookie.split(";")[1:]} == {
        "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200",
    }  # fmt: skip
    told = {"signInName": "ann@example.com", "password": PASSWORD}
    away = await inside.post("/lionrock/v1/sessions", told, host="192.0.2.1", Host="trade.example")
    assert "; Secure" in away.headers["set-cookie"]
    assert away.headers["cache-control"] == "no-store"
    on_disk = stored(inside.directory)
    assert browser.token.encode() not in on_disk
    assert browser.signed_in["csrfToken"].encode() not in on_disk


@pytest.mark.shows("AUTH-013")
async def test_a_write_without_the_token_against_forgery_is_refused(inside: Inside) -> None:
    await inside.user()
    browser, other = await inside.sign_in(), await inside.sign_in()
    for token in ("", "0" * 64, other.signed_in["csrfToken"]):
        wanted = {"rights": ["READ"]}
        assert code_of(await browser.send("POST", "keys", wanted, x_lionrock_csrf=token)) == -1002
        assert code_of(await browser.send("DELETE", "sessions", x_lionrock_csrf=token)) == -1002
    assert await browser.done("GET", "keys") == []
    form = await inside.post(
        "/lionrock/v1/sessions", {"signInName": "ann@example.com", "password": PASSWORD}, content_type="text/plain"
    )
    assert code_of(form) == "0001"


@pytest.mark.shows("AUTH-013")
@pytest.mark.parametrize("cookie", ["", "lionrock_session", "lionrock_session=", "lionrock_session=x", "a=b;;;=;\x7f"])
async def test_without_a_session_nothing_is_told(inside: Inside, cookie: str) -> None:
    await inside.user()
    for method, path in (("GET", "user"), ("GET", "keys"), ("GET", "sessions"), ("GET", "passkeys")):
        answer = await inside.send(method, f"/lionrock/v1/{path}", cookie=cookie)
        assert said(answer) == (-1002, "Unauthorized operation")


@pytest.mark.shows("AUTH-019")
async def test_a_session_of_somebody_else_is_not_there(inside: Inside) -> None:
    await inside.user("ann@example.com")
    await inside.user("bob@example.com")
    ann, bob = await inside.sign_in("ann@example.com"), await inside.sign_in("bob@example.com")
    named = ann.signed_in["sessionId"]
    assert code_of(await bob.send("DELETE", f"sessions?sessionId={named}")) == "0001"
    assert [row["sessionId"] for row in await bob.done("GET", "sessions")] == [bob.signed_in["sessionId"]]
    made = await ann.done("POST", "keys", {"rights": ["READ"]})
    assert code_of(await bob.send("DELETE", f"keys?apiKey={made['apiKey']}")) == "0001"
    assert await bob.done("GET", "keys") == []
    assert (await ann.send("GET", "user")).status_code == 200


@pytest.mark.shows("AUTH-014")
async def test_a_new_password_ends_the_other_sessions(inside: Inside) -> None:
    await inside.user()
    browser, other = await inside.sign_in(), await inside.sign_in()
    change = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    wrong = await browser.send("PUT", "password", change | {"currentPassword": "not the pass phrase"})
    assert reason_of(wrong) == "sign_in_refused"
    assert code_of(await browser.send("PUT", "password", change | {"newPassword": "short"})) == "0001"
    assert (await other.send("GET", "user")).status_code == 200
    await browser.done("PUT", "password", change)
    assert code_of(await other.send("GET", "user")) == -1002
    assert (await browser.send("GET", "user")).status_code == 200
    assert (await attempt(inside, "ann@example.com", PASSWORD))[0] == 400
    await inside.sign_in(password=NEW_PASSWORD)


@pytest.mark.shows("AUTH-014")
@pytest.mark.usefixtures("real_passwords")
async def test_a_hash_of_other_parameters_is_made_anew_at_the_next_sign_in(inside: Inside) -> None:
    await inside.user()
    people = inside.venue.people
    assert people is not None
    users = people.users

    def stored_hash() -> str:
        ann = users.by_name("ann@example.com")
        return ann.password_hash if ann else ""

    ann = users.by_name("ann@example.com")
    assert ann is not None
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    users.set_password(ann.user_id, weak)
    assert (await attempt(inside, "ann@example.com", "not the pass phrase"))[0] == 400
    assert stored_hash() == weak
    await inside.sign_in()
    assert stored_hash().startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    await inside.sign_in()


@pytest.mark.shows("AUTH-014")
async def test_one_spelling_of_a_password_is_all_of_them(inside: Inside) -> None:
    await inside.user(password="cafe\u0301 au lait, tout noir")
    await inside.sign_in(password="caf\u00e9 au lait, tout noir")


@pytest.mark.shows("AUTH-015")
async def test_with_an_authenticator_a_code_is_needed_and_works_once(inside: Inside) -> None:
    await inside.user()
    browser = await inside.sign_in()
    totp, _ = await with_totp(inside, browser)
    status, body, _ = await attempt(inside, "ann@example.com", PASSWORD)
    assert (status, body["lionrock"]["name"]) == (400, "second_factor_needed")
    code = code_now(inside, totp)
    assert (await attempt(inside, "ann@example.com", "not the pass phrase", code))[0] == 400
    await inside.sign_in(code=code)
    status, body, _ = await attempt(inside, "ann@example.com", PASSWORD, code)
    assert (status, body["lionrock"]["name"]) == (400, "sign_in_refused")
    inside.pass_time(60)
    late = totp.at(inside.now_ns // SECOND - 30)
    await inside.sign_in(code=late)
    for wrong in (totp.at(inside.now_ns // SECOND - 90), "000000000", "é"):
        assert (await attempt(inside, "ann@example.com", PASSWORD, wrong))[0] == 400
    again = await browser.send("POST", "totp", {"password": PASSWORD})
    assert reason_of(again) == "totp_is_on"


@pytest.mark.shows("AUTH-015")
async def test_an_authenticator_that_was_not_confirmed_does_not_count(inside: Inside) -> None:
    await inside.user()
    browser = await inside.sign_in()
    assert reason_of(await browser.send("PUT", "totp", {"code": "123456"})) == "totp_not_begun"
    begun = await browser.done("POST", "totp", {"password": PASSWORD})
    wrong = pyotp.TOTP(begun["secret"]).at(inside.now_ns // SECOND - 3_600)
    assert reason_of(await browser.send("PUT", "totp", {"code": wrong})) == "wrong_code"
    await inside.sign_in()


@pytest.mark.shows("AUTH-015")
async def test_codes_cannot_be_guessed_through_a_session(inside: Inside) -> None:
    await inside.user()
    browser = await inside.sign_in()
    totp, _ = await with_totp(inside, browser)
    wanted = {"rights": ["WITHDRAW"]}
    told = []
    for _ in range(FREE_ATTEMPTS + 1):
        wrong = totp.at(inside.now_ns // SECOND - 3_600)
        told.append((await browser.send("POST", "keys", wanted, x_two_fa_token=wrong)).status_code)
    assert told == [400] * FREE_ATTEMPTS + [429]
    right = await browser.send("POST", "keys", wanted, x_two_fa_token=code_now(inside, totp))
    assert right.status_code == 429
    inside.pass_time(30)
    right = await browser.send("POST", "keys", wanted, x_two_fa_token=code_now(inside, totp))
    assert right.status_code == 200


@pytest.mark.shows("AUTH-015")
async def test_a_recovery_code_stands_in_once(inside: Inside) -> None:
    await inside.user()
    browser = await inside.sign_in()
    _, recovery = await with_totp(inside, browser)
    assert (len(recovery), len(set(recovery))) == (10, 10)
    await inside.sign_in(code=recovery[0].lower().replace("-", " "))
    assert (await browser.done("GET", "user"))["recoveryCodesLeft"] == 9
    assert (await attempt(inside, "ann@example.com", PASSWORD, recovery[0]))[0] == 400
    assert reason_of(await browser.send("DELETE", "totp")) == "wrong_code"
    await browser.done("DELETE", "totp", x_two_fa_token=recovery[1])
    await inside.sign_in()
    assert (await browser.done("GET", "user"))["recoveryCodesLeft"] == 0


@pytest.mark.shows("AUTH-017")
async def test_a_key_that_may_withdraw_needs_a_second_factor(inside: Inside) -> None:
    await inside.user()
    browser = await inside.sign_in()
    wanted = {"rights": ["READ", "WITHDRAW"]}
    assert reason_of(await browser.send("POST", "keys", wanted)) == "no_second_factor"
    totp, _ = await with_totp(inside, browser)
    assert reason_of(await browser.send("POST", "keys", wanted)) == "wrong_code"
    code = code_now(inside, totp)
    await browser.done("POST", "keys", wanted, x_two_fa_token=code)
    assert reason_of(await browser.send("POST", "keys", wanted, x_two_fa_token=code)) == "wrong_code"
    inside.pass_time(30)
    fresh = await inside.sign_in(code=code_now(inside, totp))
    await fresh.done("POST", "keys", wanted)
    inside.pass_time(301)
    assert reason_of(await fresh.send("POST", "keys", wanted)) == "wrong_code"
    assert len(await fresh.done("GET", "keys")) == 2


@pytest.mark.shows("AUTH-018")
async def test_api_keys_need_a_code_where_their_owner_asked_for_it(inside: Inside) -> None:
    await inside.user()
    browser = await inside.sign_in()
    people = inside.venue.people
    assert people is not None
    account_id = int(browser.signed_in["accountId"])
    await people.check_api_code(account_id, "")
    refused = await browser.send("PUT", "totp/api", {"isNeeded": True})
    assert reason_of(refused) == "no_second_factor"
    totp, _ = await with_totp(inside, browser)
    await browser.done("PUT", "totp/api", {"isNeeded": True}, x_two_fa_token=code_now(inside, totp))
    inside.pass_time(30)
    code = code_now(inside, totp)
    with pytest.raises(WrongCode):
        await people.check_api_code(account_id, "")
    await people.check_api_code(account_id, code)
    with pytest.raises(WrongCode):
        await people.check_api_code(account_id, code)
    await people.check_api_code(12345, "")


@pytest.mark.shows("AUTH-005")
async def test_nothing_that_names_or_opens_is_on_disk_in_the_clear(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    async with inside.open():
        await inside.user()
        browser = await inside.sign_in()
        totp, recovery = await with_totp(inside, browser)
    on_disk = stored(tmp_path)
    for secret in ("ann@example.com", PASSWORD, "argon2", totp.secret, recovery[0], recovery[0].replace("-", "")):
        assert secret.encode() not in on_disk, secret
    assert b"192.0.2.1" not in on_disk
