"""Follows a journal that another process writes, and never gives a frame that could still be lost.

What is durable stands in the file `durable` beside the segments: the sequence of the last durable record, 8 bytes,
little-endian, unsigned. Every frame up to there is whole; old segments may have been packed away into the archive. So
there is no torn tail here: bytes that are not the frame that follows are damage, as for `reader`, whose checks these
are.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, NoReturn, Protocol

from lionrock.journal.archive import ARCHIVED_SUFFIX, archived_paths, archived_segment
from lionrock.journal.disk import Disk
from lionrock.journal.frames import (
    GENESIS_HASH,
    HEADER_BYTES,
    Frame,
    FrameInvalid,
    decode,
    frame_hash,
)
from lionrock.journal.reader import announced_length, check_is_whole, discontinuity
from lionrock.journal.segments import JournalDamaged, first_sequence_of, segment_path, segment_paths
from lionrock.journal.writer import DURABLE_NAME


def read_durable(directory: Path) -> int:
    """Sequence of the last durable record of the journal in `directory`; 0 where the mark is absent or short."""
    try:
        mark = (directory / DURABLE_NAME).read_bytes()
    except FileNotFoundError:
        return 0
    return int.from_bytes(mark, "little") if len(mark) == 8 else 0


class Place(NamedTuple):
    """Where a frame begins."""

    segment: int
    """Sequence that its segment is named after."""
    offset: int
    """In bytes of the segment, unpacked."""


class Tailed(NamedTuple):
    """A durable frame."""

    frame: Frame
    hash: bytes
    end: Place
    """Where the next one begins, unless that is in a new segment."""


class _Segment(Protocol):
    """An open segment."""

    def read_at(self, length: int, offset: int, /) -> bytes: ...

    def close(self) -> None: ...


class _Plain:
    """A segment file of the journal."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._disk, self._descriptor = disk, disk.open(path, read_only=True)
        self.read_at = partial(disk.read_at, self._descriptor)

    def close(self) -> None:
        self._disk.close(self._descriptor)


class _Archived:
    """A segment of the archive, unpacked."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._content = archived_segment(path, disk)

    def read_at(self, length: int, offset: int, /) -> bytes:
        return self._content[offset : offset + length]

    def close(self) -> None:
        self._content = b""


class Tail:
    """Gives each frame once, in order, as it becomes durable. Reads the journal's files and changes nothing."""

    def __init__(
        self,
        directory: Path,
        disk: Disk,
        *,
        archive: Path | None = None,
        after_sequence: int = 0,
        place: Place | None = None,
    ) -> None:
        """Begins with the segment that holds the record after `after_sequence`, so with frames before that, too.

        With a `place`, begins there, which must be where the frame of that record begins. `archive` is where packed
        segments are. Where it does not begin with the journal, the first frame is not checked against one before it.
        """
        self._directory, self._disk, self._archive = directory, disk, archive
        first = max((each for each in self._segments() if each <= after_sequence + 1), default=1)
        self._next_sequence = after_sequence + 1 if place else first
        self._last_hash = GENESIS_HASH if self._next_sequence == 1 and not place else None
        self._journal_id: bytes | None = None
        self._segment: _Segment | None = None
        self._place = place or Place(first, 0)
        self._path = segment_path(directory, self._place.segment)

    def read(self, durable_sequence: int) -> Iterator[Tailed]:
        """The frames that follow those given before, up to the one that holds the durable record.

        A frame without records is given once a record behind it is durable: nothing else tells that it is. Raises
        `JournalDamaged` and `OSError`.
        """
        while self._next_sequence <= durable_sequence:
            encoded, frame = self._next_frame()
            if frame.next_sequence > durable_sequence + 1:
                return
            encoded_hash = frame_hash(encoded)
            self._check(frame, len(encoded))
            self._next_sequence, self._last_hash, self._journal_id = (
                frame.next_sequence,
                encoded_hash,
                frame.journal_id,
            )
            self._place = Place(self._place.segment, self._place.offset + len(encoded))
            yield Tailed(frame, encoded_hash, self._place)

    def peek(self) -> Frame | None:
        """The frame that `read` would give next if it were durable, not checked against the one before it.

        None when nothing readable is there yet.
        """
        try:
            return self._next_frame()[1]
        except JournalDamaged:
            return None

    def close(self) -> None:
        if self._segment:
            self._segment.close()
            self._segment = None

    def _segments(self) -> list[int]:
        archived = archived_paths(self._archive, self._disk) if self._archive else []
        return [first_sequence_of(path) for path in archived + segment_paths(self._directory, self._disk)]

    def _next_frame(self) -> tuple[memoryview, Frame]:
        segment = self._segment or self._open(self._place.segment, self._place.offset)
        try:
            header = segment.read_at(HEADER_BYTES, self._place.offset)
            if not any(header):
                if self._place.segment == self._next_sequence:
                    self._damaged(HEADER_BYTES, "nothing is there, and it is durable")
                segment = self._open(self._next_sequence)
                header = segment.read_at(HEADER_BYTES, 0)
            encoded = self._encoded(segment, header)
            return encoded, decode(encoded)
        except FrameInvalid as error:
            self._damaged(HEADER_BYTES, str(error), error)

    def _encoded(self, segment: _Segment, header: bytes) -> memoryview:
        length = announced_length(header)
        encoded = header + segment.read_at(length - HEADER_BYTES, self._place.offset + HEADER_BYTES)
        check_is_whole(encoded, length)
        return memoryview(encoded)

    def _open(self, first_sequence: int, offset: int = 0) -> _Segment:
        """The segment of that name becomes the current one."""
        self.close()
        path = segment_path(self._directory, first_sequence)
        archived = self._archive / f"{first_sequence:020d}{ARCHIVED_SUFFIX}" if self._archive else None
        try:
            self._segment = _Plain(path, self._disk)
        except FileNotFoundError as missing:
            if archived is None or not archived.exists():
                reason = "no segment begins with it, and it is durable: a file is missing"
                raise JournalDamaged(path, 0, 0, self._next_sequence, reason) from missing
            path, self._segment = archived, _Archived(archived, self._disk)
        self._path, self._place = path, Place(first_sequence, offset)
        return self._segment

    def _check(self, frame: Frame, length: int) -> None:
        if reason := discontinuity(frame, self._next_sequence, self._last_hash, self._journal_id):
            self._damaged(length, reason)

    def _damaged(self, length: int, reason: str, cause: Exception | None = None) -> NoReturn:
        offset = self._place.offset
        raise JournalDamaged(self._path, offset, offset + length, self._next_sequence, reason) from cause
