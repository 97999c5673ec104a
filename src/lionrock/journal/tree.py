"""The tree over all frames (RFC 6962, section 2.1), as far as it needs to be known to grow."""

from __future__ import annotations

import hashlib
from typing import Self


class Frontier:
    """The roots of the full subtrees, largest first."""

    def __init__(self, size: int = 0, peaks: list[bytes] | None = None) -> None:
        self.size = size
        """Leaves."""
        self._peaks = peaks or []

    def append(self, leaf: bytes) -> None:
        node = hashlib.sha256(b"\0" + leaf).digest()
        size = self.size
        while size & 1:
            node = hashlib.sha256(b"\1" + self._peaks.pop() + node).digest()
            size >>= 1
        self._peaks.append(node)
        self.size += 1

    def save(self) -> bytes:
        return self.size.to_bytes(8, "little") + b"".join(self._peaks)

    @classmethod
    def load(cls, saved: bytes) -> Self:
        """Of what `save` gave."""
        return cls(int.from_bytes(saved[:8], "little"), [saved[at : at + 32] for at in range(8, len(saved), 32)])
