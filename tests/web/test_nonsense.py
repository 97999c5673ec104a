"""Nonsense pasted into every field of every form of every page: told at once or taken, never lost, never markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.gateways.rest.wallets import LEGACY
from tests.web.client_pages import DAYS, NONSENSE, ran
from tests.web.holdings import Holder, person
from tests.web.routes import routes
from tests.web.staffed import Client, House
from tests.web.walking import addresses_of, asked, audiences, reader, settle, show

SOME_DAY = "2027-01-31"
SETTLED = re.compile("^(Saved.|Not saved: )")
FORMS = Path(__file__).with_name("forms.js").read_text()


@pytest.fixture(scope="session")
def sufferer(harbour: House) -> Holder:
    """A client whose names and words become nonsense."""
    return Holder(harbour, "karoline@mail.example.org", person("Bruun", "Karoline", 2), LEGACY)


@pytest.fixture
def page_of(harbour: House, sufferer: Holder, browser: Browser) -> Iterator[dict[str, Page]]:
    with audiences(harbour, sufferer, browser) as made:
        pages = made(locale="en-GB")
        for page in pages.values():
            page.context.add_init_script(FORMS)
        yield pages


class Form:
    """One form of a page that is shown, by its place."""

    def __init__(self, page: Page, address: str, at: int) -> None:
        self.page, self.address, self.at = page, address, at
        self.before = page.evaluate("told()")

    @property
    def is_there(self) -> bool:
        here = bool(self.page.evaluate("location.pathname") == self.address)
        return here and bool(self.page.evaluate("forms().length") > self.at)

    def paste(self, texts: list[str], day: str | None = None) -> list[str]:
        """What is wrong when these texts are pasted into its fields, a day into those for days, and it is sent."""
        told = [self.at, texts] + ([day] if day else [])
        sent: dict[str, Any] = self.page.evaluate("(told) => paste(...told)", told)
        settle(self.page)
        seen: dict[str, Any] = self.page.evaluate("(at) => look(at)", self.at)
        where = f"{self.address}, form {self.at}, {[text[:12] for text in texts[: len(sent['values'])]]} {day or ''}"
        found = [f"{where}: a script ran, or markup became an element"] if ran(self.page) else []
        if seen["address"] != self.address or not any(seen["values"] or ()):  # it was taken
            self.before = self.page.evaluate("told()")
            return found
        if seen["values"] != sent["values"]:
            found.append(f"{where}: what was typed is lost")
        if sent["hasButton"] and not set(seen["told"]) - set(self.before) and not seen["isInvalid"]:
            found.append(f"{where}: nothing is said, {'sent' if sent['isPressed'] else 'not sent'}")
        return found


def typed_days(page: Page, address: str, at: int) -> list[str]:
    """What is wrong when the 31st of February is typed by hand into each field for a day, and it is sent."""
    found = []
    for number in range(page.evaluate("(at) => markDays(at)", at)):
        field = page.locator(f"[data-day='{number}']")
        field.focus()
        # In the order of Chromium's own language, which has the month first.
        page.keyboard.type("02312026" if field.get_attribute("type") == "date" else "02312026100000A")
        seen = page.evaluate("([at, number]) => sendDay(at, number)", [at, number])
        if seen != {"isTyped": True, "isKept": True, "isTold": True, "isHere": address}:
            found.append(f"{address}, form {at}, day {number}: {seen}")
    return found


def all_at_once() -> Iterator[list[str]]:
    """Each text in each field, another one in each at a time."""
    for turn in range(len(NONSENSE)):
        yield [NONSENSE[(turn + number) % len(NONSENSE)] for number in range(len(NONSENSE))]


def turns(page: Page, at: int) -> Iterator[tuple[list[str], str | None]]:
    """The same; then in one field alone, where the others do not stand in the way; then days that nobody means."""
    for texts in all_at_once():
        yield texts, None
    fields = page.evaluate("(at) => forms()[at]?.fields.length ?? 0", at)
    for one in range(fields if fields > 1 else 0):
        yield [NONSENSE[number % len(NONSENSE)] if number == one else "1" for number in range(fields)], None
    for day in DAYS if page.evaluate("(at) => hasDays(at)", at) else ():
        yield ["1"], day


def suffered(page: Page, address: str) -> list[str]:
    """What is wrong with a page that is shown, form by form."""
    found = []
    for at in range(page.evaluate("forms().length")):
        if at:
            show(page, address)  # without what the form before it was told
        form = Form(page, address, at)
        for texts, day in turns(page, at):
            if not form.is_there:
                show(page, address)
            if not form.is_there:
                break  # it was taken, and there is no more to decide
            found += form.paste(texts, day)
        if page.evaluate("(at) => hasDays(at)", at):
            show(page, address)
            found += typed_days(page, address, at)
    return found


@pytest.mark.shows("WEBP-021")
def test_nonsense_in_any_field_of_any_page(page_of: dict[str, Page], harbour: House, sufferer: Holder) -> None:
    addresses = addresses_of(harbour, sufferer.client_id, "restrict")
    found, forms = [], 0
    # Whoever signed up by nonsense could sign in by it: that page comes last.
    for route in sorted(routes(), key=lambda each: each.path == "/sign-up"):
        for address in asked(route, addresses):
            page = page_of[reader(route, address)]
            show(page, address)
            forms += page.evaluate("forms().length")
            found += suffered(page, address)
    assert not found, "\n".join(found)
    assert forms > 60


@pytest.mark.shows("WEBP-021")
@pytest.mark.parametrize("kind", ["person", "company"])
def test_nonsense_in_any_step_of_an_application(harbour: House, browser: Browser, kind: str) -> None:
    applicant = Client(harbour, f"{kind}@mail.example.org", kind=kind, hands_in=False)
    tried = 0
    with applicant.at(browser, "/onboarding", locale="en-GB") as page:
        page.context.add_init_script(FORMS)
        show(page, "/onboarding")
        for step in page.get_by_label("Steps").get_by_role("button").all():
            step.click()
            for row in page.get_by_role("button", name=re.compile("^Add a ")).all():
                row.click()  # a share, a place, a person: their fields are fields, too
            fields = page.evaluate("forms().flatMap(({fields}) => fields).length")
            days = DAYS if fields and page.evaluate("hasDays(0)") else ()
            for texts, day in [
                *((each, SOME_DAY) for each in all_at_once() if fields),
                *((["1"], day) for day in days),
            ]:
                sent = page.evaluate("([texts, day]) => paste(0, texts, day)", [texts, day])["values"]
                expect(page.get_by_text(SETTLED)).to_be_visible()
                told = page.evaluate("look(0)")
                assert told["values"] == sent, "what was typed is lost"
                unfit = any(len(text) > 300 or not text.isprintable() for text in sent)
                assert told["isInvalid"] or not unfit, f"{step.inner_text()}: nothing is said of {sent}"
                assert not ran(page)
                tried += 1
    assert tried > 20
    with harbour["everywhere"].at(browser, f"/staff/clients/{applicant.client_id}") as page:
        expect(page.locator("h1")).to_be_visible()
        settle(page)
        assert not ran(page)
