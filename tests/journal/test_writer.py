from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest

from lionrock.journal.closing import MARK_NAME
from lionrock.journal.segments import End
from lionrock.journal.writer import Writer, WriterStopped
from tests.journal.disks import FailingDisk, ShortDisk, VolatileDisk
from tests.journal.journals import Batch, batch, batches, only_segment, read, writer_at_end


@pytest.mark.shows("JRNL-006")
@pytest.mark.parametrize("most", [1, 7, 96, 100])
def test_a_write_taken_in_parts_is_completed(tmp_path: Path, most: int) -> None:
    writer = writer_at_end(tmp_path, ShortDisk(most), fill_bytes=512)
    for number in range(5):
        writer.append(*batch(number))
        assert batches(read(tmp_path)[0])[-1] == batch(number)
    writer.close()
    assert batches(read(tmp_path)[0]) == [batch(number) for number in range(5)]


def test_a_system_that_takes_no_byte_is_an_error_and_not_an_endless_loop(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="took none of"):
        writer_at_end(tmp_path, ShortDisk(0)).append(*batch(0))


@pytest.mark.shows("JRNL-007")
@pytest.mark.parametrize("what", ["sync", "write", "half a write"])
def test_after_a_failure_the_writer_writes_and_syncs_no_more(tmp_path: Path, what: str) -> None:
    disk = FailingDisk()
    writer = writer_at_end(tmp_path, disk)
    writer.append(*batch(0))
    disk.fail_sync = what == "sync"
    disk.fail_write_after = {"sync": None, "write": 0, "half a write": 60}[what]
    with pytest.raises(OSError, match=r"Input/output error|No space left"):
        writer.append(*batch(1))
    content, syncs = only_segment(tmp_path).read_bytes(), disk.syncs
    for _ in range(3):
        with pytest.raises(WriterStopped, match="frame of sequence 2"):
            writer.append(*batch(2))
    writer.close()
    assert (only_segment(tmp_path).read_bytes(), disk.syncs) == (content, syncs)
    frames, end = read(tmp_path)
    assert batches(frames)[0] == batch(0)
    assert (end.torn_tail is not None) == (what == "half a write")


def test_a_closed_writer_takes_nothing(tmp_path: Path) -> None:
    writer = writer_at_end(tmp_path)
    writer.close()
    with pytest.raises(WriterStopped, match="closed"):
        writer.append(*batch(0))


def test_a_journal_id_has_sixteen_bytes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="3 bytes instead of 16"):
        Writer(tmp_path, FailingDisk(), End(None, 0, 0, 1, bytes(32), None, None), b"abc")


@pytest.mark.shows("JRNL-008")
def test_a_frame_that_only_memory_held_is_on_the_device_before_the_next_one(tmp_path: Path) -> None:
    disk = VolatileDisk(random.Random(1))
    writer = writer_at_end(tmp_path, disk)
    writer.append(*batch(0))
    disk.fail_next_sync = True
    with pytest.raises(OSError, match="Input/output error"):
        writer.append(*batch(1))
    writer = writer_at_end(tmp_path, disk)
    assert batches(read(tmp_path)[0]) == [batch(0), batch(1)]
    writer.append(*batch(2))
    disk.lose_power()
    assert batches(read(tmp_path)[0]) == [batch(0), batch(1), batch(2)]


@pytest.mark.shows("JRNL-009")
@pytest.mark.parametrize("seed", range(100))
def test_acknowledged_frames_survive_any_row_of_failures(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    disk = VolatileDisk(chance, failures=0.03)
    segment_bytes, fill_bytes = chance.choice([400, 3000, 1 << 28]), chance.choice([512, 4096])
    acknowledged: list[Batch] = []
    number = 0
    for _ in range(10):
        closed = False
        with suppress(OSError):
            writer = writer_at_end(tmp_path, disk, segment_bytes, fill_bytes)
            acknowledged = batches(read(tmp_path)[0])  # what a restart brought back is shown, and may not vanish
            for _ in range(chance.randint(0, 20)):
                number += 1
                writer.append(*batch(number))
                acknowledged.append(batch(number))
            if chance.random() < 0.5:
                writer.close()
                closed = True
        if chance.random() < 0.5:
            disk.lose_power()
        found = batches(read(tmp_path)[0])
        assert found[: len(acknowledged)] == acknowledged
        assert found[len(acknowledged) :] in ([], [batch(number)])
        if closed:
            assert found == acknowledged
            assert (tmp_path / MARK_NAME).exists()
    assert number > 0
