"""What clients do on their pages, in tests of several modules."""

from __future__ import annotations

import re
import time

import httpx
import pyotp
from playwright.sync_api import Locator, Page, expect

from lionrock.gateways.rest.authentication import SESSION_COOKIE
from tests.web.browsing import Watched

PASSWORD = "a long pass phrase"
NONSENSE = (
    "x" * 12_000,
    "a\x00b\x07c\x1b[31m",
    "\u202egnissap\u202c \u200f\u200e\u2066",
    "👩‍👩‍👧‍👦🏳️‍🌈" * 3,
    "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'>",
    "'; DROP TABLE users; -- {{7*7}} ${7*7} %s %00",
)
"""Pasted into fields: long, control signs, marks that turn the direction, emoji, markup, and what programs read."""
DAYS = ("2026-02-31", "0000-01-01", "yesterday", "0001-01-01", "9999-12-31", "275760-09-13")
"""Pasted into fields for days: three that are none, then the first and the last that pages and browsers know."""


def sign_up(url: str, name: str, **fund: str) -> None:
    """A user with a practice account."""
    asked = {"signInName": name, "password": PASSWORD, "fund": fund or {"BTC": "2", "USDT": "100000"}}
    answer = httpx.post(f"{url}/lionrock/v1/users", json=asked, timeout=30)
    assert answer.status_code == 200, answer.text


def sign_in(watched: Watched, name: str, then: str = "/account") -> Page:
    """Signed in by the page, at another one."""
    page = watched.page(f"/sign-in?then={then}")
    fill_sign_in(page, name)
    expect(page.locator("main h1")).not_to_have_text("Sign in")
    return page


def fill_sign_in(page: Page, name: str, code: str = "") -> None:
    form = page.locator("dialog form, main form").last
    form.locator("input[autocomplete=username]").fill(name)
    form.locator("input[autocomplete=current-password]").fill(PASSWORD)
    form.locator("input[autocomplete=one-time-code]").fill(code)
    form.locator("button[type=submit]").click()


def end_session(watched: Watched) -> None:
    """The session of this browser ends, and the browser does not know."""
    cookies = {each["name"]: each["value"] for each in watched.context.cookies()}
    with httpx.Client(base_url=watched.url, cookies={SESSION_COOKIE: cookies[SESSION_COOKIE]}, timeout=30) as client:
        token = client.get("/lionrock/v1/user").json()["csrfToken"]
        assert client.delete("/lionrock/v1/sessions", headers={"X-Lionrock-CSRF": token}).status_code == 200


def code_of(secret: str, steps: int = 0) -> str:
    """What an authenticator shows now, or so many steps later."""
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * steps)


def field(page: Page, label: str) -> Locator:
    """The input with this label, and a star where it must be filled in."""
    found = page.locator("label").filter(has_text=re.compile(rf"^\s*{re.escape(label)}\s*\*?\s*$")).last
    return page.locator(f"[id='{found.get_attribute('for')}']")


def paste(page: Page, label: str, text: str) -> None:
    """As from the clipboard: all at once, in the place of what was there."""
    field(page, label).evaluate(
        """(field, text) => {
            Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, text);
            field.dispatchEvent(new InputEvent('input', {bubbles: true, inputType: 'insertFromPaste'}));
        }""",
        text,
    )


def ran(page: Page) -> bool:
    """Whether a script from a field has run, or its markup has become an element."""
    return bool(page.evaluate("'ran' in window || document.querySelector('main script, main img') !== null"))
