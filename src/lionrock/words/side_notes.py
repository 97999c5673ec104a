"""Byte strings that travel beside the records of a frame, such as client order ids. The core never reads them.

A note belongs to one record of its frame. Packed: for each note the record's position (u32), the length (u32) and the
bytes, little-endian, in order of position.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

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


class Mark(NamedTuple):
    """Ties a command to the request that asked for it, so that the request is not carried out twice."""

    account_id: int
    """Whose request."""
    key_hash: int
    """Keyed hash of the client's idempotency key, 64 bits."""
    request_digest: bytes
    """First 16 bytes of the SHA-256 of what was asked."""


_MARK = struct.Struct("<2sQQ16s")
_MARK_HEAD = b"\xffK"
"""No UTF-8 text begins with 0xFF, so a note that is only a client order id is never taken for a marked one."""


def marked(mark: Mark, note: bytes) -> bytes:
    """The note of a command that a request with an idempotency key asked for: the mark, then the note."""
    return _MARK.pack(_MARK_HEAD, *mark) + note


def mark_of(note: bytes) -> Mark | None:
    """The mark a note begins with, if it has one."""
    if not note.startswith(_MARK_HEAD) or len(note) < _MARK.size:
        return None
    return Mark(*_MARK.unpack_from(note)[1:])


def unmarked(note: bytes) -> bytes:
    """The note without its mark: of a `PlaceOrder` the client order id, UTF-8."""
    return note[_MARK.size :] if note.startswith(_MARK_HEAD) else note
