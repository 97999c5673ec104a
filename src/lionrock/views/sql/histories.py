"""Answers questions from the read models beside the event loop: a few threads that only read, and a bounded queue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from lionrock.views.sql.database import DatabaseUnusable, open_views
from lionrock.views.sql.projection import Position, RebuildNeeded, read_position

_log = logging.getLogger(__name__)

THREADS = 3
"""Of a machine that has a venue to run as well."""
MOST_WAITING = 64
"""Questions in the queue; beyond it an answer would come too late to help."""
PATIENCE_SECONDS = 3
"""How long a question waits for the read models to tell of what was done before it was asked."""
ANSWER_SECONDS = 20
"""After which a database that does not answer is given up."""
_LOOK_SECONDS = 0.02

T = TypeVar("T")


class HistoriesUnavailable(Exception):
    """There are no read models that can be read, or their database does not answer."""


class HistoriesBusy(Exception):
    """Too many questions wait already."""


class Histories:
    """The read models of one site, for one event loop."""

    def __init__(self, url: str, hash_cursor: Callable[[bytes], int]) -> None:
        """Nothing is opened before it is asked for. `hash_cursor` is a keyed hash of 64 bits."""
        self._url = url
        self.hash_cursor = hash_cursor
        """What a cursor given to a client is sealed with."""
        self._database: Engine | None = None
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="histories")
        self._seen = -1
        self._looking = asyncio.Lock()
        self._waiting = 0
        self._told = ""

    async def ask(self, question: Callable[[Connection], T], sequence: int) -> tuple[T, Position]:
        """What the question finds, all of it at one position, and that position.

        Waits up to `PATIENCE_SECONDS` until the rows tell of the command of that sequence; when they then do not, the
        position says so. Raises `HistoriesUnavailable` and `HistoriesBusy`.
        """
        if self._waiting >= MOST_WAITING:
            raise HistoriesBusy(f"{self._waiting} questions wait already")
        self._waiting += 1
        try:
            await self._wait_for(sequence)
            async with asyncio.timeout(ANSWER_SECONDS):
                found, at = await self._run(lambda connection: (question(connection), read_position(connection)))
            self._seen = at.sequence
        except TimeoutError as error:
            raise HistoriesUnavailable(f"the database did not answer within {ANSWER_SECONDS} s") from error
        finally:
            self._waiting -= 1
        return found, at

    async def _wait_for(self, sequence: int) -> None:
        """One look at a time at the position, for all who wait."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while self._seen < sequence:
                    async with self._looking:
                        if self._seen < sequence and not await self._look() >= sequence:
                            await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            pass

    async def _look(self) -> int:
        try:
            self._seen = (await self._run(read_position)).sequence
        except HistoriesUnavailable:
            self._seen = -1
            await asyncio.sleep(_LOOK_SECONDS * 5)
        return self._seen

    async def _run(self, question: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, question)

    def _answer(self, question: Callable[[Connection], T]) -> T:
        try:
            if self._database is None:
                self._database = open_views(self._url, for_writing=False)
            with self._database.connect() as connection:
                found = question(connection)
        except (DatabaseUnusable, RebuildNeeded, SQLAlchemyError, OSError) as error:
            words = str(getattr(error, "orig", None) or error).strip()
            if words != self._told:  # once, however many ask
                _log.warning("Histories cannot be read: %s", words)
                self._told = words
            raise HistoriesUnavailable(words) from error
        self._told = ""
        return found

    def close(self) -> None:
        """What is being answered comes to its end in its thread; nothing else is begun."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._database is not None:
            self._database.dispose()
