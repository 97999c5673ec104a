"""The read models, waited for until they tell of everything that a paper must know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine

from lionrock.views.sql.database import open_views
from lionrock.views.sql.projection import read_position

T = TypeVar("T")

PATIENCE_SECONDS = 10
_LOOK_SECONDS = 0.1


class RowsBehind(Exception):
    """The read models do not tell of the last command yet."""


class Rows:
    """Of one site. Its questions may take longer than a client's, so they have a connection of their own."""

    def __init__(self, url: str) -> None:
        """Nothing is opened before it is asked for."""
        self._url = url
        self._database: Engine | None = None

    async def wait_for(self, sequence: int) -> None:
        """Until the rows tell of that command. Raises `RowsBehind` and what `open_views` and SQLAlchemy raise."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    if (await self.ask(read_position)).sequence >= sequence:
                        return
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError as error:
            raise RowsBehind(f"the read models do not tell of command {sequence} yet") from error

    async def ask(self, question: Callable[[Connection], T]) -> T:
        """What the question finds, all of it at one position."""
        return await asyncio.to_thread(self._answer, question)

    def _answer(self, question: Callable[[Connection], T]) -> T:
        if self._database is None:
            self._database = open_views(self._url, for_writing=False)
        with self._database.connect() as connection:
            return question(connection)

    def close(self) -> None:
        if self._database is not None:
            self._database.dispose()
