"""Two people, each at a browser of their own, decide; what they may not is told before they try, and refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.web.staffed import House, Member


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("site"))
    yield house
    assert house.live.stop() == 0


def phase(house: House, symbol: str) -> str:
    markets = house.live.http.get("/lionrock/v1/markets").json()
    return next(str(each["phase"]) for each in markets if each["symbol"] == symbol)


@pytest.mark.shows("STAF-008", "STAF-028", "STAF-029")
def test_two_people_halt_a_market(house: House, browser: Browser) -> None:
    symbol = house.live.http.get("/lionrock/v1/markets").json()[0]["symbol"]
    with house["operator"].at(browser, "/staff/propose/market_phase") as page:
        page.get_by_label("market", exact=False).first.select_option(label=symbol)
        page.get_by_label("phase").select_option(label="halted: nothing moves")
        page.get_by_label("Reason").select_option(label="fair and orderly market")
        page.get_by_label("Why, in a sentence").fill("prices <b>cannot</b> be right")
        page.get_by_role("button", name="See before and after").click()
        row = page.get_by_role("row", name="phase")
        expect(row).to_contain_text("continuous trading")
        expect(row).to_contain_text("halted: nothing moves")
        page.get_by_role("button", name="Propose it").click()
        expect(page.get_by_role("note")).to_contain_text("nobody checks what they proposed themselves")
        expect(page.get_by_role("button", name="Approve as second person")).to_have_count(0)
    assert phase(house, symbol) == "CONTINUOUS"
    with house["officer"].at(browser, "/staff") as page:
        expect(page.get_by_text("1 thing waits")).to_be_visible()
        page.keyboard.press("j")
        expect(page.get_by_role("link", name="Open, halt or close a market").first).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("blockquote")).to_have_text("prices <b>cannot</b> be right")
        expect(page.get_by_text("computed here over what you read, and the same")).to_be_visible()
        page.get_by_label("What you have to say").fill("seen")
        page.get_by_role("button", name="Approve as second person").click()
        expect(page.get_by_text("SetMarketPhase was carried out")).to_be_visible()
    assert phase(house, symbol) == "HALTED"


@pytest.mark.shows("STAF-012")
def test_of_two_approvals_at_once_one_counts(house: House, browser: Browser) -> None:
    made = house["operator"].propose("price_band", market_id=1, band_ppm=50_000)
    path = f"/staff/proposals/{made['proposalId']}"
    with house["officer"].at(browser, path) as one, house["third"].at(browser, path) as other:
        for page in (one, other):
            page.get_by_label("What you have to say").fill("yes")
        for page in (one, other):
            page.get_by_role("button", name="Approve as second person").dispatch_event("click")
        expect(one.get_by_text("SetPriceBand was carried out").or_(one.get_by_role("alert"))).to_be_visible()
        expect(other.get_by_text("SetPriceBand was carried out").or_(other.get_by_role("alert"))).to_be_visible()
        refused = [page for page in (one, other) if page.get_by_role("alert").count()]
        assert len(refused) == 1
        refused[0].get_by_role("button", name="Read it again").click()
        expect(refused[0].get_by_text("SetPriceBand was carried out")).to_be_visible()
    shown = house["auditor"].done("GET", f"proposals/one?proposalId={made['proposalId']}")
    assert (shown["state"], len(shown["verdicts"])) == ("carried_out", 1)


@pytest.mark.shows("STAF-008")
def test_what_is_refused_says_why(house: House, browser: Browser) -> None:
    made = house["officer"].propose("kill_switch", scope=2, scope_id=2)
    with house["officer"].at(browser, f"/staff/proposals/{made['proposalId']}") as page:
        expect(page.get_by_role("note")).to_contain_text("You proposed this, so you cannot approve it")
        page.get_by_role("button", name="Take it back").click()
        expect(page.get_by_text("taken back")).to_be_visible()
    told = {"proposalId": made["proposalId"], "payloadSha256": made["payloadSha256"], "words": ""}
    assert house["officer"].send("POST", "proposals/approve", told).status_code == 400


@pytest.mark.shows("STAF-006")
def test_a_role_without_permission_sees_no_page(house: House, browser: Browser) -> None:
    with house["service"].at(browser, "/staff/audit") as page:
        expect(page.get_by_role("note")).to_contain_text("None of your roles may do this: read the log")
        expect(page.get_by_role("navigation", name="Rooms").get_by_role("link", name="Log")).to_have_count(0)
        expect(page.get_by_role("navigation", name="Rooms").get_by_role("link", name="Work queue")).to_be_visible()
        assert page.locator("table").count() == 0
    answer = house["service"].send("GET", "audit")
    assert answer.status_code == 400
    assert answer.json()["lionrock"]["name"] == "role_missing"
    page_of_nobody = browser.new_context(base_url=house.live.url).new_page()
    page_of_nobody.goto("/staff/rulebook")
    expect(page_of_nobody.get_by_role("heading", name="Sign in as staff")).to_be_visible()
    page_of_nobody.context.close()


def test_a_site_to_which_no_document_was_handed_over_says_so(house: House, browser: Browser) -> None:
    with house["operator"].at(browser, "/staff/attestations", locale="en-GB") as page:
        expect(page.get_by_text("No document was handed over yet")).to_be_visible()


@pytest.mark.shows("SITE-011")
def test_from_a_rule_to_its_evidence(house: House, browser: Browser) -> None:
    with house["officer"].at(browser, "/staff/rulebook") as page:
        page.get_by_role("button", name="Run now").click()
        page.get_by_label("Find").fill("HK-C01")
        row = page.get_by_role("row", name="HK-C01")
        expect(row).to_contain_text("holds")
        row.get_by_role("button").click()
        panel = page.get_by_role("complementary")
        rule = next(each for each in house.live.get("/lionrock/v1/rules").json() if each["id"] == "HK-C01")
        expect(panel).to_contain_text(rule["words"])
        expect(panel).to_contain_text(rule["paragraph"])
        expect(panel).to_contain_text("Journal sequence")
        panel.get_by_role("link", name="All about this rule").click()
        expect(page.get_by_role("heading", name="Rule HK-C01")).to_be_visible()
        expect(page.get_by_text("What the last run found")).to_be_visible()
    matrix = house["officer"].done("GET", "rulebook")
    assert matrix["counts"]["fail"] > 0, "a new site is red where nobody did anything"


@pytest.mark.shows("SITE-011", "RULE-005")
def test_the_slider_goes_through_the_days_on_which_the_rules_changed(house: House, browser: Browser) -> None:
    days = house.live.get("/lionrock/v1/rules/days").json()
    today = datetime.now(UTC).date().isoformat()
    past = [each for each in days if each["day"] <= today]
    with house["auditor"].at(browser, "/staff/rulebook") as page:
        slider = page.get_by_role("slider", name="As of")
        expect(slider).to_be_enabled()  # once it has the days
        expect(slider).to_have_attribute("aria-valuetext", "Now")
        with page.expect_response(lambda answer: f"asOf={past[-1]['day']}" in answer.url):
            slider.press("ArrowLeft")
        shown = page.get_by_role("region", name="As of")
        expect(shown.get_by_label("Any day")).to_have_value(past[-1]["day"])
        expect(shown).to_contain_text(f"{len(past[-1]['begins'])} begin or change")
        with page.expect_response(lambda answer: f"asOf={past[0]['day']}" in answer.url) as first:
            slider.press("Home")
        held_then = first.value.json()["rows"]
        assert {row["id"] for row in held_then} == set(past[0]["begins"])
        expect(page.get_by_role("button", name="The change before")).to_be_disabled()
        page.get_by_role("button", name="Now", exact=True).click()
        expect(slider).to_have_attribute("aria-valuetext", "Now")
        expect(shown.get_by_label("Any day")).to_have_value("")


@pytest.mark.shows("STAF-015")
def test_the_log_shows_the_newest_first_and_filters_at_the_venue(house: House, browser: Browser) -> None:
    made = house["operator"].propose("price_band", market_id=1, band_ppm=40_000)
    house["operator"].done("POST", "proposals/withdraw", {"proposalId": made["proposalId"]})  # nothing is left to do
    rows = house["auditor"].done("GET", "audit?event=proposed&limit=500")
    assert [row["entry"] for row in rows] == sorted((row["entry"] for row in rows), reverse=True)
    with house["auditor"].at(browser, "/staff/audit") as page:
        newest = page.get_by_role("row").nth(1).get_by_role("cell").first
        expect(newest).not_to_have_text("")
        with page.expect_response(lambda answer: "event=proposed" in answer.url):
            page.get_by_label("Event").select_option(label="proposed")
        expect(newest).to_have_text(str(rows[0]["entry"]))
        told = page.get_by_role("row").all_inner_texts()[1:]
        assert len(told) == min(100, len(rows))
        assert all("proposed" in each for each in told)


def proved(house: House, member: Member) -> dict[str, Any]:
    """An entry of the log that the newest checkpoint covers."""
    house["officer"].approve(house["operator"].propose("price_band", market_id=1, band_ppm=60_000))
    house.restart()
    approved: list[dict[str, Any]] = member.done("GET", "audit?event=approved&limit=1")
    return approved[0]


@pytest.mark.shows("PUBL-013", "STAF-015")
def test_an_entry_of_the_log_is_proved_in_the_page(house: House, browser: Browser) -> None:
    entry = proved(house, house["auditor"])

    def changed(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        frame = bytearray(base64.b64decode(told["frame"]))
        frame[40] ^= 1
        route.fulfill(response=answer, body=json.dumps(told | {"frame": base64.b64encode(frame).decode()}))

    with house["auditor"].at(browser, f"/staff/audit?subject={entry['subject']}") as page:
        page.get_by_role("button", name=f"Open {entry['entry']}", exact=True).click()
        page.get_by_role("button", name="Check it yourself").click()
        expect(page.get_by_text("Every step holds.")).to_be_visible()
        for step in ("The hash of the entry", "carries that hash", "The path from the leaf", "signature on the note"):
            expect(page.get_by_role("listitem").filter(has_text=step)).to_contain_text("✓")
        page.route("**/staff/audit/proof*", changed)
        page.get_by_role("button", name="Check it yourself").click()
        expect(page.get_by_text("This does not hold: something was changed.")).to_be_visible()
        expect(page.get_by_role("listitem").filter(has_text="The hash of the frame")).to_contain_text("does not hold")
