"""Byte strings that travel beside the records of a frame, such as client order ids. The core never reads them.

A note belongs to one record of its frame. Packed: for each note the record's position (u32), the length (u32) and the
bytes, little-endian, in order of position.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from enum import IntEnum
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


class StatementKind(IntEnum):
    """What sort of record outside the journal a statement holds the hash of. The numbers are permanent."""

    EVIDENCE = 1
    """A run of the rulebook's controls."""
    DECISION = 2
    """Decisions of gates, one or a batch."""
    APPROVAL = 3
    """What a second person of the staff approved."""
    DOCUMENT = 4
    """A paper: contract note, statement, client's document."""
    ADMISSION = 5
    """A vote or decision on an asset."""
    RETURN = 6
    """A return or notice to a regulator."""


class Statement(NamedTuple):
    """That a record outside the journal was there, unchanged since: its SHA-256 and nothing of its contents."""

    kind: StatementKind
    digest: bytes
    """32 bytes."""


_STATEMENT = struct.Struct("<2sB32s")
_STATEMENT_HEAD = b"\xffS"
_DIGEST_BYTES = 32


def statement(kind: StatementKind, digest: bytes) -> bytes:
    """The note of an `AdvanceTime` that says a record was there. Raises `ValueError` for no SHA-256."""
    if len(digest) != _DIGEST_BYTES:
        raise ValueError(f"a statement holds a SHA-256, and {len(digest)} bytes were given")
    return _STATEMENT.pack(_STATEMENT_HEAD, kind, digest)


def statement_of(note: bytes) -> Statement | None:
    """The statement that a note is; None for every other note, and for a kind that is not known."""
    if not note.startswith(_STATEMENT_HEAD) or len(note) != _STATEMENT.size:
        return None
    _, kind, digest = _STATEMENT.unpack(note)
    return Statement(StatementKind(kind), digest) if kind in set(StatementKind) else None
