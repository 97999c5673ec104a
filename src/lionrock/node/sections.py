"""Named byte strings in one: the state of a snapshot has one for the engine and one for each listener.

Packed: for each the length of its name (u16), the name, the length of its bytes (u64) and the bytes, little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

_NAME = struct.Struct("<H")
_LENGTH = struct.Struct("<Q")


def pack_sections(sections: Mapping[str, bytes]) -> bytes:
    parts = []
    for name, content in sections.items():
        encoded = name.encode()
        parts += [_NAME.pack(len(encoded)), encoded, _LENGTH.pack(len(content)), content]
    return b"".join(parts)


def unpack_sections(data: bytes) -> dict[str, bytes]:
    """Raises `ValueError` when the data is cut short."""
    sections = {}
    offset = 0
    try:
        while offset < len(data):
            (length,) = _NAME.unpack_from(data, offset)
            offset += _NAME.size
            name = data[offset : offset + length].decode()
            offset += length
            (length,) = _LENGTH.unpack_from(data, offset)
            offset += _LENGTH.size
            if offset + length > len(data):
                raise ValueError(f"section {name} is cut short")
            sections[name] = data[offset : offset + length]
            offset += length
    except struct.error as error:
        raise ValueError("the sections are cut short") from error
    return sections
