"""What the staff does from beginning to end in its pages: at once, alone, in the committee, for the regulator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from lionrock.people.staff.roles import Role
from tests.compliance.capital.desks import MILLION, figures
from tests.gateways.rest.wallets import in_time
from tests.site.test_notices import SETTINGS
from tests.store.receivers import Mailbox, mail_server
from tests.web.proposing import control, fill, look, press_and_read, recorded, say, waiting
from tests.web.staffed import House

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
IN_A_DAY = re.compile("due (in|tomorrow)")


class World(NamedTuple):
    house: House
    mailbox: Mailbox


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A house with a mail server, its read models, somebody of the night shift and the last seat of the committee."""
    mailbox, directory = Mailbox(), tmp_path_factory.mktemp("site")
    with mail_server(mailbox) as port:
        (directory / "lionrock.toml").write_text(SETTINGS.format(port=port))
        house = House(directory, with_views=True)
        house.hire(night=(Role.OPERATIONS,), engineer=(Role.TECHNOLOGY, Role.COMMITTEE_IT))
        yield World(house, mailbox)
        assert house.live.stop() == 0


@pytest.fixture
def house(world: World) -> House:
    return world.house


def market(house: House, symbol: str) -> dict[str, Any]:
    markets: list[dict[str, Any]] = house.live.http.get("/lionrock/v1/markets").json()
    return next(each for each in markets if each["symbol"] == symbol)


# At once


@pytest.mark.shows("STAF-014", "STAF-029")
@pytest.mark.parametrize(
    ("symbol", "verdict", "then"),
    [
        ("BTCUSDT", "It was right", "carried out – It is done."),
        ("ETHUSDT", "It was wrong", "found wrong – Propose the reverse."),
    ],
)
def test_a_market_is_halted_at_once_and_reviewed_by_a_second_person(
    house: House, browser: Browser, symbol: str, verdict: str, then: str
) -> None:
    with house["operator"].at(browser, "/staff/markets") as page:
        page.get_by_role("link", name=f"phase: {symbol}").click()
        fill(page, phase="halted: nothing moves")
        expect(control(page, "market").locator("option:checked")).to_have_text(symbol)
        look(page, "fair and orderly market")
        expect(page.get_by_text("It is done now; somebody else must review it within 24 hours.")).to_be_visible()
        made = press_and_read(page, "Do it at once")
        expect(page.get_by_text("done, waits for review")).to_be_visible()
        expect(page.get_by_role("note")).to_have_text("You did this, so somebody else has to review it.")
        expect(page.get_by_role("button", name=verdict)).to_have_count(0)
        page.goto("/staff/markets")
        expect(page.get_by_role("row", name=symbol)).to_contain_text("halted: nothing moves")
    assert market(house, symbol)["phase"] == "HALTED", "before anybody approved it"
    with house["officer"].at(browser, "/staff") as page:
        row = waiting(page, made)
        expect(row).to_contain_text("Review")
        expect(row.locator("time").first).to_have_text(IN_A_DAY)
        row.get_by_role("link").click()
        expect(page.get_by_role("heading", name="Review it")).to_be_visible()
        expect(page.get_by_role("button", name="It was wrong")).to_be_disabled()
        say(page, verdict, "looked at")
        expect(page.get_by_text(then)).to_be_visible()
        expect(page.get_by_role("row").filter(has_text="looked at")).to_contain_text("officer@example.com")
        expect(page.get_by_role("button", name=verdict)).to_have_count(0)
    state = "carried_out" if verdict == "It was right" else "disputed"
    assert recorded(house, made) == (state, ["done at once", "to review", "reviewed"])
    assert market(house, symbol)["phase"] == "HALTED", "a review changes nothing by itself"


# Alone


@pytest.mark.shows("STAF-014", "STAF-024")
def test_who_acts_alone_sets_off_an_alarm_and_is_reviewed_by_somebody_else(house: House, browser: Browser) -> None:
    symbol = "BTCUSD"
    with house["night"].at(browser, "/staff/proposals") as page:
        page.get_by_role("listitem").filter(has_text="only in an emergency").get_by_role(
            "link", name="Stop a market"
        ).click()
        expect(page.get_by_role("note")).to_contain_text("In an emergency you may do it alone, with an alarm.")
        fill(page, how_far_it_reaches="one market", market_or_account=symbol)
        look(page, "emergency")
        expect(page.get_by_role("button", name="Propose it")).to_have_count(0)
        expect(page.get_by_role("button", name="Act alone now")).to_be_disabled()
        page.get_by_label("I understand that an alarm goes off").check()
        made = press_and_read(page, "Act alone now")
        expect(page.get_by_text("Somebody acted alone in an emergency; an alarm went off.")).to_be_visible()
        expect(page.get_by_role("note").last).to_have_text("You did this, so somebody else has to review it.")
        expect(page.get_by_role("button", name="It was right")).to_have_count(0)
    assert market(house, symbol)["isStopped"] is True
    shown = house["night"].done("GET", f"proposals/one?proposalId={made}")
    own = {"proposalId": made, "payloadSha256": shown["payloadSha256"], "verdict": "approve", "words": "fine"}
    assert house["night"].refused("POST", "proposals/review", own) == "self_approval"
    with house["third"].at(browser, "/staff/proposals?state=to_review") as page:
        listed = waiting(page, made)
        expect(listed).to_contain_text("Done alone")
        expect(listed.locator("time").last).to_have_text(IN_A_DAY)
        page.goto("/staff")
        notice = page.get_by_role("article").filter(has_text=made)
        expect(notice).to_contain_text(f"kill_switch was ordered alone by {house['night'].staff_id}")
        notice.get_by_role("button", name="Mark as read").click()
        expect(notice).not_to_be_visible()
        page.get_by_text("Read before").click()
        expect(notice).to_be_visible()
        row = waiting(page, made)
        expect(row.locator("time").first).to_have_text(IN_A_DAY)
        row.get_by_role("link").click()
        say(page, "It was right", "the prices could not be right")
        expect(page.get_by_text("carried out – It is done.")).to_be_visible()
    assert recorded(house, made) == ("carried_out", ["glass broken", "to review", "refused", "reviewed"])


# In the committee

SEATS = ("everywhere", "officer", "operator", "engineer")
"""For business, compliance, risk and technology."""
DISCLOSED = "price_and_volume_24_hours\nprice_and_volume_since_admission\nissued_on\naffiliation"


def describe(page: Page, white_paper: str, **more: str) -> None:
    """All that is known of the token, of which the page remembers what it was told before."""
    page.get_by_text("Apply for a token, or record what is known of it").click()
    fill(page, Token="BTC", **more)
    fill(page, **{"SHA-256 of the white paper": white_paper})
    page.get_by_role("button", name="Record it").click()
    expect(control(page, "Token")).to_have_value("")
    expect(page.get_by_role("row", name="BTC").first).to_be_visible()


def vote(house: House, browser: Browser, who: str, button: str, reasons: str) -> None:
    with house[who].at(browser, "/staff/admission") as page:
        page.get_by_role("button", name="Open BTC").click()
        page.get_by_label("Reasons for your vote").fill(reasons)
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("listitem").filter(has_text=reasons)).to_be_visible()


def decide(house: House, browser: Browser) -> str:
    """What became of a decision that one proposed and another approved, as the page tells it."""
    with house["officer"].at(browser, "/staff/admission") as page:
        page.get_by_role("link", name="Admit a token").click()
        fill(page, token="BTC", offered_to="professionals")
        look(page, "policy")
        made = press_and_read(page, "Propose it")
    with house["third"].at(browser, f"/staff/proposals/{made}") as page:
        say(page, "Approve as second person")
        outcome = page.locator("dt").filter(has_text="Outcome").locator("xpath=following-sibling::dd[1]")
        expect(outcome).not_to_have_text("")
        return outcome.inner_text()


@pytest.mark.shows("ADMI-001", "ADMI-002", "ADMI-003")
def test_the_committee_votes_on_a_token_and_its_market_is_offered_as_decided(house: House, browser: Browser) -> None:
    with house["operator"].at(browser, "/staff/admission") as page:
        expect(page.get_by_text("No token was ever put to the committee.")).to_be_visible()
        known = {"First issued": "2009-01-03", "What its public page discloses": DISCLOSED}
        describe(page, "a" * 64, **known, **{"The regulator was told on": "2026-01-05"})
    for who, button in zip(SEATS, ("Vote for it",) * 2 + ("Vote against it",) + ("Vote for it",), strict=True):
        vote(house, browser, who, button, f"{who} looked at it")
    with house["third"].at(browser, "/staff/admission") as page:
        page.get_by_role("button", name="Open BTC").click()
        against = page.get_by_role("listitem").filter(has_text="operator looked at it")
        expect(against).to_contain_text("risk: against · operator@example.com")
        expect(page.get_by_role("listitem").filter(has_text="refused")).to_have_count(1)
        expect(page.get_by_role("listitem").filter(has_text="refused")).to_contain_text("risk")
        page.get_by_label("If it were offered to").select_option(label="retail clients too")
        expect(page.get_by_text("No vote counts yet.")).to_be_visible()
    assert "risk" in decide(house, browser)
    assert "RETAIL" in market(house, "BTCUSD")["rules"]["admittedClasses"], "nothing was decided"
    with house["operator"].at(browser, "/staff/admission") as page:
        describe(page, "b" * 64)
        page.get_by_role("button", name="Open BTC").click()
        expect(page.get_by_text("No vote counts yet.")).to_be_visible()
    for who in SEATS:
        vote(house, browser, who, "Vote for it", f"{who} read the new paper")
    assert decide(house, browser) == "BTC: professional"
    with house["third"].at(browser, "/staff/admission") as page:
        row = page.get_by_role("row", name="BTC").first
        expect(row).to_contain_text("professionals")
        expect(row).to_contain_text("business, compliance, risk, technology")
        history = page.get_by_role("table").last
        for event in ("applied", "voted", "described", "decided"):
            expect(history.get_by_text(event, exact=True).first).to_be_visible()
        page.goto("/staff/proposals")
        expect(page.get_by_role("row", name="Admit a token")).to_have_count(2)
    with house["operator"].at(browser, "/staff/markets") as page:
        expect(page.get_by_role("row", name="BTCUSD").last).to_contain_text("professional, institutional")
    assert market(house, "BTCUSD")["rules"]["admittedClasses"] == ["PROFESSIONAL", "INSTITUTIONAL"]


# For the regulator


def month_before(month: str, count: int) -> str:
    year, number = map(int, month.split("-"))
    at = year * 12 + number - 1 - count
    return f"{at // 12}-{at % 12 + 1:02}"


def last_month() -> tuple[str, dict[str, Any]]:
    """The month that is over, and figures of its last moment."""
    begins = datetime.now(HONG_KONG).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    month = month_before(f"{begins:%Y-%m}", 1)
    told: dict[str, Any] = msgspec.to_builtins(figures(entity="operator", as_of_ns=int(begins.timestamp() - 1) * 10**9))
    for number, each in enumerate(told["operating_expenses"]):
        each["month"] = month_before(month, 11 - number)
    return month, told | {"liquid_assets": [{"name": "Zebra Bank", "amount_minor": 90 * MILLION}]}


def freeze(page: Page, month: str) -> None:
    page.get_by_label("Month").fill(month)
    page.get_by_role("button", name="Freeze the return").click()


@pytest.mark.shows("CAPI-021", "CAPI-022")
def test_a_return_is_frozen_by_one_approved_by_another_and_filed(house: House, browser: Browser) -> None:
    month, told = last_month()
    with house["operator"].at(browser, "/staff/capital") as page:
        for wrong, words in (
            (month_before(month, -1), "The time is not over yet."),
            ("2026-13", "month"),
            (month, "There are no approved figures of the last day."),
        ):
            freeze(page, wrong)
            expect(page.get_by_role("alert")).to_contain_text(words)
            expect(page.get_by_label("Month")).to_have_value(wrong)
        assert house["officer"].approve(house["operator"].propose("capital_figures", **told))["state"] == "carried_out"
        freeze(page, month)
        row = page.get_by_role("row").filter(has_text="monthly return")
        expect(row).to_contain_text("frozen")
        expect(row).to_contain_text("another person approves it")
        expect(row.get_by_role("button", name="Approve as second person")).to_have_count(0)
        expect(row.get_by_role("button", name="It was filed")).to_have_count(0)
        with page.expect_download() as sent:
            row.get_by_role("button", name="monthly return pdf").click()
        assert sent.value.path().read_bytes().startswith(b"%PDF")
    with house["officer"].at(browser, "/staff/capital") as page, house["third"].at(browser, "/staff/capital") as stale:
        expect(page.get_by_role("table").first).to_contain_text("operator@example.com + officer@example.com")
        expect(stale.get_by_role("button", name="Approve as second person")).to_be_visible()
        page.get_by_role("button", name="Approve as second person").click()
        row = page.get_by_role("row").filter(has_text="monthly return")
        expect(row).to_contain_text("operator@example.com + officer@example.com")
        stale.get_by_role("button", name="Approve as second person").click()
        expect(stale.get_by_role("alert")).to_contain_text("There is no such return.")
        stale.reload()
        stale.get_by_role("button", name="It was filed").click()
        expect(stale.get_by_role("row").filter(has_text="monthly return")).to_contain_text("filed")
        page.get_by_role("button", name="It was filed").click()
        expect(page.get_by_role("alert")).to_contain_text("There is no such return.")
    [filed] = house["auditor"].done("GET", "capital/returns")
    people = [house[name].staff_id for name in ("operator", "officer")]
    assert (filed["state"], [filed["frozenBy"], filed["approvedBy"]]) == ("filed", people)
    assert int(filed["journalSequence"]) > 0, "what was approved stands in the journal"


# A rule's number


@pytest.mark.shows("RULE-018", "STAF-007")
def test_a_number_of_a_rule_is_made_stricter_from_a_day_on(house: House, browser: Browser) -> None:
    day = f"{datetime.now(HONG_KONG).date() + timedelta(days=2)}"
    with house["officer"].at(browser, "/staff/rulebook/HK-T02") as page:
        expect(page.get_by_text("Nobody changed any.")).to_be_visible()
        page.get_by_role("link", name="Propose a stricter number").click()
        expect(control(page, "rule")).to_have_value("HK-T02")
        fill(page, parameter="months", value="6", from_the_day=day)
        page.get_by_label("Reason", exact=True).select_option(label="policy")
        page.get_by_label("Why, in a sentence").fill("softer")
        page.get_by_role("button", name="See before and after").click()
        expect(page.get_by_role("alert")).to_contain_text("may only be stricter")
        expect(control(page, "value")).to_have_value("6")
        fill(page, value="24")
        look(page, "policy")
        made = press_and_read(page, "Propose it")
        page.goto("/staff/rulebook/HK-T02")
        expect(page.get_by_text("Nobody changed any.")).to_be_visible()
    with house["third"].at(browser, f"/staff/proposals/{made}") as page:
        say(page, "Approve as second person")
        expect(page.get_by_text(f"months of HK-T02 changes on {day}")).to_be_visible()
    with house["officer"].at(browser, "/staff/rulebook/HK-T02") as page:
        row = page.get_by_role("row").filter(has_text="issued_long_enough: months")
        expect(row.get_by_role("cell")).to_have_text(
            ["24", f"{day} does not hold", "officer@example.com (you)", "third@example.com", re.compile(r"^\d+$")]
        )
        expect(row.get_by_role("link")).to_have_attribute("href", f"/staff/proposals/{made}")
        page.goto("/staff/rulebook")
        slider = page.get_by_role("slider", name="As of")
        expect(slider).to_be_enabled()
        turns = [each["day"] for each in house.live.get("/lionrock/v1/rules/days").json()]
        with page.expect_response(lambda answer: f"asOf={day}" in answer.url):
            for _ in [each for each in turns if f"{datetime.now(UTC).date()}" < each <= day]:
                slider.press("ArrowRight")
        shown = page.get_by_role("region", name="As of")
        expect(shown.get_by_label("Any day")).to_have_value(day)
        expect(shown).to_contain_text("HK-T02")
    [change] = house["auditor"].done("GET", "rulebook/rule?id=HK-T02")["changes"]
    assert (change["value"], change["fromDay"], change["proposalId"]) == (24, day, made)


# What was sent


@pytest.mark.shows("OUTB-030", "OUTB-031")
def test_a_notice_that_the_mail_server_refused_is_sent_again_by_hand(world: World, browser: Browser) -> None:
    house, mailbox = world
    mailbox.mood = "unknown"
    told = {"action": "kill_switch", "payload": {"scope": 2, "scope_id": 2, "engaged": 1}, "reasonCode": "emergency"}
    made = house["night"].done("POST", "breakGlass", told | {"words": "for the mail"})["proposalId"]

    def state_of_mail() -> str:
        rows = house["operator"].done("GET", "outbox")["deliveries"]
        ours = [row for row in rows if (row["recipient"], row["channel"]) == (house["third"].staff_id, "email")]
        return str(ours[0]["state"]) if ours else ""

    in_time(lambda: state_of_mail() == "dead")
    with house["operator"].at(browser, "/staff/outbox") as page:
        page.get_by_label("State").select_option("dead")
        row = page.get_by_role("row").filter(has=page.locator(f"[title='{house['third'].staff_id}']")).first
        expect(row).to_contain_text("break glass")
        row.get_by_role("button", name="Attempts: 1").click()
        attempt = page.get_by_role("listitem").filter(has_text="refused")
        expect(attempt).to_contain_text("550")
        expect(row.get_by_role("button", name="Send again")).to_be_disabled()
        mailbox.mood = "take"
        page.get_by_label("Send again because").select_option(label="something done by mistake")
        row.get_by_role("button", name="Send again").click()
        expect(row).to_have_count(0)
        in_time(lambda: state_of_mail() == "delivered")
        page.reload()
        row = page.get_by_role("row").filter(has=page.locator(f"[title='{house['third'].staff_id}']"))
        arrived = row.filter(has_text="mail").filter(has_text="arrived").first
        arrived.get_by_role("button", name="Attempts: 2").click()
        attempts = page.locator("ol").get_by_role("listitem")
        expect(attempts).to_have_count(2)
        expect(attempts.last).to_contain_text("delivered")
    mails = [str(message_from_bytes(each, policy=default).get_content()) for each in mailbox.mails]
    told_of_it = [who for who, mail in zip(mailbox.recipients, mails, strict=True) if made in mail]
    assert told_of_it.count("third@example.com") == 1
