"""What clients typed is only text on the pages of the staff, and a new member comes in by them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.browsing import Watched, grave_violations
from tests.web.staffed import ARABIC, PASSWORD, SCRIPT, Client, House


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("site"))
    yield house
    assert house.live.stop() == 0


@pytest.fixture(scope="module")
def client(house: House) -> Client:
    """One application and one complaint."""
    client = house.sign_up()
    told = {"register": "complaint", "begunAtMs": 1_000, "fields": {"subject": SCRIPT, "text": ARABIC}}
    house["officer"].done("POST", "registers", told)
    return client


def settled(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("[aria-busy='true']")).to_have_count(0)
    assert page.get_by_text(re.compile(r"\bstaff(_\w+)?\.\w")).count() == 0, "a text is missing"


def test_what_clients_typed_is_text_and_reading_a_document_is_on_record(
    house: House, client: Client, browser: Browser
) -> None:
    with house["officer"].at(browser, f"/staff/clients/{client.client_id}", locale="en-GB") as page:
        page.on("dialog", lambda dialog: pytest.fail(f"a script of a client ran: {dialog.message}"))
        expect(page.get_by_text(SCRIPT, exact=True)).to_be_visible()
        expect(page.get_by_text(ARABIC)).to_be_visible()
        expect(page.get_by_text(f"{SCRIPT}.pdf").first).to_be_visible()
        page.get_by_role("link", name="Take or decline a client").first.wait_for()
        page.get_by_role("button", name="Open: identity document").click()
        page.get_by_label("Reason").last.select_option(label="after a review")
        page.get_by_label("Why, in a sentence").fill("the photograph is looked at")
        with page.expect_download() as sent:
            page.get_by_role("button", name="Read the document").click()
        assert sent.value.path().read_bytes().startswith(b"%PDF")
        expect(page.get_by_role("listitem").filter(has_text="after a review")).to_contain_text("officer@example.com")
        settled(page, "/staff/registers")
        expect(page.get_by_text(SCRIPT)).to_be_visible()
        page.get_by_role("button", name="Open: complaint").click()
        expect(page.get_by_text(ARABIC)).to_be_visible()


def test_a_new_member_comes_in_by_the_page(house: House, browser: Browser) -> None:
    with house["administrator"].at(browser, "/staff/members", locale="en-GB") as page:
        page.get_by_label("Sign-in name").fill("new@example.com")
        page.get_by_label("Person").fill("1007")
        page.get_by_role("button", name="Enrol", exact=True).click()
        code = page.get_by_role("status").locator(".mono").inner_text()
    watched = Watched(browser, house.live.url, locale="en-GB")
    page = watched.page("/staff/enrol")
    assert grave_violations(page) == []
    page.get_by_label("One-time code").fill(code)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    totp = pyotp.TOTP(page.locator("p.mono").inner_text())
    page.get_by_label("Code of the authenticator").fill(totp.now())
    page.get_by_role("button", name="Confirm").click()
    recovery = page.locator("ul.mono li").first.inner_text()
    page.get_by_role("link", name="Sign in as staff").click()
    page.get_by_label("Sign-in name").fill("new@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code of the authenticator").fill(recovery)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("note")).to_contain_text("None of your roles may do this")
    watched.close()
