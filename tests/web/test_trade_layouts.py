"""Layouts of the trade page with names: saved, chosen, renamed, deleted, and of each user apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.gateways.rest.live import LiveServer
from tests.web.browsing import Watched, grave_violations, sign_out
from tests.web.trading import sign_up, signed_in, trading

Visit = Callable[..., Watched]


def panels(page: Page) -> Locator:
    """The menu of panels and layouts, opened."""
    menu = page.locator("details").filter(has=page.locator("summary", has_text="Panels"))
    if menu.get_attribute("open") is None:
        menu.locator("summary").click()
    return menu


def saved(menu: Locator, *names: str) -> None:
    """These and no others may be chosen."""
    options = menu.get_by_label("Layout", exact=True).locator("option:not(:first-child)")
    expect(options).to_have_text(list(names))


def test_layouts_are_saved_chosen_renamed_and_deleted(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(), sandbox, "layout-1")
    menu = panels(page)
    expect(menu.get_by_label("Layout", exact=True)).to_have_count(0)
    menu.get_by_label("Name", exact=True).fill("Wide")
    menu.get_by_label("Name", exact=True).press("Enter")
    expect(menu.get_by_text("Saved as “Wide”.")).to_be_visible()
    menu.get_by_role("checkbox", name="Depth").uncheck()
    menu.get_by_role("checkbox", name="Chart").uncheck()
    page.get_by_role("tab", name="Fills").click()
    menu.get_by_label("Name", exact=True).fill("Only the book")
    menu.get_by_role("button", name="Save").click()
    saved(menu, "Wide", "Only the book")
    expect(page.locator("#chart-title")).to_have_count(0)

    menu.get_by_label("Layout", exact=True).select_option(label="Wide")
    expect(page.locator("#chart-title")).to_be_visible()
    expect(page.get_by_role("tab", name="Open orders")).to_have_attribute("aria-selected", "true")
    page.reload()
    menu = panels(page)
    expect(menu.locator("summary")).to_contain_text("Wide")
    menu.get_by_label("Layout", exact=True).select_option(label="Only the book")
    expect(page.locator("#chart-title")).to_have_count(0)
    expect(page.get_by_role("tab", name="Fills")).to_have_attribute("aria-selected", "true")
    assert grave_violations(page) == []

    menu.get_by_label("Name", exact=True).fill("Wide")
    expect(menu.get_by_role("button", name="Rename")).to_be_disabled()
    menu.get_by_label("Name", exact=True).fill("Book alone")
    menu.get_by_role("button", name="Rename").click()
    expect(menu.get_by_text("It is called “Book alone” now.")).to_be_visible()
    saved(menu, "Wide", "Book alone")
    menu.get_by_role("button", name="Delete the layout Book alone").click()
    saved(menu, "Wide")
    expect(menu.get_by_role("button", name="Rename")).to_have_count(0)


@pytest.mark.parametrize("name", ["Wide", "wIDE"])
def test_a_name_that_is_there_takes_what_stands_now(visit: Visit, sandbox: LiveServer, name: str) -> None:
    page = trading(visit(), sandbox, f"layout-{name.encode().hex()}")
    menu = panels(page)
    menu.get_by_label("Name", exact=True).fill("Wide")
    menu.get_by_role("button", name="Save").click()
    menu.get_by_role("checkbox", name="Depth").uncheck()
    menu.get_by_label("Name", exact=True).fill(name)
    menu.get_by_role("button", name="Save").click()
    saved(menu, "Wide")
    menu.get_by_role("checkbox", name="Depth").check()
    menu.get_by_label("Layout", exact=True).select_option(label="none of those saved")
    menu.get_by_label("Layout", exact=True).select_option(label="Wide")
    expect(page.locator("#depth-sentence")).to_have_count(0)


def test_another_user_of_the_browser_has_layouts_of_their_own(visit: Visit, sandbox: LiveServer) -> None:
    browser = visit()
    page = trading(browser, sandbox, "layout-3")
    menu = panels(page)
    menu.get_by_role("checkbox", name="Chart").uncheck()
    menu.get_by_label("Name", exact=True).fill("Mine")
    menu.get_by_role("button", name="Save").click()
    sign_out(page)
    sign_up(sandbox, "layout-4")
    other = signed_in(browser, "layout-4", "/trade/BTCUSDT")
    expect(other.locator("#chart-title")).to_be_visible()
    expect(panels(other).get_by_label("Layout", exact=True)).to_have_count(0)
    sign_out(other)
    again = signed_in(browser, "layout-3", "/trade/BTCUSDT")
    menu = panels(again)
    expect(menu.get_by_label("Layout", exact=True)).to_have_value("Mine")
    expect(again.locator("#chart-title")).to_have_count(0)
