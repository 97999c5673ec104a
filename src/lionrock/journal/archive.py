"""Old segments, compressed and out of the way of a restart: `archive/NNN.frames.gz`, the segment's bytes in gzip.

A segment is archived when it is full and a snapshot covers it. It is read back before the original is removed; what a
crash leaves half done is done again.
"""

from __future__ import annotations

import gzip
import itertools
import zlib
from pathlib import Path

from lionrock.journal.disk import Disk
from lionrock.journal.segments import SUFFIX, JournalDamaged, first_sequence_of, segment_paths

ARCHIVED_SUFFIX = f"{SUFFIX}.gz"
_LEVEL = 3
"""Three quarters of what the highest level saves, at a fifth of its time."""


def archive_segments(journal: Path, archive: Path, disk: Disk, covered_sequence: int) -> list[Path]:
    """Archive every segment that ends before the record in front of `covered_sequence`; returns the new files.

    The segment with that record, the last one that a snapshot covers, stays: there a restart finds the frame that the
    snapshot ends with, and knows that the journal is the snapshot's. Not for two callers at once. Raises `OSError`.
    """
    paths = segment_paths(journal, disk)
    written = []
    for path, following in itertools.pairwise(paths):
        if first_sequence_of(following) >= covered_sequence:
            break
        disk.make_directory(archive)
        target = archive / f"{path.name}.gz"
        content = disk.read_file(path)
        disk.write_file(target, gzip.compress(content, _LEVEL, mtime=0))
        if archived_segment(target, disk) != content:
            raise OSError(f"{target}: it does not read back as {path}")
        disk.remove(path)
        disk.sync_directory(journal)
        written.append(target)
    return written


def archived_paths(archive: Path, disk: Disk) -> list[Path]:
    """Every archived segment, oldest first; none where there is no archive."""
    names = [name for name in disk.list_directory(archive) if name.endswith(ARCHIVED_SUFFIX)]
    return [archive / name for name in sorted(names)]


def archived_segment(path: Path, disk: Disk) -> bytes:
    """The bytes of an archived segment. Raises `JournalDamaged` when they do not come out whole, and `OSError`."""
    packed = disk.read_file(path)
    try:
        return gzip.decompress(packed)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        reason = f"the archived segment cannot be unpacked: {error}"
        raise JournalDamaged(path, 0, len(packed), first_sequence_of(path), reason) from error
