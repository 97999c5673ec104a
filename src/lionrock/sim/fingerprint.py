"""Which code ran: a name for it where no version control is at hand."""

from __future__ import annotations

import hashlib
from pathlib import Path

import lionrock

_SUFFIXES = {".py", ".pyx", ".pxi"}
_HEX_DIGITS = 12


def code_fingerprint() -> str:
    """The first twelve hexadecimal digits of the SHA-256 over every installed source file and its name."""
    root = Path(lionrock.__file__).parent
    told = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in _SUFFIXES):
        told.update(f"{path.relative_to(root)}\n".encode())
        told.update(path.read_bytes())
    return told.hexdigest()[:_HEX_DIGITS]
