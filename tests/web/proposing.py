"""What the staff does on the pages where something is proposed, checked and reviewed; what stands of it afterwards."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.web.staffed import House

WHY = "the case of this morning"


def control(page: Page, label: str) -> Locator:
    """The field of a form with this label, and a star where it must be filled in."""
    return page.locator("main form").get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*\*?\s*$"))


def fill(page: Page, **fields: str) -> None:
    """Fields by their labels: typed, or chosen by the words of a choice."""
    for name, text in fields.items():
        field = control(page, name.replace("_", " "))
        if field.evaluate("(each) => each.tagName") == "SELECT":
            field.select_option(label=text)
        else:
            field.fill(text)


def look(page: Page, reason: str = "risk", why: str = WHY) -> None:
    """Gives the reason and sees before and after."""
    page.get_by_label("Reason", exact=True).select_option(label=reason)
    page.get_by_label("Why, in a sentence").fill(why)
    page.get_by_role("button", name="See before and after").click()
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()


def press_and_read(page: Page, button: str) -> str:
    """Presses what makes the proposal, which is then shown; its id."""
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url(re.compile(r"/staff/proposals/\w+$"))
    expect(page.locator("blockquote")).to_have_text(WHY)
    return page.url.rpartition("/")[2]


def say(page: Page, button: str, words: str = "seen") -> None:
    """A verdict with words."""
    page.get_by_label("What you have to say").fill(words)
    page.get_by_role("button", name=button, exact=True).click()


def waiting(page: Page, proposal_id: str) -> Locator:
    """The row of a proposal in the work queue."""
    row = page.get_by_role("row").filter(has=page.locator(f"a[href='/staff/proposals/{proposal_id}']"))
    expect(row).to_be_visible()
    return row


def recorded(house: House, proposal_id: str) -> tuple[str, list[str]]:
    """Its state, and what the log says happened to it, in order: as an auditor reads both."""
    shown: dict[str, Any] = house["auditor"].done("GET", f"proposals/one?proposalId={proposal_id}")
    entries: list[dict[str, Any]] = house["auditor"].done("GET", f"audit?subject={proposal_id}&limit=100")
    return str(shown["state"]), [str(each["event"]) for each in reversed(entries)]
