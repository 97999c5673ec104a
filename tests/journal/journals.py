"""Small journals to read and to spoil."""

from __future__ import annotations

import itertools
from pathlib import Path
from random import Random
from typing import NamedTuple

from lionrock.journal.closing import MARK_NAME
from lionrock.journal.disk import Disk
from lionrock.journal.frames import Frame, encode
from lionrock.journal.reader import Reader
from lionrock.journal.segments import End
from lionrock.journal.writer import FILL_BYTES, RESERVED_BYTES, SEGMENT_BYTES, Writer
from lionrock.sim.world.disk import Faults, Medium, SimulatedDisk

JOURNAL_ID = b"0123456789abcdef"
SIMULATED = Path("/simulated/journal")
"""Where a journal lies on a simulated disk."""


class Batch(NamedTuple):
    """What a frame is made of."""

    time_ns: int
    record_count: int
    records: bytes
    side: bytes
    record_version: int


def batch(number: int) -> Batch:
    """A batch whose size and content depend on its number; it ends in a byte that is not zero."""
    count = 1 + number % 3
    return Batch(
        1000 + number, count, bytes([number % 251, 0, 7, 0]) * 4 * count, f"note {number}".encode(), 1 + number % 5
    )


def read(directory: Path, disk: Disk | None = None) -> tuple[list[Frame], End]:
    reader = Reader(directory, disk or Disk())
    return list(reader), reader.end


def writer_at_end(
    directory: Path,
    disk: Disk | None = None,
    segment_bytes: int = SEGMENT_BYTES,
    fill_bytes: int = FILL_BYTES,
    *,
    reserved_bytes: int = RESERVED_BYTES,
) -> Writer:
    _, end = read(directory, disk)
    sizes = {"segment_bytes": segment_bytes, "fill_bytes": fill_bytes, "reserved_bytes": reserved_bytes}
    return Writer(directory, disk or Disk(), end, JOURNAL_ID, **sizes)


def write(directory: Path, numbers: range, segment_bytes: int = SEGMENT_BYTES, *, crash: bool = False) -> None:
    """Append these batches and close the journal, so that the files hold frames and nothing else.

    With `crash` the mark of the clean close is taken away: its end may then have been cut short.
    """
    writer = writer_at_end(directory, segment_bytes=segment_bytes, fill_bytes=4096)
    for number in numbers:
        writer.append(*batch(number))
    writer.close()
    if crash:
        (directory / MARK_NAME).unlink()


def batches(frames: list[Frame]) -> list[Batch]:
    return [Batch(f.time_ns, f.record_count, bytes(f.records), f.side, f.record_version) for f in frames]


def bounds(frames: list[Frame]) -> list[tuple[int, int]]:
    """Where each frame of a segment begins and ends."""
    stops = [0]
    for frame in frames:
        stops.append(stops[-1] + len(encode(frame)))
    return list(itertools.pairwise(stops))


def simulated_disk(seed: int = 0, faults: Faults | None = None) -> SimulatedDisk:
    """A disk that fails when told to."""
    return SimulatedDisk(Medium(Random(seed), SIMULATED.parent), faults)


def only_segment(directory: Path) -> Path:
    (path,) = directory.glob("*.frames")
    return path
