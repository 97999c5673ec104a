"""Becoming a client of the Hong Kong site by its pages."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect
from playwright.sync_api import Route as Asked

from lionrock.people.staff.roles import Role
from lionrock.people.staff.tables import staff_roles
from lionrock.site.staffing import enrol_administrator
from lionrock.store.database import open_database
from tests.compliance.onboarding.world import ANNA, COMPANY, scan
from tests.gateways.rest.live import LiveServer
from tests.web.browsing import Watched, grave_violations
from tests.web.client_pages import NONSENSE, PASSWORD, code_of, end_session, fill_sign_in, ran

MARKUP = next(text for text in NONSENSE if "<script>" in text)
Enter = Callable[..., tuple[Watched, Page, list[str]]]


@pytest.fixture(scope="module")
def licensed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("licensed"), "--sandbox", "--site", "hk", with_views=True)
    yield live
    assert live.stop() == 0


@pytest.fixture
def enter(browser: Browser, licensed: LiveServer) -> Iterator[Enter]:
    """Signs somebody up by the page, with an authenticator; their browser, page and recovery codes."""
    opened: list[Watched] = []

    def make(name: str, **named: Any) -> tuple[Watched, Page, list[str]]:
        watched = Watched(browser, licensed.url, accept_downloads=True, **named)
        opened.append(watched)
        return watched, *_signed_up(watched, name)

    yield make
    for each in opened:
        each.close()


def _signed_up(watched: Watched, name: str) -> tuple[Page, list[str]]:
    page = watched.page("/sign-up")
    page.locator("input[value=apply]").check()
    page.locator("input[autocomplete=username]").fill(name)
    page.locator("input[autocomplete=new-password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").click()
    expect(page).to_have_url(re.compile("/second-factor"))
    page.locator("main input[autocomplete=current-password]").first.fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main svg[role=img]")).to_be_visible()
    secret = page.locator("main .mono").first.inner_text()
    page.locator("main input[autocomplete=one-time-code]").first.fill("000000")
    page.locator("main form button[type=submit]").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator("main input[autocomplete=one-time-code]").first.fill(code_of(secret))
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main li").nth(7)).to_be_visible()
    codes = page.locator("main li").all_inner_texts()
    with page.expect_download() as download:
        page.locator("main section button").first.click()
    assert Path(download.value.path()).read_text().split() == codes
    page.locator("main section button").last.click()
    fill_sign_in(page, name, code_of(secret, 1))
    expect(page).to_have_url(re.compile("/onboarding"))
    return page, codes


def _go(page: Page, step: str) -> None:
    page.get_by_label("Steps").get_by_role("button", name=re.compile(f"^{step}")).click()
    expect(page.get_by_role("heading", name=step, level=2)).to_be_visible()


def _saved(page: Page) -> None:
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()


def _fill_person(page: Page) -> None:
    _go(page, "About you")
    page.get_by_label("Surname").fill(ANNA.surname)
    page.get_by_label("Given names").fill(ANNA.given_names)
    page.get_by_label("Date of birth").fill(ANNA.birth)
    page.get_by_label("Nationality").select_option(ANNA.nationality)
    page.get_by_label("Country of residence").select_option(ANNA.residence)


def _fill_contact(page: Page) -> None:
    _go(page, "Address and contact")
    page.get_by_label("Country or region").select_option(ANNA.address.country)
    page.get_by_label("Street and number").fill(ANNA.address.street)
    page.get_by_label("City or town").fill(ANNA.address.city)
    page.get_by_label("State, province or area").fill(ANNA.address.area)
    page.get_by_label("Telephone").fill(ANNA.phone)
    page.get_by_label("E-mail address").fill(ANNA.email)


def _fill_document(page: Page, zone: str) -> None:
    _go(page, "Identity document")
    page.get_by_label("Kind of document").select_option("passport")
    page.get_by_label("Issued by").select_option(ANNA.document.country)
    page.get_by_label("Number of the document").fill(ANNA.document.number)
    page.get_by_label("Expires on").fill(ANNA.document.expiry)
    page.get_by_label("Machine readable zone").fill(zone)


def _fill_taxes(page: Page, number: str) -> None:
    _go(page, "Taxes")
    page.get_by_role("button", name="Add a place").click()
    page.get_by_label("Country or region").select_option("HK")
    page.get_by_label("Tax number").fill(number)
    page.get_by_label("I certify").check()


def _send_file(page: Page, content: bytes) -> None:
    file = FilePayload(name="<b>scan</b>.pdf", mimeType="application/pdf", buffer=content)
    page.get_by_label("File", exact=True).set_input_files(file)


def _upload(page: Page, kind: str) -> None:
    page.get_by_label("What it shows").select_option(kind)
    _send_file(page, scan(kind))
    kept = page.get_by_role("listitem").filter(has_text="kept")
    expect(kept.filter(has_text=re.compile(kind, re.IGNORECASE))).to_have_count(1)


def test_a_person_applies_by_the_page(enter: Enter, licensed: LiveServer) -> None:
    watched, page, codes = enter("anna@example.com")
    page.get_by_role("button", name="A person").click()
    expect(page.get_by_role("heading", name=re.compile("things are missing"))).to_be_visible()
    _fill_person(page)
    _fill_contact(page)
    _saved(page)
    page.reload()  # in the middle
    expect(page.get_by_label("Surname")).to_have_value(ANNA.surname)
    zone = ANNA.document.zone
    _fill_document(page, zone.replace("L898902C3", "L898902C4"))
    _saved(page)
    expect(page.get_by_label("Machine readable zone")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("A check digit of the zone is wrong. Type it again.").first).to_be_visible()
    page.get_by_label("Machine readable zone").fill(zone)
    expect(page.get_by_label("Machine readable zone")).to_have_attribute("aria-invalid", "false")
    _fill_taxes(page, "A123456(4)")
    expect(page.get_by_label("Tax number")).to_have_attribute("aria-invalid", "true")  # the identity card's check digit
    page.get_by_label("Tax number").fill("A123456(3)")
    expect(page.get_by_label("Tax number")).to_have_attribute("aria-invalid", "false")
    _go(page, "Money and purpose")
    page.get_by_label("Occupation").fill(MARKUP)
    _saved(page)
    end_session(watched)
    page.get_by_label("Where the money comes from").fill(ANNA.source_of_funds)
    expect(page.get_by_role("dialog")).to_contain_text("Your session has ended")
    fill_sign_in(page, "anna@example.com", codes[0])
    _saved(page)
    watched.context.set_offline(True)
    page.get_by_label("What the account is for").fill(ANNA.purpose)
    expect(page.get_by_text("Not saved yet: the venue does not answer.")).to_be_visible()
    watched.context.set_offline(False)
    _saved(page)
    _go(page, "Documents")
    _upload(page, "identity")
    page.get_by_label("What it shows").select_option("address")
    _send_file(page, scan("identity"))
    expect(page.get_by_role("alert")).to_contain_text("This very file is there already.")
    _upload(page, "address")
    _go(page, "Hand in")
    expect(page.get_by_role("heading", name="Nothing is missing")).to_be_visible()
    page.get_by_role("button", name="Hand in the application").dblclick()
    expect(page.get_by_text("What happened so far")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Handed in")).to_have_count(1)
    expect(page.get_by_role("heading", name="What you still have to do yourself")).to_be_visible()
    to_do = page.get_by_role("listitem").filter(has_text="The knowledge test is not passed yet.")
    expect(to_do.get_by_role("link", name="Knowledge test")).to_have_attribute("href", "/knowledge")
    assert not ran(page)
    assert grave_violations(page) == []
    _staff_reads_text(licensed, "anna@example.com")


def _staff_reads_text(licensed: LiveServer, name: str) -> None:
    """What a client typed reaches the staff letter by letter, in JSON that no browser takes for a page."""
    with closing(_staff(licensed, "reviewer@example.com", Role.ONBOARDING_REVIEWER)) as staff:
        rows = staff.get("/lionrock/v1/staff/clients", params={"limit": "100"}).json()["clients"]
        found = [staff.get("/lionrock/v1/staff/clients/file", params={"clientId": row["clientId"]}) for row in rows]
        file = next(answer for answer in found if MARKUP in str(answer.json()))
        assert file.headers["content-type"].startswith("application/json")


def _staff(licensed: LiveServer, name: str, role: Role) -> httpx.Client:
    """Somebody of the staff with a password, an authenticator and this role, signed in."""
    made = enrol_administrator(licensed.directory, name, "R", time.time_ns, _random)
    database = open_database(licensed.directory)
    with database.begin() as connection:
        row = {"staff_id": made.staff_id, "role": role.value, "granted_ns": time.time_ns(), "proposal_id": ""}
        connection.execute(staff_roles.insert().values(**row))
    database.dispose()
    client = httpx.Client(base_url=licensed.url, headers={"Origin": licensed.url}, timeout=30)
    told = {"enrolmentCode": made.code, "password": PASSWORD}
    secret = client.post("/lionrock/v1/staff/enrolment/password", json=told).json()["secret"]
    told = {"enrolmentCode": made.code, "code": code_of(secret)}
    assert client.post("/lionrock/v1/staff/enrolment/totp", json=told).status_code == 200
    told = {"signInName": name, "password": PASSWORD, "code": code_of(secret, 1)}
    answer = client.post("/lionrock/v1/staff/sessions", json=told)
    assert answer.status_code == 200, answer.text
    return client


def _random(count: int) -> bytes:
    return Path("/dev/urandom").open("rb").read(count)


def test_a_company_names_its_owners_down_to_persons(enter: Enter) -> None:
    _, page, _ = enter("company@example.com", color_scheme="light")
    page.get_by_role("button", name="A company").click()
    _go(page, "The company")
    page.get_by_label("Name of the company").fill(COMPANY.name)
    _go(page, "Owners and control")
    page.get_by_role("button", name="Add a company").click()
    page.get_by_label("Name of the company").fill("Lantern Holdings")
    page.get_by_role("button", name="Add a share").click()
    share = page.get_by_label("Share", exact=True)
    share.fill("180")
    expect(share).to_have_attribute("aria-invalid", "true")
    share.fill("80")
    _saved(page)
    _go(page, "Taxes")
    missing = page.get_by_role("region", name=re.compile("missing"))
    missing.get_by_text("Owners and control").click()
    expect(missing.get_by_text("Say who owns the rest, down to persons.")).to_be_visible()
    missing.get_by_role("button", name="Shares").click()
    page.get_by_role("button", name="Add a person").click()
    anna = page.locator("fieldset:has(input[type=radio])").last
    anna.get_by_label("Surname").fill(ANNA.surname)
    anna.get_by_role("button", name="Add a share").click()
    anna.get_by_label("Share", exact=True).fill("100")
    anna.get_by_label("Of", exact=True).select_option("c1")
    anna.get_by_label("Acts for the company here").check()
    page.get_by_label("Director").last.check()
    _saved(page)
    expect(missing.get_by_text("Say who owns the rest, down to persons.")).to_have_count(0)
    page.reload()
    _go(page, "Owners and control")
    expect(page.get_by_label("Share", exact=True).first).to_have_value("80")
    assert grave_violations(page) == []


def test_what_is_not_saved_yet_is_nowhere_but_on_the_page_and_leaving_it_is_asked_about(enter: Enter) -> None:
    _, page, _ = enter("unsaved@example.com")
    page.get_by_role("button", name="A person").click()
    expect(page.get_by_label("Surname")).to_be_visible()
    leaves = "dispatchEvent(new Event('beforeunload', {cancelable: true}))"
    assert page.evaluate(leaves)
    tries: list[str] = []

    def lose(asked: Asked) -> None:
        tries.append(asked.request.method)
        asked.abort("connectionreset")

    page.route("**/onboarding/form", lose)
    page.get_by_label("Surname").fill("Unsavedson")
    expect(page.get_by_text("Not saved yet: the venue does not answer.")).to_be_visible()
    assert len(tries) < 5, "it waits between its tries"
    assert "Unsavedson" not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert not page.evaluate(leaves), "it goes without asking"
    page.unroute("**/onboarding/form")
    _saved(page)
    assert page.evaluate(leaves)


@pytest.mark.shows("WEBP-022")
def test_what_is_typed_while_a_save_is_on_its_way_is_saved_after_it_and_a_list_stays_open(enter: Enter) -> None:
    _, page, _ = enter("typing@example.com")
    page.get_by_role("button", name="A person").click()
    missing = page.get_by_role("region", name=re.compile("missing"))
    missing.get_by_text("Taxes").click()
    wanted = missing.get_by_role("listitem").filter(has_text="Certificate of tax residence")
    expect(wanted).to_be_visible()
    held: list[Asked] = []
    is_slow = True

    def on_its_way(asked: Asked) -> None:
        held.append(asked) if is_slow else asked.continue_()

    page.route("**/onboarding/form", on_its_way)
    with page.expect_request(lambda request: request.method == "PUT"):
        page.get_by_label("Surname").fill("Slow")
    page.get_by_label("Given names").fill("Anna")
    _go(page, "Address and contact")  # which saves at once
    _go(page, "About you")
    is_slow = False
    with page.expect_response("**/onboarding/missing"):
        held[0].continue_()
    for asked in held[1:]:
        asked.continue_()
    _saved(page)
    expect(wanted).to_be_visible()
    page.reload()
    expect(page.get_by_label("Surname")).to_have_value("Slow")
    expect(page.get_by_label("Given names")).to_have_value("Anna")


def test_two_windows_of_one_draft_do_not_overwrite_each_other(enter: Enter) -> None:
    watched, first, _ = enter("windows@example.com")
    first.get_by_role("button", name="A person").click()
    expect(first.get_by_label("Surname")).to_be_visible()
    second = watched.page("/onboarding")
    expect(second.get_by_label("Surname")).to_be_visible()
    first.get_by_label("Surname").fill("First")
    _saved(first)
    second.get_by_label("Surname").fill("Second")
    expect(second.get_by_text("This application was changed in another window.")).to_be_visible()
    expect(second.get_by_label("Surname")).to_have_value("Second")
    second.get_by_role("button", name="Take the other one").click()
    expect(second.get_by_label("Surname")).to_have_value("First")


def test_markup_in_a_complaint_is_shown_letter_by_letter(enter: Enter) -> None:
    _, page, _ = enter("complaint@example.com")
    page.goto("/complaints")
    page.get_by_label("Subject").fill(MARKUP)
    page.get_by_label("What happened").fill(MARKUP)
    page.get_by_role("button", name="File the complaint").click()
    expect(page.get_by_role("heading", name=MARKUP).or_(page.get_by_role("alert"))).to_be_visible()
    assert not ran(page)


@pytest.mark.parametrize("colours", ["dark", "light"])
def test_an_application_has_no_grave_violation(enter: Enter, colours: str) -> None:
    _, page, _ = enter(f"axe-{colours}@example.com", color_scheme=colours, reduced_motion="reduce")
    page.get_by_role("button", name="A person").click()
    expect(page.get_by_label("Surname")).to_be_visible()
    assert grave_violations(page) == []


def test_an_application_fits_a_phone_from_right_to_left(enter: Enter) -> None:
    _, page, _ = enter("arabic@example.com", locale="ar", viewport={"width": 360, "height": 740})
    page.locator("main section button").first.click()
    expect(page.locator("main form input").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert "client." not in page.locator("main").inner_text()
    assert grave_violations(page) == []
