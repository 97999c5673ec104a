"""`lionrock demo`: where the tour's files lie, how it ends, and that nothing of it is left running."""

from __future__ import annotations

import itertools
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple, NoReturn

import httpx
from rich.console import Console

from lionrock.demo.stage import CheckFailedError, Stage
from lionrock.demo.tour import STEPS, take
from lionrock.sim.api_client import RefusedByVenueError
from lionrock.sim.venue_process import VenueDidNotStartError
from lionrock.site import readiness

WIDTH = 110
"""Columns, where no terminal says."""
LEAST_FREE_BYTES = 2 * readiness.LEAST_FREE_BYTES
"""Of disk: with less than half of it a venue says that it is not ready, and the tour's data come to some 80 MB."""


class Options(NamedTuple):
    """As `lionrock demo --help` explains them."""

    orders: int
    data: Path | None
    port: int
    headless: bool
    pause: bool
    step: int | None
    stay: bool | None
    """None: on a terminal, unless it is headless."""


def run(options: Options, fail: Callable[[str], NoReturn]) -> None:
    """The tour in a directory that is thrown away, or in a new one below `data`. `fail` ends with words and code 1."""
    if options.step is not None and options.step > len(STEPS):
        names = ", ".join(f"{number} {each.name}" for number, each in enumerate(STEPS, 1))
        fail(f"there are {len(STEPS)} steps: {names}")
    with _as_interrupts():
        try:
            with _directory(options.data) as directory:
                _take(options, directory)
        except (_Failed, OSError) as error:
            fail(f"{error}")
        except KeyboardInterrupt:
            fail("stopped; nothing is left running")


class _Failed(Exception):
    """The tour ended early, and why."""


def _take(options: Options, directory: Path) -> None:
    console = Console(force_terminal=False, no_color=True, width=WIDTH) if options.headless else Console()
    free = shutil.disk_usage(directory).free
    if free < LEAST_FREE_BYTES:
        raise _Failed(f"{directory} has {free // 10**6} MB free, and the tour needs {LEAST_FREE_BYTES // 10**6}")
    begun = time.perf_counter()
    clock = (lambda: time.time_ns() // 1_000_000, time.perf_counter)
    stage = Stage(console, directory, *clock, options.orders, options.port)
    try:
        take(stage, options.step, lambda: _pause(console, options))
        seconds = time.perf_counter() - begun
        console.print(f"\n[bold]All of it was checked[/], in {seconds:.0f} s.", highlight=False)
        _stay(stage, options)
    except CheckFailedError as error:
        raise _Failed(f"this did not hold: {error}{_last_words(stage)}") from error
    except (VenueDidNotStartError, RefusedByVenueError, httpx.HTTPError, OSError) as error:
        raise _Failed(f"{error}{_last_words(stage)}") from error
    finally:
        stage.close()


def _last_words(stage: Stage) -> str:
    """What the venue logged last, where it says more than an answer does."""
    try:
        lines = stage.data.with_name("site.log").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return f"\nThe venue's log ends with: {lines[-1]}" if lines else ""


@contextmanager
def _directory(data: Path | None) -> Iterator[Path]:
    if data is None:
        with tempfile.TemporaryDirectory(prefix="lionrock-", ignore_cleanup_errors=True) as temporary:
            yield Path(temporary)
        return
    for number in itertools.count(1):
        directory = data / f"tour-{number}"
        try:
            directory.mkdir(parents=True, mode=0o700)
        except FileExistsError:
            continue
        yield directory
        return


@contextmanager
def _as_interrupts() -> Iterator[None]:
    """A closed terminal and a polite end are what Ctrl-C is: everything is taken down in order."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _pause(console: Console, options: Options) -> None:
    if options.pause and sys.stdin.isatty() and not options.headless:
        console.input("   [dim]Enter goes on[/]")


def _stay(stage: Stage, options: Options) -> None:
    is_asked_for = sys.stdin.isatty() and not options.headless if options.stay is None else options.stay
    if not is_asked_for or stage.venue is None:
        stage.console.print("The same venue for you: see `A first trade` in the README.", highlight=False)
        return
    stage.console.print(f"The venue stays open at {stage.url}; Ctrl-C ends it.", highlight=False)
    try:
        signal.pause()
    except KeyboardInterrupt:
        stage.console.print("closed")
