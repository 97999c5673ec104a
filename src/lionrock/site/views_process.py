"""The process that keeps the read models: `lionrock views run`, started beside the site, watched and ended with it."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from prometheus_client import CollectorRegistry, Gauge

from lionrock.gateways.rest.contract import Reason

_log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30
"""Before it is started again; twice as long each time."""
SETTLED_SECONDS = 60
"""A process that has run for so long is begun anew with the first pause."""
STOP_SECONDS = 3
"""How long it may take to end when it is told to; it loses nothing when it is killed."""
_LINE_BYTES = 400
"""Of what it says, in the log."""


class ViewsProcess:
    """One site's. It ends when this process does, however that ends: it reads a pipe whose other end is held here."""

    def __init__(self, directory: Path) -> None:
        self._command = (
            sys.executable,
            "-P",
            "-m",
            "lionrock.cli",
            "views",
            "run",
            str(directory.absolute()),
            "--while-stdin",
        )
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._why_not = "it is being started"
        self.restarts = 0

    def start(self, registry: CollectorRegistry) -> Self:
        """Returns at once: the site does not wait for it."""
        running = Gauge("lionrock_views_running", "1 while the process of the read models runs.", registry=registry)
        running.set_function(lambda: self.is_running)
        restarts = Gauge("lionrock_views_restarts", "How often it was started again.", registry=registry)
        restarts.set_function(lambda: self.restarts)
        self._watching = asyncio.create_task(self._watch())
        return self

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def process_id(self) -> int | None:
        """None while it does not run."""
        return self._process.pid if self._process is not None and self.is_running else None

    def remark(self) -> Reason | None:
        """What readiness says when it does not run: trading does not need it, histories do."""
        if self.is_running:
            return None
        return Reason("views_not_running", f"histories may be old: the process of the read models: {self._why_not}")

    async def stop(self) -> None:
        """Ends it in order, within `STOP_SECONDS`, or kills it."""
        self._stopping.set()
        if self._watching is None:
            return
        self._signal(kill=False)
        await asyncio.wait([self._watching], timeout=STOP_SECONDS)
        self._watching.cancel()
        with suppress(asyncio.CancelledError):
            await self._watching

    def _signal(self, *, kill: bool) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                (self._process.kill if kill else self._process.terminate)()

    async def _watch(self) -> None:
        loop, pause = asyncio.get_running_loop(), FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            begun = loop.time()
            try:
                words = await self._run()
            except OSError as error:
                words = f"it cannot be started: {error}"
            if loop.time() - begun > SETTLED_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self._why_not = f"it has ended, the log says why; it was started again {self.restarts} times"
            if await self._stops_within(pause, words):
                return
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            self.restarts += 1

    async def _stops_within(self, pause: float, words: str) -> bool:
        if not self._stopping.is_set():
            _log.warning("The process of the read models has ended (%s); starting it again in %g s", words, pause)
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                return await self._stopping.wait()
        return False

    async def _run(self) -> str:
        """Returns when it has ended; how, in words."""
        self._process = process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C at the terminal is the site's, which then ends it
        )
        last = ""
        try:
            assert process.stderr is not None  # noqa: S101 - it was asked for
            async for line in _lines(process.stderr):
                last = line
                _log.warning("The process of the read models says: %s", line)
            code = await process.wait()
        except asyncio.CancelledError:
            self._signal(kill=True)
            await process.wait()
            raise
        return f"exit code {code}: {last}" if last else f"exit code {code}"


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """What it says, without empty lines; the end of a line that is too long is left out."""
    rest = b""
    while some := await stream.read(4096):
        *whole, rest = (rest + some).split(b"\n")
        rest = rest[:_LINE_BYTES]
        for line in whole:
            if text := line[:_LINE_BYTES].decode(errors="replace").strip():
                yield text
    if text := rest.decode(errors="replace").strip():
        yield text
