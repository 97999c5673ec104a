"""What to copy of a journal that somebody may be writing: sealed segments whole, the newest one up to a sequence.

Sealed segments never change; one may only move into the archive. The newest one only grows, and what is durable of it
never changes.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lionrock.journal.archive import archived_paths, archived_segment
from lionrock.journal.closing import read_mark
from lionrock.journal.disk import Disk
from lionrock.journal.frames import HEADER_BYTES, FrameInvalid, decode, encoded_length
from lionrock.journal.segments import first_sequence_of, segment_paths
from lionrock.journal.writer import DURABLE_NAME

_MARK_BYTES = 8


class Segments(NamedTuple):
    """The files of a journal at one moment, each part oldest first."""

    archived: list[Path]
    sealed: list[Path]
    newest: Path | None


def durable_sequence(journal: Path, disk: Disk) -> int:
    """Of the last record that is durable for certain; 0 before the first.

    Raises `JournalDamaged` for a mark of a clean close that cannot be trusted, and `OSError`.
    """
    closed = read_mark(journal, disk)
    try:
        mark = disk.read_file(journal / DURABLE_NAME)
    except FileNotFoundError:
        mark = b""
    shown = int.from_bytes(mark[:_MARK_BYTES], "little") if len(mark) >= _MARK_BYTES else 0
    return max(shown, closed.next_sequence - 1 if closed else 0)


def segments(journal: Path, archive: Path, disk: Disk) -> Segments:
    """What is there now; a segment that is on its way into the archive counts as sealed. Raises `OSError`."""
    live = segment_paths(journal, disk)
    names = {path.name for path in live}
    archived = [path for path in archived_paths(archive, disk) if path.stem not in names]
    return Segments(archived, live[:-1], live[-1] if live else None)


def cut_after(content: bytes, sequence: int) -> bytes:
    """The whole frames at the beginning of a segment's bytes whose records all come up to `sequence`."""
    offset = 0
    while offset + HEADER_BYTES <= len(content):
        try:
            length = encoded_length(content[offset : offset + HEADER_BYTES])
            frame = decode(memoryview(content)[offset : offset + length])
        except FrameInvalid:
            break
        if frame.next_sequence - 1 > sequence:
            break
        offset += length
    return content[:offset]


def cut_journal(journal: Path, archive: Path, disk: Disk, sequence: int) -> None:
    """Remove every frame with a record above `sequence`, from a copy that nobody has open. Raises as reading does."""
    for path in [*archived_paths(archive, disk), *segment_paths(journal, disk)]:
        content = disk.read_file(path) if path.parent == journal else archived_segment(path, disk)
        kept = cut_after(content, sequence) if first_sequence_of(path) <= sequence else b""
        if len(kept) == len(content):
            continue
        disk.remove(path)
        if kept:
            disk.write_file(journal / path.name.removesuffix(".gz"), kept)
    disk.make_directory(journal)
    disk.sync_directory(journal)
