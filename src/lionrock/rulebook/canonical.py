"""One way to write data down, so that a hash of it means the same everywhere: JSON, keys sorted, no spaces."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import msgspec

_sorted = msgspec.json.Encoder(order="sorted")
_rows = msgspec.json.Encoder(order="deterministic")


def canonical(thing: object) -> bytes:
    """Canonical bytes of a struct or plain data."""
    return _sorted.encode(thing)


def digest(thing: object) -> bytes:
    """SHA-256 of the canonical bytes."""
    return sha256(canonical(thing)).digest()


def canonical_rows(rows: Sequence[msgspec.Struct]) -> bytes:
    """Facts of one type, one a line and the lines sorted: in whatever order a source gives them, the bytes are one.

    Fields stand in the order of their declaration, which is cheaper to write than sorted and as well defined.
    """
    return b"\n".join(sorted(_rows.encode_lines(rows).splitlines()))
