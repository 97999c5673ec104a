"""Sets pages in a process of its own, one at a time: typesetting in the node's process would be felt by who trades."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from lionrock.compliance.papers.pages import typeset
from lionrock.views.typesetting import Printed

Press = Callable[[str, bytes], Awaitable[Printed]]
"""Gets the name of a template and a document as JSON; gives the PDF, and what of it no font drew."""
_NICENESS = 10


async def set_here(template: str, document: bytes) -> Printed:
    """In a thread of this process: for tests and small tools."""
    return await asyncio.to_thread(typeset, template, document)


class PressProcess:
    """A process that sets pages, begun with the first and gone after a while's work, so that memory does not grow."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def __call__(self, template: str, document: bytes) -> Printed:
        if self._pool is None:
            spawning = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, spawning, _give_way, max_tasks_per_child=500)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, typeset, template, document)
        except BrokenProcessPool:  # it was killed; the next paper gets a new one
            self._pool = None
            raise

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _give_way() -> None:
    os.nice(_NICENESS)
