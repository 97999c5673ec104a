"""The sequencer: gathers what many submitters ask, and makes it durable, applied and published as one frame.

While a frame is on its way to the device, in the journal's own thread, the engine applies the same batch in the event
loop's thread and the next batch gathers. So one sync pays for as many commands as arrive during the sync before it.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Self

from lionrock.journal.disk import Disk
from lionrock.journal.frames import JOURNAL_ID_BYTES
from lionrock.journal.writer import Writer
from lionrock.node.engine import Engine
from lionrock.node.errors import NodeBusy, NodeStopped
from lionrock.node.lock import DirectoryLock, Lock
from lionrock.node.published import Published
from lionrock.node.recovery import Listener, MakeWriter, Progress, Recovered, recover
from lionrock.node.stamping import stamped
from lionrock.words.commands import Command
from lionrock.words.events import Event
from lionrock.words.records import RECORD_VERSION
from lionrock.words.side_notes import pack_notes

_log = logging.getLogger(__name__)

BATCH_LIMIT = 4096
"""Commands in one frame: half a megabyte, a few milliseconds of the engine and the disk."""
WAITING_LIMIT = 65_536
"""Commands that may wait for their frame: sixteen full batches. Beyond it an answer would come too late to help."""
MAX_NOTE_BYTES = 4096
"""Largest note, so that a full batch of them stays below the journal's largest frame."""


class _Call(NamedTuple):
    """One submit that waits for the events of all its commands."""

    answered: asyncio.Future[list[list[Event]]]
    wanted: int
    events: list[list[Event]]


class _Waiting(NamedTuple):
    """One packed command on its way into a frame."""

    packed: bytes
    note: bytes
    call: _Call


class Node:
    """The one writer of a data directory. Lives in one event loop; make it with `open`."""

    def __init__(
        self,
        lock: Lock,
        writer: Writer,
        engine: Engine,
        clock: Callable[[], int],
        recovered: Recovered,
        *,
        journal_thread: Executor,
    ) -> None:
        self._lock, self._writer, self._engine, self._clock = lock, writer, engine, clock
        self.recovered = recovered
        self._listeners: list[Listener] = []
        self._journal_thread = journal_thread
        self._waiting: list[_Waiting] = []
        self._in_flight: list[_Waiting] = []
        self._awake = asyncio.Event()
        self._durable = asyncio.Event()
        self._durable.set()
        self._loop_task: asyncio.Task[None] | None = None
        self._closing = False
        self._stopped: str | None = None
        self._failure: str | None = None
        self._failed = asyncio.Event()

    @classmethod
    def open(
        cls,
        directory: Path,
        engine_factory: Callable[[], Engine],
        clock: Callable[[], int],
        *,
        listeners: Sequence[Listener] = (),
        progress: Progress | None = None,
        disk: Disk | None = None,
        random_bytes: Callable[[int], bytes] = os.urandom,
        journal_thread: Executor | None = None,
        make_lock: Callable[[Path], Lock] = DirectoryLock,
        make_writer: MakeWriter = Writer,
    ) -> Self:
        """Take the directory, replay its journal into a new engine and be ready for commands.

        `clock` gives nanoseconds since 1970-01-01 UTC. `listeners` get all past frames and every frame to come.
        `random_bytes` names a new journal. `journal_thread` does one thing at a time. Raises `DirectoryInUse`,
        `JournalDamaged`, `Fault` and `OSError`; the directory is then free again.
        """
        disk = disk or Disk()
        disk.make_directory(directory)
        lock = make_lock(directory)
        try:
            engine = engine_factory()
            journal_id = random_bytes(JOURNAL_ID_BYTES)
            writer, recovered = recover(
                directory / "journal",
                disk,
                journal_id,
                engine,
                listeners=listeners,
                progress=progress,
                make_writer=make_writer,
            )
        except BaseException:
            lock.release()
            raise
        journal_thread = journal_thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        node = cls(lock, writer, engine, clock, recovered, journal_thread=journal_thread)
        node._listeners.extend(listeners)
        return node

    @property
    def engine(self) -> Engine:
        """For reading. It is ahead of the journal: read, then await `settled()`, then show what was read."""
        return self._engine

    @property
    def failure(self) -> str | None:
        """Why the node stopped by itself; None while it works and when it was closed in good order."""
        return self._failure

    async def failed(self) -> None:
        """Returns when the node has stopped by itself, and not before: whoever serves it should then end."""
        await self._failed.wait()

    @property
    def journal_id(self) -> bytes:
        """Names the journal for good from its first frame on."""
        return self._writer.journal_id

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` once for each durable frame from now on, in order, before its submitters are answered.

        A listener that raises stops the node: a view that missed a frame must not be shown.
        """
        self._listeners.append(listener)

    async def submit(self, command: Command, note: bytes = b"") -> list[Event]:
        """Returns the events of this command once it is durable. Errors as `submit_all`."""
        return (await self.submit_all([(command, note)]))[0]

    async def submit_all(self, commands: Sequence[tuple[Command, bytes]]) -> list[list[Event]]:
        """The same for several (command, note) pairs, which stand in the journal in this order with none between.

        Raises `ValueError` for a value that does not fit its field, a note above `MAX_NOTE_BYTES` or more commands than
        `WAITING_LIMIT`; `NodeBusy`; and `NodeStopped`. After the first two nothing of them was recorded. When the
        caller is cancelled while waiting, the commands are carried out all the same.
        """
        if self._stopped or self._closing:
            raise NodeStopped(self._stopped or "it is being closed", outcome_known=True)
        if len(commands) > WAITING_LIMIT:
            raise ValueError(f"{len(commands)} commands at once; the limit is {WAITING_LIMIT}")
        if len(self._waiting) + len(commands) > WAITING_LIMIT:
            raise NodeBusy(len(self._waiting), WAITING_LIMIT)
        if not commands:
            return []
        loop = asyncio.get_running_loop()
        call = _Call(loop.create_future(), len(commands), [])
        entries = [_Waiting(command.pack(), note, call) for command, note in commands]
        if any(len(entry.note) > MAX_NOTE_BYTES for entry in entries):
            raise ValueError(f"a note is longer than {MAX_NOTE_BYTES} bytes")
        self._waiting += entries
        if self._loop_task is None:
            self._loop_task = loop.create_task(self._run())
        self._awake.set()
        return await call.answered

    async def settled(self) -> None:
        """Returns when everything the engine has applied up to this call is durable. Raises `NodeStopped`."""
        await self._durable.wait()
        if self._stopped:
            raise NodeStopped(self._stopped, outcome_known=False)

    async def close(self) -> None:
        """Take no more commands, finish those that wait, and let go of the directory. A second call does nothing."""
        if self._closing:
            return
        self._closing = True
        self._awake.set()
        if self._loop_task:
            await asyncio.wait([self._loop_task])
        try:
            await asyncio.get_running_loop().run_in_executor(self._journal_thread, self._writer.close)
        finally:
            self._stopped = self._stopped or "it was closed"
            self._journal_thread.shutdown()
            self._lock.release()

    async def _run(self) -> None:
        try:
            while self._waiting or not self._closing:
                if self._waiting:
                    await self._next_frame()
                else:
                    self._awake.clear()
                    await self._awake.wait()
        except asyncio.CancelledError:
            self._stop("its event loop was ended")
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, the state is in doubt from here on
            self._stop(f"{type(error).__name__}: {error}")

    async def _next_frame(self) -> None:
        batch, self._waiting = self._waiting[:BATCH_LIMIT], self._waiting[BATCH_LIMIT:]
        self._in_flight = batch
        sequence = self._writer.next_sequence
        time_ns = max(self._engine.last_time_ns, self._clock())
        records = stamped([entry.packed for entry in batch], sequence, time_ns)
        side = pack_notes((position, entry.note) for position, entry in enumerate(batch))
        self._durable.clear()
        written = asyncio.get_running_loop().run_in_executor(
            self._journal_thread, self._writer.append, time_ns, len(batch), records, side, RECORD_VERSION
        )
        try:
            events = self._engine.apply(records)
        except Exception:
            await asyncio.wait([written])  # the file is let go of only when nobody writes to it
            written.exception()
            raise
        await written
        self._publish(Published(sequence, time_ns, records, side, events))
        self._in_flight = []
        self._durable.set()

    def _publish(self, published: Published) -> None:
        for listener in self._listeners:
            listener(published)
        for entry, events in zip(self._in_flight, published.events_by_command, strict=True):
            call = entry.call
            call.events.append(events)
            if len(call.events) == call.wanted and not call.answered.done():
                call.answered.set_result(call.events)

    def _stop(self, reason: str) -> None:
        self._stopped = self._failure = reason
        _log.critical("The node has stopped: %s", reason)
        self._failed.set()
        in_flight = {id(entry.call) for entry in self._in_flight}
        for entry in (*self._in_flight, *self._waiting):
            answered = entry.call.answered
            if not answered.done():
                known = id(entry.call) not in in_flight and not entry.call.events
                answered.set_exception(NodeStopped(reason, outcome_known=known))
        self._in_flight, self._waiting = [], []
        self._durable.set()
