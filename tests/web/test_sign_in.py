"""Signing in by the page."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import expect

from tests.gateways.rest.live import LiveServer
from tests.web.browsing import Watched, grave_violations

PASSWORD = "a long pass phrase"


def sign_up(server: LiveServer, name: str) -> None:
    asked = {"signInName": name, "password": PASSWORD, "fund": {"BTC": "2", "USDT": "100000"}}
    assert httpx.post(f"{server.url}/lionrock/v1/users", json=asked, timeout=30).status_code == 200


def test_a_wrong_password_is_told_and_what_was_typed_stays(visit: Callable[..., Watched], sandbox: LiveServer) -> None:
    sign_up(sandbox, "page-1")
    page = visit().page("/sign-in")
    page.get_by_label("Sign-in name").fill("page-1")
    page.get_by_label("Password").fill("something else entirely")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Sign-in name")).to_have_value("page-1")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh-HK", "ar"])
@pytest.mark.parametrize("colours", ["dark", "light"])
def test_the_way_in_has_no_grave_violation(visit: Callable[..., Watched], language: str, colours: str) -> None:
    page = visit(locale=language, color_scheme=colours).page("/sign-in")
    expect(page.locator("h1")).to_be_visible()
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    assert grave_violations(page) == []
