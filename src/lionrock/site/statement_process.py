"""Statements are made by a process of their own, `lionrock views statement`: that is work, and the venue goes first."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path

from lionrock.gateways.rest.contract import NS_PER_MS, StatementRefused

_log = logging.getLogger(__name__)

AT_ONCE = 1
MOST_WAITING = 8
PATIENCE_SECONDS = 60
REFUSED_CODE = 3
"""Exit code of a process that says why there is no such statement, as JSON on standard error."""


class StatementProcess:
    """Of one data directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.absolute()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def __call__(self, account_id: int, from_ns: int, until_ns: int, file_format: str) -> bytes:
        """The file. Times are whole milliseconds. Raises `StatementRefused`."""
        if self._waiting >= MOST_WAITING:
            raise StatementRefused("statements_busy", "too many statements are being made", "ask again in a minute")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._make(
                    f"--account={account_id}",
                    f"--from={from_ns // NS_PER_MS}",
                    f"--to={until_ns // NS_PER_MS}",
                    f"--format={file_format}",
                )
        finally:
            self._waiting -= 1

    async def _make(self, *wanted: str) -> bytes:
        command = (sys.executable, "-P", "-m", "lionrock.cli", "views", "statement", str(self._directory), *wanted)
        process = await asyncio.create_subprocess_exec(
            *command,
            "--while-stdin",
            "--json",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                made, told = await _read(process)
        except TimeoutError as error:
            words = f"it could not be made within {PATIENCE_SECONDS} seconds"
            raise StatementRefused("statement_took_too_long", words, "ask for a shorter time") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode == REFUSED_CODE:
            raise StatementRefused(**json.loads(told))
        if process.returncode != 0:
            _log.critical("A statement could not be made: %s", told.decode(errors="replace").strip()[-1000:])
            raise StatementRefused("statement_failed", "the statement could not be made", "tell the operator")
        return made


async def _read(process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    """All it prints. Its standard input stays open, which keeps it at work."""
    if process.stdout is None or process.stderr is None:
        raise ValueError("the process has no pipes")
    made, told = await asyncio.gather(process.stdout.read(), process.stderr.read())
    await process.wait()
    return made, told
