"""Reads a journal from its beginning and trusts nothing: CRC, hash chain, journal id and sequence of every frame.

Bytes that are no frame are one of three things. Zeros to the end of the segment: space filled in advance. In the newest
segment with no whole frame behind them: a last write that was cut short; it is dropped and reported, and stays on disk
until a writer goes on from there. Anything else is damage.

Where the mark of a clean close stands (`closing`), no write can have been cut short: a journal that does not end
exactly there is damaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from lionrock.journal.archive import archived_paths, archived_segment
from lionrock.journal.closing import Closed, read_mark
from lionrock.journal.disk import Disk
from lionrock.journal.frames import (
    GENESIS_HASH,
    HEADER_BYTES,
    Frame,
    FrameInvalid,
    announces_newer_format,
    decode,
    encoded_length,
    find_frame,
    frame_hash,
)
from lionrock.journal.pieces import Pieces, pieces_of_bytes, pieces_of_file
from lionrock.journal.segments import End, JournalDamaged, TornTail, first_sequence_of, segment_path, segment_paths


class Reader:
    """Iterate it once for the frames in order; then `end` says where the next one goes.

    Raises `JournalDamaged` at the first frame that is not right, after all frames before it were given, and at once
    when the mark of a clean close cannot be trusted.
    """

    def __init__(
        self, directory: Path, disk: Disk, *, archive: Path | None = None, from_any_sequence: bool = False
    ) -> None:
        """Reads the segments in `directory`, and first those in `archive` that are not there any more.

        With `from_any_sequence` the journal may begin later than with the first record ever. The chain then proves
        what was read only to somebody who knows the hash of one of its frames.
        """
        self._disk = disk
        self._directory = directory
        self._live = segment_paths(directory, disk)
        archived = [] if archive is None else archived_paths(archive, disk)
        names = {path.name for path in self._live}
        self._paths = [path for path in archived if path.stem not in names] + self._live
        self._next_sequence = 1
        self._last_hash: bytes | None = GENESIS_HASH
        if from_any_sequence and self._paths and first_sequence_of(self._paths[0]) != 1:
            self._next_sequence, self._last_hash = first_sequence_of(self._paths[0]), None
        self._last_sequence = 0
        self._last_place = (segment_path(directory, 1), 0, 0)
        self._journal_id: bytes | None = None
        self._end: End | None = None
        self._closed: Closed | None = None
        self.total_bytes = sum(disk.size_of(path) for path in self._paths)
        """Size of all files, space filled in advance included."""
        self.read_bytes = 0
        """How much of it is behind the frame given last; of an archived segment when all of it is."""

    @property
    def last_hash(self) -> bytes:
        """Frame hash of the frame given last; of the frame before the first one as long as none was given."""
        return self._last_hash or GENESIS_HASH

    @property
    def end(self) -> End:
        """Where the next frame goes. Raises `RuntimeError` before every frame was read."""
        if self._end is None:
            raise RuntimeError("the end of a journal is known only when all of it was read")
        return self._end

    def __iter__(self) -> Iterator[Frame]:
        self._closed = read_mark(self._directory, self._disk)
        if not self._live:
            self._end = End(None, 0, 0, self._next_sequence, self.last_hash, None, None)
        before = 0
        for path in self._paths:
            if first_sequence_of(path) != self._next_sequence:
                raise JournalDamaged(path, 0, 0, self._next_sequence, "no segment begins with it: a file is missing")
            live = path.parent == self._directory
            with self._pieces(path) as pieces:
                for offset, frame in self._segment(path, pieces):
                    self.read_bytes = before + offset * live
                    yield frame
            before += self._disk.size_of(path)
            self.read_bytes = before
        if self._end is None:  # everything is in the archive
            self._end = End(None, 0, 0, self._next_sequence, self.last_hash, self._journal_id, None)
        if self._closed:
            self._check_closed_end(self._closed)

    def _check_closed_end(self, closed: Closed) -> None:
        end = self.end
        path = end.path or segment_path(self._directory, 1)
        if closed.next_sequence != end.next_sequence:
            reason = f"it is missing: record {closed.next_sequence - 1} was the last when the journal was closed"
            raise JournalDamaged(path, end.offset, end.offset, end.next_sequence, reason)
        if closed.last_hash != end.last_hash:
            reason = "it is not the frame that the journal ended with when it was closed"
            raise JournalDamaged(*self._last_place, self._last_sequence, reason)

    def _pieces(self, path: Path) -> AbstractContextManager[Pieces]:
        if path.parent == self._directory:
            return pieces_of_file(path, self._disk)
        return nullcontext(pieces_of_bytes(archived_segment(path, self._disk)))

    def _segment(self, path: Path, pieces: Pieces) -> Iterator[tuple[int, Frame]]:
        """Each frame with the offset behind it."""
        last_offset = offset = 0
        last_encoded = memoryview(b"")
        torn_tail = None
        while offset < pieces.size:
            header = pieces.at(offset, HEADER_BYTES)
            if not any(header) and not pieces.rest(offset).strip(b"\0"):
                if self._closed:
                    reason = "zeros, and a journal that was closed has none at its end"
                    raise JournalDamaged(path, offset, pieces.size, self._next_sequence, reason)
                break
            try:
                length = announced_length(header)
                encoded = pieces.at(offset, length)
                check_is_whole(encoded, length)
                frame = decode(encoded)
            except FrameInvalid as error:
                torn_tail = self._torn_tail_or_damage(path, pieces.rest(offset), offset, str(error))
                break
            encoded_hash = frame_hash(encoded)
            self._check_continuity(path, offset, len(encoded), frame)
            last_offset, offset, last_encoded = offset, offset + len(encoded), encoded
            self._last_place = (path, last_offset, offset)
            self._last_sequence, self._next_sequence, self._last_hash = (
                frame.sequence,
                frame.next_sequence,
                encoded_hash,
            )
            self._journal_id = frame.journal_id
            yield offset, frame
        if path.parent == self._directory:
            sequence, last_hash, last_frame = self._next_sequence, self.last_hash, bytes(last_encoded)
            self._end = End(path, last_offset, offset, sequence, last_hash, self._journal_id, torn_tail, last_frame)

    def _check_continuity(self, path: Path, offset: int, length: int, frame: Frame) -> None:
        reason = discontinuity(frame, self._next_sequence, self._last_hash, self._journal_id)
        if reason is None and self._closed and frame.next_sequence > self._closed.next_sequence:
            reason = f"record {self._closed.next_sequence - 1} was the last when the journal was closed"
        if reason:
            raise JournalDamaged(path, offset, offset + length, self._next_sequence, reason)

    def _torn_tail_or_damage(self, path: Path, rest: bytes, offset: int, reason: str) -> TornTail:
        next_frame = find_frame(rest, 1, self._journal_id)
        stop = offset + (len(rest.rstrip(b"\0")) if next_frame is None else next_frame)
        if next_frame is not None:
            raise JournalDamaged(path, offset, stop, self._next_sequence, f"{reason}; whole frames follow it")
        if path != self._paths[-1]:
            raise JournalDamaged(path, offset, stop, self._next_sequence, f"{reason}; another segment follows it")
        if announces_newer_format(rest):
            raise JournalDamaged(path, offset, stop, self._next_sequence, reason)
        if self._closed:
            reason += "; the journal was closed after its last write, so none was cut short"
            raise JournalDamaged(path, offset, stop, self._next_sequence, reason)
        return TornTail(path, offset, stop, reason)


def discontinuity(frame: Frame, next_sequence: int, last_hash: bytes | None, journal_id: bytes | None) -> str | None:
    """Why this frame does not follow what was read before it; None when it does.

    Without a hash of the frame before it, or the id of the journal, these are not compared.
    """
    if journal_id not in {None, frame.journal_id}:
        return "it belongs to another journal"
    if frame.sequence != next_sequence:
        return f"its first sequence is {frame.sequence}"
    if last_hash not in {None, frame.previous_hash}:
        return "it was not chained to the frame before it"
    return None


def announced_length(header: bytes | memoryview) -> int:
    """Length of the frame that begins with this header. Raises `FrameInvalid`, also when it is not a whole header."""
    if len(header) < HEADER_BYTES:
        raise FrameInvalid(f"the file ends {len(header)} bytes into its header")
    return encoded_length(header)


def check_is_whole(encoded: bytes | memoryview, length: int) -> None:
    """Raises `FrameInvalid` when the file ended before the length that a frame announces."""
    if len(encoded) < length:
        raise FrameInvalid(f"the file ends {len(encoded)} bytes into its {length}")
