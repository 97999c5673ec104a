"""A resting order is moved: by mouse over the book and the chart, by keys alone; and what that costs is said before."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.gateways.rest.live import LiveServer
from tests.web.browsing import Watched, grave_violations
from tests.web.trading import open_rows, place, trading

Visit = Callable[..., Watched]


@pytest.fixture(scope="module", autouse=True)
def quoted(sandbox: LiveServer) -> None:
    """Somebody else's orders on both sides, and trades, so that the chart has prices."""
    maker, taker = sandbox.account(BTC="10", USDT="1000000"), sandbox.account(BTC="1", USDT="100000")
    for step in range(5):
        maker.limit("BUY", "1", str(59_900 - step * 10))
        maker.limit("SELL", "0.5", str(60_100 + step * 10))
    taker.limit("BUY", "0.1", "60100")
    taker.limit("SELL", "0.1", "59900")


def level(page: Page, side: str, price: str) -> Locator:
    """The row of the book at a price."""
    return page.locator(f".level.{side}").filter(has=page.locator(".price", has_text=re.compile(rf"^{price}")))


def middle(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def own_order(page: Page) -> dict[str, Any]:
    (order,) = page.evaluate("fetch('/lionrock/v1/orders').then(answer => answer.json())")
    return dict(order)


def test_an_order_is_dragged_from_level_to_level_in_the_book(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(), sandbox, "drag-1")
    place(page, "Buy", price="59890", size="0.3")
    expect(page.locator(".level.own")).to_have_count(1)
    page.mouse.move(*middle(level(page, "bid", "59,890")))
    page.mouse.down()
    page.mouse.move(*middle(level(page, "bid", "59,870")), steps=8)
    expect(page.locator(".level.target .price")).to_have_text("59,870.00")
    page.mouse.up()
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("Buy 0.3 BTC: the price goes from 59,890 to 59,870 USDT.")
    expect(asked).to_contain_text("It leaves its place in the queue at 59,890.")
    expect(asked).to_contain_text("At 59,870 it stands at the end of the queue, behind 1 BTC.")
    assert own_order(page)["price"] == "59890", "nothing is sent before it was confirmed"
    asked.get_by_role("button", name="Leave it").click()
    expect(page.get_by_text("stays at 59,890").last).to_be_visible()

    page.mouse.move(*middle(level(page, "bid", "59,890")))
    page.mouse.down()
    page.mouse.move(*middle(level(page, "bid", "59,900")), steps=8)
    page.mouse.up()
    page.get_by_role("dialog").get_by_role("button", name="Move it").click()
    expect(page.get_by_text("went to the end of its queue").last).to_be_visible()
    expect(open_rows(page)).to_contain_text("59,900")
    assert own_order(page)["price"] == "59900"
    expect(page.get_by_label("Price", exact=True)).to_have_value("")  # the drag was no press of a level


def test_an_order_is_dragged_over_the_chart(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(), sandbox, "drag-2")
    place(page, "Sell", price="60120", size="0.2")
    handle = page.get_by_role("slider", name="Own order to sell 0.2 BTC")
    x, y = middle(handle)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 12, steps=6)
    expect(page.get_by_role("button", name="Move it")).to_be_visible()
    page.mouse.up()
    asked = page.get_by_role("dialog")
    found = re.search(r"the price goes from 60,120 to ([\d.,]+) USDT", asked.inner_text())
    assert found
    price = found[1].replace(",", "")
    assert float(price) > 60_120
    assert own_order(page)["price"] == "60120"
    asked.get_by_role("button", name="Move it").click()
    expect(page.get_by_text("went to the end of its queue").last).to_be_visible()
    assert own_order(page)["price"] == price
    expect(handle).to_have_attribute("aria-valuetext", f"{found[1]} USDT")
    assert grave_violations(page) == []


def test_an_order_is_moved_in_the_book_by_keys_alone(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(), sandbox, "keys-9")
    place(page, "Buy", price="59880", size="0.1")
    row = level(page, "bid", "59,880")
    row.focus()
    expect(row).to_have_attribute("aria-label", re.compile("Your own 0.1 BTC stands here; press M to move it"))
    page.keyboard.press("m")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.get_by_text("59,880 → 59,880.11")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("stays at 59,880").last).to_be_visible()
    page.keyboard.press("m")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("At 59,879.9 nobody stands before it.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("went to the end of its queue").last).to_be_visible()
    assert own_order(page)["price"] == "59879.9"


def test_an_order_is_moved_in_the_chart_by_keys_and_where_it_would_trade_that_is_said(
    visit: Visit, sandbox: LiveServer
) -> None:
    page = trading(visit(), sandbox, "keys-8")
    place(page, "Buy", price="60099.9", size="0.6")
    handle = page.get_by_role("slider", name="Own order to buy 0.6 BTC")
    handle.press("Shift+ArrowUp")
    expect(handle).to_have_attribute("aria-valuetext", "60,100 USDT")
    handle.press("Enter")
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text(re.compile(r"Up to 0\.\d+ BTC of it trades at once, at the taker’s rate"))
    expect(asked).to_contain_text("At 60,100 nobody stands before it.")
    page.keyboard.press("Escape")
    assert own_order(page)["executedQuantity"] == "0"


def test_the_row_of_an_order_says_what_amending_costs(visit: Visit, sandbox: LiveServer) -> None:
    page = trading(visit(), sandbox, "row-1")
    place(page, "Buy", price="59860", size="0.2")
    page.get_by_role("button", name=re.compile("^Amend order")).click()
    row = page.locator("tr.amending")
    expect(row).to_contain_text("It keeps its place in the queue.")
    page.get_by_label("New size").fill("0.1")
    expect(row).to_contain_text("It keeps its place in the queue.")
    page.get_by_label("New size").fill("0.3")
    expect(row).to_contain_text("At 59,860 it stands at the end of the queue, behind 1 BTC.")
    page.get_by_label("New price").press("ArrowUp")
    expect(row).to_contain_text("At 59,860.01 nobody stands before it.")
    page.get_by_label("New price").press("Enter")
    expect(page.get_by_text("went to the end of its queue").last).to_be_visible()
    assert own_order(page)["quantity"] == "0.3"
