"""Every file operation of the journal, in one place, so that a test or the simulator can let each of them fail."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


class Disk:
    """The operating system's files. All methods raise `OSError`; a descriptor is the system's file descriptor."""

    def open(self, path: Path, *, create: bool = False, read_only: bool = False) -> int:
        """Open a file; with `create` it must not be there yet."""
        flags = os.O_RDONLY if read_only else os.O_RDWR
        return os.open(path, flags | (os.O_CREAT | os.O_EXCL if create else 0), 0o640)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def size(self, descriptor: int) -> int:
        return os.fstat(descriptor).st_size

    def read_at(self, descriptor: int, length: int, offset: int) -> bytes:
        """At most `length` bytes from `offset`; fewer only where the file ends."""
        data = os.pread(descriptor, length, offset)
        while len(data) < length:
            more = os.pread(descriptor, length - len(data), offset + len(data))
            if not more:
                break
            data += more
        return data

    def write_at(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        """Write at `offset` and return how many bytes were taken, which may be fewer than given."""
        return os.pwrite(descriptor, data, offset)

    def write_all(self, descriptor: int, data: bytes | memoryview, offset: int) -> None:
        """Write until all of it was taken."""
        rest = memoryview(data)
        while rest:
            written = self.write_at(descriptor, rest, offset)
            if not written:
                raise OSError(f"the system took none of {len(rest)} bytes")
            rest, offset = rest[written:], offset + written

    def write_durably(self, descriptor: int, parts: Sequence[bytes | memoryview], offset: int) -> None:
        """Write all of them, one behind the other, and return when that is on the device.

        So is then the size needed to read it back. What was written before, and not durably, need not be.
        """
        self.write_all(descriptor, b"".join(parts), offset)
        self.sync_data(descriptor)

    def sync_data(self, descriptor: int) -> None:
        """Return when the file's bytes, and the size needed to read them back, are on the device."""
        os.fdatasync(descriptor)

    def sync_all(self, descriptor: int) -> None:
        """The same with all of the file's metadata."""
        os.fsync(descriptor)

    def reserve(self, descriptor: int, length: int) -> None:
        """Make sure of space up to `length`; the file is so long then, and zero where nothing was written."""
        os.posix_fallocate(descriptor, 0, length)

    def truncate(self, descriptor: int, length: int) -> None:
        os.ftruncate(descriptor, length)

    def rename(self, source: Path, target: Path) -> None:
        """Replaces `target`; durable once the directory is synced."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Durable once the directory is synced. Does nothing when the file is not there."""
        path.unlink(missing_ok=True)

    def list_directory(self, directory: Path) -> list[str]:
        """Names of what is in it, in no order; none where there is no such directory."""
        try:
            return [path.name for path in directory.iterdir()]
        except FileNotFoundError:
            return []

    def size_of(self, path: Path) -> int:
        return path.stat().st_size

    def read_file(self, path: Path) -> bytes:
        return path.read_bytes()

    def write_file(self, path: Path, data: bytes) -> None:
        """Durable, and whole or not at all: written under another name, synced, renamed, the directory synced."""
        unfinished = path.with_name(path.name + ".new")
        self.remove(unfinished)
        descriptor = self.open(unfinished, create=True)
        try:
            self.write_all(descriptor, data, 0)
            self.sync_all(descriptor)
        finally:
            self.close(descriptor)
        self.rename(unfinished, path)
        self.sync_directory(path.parent)

    def sync_directory(self, directory: Path) -> None:
        """Make the entries of a directory durable: a synced file without its name is lost all the same."""
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make_directory(self, directory: Path) -> None:
        """Make a directory and those above it unless they are there, durably.

        One that is there may have been made by a start that could not sync its name.
        """
        if not self.is_directory(directory):
            self.make_directory(directory.parent)
            self.add_directory(directory)
        self.sync_directory(directory.parent)

    def is_directory(self, path: Path) -> bool:
        return path.is_dir()

    def add_directory(self, directory: Path) -> None:
        """Durable once the directory above it is synced."""
        directory.mkdir(exist_ok=True)


class WriteThroughDisk(Disk):
    """The same with one call of the system for each durable write (`RWF_DSYNC`, which Linux has since 4.7).

    A thread that writes and then syncs has to get the interpreter back from the busy event loop in between: with frames
    of 1,024 commands that made a third of the difference to the disk alone.
    """

    def write_durably(self, descriptor: int, parts: Sequence[bytes | memoryview], offset: int) -> None:
        """As above. The system may take less at a time, of which each is then durable by itself."""
        rest: Sequence[bytes | memoryview] = parts
        while missing := sum(map(len, rest)):
            written = os.pwritev(descriptor, rest, offset, os.RWF_DSYNC)
            if not written:
                raise OSError(f"the system took none of {missing} bytes")
            rest, offset = [memoryview(b"".join(rest))[written:]] if written < missing else [], offset + written
