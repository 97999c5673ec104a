"""What anybody may read of the venue, by the pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.gateways.rest.live import LiveServer
from tests.web.browsing import Watched, grave_violations

LATEST, GROWTH = "/lionrock/v1/checkpoints/latest", "/lionrock/v1/checkpoints/consistency"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A sandbox with a checkpoint that was kept, and a later one: a clean stop signs."""
    live = LiveServer(tmp_path_factory.mktemp("site"), "--sandbox")
    seller, buyer = live.account(BTC="5"), live.account(USDT="1000000")
    seller.limit("SELL", "0.5", "64020")
    buyer.limit("BUY", "0.4", "64000")
    assert live.stop() == 0
    live.start()
    live.kept = live.get(LATEST).json()  # type: ignore[attr-defined]
    live.account(USDT="1")
    assert live.stop() == 0
    live.start()
    assert int(live.get(LATEST).json()["treeSize"]) > int(live.kept["treeSize"])  # type: ignore[attr-defined]
    yield live
    assert live.stop() == 0


def steps(page: Page) -> list[str]:
    return page.locator("ol li .what").all_inner_texts()


def remembering(watched: Watched, kept: dict[str, Any]) -> None:
    """As a browser that was here when `kept` was the newest."""
    stored = json.dumps(json.dumps({"note": kept["note"], "verifierKey": kept["verifierKey"], "atMs": 1}))
    place = "'lionrock.checkpoint'"
    watched.context.add_init_script(f"localStorage.getItem({place}) ?? localStorage.setItem({place}, {stored})")


def test_the_status_says_what_the_venue_says(visit: Callable[..., Watched], sandbox: LiveServer) -> None:
    page = visit(locale="en-GB").page("/status")
    told = sandbox.get("/lionrock/v1/status").json()
    expect(page.get_by_text("Open", exact=True)).to_be_visible()
    expect(page.get_by_text(f"{told['title']} ({told['site']})")).to_be_visible()
    expect(page.get_by_text("This is a sandbox", exact=False)).to_be_visible()
    rows = page.get_by_role("row").all_inner_texts()
    assert [row.split("\t")[0] for row in rows[1:]] == [market["symbol"] for market in told["markets"]]
    page.get_by_role("button", name=told["lastSequence"], exact=True).click()
    expect(page.get_by_text("Nothing is acknowledged before it is durable.")).to_be_visible()


def test_a_venue_that_goes_away_leaves_what_was_read_with_its_age(visit: Callable[..., Watched]) -> None:
    watched = visit(locale="en-GB")
    page = watched.page("/status")
    expect(page.get_by_text("Open", exact=True)).to_be_visible()
    watched.context.route("**/lionrock/v1/status", lambda route: route.abort("connectionrefused"))
    expect(page.get_by_text("What you see was read", exact=False)).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Open", exact=True)).to_be_visible()


def test_fees_stand_as_the_venue_charges_them(visit: Callable[..., Watched], sandbox: LiveServer) -> None:
    page = visit(locale="en-GB").page("/fees")
    tiers = sandbox.get("/lionrock/v1/fees").json()["tiers"]
    rows = page.locator("table.tiers tbody tr")
    expect(rows).to_have_count(len(tiers))
    for row, tier in zip(rows.all(), tiers, strict=True):
        shown = row.locator("button").all_inner_texts()
        assert [round(float(each.rstrip(" %")) * 1e4) for each in shown] == [
            round(float(tier[rate]) * 1e6) for rate in ("makerRate", "takerRate")
        ]
    rows.first.get_by_role("button").last.click()
    expect(page.get_by_role("complementary").get_by_text("On a fill worth 1,000")).to_be_visible()


def test_the_rules_are_those_of_the_venue_and_only_text(visit: Callable[..., Watched], sandbox: LiveServer) -> None:
    watched = visit(locale="fr-FR")
    evil = "# Rules\n\n## Hours\n\nAlways. <img src=x onerror=alert(1)> [go](javascript:alert(1))\n"
    watched.context.route("**/tradingRules", lambda route: route.fulfill(body=evil, content_type="text/markdown"))
    page = watched.page("/rules")
    expect(page.get_by_text("<img src=x onerror=alert(1)>", exact=False)).to_be_visible()
    assert page.locator("main img").count() == 0
    assert page.locator("main a[href^=javascript]").count() == 0
    watched.context.unroute("**/tradingRules")
    page.reload()
    told = sandbox.get("/lionrock/v1/tradingRules").text
    titles = [line[3:] for line in told.splitlines() if line.startswith("## ")]
    for title in titles:
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(page.get_by_role("rowheader", name="BTCUSDT")).to_be_visible()


def test_quality_is_a_table_and_a_picture_of_it(visit: Callable[..., Watched]) -> None:
    watched = visit(locale="en-GB")
    near = [{"withinBp": bp, "bids": bids, "asks": "1"} for bp, bids in ((10, "0.5"), (50, "1.5"), (100, "3"))]
    window = {"measuredMs": 3_600_000, "bothSidesShare": "0.995", "spreadBp": "3.1246", "trades": 1234}
    told = {
        "sampledEveryMs": 5000,
        "uptime": [{"hours": hours, "sinceMs": 1_800_000_000_000, "upShare": "0.9995"} for hours in (1, 24)],
        "symbols": [{"symbol": "BTCUSDT", "windows": [{"hours": hours, "depth": near, **window} for hours in (1, 24)]}],
    }
    watched.context.route("**/lionrock/v1/quality", lambda route: route.fulfill(json=told))
    page = watched.page("/quality")
    expect(page.get_by_role("button", name="3.1246 bp")).to_be_visible()
    expect(page.get_by_text("99.95 %")).to_be_visible()
    expect(page.get_by_text("More stood to buy than to sell within 100 bp.")).to_be_visible()
    widths = [float(each.get_attribute("width") or "") for each in page.locator("figure rect.bids").all()]
    assert [round(width) for width in widths] == [17, 50, 100]


@pytest.mark.shows("WEBP-011")
def test_a_browser_that_comes_back_checks_that_nothing_was_rewritten(
    visit: Callable[..., Watched], sandbox: LiveServer
) -> None:
    watched = visit(locale="en-GB")
    kept = sandbox.kept  # type: ignore[attr-defined]
    remembering(watched, kept)
    page = watched.page("/verify")
    expect(page.get_by_text("Nothing was rewritten", exact=True)).to_be_visible()
    assert [step.rsplit(" ", 1)[1] for step in steps(page)] == ["passed"] * 5
    newest = sandbox.get(LATEST).json()
    stored = json.loads(page.evaluate("localStorage.getItem('lionrock.checkpoint')"))
    assert (stored["note"], stored["verifierKey"]) == (newest["note"], newest["verifierKey"])
    assert grave_violations(page) == []
    page.get_by_role("button", name="Change one byte and check").click()
    expect(page.get_by_text("The signature does not fit the text", exact=False)).to_be_visible()


@pytest.mark.shows("WEBP-011")
def test_a_first_visit_says_what_it_cannot_know(visit: Callable[..., Watched], sandbox: LiveServer) -> None:
    page = visit(locale="en-GB").page("/verify")
    expect(page.get_by_text("Signed, and kept from now on", exact=True)).to_be_visible()
    assert [step.split()[-1] for step in steps(page)] == ["compare", "passed"]
    key = sandbox.get(LATEST).json()["verifierKey"]
    expect(page.get_by_text(f'lionrock journal verify data --public-key "{key}"')).to_be_visible()
    page.get_by_role("button", name="Check again", exact=True).click()
    expect(page.get_by_text("Nothing was added", exact=False)).to_be_visible()


def bent(name: str, kept: dict[str, Any], newest: dict[str, Any], growth: dict[str, Any]) -> tuple[Any, Any]:
    """What a venue would answer that changed something: the newest checkpoint, the proof."""
    lines = newest["note"].split("\n")
    if name == "size":
        return newest | {"note": newest["note"].replace(f"\n{lines[1]}\n", f"\n{int(lines[1]) + 1}\n", 1)}, growth
    if name == "root":
        other = "A" if lines[2][0] != "A" else "B"
        return newest | {"note": newest["note"].replace(lines[2], other + lines[2][1:], 1)}, growth
    if name == "path":
        first = growth["path"][0]
        return newest, growth | {"path": [("0" if first[0] != "0" else "1") + first[1:], *growth["path"][1:]]}
    if name == "shorter":
        return kept, growth
    other_key = newest["verifierKey"][:-3] + ("AA=" if newest["verifierKey"][-3:] != "AA=" else "BA=")
    return newest | {"verifierKey": other_key}, growth


@pytest.mark.shows("WEBP-011")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("size", "The signature does not fit the text"),
        ("root", "The signature does not fit the text"),
        ("path", "do not lead from"),
        ("shorter", "the venue now tells of"),
        ("key", "The venue names another key"),
    ],
)
def test_a_changed_byte_is_found_out_and_what_was_kept_stays(
    visit: Callable[..., Watched], sandbox: LiveServer, name: str, told: str
) -> None:
    old = sandbox.kept  # type: ignore[attr-defined]
    newest = sandbox.get(LATEST).json()
    growth = sandbox.get(GROWTH, **{"from": old["treeSize"]}).json()
    answer, proof = bent(name, old, newest, growth)
    watched = visit(locale="en-GB")
    remembering(watched, newest if name == "shorter" else old)

    def lie(route: Route) -> None:
        route.fulfill(json=answer if "latest" in route.request.url else proof)

    watched.context.route("**/lionrock/v1/checkpoints/**", lie)
    page = watched.page("/verify")
    expect(page.get_by_text("The check failed", exact=True)).to_be_visible()
    expect(page.get_by_text(told, exact=False)).to_be_visible()
    stored = json.loads(page.evaluate("localStorage.getItem('lionrock.checkpoint')"))
    assert stored["note"] == (newest if name == "shorter" else old)["note"]


@pytest.mark.shows("WEBP-011")
def test_a_checkpoint_kept_on_paper_is_checked_too(visit: Callable[..., Watched], sandbox: LiveServer) -> None:
    kept = sandbox.kept  # type: ignore[attr-defined]
    page = visit(locale="en-GB").page("/verify")
    page.get_by_label("The venue's public key").fill(kept["verifierKey"])
    page.get_by_label("A checkpoint that you kept").fill(kept["note"])
    page.get_by_role("button", name="Check against this").click()
    expect(page.get_by_text("Nothing was rewritten", exact=True)).to_be_visible()
    page.get_by_label("A checkpoint that you kept").fill(kept["note"].replace("lionrock/", "lionrick/"))
    page.get_by_role("button", name="Check against this").click()
    expect(page.get_by_text("is not signed by this key", exact=False)).to_be_visible()


def test_about_names_who_made_what_is_shipped(visit: Callable[..., Watched], sandbox: LiveServer) -> None:
    page = visit(locale="en-GB").page("/about")
    expect(page.get_by_text("Copyright (c) 2025 TradingView, Inc.", exact=False)).to_be_visible()
    assert page.locator("a[href='https://www.tradingview.com/']").count() == 2
    for entity in sandbox.get("/lionrock/v1/status").json()["entities"]:
        expect(page.get_by_role("heading", name=entity["title"])).to_be_visible()


def test_before_the_first_checkpoint_the_page_says_when(browser: Browser, tmp_path: Path) -> None:
    live = LiveServer(tmp_path / "new", "--sandbox")
    watched = Watched(browser, live.url, locale="en-GB")
    page = watched.page("/verify")
    expect(page.get_by_role("status").filter(has_text="No checkpoint has been signed yet")).to_be_visible()
    assert page.get_by_role("alert").count() == 0, "nothing is wrong"
    watched.close()
    assert live.stop() == 0
