"""The web application in a browser: frames, bytes, time to interactive, memory. Needs Playwright and Chromium."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from lionrock.sim.venue_process import VenueProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
MODES = {"painter": "the painter of the book", "plain": "all rows anew with each update"}
PAGE = "/trade/BTCUSDT"
CHART = "/assets/drawing-"
"""How the file that draws the chart is called; it comes only when a chart is shown."""
MOST_BYTES = 200_000
"""What may be transferred for the trade page before its chart."""
WARM_SECONDS = 5
"""Of a soak, before the heap is measured the first time: what is made once is there by then."""
INTERACTIVE = (
    "() => document.querySelector('.level:not(:disabled)') && document.querySelector('form input') && performance.now()"
)
"""A level of the book can be pressed and the ticket typed into; milliseconds since the page was asked for."""

Progress = Callable[[str, int, int], None]


class BrowserMissingError(Exception):
    """There is nothing to measure in; the message says what to install."""


class WebBench(NamedTuple):
    """What is asked of a run."""

    updates_per_s: int
    seconds: int
    rounds: int
    soak_seconds: float


def bench_web(directory: Path, asked: WebBench, progress: Progress) -> dict[str, object]:
    """A sandbox with simulated market makers is started in `directory`. Raises `BrowserMissingError`.

    - `book`: made-up updates, each checked by its checksum, played into the feed of the trade page and into the same
      feed with all rows rendered anew; frames a second, the frame that one in a hundred is longer than, the share of
      the time in which updates were taken in, and time of the page's main thread (script, style, layout, painting) for
      an update; `processor_ratio` is that of the plain re-render to that of the painter;
    - `load`: bytes of the trade page before its chart's file is asked for, as they came over the wire, of all requests,
      and milliseconds until a level can be pressed, with an empty cache; medians;
    - `soak`: the heap of the page and its nodes after garbage was collected, before and after.
    """
    with _chromium() as browser:
        venue = VenueProcess(directory, options=("--makers", "3"))
        try:
            played = {mode: _frames(browser, venue.url, mode, asked, progress) for mode in MODES}
            loads = []
            for number in range(asked.rounds):
                progress("the trade page loaded", asked.rounds, number)
                loads.append(_load(browser, venue.url))
            soak = _soak(browser, venue.url, asked.soak_seconds, progress)
        finally:
            venue.stop()
        version = browser.version
    costs = [played[mode]["processor_us_per_update"] for mode in ("plain", "painter")]
    return {
        "chromium": version,
        "book": {"updates_per_s": asked.updates_per_s, **played, "processor_ratio": round(costs[0] / costs[1], 1)},
        "load": {
            "bytes_before_chart": round(median(load[0] for load in loads)),
            "most_bytes": MOST_BYTES,
            "interactive_ms": round(median(load[1] for load in loads)),
        },
        "soak": soak,
    }


@contextmanager
def _chromium() -> Iterator[Browser]:
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 only who measures has it
    except ImportError as error:
        raise BrowserMissingError("Playwright is missing: pip install playwright") from error
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise BrowserMissingError("Chromium is missing: apt-get install chromium-headless-shell, or make deps")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


def _frames(browser: Browser, url: str, mode: str, asked: WebBench, progress: Progress) -> dict[str, float]:
    runs = []
    for number in range(asked.rounds):
        progress(f"book: {MODES[mode]}", asked.rounds, number)
        with _context(browser, url, bypass_csp=mode == "plain") as context:  # the policy lets no text become markup
            page = context.new_page()
            session = context.new_cdp_session(page)
            session.send("Performance.enable")
            page.goto(f"/bench/book?mode={mode}&rate={asked.updates_per_s}&seconds={asked.seconds}")
            page.locator("main button:not(:disabled)").wait_for(timeout=60_000)  # the stream is made up
            before = _processor_s(session)
            page.locator("main button").click()
            shown = page.locator("[data-result^='{']")
            shown.wait_for(timeout=(asked.seconds * 10 + 60) * 1_000)
            runs.append(json.loads(shown.get_attribute("data-result") or "{}"))
            runs[-1]["processor_s"] = _processor_s(session) - before
    if not all(run["isWhole"] for run in runs):
        raise ValueError("a made-up book did not come out whole")
    return {
        "frames_per_s": round(median(run["framesPerSecond"] for run in runs), 1),
        "slow_frame_ms": round(median(run["slowFrameMs"] for run in runs), 1),
        "updates_per_s": round(median(run["updates"] / run["seconds"] for run in runs)),
        "update_share": round(median(run["updateShare"] for run in runs), 3),
        "processor_us_per_update": round(median(run["processor_s"] / run["updates"] for run in runs) * 1e6),
    }


def _processor_s(session: CDPSession) -> float:
    """Of the page's main thread: script, style, layout and painting."""
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def _load(browser: Browser, url: str) -> tuple[int, float]:
    """Bytes before the chart is asked for, and milliseconds until the page can be used."""
    with _context(browser, url) as context:
        page = context.new_page()
        session = context.new_cdp_session(page)
        begun: dict[str, float] = {}
        chart_at: list[float] = []
        ended: list[tuple[str, int]] = []

        def note(event: dict[str, Any]) -> None:
            begun[event["requestId"]] = event["timestamp"]
            if CHART in event["request"]["url"]:
                chart_at.append(event["timestamp"])

        session.send("Network.enable")
        session.on("Network.requestWillBeSent", note)
        session.on(
            "Network.loadingFinished", lambda event: ended.append((event["requestId"], event["encodedDataLength"]))
        )
        page.goto(PAGE, wait_until="commit")
        interactive_ms = float(page.wait_for_function(INTERACTIVE, timeout=60_000).json_value())
        page.wait_for_load_state("networkidle")
        if not chart_at:
            raise ValueError("no file of the chart was asked for")
        return sum(size for request, size in ended if begun.get(request, 0) < chart_at[0]), interactive_ms


def _soak(browser: Browser, url: str, seconds: float, progress: Progress) -> dict[str, object]:
    with _context(browser, url) as context:
        page = context.new_page()
        session = context.new_cdp_session(page)
        page.goto(PAGE)
        page.wait_for_function(INTERACTIVE, timeout=60_000)
        _stay(page, WARM_SECONDS, "the page warmed", progress)
        heap_before, nodes_before = _memory(session)
        _stay(page, seconds, "the page kept open", progress)
        heap_after, nodes_after = _memory(session)
    return {
        "seconds": round(seconds),
        "heap_before_mib": round(heap_before / 2**20, 2),
        "heap_after_mib": round(heap_after / 2**20, 2),
        "nodes_before": nodes_before,
        "nodes_after": nodes_after,
    }


def _stay(page: Page, seconds: float, words: str, progress: Progress) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        progress(words, round(seconds), round(seconds - left))
        page.wait_for_timeout(min(left, 1.0) * 1_000)


def _memory(session: CDPSession) -> tuple[int, int]:
    """Bytes of the heap and nodes of documents that are still held."""
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    return int(used), int(session.send("Memory.getDOMCounters")["nodes"])


@contextmanager
def _context(browser: Browser, url: str, *, bypass_csp: bool = False) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=url, locale="en-GB", bypass_csp=bypass_csp)
    yield context
    context.close()
