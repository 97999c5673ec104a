"""Every page of the table of routes as those it is for have it: axe-core, one heading, no refusal, none too wide.

A page that is added is walked by being in the table; one with a parameter must be given something to show. The form of
each action that the staff may propose is a page of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.web.browsing import grave_violations
from tests.web.holdings import Holder
from tests.web.routes import routes
from tests.web.staffed import ARABIC, SCRIPT, House
from tests.web.walking import Addresses, Pages, addresses_of, asked, audiences, reader, refusals, show

LOOKS: dict[str, dict[str, Any]] = {
    "dark": {"locale": "en-GB", "color_scheme": "dark"},
    "light": {"locale": "zh-HK", "color_scheme": "light"},
    "arabic-phone": {"locale": "ar", "color_scheme": "light", "viewport": {"width": 360, "height": 740}},
}
LEAST_LINKS = 6
"""Of the foot of each page: status, fees, rules, quality, verify, about."""
WIDTHS = "[document.documentElement.scrollWidth, innerWidth]"


@pytest.fixture(scope="session")
def addresses(harbour: House, holder: Holder) -> Addresses:
    told = {"register": "complaint", "begunAtMs": 1_000, "fields": {"subject": SCRIPT, "text": ARABIC}}
    harbour["officer"].done("POST", "registers", told)
    harbour["officer"].done("PUT", "admission/tokens", {"asset": "DOGE", "described": {"disclosedFields": []}})
    return addresses_of(harbour, holder.client_id, "restrict")


@pytest.fixture
def pages(harbour: House, holder: Holder, browser: Browser) -> Iterator[Pages]:
    with audiences(harbour, holder, browser) as made:
        yield made


def faults(page: Page, address: str, audience: str) -> list[str]:
    """What is wrong with a page; empty when it is for everybody."""
    show(page, address)
    found = [f"{address}: {each}" for each in grave_violations(page)]
    if page.locator("h1").count() != 1:
        found.append(f"{address} has {page.locator('h1').count()} headings of the first level")
    if "/sign-in" in page.url and "/sign-in" not in address:
        found.append(f"{address} is not shown to {audience}")
    found += refusals(page, address)
    if page.locator("footer").get_by_role("link").count() < LEAST_LINKS:
        found.append(f"{address} lacks the way to what everybody may read")
    scrolled, width = page.evaluate(WIDTHS)
    if scrolled > width:
        found.append(f"{address} is {scrolled - width} pixels too wide")
    return found


@pytest.mark.shows("WEBP-010", "WEBP-012")
@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_open_to_everybody_it_is_for(pages: Pages, addresses: Addresses, look: str) -> None:
    page_of, found = pages(**LOOKS[look]), []
    for route in routes():
        # What else an address may show differs in words alone: once is enough.
        for address in asked(route, addresses)[: None if look == "arabic-phone" else 1]:
            found += faults(page_of[reader(route, address)], address, route.audience)
    assert not found, "\n".join(found)
