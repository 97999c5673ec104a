"""An order's life as its owner sees it on the page: placed, amended, filled in part, cancelled, refused, stopped."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Route, expect

from tests.gateways.rest.live import LiveServer
from tests.web.browsing import Watched
from tests.web.trading import fill_ticket, levels, open_rows, place, sign_up, signed_in, trading

Visit = Callable[..., Watched]


def test_an_order_is_placed_amended_filled_in_part_and_cancelled(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(), sandbox, "life-1")
    said = place(page, "Buy", price="40000", size="0.5")
    assert "0.5 BTC rests at 40,000 USDT" in said
    assert "20,000 USDT is held for it" in said
    expect(open_rows(page)).to_have_count(1)
    expect(page.locator(".level.bid .price").first).to_have_text("40,000.00")

    page.get_by_role("button", name=re.compile("^Amend order")).click()
    page.get_by_label("New price").fill("41000")
    page.get_by_label("New price").press("Enter")
    expect(page.get_by_text("went to the end of its queue")).to_be_visible()
    expect(open_rows(page)).to_contain_text("41,000")

    seller = sandbox.account(BTC="2")
    seller.limit("SELL", "0.2", "41000")
    expect(open_rows(page)).to_contain_text("Partly filled")
    expect(open_rows(page)).to_contain_text("0.2")
    expect(page.locator(".trade > p[role=status]")).to_contain_text("0.2 traded at 41,000, 0.2 of 0.5 by now")

    page.get_by_role("button", name=re.compile("^Cancel order")).click()
    expect(page.get_by_text("12,300 USDT is free again")).to_be_visible()
    expect(page.get_by_text("You have no open orders.")).to_be_visible()

    page.get_by_role("tab", name="History").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("Partly filled, rest cancelled")
    page.get_by_role("tab", name="Fills").click()
    row = page.get_by_role("tabpanel").get_by_role("row").nth(1)
    expect(row).to_contain_text("8,200")
    row.get_by_title("Why this figure?").click()
    panel = page.locator("aside")
    expect(panel).to_contain_text("FEES-007")
    expect(panel).to_contain_text("Journal sequence")
    expect(panel).to_contain_text("Trade · Held")
    page.keyboard.press("Escape")


def test_all_of_it_trades_at_once_and_the_consequence_is_said(visit: Visit, sandbox: LiveServer) -> None:
    sandbox.account(BTC="2").limit("SELL", "0.3", "50000")
    page = trading(visit(), sandbox, "life-2")
    said = place(page, "Buy", price="50000", size="0.3")
    assert "Bought 0.3 BTC at 50,000 USDT on average." in said
    assert "Fee 0.00036 BTC." in said
    page.get_by_role("tab", name="Balances").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("2.29964")
    page.get_by_role("tabpanel").get_by_role("button", name="2.29964").click()
    expect(page.locator("aside")).to_contain_text("Fee of a trade · Available")
    expect(page.locator("aside")).to_contain_text("LEDG-007")


def test_what_is_not_there_is_refused_before_it_is_sent_with_figures_and_what_next(
    visit: Visit, sandbox: LiveServer
) -> None:
    page = trading(visit(), sandbox, "poor-1", USDT="1000")
    fill_ticket(page, price="40000", size="0.5")
    box = page.get_by_role("alert")
    expect(box).to_contain_text("You do not have enough for this order.")
    expect(box).to_contain_text("Needed: 20,000 USDT")
    expect(box).to_contain_text("Available: 1,000 USDT")
    expect(box).to_contain_text("Deposit, cancel other orders, or ask for less.")
    expect(page.get_by_role("button", name="Buy BTC")).to_be_disabled()
    assert sandbox.get("/lionrock/v1/book", symbol="BTCUSDT").json()["bids"][:1] != [["40000", "0.5"]]


def test_an_order_that_is_too_large_names_the_rule_and_the_most(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(), sandbox, "rich-1", USDT="900000000")
    market = sandbox.get("/lionrock/v1/markets", symbol="BTCUSDT").json()[0]
    fill_ticket(page, price="40000", size="900")
    box = page.get_by_role("alert")
    expect(box).to_contain_text("more than")
    expect(box).to_contain_text("Split the order.")
    most = min(int(each) for each in (market["maxValue"], market["rules"]["maxOrderValue"]) if each != "0")
    expect(box).to_contain_text(f"Most: {most:,} USDT")
    page.get_by_role("button", name="Which rule, and why").click()
    panel = page.locator("aside")
    expect(panel).to_contain_text("It would be refused")
    expect(panel).to_contain_text("36,000,000")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_label("Size", exact=True)).to_have_value("900")


def test_a_refusal_on_sending_is_told_and_what_was_typed_stays(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(), sandbox, "late-1", USDT="20000")
    fill_ticket(page, price="40000", size="0.5")
    expect(page.get_by_text("Within your limits")).to_be_visible()
    page.route(
        "**/lionrock/v1/orders/preview", lambda route: route.abort("connectionreset")
    )  # the money goes between look and leap
    other = page.context.new_page()
    other.goto("/trade/BTCUSDT")
    place(other, "Buy", price="39000", size="0.5")
    page.get_by_role("button", name="Buy BTC").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("Size", exact=True)).to_have_value("0.5")


def test_the_kill_switch_asks_then_stops_and_is_released(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(), sandbox, "stop-1")
    place(page, "Buy", price="30000", size="0.1")
    expect(open_rows(page)).to_have_count(1)
    page.get_by_role("button", name="Kill switch").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave it").click()
    expect(open_rows(page)).to_have_count(1)
    page.get_by_role("button", name="Kill switch").click()
    page.get_by_role("button", name="Stop my account").click()
    expect(page.get_by_text("Stopped. 1 order was cancelled.")).to_be_visible()
    expect(open_rows(page)).to_have_count(0)
    fill_ticket(page, price="30000", size="0.1")
    expect(page.get_by_role("alert")).to_contain_text("A kill switch is engaged.")
    page.locator("form").get_by_role("button", name="Let it trade again").click()
    expect(page.get_by_text("Within your limits")).to_be_visible()


def test_all_orders_are_cancelled_at_once(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(), sandbox, "many-1")
    for price in ("31000", "32000"):
        place(page, "Buy", price=price, size="0.1")
    expect(open_rows(page)).to_have_count(2)
    page.get_by_role("button", name="Cancel all").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel all").click()
    expect(page.get_by_text("2 orders were cancelled.")).to_be_visible()
    assert "32,000.00" not in levels(page, "bid")


def test_conditions_and_triggers_reach_the_venue_as_they_were_chosen(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(), sandbox, "kinds-1")
    page.get_by_text("Conditions: Until cancelled").click()
    page.get_by_label("Post only: never take").check()
    page.get_by_label("Show at most").fill("0.02")
    place(page, "Buy", price="33000", size="0.2")
    page.get_by_label("Type").select_option(label="Stop limit")
    page.get_by_label("Trigger price").fill("70000")
    page.get_by_label("Show at most").fill("")
    page.get_by_label("Post only: never take").uncheck()
    said = place(page, "Buy", price="70500", size="0.1")
    assert "0.1 BTC waits for a trade at 70,000 USDT" in said
    rows = page.evaluate("fetch('/lionrock/v1/orders').then(answer => answer.json())")
    iceberg, stop = rows
    assert (iceberg["postOnly"], iceberg["displayQuantity"], iceberg["type"]) == (True, "0.02", "LIMIT")
    assert (stop["type"], stop["triggerPrice"], stop["price"]) == ("STOP_LIMIT", "70000", "70500")
    expect(open_rows(page).nth(1)).to_contain_text("Stop limit")


def test_an_order_stands_for_the_day_or_until_its_date_and_then_ends_by_itself(
    visit: Visit, sandbox: LiveServer
) -> None:
    page = trading(visit(), sandbox, "until-1")
    page.get_by_text("Conditions: Until cancelled").click()
    page.get_by_label("Time in force").select_option(label="For the day")
    expect(page.get_by_text("Ends when the market closes.")).to_be_visible()
    place(page, "Buy", price="31000", size="0.1")
    expect(open_rows(page)).to_contain_text("For the day")

    page.get_by_label("Time in force").select_option(label="Until a date")
    fill_ticket(page, price="31500", size="0.1")
    expect(page.get_by_text("Say when it ends; your local time.")).to_be_visible()
    ends_at = page.get_by_label("Ends at")
    ends_at.fill("2020-01-01T00:00")
    expect(ends_at).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("This moment has passed.")).to_be_visible()
    page.get_by_role("button", name="Buy BTC").click()
    expect(page.locator("form p.said")).to_have_text("Say when it ends; your local time.")
    seconds = int(page.evaluate("Math.ceil(Date.now() / 1000)")) + 20
    ends_at.fill(str(page.evaluate(LOCAL, seconds)))
    place(page, "Buy", price="31500", size="0.1")
    day, dated = page.evaluate("fetch('/lionrock/v1/orders').then(answer => answer.json())")
    assert (day["timeInForce"], day["expireTimeMs"]) == ("DAY", 0)
    assert (dated["timeInForce"], dated["expireTimeMs"]) == ("GTD", seconds * 1000)
    expect(open_rows(page).nth(1)).to_contain_text("until")
    expect(open_rows(page)).to_have_count(1, timeout=60_000)
    page.get_by_role("tab", name="History").click()
    row = page.get_by_role("tabpanel").get_by_role("row").filter(has_text="31,500")
    row.get_by_title("Why this figure?").click()
    expect(page.locator("aside")).to_contain_text("Its time came to an end.")


LOCAL = """(seconds) => {
  const at = new Date(seconds * 1000);
  return new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}"""
"""A moment as a field of date and time has it."""


def test_what_is_typed_before_the_page_knows_who_is_signed_in_has_its_preview_then(
    visit: Visit, sandbox: LiveServer
) -> None:
    browser = visit()
    sign_up(sandbox, "early-1")
    signed_in(browser, "early-1", "/orders")
    held: list[Route] = []
    browser.context.route("**/lionrock/v1/user", lambda route: held.append(route))  # noqa: PLW0108
    page = browser.page("/trade/BTCUSDT")
    fill_ticket(page, price="34000", size="0.1")
    page.wait_for_timeout(300)  # longer than the page waits for more to be typed
    held.pop().continue_()
    expect(page.get_by_text("Within your limits")).to_be_visible()


def test_the_same_intent_tried_again_after_no_answer_is_done_once(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(), sandbox, "twice-1")
    fill_ticket(page, price="34000", size="0.1")
    expect(page.get_by_text("Within your limits")).to_be_visible()

    def lose(route: Route) -> None:
        route.fetch()  # it arrives, and the answer is lost
        route.abort("connectionreset")

    page.route("**/lionrock/v1/orders", lose)
    page.get_by_role("button", name="Buy BTC").click()
    expect(page.get_by_text("Whether it was done is not known yet.")).to_be_visible()
    page.unroute("**/lionrock/v1/orders")
    expect(page.get_by_text("Within your limits")).to_be_visible()
    page.get_by_role("button", name="Buy BTC").click()
    expect(page.locator("form p.said")).to_contain_text("0.1 BTC rests at 34,000 USDT")
    expect(open_rows(page)).to_have_count(1)


def test_an_auction_shows_what_would_trade(browser: Browser, tmp_path: Path) -> None:
    server = LiveServer(tmp_path, "--sandbox", "--site", "hk")  # a site with price bands
    seller, buyer = server.account(ETH="100"), server.account(USDT="1000000")
    seller.limit("SELL", "1", "3000", symbol="ETHUSDT")
    seller.limit("SELL", "2", "3240", symbol="ETHUSDT")
    buyer.limit("BUY", "1", "3000", symbol="ETHUSDT")
    watched = Watched(browser, server.url)
    page = watched.page("/trade/ETHUSDT")
    expect(page.locator("[data-link=live]")).to_be_attached()
    buyer.limit("BUY", "2", "3240", symbol="ETHUSDT")  # beyond the band of 5 %
    expect(page.get_by_role("heading", name="Auction")).to_be_visible()
    section = page.locator("section.auction")
    expect(section).to_contain_text("3,240 USDT")
    expect(section).to_contain_text("2 ETH")
    section.get_by_title("Why this figure?").click()
    expect(page.locator("aside")).to_contain_text("AUCT-001")
    watched.close()
    assert server.stop() == 0
