"""Makes frames durable, one sync each, and stops for good at the first doubt.

A sync is cheaper the less it changes of the file's metadata. So space is reserved `RESERVED_BYTES` at a time, and for
small frames filled with zeros ahead of them, `FILL_BYTES` at a time, in the same write as the frame that needs it.
Measured with frames of 8 KB on ext4: 107 µs a frame in filled space, 173 µs in reserved space, 225 µs when every frame
grows the file. Frames of 128 KB and more only get reserved space: 250 µs against 290 µs when they grow the file, and
filling would double what is written. Larger fills were not faster and made a single frame wait up to 60 ms.

A frame is prepared (chained, checksummed, hashed) apart from being written, so that the next one can be prepared while
one is on its way to the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from pathlib import Path

from lionrock.journal.closing import Closed, remove_mark, write_mark
from lionrock.journal.disk import Disk
from lionrock.journal.frames import JOURNAL_ID_BYTES, Frame, frame_hash, parts
from lionrock.journal.segments import End, segment_path

SEGMENT_BYTES = 64 * 1024 * 1024
"""A frame that would pass this begins a new segment: half a million commands, and what archiving holds in memory."""
RESERVED_BYTES = 4 * 1024 * 1024
FILL_BYTES = 1024 * 1024
LONG_BYTES = 256 * 1024
"""From this length on a frame is hashed in a thread of its own. Measured with frames of 8,192 commands: 7.1 million
commands a second instead of 6.1, of 16,384: 7.9 instead of 5.8, of 4,096: no difference."""
DURABLE_NAME = "durable"
"""File beside the segments with the sequence of the last durable record: 8 bytes, little-endian, 0 before the first.

Who follows the journal from another process shows nothing above it: a frame can be read before it is durable, and be
gone after the power was lost. It is written after each sync and never synced itself; a restart writes it anew."""


class WriterStopped(Exception):
    """A write or a sync failed before, so what is on the device is not known; only a restart reads what is there.

    A sync is not tried again: after a failed one the system may have dropped the pages and report success the next
    time (the PostgreSQL project's "fsyncgate", 2018).
    """


class Prepared:
    """A frame that is chained to the one prepared before it."""

    def __init__(
        self, sequence: int, next_sequence: int, parts: Sequence[bytes | memoryview], known_hash: bytes | None = None
    ) -> None:
        self.sequence, self.next_sequence, self.parts = sequence, next_sequence, parts
        self.length = sum(map(len, parts))
        self._hash = known_hash
        self._being_made: Future[bytes] | None = None

    @property
    def hash(self) -> bytes:
        """Made when first asked for, as the frame can be on its way to the device meanwhile. Not for two threads."""
        if self._hash is None:
            self._hash = self._being_made.result() if self._being_made else frame_hash(*self.parts)
        return self._hash

    def make_hash(self, thread: Executor) -> None:
        """Make the hash, or for a long frame have that thread make it."""
        if self.length < LONG_BYTES:
            self._hash = frame_hash(*self.parts)
        else:
            self._being_made = thread.submit(frame_hash, *self.parts)


class Writer:
    """Appends to a journal. One at a time; who guards that is not this room's business.

    `prepare` may be called while another thread is in `write`.
    """

    def __init__(
        self,
        directory: Path,
        disk: Disk,
        end: End,
        journal_id: bytes,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        fill_bytes: int = FILL_BYTES,
        reserved_bytes: int = RESERVED_BYTES,
    ) -> None:
        """Go on from where a `Reader` ended. `journal_id`, 16 random bytes, counts only in a journal without a frame.

        Cuts a torn tail off, and makes the last frame and its file's name durable once more: they may have been read
        back from memory that never reached the device. Raises `OSError`.
        """
        if len(journal_id) != JOURNAL_ID_BYTES:
            raise ValueError(f"a journal id of {len(journal_id)} bytes instead of {JOURNAL_ID_BYTES}")
        self._directory, self._disk = directory, disk
        self._segment_bytes, self._fill_bytes, self._reserved_bytes = segment_bytes, fill_bytes, reserved_bytes
        self._journal_id = end.journal_id or journal_id
        self._prepared = self._written = Prepared(end.next_sequence, end.next_sequence, (), end.last_hash)
        self._descriptor: int | None = None
        self._durable_mark: int | None = None
        self._offset = self._filled = self._reserved = end.offset
        self._stopped: str | None = None
        self._mark_removed = False
        disk.make_directory(directory)
        try:
            if end.path is not None:
                self._descriptor = disk.open(end.path)
                self._go_on_from(end)
            self._show_durable()
        except BaseException:
            self._let_go()
            raise

    @property
    def journal_id(self) -> bytes:
        """Names this journal for good from its first frame on."""
        return self._journal_id

    @property
    def next_sequence(self) -> int:
        """Sequence that the next frame to be prepared begins with."""
        return self._prepared.next_sequence

    def prepare(
        self, time_ns: int, record_count: int, records: bytes | memoryview, side: bytes, record_version: int
    ) -> Prepared:
        """Chain a frame to the last one prepared. It must be written before any that is prepared later."""
        before = self._prepared
        frame = Frame(
            before.next_sequence, time_ns, record_count, records, side, before.hash, self._journal_id, record_version
        )
        self._prepared = Prepared(frame.sequence, frame.next_sequence, parts(frame))
        return self._prepared

    def write(self, prepared: Prepared) -> None:
        """The frame is durable when this returns.

        Raises `OSError` when that failed; whether the frame is on the device is then unknown, and every later call
        raises `WriterStopped`.
        """
        if self._stopped:
            raise WriterStopped(self._stopped)
        written = prepared.parts
        self._stopped = f"the frame of sequence {prepared.sequence} was not written whole"
        if not self._mark_removed:
            remove_mark(self._directory, self._disk)
            self._mark_removed = True
        full = self._offset and self._offset + prepared.length > self._segment_bytes
        # A frame without records has the sequence of the one after it, so it cannot give its name to a file.
        if self._descriptor is None or (full and prepared.next_sequence > prepared.sequence):
            self._begin_segment(prepared.sequence)
        end = self._offset + prepared.length
        if end > self._reserved:
            self._reserved = _rounded_up(end, max(self._reserved_bytes, self._fill_bytes))
            self._disk.reserve(self._open_descriptor(), self._reserved)
        if end > self._filled and prepared.length <= self._fill_bytes // 8:
            self._filled = _rounded_up(end, self._fill_bytes)
            written = [*written, bytes(self._filled - end)]
        self._filled = max(self._filled, end)
        self._disk.write_durably(self._open_descriptor(), written, self._offset)
        self._offset, self._written = end, prepared
        self._show_durable()
        self._stopped = None

    def append(
        self, time_ns: int, record_count: int, records: bytes | memoryview, side: bytes, record_version: int
    ) -> None:
        """Both in one. Raises as `write` does."""
        if self._stopped:
            raise WriterStopped(self._stopped)
        self.write(self.prepare(time_ns, record_count, records, side, record_version))

    def close(self) -> None:
        """Cut off the space filled in advance, close the file and mark the journal as closed, durably.

        After a failure nothing is cut and nothing marked. Raises `OSError`: every frame is there, but the next reader
        may take the journal for one that a crash ended. A second call does nothing.
        """
        whole = self._stopped is None
        self._stopped = self._stopped or "the journal was closed"
        try:
            if self._descriptor is not None and whole:
                self._cut_off_filling(self._descriptor)
        finally:
            self._let_go()
        if whole:
            write_mark(self._directory, self._disk, Closed(self._written.next_sequence, self._written.hash))

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise WriterStopped("no segment is open")
        return self._descriptor

    def _go_on_from(self, end: End) -> None:
        descriptor = self._open_descriptor()
        self._disk.truncate(descriptor, end.offset)
        self._disk.write_all(descriptor, end.last_frame, end.last_frame_offset)
        self._disk.sync_all(descriptor)
        self._disk.sync_directory(self._directory)

    def _begin_segment(self, first_sequence: int) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            try:
                self._cut_off_filling(descriptor)
            finally:
                self._disk.close(descriptor)
        self._descriptor = self._disk.open(segment_path(self._directory, first_sequence), create=True)
        self._offset = self._filled = self._reserved = 0
        self._disk.sync_all(self._descriptor)
        self._disk.sync_directory(self._directory)

    def _cut_off_filling(self, descriptor: int) -> None:
        self._disk.truncate(descriptor, self._offset)
        self._disk.sync_all(descriptor)

    def _show_durable(self) -> None:
        if self._durable_mark is None:
            path = self._directory / DURABLE_NAME
            self._durable_mark = self._disk.open(
                path, create=DURABLE_NAME not in self._disk.list_directory(path.parent)
            )
        last = self._written.next_sequence - 1
        self._disk.write_all(self._durable_mark, last.to_bytes(8, "little"), 0)

    def _let_go(self) -> None:
        """Close whatever is open, each also when another cannot be closed."""
        descriptors, self._descriptor, self._durable_mark = (self._descriptor, self._durable_mark), None, None
        errors = []
        for descriptor in descriptors:
            try:
                if descriptor is not None:
                    self._disk.close(descriptor)
            except OSError as error:
                errors.append(error)
        if errors:
            raise errors[0]


def _rounded_up(length: int, step: int) -> int:
    return -(-length // step) * step
