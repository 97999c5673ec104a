"""One frame: a batch of records that becomes durable together, chained to the frame before it.

All numbers are little-endian.

| offset | bytes | field | meaning |
|---|---|---|---|
| 0 | 4 | magic | `LRKF` |
| 4 | 4 | format version | unsigned, 2 |
| 8 | 16 | journal id | drawn at random when the journal begins, the same in all its frames |
| 24 | 8 | sequence | unsigned, of the first record; records count on from it |
| 32 | 8 | time_ns | signed, when the batch was taken in, nanoseconds since 1970-01-01 UTC |
| 40 | 4 | record count | unsigned; 0 in a frame that only carries a side section |
| 44 | 4 | record bytes | unsigned, R: length of the records together |
| 48 | 4 | side bytes | unsigned, S: length of the side section |
| 52 | 4 | record version | unsigned, of the vocabulary the records are written in; the journal only keeps it |
| 56 | 32 | previous hash | frame hash of the frame before; 32 zero bytes in the first frame of a journal |
| 88 | 4 | spare | 0 |
| 92 | 4 | CRC-32 | zlib's, over bytes 0 to 91 followed by bytes 96 to the end |
| 96 | R | records | as given |
| 96 + R | S | side section | as given |

The frame hash is the SHA-256 of all 96 + R + S bytes, CRC included. The CRC finds a write that was cut short; the hash
chain finds everything else, and whoever knows the hash of the newest frame can prove every byte before it.

The journal id is what tells a real frame behind a damaged one from bytes that a client had written into a note to look
like a frame. So clients never see it; checkpoints, which anybody may see, carry a hash of it.
"""

from __future__ import annotations

import hashlib
import struct
from typing import NamedTuple

from zlib_ng import zlib_ng  # the same CRC, fifteen times as fast

MAGIC = b"LRKF"
FORMAT_VERSION = 2
JOURNAL_ID_BYTES = 16
GENESIS_HASH = bytes(32)
"""Stands for the frame before the first."""
MAX_FRAME_BYTES = 64 * 1024 * 1024
"""Far above any batch; it keeps a damaged length from asking for gigabytes of memory."""

_BEFORE_CRC = struct.Struct("<4sI16sQqIIII32s4x")
_BEGINNING = struct.Struct("<4sI16s")
_CRC = struct.Struct("<I")
HEADER_BYTES = _BEFORE_CRC.size + _CRC.size


class FrameInvalid(ValueError):
    """These bytes are not a frame; the words say which check failed."""


class Frame(NamedTuple):
    """A decoded frame. See the module docstring for units."""

    sequence: int
    time_ns: int
    record_count: int
    records: bytes | memoryview
    side: bytes
    previous_hash: bytes
    journal_id: bytes
    record_version: int

    @property
    def next_sequence(self) -> int:
        """Sequence of the first record of the frame after this one."""
        return self.sequence + self.record_count


def parts(frame: Frame) -> tuple[bytes, bytes | memoryview, bytes]:
    """Header, records and side section, which behind each other are the frame: no megabyte is copied to join them.

    Raises `FrameInvalid` when the frame is empty or longer than `MAX_FRAME_BYTES`.
    """
    length = HEADER_BYTES + len(frame.records) + len(frame.side)
    if length > MAX_FRAME_BYTES:
        raise FrameInvalid(f"a frame of {length} bytes; the limit is {MAX_FRAME_BYTES}")
    if frame.record_count < 1 and (frame.records or not frame.side):
        raise FrameInvalid("a frame without a record or a side section")
    head = _BEFORE_CRC.pack(
        MAGIC,
        FORMAT_VERSION,
        frame.journal_id,
        frame.sequence,
        frame.time_ns,
        frame.record_count,
        len(frame.records),
        len(frame.side),
        frame.record_version,
        frame.previous_hash,
    )
    crc = zlib_ng.crc32(frame.side, zlib_ng.crc32(frame.records, zlib_ng.crc32(head)))
    return head + _CRC.pack(crc), frame.records, frame.side


def encode(frame: Frame) -> bytes:
    """The same as one. Raises as `parts` does."""
    return b"".join(parts(frame))


def frame_hash(*encoded: bytes | memoryview) -> bytes:
    """SHA-256 over a whole encoded frame, in one or in parts, 32 bytes."""
    found = hashlib.sha256()
    for part in encoded:
        found.update(part)
    return found.digest()


def encoded_length(header: bytes | memoryview) -> int:
    """Length of the whole frame that this header, `HEADER_BYTES` bytes or more, announces.

    Raises `FrameInvalid` when these bytes do not begin a frame of this format, or announce more than the limit.
    """
    magic, version, _, _, _, count, record_bytes, side_bytes, _, _ = _BEFORE_CRC.unpack_from(header)
    if magic != MAGIC:
        raise FrameInvalid(f"it begins with {magic.hex()} instead of {MAGIC.hex()}")
    if version != FORMAT_VERSION:
        raise FrameInvalid(f"its format version is {version}, not {FORMAT_VERSION}")
    length: int = HEADER_BYTES + record_bytes + side_bytes
    if not (count or side_bytes) or length > MAX_FRAME_BYTES:
        raise FrameInvalid(f"it announces {count} records and {length} bytes")
    return length


def announces_newer_format(header: bytes) -> bool:
    """True when a later version of this program may have written what begins here: nobody may cut it away."""
    return header[:4] == MAGIC and int.from_bytes(header[4:8], "little") > FORMAT_VERSION


def decode(encoded: bytes | memoryview) -> Frame:
    """The frame of exactly these bytes. Raises `FrameInvalid`."""
    if len(encoded) < HEADER_BYTES or len(encoded) != encoded_length(encoded):
        raise FrameInvalid(f"{len(encoded)} bytes are not a whole frame")
    _, _, journal_id, sequence, time_ns, count, record_bytes, _, version, previous = _BEFORE_CRC.unpack_from(encoded)
    (expected,) = _CRC.unpack_from(encoded, _BEFORE_CRC.size)
    found = zlib_ng.crc32(memoryview(encoded)[HEADER_BYTES:], zlib_ng.crc32(encoded[: _BEFORE_CRC.size]))
    if found != expected:
        raise FrameInvalid(f"its CRC is {found:08x}, and {expected:08x} is written in it")
    side_start = HEADER_BYTES + record_bytes
    records, side = bytes(encoded[HEADER_BYTES:side_start]), bytes(encoded[side_start:])
    return Frame(sequence, time_ns, count, records, side, previous, journal_id, version)


def find_frame(data: bytes, start: int, journal_id: bytes | None) -> int | None:
    """Offset of the first whole valid frame that begins at or after `start` of `data`, wherever it lies.

    With a journal id only frames of that journal count.
    """
    beginning = MAGIC if journal_id is None else _BEGINNING.pack(MAGIC, FORMAT_VERSION, journal_id)
    while (start := data.find(beginning, start)) >= 0:
        try:
            decode(data[start : start + encoded_length(data[start : start + HEADER_BYTES])])
        except (FrameInvalid, struct.error):  # the latter where less than a header is left
            start += 1
        else:
            return start
    return None
