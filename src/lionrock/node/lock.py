"""One writer at a time: whoever holds the lock on DIR/lock. The system lets go of it when the process ends, however."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Protocol

from lionrock.node.errors import DirectoryInUse


class Lock(Protocol):
    """What the node holds while it writes in a directory."""

    def release(self) -> None:
        """Let the next one in."""


class DirectoryLock:
    """Held from making to `release`. The file names the holder's process id for people; only the lock counts."""

    def __init__(self, directory: Path) -> None:
        """Raises `DirectoryInUse`."""
        self._descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise DirectoryInUse(directory, holder or "unknown") from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.ftruncate(self._descriptor, 0)  # the number may be another process's tomorrow
        os.close(self._descriptor)


def lock_holder(directory: Path) -> str | None:
    """Process id of whoever holds the lock, as it wrote it; None without one. Raises `OSError`.

    Only asking for the lock tells; it is given back at once.
    """
    try:
        descriptor = os.open(directory / "lock", os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
    finally:
        os.close(descriptor)
    return None
