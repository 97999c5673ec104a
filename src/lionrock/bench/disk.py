"""What the disk alone does: the bound that a journal is measured against."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

FORMS = "growing", "reserved", "written"
"""A file that each write makes longer; space reserved beforehand with `posix_fallocate`; space written beforehand."""
_CHUNK_BYTES = 1024 * 1024


def synced_writes(path: Path, form: str, block: bytes, count: int, stopwatch: Callable[[], float]) -> list[float]:
    """Seconds of each of `count` writes of `block`, one behind the other, each with its own `fdatasync`.

    `path` must not be there yet and is removed again. The space is made durable in its form before the first write.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
    try:
        if form == "reserved":
            os.posix_fallocate(descriptor, 0, len(block) * count)
        if form == "written":
            _fill(descriptor, len(block) * count)
        os.fsync(descriptor)
        return [_timed(descriptor, block, number * len(block), stopwatch) for number in range(count)]
    finally:
        os.close(descriptor)
        path.unlink()


def sequential_write(path: Path, length: int, stopwatch: Callable[[], float]) -> float:
    """Seconds to write a new file of so many bytes and make it durable with one `fdatasync`; it is removed again."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
    try:
        start = stopwatch()
        _fill(descriptor, length)
        os.fdatasync(descriptor)
        return stopwatch() - start
    finally:
        os.close(descriptor)
        path.unlink()


def _timed(descriptor: int, block: bytes, offset: int, stopwatch: Callable[[], float]) -> float:
    start = stopwatch()
    os.pwrite(descriptor, block, offset)
    os.fdatasync(descriptor)
    return stopwatch() - start


def _fill(descriptor: int, length: int) -> None:
    chunk = os.urandom(_CHUNK_BYTES)
    for offset in range(0, length, _CHUNK_BYTES):
        os.pwrite(descriptor, chunk[: length - offset], offset)
