"""The mark of a clean close says where the journal ended, so that no later loss looks like a write a crash cut short.

The file `closed` beside the segments is there from the end of a clean close to the first append after it. All numbers
are little-endian.

| offset | bytes | field | meaning |
|---|---|---|---|
| 0 | 4 | magic | `LRKC` |
| 4 | 4 | format version | unsigned, 1 |
| 8 | 8 | next sequence | unsigned, one above the last record's |
| 16 | 32 | last hash | frame hash of the last frame, which covers the journal id; 32 zero bytes without a frame |
| 48 | 4 | CRC-32 | zlib's, over bytes 0 to 47 |

It appears whole or not at all: written under another name, synced, renamed, and the directory synced. Whoever removes
the mark together with frames makes the journal look like one that a crash ended; only a hash kept elsewhere tells.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import NamedTuple

from lionrock.journal.disk import Disk
from lionrock.journal.segments import JournalDamaged

MARK_NAME = "closed"
_MAGIC = b"LRKC"
_FORMAT_VERSION = 1
_BEFORE_CRC = struct.Struct("<4sIQ32s")
_CRC = struct.Struct("<I")
_MARK_BYTES = _BEFORE_CRC.size + _CRC.size


class Closed(NamedTuple):
    """Where the journal ended."""

    next_sequence: int
    last_hash: bytes


def write_mark(directory: Path, disk: Disk, closed: Closed) -> None:
    """Durable when this returns; everything before `closed` must be so already. Raises `OSError`."""
    head = _BEFORE_CRC.pack(_MAGIC, _FORMAT_VERSION, *closed)
    disk.write_file(directory / MARK_NAME, head + _CRC.pack(zlib.crc32(head)))


def remove_mark(directory: Path, disk: Disk) -> None:
    """Durable when this returns, also when no mark was there. Raises `OSError`."""
    disk.remove(directory / MARK_NAME)
    disk.sync_directory(directory)


def read_mark(directory: Path, disk: Disk) -> Closed | None:
    """None where no mark is. Raises `JournalDamaged`, without a sequence, for a mark that cannot be read or trusted."""
    path = directory / MARK_NAME
    try:
        descriptor = disk.open(path, read_only=True)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise JournalDamaged(path, 0, 0, None, f"it cannot be opened: {error.strerror}") from error
    try:
        mark = disk.read_at(descriptor, _MARK_BYTES + 1, 0)
    except OSError as error:
        raise JournalDamaged(path, 0, 0, None, f"it cannot be read: {error.strerror}") from error
    finally:
        disk.close(descriptor)
    return _decode(path, mark)


def _decode(path: Path, mark: bytes) -> Closed:
    if len(mark) != _MARK_BYTES:
        found = len(mark) if len(mark) < _MARK_BYTES else f"more than {_MARK_BYTES}"
        raise JournalDamaged(path, 0, len(mark), None, f"it has {found} bytes instead of {_MARK_BYTES}")
    magic, version, next_sequence, last_hash = _BEFORE_CRC.unpack_from(mark)
    (expected,) = _CRC.unpack_from(mark, _BEFORE_CRC.size)
    found_crc = zlib.crc32(mark[: _BEFORE_CRC.size])
    if found_crc != expected:
        reason = f"its CRC is {found_crc:08x}, and {expected:08x} is written in it"
        raise JournalDamaged(path, 0, len(mark), None, reason)
    if (magic, version) != (_MAGIC, _FORMAT_VERSION):
        reason = f"it begins with {magic.hex()} and format version {version}, not {_MAGIC.hex()} and {_FORMAT_VERSION}"
        raise JournalDamaged(path, 0, len(mark), None, reason)
    return Closed(next_sequence, last_hash)
