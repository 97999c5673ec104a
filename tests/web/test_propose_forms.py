"""Every form by which something is proposed: filled in from what the page offers, and looked at before and after."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from lionrock.people.staff.actions import ACTIONS
from tests.web.proposing import control, fill, look, press_and_read, say
from tests.web.staffed import Client, House

SHA256 = "d" * 64
DAY = f"{datetime.now(UTC).date() + timedelta(days=30)}"
PAST = "2026-01-31T09:00:00"


class Form(NamedTuple):
    """How one action is proposed. `{client}`, `{account}` and `{document}` are those of the site."""

    by: str
    told: dict[str, str]
    """Fields by their labels: what is typed, or the words of the choice."""
    shows: str = ""
    """What stands in the table of before and after."""
    refused: str = ""
    """Why the venue says no to it, where the facts are so."""


OF_CLIENT = {"client": "{client}"}
MARKET = {
    "market": "9", "base asset": "BTC", "quote asset": "ETH", "fee is charged": "in the quote asset",
    "symbol": "BTCETH",
    "tick, in quote": "1", "lot, in base": "100000000", "highest price, in ticks": "1000000",
    "largest size, in lots": "1000", "least value": "1", "largest value": "1000000", "fee account": "2",
}  # fmt: skip
MARKET_RULES = {"market": "BTCUSD", "admitted classes": "12", "furthest price from the last": "50000"}
HOURS = {"market": "ETHUSDT", "days": "business days", "opens (such as 09:00)": "09:00"}
CORRECTION = {"asset": "USDT", "account that gives": "{account}", "account that gets": "{account}", "amount": "5"}
RULE = {"rule": "HK-T02", "control": "issued long enough", "parameter": "months", "value": "24", "from the day": DAY}
FORMS: dict[str, Form] = {
    "role_grant": Form(
        "administrator",
        {"member of the staff": "service@example.com", "role": "operations"},
        "operations",
    ),
    "role_revoke": Form("officer", {"member of the staff": "operator@example.com", "role": "finance"}, "finance"),
    "account_restriction": Form("officer", {"account": "{account}", "restriction": "frozen"}, "no restriction"),
    "client_class": Form("officer", {"account": "{account}", "class": "professional"}, "professional"),
    "exposure_limit": Form("officer", {"account": "{account}", "exposure limit": "1000000"}, "1,000,000"),
    "client_evidence": Form(
        "officer",
        OF_CLIENT
        | {"kind of document": "portfolio statement", "SHA-256 of the document": SHA256, "date of the document": PAST},
        "portfolio statement",
    ),
    "client_risk": Form("officer", OF_CLIENT | {"level": "low"}, "low"),
    "client_due_diligence": Form(
        "officer", OF_CLIENT | {"step": "source of wealth", "SHA-256 of the document": SHA256}, "source of wealth"
    ),
    "client_review": Form("officer", OF_CLIENT | {"SHA-256 of the document": SHA256}, SHA256),
    "agreement_version": Form(
        "officer",
        {
            "agreement": "client_agreement",
            "text by language": '{{"en": "What holds."}}',
            "in force from": f"{DAY}T09:00:00",
        },
        "What holds.",
    ),
    "market_phase": Form("operator", {"market": "BTCUSD", "phase": "cancel only"}, "continuous trading"),
    "trading_hours": Form("operator", HOURS | {"closes (such as 17:00)": "17:00"}, "business days"),
    "kill_switch": Form("operator", {"how far it reaches": "the whole site", "stop or go on": "stop"}, "let go on"),
    "price_band": Form("operator", {"market": "BTCUSDT", "price band": "40000"}, "40,000 ppm (4 %)"),
    "market_rules": Form("operator", MARKET_RULES, "50,000 ppm (5 %)"),
    "asset_listing": Form("operator", {"asset": "9", "decimals": "8", "code": "DOGE"}, "DOGE"),
    "market_listing": Form("operator", MARKET, "BTCETH"),
    "fee_tier": Form("operator", {"fee tier": "2", "maker fee": "600", "taker fee": "900"}, "600 ppm (0.06 %)"),
    "fee_tier_assignment": Form("operator", {"account": "{account}", "fee tier": "3"}, "3"),
    "error_trade": Form("operator", {"trade": "1"}, refused="there is no trade 1 of the last hour"),
    "deposit_return": Form("operator", {"deposit": "7", "account": "{account}"}, refused="no deposit 7 is set aside"),
    "correction": Form("operator", CORRECTION, "5"),
    "admission_decision": Form(
        "officer", {"token": "DOGE", "offered to": "professionals"}, refused="DOGE has no application"
    ),
    "index_provider": Form(
        "officer",
        {
            "provider": "Alpha",
            "group of the provider": "Alpha",
            "indices": "Large Cap\nMid Cap",
            "SHA-256 of the document": SHA256,
        },
        "Large Cap, Mid Cap",
    ),
    "attestation": Form(
        "officer",
        {"subject": "technology audit", "SHA-256 of the document": SHA256},
        refused="The site does not hold this document.",
    ),
    "onboarding_decision": Form("operator", OF_CLIENT | {"decision": "decline the application"}, "decline"),
    "document_release": Form(
        "officer", OF_CLIENT | {"document": "{document}", "who gets it": "the court of first instance"}, "the court"
    ),
    "retention_hold": Form("officer", OF_CLIENT, "{client}"),
    "erasure": Form("officer", OF_CLIENT, "{client}"),
    "rule_parameter": Form("officer", RULE, "24"),
}
"""But `capital_figures`, which has lines of its own."""
NOT_THERE: tuple[tuple[str, dict[str, str], str], ...] = (
    ("account_restriction", {"account": "999999"}, "there is no account 999999"),
    ("fee_tier_assignment", {"account": "999999"}, "there is no account 999999"),
    ("correction", {"account that gets": "999999"}, "there is no account 999999"),
    ("asset_listing", {"code": "BTC"}, "there is an asset 9 or BTC already"),
    ("market_listing", {"market": "1"}, "there is a market 1 or BTCETH already"),
    ("market_listing", {"fee account": "999999"}, "there is no account 999999"),
    ("kill_switch", {"how far it reaches": "one account", "market or account": "999999"}, "there is no account 999999"),
    ("client_review", {"client": "nobody"}, "there is no such client"),
)
"""What the facts do not have is told when it is looked at, not once somebody has approved it."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("site"))
    yield house
    assert house.live.stop() == 0


@pytest.fixture(scope="module")
def known(house: House) -> dict[str, str]:
    client: Client = house.sign_up()
    document = client.done("GET", "onboarding/documents")[0]["documentId"]
    return {"client": client.client_id, "account": house.live.account(USD="100").account_id, "document": document}


def told(form: Form, known: dict[str, str]) -> dict[str, str]:
    return {label: text.format(**known) for label, text in form.told.items()}


def test_every_action_of_the_site_has_a_form_here(house: House) -> None:
    wired = {each["action"] for each in house["auditor"].done("GET", "actions") if each["isWired"]}
    assert wired == {*FORMS, "capital_figures"} == set(ACTIONS)


@pytest.mark.shows("STAF-028", "STAF-029")
def test_each_form_is_filled_in_and_shows_what_would_change(
    house: House, browser: Browser, known: dict[str, str]
) -> None:
    before = house["auditor"].done("GET", "proposals")
    for who in sorted({form.by for form in FORMS.values()}):
        with house[who].at(browser, "/staff/proposals") as page:
            for action, form in FORMS.items():
                if form.by == who:
                    page.goto(f"/staff/propose/{action}")
                    fill(page, **told(form, known))
                    seen(page, form, known)
    assert house["auditor"].done("GET", "proposals") == before, "looking proposes nothing"


def seen(page: Page, form: Form, known: dict[str, str]) -> None:
    if not form.refused:
        look(page)
        expect(page.locator("main table")).to_contain_text(form.shows.format(**known))
        expect(page.get_by_role("button", name="Propose it")).to_be_visible()
        return
    press_look(page)
    expect(page.get_by_role("alert")).to_contain_text(form.refused)


def press_look(page: Page) -> None:
    page.get_by_label("Reason", exact=True).select_option(label="risk")
    page.get_by_label("Why, in a sentence").fill("because")
    page.get_by_role("button", name="See before and after").click()


@pytest.mark.shows("STAF-029")
def test_what_is_not_there_is_said_before_anybody_approves_it(
    house: House, browser: Browser, known: dict[str, str]
) -> None:
    with house["officer"].at(browser, "/staff") as officer, house["operator"].at(browser, "/staff") as operator:
        for action, changed, words in NOT_THERE:
            form = FORMS[action]
            page = officer if form.by == "officer" else operator
            page.goto(f"/staff/propose/{action}")
            fill(page, **(told(form, known) | changed))
            press_look(page)
            expect(page.get_by_role("alert")).to_contain_text(words)
            for label, text in changed.items():
                field = control(page, label)
                chosen = field.evaluate("each => each.selectedOptions?.[0]?.textContent ?? each.value")
                assert chosen.strip() == text


@pytest.mark.shows("STAF-028")
def test_what_is_known_is_chosen_by_its_name_and_nothing_is_chosen_beforehand(house: House, browser: Browser) -> None:
    def offered(page: Page, action: str, label: str) -> list[str]:
        page.goto(f"/staff/propose/{action}")
        field = control(page, label)
        expect(field).to_have_value("")
        return [each.strip() for each in field.locator("option").all_text_contents()]

    with house["officer"].at(browser, "/staff") as page:
        assert offered(page, "client_risk", "level") == ["Choose", "low", "medium", "high"]
        assert offered(page, "client_due_diligence", "step")[1:3] == ["source of wealth", "source of funds"]
        assert "HK-T02" in offered(page, "rule_parameter", "rule")
    with house["operator"].at(browser, "/staff") as page:
        assert offered(page, "correction", "asset")[1:4] == ["BTC", "ETH", "USDT"]
        page.goto("/staff/propose/kill_switch")
        expect(control(page, "market or account")).to_have_count(0)
        fill(page, how_far_it_reaches="the whole site")
        expect(control(page, "market or account")).to_have_count(0)
        fill(page, how_far_it_reaches="one market", market_or_account="BTCUSD")
        look(page)
        expect(page.locator("main table")).to_contain_text("one market")


@pytest.mark.shows("STAF-008", "STAF-028")
def test_an_account_is_frozen_by_its_id_of_nineteen_digits(house: House, browser: Browser) -> None:
    trader = house.live.account(USD="1000")
    with house["officer"].at(browser, "/staff/propose/account_restriction") as page:
        fill(page, account=trader.account_id, restriction="frozen")
        look(page)
        expect(page.get_by_role("row", name="account")).to_contain_text(trader.account_id)
        made = press_and_read(page, "Propose it")
    with house["third"].at(browser, f"/staff/proposals/{made}") as page:
        expect(page.get_by_text("computed here over what you read, and the same")).to_be_visible()
        say(page, "Approve as second person")
        expect(page.get_by_text("carried out – It is done.")).to_be_visible()
    refused = trader.place(symbol="BTCUSD", side="BUY", quantity="0.001", price="50000")
    assert refused.json()["lionrock"]["name"] == "account_frozen"


LINES: dict[str, list[dict[str, str]]] = {
    "liquid assets": [{"name": "Zebra Bank", "amount": "9000000000", "haircut": "0"}],
    "operating expenses": [{"month": f"2025-{month:02}", "amount": "50000000"} for month in range(1, 13)],
}
FIGURES = {"entity": "operator", "currency": "HKD", "as of": "2025-12-31T15:59:59", "paid-up capital": "500000000"}


def line(page: Page, group: str, told: dict[str, str]) -> None:
    rows = page.get_by_role("group", name=group, exact=True)
    rows.get_by_role("button", name="Add a line").click()
    for label, text in told.items():
        rows.get_by_label(label).last.fill(text)


@pytest.mark.shows("CAPI-020", "STAF-028")
def test_figures_with_lines_of_their_own_are_entered_and_approved_in_the_pages(house: House, browser: Browser) -> None:
    with house["operator"].at(browser, "/staff/propose/capital_figures", timezone_id="UTC") as page:
        fill(page, **FIGURES, **{"variable requirement": "200000000"})
        for group, rows in LINES.items():
            for each in rows:
                line(page, group, each)
        first = page.get_by_role("group", name="liquid assets", exact=True)
        for wrong, words in (("many", "A whole number, please."), ("12345678901234567890", "cannot send so long")):
            first.get_by_label("amount").fill(wrong)
            press_look(page)
            expect(first.get_by_text(words)).to_be_visible()
            expect(first.get_by_label("amount")).to_have_value(wrong)
        first.get_by_label("amount").fill("9000000000")
        look(page)
        expect(page.get_by_role("row", name="liquid assets")).to_contain_text("Zebra Bank")
        page.get_by_role("button", name="Propose it").click()
        expect(page.get_by_role("note")).to_contain_text("nobody checks what they proposed themselves")
        made = page.url
    with house["officer"].at(browser, made) as page:
        page.get_by_role("button", name="Approve as second person").click()
        expect(page.get_by_text("carried out – It is done.")).to_be_visible()
        page.goto("/staff/capital")
        expect(page.get_by_role("row", name="operator").first).to_contain_text("90,000,000 HKD")
    [position] = house["auditor"].done("GET", "capital/positions")
    people: list[Any] = [position["enteredBy"], position["approvedBy"]]
    assert people == [house[name].staff_id for name in ("operator", "officer")]
    assert position["asOfMs"] < time.time() * 1000
