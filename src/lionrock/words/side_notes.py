"""Byte strings that travel beside the records of a frame, such as client order ids. The core never reads them.

A note belongs to one record of its frame. Packed: for each note the record's position (u32), the length (u32) and the
bytes, little-endian, in order of position.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

_HEAD = struct.Struct("<II")


def pack_notes(notes: Iterable[tuple[int, bytes]]) -> bytes:
    """Pack (position of the record in its frame, note) pairs; empty notes are left out."""
    return b"".join(_HEAD.pack(position, len(note)) + note for position, note in notes if note)


def unpack_notes(data: bytes) -> dict[int, bytes]:
    """The notes by position of their record. Raises `ValueError` when the data is cut short."""
    notes: dict[int, bytes] = {}
    offset = 0
    while offset < len(data):
        if offset + _HEAD.size > len(data):
            raise ValueError("the side section ends inside a note's head")
        position, length = _HEAD.unpack_from(data, offset)
        offset += _HEAD.size
        if offset + length > len(data):
            raise ValueError("the side section ends inside a note")
        notes[position] = data[offset : offset + length]
        offset += length
    return notes
