"""When something is off: the device's clock, an answer that does not come, a page for others than its reader."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Route as Asked

from tests.gateways.rest.live import LiveServer
from tests.web.browsing import Watched
from tests.web.client_pages import field, sign_in, sign_up
from tests.web.holdings import Holder
from tests.web.trading import fill_ticket

HOUR_MS = 3_600_000
SKEWED = """
const Real = Date, skew = %d;
globalThis.Date = class extends Real {
  constructor(...given) { given.length ? super(...given) : super(Real.now() + skew); }
  static now() { return Real.now() + skew; }
};
"""


@pytest.mark.parametrize("hours", [-7, 5])
def test_a_clock_that_is_hours_off_is_told_and_nothing_stops_working(
    holder: Holder, browser: Browser, hours: int
) -> None:
    with holder.at(browser, "/agreements", script=SKEWED % (hours * HOUR_MS), locale="en-GB") as page:
        expect(page.get_by_text(f"clock is {abs(hours) * 60} minutes off", exact=False)).to_be_visible()
        held = page.get_by_role("button", name="Take back: settlement")
        expect(held.first).to_be_visible()
        before = held.count()
        page.get_by_text("Grant a standing authority").click()
        field(page, "What for").fill("settlement")
        field(page, "Ends on").fill(time.strftime("%Y-%m-%d", time.gmtime(time.time() + 60 * 86_400)))
        page.get_by_role("button", name="Grant", exact=True).click()
        expect(held).to_have_count(before + 1)
        page.goto("/statements")
        page.get_by_label("Format").select_option("json")
        with page.expect_download() as sent:
            page.get_by_role("button", name="Get the statement").click()
        assert json.loads(Path(sent.value.path()).read_text())
        page.goto("/trade/BTCUSD")
        expect(page.locator("[data-link=live]")).to_be_attached()
        page.get_by_role("group", name="Side").get_by_role("button", name="Sell").click()
        fill_ticket(page, price="95000", size="0.001")
        expect(page.get_by_text("Within your limits")).to_be_visible()
        page.get_by_role("button", name="Sell BTC").click()
        expect(page.get_by_text("0.001 BTC rests at 95,000 USD", exact=False)).to_be_visible()


def test_a_reason_that_does_not_come_is_told_in_its_panel(holder: Holder, browser: Browser) -> None:
    with holder.at(browser, "/wallet", locale="en-GB") as page:
        page.route("**/lionrock/v1/deposits/steps*", lambda asked: asked.abort("connectionrefused"))
        mark = page.get_by_role("button", name="Credited")
        mark.click()
        panel = page.get_by_role("complementary")
        expect(panel.get_by_role("alert")).to_contain_text("No answer came from the venue")
        page.keyboard.press("Escape")
        expect(panel).to_have_count(0)
        expect(mark).to_be_focused()
        page.unroute("**/lionrock/v1/deposits/steps*")
        mark.click()
        expect(panel).to_contain_text("Seen, waits for a block")
        assert panel.get_by_role("alert").count() == 0


def test_what_is_read_again_leaves_what_is_there(visit: Callable[..., Watched], sandbox: LiveServer) -> None:
    sign_up(sandbox.url, "again@example.com")
    page = sign_in(visit(), "again@example.com", "/security")
    page.get_by_text("Make a key").first.click()
    waiting: list[Asked] = []
    page.route(
        "**/lionrock/v1/keys",
        lambda asked: waiting.append(asked) if asked.request.method == "GET" else asked.continue_(),
    )

    def answer() -> Asked:
        while not waiting:
            page.wait_for_timeout(20)
        return waiting.pop()

    make = page.get_by_role("button", name="Make a key")
    field(page, "Name").fill("first")
    make.click()
    expect(page.get_by_text("The key is made")).to_be_visible()
    expect(page.locator("details[open]").filter(has=make)).to_have_count(1)
    field(page, "Name").fill("second")
    answer().continue_()
    expect(page.get_by_role("cell", name="first", exact=True)).to_be_visible()
    expect(field(page, "Name")).to_have_value("second")
    expect(field(page, "Name")).to_be_focused()
    make.click()
    answer().abort("connectionrefused")
    expect(page.get_by_text("No answer came from the venue", exact=False)).to_be_visible()
    expect(page.get_by_role("cell", name="first", exact=True)).to_be_visible()
    page.unroute("**/lionrock/v1/keys")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("cell", name="second", exact=True)).to_be_visible()


@pytest.mark.parametrize("path", ["limits", "knowledge", "risk-profile", "agreements"])
def test_a_page_of_clients_says_where_nobody_is_assessed(
    visit: Callable[..., Watched], sandbox: LiveServer, path: str
) -> None:
    sign_up(sandbox.url, f"{path}@example.com")
    page = sign_in(visit(), f"{path}@example.com", f"/{path}")
    expect(
        page.get_by_text("This site asks nothing of clients beyond the rules of its markets", exact=False)
    ).to_be_visible()
    assert page.get_by_role("alert").count() == 0
    page.locator("main").get_by_role("link", name="Rules", exact=True).click()
    expect(page.get_by_role("heading", name="Rules", level=1)).to_be_visible()
