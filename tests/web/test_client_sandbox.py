"""A client's pages on a sandbox: from signing up to a first trade, and what goes wrong on the way."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.gateways.rest.live import LiveServer
from tests.web.browsing import Watched, grave_violations
from tests.web.client_pages import PASSWORD, end_session, field, fill_sign_in, paste, ran, sign_in, sign_up

Visit = Callable[..., Watched]
PAGES = ("account", "wallet", "security", "notices", "statements", "complaints", "limits", "onboarding")


def test_from_signing_up_to_a_first_trade(visit: Visit, sandbox: LiveServer) -> None:
    sandbox.account(BTC="1").limit("SELL", "0.5", "64000")
    page = visit().page("/sign-up")
    page.get_by_label("Sign-in name").fill("first@example.com")
    page.get_by_label("Password").fill("short")
    button = page.get_by_role("button", name="Open the practice account")
    button.click()
    expect(page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Password").fill(PASSWORD)
    button.dblclick()
    expect(page).to_have_url(re.compile("/trade/BTCUSDT$"))
    menu = ["Markets", "Orders", "Fills", "Balances", "Wallet", "Account"]  # words, not the keys of words
    expect(page.locator("header nav a")).to_have_text(menu)
    ticket = page.get_by_label("Order ticket")
    ticket.get_by_label("Price", exact=True).fill("64000")
    ticket.get_by_label("Size", exact=True).fill("0.1")
    expect(ticket.get_by_text("Within your limits")).to_be_visible()
    ticket.get_by_role("button", name="Buy BTC").click()
    expect(page.get_by_text("Bought 0.1 BTC at 64,000 USDT on average.")).to_be_visible()
    page.goto("/wallet")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="BTC", exact=True))
    expect(row).to_contain_text(re.compile(r"1\.0998"))  # 1 as a gift, 0.1 bought less the fee
    row.get_by_role("button").click()
    expect(page.get_by_role("complementary")).to_contain_text("1.0998")


def test_a_wrong_password_is_told_where_it_was_typed(visit: Visit, sandbox: LiveServer) -> None:
    sign_up(sandbox.url, "wrong@example.com")
    page = sign_in(visit(), "wrong@example.com", "/security")
    page.get_by_label("Password until now").fill("not my password")
    page.get_by_label("New password").fill("another long pass phrase")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.get_by_label("New password")).to_have_value("another long pass phrase")
    page.get_by_label("Password until now").fill(PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Changed. Other sessions have ended.")).to_be_visible()


def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(visit: Visit, sandbox: LiveServer) -> None:
    sign_up(sandbox.url, "ended@example.com")
    watched = visit()
    page = sign_in(watched, "ended@example.com", "/security")
    page.get_by_text("Make a key").first.click()
    field(page, "Name").fill("my la")
    end_session(watched)
    field(page, "Name").press_sequentially("ptop")
    make = page.get_by_role("button", name="Make a key")
    make.click()
    expect(page.get_by_role("dialog")).to_contain_text("Your session has ended")
    assert page.get_by_role("dialog").get_by_label("Sign-in name").input_value() == "ended@example.com"
    fill_sign_in(page, "ended@example.com")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(field(page, "Name")).to_have_value("my laptop")
    make.click()
    expect(page.get_by_text("The key is made")).to_be_visible()
    expect(page.get_by_role("cell", name="my laptop", exact=True)).to_be_visible()


def test_what_is_sent_without_a_network_is_kept_and_sent_once(visit: Visit, sandbox: LiveServer) -> None:
    sign_up(sandbox.url, "offline@example.com")
    watched = visit()
    page = sign_in(watched, "offline@example.com", "/wallet")
    label = field(page, "Name")
    label.fill("a desk")
    watched.context.set_offline(True)
    button = page.get_by_role("button", name="Open a sub-account")
    button.click()
    expect(page.get_by_text("Whether it was done is not known yet.")).to_be_visible()
    expect(page.get_by_text("The venue does not answer.")).to_be_visible()
    expect(label).to_have_value("a desk")
    watched.context.set_offline(False)
    button.dblclick()
    expect(page.get_by_role("listitem").filter(has_text="a desk")).to_have_count(1)
    expect(field(page, "Name")).to_have_value("")


def test_who_signs_out_in_one_tab_is_signed_out_in_the_other(visit: Visit, sandbox: LiveServer) -> None:
    sign_up(sandbox.url, "tabs@example.com")
    watched = visit()
    first = sign_in(watched, "tabs@example.com", "/account")
    second = watched.page("/security")
    expect(second.get_by_role("heading", name="API keys")).to_be_visible()
    first.get_by_role("button", name="Sign out").click()
    expect(second).to_have_url(re.compile("/sign-in"))


def test_another_device_is_seen_and_ended(visit: Visit, sandbox: LiveServer) -> None:
    sign_up(sandbox.url, "devices@example.com")
    laptop = sign_in(visit(), "devices@example.com", "/security")
    phone = sign_in(visit(user_agent="Mozilla/5.0 (iPhone) Safari/605"), "devices@example.com", "/notices")
    laptop.reload()
    other = laptop.get_by_role("row").filter(has_text="Safari · iPhone")
    other.get_by_role("button").click()
    other.get_by_role("button", name="End", exact=True).click()
    expect(other).to_have_count(0)
    phone.get_by_label("Tell me of trades").click()
    expect(phone.get_by_role("dialog")).to_contain_text("Your session has ended")


@pytest.mark.shows("OUTB-026")
def test_notices_are_in_the_language_that_was_chosen(visit: Visit, sandbox: LiveServer) -> None:
    sign_up(sandbox.url, "lingua@example.com")
    page = sign_in(visit(), "lingua@example.com", "/notices")
    choice = page.get_by_label("Language of notices")
    expect(choice).to_have_value("en")
    choice.select_option("zh-Hant")
    expect(choice).to_have_value("zh-Hant")
    page.reload()
    newest = page.get_by_role("listitem").filter(has_text="您的帳戶設定已更改")
    expect(newest.locator("strong")).to_have_attribute("lang", "zh-Hant")
    expect(newest).to_contain_text("內容：此後的通知均使用這種語言")


def test_who_signs_up_in_arabic_is_told_in_arabic(visit: Visit) -> None:
    page = visit(locale="ar").page("/sign-up")
    page.get_by_label("اسم المستخدم").fill("arabia@example.com")
    page.get_by_label("كلمة المرور").fill(PASSWORD)
    page.get_by_role("button", name="افتح الحساب التدريبي").click()
    expect(page).to_have_url(re.compile("/trade/"))
    page.goto(page.url.split("/trade/")[0] + "/notices")
    told = page.get_by_role("listitem").filter(has_text="تغيّرت إعدادات حسابك")
    expect(told).to_contain_text("الموضوع: تصل الإشعارات بهذه اللغة من الآن فصاعدًا")


def test_a_deposit_shows_its_steps(visit: Visit, sandbox: LiveServer) -> None:
    sign_up(sandbox.url, "deposit@example.com")
    page = sign_in(visit(), "deposit@example.com", "/wallet")
    page.get_by_label("Asset").first.select_option("BTC")
    page.get_by_role("button", name="Show the address").click()
    expect(page.get_by_role("img", name=re.compile("Address for BTC"))).to_be_visible()
    chain = page.get_by_label("Chain").first.input_value()
    address = page.locator(".address .mono").first.inner_text()
    told = {"coin": "BTC", "chainType": chain, "address": address, "quantity": "0.25"}
    assert sandbox.http.post("/lionrock/v1/sandbox/deposits", json=told).status_code == 200
    assert sandbox.http.post("/lionrock/v1/sandbox/blocks", json={"chainType": chain, "count": 10}).status_code == 200
    row = page.get_by_role("row").filter(has_text="0.25")
    for _ in range(40):
        page.get_by_role("button", name="Look again").click()
        if row.get_by_text("Credited").count():
            break
        page.wait_for_timeout(250)
    row.get_by_role("button", name="Credited").click()
    expect(page.get_by_role("complementary")).to_contain_text("1. Seen, waits for a block")


def test_a_name_that_tries_to_be_markup_is_shown_letter_by_letter(visit: Visit, sandbox: LiveServer) -> None:
    sign_up(sandbox.url, "markup@example.com")
    page = sign_in(visit(), "markup@example.com", "/security")
    page.get_by_text("Make a key").first.click()
    short = "<img src=x onerror='window.ran = 3'>"  # a name that the venue takes
    paste(page, "Name", short)
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_role("cell", name=short, exact=True)).to_be_visible()
    assert not ran(page)


def test_the_pages_fit_a_phone_from_right_to_left(visit: Visit, sandbox: LiveServer) -> None:
    sign_up(sandbox.url, "phone@example.com")
    page = sign_in(visit(locale="ar", viewport={"width": 360, "height": 740}), "phone@example.com")
    for path in PAGES:
        page.goto(f"/{path}")
        expect(page.locator("main [role=status][aria-busy]")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert "client." not in page.locator("main").inner_text(), path
        assert grave_violations(page) == [], path
