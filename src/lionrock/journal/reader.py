"""Reads a journal from its beginning and trusts nothing: CRC, hash chain, journal id and sequence of every frame.

Bytes that are no frame are one of three things. Zeros to the end of the segment: space filled in advance. In the newest
segment with no whole frame behind them: a last write that was cut short; it is dropped and reported, and stays on disk
until a writer goes on from there. Anything else is damage.

Where the mark of a clean close stands (`closing`), no write can have been cut short: a journal that does not end
exactly there is damaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
from lionrock.journal.segments import End, JournalDamaged, TornTail, segment_path, segment_paths


class Reader:
    """Iterate it once for the frames in order; then `end` says where the next one goes.

    Raises `JournalDamaged` at the first frame that is not right, after all frames before it were given, and at once
    when the mark of a clean close cannot be trusted.
    """

    def __init__(self, directory: Path, disk: Disk) -> None:
        self._disk = disk
        self._paths = segment_paths(directory)
        self._directory = directory
        self._next_sequence = 1
        self._last_hash = GENESIS_HASH
        self._journal_id: bytes | None = None
        self._end: End | None = None
        self._closed: Closed | None = None
        self.total_bytes = sum(path.stat().st_size for path in self._paths)
        """Size of all segments, space filled in advance included."""
        self.read_bytes = 0
        """How much of it is behind the frame given last."""

    @property
    def end(self) -> End:
        """Where the next frame goes. Raises `RuntimeError` before every frame was read."""
        if self._end is None:
            raise RuntimeError("the end of a journal is known only when all of it was read")
        return self._end

    def __iter__(self) -> Iterator[Frame]:
        self._closed = read_mark(self._directory, self._disk)
        if not self._paths:
            self._end = End(None, 0, 0, 1, GENESIS_HASH, None, None)
        for path in self._paths:
            if path != segment_path(self._directory, self._next_sequence):
                raise JournalDamaged(path, 0, 0, self._next_sequence, "no segment begins with it: a file is missing")
            descriptor = self._disk.open(path, read_only=True)
            try:
                yield from self._segment(path, descriptor)
            finally:
                self._disk.close(descriptor)
        if self._closed and self._closed.next_sequence != self._next_sequence:
            path, offset = self.end.path or segment_path(self._directory, 1), self.end.offset
            reason = f"it is missing: record {self._closed.next_sequence - 1} was the last when the journal was closed"
            raise JournalDamaged(path, offset, offset, self._next_sequence, reason)

    def _segment(self, path: Path, descriptor: int) -> Iterator[Frame]:
        size = self._disk.size(descriptor)
        before = self.read_bytes
        last_offset = offset = 0
        torn_tail = None
        while offset < size:
            header = self._disk.read_at(descriptor, HEADER_BYTES, offset)
            if not any(header) and self._all_zeros(descriptor, offset):
                if self._closed:
                    reason = "zeros, and a journal that was closed has none at its end"
                    raise JournalDamaged(path, offset, size, self._next_sequence, reason)
                break
            try:
                encoded, frame = self._frame(descriptor, header, offset)
            except FrameInvalid as error:
                torn_tail = self._torn_tail_or_damage(path, descriptor, offset, header, str(error))
                break
            encoded_hash = frame_hash(encoded)
            self._check_continuity(path, offset, len(encoded), frame, encoded_hash)
            last_offset, offset = offset, offset + len(encoded)
            self._next_sequence, self._last_hash = frame.next_sequence, encoded_hash
            self._journal_id = frame.journal_id
            self.read_bytes = before + offset
            yield frame
        self.read_bytes = before + size
        self._end = End(path, last_offset, offset, self._next_sequence, self._last_hash, self._journal_id, torn_tail)

    def _frame(self, descriptor: int, header: bytes, offset: int) -> tuple[bytes, Frame]:
        if len(header) < HEADER_BYTES:
            raise FrameInvalid(f"the file ends {len(header)} bytes into its header")
        length = encoded_length(header)
        encoded = header + self._disk.read_at(descriptor, length - HEADER_BYTES, offset + HEADER_BYTES)
        if len(encoded) < length:
            raise FrameInvalid(f"the file ends {len(encoded)} bytes into its {length}")
        return encoded, decode(encoded)

    def _check_continuity(self, path: Path, offset: int, length: int, frame: Frame, encoded_hash: bytes) -> None:
        reason = None
        if self._journal_id not in {None, frame.journal_id}:
            reason = "it belongs to another journal"
        elif frame.sequence != self._next_sequence:
            reason = f"its first sequence is {frame.sequence}"
        elif frame.previous_hash != self._last_hash:
            reason = "it was not chained to the frame before it"
        elif (
            self._closed
            and frame.next_sequence >= self._closed.next_sequence
            and (frame.next_sequence, encoded_hash) != self._closed
        ):
            reason = "it is not the frame that the journal ended with when it was closed"
        if reason:
            raise JournalDamaged(path, offset, offset + length, self._next_sequence, reason)

    def _all_zeros(self, descriptor: int, offset: int) -> bool:
        while chunk := self._disk.read_at(descriptor, 1 << 20, offset):
            if chunk.strip(b"\0"):
                return False
            offset += len(chunk)
        return True

    def _torn_tail_or_damage(self, path: Path, descriptor: int, offset: int, header: bytes, reason: str) -> TornTail:
        rest = self._disk.read_at(descriptor, self._disk.size(descriptor) - offset, offset)
        next_frame = find_frame(rest, 1, self._journal_id)
        stop = offset + (len(rest.rstrip(b"\0")) if next_frame is None else next_frame)
        if next_frame is not None:
            raise JournalDamaged(path, offset, stop, self._next_sequence, f"{reason}; whole frames follow it")
        if path != self._paths[-1]:
            raise JournalDamaged(path, offset, stop, self._next_sequence, f"{reason}; another segment follows it")
        if announces_newer_format(header):
            raise JournalDamaged(path, offset, stop, self._next_sequence, reason)
        if self._closed:
            reason += "; the journal was closed after its last write, so none was cut short"
            raise JournalDamaged(path, offset, stop, self._next_sequence, reason)
        return TornTail(path, offset, stop, reason)
