"""The staff gets in with a one-time code first and two factors ever after, and nobody else does."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyotp
import pytest

from lionrock.gateways.rest.authentication import SESSION_COOKIE, STAFF_COOKIE
from lionrock.people.staff.members import CODE_LASTS_NS
from lionrock.people.staff.roles import Role
from tests.gateways.rest.authenticator import Device
from tests.gateways.rest.inside import PASSWORD, SECOND, Inside, code_of, reason_of, stored
from tests.gateways.rest.staff.desk import LOCAL, PATH, at_desk, enrolled

NAME = "officer@example.com"
PROGRAM = str(Path(sys.executable).parent / "lionrock")


async def with_password(inside: Inside, *roles: Role, name: str = NAME) -> tuple[str, pyotp.TOTP]:
    """Enrolled with a password and an authenticator."""
    made = inside.site.staff.members.enrol(name, name, "")
    told: dict[str, Any] = {"enrolmentCode": made.code, "password": PASSWORD}
    begun = (await inside.post(f"{PATH}enrolment/password", told)).json()
    totp = pyotp.parse_uri(begun["uri"])
    assert isinstance(totp, pyotp.TOTP)
    told = {"enrolmentCode": made.code, "code": totp.at(inside.now_ns // SECOND)}
    confirmed = await inside.post(f"{PATH}enrolment/totp", told)
    assert len(confirmed.json()["recoveryCodes"]) == 10
    inside.pass_time(30)
    return made.staff_id, totp


def sign_in(name: str = NAME, password: str = PASSWORD, code: str = "") -> dict[str, str]:
    return {"signInName": name, "password": password, "code": code}


@pytest.mark.shows("STAF-001")
async def test_a_site_begins_without_staff(inside: Inside) -> None:
    assert inside.site.staff.members.all() == []
    for name, password in (("admin", "admin"), ("administrator", "administrator")):
        answer = await inside.post(f"{PATH}sessions", sign_in(name, password, "000000"))
        assert reason_of(answer) == "sign_in_refused"


@pytest.mark.shows("STAF-001")
async def test_an_administrator_is_enrolled_at_the_machine(inside: Inside) -> None:
    ended = await enrol(inside.directory, NAME)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    member = inside.site.staff.members.find(told["staff_id"])
    assert member is not None
    assert member.roles == {Role.ADMINISTRATOR}
    assert not member.is_enrolled
    again = await enrol(inside.directory, NAME)
    assert again.returncode == 1
    assert "has this name already" in again.stderr
    nowhere = await enrol(inside.directory / "no", NAME)
    assert nowhere.returncode == 1
    assert "holds no site yet" in nowhere.stderr


async def enrol(directory: Path, name: str) -> subprocess.CompletedProcess[str]:
    """`lionrock staff enrol` beside the site that serves."""
    command = [PROGRAM, "staff", "enrol", str(directory), "--name", name, "--person", "1001", "--json"]
    return await asyncio.to_thread(lambda: subprocess.run(command, capture_output=True, text=True, check=False))


@pytest.mark.shows("STAF-001")
async def test_a_code_works_once_and_for_a_day(inside: Inside) -> None:
    made = inside.site.staff.members.enrol(NAME, "1", "")
    desk = await at_desk(inside, made.staff_id, NAME, made.code)
    assert (await desk.done("GET", "me"))["roles"] == []
    again = await inside.post(f"{PATH}enrolment/passkeyOptions", {"enrolmentCode": made.code})
    assert reason_of(again) == "enrolment_code_wrong"
    late = inside.site.staff.members.enrol("late@example.com", "2", "")
    inside.now_ns = late.ends_ns
    answer = await inside.post(f"{PATH}enrolment/password", {"enrolmentCode": late.code, "password": PASSWORD})
    assert reason_of(answer) == "enrolment_code_wrong"
    assert late.ends_ns <= inside.now_ns < late.ends_ns + CODE_LASTS_NS


@pytest.mark.shows("STAF-002")
async def test_a_password_needs_a_code(inside: Inside) -> None:
    _, totp = await with_password(inside)
    assert reason_of(await inside.post(f"{PATH}sessions", sign_in())) == "second_factor_needed"
    assert reason_of(await inside.post(f"{PATH}sessions", sign_in(code="000000"))) == "sign_in_refused"
    code = totp.at(inside.now_ns // SECOND)
    answer = await inside.post(f"{PATH}sessions", sign_in(code=code))
    assert answer.status_code == 200, answer.text
    assert reason_of(await inside.post(f"{PATH}sessions", sign_in(code=code))) == "sign_in_refused", "a code works once"


@pytest.mark.shows("STAF-002")
async def test_a_password_without_a_confirmed_authenticator_signs_nobody_in(inside: Inside) -> None:
    made = inside.site.staff.members.enrol(NAME, "1", "")
    told = {"enrolmentCode": made.code, "password": PASSWORD}
    assert (await inside.post(f"{PATH}enrolment/password", told)).status_code == 200
    assert reason_of(await inside.post(f"{PATH}sessions", sign_in())) == "sign_in_refused"
    short = await inside.post(f"{PATH}enrolment/password", {"enrolmentCode": made.code, "password": "short"})
    assert reason_of(short) == "password_unfit"


@pytest.mark.shows("STAF-002")
async def test_who_guesses_passwords_waits(inside: Inside) -> None:
    await with_password(inside)
    for _ in range(5):
        answer = await inside.post(f"{PATH}sessions", sign_in(password="not the pass phrase"))
        assert reason_of(answer) == "sign_in_refused"
    assert reason_of(await inside.post(f"{PATH}sessions", sign_in()), 429) == "must_wait"


@pytest.mark.shows("STAF-003")
async def test_a_clients_session_key_and_passkey_are_nothing_here(inside: Inside) -> None:
    await inside.user()
    browser, key = await inside.sign_in(), await inside.account(USDT="1")
    for path in ("me", "members", "audit", "queue"):
        assert code_of(await browser.send("GET", f"staff/{path}")) == -1002
        assert code_of(await key.signed("GET", PATH + path)) == -1002
        as_staff = {"cookie": f"{STAFF_COOKIE}={browser.token}"}
        assert code_of(await inside.send("GET", PATH + path, **as_staff)) == -1002
    device = Device()
    options = await browser.done("POST", "passkeys/options", {"password": PASSWORD})
    await browser.done("POST", "passkeys", {"credential": device.create(options)}, origin=LOCAL)
    options = (await inside.post(f"{PATH}sessions/passkeyOptions", {})).json()
    answer = await inside.post(f"{PATH}sessions/passkey", {"credential": device.get(options)}, origin=LOCAL)
    assert reason_of(answer) == "passkey_refused"


@pytest.mark.shows("STAF-003")
async def test_a_staff_session_is_nothing_to_clients_endpoints(inside: Inside) -> None:
    desk = await enrolled(inside, NAME, Role.COMPLIANCE_OFFICER)
    for name in (STAFF_COOKIE, SESSION_COOKIE):
        headers = {"cookie": f"{name}={desk.token}", "x_lionrock_csrf": desk.csrf}
        for path in ("user", "sessions", "keys", "passkeys"):
            answer = await inside.send("GET", f"/lionrock/v1/{path}", **headers)
            assert answer.status_code == 400, path
            assert answer.json()["code"] in {-1002, "0001", "0102"}, path
    options = (await inside.post("/lionrock/v1/sessions/passkeyOptions", {})).json()
    told = {"credential": desk.device.get(options)}
    assert reason_of(await inside.post("/lionrock/v1/sessions/passkey", told, origin=LOCAL)) == "passkey_refused"


@pytest.mark.shows("STAF-003")
async def test_the_cookie_is_for_staff_paths_and_a_write_needs_the_token(inside: Inside) -> None:
    desk = await enrolled(inside, NAME, Role.MARKET_OPERATIONS)
    assert desk.set_cookie.startswith(f"{STAFF_COOKIE}=")
    assert {"HttpOnly", "SameSite=Strict", f"Path={PATH}"} <= set(desk.set_cookie.split("; "))
    forged = await desk.send("POST", "me/files", {"clientId": "abc"}, x_lionrock_csrf="0" * 64)
    assert code_of(forged) == -1002
    await desk.done("POST", "me/files", {"clientId": "abc"})


@pytest.mark.shows("STAF-004")
async def test_sessions_are_short_and_end_with_the_member(inside: Inside) -> None:
    desk = await enrolled(inside, NAME, Role.AUDITOR)
    inside.pass_time(9 * 60)
    await desk.done("GET", "me")
    inside.pass_time(10 * 60)
    assert code_of(await desk.send("GET", "me")) == -1002
    await desk.sign_in()
    for _ in range(8 * 60 // 9):
        inside.pass_time(9 * 60)
        await desk.done("GET", "me")
    inside.pass_time(9 * 60)
    assert code_of(await desk.send("GET", "me")) == -1002, "eight hours are over"
    await desk.sign_in()
    administrator = await enrolled(inside, "admin@example.com", Role.ADMINISTRATOR)
    await administrator.done("POST", "members/deactivate", {"staffId": desk.staff_id})
    assert code_of(await desk.send("GET", "me")) == -1002
    options = (await inside.post(f"{PATH}sessions/passkeyOptions", {})).json()
    told = {"credential": desk.device.get(options)}
    assert reason_of(await inside.post(f"{PATH}sessions/passkey", told, origin=LOCAL)) == "passkey_refused"


@pytest.mark.shows("STAF-004")
async def test_one_ends_ones_own_sessions_and_no_others(inside: Inside) -> None:
    desk, other = await enrolled(inside, NAME), await enrolled(inside, "other@example.com")
    theirs = (await other.done("GET", "sessions"))[0]["sessionId"]
    assert code_of(await desk.send("DELETE", f"sessions?sessionId={theirs}")) == "0001"
    await desk.done("DELETE", "sessions")
    assert code_of(await desk.send("GET", "me")) == -1002
    assert len(await other.done("GET", "sessions")) == 1


@pytest.mark.shows("STAF-023")
async def test_nothing_that_names_or_opens_is_on_disk_in_the_clear(inside: Inside, tmp_path: Path) -> None:
    _, totp = await with_password(inside, name="secret.officer@example.com")
    desk = await enrolled(inside, "desk.officer@example.com", Role.MARKET_OPERATIONS, person="contract 4711")
    told = {"action": "market_phase", "payload": {"market_id": 1, "phase": 4}, "reasonCode": "risk"}
    await desk.done("POST", "proposals", told | {"words": "the person Xylophon asked"})
    bytes_on_disk = stored(tmp_path)
    for plain in ("secret.officer", "desk.officer", "contract 4711", PASSWORD, totp.secret, desk.token, "Xylophon"):
        assert plain.encode() not in bytes_on_disk, plain
