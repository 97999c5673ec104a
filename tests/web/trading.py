"""What the tests of the trade page have in common: who trades there, and the ticket as a user fills it in."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.gateways.rest.live import LiveServer
from tests.web.browsing import Watched

PASSWORD = "a long pass phrase"
FUND = {"BTC": "2", "USDT": "100000"}


def sign_up(server: LiveServer, name: str, fund: dict[str, str] | None = None) -> None:
    asked = {"signInName": name, "password": PASSWORD, "fund": FUND if fund is None else fund}
    answer = httpx.post(f"{server.url}/lionrock/v1/users", json=asked, timeout=30)
    assert answer.status_code == 200, answer.text


def signed_in(browser: Watched, name: str, path: str) -> Page:
    page = browser.page("/sign-in")
    page.get_by_label("Sign-in name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.goto(path)
    return page


def trading(browser: Watched, server: LiveServer, name: str, path: str = "/trade/BTCUSDT", **fund: str) -> Page:
    """The trade page of a new client, its book loaded."""
    sign_up(server, name, fund or None)
    page = signed_in(browser, name, path)
    expect(page.locator("[data-link=live]")).to_be_attached()
    return page


def fill_ticket(page: Page, **fields: str) -> None:
    for label, value in fields.items():
        page.get_by_label(label.capitalize(), exact=True).fill(value)


def place(page: Page, side: str, **fields: str) -> str:
    """Fills the ticket in, waits for its preview, places the order; what the page then says."""
    page.get_by_role("group", name="Side").get_by_role("button", name=side).click()
    fill_ticket(page, **fields)
    expect(page.get_by_text("Within your limits")).to_be_visible()
    page.get_by_role("button", name=f"{side} BTC").click()
    said = page.locator("form p.said")
    expect(said).to_contain_text("journal sequence")
    return said.inner_text()


def open_rows(page: Page) -> Locator:
    return page.locator("tr[data-order]")


def levels(page: Page, side: str) -> list[str]:
    """Prices that the book shows on a side, as they stand."""
    shown = page.locator(f".level.{side}:not(:disabled) .price").all_inner_texts()
    return [text for text in shown if text]


def last_of(server: LiveServer, path: str, **parameters: str) -> Any:
    return server.get(path, **parameters).json()
