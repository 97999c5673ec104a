"""Takes a picture of every page of the application, on a seeded site, into the folder named: `make screenshots`.

Two colours and two languages at 1,280 pixels, and the trader's page on a phone. A second argument takes only the
addresses that begin with it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
from playwright.sync_api import Browser, BrowserContext, Error

from lionrock.gateways.rest.authentication import SESSION_COOKIE, STAFF_COOKIE
from tests.web.browsing import chromium
from tests.web.routes import Route, routes
from tests.web.staffed import PASSWORD, STAFF, House

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
LOOKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("en-dark", {"locale": "en-GB", "color_scheme": "dark", "viewport": DESK}),
    ("en-light", {"locale": "en-GB", "color_scheme": "light", "viewport": DESK}),
    ("ar-dark", {"locale": "ar", "color_scheme": "dark", "viewport": DESK}),
    ("zh-light", {"locale": "zh-HK", "color_scheme": "light", "viewport": DESK}),
)
PHONE_LOOK = {"locale": "en-GB", "color_scheme": "dark", "viewport": PHONE}
SETTLES_MS = 1_500
"""How long a page may go on drawing once its heading is there."""


def seed(house: House) -> tuple[str, dict[str, dict[str, str]]]:
    """Two accounts with a book and trades between them, an applicant, a proposal.

    The token of a client's session, and what stands in the place of parameters, by the address they are of.
    """
    seller, buyer = house.live.account(BTC="20", USDT="2000000"), house.live.account(BTC="20", USDT="2000000")
    for step in range(12):
        seller.limit("SELL", f"0.{step + 1:02}", str(64_020 + 15 * step))
        buyer.limit("BUY", f"0.{step + 2:02}", str(64_000 - 15 * step))
        buyer.limit("BUY", "0.01", str(64_020 + 15 * step))
    client_id = house.sign_up().client_id
    proposal = house["operator"].propose("market_phase", market_id=2, phase=4)
    told = {"signInName": "trader@example.com", "password": PASSWORD}
    client = httpx.Client(base_url=house.live.url, timeout=30)
    made = client.post("/lionrock/v1/users", json=told | {"fund": {"BTC": "2", "USDT": "100000"}})
    made.raise_for_status()
    csrf = client.post("/lionrock/v1/sessions", json=told).json()["csrfToken"]
    # The site asks for a second factor, and takes each code once: set up with one, signed in with the next.
    headers = {"X-Lionrock-CSRF": csrf}
    secret = client.post("/lionrock/v1/totp", json={"password": PASSWORD}, headers=headers).json()["secret"]
    codes, now = pyotp.TOTP(secret), time.time()
    client.put("/lionrock/v1/totp", json={"code": codes.at(now)}, headers=headers).raise_for_status()
    signed = client.post("/lionrock/v1/sessions", json=told | {"code": codes.at(now + codes.interval)})
    csrf = signed.raise_for_status().json()["csrfToken"]
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.25", "price": "63990"}
    for price in ("63990", "64100"):
        told = order | {"price": price}
        client.post("/lionrock/v1/orders", json=told, headers={"X-Lionrock-CSRF": csrf}).raise_for_status()
    named = {
        "/trade/:symbol": {"symbol": "BTCUSDT"},
        "/staff/clients/:id": {"id": client_id},
        "/staff/proposals/:id": {"id": proposal["proposalId"]},
        "/staff/propose/:action": {"action": "account_restriction"},
        "/staff/rulebook/:id": {"id": "HK-F02"},
    }
    return client.cookies[SESSION_COOKIE], named


def signed_in(browser: Browser, house: House, token: str, audience: str, **look: Any) -> BrowserContext:
    """A browser of somebody whom the page is for."""
    context = browser.new_context(base_url=house.live.url, **look)
    if audience == "client":
        context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": house.live.url}])
        context.add_init_script("localStorage.setItem('lionrock.client', '1')")
    if audience == "staff":
        url = house.live.url + STAFF
        context.add_cookies([{"name": STAFF_COOKIE, "value": house["officer"].cookie, "url": url}])
        context.add_init_script("localStorage.setItem('lionrock.staff', '1')")
    return context


def wanted(begins: str) -> Iterator[tuple[Route, str, dict[str, Any]]]:
    """What is to be taken: the page, the picture's name, how it looks."""
    for route in routes():
        if not route.path.startswith(begins):
            continue
        name = route.path.strip("/").replace("/", "-").replace(":", "") or "home"
        for look, named in LOOKS:
            yield route, f"{name}-{look}.png", named
        if route.path.startswith("/trade/"):
            yield route, f"{name}-phone.png", PHONE_LOOK


def main(folder: Path, begins: str = "/") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, chromium() as browser:
        house = House(Path(directory) / "site")
        token, named = seed(house)
        for route, name, look in wanted(begins):
            # A trader's page is shown as its user has it.
            audience = "client" if route.path.startswith("/trade/") else route.audience
            context = signed_in(browser, house, token, audience, **look)
            try:
                page = context.new_page()
                page.goto(route.address(**named.get(route.path, {})))
                page.wait_for_selector("h1", timeout=15_000)
                page.wait_for_timeout(SETTLES_MS)
                page.screenshot(path=folder / name)
                print(name, flush=True)
            except Error as error:
                print(f"{name}: {error.message.splitlines()[0]}", flush=True)
            finally:
                context.close()
        house.live.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
