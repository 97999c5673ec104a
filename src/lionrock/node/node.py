"""The sequencer: gathers what many submitters ask, and makes it durable, applied and published as one frame.

While a frame is on its way to the device, in the journal's own thread, the engine applies the same batch in the event
loop's thread and the next batch gathers. So one sync pays for as many commands as arrive during the sync before it.
When a whole batch waits already, its frame is prepared and queued behind the one that is being written: the device need
not wait for the engine.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

from lionrock.journal.disk import Disk, WriteThroughDisk
from lionrock.journal.frames import JOURNAL_ID_BYTES
from lionrock.journal.writer import Prepared, Writer
from lionrock.node.engine import Engine
from lionrock.node.errors import NodeBusy, NodeStopped
from lionrock.node.keeper import Keeper, MakeKeeper
from lionrock.node.lock import DirectoryLock, Lock
from lionrock.node.metrics import Metrics
from lionrock.node.notary import INTERVAL_SECONDS, Notary
from lionrock.node.published import Published
from lionrock.node.recovery import Listener, MakeWriter, Place, Progress, Restored, recover
from lionrock.node.stamping import stamped
from lionrock.words.commands import Command
from lionrock.words.events import Event
from lionrock.words.records import RECORD_BYTES, RECORD_VERSION
from lionrock.words.side_notes import pack_notes

_log = logging.getLogger(__name__)

BATCH_LIMIT = 4096
"""Commands in one frame: half a megabyte, some milliseconds of engine and disk. One call alone may have more."""
WAITING_LIMIT = 65_536
"""Commands that may wait for their frame: sixteen full batches. Beyond it an answer would come too late to help."""
MAX_NOTE_BYTES = 4096
"""Largest note, so that a full batch of them stays below the journal's largest frame."""
_FEW = 4
_AT_ONCE = 2
"""Frames under way: one being written, one prepared."""


class _Call(NamedTuple):
    """Commands of one submitter, which go into one frame."""

    packed: Sequence[bytes]
    notes: Sequence[bytes]
    command_count: int
    tell: Tell


class Answer(NamedTuple):
    """A call's commands in their durable frame."""

    published: Published
    start: int
    """Position of the first of them among the frame's commands."""
    command_count: int

    @property
    def events(self) -> list[list[Event]]:
        """Of each of the call's commands."""
        return self.published.events_by_command[self.start : self.start + self.command_count]


Tell = Callable[[Answer | NodeStopped], None]
"""Gets what became of a call."""


@dataclass(slots=True)
class _UnderWay:
    """A frame that the engine has applied and the journal's thread writes."""

    published: Published
    prepared: Prepared
    calls: list[_Call]
    over: asyncio.Future[None]
    """Done when it is published, or never will be."""
    begun_ns: int
    is_lost: bool = False
    """The node has stopped at it or before it: only a restart tells what became of it."""


class Node:
    """The one writer of a data directory. Lives in one event loop; make it with `open`."""

    def __init__(
        self,
        lock: Lock,
        restored: Restored,
        clock: Callable[[], int],
        *,
        keeper: Keeper,
        journal_thread: Executor,
        listeners: Sequence[Listener],
        batch_limit: int,
        in_line_below_ns: int,
    ) -> None:
        self._lock, self._clock, self._keeper = lock, clock, keeper
        self.recovered = restored.report
        self._engine, self._writer = restored.engine, restored.writer
        self._journal_thread = journal_thread
        self._hash_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hash")
        self._listeners = list(listeners)
        self._batch_limit = batch_limit
        self._in_line_below_ns, self._last_sync_ns = in_line_below_ns, 0
        self.metrics = Metrics()
        self._waiting: deque[_Call] = deque()
        self._waiting_commands = 0
        self._under_way: deque[_UnderWay] = deque()
        self._advance_is_due = False
        self._saying: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
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
        load_engine: Callable[[bytes], Engine] | None = None,
        listeners: Sequence[Listener] = (),
        operator_keys: Mapping[str, bytes] | None = None,
        progress: Progress | None = None,
        disk: Disk | None = None,
        random_bytes: Callable[[int], bytes] = os.urandom,
        journal_thread: Executor | None = None,
        make_lock: Callable[[Path], Lock] = DirectoryLock,
        make_writer: MakeWriter = Writer,
        make_keeper: MakeKeeper = Keeper,
        batch_limit: int = BATCH_LIMIT,
        in_line_below_ns: int = 0,
        make_notary: Callable[[], Notary] | None = None,
    ) -> Self:
        """Take the directory, bring an engine back from it and be ready for commands.

        `clock` gives nanoseconds since 1970-01-01 UTC. `load_engine` makes an engine of what `save` gave; without it no
        snapshot is read or written. `listeners` get all past frames, so with any of them the journal is replayed from
        its beginning, and every frame to come. `operator_keys` are raw Ed25519 public keys by name: two of them may
        sign that a frame which faults the engine is skipped. `random_bytes` names a new journal. `journal_thread`
        does one thing at a time, in order. Few commands are written in the event loop's own thread as long as that
        takes less than `in_line_below_ns`. `make_notary` is called when the directory is taken; its notary signs
        checkpoints, and a journal that lacks what the newest one covers is refused.
        Raises `DirectoryInUse`, `JournalDamaged`, `CheckpointInvalid`, `PoisonFrame` and `OSError`; the directory is
        then free again.
        """
        place = Place(directory, disk or WriteThroughDisk())
        place.disk.make_directory(directory)
        lock = make_lock(directory)
        try:
            restored = recover(
                place,
                random_bytes(JOURNAL_ID_BYTES),
                engine_factory,
                load_engine,
                listeners=listeners,
                operator_keys=operator_keys or {},
                progress=progress,
                make_writer=make_writer,
                make_notary=make_notary,
            )
        except BaseException:
            lock.release()
            raise
        return cls(
            lock,
            restored,
            clock,
            keeper=make_keeper(restored, saves=restored.can_be_saved),
            journal_thread=journal_thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal"),
            listeners=listeners,
            batch_limit=batch_limit,
            in_line_below_ns=in_line_below_ns,
        )

    @property
    def engine(self) -> Engine:
        """For reading. It is ahead of the journal: read, then await `settled()`, then show what was read."""
        return self._engine

    @property
    def failure(self) -> str | None:
        """Why the node stopped by itself; None while it works and when it was closed in good order."""
        return self._failure

    @property
    def stopped(self) -> str | None:
        """Why the node takes no more commands, by itself or because it is closed; None while it takes them."""
        return self._stopped or ("it is being closed" if self._closing else None)

    @property
    def durable_sequence(self) -> int:
        """Of the last command that is durable and published; 0 before the first."""
        return (self._under_way[0].published.sequence - 1) if self._under_way else self._engine.last_sequence

    @property
    def next_checkpoint_seconds(self) -> int:
        """Until the next checkpoint is signed, rounded up, if all commands so far are not covered yet."""
        saying, now = self._saying, asyncio.get_running_loop().time()
        return max(1, math.ceil(saying.when() - now)) if saying else INTERVAL_SECONDS

    @property
    def waiting(self) -> int:
        """Commands that are not in a frame yet."""
        return self._waiting_commands

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
        """The same for several (command, note) pairs, which stand in one frame in this order with none between.

        Raises as `post`, and `NodeStopped` also when that happens meanwhile. When the caller is cancelled while
        waiting, the commands are carried out all the same.
        """
        if not commands:
            self._check_takes(0)
            return []
        return (await self.submit_noted(commands)).events

    async def submit_noted(self, commands: Sequence[tuple[Command, bytes]]) -> Answer:
        """The same of one command or more, for whoever needs their place in the journal: of the first,
        `published.sequence + start`.
        """
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.post(commands, partial(_tell, answered))
        return await answered

    def post(self, commands: Sequence[tuple[Command, bytes]], tell: Tell) -> None:
        """Have `tell` called once with the answer to these commands, one or more, when they are durable.

        It gets `NodeStopped` instead when the node stops before that. Where nothing else waits for an answer, this
        spares a task. What `tell` raises is logged and harms nobody else.
        Raises `ValueError` for a value that does not fit its field, a note above `MAX_NOTE_BYTES` or more commands than
        `WAITING_LIMIT`; `NodeBusy`; and `NodeStopped`. Then nothing of them was recorded and nobody is told.
        """
        self._check_takes(len(commands))
        packed = [command.pack() for command, _ in commands]
        notes = [note for _, note in commands]
        if max(map(len, notes), default=0) > MAX_NOTE_BYTES:
            raise ValueError(f"a note is longer than {MAX_NOTE_BYTES} bytes")
        self._enqueue(_Call(packed, notes, len(packed), tell))

    async def submit_records(self, records: bytes) -> Answer:
        """The same for commands that are packed already, without notes. Their events are in `Answer.published`."""
        if not records or len(records) % RECORD_BYTES:
            raise ValueError(f"{len(records)} bytes are not whole {RECORD_BYTES}-byte records")
        count = len(records) // RECORD_BYTES
        self._check_takes(count)
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._enqueue(_Call([records], (), count, partial(_tell, answered)))
        return await answered

    async def settled(self) -> None:
        """Returns when everything the engine has applied up to this call is durable. Raises `NodeStopped`."""
        if self._under_way:
            await asyncio.wait([self._under_way[-1].over])
        if self._stopped:
            raise NodeStopped(self._stopped, outcome_known=False)

    @property
    def is_settled(self) -> bool:
        """Everything the engine has applied is durable and published."""
        return not self._under_way

    async def close(self) -> None:
        """Take no more commands, finish those that wait, save a snapshot and let go of the directory.

        A second call does nothing.
        """
        if self._closing:
            return
        self._closing = True
        await self._idle.wait()
        if self._saying:
            self._saying.cancel()
        loop = asyncio.get_running_loop()
        try:
            if self._failure is None:
                await loop.run_in_executor(self._journal_thread, self._keeper.save, self._engine)
            await loop.run_in_executor(self._journal_thread, self._writer.close)
        finally:
            self._stopped = self._stopped or "it was closed"
            self._journal_thread.shutdown()
            self._hash_thread.shutdown()
            self._keeper.close(self._now)
            self._lock.release()

    def _now(self) -> int:
        """The clock's time, but never before what was already recorded."""
        return max(self._engine.last_time_ns, self._clock())

    def _check_takes(self, count: int) -> None:
        if self._stopped or self._closing:
            raise NodeStopped(self._stopped or "it is being closed", outcome_known=True)
        if count > WAITING_LIMIT:
            raise ValueError(f"{count} commands at once; the limit is {WAITING_LIMIT}")
        if self._waiting_commands + count > WAITING_LIMIT:
            raise NodeBusy(self._waiting_commands, WAITING_LIMIT)

    def _enqueue(self, call: _Call) -> None:
        if self._saying is None:
            self._saying = asyncio.get_running_loop().call_later(INTERVAL_SECONDS, self._say)
        self._waiting.append(call)
        self._waiting_commands += call.command_count
        self._idle.clear()
        if not self._advance_is_due:  # in the next turn of the loop, so that all who submit in this one share a frame
            self._advance_is_due = True
            asyncio.get_running_loop().call_soon(self._advance)

    def _advance(self) -> None:
        self._advance_is_due = False
        try:
            while self._may_begin():
                self._begin_frame()
        except Exception as error:  # noqa: BLE001 - whatever it was, the state is in doubt from here on
            self._stop(f"{type(error).__name__}: {error}")
        if not self._waiting and not self._under_way:
            self._idle.set()

    def _may_begin(self) -> bool:
        if not self._waiting or self._stopped or len(self._under_way) == _AT_ONCE:
            return False
        if not self._under_way:
            return True
        return self._waiting_commands >= self._batch_limit and not self._keeper.is_due

    def _next_calls(self) -> list[_Call]:
        """Whole calls up to the limit, or one that is longer."""
        calls = [self._waiting.popleft()]
        count = calls[0].command_count
        while self._waiting and count + self._waiting[0].command_count <= self._batch_limit:
            calls.append(self._waiting.popleft())
            count += calls[-1].command_count
        self._waiting_commands -= count
        return calls

    def _begin_frame(self) -> None:
        calls = self._next_calls()
        loop, begun_ns = asyncio.get_running_loop(), time.perf_counter_ns()
        try:
            sequence, time_ns = self._writer.next_sequence, self._now()
            records = stamped([packed for call in calls for packed in call.packed], sequence, time_ns)
            side = pack_notes(_positions(calls))
            count = len(records) // RECORD_BYTES
            prepared = self._writer.prepare(time_ns, count, records, side, RECORD_VERSION)
            written = self._writing(prepared, count)
        except BaseException:
            self._waiting.extendleft(reversed(calls))  # nothing of them was recorded
            raise
        published = Published(sequence, time_ns, records, side, b"")
        self._under_way.append(_UnderWay(published, prepared, calls, loop.create_future(), begun_ns))
        written.add_done_callback(self._written)
        try:
            prepared.make_hash(self._hash_thread)  # the frame is on its way already
            published.event_records = self._engine.apply(records)
        except Exception as error:  # noqa: BLE001 - as in `_advance`
            self._stop(f"{type(error).__name__}: {error}", lost=1)  # the frames before it are in good order

    def _writing(self, prepared: Prepared, count: int) -> asyncio.Future[None]:
        """Done when the frame is durable.

        A few commands with nobody else about are written here and now where the disk is quick: two changes of thread
        take as long as the sync itself.
        """
        loop = asyncio.get_running_loop()
        if count > _FEW or self._under_way or self._waiting or self._last_sync_ns >= self._in_line_below_ns:
            return loop.run_in_executor(self._journal_thread, self._writer.write, prepared)
        written = loop.create_future()
        try:
            self._writer.write(prepared)
            written.set_result(None)
        except Exception as error:  # noqa: BLE001 - as a thread would
            written.set_exception(error)
        return written

    def _written(self, written: asyncio.Future[None]) -> None:
        """The frame under way longest is durable, or never will be.

        Its submitters are answered last, so that the next frame is on its way meanwhile.
        """
        frame, is_published = self._under_way[0], False
        try:
            if written.cancelled():
                self._stop("its event loop was ended")
            elif error := written.exception():
                self._stop(f"{type(error).__name__}: {error}")
            elif not frame.is_lost:
                self._publish(frame)
                is_published = True
        except Exception as error:  # noqa: BLE001 - as in `_advance`
            self._stop(f"{type(error).__name__}: {error}")
        self._under_way.popleft()
        frame.over.set_result(None)
        if self._keeper.is_due and not self._under_way and not self._stopped:
            self._keeper.save_beside(self._engine)
        self._advance()
        if is_published:
            _answer(frame)

    def _say(self) -> None:
        """A minute after the first command that no checkpoint covers."""
        self._saying = None
        self._keeper.say_beside(self._now)
        if self._waiting or self._under_way:  # it does not cover these, and no other command may follow them
            self._saying = asyncio.get_running_loop().call_later(INTERVAL_SECONDS, self._say)

    def _publish(self, frame: _UnderWay) -> None:
        published = frame.published
        published.frame_hash = frame.prepared.hash
        self._last_sync_ns = time.perf_counter_ns() - frame.begun_ns
        self._keeper.count(published)
        self.metrics.frame(published, self._last_sync_ns, self._waiting_commands)
        for listener in self._listeners:
            listener(published)

    def _stop(self, reason: str, *, lost: int = _AT_ONCE) -> None:
        """Once and for good. The last frames under way, so many, may be found by a restart; what waits will not be."""
        if not self._stopped:
            self._stopped = self._failure = reason
            _log.critical("The node has stopped: %s", reason)
            self._failed.set()
        for frame in list(self._under_way)[-lost:]:
            frame.is_lost = True
            _refuse(frame.calls, NodeStopped(self._stopped, outcome_known=False))
        _refuse(self._waiting, NodeStopped(self._stopped, outcome_known=True))
        self._waiting.clear()
        self._waiting_commands = 0


def _answer(frame: _UnderWay) -> None:
    start = 0
    for call in frame.calls:
        _tell_safely(call, Answer(frame.published, start, call.command_count))
        start += call.command_count


def _refuse(calls: Iterable[_Call], stopped: NodeStopped) -> None:
    for call in calls:
        _tell_safely(call, stopped)


def _tell_safely(call: _Call, outcome: Answer | NodeStopped) -> None:
    try:
        call.tell(outcome)
    except Exception:  # noqa: BLE001 - the others are still to be told
        _log.exception("A submitter could not be told what became of its commands")


def _tell(answered: asyncio.Future[Answer], outcome: Answer | NodeStopped) -> None:
    if answered.done():  # the caller was cancelled meanwhile
        return
    if isinstance(outcome, NodeStopped):
        answered.set_exception(outcome)
    else:
        answered.set_result(outcome)


def _positions(calls: Sequence[_Call]) -> list[tuple[int, bytes]]:
    """Every note with the position of its command in the frame."""
    notes = []
    start = 0
    for call in calls:
        notes += [(start + position, note) for position, note in enumerate(call.notes) if note]
        start += call.command_count
    return notes
