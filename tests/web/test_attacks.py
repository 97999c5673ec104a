"""What the pages and the session behind them let nobody do: framing, scripts of others, forged requests, odd paths."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from lionrock.gateways.rest.authentication import SESSION_COOKIE
from lionrock.web.pages import BUILT, POLICY
from tests.gateways.rest.live import LiveServer

PASSWORD = "a long pass phrase"
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "40000"}
CROSS_SITE, SAME_SITE = "http://localhost:9", "http://127.0.0.1:9"
"""Where an attacker's page stands: for SameSite a port makes no difference, a name does."""


def signed_up(server: LiveServer, name: str) -> dict[str, str]:
    told = {"signInName": name, "password": PASSWORD}
    answer = httpx.post(
        f"{server.url}/lionrock/v1/users", json=told | {"fund": {"BTC": "2", "USDT": "100000"}}, timeout=30
    )
    assert answer.status_code == 200, answer.text
    return told


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Sign-in name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


@pytest.fixture
def context(browser: Browser, sandbox: LiveServer) -> Iterator[BrowserContext]:
    """A browser of somebody's own, without a watch over its console: attacks make noise there."""
    opened = browser.new_context(base_url=sandbox.url)
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


def at_attacker(context: BrowserContext, origin: str, body: str) -> Page:
    """The page of an attacker at `origin`, in the victim's browser."""
    context.route(f"{origin}/**", lambda route: route.fulfill(body=f"<!doctype html>{body}", content_type="text/html"))
    page = context.new_page()
    page.goto(f"{origin}/trap")
    return page


@pytest.mark.shows("WEBP-002")
@pytest.mark.parametrize("origin", [CROSS_SITE, SAME_SITE])
def test_a_page_of_somebody_else_shows_nothing_of_ours_in_a_frame(
    context: BrowserContext, sandbox: LiveServer, origin: str
) -> None:
    page = at_attacker(context, origin, f'<iframe src="{sandbox.url}/sign-in"></iframe>')
    page.wait_for_timeout(500)
    assert len(page.frames) == 2
    assert "Lionrock" not in (page.frames[1].content())
    assert page.frames[1].locator("input").count() == 0


@pytest.mark.shows("WEBP-001")
def test_every_file_of_the_application_comes_with_its_policy(sandbox: LiveServer) -> None:
    paths = ["/" + path.relative_to(BUILT).as_posix() for path in BUILT.rglob("*") if path.is_file()]
    assert len(paths) > 20
    for path in [*paths, "/", "/trade/BTCUSDT", "/staff", "/sign-in"]:
        answer = sandbox.http.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, path
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-frame-options"] == "DENY"
    assert b"<script>" not in sandbox.http.get("/", headers={"Accept": "text/html"}).content
    assert b"style=" not in sandbox.http.get("/", headers={"Accept": "text/html"}).content


@pytest.mark.shows("WEBP-001")
def test_no_script_that_came_into_the_page_runs(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/status")
    expect(page.locator("h1")).to_be_visible()
    tries = (
        "const it = document.createElement('script'); it.textContent = 'window.attacked = 1'; document.head.append(it)",
        (
            "const it = document.createElement('script'); it.src = 'data:text/javascript,window.attacked = 1'; "
            "document.head.append(it)"
        ),
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.attacked = 1\">')",
        "document.body.setAttribute('onclick', 'window.attacked = 1'); document.body.click()",
        "setTimeout('window.attacked = 1', 0)",
    )
    for attack in tries:
        page.evaluate("(code) => { try { (0, Function)(code)() } catch {} }", attack)
        page.evaluate(f"() => {{ try {{ {attack} }} catch {{}} }}")
    page.wait_for_timeout(200)
    assert page.evaluate("window.attacked") is None
    assert page.evaluate("fetch('https://example.com/').then(() => 'sent', () => 'kept in')") == "kept in"


@pytest.mark.shows("WEBP-003")
def test_a_session_that_was_there_before_a_sign_in_is_not_the_one_after_it(
    context: BrowserContext, sandbox: LiveServer
) -> None:
    attacker, victim = signed_up(sandbox, "fix-attacker"), signed_up(sandbox, "fix-victim")
    planted = httpx.post(f"{sandbox.url}/lionrock/v1/sessions", timeout=30, json=attacker).cookies[SESSION_COOKIE]
    context.add_cookies([{"name": SESSION_COOKIE, "value": planted, "url": sandbox.url}])
    page = context.new_page()
    page.goto("/sign-in")
    sign_in(page, victim["signInName"])
    (cookie,) = [each for each in context.cookies() if each["name"] == SESSION_COOKIE]
    assert cookie["value"] != planted
    known = httpx.get(f"{sandbox.url}/lionrock/v1/user", timeout=30, cookies={SESSION_COOKIE: planted}).json()
    assert known["signInName"] == "fix-attacker"
    made_up = httpx.post(
        f"{sandbox.url}/lionrock/v1/sessions", timeout=30, json=victim, cookies={SESSION_COOKIE: "0" * 64}
    )
    assert made_up.cookies[SESSION_COOKIE] != "0" * 64


@pytest.mark.shows("WEBP-003")
def test_the_cookie_is_kept_from_scripts_and_from_other_sites(context: BrowserContext, sandbox: LiveServer) -> None:
    told = signed_up(sandbox, "cookie-1")
    page = context.new_page()
    page.goto("/sign-in")
    sign_in(page, told["signInName"])
    (cookie,) = context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    assert page.evaluate("document.cookie") == ""
    stored = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert cookie["value"] not in stored
    sent = {"Host": "trade.example"}
    given = httpx.post(f"{sandbox.url}/lionrock/v1/sessions", timeout=30, json=told, headers=sent).headers["set-cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Strict"} <= set(given.split("; "))


FORGED = """
const target = %r, fields = %r;
const form = (path, type) => {
  const it = document.createElement("form");
  Object.assign(it, {method: "POST", action: target + path, enctype: type, target: "sink"});
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("input");
    field.name = type === "text/plain" ? JSON.stringify(fields).slice(0, -1) + ',"x":"' : name;
    field.value = type === "text/plain" ? '"}' : value;
    it.append(field);
  }
  document.body.append(it);
  it.submit();
};
const sent = {method: "POST", credentials: "include", body: JSON.stringify(fields)};
const asked = (path, more) => fetch(target + path, {...sent, ...more})
  .then((answer) => answer.type === "opaque" ? "unseen" : answer.text(), () => "refused by the browser");
"""
WRITES = (
    "/lionrock/v1/orders",
    "/api/v1/spot/order",
    "/api/v1/account/withdraw",
    "/lionrock/v1/staff/proposals",
    "/lionrock/v1/password",
)


@pytest.mark.shows("WEBP-004")
@pytest.mark.parametrize("origin", [CROSS_SITE, SAME_SITE])
def test_a_page_of_somebody_else_does_nothing_in_the_name_of_who_is_signed_in(
    context: BrowserContext, sandbox: LiveServer, origin: str
) -> None:
    told = signed_up(sandbox, f"forged-{origin[7:10]}")
    home = context.new_page()
    home.goto("/sign-in")
    sign_in(home, told["signInName"])
    token = next(each["value"] for each in context.cookies() if each["name"] == SESSION_COOKIE)
    own = httpx.Client(timeout=30, base_url=sandbox.url, cookies={SESSION_COOKIE: token})
    before = own.get("/api/v1/account").json()["balances"]

    page = at_attacker(context, origin, '<iframe name="sink"></iframe>')
    page.evaluate(FORGED.replace("const ", "var ") % (sandbox.url, ORDER) + "window.form = form; window.asked = asked")
    for path in WRITES:
        for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
            page.evaluate("([path, kind]) => form(path, kind)", [path, kind])
        assert page.evaluate("(path) => asked(path, {mode: 'no-cors'})", path) in ("unseen", "refused by the browser")
        headers = {"Content-Type": "application/json", "X-Lionrock-CSRF": "guessed"}
        assert page.evaluate("([path, headers]) => asked(path, {headers})", [path, headers]) == "refused by the browser"
    reading = "(url) => fetch(url, {credentials: 'include'}).then((answer) => answer.text(), () => 'unread')"
    assert page.evaluate(reading, f"{sandbox.url}/api/v1/account") == "unread"
    page.wait_for_timeout(500)

    assert own.get("/api/v1/spot/openOrders").json() == []
    assert own.get("/api/v1/account/withdrawOrders").json() == []
    assert own.get("/api/v1/account").json()["balances"] == before
    assert own.get("/lionrock/v1/user").json()["signInName"] == told["signInName"]


@pytest.mark.shows("WEBP-005")
def test_nothing_that_the_interface_answers_is_kept_between(sandbox: LiveServer) -> None:
    client = httpx.Client(timeout=30, base_url=sandbox.url)
    told = signed_up(sandbox, "uncached")
    signed = client.post("/lionrock/v1/sessions", json=told)
    document: dict[str, Any] = client.get("/lionrock/v1/openapi.json").json()
    asked = [path for path, operations in document["paths"].items() if "get" in operations]
    assert len(asked) > 80
    for answer in [signed, *(client.get(path) for path in asked)]:
        assert answer.headers["cache-control"] == "no-store", answer.url
        assert answer.headers["x-content-type-options"] == "nosniff", answer.url
        assert "etag" not in answer.headers
        assert "last-modified" not in answer.headers


ODD = (
    *("/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2f..%2fetc/passwd"),
    *("/assets/%2e%2e%5c%2e%2e%5cetc", "//etc/passwd", "/\\..\\..\\etc\\passwd", "/%00", "/index.html%00.js"),
    *("/%ff%fe", "/;a=b/../..", "/" + "a/" * 400, "/*", "/%"),
)


@pytest.mark.shows("WEBP-006")
@pytest.mark.parametrize("path", ODD)
def test_an_odd_path_leads_nowhere_else(sandbox: LiveServer, path: str) -> None:
    """As bytes on a socket: clients tidy a path up before they send it."""
    host, port = urlsplit(sandbox.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        wire.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    status = int(answer.split(b" ", 2)[1])
    assert status in (200, 400, 404, 414)
    assert b"root:" not in answer
    if status == 200:
        assert b'<div id="app">' in answer


def test_an_address_that_cannot_be_read_leaves_the_way_to_others(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/trade/%E0%A4%A")
    page.locator("footer").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
