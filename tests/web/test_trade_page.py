"""The trade page as it is used: by keyboard, by levels, through a restart, in other languages, sizes and colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.gateways.rest.live import LiveServer
from tests.web.browsing import Watched, grave_violations
from tests.web.trading import fill_ticket, levels, open_rows, sign_up, signed_in, trading

Visit = Callable[..., Watched]


@pytest.fixture(scope="module", autouse=True)
def quoted(sandbox: LiveServer) -> None:
    """Somebody else's orders on both sides, and one trade."""
    maker = sandbox.account(BTC="10", USDT="1000000")
    for step in range(3):
        maker.limit("BUY", "1", str(59_900 - step * 10))
        maker.limit("SELL", "0.5", str(60_100 + step * 10))
    sandbox.account(USDT="100000").limit("BUY", "0.1", "60100")


def test_an_order_by_keyboard_alone(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(), sandbox, "keys-1")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Place the order, once its preview is shown")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("s")
    expect(page.get_by_label("Price", exact=True)).to_be_focused()
    page.keyboard.type("60500")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.get_by_label("Price", exact=True)).to_have_value("60,500.11")
    page.keyboard.press("Tab")
    page.keyboard.type("0.25")
    expect(page.get_by_text("Within your limits")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("form p.said")).to_contain_text("0.25 BTC rests at 60,500.11 USDT")
    expect(open_rows(page)).to_contain_text("Sell")
    page.keyboard.type("7")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Size", exact=True)).to_have_value("")


def test_a_level_that_is_pressed_gives_the_ticket_its_price_and_a_frozen_book_stands_still(
    visit: Visit, sandbox: LiveServer
) -> None:
    page = visit().page("/trade/BTCUSDT")
    page.locator(".level.ask:not(:disabled)").last.click()
    expect(page.get_by_label("Price", exact=True)).to_have_value("60,100")
    page.locator(".level.bid").first.focus()
    page.keyboard.press("ArrowDown")
    focused = page.locator(".level.bid:focus")
    assert "Bid 59,890" in (focused.get_attribute("aria-label") or "")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Price", exact=True)).to_have_value("59,890")

    page.get_by_role("button", name="Freeze").click()
    other = sandbox.account(USDT="100000")
    other.limit("BUY", "0.1", "59950")
    expect(page.get_by_text("Frozen at")).to_be_visible()
    page.wait_for_timeout(300)
    assert levels(page, "bid")[0] == "59,900.00"
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".level.bid .price").first).to_have_text("59,950.00")
    other.signed("DELETE", "/api/v1/spot/openOrders", symbol="BTCUSDT")


def test_a_restart_marks_the_book_stale_at_once_and_then_shows_the_new_one(browser: Browser, tmp_path: Path) -> None:
    server = LiveServer(tmp_path, "--sandbox")
    server.account(BTC="1").limit("SELL", "1", "61000")
    watched = Watched(browser, server.url)
    page = watched.page("/trade/BTCUSDT")
    expect(page.locator(".level.ask .price").last).to_have_text("61,000.00")
    port = server.url.rsplit(":", 1)[1]
    server.kill()
    expect(page.locator("[data-link=stale]")).to_contain_text("Stale")
    expect(page.locator("section.book")).to_contain_text("Stale: the connection was lost.")
    assert page.locator("section.book").get_attribute("aria-busy") == "true"

    again = LiveServer(tmp_path, "--sandbox", "--port", port)
    again.account(BTC="1").limit("SELL", "1", "60900")
    expect(page.locator("[data-link=live]")).to_be_attached()
    expect(page.locator(".level.ask .price").last).to_have_text("60,900.00")
    assert levels(page, "ask") == ["61,000.00", "60,900.00"]
    watched.close()
    assert again.stop() == 0


def test_chart_and_depth_are_told_in_words_and_as_a_table(visit: Visit) -> None:
    page = visit().page("/trade/BTCUSDT")
    expect(page.locator("#chart-sentence")).to_contain_text("60,100")
    expect(page.locator("#depth-sentence")).to_contain_text("3 BTC to buy")
    expect(page.get_by_role("link", name="Charts by TradingView Lightweight Charts")).to_be_visible()
    expect(page.locator(".chart canvas").first).to_be_attached()
    page.get_by_role("img", name="Candles of BTCUSDT").press("ArrowLeft")
    expect(page.get_by_text("close 60,100")).to_be_attached()
    page.get_by_role("button", name="Table", exact=True).click()
    expect(page.get_by_role("columnheader", name="Close")).to_be_visible()


def test_markets_are_listed_found_and_lead_to_their_page(visit: Visit) -> None:
    page = visit().page("/")
    expect(page.get_by_role("row", name="BTC-USDT")).to_contain_text("60,100.00")
    page.get_by_label("Find a market").fill("eth")
    expect(page.get_by_role("row", name="BTC-USDT")).to_have_count(0)
    page.get_by_role("link", name="ETH-USDT").click()
    expect(page.get_by_role("heading", name="Trade ETHUSDT")).to_be_focused()
    for symbol in ("NOSUCH", "%E0%A4%A"):
        page.goto(f"/trade/{symbol}")
        expect(page.get_by_role("heading", level=1)).to_have_text(f"There is no market {symbol}")
        assert page.get_by_role("alert").count() == 0
        page.get_by_role("link", name="To the markets").click()
        expect(page.get_by_role("heading", name="Markets", level=1)).to_be_visible()


def test_other_colours_and_panels_are_kept(visit: Visit) -> None:
    page = visit().page("/trade/BTCUSDT")
    bid = page.locator(".level.bid .price").first
    before = str(bid.evaluate("element => getComputedStyle(element).color"))
    page.get_by_role("button", name="Blue and orange instead of green and red").click()
    expect(bid).not_to_have_css("color", before)
    page.get_by_text("Panels", exact=True).first.click()
    page.get_by_role("checkbox", name="Depth").uncheck()
    page.reload()
    expect(page.locator(".level.bid .price").first).to_be_visible()
    expect(page.locator("#depth-sentence")).to_have_count(0)
    expect(bid).not_to_have_css("color", before)


def test_on_a_phone_one_view_at_a_time_and_nothing_is_wider_than_the_screen(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(viewport={"width": 360, "height": 740}), sandbox, "phone-1")
    views = page.get_by_role("group", name="Panels")
    views.get_by_role("button", name="Book").click()
    expect(page.locator("canvas")).to_have_count(0)
    page.locator(".level.bid").first.click()
    expect(page.get_by_label("Price", exact=True)).to_have_value("59,900")
    for view in ("Ticket", "Book", "Orders", "Chart"):
        views.get_by_role("button", name=view).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, view
    assert grave_violations(page) == []


@pytest.mark.parametrize("colours", ["dark", "light"])
def test_a_filled_ticket_and_the_panel_have_no_grave_violation(visit: Visit, sandbox: LiveServer, colours: str) -> None:
    name = f"axe-{colours}"
    sign_up(sandbox, name)
    page = signed_in(visit(color_scheme=colours), name, "/trade/BTCUSDT")
    _settled(page)
    fill_ticket(page, price="60000", size="0.1")
    expect(page.get_by_text("Within your limits")).to_be_visible()
    page.get_by_title("Why this figure?").last.click()
    expect(page.locator("aside")).to_be_visible()
    assert grave_violations(page) == []


def test_arabic_is_right_to_left_with_the_same_book(visit: Visit) -> None:
    page = visit(locale="ar").page("/trade/BTCUSDT")
    expect(page.locator(".level.bid .price").first).to_have_text("59,900.00")
    assert page.locator("html").get_attribute("dir") == "rtl"
    book, ticket = page.locator("section.book").bounding_box(), page.locator("form.buying").bounding_box()
    assert book
    assert ticket
    assert ticket["x"] < book["x"]
    assert grave_violations(page) == []


def _settled(page: Page) -> None:
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("main [role=status][aria-busy=true]")).to_have_count(0)
