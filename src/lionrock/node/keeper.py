"""What the node keeps beside the journal: the tree over its frames, snapshots of the state, and the archive."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Protocol

from lionrock.journal.archive import archive_segments
from lionrock.journal.checkpoints import Checkpoint, origin_of
from lionrock.journal.snapshots import Snapshot, keep_newest, snapshot_paths, write_snapshot
from lionrock.journal.tree import Frontier
from lionrock.node.engine import Engine
from lionrock.node.published import Published
from lionrock.node.recovery import Restored
from lionrock.node.sections import pack_sections

_log = logging.getLogger(__name__)

SNAPSHOT_COMMANDS = 2_000_000
SNAPSHOT_FRAMES = 200_000
"""A snapshot is due after so many commands, or so many frames, or half and half: about two seconds of replaying."""
KEPT_SNAPSHOTS = 2
"""Should the newest turn out damaged, the one before it serves."""


class Keeper:
    """Counts durable frames in order. Not for two threads at once."""

    def __init__(
        self,
        restored: Restored,
        *,
        saves: bool,
        snapshot_commands: int = SNAPSHOT_COMMANDS,
        snapshot_frames: int = SNAPSHOT_FRAMES,
        thread: Executor | None = None,
    ) -> None:
        """With `saves` snapshots are written; they hold the engine and every listener of `restored`.

        A `notary` signs what the journal holds.
        `thread` writes both, one at a time.
        """
        self._place = restored.place
        self._journal_id = restored.writer.journal_id
        self._tree: Frontier = restored.tree
        self._next_sequence, self._last_hash = restored.end.next_sequence, restored.end.last_hash
        self._saves, self._listeners = saves, restored.saved_listeners
        self._most = snapshot_commands, snapshot_frames
        self._commands, self._frames = restored.report.commands, restored.report.frames  # since the last snapshot
        self._notary, self._said_frames = restored.notary, restored.said_frames
        self._saving: Future[None] | None = None
        self._thread = thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix="snapshot")

    @property
    def is_due(self) -> bool:
        """Whether a snapshot should be taken now.

        Not where listeners would have to be saved with it, which takes longer than a venue at work can wait.
        """
        most_commands, most_frames = self._most
        return (
            self._saves
            and not self._listeners
            and self._commands * most_frames + self._frames * most_commands >= most_commands * most_frames
            and (self._saving is None or self._saving.done())
        )

    def count(self, published: Published) -> None:
        """One more frame is durable."""
        self._tree.append(published.frame_hash)
        self._last_hash = published.frame_hash
        self._next_sequence = published.sequence + published.command_count
        self._commands += published.command_count
        self._frames += 1

    def save_beside(self, engine: Engine) -> None:
        """Take a snapshot now, between two frames, and write it in a thread of its own.

        A snapshot that cannot be written is logged and not missed: the next one comes, and the journal has everything.
        """
        self._saving = self._thread.submit(self._write_or_log, self._snapshot(engine))

    def save(self, engine: Engine) -> None:
        """Take a snapshot and return when it is written, or found not to be needed. Logs like `save_beside`."""
        if self._saving is not None:
            self._saving.result()
        if self._saves and self._frames:
            self._write_or_log(self._snapshot(engine))

    def say_beside(self, clock: Callable[[], int]) -> None:
        """Have a checkpoint of all durable frames signed, in a thread of its own, unless the last one says the same."""
        if self._notary and self._tree.size > self._said_frames:
            self._thread.submit(self._notary.say, self._checkpoint(clock()))

    def close(self, clock: Callable[[], int]) -> None:
        """Have a last checkpoint signed, and wait until everything is written."""
        self.say_beside(clock)
        self._thread.shutdown()

    def _checkpoint(self, time_ns: int) -> Checkpoint:
        self._said_frames = self._tree.size
        return Checkpoint(
            origin_of(self._journal_id),
            self._tree.size,
            self._tree.root(),
            self._next_sequence - 1,
            self._last_hash,
            time_ns,
        )

    def _snapshot(self, engine: Engine) -> Snapshot:
        sections = {"engine": engine.save()} | {listener.name: listener.save() for listener in self._listeners}
        self._commands = self._frames = 0
        return Snapshot(
            self._journal_id,
            self._next_sequence,
            self._tree.size,
            self._last_hash,
            self._tree.save(),
            pack_sections(sections),
        )

    def _write_or_log(self, snapshot: Snapshot) -> None:
        place = self._place
        try:
            write_snapshot(place.snapshots, place.disk, snapshot)
            keep_newest(place.snapshots, place.disk, KEPT_SNAPSHOTS)
            oldest = snapshot_paths(place.snapshots, place.disk)[-1]
            covered = int(oldest.stem) + 1
            archive_segments(place.journal, place.archive, place.disk, covered)
        except OSError as error:
            _log.error("A snapshot could not be written or segments not be archived: %s", error)


class MakeKeeper(Protocol):
    """`Keeper`, or one with other sizes and another thread."""

    def __call__(self, restored: Restored, /, *, saves: bool) -> Keeper: ...
