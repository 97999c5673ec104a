"""Disks that misbehave as real ones do: short writes, refusals, failed syncs, lost power."""

from __future__ import annotations

import errno
import random
from pathlib import Path

from lionrock.journal.disk import Disk

SECTOR_BYTES = 512


class ShortDisk(Disk):
    """Takes at most a few bytes of each write."""

    def __init__(self, most: int) -> None:
        self.most = most

    def write_at(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        return super().write_at(descriptor, data[: self.most], offset)


class FailingDisk(Disk):
    """Fails the next sync, or the next write after some of its bytes, when told to; counts syncs that were tried."""

    def __init__(self) -> None:
        self.fail_sync = False
        self.fail_write_after: int | None = None
        self.syncs = 0

    def write_at(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        if self.fail_write_after is None:
            return super().write_at(descriptor, data, offset)
        if self.fail_write_after == 0:
            self.fail_write_after = None
            raise OSError(errno.ENOSPC, "No space left on device")
        part, self.fail_write_after = data[: self.fail_write_after], 0
        return super().write_at(descriptor, part, offset)

    def sync_data(self, descriptor: int) -> None:
        self.syncs += 1
        if self.fail_sync:
            self.fail_sync = False
            raise OSError(errno.EIO, "Input/output error")
        super().sync_data(descriptor)


class VolatileDisk(Disk):
    """The files are the system's memory; what a sync carried to the device is kept aside until the power is lost.

    After a failed sync the pages count as clean, as on Linux: the next sync succeeds without having carried them over.
    """

    def __init__(self, chance: random.Random, failures: float = 0.0) -> None:
        self.chance = chance
        self.failures = failures
        self.fail_next_sync = False
        self._device: dict[Path, bytearray] = {}
        self._dirty: dict[Path, list[tuple[int, bytes]]] = {}
        self._paths: dict[int, Path] = {}
        self._unnamed: set[Path] = set()
        self._unsynced_names: list[dict[Path, bytearray | None]] = []

    def open(self, path: Path, *, create: bool = False, read_only: bool = False) -> int:
        descriptor = super().open(path, create=create, read_only=read_only)
        self._paths[descriptor] = path
        if create:
            self._unnamed.add(path)
            self._device[path], self._dirty[path] = bytearray(), []
        return descriptor

    def write_at(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        if self.chance.random() < self.failures:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = len(data) if self.chance.random() < 0.7 else self.chance.randint(1, len(data))
        self._dirty[self._paths[descriptor]].append((offset, bytes(data[:taken])))
        return super().write_at(descriptor, data[:taken], offset)

    def truncate(self, descriptor: int, length: int) -> None:
        super().truncate(descriptor, length)
        del self._device[self._paths[descriptor]][length:]

    def sync_data(self, descriptor: int) -> None:
        path = self._paths[descriptor]
        dirty, self._dirty[path] = self._dirty[path], []
        if self.fail_next_sync or self.chance.random() < self.failures:
            self.fail_next_sync = False
            raise OSError(errno.EIO, "Input/output error")
        for offset, data in dirty:
            self._carry_over(path, offset, data)

    def sync_all(self, descriptor: int) -> None:
        self.sync_data(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        super().rename(source, target)
        self._unsynced_names.append({target: self._device.get(target), source: self._device[source]})
        self._device[target], self._dirty[target] = self._device.pop(source), self._dirty.pop(source)
        self._unnamed.discard(source)

    def remove(self, path: Path) -> None:
        super().remove(path)
        if path in self._device:
            self._unsynced_names.append({path: self._device.pop(path)})
            del self._dirty[path]
            self._unnamed.discard(path)

    def sync_directory(self, directory: Path) -> None:
        """The one directory of these tests. A failed sync leaves the names to the next one."""
        if self.chance.random() < self.failures:
            raise OSError(errno.EIO, "Input/output error")
        self._unnamed.clear()
        self._unsynced_names.clear()

    def lose_power(self) -> None:
        """Of what was not synced any sectors may have reached the device, in any order, and any new file's name.

        Of renamed and removed files those that came first.
        """
        while self._unsynced_names and self.chance.random() < 0.5:
            for path, content in self._unsynced_names.pop().items():
                path.unlink(missing_ok=True)
                self._device.pop(path, None)
                self._dirty[path] = []
                self._unnamed.discard(path)
                if content is not None:
                    self._device[path] = content
        self._unsynced_names.clear()
        for path in [path for path in self._unnamed if self.chance.random() < 0.5]:
            path.unlink()
            del self._device[path], self._dirty[path]
        self._unnamed.clear()
        for path, writes in self._dirty.items():
            for offset, data in writes:
                for start in range(0, len(data), SECTOR_BYTES):
                    if self.chance.random() < 0.5:
                        self._carry_over(path, offset + start, data[start : start + SECTOR_BYTES])
            writes.clear()
        for path, content in self._device.items():
            path.write_bytes(content)

    def _carry_over(self, path: Path, offset: int, data: bytes) -> None:
        device = self._device[path]
        device.extend(bytes(max(0, offset + len(data) - len(device))))
        device[offset : offset + len(data)] = data
