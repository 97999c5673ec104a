"""A snapshot: what a program had made of the journal up to one frame, so that a restart need not go through all of it.

One file `NNN.snapshot` each, named after the last record it covers in 20 digits. All numbers are little-endian.

| offset | bytes | field | meaning |
|---|---|---|---|
| 0 | 4 | magic | `LRKS` |
| 4 | 4 | format version | unsigned, 1 |
| 8 | 16 | journal id | of the journal it belongs to |
| 24 | 8 | next sequence | unsigned, one above the last record covered |
| 32 | 8 | frames | unsigned, how many frames it covers |
| 40 | 32 | last hash | frame hash of the last of them |
| 72 | 4 | tree bytes | unsigned, T |
| 76 | 4 | CRC-32 | zlib's, over bytes 0 to 75 followed by bytes 80 to the end |
| 80 | T | tree | what the tree over all frames needs to grow on (`tree.Frontier`) |
| 80 + T | rest | state | as given; the journal does not know what it means |

It appears whole or not at all. It is a shortcut and never the record: one that is damaged, foreign or of another
version is passed over, and an older one or the beginning of the journal serves instead. But one that is whole and
covers frames that the journal does not have says that the journal was cut.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import NamedTuple

from lionrock.journal.disk import Disk

SUFFIX = ".snapshot"
_MAGIC = b"LRKS"
_FORMAT_VERSION = 1
_BEFORE_CRC = struct.Struct("<4sI16sQQ32sI")
_CRC = struct.Struct("<I")
_HEADER_BYTES = _BEFORE_CRC.size + _CRC.size


class SnapshotInvalid(ValueError):
    """These bytes are no snapshot that can be used; the words say why."""


class Snapshot(NamedTuple):
    """See the module docstring for units."""

    journal_id: bytes
    next_sequence: int
    frames: int
    last_hash: bytes
    tree: bytes
    state: bytes


def write_snapshot(directory: Path, disk: Disk, snapshot: Snapshot) -> Path:
    """Durable when this returns. Raises `OSError`."""
    journal_id, next_sequence, frames, last_hash, tree, state = snapshot
    head = _BEFORE_CRC.pack(_MAGIC, _FORMAT_VERSION, journal_id, next_sequence, frames, last_hash, len(tree))
    crc = zlib.crc32(state, zlib.crc32(tree, zlib.crc32(head)))
    disk.make_directory(directory)
    path = directory / f"{next_sequence - 1:020d}{SUFFIX}"
    disk.write_file(path, b"".join((head, _CRC.pack(crc), tree, state)))
    return path


def read_snapshot(path: Path, disk: Disk) -> Snapshot:
    """Raises `SnapshotInvalid` and `OSError`."""
    data = disk.read_file(path)
    if len(data) < _HEADER_BYTES:
        raise SnapshotInvalid(f"{path}: {len(data)} bytes are not a snapshot")
    magic, version, journal_id, next_sequence, frames, last_hash, tree_bytes = _BEFORE_CRC.unpack_from(data)
    if (magic, version) != (_MAGIC, _FORMAT_VERSION):
        raise SnapshotInvalid(f"{path}: it begins with {magic.hex()} and format version {version}")
    (expected,) = _CRC.unpack_from(data, _BEFORE_CRC.size)
    rest = memoryview(data)[_HEADER_BYTES:]
    found = zlib.crc32(rest, zlib.crc32(data[: _BEFORE_CRC.size]))
    if found != expected or tree_bytes > len(rest):
        raise SnapshotInvalid(f"{path}: its CRC is {found:08x}, and {expected:08x} is written in it")
    tree, state = bytes(rest[:tree_bytes]), bytes(rest[tree_bytes:])
    return Snapshot(journal_id, next_sequence, frames, last_hash, tree, state)


def snapshot_paths(directory: Path, disk: Disk) -> list[Path]:
    """Newest first."""
    names = [name for name in disk.list_directory(directory) if name.endswith(SUFFIX)]
    return [directory / name for name in sorted(names, reverse=True)]


def keep_newest(directory: Path, disk: Disk, kept: int) -> None:
    """Remove all but so many. Raises `OSError`."""
    for path in snapshot_paths(directory, disk)[kept:]:
        disk.remove(path)
