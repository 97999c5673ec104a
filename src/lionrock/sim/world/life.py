"""One life of a node: a process that starts, serves its clients, and ends in one way or another."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from random import Random

from lionrock.journal.closing import MARK_NAME
from lionrock.journal.segments import SUFFIX, JournalDamaged
from lionrock.node.errors import DirectoryInUse, NodeStopped
from lionrock.node.node import Node
from lionrock.node.published import Published
from lionrock.node.skipping import PoisonFrame
from lionrock.sim.world.clients import Clients, Flow
from lionrock.sim.world.disk import ProcessEnded, SimulatedDisk
from lionrock.sim.world.loop import LaterExecutor, SteppedLoop
from lionrock.sim.world.promises import FrameSeen, PromiseBroken, Promises
from lionrock.sim.world.setting import Setting, frames_on
from lionrock.words.side_notes import pack_notes

LONGEST_LIFE_STEPS = 200
PATIENCE_STEPS = 20_000
"""After so many steps what must come to an end in good order will never do."""

_WRITING = frozenset({"create", "write", "sync", "reserve", "truncate"})


class Life:
    """Raises `PromiseBroken` from every method."""

    def __init__(self, disk: SimulatedDisk, chance: Random, flow: Flow, promises: Promises, setting: Setting) -> None:
        self._disk, self._chance, self._flow, self._promises = disk, chance, flow, promises
        self._setting = setting
        self._loop, self._journal_thread, self._snapshot_thread = SteppedLoop(), LaterExecutor(), LaterExecutor()
        self._lock_held = False
        self._broken: PromiseBroken | None = None
        self._clients: Clients | None = None
        self.steps = 0
        self.closed = False
        """It ended with a clean close."""
        self.left_nothing_unfinished = False
        """The node had started, and whatever it began to write was written and synced."""
        self.met: Counter[str] = Counter()
        """How it ended, by kind."""

    @property
    def acknowledged(self) -> int:
        """Commands whose senders were told their events."""
        return self._clients.answered if self._clients else 0

    def run(self, *, calm: bool) -> None:
        """From the start to the end; `calm` is a life that lasts and ends with a clean close."""
        with self._loop.running():
            try:
                self.left_nothing_unfinished = self._run(calm=calm) and not self._disk.failures
            except ProcessEnded:
                self.met["ended in the midst of an operation"] += 1
            finally:
                self._abandon()
        self._check_nothing_was_tried_again()

    def _run(self, *, calm: bool) -> bool:
        """Whether the node has started."""
        node = self._open()
        if node is None:
            return False
        if self._setting.listens_late:
            frames, _ = frames_on(self._disk.medium)
            self._promises.found_frames(frames)
            node.subscribe(self._listen)
        self._promises.restarted(node.engine.last_sequence, node.engine.digest())
        self._clients = Clients(node, self._flow, self._promises, self._chance)
        trading = self._loop.create_task(self._clients.live())
        limit = LONGEST_LIFE_STEPS if calm else self._chance.choice((3, 30, LONGEST_LIFE_STEPS))
        for _ in range(self._chance.randint(1, limit)):
            self._step(trading)
            if node.failure:
                break
        if node.failure or self._refused_writing():
            self._stopped(node, trading)
        ending = "close" if calm else self._chance.choice(("close", "close", "close", "cancel", "kill", "kill"))
        self.met[ending] += 1
        if ending == "close":
            self._close(node, trading)
        elif ending == "cancel":
            self._cancel(trading)
        return True

    def _open(self) -> Node | None:
        try:
            return self._setting.open_node(
                self._disk,
                self._clock,
                partial(_HeldBy, self),
                threads=(self._journal_thread, self._snapshot_thread),
                listeners=[] if self._setting.listens_late else [_Witness(self._listen, self._promises)],
            )
        except (JournalDamaged, DirectoryInUse, PoisonFrame, OSError) as error:
            if not any(failure.words in str(error) for failure in self._disk.failures):
                raise PromiseBroken(f"the disk refused nothing, and the node does not start: {error}") from error
            if self._lock_held:
                raise PromiseBroken(f"the node did not start, and holds its lock: {error}") from error
            self.met["did not start"] += 1
            return None

    def _clock(self) -> int:
        """Goes back now and then."""
        return self._flow.time_ns - self._chance.choice((0, 0, 0, 0, 10**6))

    def _listen(self, published: Published) -> None:
        side = pack_notes(sorted(published.notes.items()))
        frame = FrameSeen(published.sequence, published.time_ns, bytes(published.command_records), side)
        try:
            self._promises.shown_frame(frame, published.event_records)
        except PromiseBroken as broken:  # the node must not take it for a failure of its own
            self._broken = self._broken or broken

    def _step(self, trading: asyncio.Task[None]) -> None:
        """One thing happens: a callback, the next piece of a thread's work, or time passes."""
        self.steps += 1
        threads = [thread for thread in (self._journal_thread, self._snapshot_thread) if thread.waiting]
        moves: list[Callable[[], object]] = [self._loop.step] * 4 if self._loop.ready else []
        moves += [thread.run_next for thread in threads]
        if self._loop.has_timers:
            moves.append(self._loop.wait_for_timer)
        if moves:
            self._chance.choice(moves)()
        elif not trading.done():
            raise PromiseBroken("everything has come to rest, and clients still wait for their answers")
        if self._disk.ended:
            raise ProcessEnded
        if self._broken:
            raise self._broken
        if trading.done() and not trading.cancelled():
            trading.result()

    def _step_until(self, done: Callable[[], bool], trading: asyncio.Task[None], otherwise: str) -> None:
        for _ in range(PATIENCE_STEPS):
            if done():
                return
            self._step(trading)
        raise PromiseBroken(otherwise)

    def _refused_writing(self) -> str:
        """What the disk refused to the journal's segments; then the node has to stop."""
        return next((str(failure) for failure in self._disk.failures if _is_writing(failure[:2])), "")

    def _stopped(self, node: Node, trading: asyncio.Task[None]) -> None:
        """Its reason is one that the disk gave, and everybody is told."""
        refused = self._refused_writing()
        self._step_until(lambda: node.failure is not None, trading, f"the disk refused {refused}, and the node goes on")
        reason = str(node.failure)
        if not any(failure.words in reason for failure in self._disk.failures):
            raise PromiseBroken(f"the disk refused nothing of the kind, and the node has stopped: {reason}")
        self.met["stopped by itself"] += 1
        self._step_until(trading.done, trading, f"the node has stopped ({reason}), and clients still wait")
        late = self._loop.create_task(node.submit(self._flow.next_command()))
        self._step_until(late.done, trading, "a stopped node does not answer")
        error = late.exception()
        if not (isinstance(error, NodeStopped) and error.outcome_known):
            raise PromiseBroken(f"a stopped node was sent a command, and the answer was {error!r}")

    def _close(self, node: Node, trading: asyncio.Task[None]) -> None:
        closing = self._loop.create_task(node.close())
        self._step_until(closing.done, trading, "the node does not close")
        self._step_until(trading.done, trading, "the node was closed, and clients still wait")
        error = closing.exception()
        if error and not self._disk.failures:
            raise PromiseBroken(f"the disk refused nothing, and the node did not close: {error!r}") from error
        if self._lock_held:
            raise PromiseBroken("the node was closed, and holds its lock")
        self.closed = error is None and node.failure is None

    def _cancel(self, trading: asyncio.Task[None]) -> None:
        """As asyncio ends its loop when somebody presses Ctrl-C."""
        tasks = sorted(asyncio.all_tasks(self._loop), key=lambda task: int(task.get_name().rpartition("-")[2]))
        for task in tasks:
            task.cancel()
        self._step_until(lambda: all(task.done() for task in tasks), trading, "cancelled tasks go on")

    def _abandon(self) -> None:
        """The process is gone, and nothing in it runs any more."""
        self._disk.end_process()
        self._loop.set_exception_handler(lambda _loop, _context: None)
        for task in asyncio.all_tasks(self._loop):
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001 asyncio asks for it alike
            coroutine = task.get_coro()
            if isinstance(coroutine, Coroutine):
                coroutine.close()
        self._loop.close()

    def _check_nothing_was_tried_again(self) -> None:
        for failure in self._disk.failures:
            if _is_writing(failure[:2]):
                for operation, path in self._disk.trace[failure.at :]:
                    if _is_writing((operation, path)) or path.name.startswith(MARK_NAME):
                        raise PromiseBroken(f"the disk refused {failure.operation}, then came: {operation} {path.name}")


def _is_writing(change: tuple[str, Path]) -> bool:
    operation, path = change
    return operation in _WRITING and path.name.endswith(SUFFIX)


class _Witness:
    """A listener that a snapshot can hold: its state is the last command it was shown."""

    name = "witness"

    def __init__(self, listen: Callable[[Published], None], promises: Promises) -> None:
        self._listen, self._promises = listen, promises
        self._sequence = 0

    def __call__(self, published: Published) -> None:
        if published.sequence != self._sequence + 1:
            words = f"listeners were shown frame {published.sequence} after command {self._sequence}"
            raise PromiseBroken(words)
        self._sequence += published.command_count
        self._listen(published)

    def save(self) -> bytes:
        return self._sequence.to_bytes(8, "little")

    def load(self, state: bytes) -> None:
        sequence = int.from_bytes(state, "little")
        if sequence > self._promises.last_sequence:
            raise PromiseBroken(f"a snapshot covers command {sequence}, which nobody was shown")
        self._sequence = sequence


class _HeldBy:
    """The lock of a directory in which nobody else can be: the process that held it is gone."""

    def __init__(self, life: Life, directory: Path) -> None:
        del directory
        self._life = life
        life._lock_held = True  # noqa: SLF001 of the same module

    def release(self) -> None:
        self._life._lock_held = False  # noqa: SLF001
