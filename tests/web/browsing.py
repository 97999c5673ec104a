"""Debian's Chromium on the pages of a running site, as its users have it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

expect.set_options(timeout=15_000)  # of a machine with other work
PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


@contextmanager
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, "no Chromium is installed: run `make deps`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


class Watched:
    """A browser of somebody's own; what its console complains of is looked at when it closes."""

    def __init__(self, browser: Browser, url: str, **named: Any) -> None:
        self.url = url
        self.context: BrowserContext = browser.new_context(base_url=url, **named)
        self.context.set_default_timeout(15_000)
        self.complaints: list[str] = []

    def page(self, path: str = "/") -> Page:
        page = self.context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(path)
        return page

    def close(self) -> None:
        self.context.close()
        # Chromium tells the console of each refusal and of a server that is away; what else it says is a fault of ours.
        expected = ("status of 4", "ERR_CONNECTION", "ERR_INTERNET_DISCONNECTED", "ERR_EMPTY_RESPONSE", "WebSocket")
        faults = [text for text in self.complaints if not any(part in text for part in expected)]
        assert not faults, faults


def sign_out(page: Page) -> None:
    """Who goes to another page before the venue has answered may be signed in there."""
    button = page.get_by_role("button", name="Sign out")
    button.click()
    expect(button).to_have_count(0)


def grave_violations(page: Page) -> list[str]:
    """What axe-core finds serious or critical on the page: rule, element, why."""
    page.context.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})
    page.evaluate(AXE.read_text())  # not by a script element, which the policy does not let in
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']} {node['target']}: {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]
