"""Brings an engine back from the journal: every frame goes through `apply` again, in the same order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from lionrock.journal.disk import Disk
from lionrock.journal.frames import Frame
from lionrock.journal.reader import Reader
from lionrock.journal.segments import End, TornTail
from lionrock.journal.writer import Writer
from lionrock.node.engine import Engine
from lionrock.node.published import Published
from lionrock.words.faults import Fault
from lionrock.words.records import RECORD_BYTES

_log = logging.getLogger(__name__)

Listener = Callable[[Published], None]
Progress = Callable[[int, int], None]
"""Called with the bytes of the journal read so far and in all."""
MakeWriter = Callable[[Path, Disk, End, bytes], Writer]
"""`Writer`, or one with other sizes."""


class Recovered(NamedTuple):
    """What a restart found."""

    frames: int
    commands: int
    torn_tail: TornTail | None
    """A last write that was cut short, and now cut away."""


def recover(
    directory: Path,
    disk: Disk,
    journal_id: bytes,
    engine: Engine,
    *,
    listeners: Iterable[Listener],
    progress: Progress | None,
    make_writer: MakeWriter = Writer,
) -> tuple[Writer, Recovered]:
    """Replay the journal into `engine`, feeding `listeners`, and open it for writing.

    The last frame may be in the system's memory only, so listeners get it after the writer has synced it again.
    A last write that was cut short is logged before it is cut away. Raises `JournalDamaged`, `Fault` and `OSError`.
    """
    reader = Reader(directory, disk)
    frames = commands = 0
    last: Frame | None = None
    for frame in reader:
        if last:
            _replay(last, engine, listeners)
        last = frame
        frames, commands = frames + 1, commands + frame.record_count
        if progress:
            progress(reader.read_bytes, reader.total_bytes)
    if torn := reader.end.torn_tail:
        _log.warning(
            "The last write to %s was cut short: bytes %d to %d are dropped (%s). What a crash cuts short was never "
            "acknowledged; damage done to the last frame after a crash would look the same.",
            *torn,
        )
    writer = make_writer(directory, disk, reader.end, journal_id)
    try:
        if last:
            _replay(last, engine, listeners)
    except BaseException:
        writer.close()
        raise
    return writer, Recovered(frames, commands, reader.end.torn_tail)


def _replay(frame: Frame, engine: Engine, listeners: Iterable[Listener]) -> None:
    if len(frame.records) != frame.record_count * RECORD_BYTES:
        raise Fault(
            f"frame {frame.sequence}: {len(frame.records)} bytes are not {frame.record_count} records of {RECORD_BYTES}"
        )
    if frame.sequence != engine.last_sequence + 1:
        raise Fault(f"frame {frame.sequence} follows command {engine.last_sequence}")
    events = engine.apply(frame.records)
    published = Published(frame.sequence, frame.time_ns, frame.records, frame.side, events)
    for listener in listeners:
        listener(published)
