"""The files of a journal: their names, where the next frame goes, and what can be wrong with them.

A segment file holds whole frames, one after the other, then zero bytes up to its end: space filled in advance, because
a sync that need not record a new file size is cheaper. It is named after the sequence of its first record in 20
digits, so that names sort as sequences do. The space is cut off when a segment is full or the journal is closed.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lionrock.journal.disk import Disk

SUFFIX = ".frames"


class JournalDamaged(Exception):
    """What stands in the journal is not what was written. Nobody may go on from here without a person deciding.

    `path`, `start` and `stop` give the bytes of the frame, `sequence` the first record it should hold. Without a
    sequence they are the bytes of the mark of a clean close.
    """

    def __init__(self, path: Path, start: int, stop: int, sequence: int | None, reason: str) -> None:
        what = "the mark of a clean close" if sequence is None else f"the frame of sequence {sequence}"
        super().__init__(f"{path}: {what}, bytes {start} to {stop}: {reason}")
        self.path, self.start, self.stop, self.sequence = path, start, stop, sequence


class TornTail(NamedTuple):
    """Bytes of a last frame, in a journal that was not closed, which do not make it whole.

    What a crash or a refused write cut short was never acknowledged. Damage done to the last frame after a crash looks
    the same, and then it may have been.
    """

    path: Path
    start: int
    stop: int
    """End of the last byte that is not zero, at least; the rest is space filled in advance."""
    reason: str
    """Which check told that it is not whole."""


class End(NamedTuple):
    """Where the next frame goes."""

    path: Path | None
    """The newest segment; None in a journal without one."""
    last_frame_offset: int
    """Where its last frame begins; equal to `offset` when it holds none."""
    offset: int
    """Where the next frame begins, unless it goes to a new segment."""
    next_sequence: int
    last_hash: bytes
    journal_id: bytes | None
    """None until the first frame."""
    torn_tail: TornTail | None
    last_frame: bytes = b""
    """The newest segment's last frame as it was read and checked; the system may show other bytes the next time."""


def segment_path(directory: Path, first_sequence: int) -> Path:
    """File of the segment whose first record has this sequence."""
    return directory / f"{first_sequence:020d}{SUFFIX}"


def segment_paths(directory: Path, disk: Disk) -> list[Path]:
    """Every segment, oldest first; none where there is no such directory."""
    names = [name for name in disk.list_directory(directory) if name.endswith(SUFFIX)]
    return [directory / name for name in sorted(names)]


def first_sequence_of(path: Path) -> int:
    """Of a segment, archived or not."""
    return int(path.name.partition(".")[0])
