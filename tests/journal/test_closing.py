"""After a clean close nothing at the end of a journal may be taken for a write that a crash cut short."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lionrock.journal.closing import MARK_NAME, Closed, read_mark, write_mark
from lionrock.journal.disk import Disk
from lionrock.journal.frames import GENESIS_HASH, encode, frame_hash
from lionrock.journal.segments import JournalDamaged, segment_paths
from lionrock.journal.writer import DURABLE_NAME
from tests.journal.journals import SIMULATED, batch, batches, bounds, read, simulated_disk, write, writer_at_end


def _damage(directory: Path) -> JournalDamaged | None:
    try:
        read(directory)
    except JournalDamaged as damage:
        return damage
    return None


@pytest.mark.shows("JRNL-018")
@pytest.mark.parametrize("segment_bytes", [300, 1 << 28])
def test_every_changed_byte_and_every_cut_is_refused_after_a_clean_close(tmp_path: Path, segment_bytes: int) -> None:
    write(tmp_path, range(4), segment_bytes)
    for path in segment_paths(tmp_path, Disk()):
        whole = path.read_bytes()
        for offset in range(len(whole)):
            for spoiled in (
                whole[:offset] + bytes([whole[offset] ^ 0xFF]) + whole[offset + 1 :],
                whole[:offset] + bytes([whole[offset] ^ 0x01]) + whole[offset + 1 :],
                whole[:offset],
                whole[:offset] + bytes(len(whole) - offset + 1),
            ):
                path.write_bytes(spoiled)
                damage = _damage(tmp_path)
                assert damage is not None, (path, offset)
                assert damage.sequence is not None, (path, offset)
                assert damage.path == path or "is missing" in str(damage), (path, offset)
        path.write_bytes(whole)
    assert batches(read(tmp_path)[0]) == [batch(number) for number in range(4)]


@pytest.mark.shows("JRNL-018")
@pytest.mark.parametrize("segment_bytes", [1, 1 << 28])
@pytest.mark.parametrize("left", range(4))
def test_whole_frames_missing_at_the_end_are_refused_and_located(tmp_path: Path, segment_bytes: int, left: int) -> None:
    write(tmp_path, range(4), segment_bytes)
    frames, _ = read(tmp_path)
    if segment_bytes == 1:
        for path in segment_paths(tmp_path, Disk())[left:]:
            path.unlink()
    else:
        (path,) = segment_paths(tmp_path, Disk())
        path.write_bytes(path.read_bytes()[: bounds(frames)[left][0]])
    damage = _damage(tmp_path)
    assert damage is not None
    assert damage.sequence == frames[left].sequence
    assert f"record {frames[-1].next_sequence - 1} was the last when the journal was closed" in str(damage)


@pytest.mark.shows("JRNL-018")
@pytest.mark.parametrize("more", ["a zero", "zeros", "half a frame", "a frame", "another last frame"])
def test_whatever_stands_behind_the_closed_end_is_refused(tmp_path: Path, more: str) -> None:
    write(tmp_path, range(3))
    frames, end = read(tmp_path)
    (path,) = segment_paths(tmp_path, Disk())
    whole = path.read_bytes()
    following = encode(frames[-1]._replace(sequence=end.next_sequence, previous_hash=end.last_hash))
    path.write_bytes(
        {
            "a zero": whole + bytes(1),
            "zeros": whole + bytes(4096),
            "half a frame": whole + following[:100],
            "a frame": whole + following,
            "another last frame": whole[: end.last_frame_offset] + encode(frames[-1]._replace(time_ns=1)),
        }[more]
    )
    damage = _damage(tmp_path)
    assert damage is not None
    assert damage.path == path
    assert damage.start == (end.last_frame_offset if more == "another last frame" else end.offset)


@pytest.mark.shows("JRNL-018")
def test_a_journal_closed_without_a_frame_may_not_hold_one(tmp_path: Path) -> None:
    write(tmp_path, range(0))
    assert read_mark(tmp_path, Disk()) == Closed(1, GENESIS_HASH)
    assert read(tmp_path)[0] == []
    write(tmp_path / "other", range(1))
    shutil.copy(segment_paths(tmp_path / "other", Disk())[0], tmp_path)
    damage = _damage(tmp_path)
    assert damage is not None
    assert damage.sequence == 1


@pytest.mark.shows("JRNL-018")
def test_a_spoiled_mark_is_refused_with_words(tmp_path: Path) -> None:
    write(tmp_path, range(2))
    mark = tmp_path / MARK_NAME
    whole = mark.read_bytes()
    spoiled = [whole[:length] for length in range(len(whole))]
    spoiled += [whole + b"\0", bytes(len(whole))]
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        spoiled.append(bytes(flipped))
    for content in spoiled:
        mark.write_bytes(content)
        damage = _damage(tmp_path)
        assert damage is not None, content
        assert (damage.path, damage.sequence) == (mark, None), content
        assert str(damage).startswith(f"{mark}: the mark of a clean close, bytes 0 to"), content
    mark.unlink()
    mark.mkdir()
    damage = _damage(tmp_path)
    assert damage is not None
    assert "it cannot be read: Is a directory" in str(damage)


def test_the_mark_is_the_one_in_the_table(tmp_path: Path) -> None:
    write_mark(tmp_path, Disk(), Closed(7, bytes(range(32))))
    assert (tmp_path / MARK_NAME).read_bytes().hex() == (
        "4c524b43" "01000000" "0700000000000000" "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        "859da349"
    )  # fmt: skip
    assert read_mark(tmp_path, Disk()) == Closed(7, bytes(range(32)))


@pytest.mark.shows("JRNL-019")
def test_the_mark_stands_from_a_clean_close_to_the_first_append(tmp_path: Path) -> None:
    mark = tmp_path / MARK_NAME
    writer = writer_at_end(tmp_path)
    writer.append(*batch(0))
    assert not mark.exists()
    writer.close()
    frames, end = read(tmp_path)
    assert read_mark(tmp_path, Disk()) == Closed(end.next_sequence, frame_hash(encode(frames[-1])))
    writer = writer_at_end(tmp_path)
    assert mark.exists()  # a process that ends here, however, has changed nothing
    writer.append(*batch(1))
    assert not mark.exists()
    (tmp_path / "closed.new").write_bytes(b"from a close that a crash cut short")
    writer.close()
    writer.close()
    writer_at_end(tmp_path).close()
    assert read_mark(tmp_path, Disk()) == Closed(read(tmp_path)[1].next_sequence, read(tmp_path)[1].last_hash)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{1:020d}.frames", MARK_NAME, DURABLE_NAME]


@pytest.mark.shows("JRNL-019")
@pytest.mark.parametrize("seed", range(4))
def test_a_writer_that_failed_leaves_no_mark(seed: int) -> None:
    disk = simulated_disk(seed)
    writer = writer_at_end(SIMULATED, disk)
    writer.append(*batch(0))
    disk.faults.failed_write = 1.0
    with pytest.raises(OSError, match="Input/output error"):
        writer.append(*batch(1))
    disk.faults.failed_write = 0.0
    writer.close()
    assert read_mark(SIMULATED, disk) is None
    assert batches(read(SIMULATED, disk)[0])[:1] == [batch(0)]


@pytest.mark.shows("JRNL-019")
@pytest.mark.parametrize("seed", range(4))
def test_a_mark_that_cannot_be_written_is_an_error_and_loses_nothing(seed: int) -> None:
    disk = simulated_disk(seed)
    writer = writer_at_end(SIMULATED, disk)
    writer.append(*batch(0))
    disk.faults.failed_write = 1.0
    with pytest.raises(OSError, match="Input/output error"):
        writer.close()
    disk.faults.failed_write = 0.0
    assert read_mark(SIMULATED, disk) is None
    assert batches(read(SIMULATED, disk)[0]) == [batch(0)]
    writer = writer_at_end(SIMULATED, disk)
    writer.append(*batch(1))
    writer.close()
    assert batches(read(SIMULATED, disk)[0]) == [batch(0), batch(1)]
