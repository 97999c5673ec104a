"""A disk in memory that fails as real ones do: short writes, refusals, failed syncs, lost power, lost names.

`Medium` is the machine: what the system holds in its memory, and what has reached the device. `SimulatedDisk` is what
one process sees of it; it ends with the process, and so can a process end in the midst of any operation.

What a sync has not carried over may reach the device or not, each sector of 512 bytes for itself, in any version that
was written since, and the file's size apart from them. After a failed sync the pages count as clean (the PostgreSQL
project's "fsyncgate", 2018): the next sync succeeds without having carried them over, and the system may drop them and
read the device again. New names, renames and removals are lost one by one until their directory is synced.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

from lionrock.journal.disk import Disk

SECTOR_BYTES = 512
PAGE_BYTES = 4096
"""What the system keeps and drops at once."""


class ProcessEnded(BaseException):
    """The process is gone; nothing it still tries reaches the disk."""


@dataclass
class Faults:
    """How likely each operation fails, and when the process ends."""

    short_write: float = 0.0
    failed_write: float = 0.0
    """After any part of it was taken."""
    failed_sync: float = 0.0
    failed_read: float = 0.0
    failed_name: float = 0.0
    """Of creating, renaming and removing a file, and of syncing a directory."""
    dropped_pages: float = 0.0
    """Of the system forgetting, before a read, the clean pages of the file."""
    operations_left: int | None = None
    """The process ends in the midst of the operation that brings this to zero."""


class Failure(NamedTuple):
    """An operation that the disk refused."""

    operation: str
    path: Path
    words: str
    at: int
    """How many changes had been tried by then."""


@dataclass(eq=False)
class SimulatedFile:
    """The bytes of one file, twice, and what was written between."""

    cache: bytearray = field(default_factory=bytearray)
    """What the system shows."""
    device: bytearray = field(default_factory=bytearray)
    """What stays when the power is lost."""
    versions: dict[int, list[bytes]] = field(default_factory=dict)
    """By sector, everything it has held since the last sync, oldest first."""
    sizes: list[int] = field(default_factory=list)
    """Every size since the last sync, oldest first."""

    def write(self, data: bytes | memoryview, offset: int) -> None:
        end = offset + len(data)
        if end > len(self.cache):
            self.cache.extend(bytes(end - len(self.cache)))
            self.sizes.append(end)
        self.cache[offset:end] = data
        self._remember(offset, end)

    def truncate(self, length: int) -> None:
        old = len(self.cache)
        del self.cache[length:]
        self.cache.extend(bytes(length - len(self.cache)))
        if length != old:
            self.sizes.append(length)
            self._remember(min(length, old), max(length, old))

    def reserve(self, length: int) -> None:
        """Longer, and zero there; no page waits to be written for it."""
        self.cache.extend(bytes(length - len(self.cache)))
        self.sizes.append(length)

    def _remember(self, start: int, stop: int) -> None:
        for sector in range(start // SECTOR_BYTES, -(-stop // SECTOR_BYTES)):
            content = bytes(self.cache[sector * SECTOR_BYTES : (sector + 1) * SECTOR_BYTES])
            self.versions.setdefault(sector, []).append(content)

    def carry_over(self, start: int = 0, stop: int | None = None) -> None:
        """What a sync does, of these bytes or of all, and of the size."""
        _resize(self.device, len(self.cache))
        self.sizes.clear()
        for sector in sorted(self.versions):
            first = sector * SECTOR_BYTES
            if stop is None or (first < stop and first + SECTOR_BYTES > start):
                place = slice(first, first + SECTOR_BYTES)
                self.device[place] = self.cache[place]
                del self.versions[sector]

    def carry_over_some(self, chance: Random) -> None:
        """What is found on the device when nobody waited for it. The cache stays as it is, and counts as clean."""
        size = chance.choice([len(self.device), *self.sizes])
        _resize(self.device, max(size, len(self.device)))
        for sector, versions in self.versions.items():
            start = sector * SECTOR_BYTES
            written = chance.choice([None, *versions])
            if written is not None:
                _resize(self.device, max(len(self.device), start + len(written)))
                self.device[start : start + len(written)] = written
        _resize(self.device, size)
        self._forget()

    def drop_clean_pages(self) -> None:
        """The system reads the device again where nothing waits to be written; what it holds beyond is zeros."""
        size = len(self.cache)
        dirty = {sector * SECTOR_BYTES // PAGE_BYTES for sector in self.versions}
        for page in range(-(-size // PAGE_BYTES)):
            if page not in dirty:
                start, stop = page * PAGE_BYTES, min((page + 1) * PAGE_BYTES, size)
                self.cache[start:stop] = self.device[start:stop].ljust(stop - start, b"\0")

    def _forget(self) -> None:
        self.versions.clear()
        self.sizes.clear()


def _resize(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))


class SimulatedDirectory:
    """Has no content of its own: its entries are paths."""


Entry = SimulatedFile | SimulatedDirectory


class Medium:
    """The files of one machine, which outlive its processes."""

    def __init__(self, chance: Random, home: Path) -> None:
        """`home` and the directories above it are there from the beginning."""
        self.chance = chance
        self.entries: dict[Path, Entry] = {path: SimulatedDirectory() for path in (home, *home.parents)}
        self.capacity_bytes: int | None = None
        """All files together can have no more; None for as much as they like."""
        self._durable: dict[Path, Entry] = dict(self.entries)
        self._unsynced: list[dict[Path, Entry | None]] = []
        """Changes of names since their directories were synced, oldest first; None where a name goes away."""

    def copy(self) -> Medium:
        """Another machine whose system holds the same, all of it on the device."""
        other = Medium(Random(0), Path())
        other.entries = {
            path: SimulatedFile(entry.cache[:], entry.cache[:]) if isinstance(entry, SimulatedFile) else entry
            for path, entry in self.entries.items()
        }
        return other

    def used_bytes(self) -> int:
        return sum(len(entry.cache) for entry in self.entries.values() if isinstance(entry, SimulatedFile))

    def files(self) -> dict[Path, SimulatedFile]:
        """By path."""
        return {path: entry for path, entry in self.entries.items() if isinstance(entry, SimulatedFile)}

    def change_names(self, change: dict[Path, Entry | None]) -> None:
        _apply(change, self.entries)
        self._unsynced.append(change)

    def sync_names(self, directory: Path) -> None:
        here = [change for change in self._unsynced if any(path.parent == directory for path in change)]
        self._unsynced = [change for change in self._unsynced if change not in here]
        for change in here:
            _apply(change, self._durable)

    def lose_power(self) -> None:
        """Any part of what was not synced is on the device; the rest is gone."""
        for change in self._unsynced:
            if self.chance.random() < 0.5:
                _apply(change, self._durable)
        self._unsynced.clear()
        for path in sorted(self._durable):
            if path.parent not in self._durable:
                del self._durable[path]
        self.entries = dict(self._durable)
        for path in sorted(self.entries):
            entry = self.entries[path]
            if isinstance(entry, SimulatedFile):
                entry.carry_over_some(self.chance)
                entry.cache[:] = entry.device


def _apply(change: dict[Path, Entry | None], entries: dict[Path, Entry]) -> None:
    for path, entry in change.items():
        if entry is None:
            entries.pop(path, None)
        else:
            entries[path] = entry


class _Open(NamedTuple):
    path: Path
    file: SimulatedFile
    writable: bool


class SimulatedDisk(Disk):
    """One process's view of a medium."""

    def __init__(self, medium: Medium, faults: Faults | None = None) -> None:
        self.medium, self.faults = medium, faults or Faults()
        self.ended = False
        self.failures: list[Failure] = []
        self.met: Counter[str] = Counter()
        """How often each kind of fault happened."""
        self.trace: list[tuple[str, Path]] = []
        """Every change that was tried: operation and path."""
        self._open: dict[int, _Open] = {}
        self._next_descriptor = 1000

    def end_process(self) -> None:
        """Nothing reaches the disk through this view from now on."""
        self.ended = True

    def open(self, path: Path, *, create: bool = False, read_only: bool = False) -> int:
        self._begin("create" if create else "open", path)
        entry = self.medium.entries.get(path)
        if create:
            if entry is not None:
                raise _refusal(errno.EEXIST, path)
            self._may_refuse("create", path, self.faults.failed_name, errno.EIO)
            self._need_directory(path.parent)
            entry = SimulatedFile()
            self.medium.change_names({path: entry})
        if entry is None:
            raise _refusal(errno.ENOENT, path)
        if isinstance(entry, SimulatedDirectory):
            raise _refusal(errno.EISDIR, path)
        self._next_descriptor += 1
        self._open[self._next_descriptor] = _Open(path, entry, not read_only)
        return self._next_descriptor

    def close(self, descriptor: int) -> None:
        self._begin("close", self._opened(descriptor).path)
        del self._open[descriptor]

    def size(self, descriptor: int) -> int:
        opened = self._opened(descriptor)
        self._begin("size", opened.path)
        return len(opened.file.cache)

    def read_at(self, descriptor: int, length: int, offset: int) -> bytes:
        opened = self._opened(descriptor)
        self._begin("read", opened.path)
        self._may_refuse("read", opened.path, self.faults.failed_read, errno.EIO)
        return self._content(opened.file)[offset : offset + length]

    def write_at(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        opened, chance = self._opened(descriptor), self.medium.chance
        if not opened.writable:
            raise _refusal(errno.EBADF, opened.path)
        room = self._room(opened.file, offset, len(data))
        try:
            self._begin("write", opened.path)
        except ProcessEnded:
            opened.file.write(data[: chance.randint(0, room)], offset)
            raise
        if room == 0:
            self._refuse("write", opened.path, errno.ENOSPC)
        if chance.random() < self.faults.failed_write:
            opened.file.write(data[: chance.randint(0, room)], offset)
            self._refuse("write", opened.path, errno.EIO)
        if room > 1 and chance.random() < self.faults.short_write:
            room = chance.randint(1, room - 1)
            self.met["short write"] += 1
        opened.file.write(data[:room], offset)
        return room

    def write_durably(self, descriptor: int, parts: Sequence[bytes | memoryview], offset: int) -> None:
        """Carries over what it has written and nothing that was written before, as `RWF_DSYNC` does."""
        data = b"".join(parts)
        self.write_all(descriptor, data, offset)
        self._sync(descriptor, offset, offset + len(data))

    def sync_data(self, descriptor: int) -> None:
        self._sync(descriptor, 0, None)

    def _sync(self, descriptor: int, start: int, stop: int | None) -> None:
        opened = self._opened(descriptor)
        self._begin("sync", opened.path)
        if self.medium.chance.random() < self.faults.failed_sync:
            opened.file.carry_over_some(self.medium.chance)
            self._refuse("sync", opened.path, errno.EIO)
        opened.file.carry_over(start, stop)

    def sync_all(self, descriptor: int) -> None:
        self.sync_data(descriptor)

    def reserve(self, descriptor: int, length: int) -> None:
        opened = self._opened(descriptor)
        self._begin("reserve", opened.path)
        size = len(opened.file.cache)
        if length > size:
            if self._room(opened.file, size, length - size) < length - size:
                self._refuse("reserve", opened.path, errno.ENOSPC)
            opened.file.reserve(length)

    def truncate(self, descriptor: int, length: int) -> None:
        opened = self._opened(descriptor)
        self._begin("truncate", opened.path)
        opened.file.truncate(length)

    def rename(self, source: Path, target: Path) -> None:
        self._begin("rename", target)
        self._may_refuse("rename", target, self.faults.failed_name, errno.EIO)
        entry = self.medium.entries.get(source)
        if entry is None:
            raise _refusal(errno.ENOENT, source)
        self.medium.change_names({source: None, target: entry})

    def remove(self, path: Path) -> None:
        self._begin("remove", path)
        self._may_refuse("remove", path, self.faults.failed_name, errno.EIO)
        if path in self.medium.entries:
            self.medium.change_names({path: None})

    def list_directory(self, directory: Path) -> list[str]:
        self._begin("list", directory)
        names = sorted(path.name for path in self.medium.entries if path.parent == directory and path != directory)
        self.medium.chance.shuffle(names)
        return names

    def size_of(self, path: Path) -> int:
        return len(self._file("size", path).cache)

    def read_file(self, path: Path) -> bytes:
        file = self._file("read", path)
        self._may_refuse("read", path, self.faults.failed_read, errno.EIO)
        return self._content(file)

    def sync_directory(self, directory: Path) -> None:
        self._begin("sync directory", directory)
        self._need_directory(directory)
        self._may_refuse("sync directory", directory, self.faults.failed_name, errno.EIO)
        self.medium.sync_names(directory)

    def is_directory(self, path: Path) -> bool:
        self._begin("look", path)
        return isinstance(self.medium.entries.get(path), SimulatedDirectory)

    def add_directory(self, directory: Path) -> None:
        self._begin("make directory", directory)
        self._need_directory(directory.parent)
        self._may_refuse("make directory", directory, self.faults.failed_name, errno.EIO)
        if directory not in self.medium.entries:
            self.medium.change_names({directory: SimulatedDirectory()})

    def _begin(self, operation: str, path: Path) -> None:
        if self.ended:
            raise ProcessEnded
        if operation in CHANGES:
            self.trace.append((operation, path))
        if self.faults.operations_left is not None:
            self.faults.operations_left -= 1
            if self.faults.operations_left <= 0:
                self.ended = True
                self.met[f"process ended at: {operation}"] += 1
                raise ProcessEnded

    def _may_refuse(self, operation: str, path: Path, likelihood: float, number: int) -> None:
        if self.medium.chance.random() < likelihood:
            self._refuse(operation, path, number)

    def _refuse(self, operation: str, path: Path, number: int) -> None:
        refusal = OSError(number, os.strerror(number)) if operation in _BY_DESCRIPTOR else _refusal(number, path)
        self.failures.append(Failure(operation, path, str(refusal.strerror), len(self.trace)))
        self.met[f"failed {operation}" if number == errno.EIO else "full disk"] += 1
        raise refusal

    def _room(self, file: SimulatedFile, offset: int, length: int) -> int:
        """How many of so many bytes there is room for."""
        capacity_bytes = self.medium.capacity_bytes
        if capacity_bytes is None:
            return length
        free_bytes = max(0, capacity_bytes - self.medium.used_bytes())
        return min(length, max(0, len(file.cache) - offset) + free_bytes)

    def _content(self, file: SimulatedFile) -> bytes:
        if self.medium.chance.random() < self.faults.dropped_pages:
            file.drop_clean_pages()
        return bytes(file.cache)

    def _opened(self, descriptor: int) -> _Open:
        if self.ended:
            raise ProcessEnded
        return self._open[descriptor]

    def _file(self, operation: str, path: Path) -> SimulatedFile:
        self._begin(operation, path)
        entry = self.medium.entries.get(path)
        if not isinstance(entry, SimulatedFile):
            raise _refusal(errno.ENOENT if entry is None else errno.EISDIR, path)
        return entry

    def _need_directory(self, directory: Path) -> None:
        if not isinstance(self.medium.entries.get(directory), SimulatedDirectory):
            raise _refusal(errno.ENOENT, directory)


CHANGES = frozenset(
    {"create", "write", "sync", "reserve", "truncate", "rename", "remove", "sync directory", "make directory"}
)


_BY_DESCRIPTOR = frozenset({"read", "write", "sync", "reserve"})
"""The system does not name the file when it refuses these."""


def _refusal(number: int, path: Path) -> OSError:
    return OSError(number, os.strerror(number), str(path))
