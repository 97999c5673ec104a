"""The explorer page in Debian's Chromium, used as its users do."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.gateways.rest.live import LiveServer

PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, "no Chromium is installed: run `make deps`"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, server: LiveServer) -> Iterator[Page]:
    context = browser.new_context()
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{server.url}/lionrock/v1/explorer")
    opened.wait_for_selector("nav a")
    yield opened
    context.close()
    # Chromium tells the console of every answer of 400; that of a blocked or broken script would be another.
    assert [text for text in complaints if "status of 4" not in text] == []


def choose(page: Page, operation: str) -> None:
    page.click(f'nav a[href="#{operation}"]')
    expect(page.locator("nav a[aria-current]")).to_have_attribute("href", f"#{operation}")


def answer(page: Page) -> Any:
    expect(page.locator("#status")).to_contain_text(re.compile("^Status"))
    return json.loads(page.inner_text("#answer"))


def open_account(page: Page) -> str:
    """Its secret."""
    page.click("#account")
    expect(page.locator("#key-note")).to_contain_text("has funds")
    return page.input_value("#secret")


@pytest.mark.shows("DOCS-007")
def test_every_endpoint_is_listed_and_a_public_one_answers(page: Page, server: LiveServer) -> None:
    document = server.get("/lionrock/v1/openapi.json").json()
    assert page.locator("nav a").count() == sum(len(methods) for methods in document["paths"].values())
    page.fill("#filter", "v1/depth")
    assert page.locator("nav a").count() == 2  # the book, and the book merged
    choose(page, "get_quote_v1_depth")
    assert page.input_value("#parameter-symbol") == "BTCUSDT"
    page.click("#send")
    assert set(answer(page)) == {"t", "b", "a"}
    assert f"{server.url}/quote/v1/depth?symbol=BTCUSDT" in page.inner_text("#curl")


@pytest.mark.shows("DOCS-007")
def test_a_signed_order_is_placed_from_the_form(page: Page) -> None:
    open_account(page)
    choose(page, "post_api_v1_spot_order")
    page.fill("#parameter-quantity", "0.25")
    page.fill("#parameter-price", "40000")
    page.click("#send")
    placed = answer(page)
    assert (placed["status"], placed["origQty"], placed["price"]) == ("NEW", "0.25", "40000")
    page.fill("#parameter-quantity", "99")
    page.click("#send")
    expect(page.locator("#status")).to_contain_text(re.compile("^Status 400.*are available. Deposit"))


@pytest.mark.shows("DOCS-007")
@pytest.mark.parametrize("operation", ["get_quote_v1_depth", "get_api_v1_account", "post_api_v1_spot_batchOrders"])
def test_the_lines_of_curl_and_python_run(page: Page, operation: str) -> None:
    """For a request that is open to all, a signed one, and one with a body."""
    secret = open_account(page)
    choose(page, operation)
    names = {"LIONROCK_KEY": page.input_value("#key"), "LIONROCK_SECRET": secret}
    found: Any = None
    for command in (["bash", "-euc", page.inner_text("#curl")], [sys.executable, "-c", page.inner_text("#python")]):
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | names, timeout=60, check=True)
        found = json.loads(done.stdout)
        assert "msg" not in found, found
    if operation.endswith("batchOrders"):
        assert [row["code"] for row in found["result"]] == ["0000"]


@pytest.mark.shows("DOCS-007")
def test_a_batch_goes_out_as_json(page: Page) -> None:
    open_account(page)
    choose(page, "post_api_v1_spot_batchOrders")
    row = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "30000"}
    page.fill("#body", json.dumps([row, row]))
    page.click("#send")
    assert [result["code"] for result in answer(page)["result"]] == ["0000", "0000"]


@pytest.mark.shows("DOCS-007")
def test_the_keyboard_alone_is_enough(page: Page) -> None:
    page.focus("#filter")
    page.keyboard.type("server time")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#get_api_v1_time"
    page.keyboard.press("Enter")
    expect(page.locator("#request")).to_be_focused()
    for _ in range(12):
        if page.evaluate("document.activeElement.id") == "send":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert list(answer(page)) == ["serverTime"]


@pytest.mark.shows("DOCS-007")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_on_a_phone_light_and_dark(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    choose(page, "get_api_v1_spot_tradeOrders")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("parseFloat(getComputedStyle(document.getElementById('send')).height)") >= 44
    for selector in ("#description", "small", "nav h2", "nav a[aria-current] .path", "#send", "header a"):
        assert contrast(page, selector) >= 4.5, selector


def contrast(page: Page, selector: str) -> float:
    """Of a text and what is behind it, as WCAG 2.2 has it; 4.5 is level AA."""
    ink, ground = page.eval_on_selector(
        selector,
        """element => {
            const behind = (node) => {
                const colour = getComputedStyle(node).backgroundColor;
                return colour === "rgba(0, 0, 0, 0)" ? behind(node.parentElement) : colour;
            };
            return [getComputedStyle(element).color, behind(element)];
        }""",
    )
    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.shows("DOCS-008")
def test_the_secret_stays_in_memory(page: Page, server: LiveServer) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.headers} {request.post_data}"))
    secret = open_account(page)
    choose(page, "get_api_v1_account")
    page.click("#send")
    assert answer(page)["balances"]
    assert asked
    assert all(line.startswith(server.url) and secret not in line for line in asked)
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    assert secret not in page.evaluate(kept)
    assert secret not in page.inner_text("body")
    page.reload()
    page.wait_for_selector("nav a")
    assert page.input_value("#secret") == ""


@pytest.mark.shows("DOCS-008")
def test_nothing_comes_from_another_host(server: LiveServer) -> None:
    answer = server.get("/lionrock/v1/explorer")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for name in ("explorer", "explorer.js", "explorer.css"):
        text = server.get(f"/lionrock/v1/{name}").text
        assert "http://" not in text
        assert "https://" not in text
