"""The simulated disk fails as it says: otherwise a world that survives it has survived nothing."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from lionrock.journal.disk import Disk
from lionrock.sim.world.disk import SECTOR_BYTES, Faults, Medium, ProcessEnded, SimulatedDisk, SimulatedFile

HOME = Path("/home")
FILE = HOME / "file"
SEEDS = range(40)


def new_disk(seed: int = 0, faults: Faults | None = None) -> SimulatedDisk:
    return SimulatedDisk(Medium(Random(seed), HOME), faults)


def durable_file(disk: SimulatedDisk, content: bytes) -> int:
    """The descriptor of a new file that has this content on the device."""
    descriptor = disk.open(FILE, create=True)
    disk.write_all(descriptor, content, 0)
    disk.sync_data(descriptor)
    disk.sync_directory(HOME)
    return descriptor


def after_power_loss(disk: SimulatedDisk) -> bytes | None:
    """What is then in the file; None where none is."""
    disk.medium.lose_power()
    entry = disk.medium.entries.get(FILE)
    return bytes(entry.cache) if isinstance(entry, SimulatedFile) else None


def refusal(call: Callable[..., object], *args: object, **named: object) -> int | None:
    with pytest.raises(OSError, match=r".") as refused:
        call(*args, **named)
    return refused.value.errno


def test_no_operation_reaches_the_real_disk() -> None:
    made_of_others = {"write_all", "write_file", "make_directory"}
    operations = {name for name in vars(Disk) if not name.startswith("_")}
    assert operations - vars(SimulatedDisk).keys() == made_of_others


def test_what_was_synced_stays_and_of_the_rest_any_sectors() -> None:
    old, new = b"o" * SECTOR_BYTES, b"n" * SECTOR_BYTES
    found = set()
    for seed in SEEDS:
        disk = new_disk(seed)
        descriptor = durable_file(disk, old * 3)
        disk.write_all(descriptor, new * 2, 0)
        found.add(after_power_loss(disk))
    assert found == {first + second + old for first in (old, new) for second in (old, new)}


def test_a_durable_write_carries_over_itself_and_nothing_before_it() -> None:
    old, new = b"o" * SECTOR_BYTES, b"n" * SECTOR_BYTES
    found = set()
    for seed in SEEDS:
        disk = new_disk(seed)
        descriptor = durable_file(disk, old * 2)
        disk.write_all(descriptor, new, 0)
        disk.write_durably(descriptor, [new], SECTOR_BYTES)
        found.add(after_power_loss(disk))
    assert found == {old + new, new + new}


def test_an_unsynced_size_may_be_lost_with_what_lies_behind_it() -> None:
    found = set()
    for seed in SEEDS:
        disk = new_disk(seed)
        descriptor = durable_file(disk, b"o" * 10)
        disk.write_all(descriptor, b"n" * 5, 10)
        found.add(after_power_loss(disk))
    assert found == {b"o" * 10, b"o" * 10 + b"n" * 5, b"o" * 10 + bytes(5)}


def test_after_a_failed_sync_the_pages_count_as_clean() -> None:
    found = set()
    for seed in SEEDS:
        disk = new_disk(seed)
        descriptor = durable_file(disk, b"old")
        disk.write_all(descriptor, b"new", 0)
        disk.faults.failed_sync = 1.0
        assert refusal(disk.sync_data, descriptor) == errno.EIO
        disk.faults.failed_sync = 0.0
        assert disk.read_at(descriptor, 3, 0) == b"new"
        disk.sync_data(descriptor)  # it succeeds, and has carried nothing over
        found.add(after_power_loss(disk))
    assert found == {b"old", b"new"}


def test_the_system_may_drop_what_a_failed_sync_left_behind() -> None:
    found = set()
    for seed in SEEDS:
        disk = new_disk(seed, Faults(dropped_pages=0.5))
        descriptor = durable_file(disk, b"old")
        disk.write_all(descriptor, b"new", 0)
        disk.faults.failed_sync = 1.0
        refusal(disk.sync_data, descriptor)
        found.add(disk.read_file(FILE))
    assert found == {b"old", b"new"}


def test_names_are_lost_until_their_directory_is_synced() -> None:
    found = set()
    for seed in SEEDS:
        disk = new_disk(seed)
        disk.close(durable_file(disk, b"old"))
        other = HOME / "other"
        disk.write_all(descriptor := disk.open(other, create=True), b"new", 0)
        disk.sync_all(descriptor)
        disk.rename(other, FILE)
        found.add(after_power_loss(disk))
    assert found == {b"old", b"new"}
    disk = new_disk()
    disk.close(durable_file(disk, b"old"))
    disk.write_file(FILE, b"new")
    assert after_power_loss(disk) == b"new"


def test_a_directory_takes_its_files_with_it() -> None:
    directory = HOME / "directory"
    for seed in SEEDS:
        disk = new_disk(seed)
        disk.add_directory(directory)
        disk.write_file(directory / "file", b"content")
        disk.medium.lose_power()
        assert (directory in disk.medium.entries) == (directory / "file" in disk.medium.entries)
    disk = new_disk(SEEDS[-1])
    disk.make_directory(directory)
    disk.write_file(directory / "file", b"content")
    disk.medium.lose_power()
    assert disk.read_file(directory / "file") == b"content"


def test_a_full_disk_takes_what_there_is_room_for() -> None:
    disk = new_disk()
    descriptor = durable_file(disk, b"four")
    disk.medium.capacity_bytes = 10
    assert disk.write_at(descriptor, b"x" * 20, 4) == 6
    assert refusal(disk.write_at, descriptor, b"x", 10) == errno.ENOSPC
    assert refusal(disk.reserve, descriptor, 11) == errno.ENOSPC
    assert disk.write_at(descriptor, b"y" * 10, 0) == 10  # what is there already needs no room
    assert [failure.operation for failure in disk.failures] == ["write", "reserve"]


def test_writes_may_be_taken_in_parts_and_refused_in_the_middle() -> None:
    disk = new_disk(faults=Faults(short_write=1.0))
    descriptor = durable_file(disk, b"0123456789")
    assert disk.read_file(FILE) == b"0123456789"
    assert disk.met["short write"] >= 1
    found = set()
    for seed in SEEDS:
        disk = new_disk(seed)
        descriptor = durable_file(disk, b"..")
        disk.faults.failed_write = 1.0
        refusal(disk.write_at, descriptor, b"xx", 0)
        found.add(disk.read_file(FILE))
    assert found == {b"..", b"x.", b"xx"}


def test_a_process_ends_in_the_midst_of_an_operation_and_nothing_follows() -> None:
    found = set()
    for seed in SEEDS:
        disk = new_disk(seed)
        descriptor = durable_file(disk, b"..")
        disk.faults.operations_left = 1
        with pytest.raises(ProcessEnded):
            disk.write_at(descriptor, b"xx", 0)
        with pytest.raises(ProcessEnded):
            disk.read_file(FILE)
        with pytest.raises(ProcessEnded):
            disk.remove(FILE)
        found.add(SimulatedDisk(disk.medium).read_file(FILE))
    assert found == {b"..", b"x.", b"xx"}


def test_what_a_real_disk_refuses_it_refuses() -> None:
    disk = new_disk()
    disk.close(durable_file(disk, b"content"))
    reading = disk.open(FILE, read_only=True)
    assert refusal(disk.write_at, reading, b"x", 0) == errno.EBADF
    assert refusal(disk.open, FILE, create=True) == errno.EEXIST
    assert refusal(disk.open, HOME / "none") == errno.ENOENT
    assert refusal(disk.open, HOME / "none" / "file", create=True) == errno.ENOENT
    assert refusal(disk.read_file, HOME) == errno.EISDIR
    assert disk.list_directory(HOME) == ["file"]
    assert disk.size_of(FILE) == disk.size(reading) == 7
