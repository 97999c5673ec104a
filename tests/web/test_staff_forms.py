"""What one member of the staff does by a form: rates risk, takes evidence back, finds an account, leads records on."""

from __future__ import annotations

import hashlib
import re
import time
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.browsing import grave_violations
from tests.web.holdings import Holder, person
from tests.web.staffed import Client, House

DAY_NS = 86_400 * 10**9


@pytest.fixture(scope="session")
def applicant(harbour: House) -> Client:
    return Client(harbour, "liv@mail.example.net", person("Holm", "Liv", 5))


def standing(house: House, client: Client) -> Any:
    return house["officer"].done("GET", f"clients/standing?clientId={client.client_id}")


def open_form(page: Page, name: str) -> None:
    page.locator("summary").filter(has_text=name).click()


@pytest.mark.shows("ASSE-093")
def test_a_client_is_rated_by_facts_and_what_is_not_told_is_missing(
    harbour: House, applicant: Client, browser: Browser
) -> None:
    with harbour["officer"].at(browser, f"/staff/clients/{applicant.client_id}", locale="en-GB") as page:
        open_form(page, "Rate the risk by facts")
        page.get_by_label("What the client is").select_option(label="a person")
        page.get_by_label("Where the client lives").select_option(label="Iran")
        page.get_by_label("The riskiest product").select_option(label="spot trading")
        page.get_by_label("Occupation of a person").first.select_option(label="another one")
        industry, layers = page.get_by_label("Which one: Occupation"), page.get_by_label("Companies between")
        industry.fill("beekeeper")
        layers.fill("many")
        page.get_by_role("button", name="Rate it").click()
        expect(page.get_by_text("Type a whole number of at most 9 digits")).to_be_visible()
        assert standing(harbour, applicant)["risk"]["level"] == "", "nothing was sent"
        layers.fill("2")
        page.get_by_role("button", name="Rate it").click()
        # 0 + 100 + 5 + missing 15 + another 5 + 10 + missing 30 + missing 40
        expect(page.get_by_role("status").filter(has_text="205 points by the method risk-1: high.")).to_be_visible()
        assert (industry.input_value(), layers.input_value()) == ("beekeeper", "2")
        shown = page.get_by_role("table").filter(has=page.get_by_role("columnheader", name="Factor"))
        expect(shown.get_by_role("row", name="Where the client lives")).to_contain_text("Iran")
        expect(shown.get_by_role("row", name="What screening")).to_contain_text("missing")
        assert grave_violations(page) == []
    risk = standing(harbour, applicant)["risk"]
    told = {each["factor"]: each["value"] for each in risk["factors"] if not each["isMissing"]}
    assert told == {
        "client_type": "person",
        "jurisdiction": "IR",
        "product": "spot",
        "industry": "beekeeper",
        "ownership_layers": "2",
    }
    # Whoever rates the next time begins with what was told.
    with harbour["operator"].at(browser, f"/staff/clients/{applicant.client_id}", locale="en-GB") as page:
        open_form(page, "Rate the risk by facts")
        expect(page.get_by_label("Which one: Occupation")).to_have_value("beekeeper")
        page.get_by_label("Where the client lives").select_option(label="Norway")
        page.get_by_label("What screening").select_option(label="nothing")
        page.get_by_role("button", name="Rate it").click()
        expect(page.get_by_role("status").filter(has_text="75 points")).to_be_visible()


@pytest.mark.shows("ASSE-092", "ASSE-093", "STAF-006")
def test_who_may_not_rate_has_no_form(harbour: House, applicant: Client, browser: Browser) -> None:
    with harbour["auditor"].at(browser, f"/staff/clients/{applicant.client_id}", locale="en-GB") as page:
        expect(page.get_by_role("heading", name="Standing")).to_be_visible()
        expect(page.get_by_text("What the gates answered")).to_be_visible()
        expect(page.get_by_text("Rate the risk by facts")).to_have_count(0)
    with harbour["service"].at(browser, f"/staff/clients/{applicant.client_id}", locale="en-GB") as page:
        expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
        expect(page.get_by_role("heading", name="Standing")).to_have_count(0)


@pytest.mark.shows("ASSE-093", "ASSE-094")
def test_evidence_is_taken_back_by_one_who_is_asked_once_more(
    harbour: House, applicant: Client, browser: Browser
) -> None:
    payload = {"kind": "public_filing", "document_sha256": hashlib.sha256(b"a filing").hexdigest()}
    dated = {"client_id": applicant.client_id, "dated_ns": time.time_ns() - DAY_NS}
    made = harbour["operator"].propose("client_evidence", **payload, **dated)
    assert harbour["officer"].approve(made)["state"] == "carried_out"
    assert standing(harbour, applicant)["clientClass"] == "professional"
    path = f"/staff/clients/{applicant.client_id}"
    with harbour["auditor"].at(browser, path, locale="en-GB") as page:
        expect(page.get_by_role("row", name="public filing")).to_contain_text("in force")
        expect(page.get_by_role("button", name="Take back")).to_have_count(0)
    with harbour["officer"].at(browser, path, locale="en-GB") as page:
        take_back = page.get_by_role("button", name="Take back: professional, public filing")
        take_back.click()
        asked = page.get_by_role("group", name="Take back: professional, public filing")
        expect(asked).to_contain_text("to accept it again takes two")
        asked.get_by_role("button", name="Leave it").click()
        expect(asked).to_have_count(0)
        assert standing(harbour, applicant)["clientClass"] == "professional"
        take_back.click()
        assert grave_violations(page) == []
        asked.get_by_role("button", name="Do it").click()
        expect(page.get_by_role("row", name="public filing")).to_contain_text("ended")
        expect(take_back).to_have_count(0)
    assert standing(harbour, applicant)["clientClass"] == "retail"
    log = harbour["auditor"].done("GET", f"audit?subject={applicant.client_id}&event=client%20evidence%20revoked")
    assert [each["staffId"] for each in log] == [harbour["officer"].staff_id]


@pytest.mark.shows("STAF-025")
def test_whose_an_account_is_is_found_by_its_number(harbour: House, holder: Holder, browser: Browser) -> None:
    with harbour["service"].at(browser, "/staff/clients", locale="en-GB") as page:
        for number in (holder.account_id, holder.sub_account_id):
            page.get_by_label("Client id or account").fill(number)
            page.get_by_role("button", name="Open").click()
            page.wait_for_url(f"**/staff/clients/{holder.client_id}")
            page.go_back()
        wanted = page.get_by_label("Client id or account")
        wanted.fill("987654")
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("status").filter(has_text="No client has the account 987654.")).to_be_visible()
        expect(wanted).to_have_value("987654")
        wanted.fill(holder.client_id)
        page.get_by_role("button", name="Open").click()
        page.wait_for_url(f"**/staff/clients/{holder.client_id}")


@pytest.mark.shows("STAF-021")
def test_a_record_is_entered_and_led_on_by_the_fields_of_its_register(harbour: House, browser: Browser) -> None:
    with harbour["service"].at(browser, "/staff/registers", locale="en-GB") as page:
        open_form(page, "Enter a record")
        register = page.locator("form").get_by_label("Register")
        assert register.locator("option").all_inner_texts() == ["complaint"], "the only one of this role"
        page.get_by_label("subject").fill("a fee of Zebrafish")
        page.get_by_label("text").fill("it was charged twice")
        page.get_by_label("Began").fill("2099-01-01T10:00:00")
        page.get_by_role("button", name="Record it").click()
        expect(page.get_by_role("alert")).to_contain_text("begunAtMs")
        expect(page.get_by_label("subject")).to_have_value("a fee of Zebrafish")
        page.get_by_label("Began").fill("")
        page.get_by_role("button", name="Record it").click()
        row = page.get_by_role("row", name=re.compile("^complaint .*a fee of Zebrafish"))
        row.get_by_role("button", name="Open: complaint").click()
        page.get_by_role("button", name="answered", exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("answer").fill("paid back")
        page.get_by_role("button", name="answered", exact=True).click()
        expect(row).to_contain_text("answered")
        expect(page.get_by_role("button", name="closed", exact=True)).to_be_visible()
    records = harbour["service"].done("GET", "registers?register=complaint")
    (record,) = [each for each in records if each["fields"]["subject"] == "a fee of Zebrafish"]
    assert (record["state"], record["fields"]["answer"]) == ("answered", "paid back")
    with harbour["auditor"].at(browser, "/staff/registers", locale="en-GB") as page:
        row = page.get_by_role("row", name=re.compile("^complaint .*a fee of Zebrafish"))
        row.get_by_role("button", name="Open: complaint").click()
        expect(page.get_by_text("paid back")).to_be_visible()
        expect(page.get_by_text("Enter a record")).to_have_count(0)
        expect(page.get_by_role("button", name="closed", exact=True)).to_have_count(0)
