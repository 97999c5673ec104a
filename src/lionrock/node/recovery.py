"""Brings an engine back: from the newest snapshot that can be used, then frame by frame through `apply`, as it was.

All segments that are not archived are read and checked also where a snapshot covers them; only applying is saved.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from lionrock.journal.checkpoints import Checkpoint, origin_of
from lionrock.journal.disk import Disk
from lionrock.journal.frames import GENESIS_HASH, Frame
from lionrock.journal.reader import Reader
from lionrock.journal.segments import End, JournalDamaged, TornTail
from lionrock.journal.snapshots import Snapshot, SnapshotInvalid, read_snapshot, snapshot_paths
from lionrock.journal.tree import Frontier
from lionrock.journal.writer import Writer
from lionrock.node.engine import Engine
from lionrock.node.notary import Notary
from lionrock.node.published import Published
from lionrock.node.sections import unpack_sections
from lionrock.node.skipping import PoisonFrame, is_skip_of
from lionrock.words.faults import Fault
from lionrock.words.records import RECORD_BYTES, RECORD_VERSION

_log = logging.getLogger(__name__)

Listener = Callable[[Published], None]
Progress = Callable[[int, int], None]
"""Called with the bytes of the journal read so far and in all."""
MakeWriter = Callable[[Path, Disk, End, bytes], Writer]
"""`Writer`, or one with other sizes."""
_AHEAD = 8
"""So often frames are handed over before the reading thread waits until they are applied."""
_HANDED = 64
_HANDED_BYTES = 256 * 1024
"""So many frames, or records of so many bytes, are handed over together."""
_LARGE_BYTES = 8 * 1024 * 1024


@runtime_checkable
class SavedListener(Protocol):
    """A listener whose state a snapshot can hold, so that it need not be shown every frame there ever was."""

    @property
    def name(self) -> str:
        """Of its section in a snapshot; another one whenever the form of its state changes."""

    def __call__(self, published: Published, /) -> None: ...

    def save(self) -> bytes: ...

    def load(self, state: bytes, /) -> None:
        """Only before the first frame. Raises `ValueError` for a state of another form, and then changes nothing."""


class Place(NamedTuple):
    """A data directory, and how its files are reached."""

    directory: Path
    disk: Disk

    @property
    def journal(self) -> Path:
        return self.directory / "journal"

    @property
    def archive(self) -> Path:
        return self.directory / "archive"

    @property
    def snapshots(self) -> Path:
        return self.directory / "snapshots"


class Recovered(NamedTuple):
    """What a restart found."""

    frames: int
    """Replayed; those that a snapshot covers are not counted."""
    commands: int
    torn_tail: TornTail | None
    """A last write that was cut short, and now cut away."""
    snapshot_sequence: int = 0
    """Of the last command in the snapshot it began from; 0 without one."""


class Restored(NamedTuple):
    """Everything to go on with."""

    place: Place
    engine: Engine
    writer: Writer
    end: End
    tree: Frontier
    saved_listeners: list[SavedListener]
    can_be_saved: bool
    """Whether a snapshot can hold the engine and every listener."""
    notary: Notary | None
    said_frames: int
    """Frames that the newest checkpoint covers."""
    report: Recovered


def recover(
    place: Place,
    journal_id: bytes,
    engine_factory: Callable[[], Engine],
    load_engine: Callable[[bytes], Engine] | None,
    *,
    listeners: Sequence[Listener],
    operator_keys: Mapping[str, bytes],
    progress: Progress | None,
    make_writer: MakeWriter = Writer,
    make_notary: Callable[[], Notary] | None = None,
) -> Restored:
    """Replay the journal, feeding `listeners`, and open it for writing.

    A snapshot is used when it holds the state of the engine and of every listener. The last frame may be in the
    system's memory only, so listeners get it after the writer has synced it again. A last write that was cut short is
    logged before it is cut away. Raises `JournalDamaged`, `PoisonFrame` and `OSError`.
    """
    notary = make_notary() if make_notary else None
    saved = [listener for listener in listeners if isinstance(listener, SavedListener)]
    start = None
    can_be_saved = load_engine is not None and len(saved) == len(listeners)
    if load_engine and can_be_saved:
        start = _newest_usable(place, load_engine, saved)
    replay = _Replay(place, start, engine_factory, listeners=listeners, operator_keys=operator_keys, notary=notary)
    held: tuple[Frame, bytes] | None = None
    for frame, frame_hash in replay.frames(progress):
        if held:
            replay.take(*held, following=frame)
        held = frame, frame_hash
    end = replay.reader.end
    if torn := end.torn_tail:
        _log.warning(
            "The last write to %s was cut short: bytes %d to %d are dropped (%s). What a crash cuts short was never "
            "acknowledged; damage done to the last frame after a crash would look the same.",
            *torn,
        )
    writer = make_writer(place.journal, place.disk, end, journal_id)
    try:
        if held:
            replay.take(*held, following=None)
        replay.check_all_there()
    except BaseException:
        writer.close()
        raise
    report = Recovered(replay.replayed, replay.commands, end.torn_tail, replay.covered_sequence)
    return Restored(
        place, replay.engine, writer, end, replay.tree, saved, can_be_saved, notary, replay.said_frames, report
    )


class LookedBack(NamedTuple):
    """What a journal leads to, for whoever only looks on."""

    engine: Engine
    journal_id: bytes | None
    """None in a journal without a frame."""
    frames: int
    """Of the whole journal up to here, whether replayed or covered by a snapshot."""
    next_sequence: int
    last_hash: bytes
    """Of the last frame; 32 zero bytes without one."""
    tree: Frontier
    """Over all these frames."""
    report: Recovered


def look_back(
    place: Place,
    engine_factory: Callable[[], Engine],
    load_engine: Callable[[bytes], Engine] | None = None,
    *,
    operator_keys: Mapping[str, bytes],
    last_sequence: int | None = None,
    progress: Progress | None = None,
) -> LookedBack:
    """Replay as `recover` does, and write nothing.

    With `last_sequence` up to the last whole frame that ends there or before; then without `load_engine`, because a
    snapshot may cover more. Raises `JournalDamaged`, `PoisonFrame` and `OSError`.
    """
    start = _newest_usable(place, load_engine, []) if load_engine else None
    replay = _Replay(place, start, engine_factory, listeners=(), operator_keys=operator_keys, notary=None)
    held: tuple[Frame, bytes] | None = None
    next_sequence, last_hash = 1, GENESIS_HASH
    journal_id = None
    for frame, frame_hash in replay.frames(progress):
        if last_sequence is not None and frame.next_sequence - 1 > last_sequence:
            break
        if held:
            replay.take(*held, following=frame)
        held = frame, frame_hash
        next_sequence, last_hash, journal_id = frame.next_sequence, frame_hash, frame.journal_id
    if held:
        replay.take(*held, following=None)
    if last_sequence is None:
        replay.check_all_there()
    torn = replay.reader.end.torn_tail if last_sequence is None else None
    report = Recovered(replay.replayed, replay.commands, torn, replay.covered_sequence)
    return LookedBack(replay.engine, journal_id, replay.tree.size, next_sequence, last_hash, replay.tree, report)


class _Start(NamedTuple):
    """A snapshot with the engine that came out of it."""

    snapshot: Snapshot
    engine: Engine


def _newest_usable(
    place: Place, load_engine: Callable[[bytes], Engine], listeners: Sequence[SavedListener]
) -> _Start | None:
    for path in snapshot_paths(place.snapshots, place.disk):
        try:
            snapshot = read_snapshot(path, place.disk)
            sections = unpack_sections(snapshot.state)
            engine = load_engine(sections["engine"])
            for listener in listeners:
                listener.load(sections[listener.name])
        except (SnapshotInvalid, ValueError, KeyError) as error:
            _log.warning("The snapshot %s is passed over, which makes this start slower: %r", path, error)
        else:
            return _Start(snapshot, engine)
    return None


class _Replay:
    """One pass over the journal."""

    def __init__(
        self,
        place: Place,
        start: _Start | None,
        engine_factory: Callable[[], Engine],
        *,
        listeners: Sequence[Listener],
        operator_keys: Mapping[str, bytes],
        notary: Notary | None,
    ) -> None:
        self._place, self._notary = place, notary
        self._checkpoint: Checkpoint | None = None
        self._listeners, self._operator_keys = listeners, operator_keys
        self._snapshot = start.snapshot if start else None
        self._anchored = start is None
        self.engine = start.engine if start else engine_factory()
        self.tree = Frontier.load(start.snapshot.tree) if start else Frontier()
        self.covered_sequence = start.snapshot.next_sequence - 1 if start else 0
        if start:
            self.reader = Reader(place.journal, place.disk, from_any_sequence=True)
        else:
            self.reader = Reader(place.journal, place.disk, archive=place.archive)
        self.replayed = self.commands = 0

    def frames(self, progress: Progress | None) -> Iterator[tuple[Frame, bytes]]:
        """Every frame with its hash."""
        reader = self.reader
        pairs = ((frame, reader.last_hash, reader.read_bytes) for frame in reader)
        for frame, frame_hash, read_bytes in ahead(pairs) if reader.total_bytes > _LARGE_BYTES else pairs:
            if progress:
                progress(read_bytes, reader.total_bytes)
            yield frame, frame_hash

    def take(self, frame: Frame, frame_hash: bytes, *, following: Frame | None) -> None:
        """Apply one frame, unless the snapshot covers it or two operators had it skipped."""
        if self._notary:
            self._checkpoint, self._notary = self._notary.newest(frame.journal_id), None
        if not self._anchored:
            self._anchored = self._snapshot is not None and frame_hash == self._snapshot.last_hash
            self._compare_with_checkpoint(frame)
            return
        self.tree.append(frame_hash)
        self._compare_with_checkpoint(frame)
        self.replayed, self.commands = self.replayed + 1, self.commands + frame.record_count
        if not frame.record_count:
            return
        if following and is_skip_of(following, frame, frame_hash, self._operator_keys):
            _log.warning("The frame of sequence %d is skipped, as two operators signed", frame.sequence)
            self.engine.pass_over(frame.next_sequence - 1)
            return
        try:
            events = self._applied(frame)
        except Exception as fault:
            # Whatever it was: a live node stops for it as well, and nothing after it can be trusted.
            raise PoisonFrame(frame, frame_hash, fault, is_last=following is None) from fault
        published = Published(frame.sequence, frame.time_ns, frame.records, frame.side, events, frame_hash=frame_hash)
        for listener in self._listeners:
            listener(published)

    def _applied(self, frame: Frame) -> bytes:
        if frame.record_version != RECORD_VERSION:
            raise Fault(f"its records are of version {frame.record_version}; this program reads {RECORD_VERSION}")
        if len(frame.records) != frame.record_count * RECORD_BYTES:
            raise Fault(f"{len(frame.records)} bytes are not {frame.record_count} records of {RECORD_BYTES}")
        if frame.sequence != self.engine.last_sequence + 1:
            raise Fault(f"it follows command {self.engine.last_sequence}")
        return self.engine.apply(frame.records)

    def _compare_with_checkpoint(self, frame: Frame) -> None:
        said = self._checkpoint
        if not said or not self._anchored or self.tree.size != said.size:
            return
        if (origin_of(frame.journal_id), self.tree.root()) != (said.origin, said.root):
            reason = f"the first {said.size} frames are not those that the signed checkpoint covers"
            raise JournalDamaged(self._place.journal, 0, 0, frame.sequence, reason)

    @property
    def said_frames(self) -> int:
        return self._checkpoint.size if self._checkpoint else 0

    def check_all_there(self) -> None:
        """Raises `JournalDamaged` when the journal lacks what a snapshot or the newest checkpoint covers."""
        end = self.reader.end
        covered = None
        if self._snapshot and not self._anchored:
            covered = f"a whole snapshot covers record {self._snapshot.next_sequence - 1}"
        elif self._notary and (said := self._notary.newest(end.journal_id or b"")):  # not a frame was read
            covered = f"a signed checkpoint covers record {said.sequence}"
        elif self._checkpoint and self.tree.size < self._checkpoint.size:
            covered = f"a signed checkpoint covers record {self._checkpoint.sequence}"
        if covered:
            reason = f"the journal ends before it, or is another one: {covered}"
            raise JournalDamaged(end.path or self._place.journal, end.offset, end.offset, end.next_sequence, reason)


def ahead(items: Iterator[tuple[Frame, bytes, int]]) -> Iterator[tuple[Frame, bytes, int]]:
    """The same items, made in a thread of their own: checking and hashing one frame goes beside applying another.

    They change threads some at a time, as each change takes as long as checking a small frame.
    """
    ready: queue.Queue[list[tuple[Frame, bytes, int]] | BaseException | None] = queue.Queue(_AHEAD)
    wanted = True

    def make() -> None:
        made: list[tuple[Frame, bytes, int]] = []
        waiting_bytes = 0
        try:
            for item in items:
                if not wanted:
                    return
                made.append(item)
                waiting_bytes += len(item[0].records)
                if waiting_bytes >= _HANDED_BYTES or len(made) == _HANDED:
                    ready.put(made)
                    made, waiting_bytes = [], 0
            ready.put(made)
            ready.put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the items are taken
            ready.put(made)
            ready.put(error)

    thread = threading.Thread(target=make, name="reading ahead", daemon=True)
    thread.start()
    try:
        while (some := ready.get()) is not None:
            if isinstance(some, BaseException):
                raise some
            yield from some
    finally:
        wanted = False
        while thread.is_alive():
            try:
                ready.get(timeout=0.01)
            except queue.Empty:
                continue
        thread.join()
