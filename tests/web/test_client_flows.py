"""What a client of a licensed site does by the pages: test, profile, means, agreements, coins, papers, notices."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from lionrock.compliance.assessments.assessments import read_data
from lionrock.store.database import open_database
from lionrock.store.outbox.messages import Content
from lionrock.store.outbox.tables import messages
from lionrock.store.sealing import open_sealer
from tests.compliance.rooms import best_answers
from tests.gateways.rest.wallets import BITCOIN
from tests.web.browsing import grave_violations
from tests.web.client_pages import field
from tests.web.holdings import AGREEMENT, Holder, deposit, person, prepare, settle, take
from tests.web.staffed import Client, House


@pytest.fixture(scope="session")
def learner(harbour: House) -> Client:
    """Has handed in an application and done nothing else that is asked for."""
    return Client(harbour, "learner@mail.example.org", person("Juhl", "Mathilde", 3))


@pytest.fixture(scope="session")
def trader(harbour: House) -> Client:
    """May trade, and has two bitcoins."""
    client = Client(harbour, "trader@mail.example.org", person("Krogh", "Sigrid", 4))
    prepare(client)
    take(harbour, client)
    settle(client)
    deposit(client, "BTC", "BTC", "2")
    return client


def confirm(page: Page, name: str, question: str) -> None:
    """A button that asks once more."""
    page.get_by_role("button", name=re.compile(f"^{name}")).first.click()
    page.get_by_role("group", name=question).get_by_role("button", name=name, exact=True).click()


def answer_rightly(page: Page) -> None:
    """Every question of the paper, by the bank."""
    bank = read_data().bank
    texts, by_id = bank.languages["en"].questions, {each.id: each for each in bank.questions}
    right = {text.text: getattr(text, by_id[name].answer) for name, text in texts.items()}
    questions = page.locator("fieldset")
    assert questions.count() == 15
    for question in questions.all():
        question.get_by_label(right[question.locator("legend").inner_text()], exact=True).check()


def test_what_an_applicant_is_asked_for_is_done_by_the_pages(learner: Client, browser: Browser) -> None:
    with learner.at(browser, "/onboarding", locale="en-GB") as page:
        page.get_by_role("link", name="Knowledge test").last.click()
        page.get_by_role("button", name="Begin the test").click()
        expect(page.get_by_role("button", name="Hand in the test")).to_be_disabled()
        answer_rightly(page)
        page.get_by_role("button", name="Hand in the test").click()
        expect(page.get_by_role("status").filter(has_text="Passed.")).to_be_visible()
        page.goto("/agreements")
        page.get_by_role("button", name="Read", exact=True).click()
        expect(page.get_by_role("article")).to_have_text(AGREEMENT.strip())
        confirm(page, "Accept", "You accept these words as they are.")
        expect(page.get_by_text("Accepted on", exact=False)).to_be_visible()
        expect(page.get_by_role("article")).to_have_text(AGREEMENT.strip())  # what was opened stays open
    assert learner.done("GET", "onboarding")["toDo"] == []
    take(learner.house, learner)
    with learner.at(browser, "/risk-profile", locale="en-GB") as page:
        expect(page.get_by_role("button", name="Send the answers")).to_be_disabled()
        for question in page.locator("fieldset").all():
            question.locator("input").last.check()
        page.get_by_role("button", name="Send the answers").click()
        expect(page.locator("main .large")).to_have_text("Aggressive")
        page.goto("/limits")
        expect(page.locator(".condition")).not_to_have_count(0)
        for label, typed in {"Liquid net worth": "1000000", "Income of a year": "1000000"}.items():
            field(page, label).fill(typed)
        field(page, "Virtual assets held elsewhere").fill("0")
        page.get_by_role("button", name="Work out the limit").click()
        expect(page.get_by_text("✓ Nothing", exact=False)).to_be_visible()
        expect(page.locator(".condition")).to_have_count(0)
        expect(field(page, "Liquid net worth")).to_have_value("1000000")
    limits = learner.done("GET", "limits")
    assert (limits["riskProfile"], limits["conditions"]) == ("aggressive", [])
    whole, cents = divmod(limits["exposureLimitMinor"], 10 ** limits["minorDecimals"])
    assert whole > 0
    with learner.house["officer"].at(browser, f"/staff/clients/{learner.client_id}", locale="en-GB") as page:
        shown = page.locator("dt", has_text="Exposure limit").locator("xpath=following-sibling::dd[1]")
        expect(shown).to_have_text(f"{whole:,}.{cents:02} {limits['valuationAsset']}")


def test_an_authority_is_granted_and_taken_back(trader: Client, browser: Browser) -> None:
    with trader.at(browser, "/agreements", locale="en-GB") as page:
        page.get_by_text("Grant a standing authority").click()
        field(page, "What for").fill("settlement of trades")
        expect(field(page, "What for")).to_have_attribute("aria-invalid", "true")
        field(page, "What for").fill("settlement")
        field(page, "Ends on").fill(time.strftime("%Y-%m-%d", time.gmtime(time.time() + 90 * 86_400)))
        page.get_by_role("button", name="Grant", exact=True).click()
        expect(page.get_by_text("In force · until", exact=False)).to_be_visible()
        confirm(page, "Take back", "It ends now.")
        expect(page.get_by_text("Taken back", exact=False)).to_be_visible()
    (authority,) = trader.done("GET", "standingAuthorities")
    assert (authority["scope"], authority["isInForce"]) == ("settlement", False)


def test_coins_are_sent_moved_and_taken_back_by_the_wallet(trader: Client, browser: Browser) -> None:
    with trader.at(browser, "/wallet", locale="en-GB") as page:
        balance = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="BTC", exact=True))
        expect(balance).to_contain_text("2")
        page.get_by_text("Addresses you may withdraw to").click()
        field(page, "Address").fill(BITCOIN)
        listing = page.locator("form").filter(has=page.get_by_role("button", name="List the address"))
        listing.get_by_label("Code of the authenticator").fill(trader.codes.pop())
        listing.get_by_role("button").click()
        expect(page.locator("details").get_by_text(BITCOIN)).to_be_visible()
        form = page.locator("form").filter(has=page.get_by_role("button", name="Withdraw", exact=True))
        form.get_by_label("To address").fill(BITCOIN)
        form.get_by_label("Quantity").fill("0.5")
        expect(form.get_by_text("0.4998")).to_be_visible()
        form.get_by_label("Code of the authenticator").fill(trader.codes.pop())
        form.get_by_role("button").click()
        expect(page.get_by_text("The amount is held until custody signs.", exact=False)).to_be_visible()
        expect(balance).to_contain_text("1.5")
        confirm(page, "Take back", "What was held is free again.")
        expect(page.get_by_role("cell", name="Cancelled")).to_be_visible()
        expect(balance).not_to_contain_text("1.5")
        field(page, "Name").fill("a second desk")
        page.get_by_role("button", name="Open a sub-account").click()
        moving = page.locator("form").filter(has=page.get_by_role("button", name="Move", exact=True))
        moving.get_by_label("To", exact=True).select_option(label="a second desk")
        moving.get_by_label("Asset").select_option("BTC")
        moving.get_by_label("Quantity").fill("0.25")
        moving.get_by_role("button").click()
        expect(page.get_by_text("Moved.")).to_be_visible()
        expect(balance).to_contain_text("1.75")
    assert trader.contract("GET", "/api/v1/account/withdrawOrders")[0]["state"] == "cancelled"


def code_mailed(house: House) -> str:
    """The newest code that is to be mailed to an address; read beside the site, which goes on with its deliveries."""
    database = open_database(house.live.directory)
    newest = select(messages).where(messages.c.kind == "address_code").order_by(messages.c.created_ns.desc())
    with database.connect() as connection:
        row = connection.execute(newest).first()
    database.dispose()
    assert row is not None
    sealer = open_sealer(house.live.directory, os.urandom)
    content = sealer.open(row.sealed_content, f"outbox_messages.content:{row.message_id}")
    return msgspec.json.decode(content, type=Content).facts["code"]


def add_address(page: Page, client: Client) -> None:
    field(page, "Address").fill("desk@example.org")
    field(page, "Code of the authenticator").fill(client.codes.pop())
    page.get_by_role("button", name="Add the address").click()
    expect(page.get_by_text("desk@example.org")).to_be_visible()


def test_an_address_for_notices_is_added_confirmed_and_taken_off(
    harbour: House, trader: Client, browser: Browser
) -> None:
    with trader.at(browser, "/notices", locale="en-GB") as page:
        add_address(page, trader)
        field(page, "Code that was sent there").fill("000000")
        page.get_by_role("button", name="Confirm", exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_text("One try: after a wrong code", exact=False)).to_be_visible()
        page.get_by_role("button", name="Take off").click()
        expect(page.get_by_text("desk@example.org")).to_have_count(0)
        add_address(page, trader)
        field(page, "Code that was sent there").fill(code_mailed(harbour))
        page.get_by_role("button", name="Confirm", exact=True).click()
        expect(page.get_by_text("✓ confirmed", exact=False)).to_be_visible()
        page.get_by_role("button", name="Take off").click()
        expect(page.get_by_text("desk@example.org")).to_have_count(0)
        unread = page.get_by_role("listitem").filter(has_text="unread").first
        unread.get_by_role("button").click()
        expect(page.get_by_text("unread", exact=False).first).to_be_visible()
    assert trader.done("GET", "notices/settings")["addresses"] == []


def test_a_paper_is_read_as_it_was_made(holder: Holder, browser: Browser) -> None:
    with holder.at(browser, "/statements", locale="en-GB") as page:
        row = page.get_by_role("row").filter(has_text="Receipt")
        for kind, content in (("PDF", f"%PDF-1.7 {holder.words}"), ("JSON", f'"{holder.words}"')):
            with page.expect_download() as sent:
                row.get_by_role("button", name=re.compile(f"^{kind}")).click()
            assert Path(sent.value.path()).read_text() == content
            assert sent.value.suggested_filename == f"receipt-{holder.paper_id}.{kind.lower()}"
        row.get_by_role("button", name="Receipt", exact=True).click()
        expect(page.get_by_role("complementary")).to_contain_text("SHA-256 PDF")
        page.get_by_label("Format").select_option("json")
        with page.expect_download() as sent:
            page.get_by_role("button", name="Get the statement").click()
        assert holder.account_id in Path(sent.value.path()).read_text()


@pytest.mark.shows("ASSE-034")
def test_a_higher_limit_waits_for_the_staff_and_each_sees_it(harbour: House, browser: Browser) -> None:
    client = Client(harbour, "birger@mail.example.org", person("Holm", "Birger", 5))
    prepare(client)
    take(harbour, client)
    client.done("POST", "riskProfile", {"answers": best_answers(read_data().profile[0])})
    low = {"account_id": int(client.account_id), "exposure_limit_atoms": 1_000 * 10**8}
    made = harbour["officer"].propose("exposure_limit", **low)
    assert harbour["third"].approve(made)["state"] == "carried_out"
    with client.at(browser, "/limits", locale="en-GB") as page:
        for label, typed in {"Liquid net worth": "1000000", "Income of a year": "0"}.items():
            field(page, label).fill(typed)
        field(page, "Virtual assets held elsewhere").fill("0")
        page.get_by_role("button", name="Work out the limit").click()
        note = page.get_by_role("note").filter(has_text="waits for a person of the staff")
        expect(note).to_contain_text("A higher limit of 300,000 USD waits")
        expect(page.locator("dt", has_text="Exposure limit").locator("xpath=following-sibling::dd[1]")).to_contain_text(
            "1,000.00 USD"
        )
        assert grave_violations(page) == []
    with harbour["officer"].at(browser, "/staff", locale="en-GB") as page:
        page.get_by_role("row").filter(has_text=client.client_id[:8]).get_by_role(
            "link", name="Approve or decline a higher exposure limit"
        ).click()
        approve = page.get_by_role("button", name="Approve the higher limit")
        expect(approve).to_be_disabled()
        page.get_by_label("Why", exact=False).fill("payslips seen")
        assert grave_violations(page) == []
        approve.click()
        expect(page.get_by_text("Higher limit asked for")).to_have_count(0)
    limits = client.done("GET", "limits")
    assert (limits["exposureLimitMinor"], limits["exposureRaise"]) == (300_000_00, None)
    with client.at(browser, "/limits", locale="en-GB") as page:
        expect(page.get_by_text("300,000.00 USD").first).to_be_visible()
        expect(page.get_by_role("note").filter(has_text="waits")).to_have_count(0)
