"""An event loop whose time is made up, and threads that run when they are told to.

Callbacks run in the order in which they became ready, as asyncio promises. When time passes and when the work of a
thread is done is for whoever calls `step`, `wait_for_timer` and `run_next`, and so for the seed.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from contextvars import Context, copy_context
from functools import partial
from typing import Any, NamedTuple


class _Ready(NamedTuple):
    handle: asyncio.Handle
    run: Callable[[], object]


class SteppedLoop(asyncio.BaseEventLoop):
    """Runs one callback at a time, when `step` is called. It knows no sockets and no signals."""

    def __init__(self) -> None:
        super().__init__()
        self._now_seconds = 0.0
        self._callbacks: deque[_Ready] = deque()
        self._timers: list[tuple[float, int, _Ready]] = []
        self._timers_made = 0

    def time(self) -> float:
        return self._now_seconds

    def call_soon(  # type: ignore[override]  # typeshed spells the arguments with a type variable tuple
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        context = context or copy_context()
        handle = asyncio.Handle(callback, args, self, context)
        self._callbacks.append(_Ready(handle, partial(context.run, callback, *args)))
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]  # all in one thread

    def call_at(  # type: ignore[override]  # as above
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        context = context or copy_context()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._timers_made += 1
        ready = _Ready(handle, partial(context.run, callback, *args))
        heapq.heappush(self._timers, (when, self._timers_made, ready))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """A cancelled timer is passed over when its time has come."""

    @property
    def ready(self) -> int:
        """Callbacks that could run now."""
        return len(self._callbacks)

    def step(self) -> None:
        """Run the callback that has been ready longest."""
        ready = self._callbacks.popleft()
        if not ready.handle.cancelled():
            ready.run()

    @property
    def has_timers(self) -> bool:
        """Whether something waits for the time to pass."""
        while self._timers and self._timers[0][2].handle.cancelled():
            heapq.heappop(self._timers)
        return bool(self._timers)

    def wait_for_timer(self) -> None:
        """Let the time pass until the next timer, which must be there."""
        when, _, ready = heapq.heappop(self._timers)
        self._now_seconds = max(self._now_seconds, when)
        self._callbacks.append(ready)

    @contextmanager
    def running(self) -> Iterator[None]:
        """As long as this lasts it is the loop that `asyncio.get_running_loop` gives."""
        before = asyncio._get_running_loop()  # noqa: SLF001 made for those who write event loops
        asyncio._set_running_loop(self)  # noqa: SLF001
        try:
            yield
        finally:
            asyncio._set_running_loop(before)  # noqa: SLF001


class _LaterFuture(Future[Any]):
    """Whoever waits for it in another thread lets its own thread go on meanwhile."""

    def __init__(self, executor: LaterExecutor) -> None:
        super().__init__()
        self._executor = executor

    def result(self, timeout: float | None = None) -> Any:
        while not self.done():
            self._executor.run_next()
        return super().result(timeout)


class LaterExecutor(Executor):
    """Stands for a thread: what is given to it runs one by one, each when `run_next` is called."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Returns when everything has run."""
        del wait, cancel_futures
        while self.waiting:
            self.run_next()

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        future = _LaterFuture(self)
        self.waiting.append((future, partial(function, *args, **named)))
        return future

    def run_next(self) -> None:
        """Raises what is no `Exception`: then the process has ended."""
        future, function = self.waiting.popleft()
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = function()
        except Exception as error:  # noqa: BLE001 whoever waits for it gets it
            future.set_exception(error)
        else:
            future.set_result(result)
