from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from lionrock.journal.closing import MARK_NAME
from lionrock.journal.disk import Disk
from lionrock.journal.segments import End
from lionrock.journal.writer import Writer, WriterStopped
from lionrock.sim.world.disk import Faults
from tests.journal.journals import SIMULATED, Batch, batch, batches, read, simulated_disk, writer_at_end


@pytest.mark.shows("JRNL-006")
@pytest.mark.parametrize("seed", range(4))
def test_a_write_taken_in_parts_is_completed(seed: int) -> None:
    disk = simulated_disk(seed, Faults(short_write=0.7))
    writer = writer_at_end(SIMULATED, disk, fill_bytes=512)
    for number in range(5):
        writer.append(*batch(number))
        assert batches(read(SIMULATED, disk)[0])[-1] == batch(number)
    writer.close()
    assert batches(read(SIMULATED, disk)[0]) == [batch(number) for number in range(5)]
    assert disk.met["short write"] > 5


class UnwillingDisk(Disk):
    """Takes no byte, and says so."""

    def write_at(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        return 0


def test_a_system_that_takes_no_byte_is_an_error_and_not_an_endless_loop(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="took none of"):
        writer_at_end(tmp_path, UnwillingDisk()).append(*batch(0))


@pytest.mark.shows("JRNL-007")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("faults", [Faults(failed_sync=1.0), Faults(failed_write=1.0)], ids=["sync", "write"])
def test_after_a_failure_the_writer_writes_and_syncs_no_more(faults: Faults, seed: int) -> None:
    disk = simulated_disk(seed)
    writer = writer_at_end(SIMULATED, disk)
    writer.append(*batch(0))
    disk.faults = faults
    with pytest.raises(OSError, match="Input/output error"):
        writer.append(*batch(1))
    disk.faults = Faults()
    tried = len(disk.trace)
    for _ in range(3):
        with pytest.raises(WriterStopped, match="frame of sequence 2"):
            writer.append(*batch(2))
    writer.close()
    assert disk.trace[tried:] == []
    frames, end = read(SIMULATED, disk)
    assert batches(frames)[0] == batch(0)
    assert len(frames) == 1 or end.torn_tail is None


def test_a_closed_writer_takes_nothing(tmp_path: Path) -> None:
    writer = writer_at_end(tmp_path)
    writer.close()
    with pytest.raises(WriterStopped, match="closed"):
        writer.append(*batch(0))


def test_a_journal_id_has_sixteen_bytes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="3 bytes instead of 16"):
        Writer(tmp_path, Disk(), End(None, 0, 0, 1, bytes(32), None, None), b"abc")


@pytest.mark.shows("JRNL-008")
@pytest.mark.parametrize("seed", range(8))
def test_a_frame_that_only_memory_held_is_on_the_device_before_the_next_one(seed: int) -> None:
    disk = simulated_disk(seed)
    writer = writer_at_end(SIMULATED, disk)
    writer.append(*batch(0))
    disk.faults.failed_sync = 1.0
    with pytest.raises(OSError, match="Input/output error"):
        writer.append(*batch(1))
    disk.faults.failed_sync = 0.0
    writer = writer_at_end(SIMULATED, disk)
    assert batches(read(SIMULATED, disk)[0]) == [batch(0), batch(1)]
    writer.append(*batch(2))
    disk.medium.lose_power()
    assert batches(read(SIMULATED, disk)[0]) == [batch(0), batch(1), batch(2)]


@pytest.mark.shows("JRNL-009")
@pytest.mark.parametrize("seed", range(100))
def test_acknowledged_frames_survive_any_row_of_failures(seed: int) -> None:
    chance = Random(seed)
    disk = simulated_disk(seed, Faults(short_write=0.3, failed_write=0.03, failed_sync=0.03, failed_name=0.03))
    segment_bytes, fill_bytes = chance.choice([400, 3000, 1 << 28]), chance.choice([512, 4096])
    acknowledged: list[Batch] = []
    number = 0
    for _ in range(10):
        closed = False
        with suppress(OSError):
            writer = writer_at_end(SIMULATED, disk, segment_bytes, fill_bytes, reserved_bytes=fill_bytes)
            acknowledged = batches(read(SIMULATED, disk)[0])  # what a restart brought back is shown, and may not vanish
            for _ in range(chance.randint(0, 20)):
                number += 1
                writer.append(*batch(number))
                acknowledged.append(batch(number))
            if chance.random() < 0.5:
                writer.close()
                closed = True
        if chance.random() < 0.5:
            disk.medium.lose_power()
        found = batches(read(SIMULATED, disk)[0])
        assert found[: len(acknowledged)] == acknowledged
        assert found[len(acknowledged) :] in ([], [batch(number)])
        if closed:
            assert found == acknowledged
            assert MARK_NAME in disk.list_directory(SIMULATED)
    assert number > 0
