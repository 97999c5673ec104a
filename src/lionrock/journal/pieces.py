"""A segment's bytes, a piece at a time: to get memory for all of it would take as long as hashing all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lionrock.journal.disk import Disk

PIECE_BYTES = 1024 * 1024


class Pieces:
    """What was read once is not read again as long as reading goes forward frame by frame."""

    def __init__(self, read_at: Callable[[int, int], bytes], size: int) -> None:
        """`read_at` takes a length and an offset, as `Disk.read_at` does."""
        self.size = size
        self._read_at = read_at
        self._piece, self._start = b"", 0

    def at(self, offset: int, length: int) -> memoryview:
        """So many bytes from `offset`; fewer only where the segment ends."""
        length = min(length, self.size - offset)
        if not self._start <= offset <= offset + length <= self._start + len(self._piece):
            self._piece, self._start = self._read_at(max(length, PIECE_BYTES), offset), offset
        return memoryview(self._piece)[offset - self._start : offset - self._start + length]

    def rest(self, offset: int) -> bytes:
        """Everything from `offset`; what was read of it already stays as it was read."""
        read = self._piece[offset - self._start :] if self._start <= offset else b""
        missing = self.size - offset - len(read)
        return read + self._read_at(missing, offset + len(read)) if missing > 0 else read


@contextmanager
def pieces_of_file(path: Path, disk: Disk) -> Iterator[Pieces]:
    """Raises `OSError`, and so does reading."""
    descriptor = disk.open(path, read_only=True)
    try:
        yield Pieces(lambda length, offset: disk.read_at(descriptor, length, offset), disk.size(descriptor))
    finally:
        disk.close(descriptor)


def pieces_of_bytes(content: bytes) -> Pieces:
    return Pieces(lambda length, offset: content[offset : offset + length], len(content))
