from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from lionrock.journal.closing import MARK_NAME
from lionrock.journal.disk import Disk
from lionrock.journal.frames import GENESIS_HASH, HEADER_BYTES, Frame, FrameInvalid, decode, encode, frame_hash
from lionrock.journal.segments import JournalDamaged, segment_paths
from lionrock.journal.writer import RESERVED_BYTES
from tests.journal.journals import JOURNAL_ID, batch, batches, bounds, only_segment, read, write, writer_at_end


@pytest.mark.shows("JRNL-001")
@pytest.mark.parametrize("segment_bytes", [1, 300, 2000, 1 << 28])
def test_frames_come_back_from_any_number_of_segments(tmp_path: Path, segment_bytes: int) -> None:
    write(tmp_path, range(20), segment_bytes)
    write(tmp_path, range(20, 40), segment_bytes)
    frames, end = read(tmp_path)
    assert batches(frames) == [batch(number) for number in range(40)]
    assert end.torn_tail is None
    assert end.next_sequence == 1 + sum(batch(number).record_count for number in range(40))
    assert frames[0].previous_hash == GENESIS_HASH
    for before, after in itertools.pairwise(frames):
        assert after.previous_hash == frame_hash(encode(before))
        assert after.sequence == before.sequence + before.record_count
    sizes = [path.stat().st_size for path in segment_paths(tmp_path, Disk())]
    assert sum(sizes) == bounds(frames)[-1][1]
    if segment_bytes == 1:
        assert len(sizes) == 40  # a frame larger than a segment still gets one of its own
    else:
        assert max(sizes) <= segment_bytes
        assert (len(sizes) == 1) == (sum(sizes) <= segment_bytes)


@pytest.mark.shows("JRNL-001")
def test_frames_come_back_while_the_writer_still_holds_space_filled_in_advance(tmp_path: Path) -> None:
    writer = writer_at_end(tmp_path)
    for number in range(3):
        writer.append(*batch(number))
    frames, end = read(tmp_path)
    assert batches(frames) == [batch(number) for number in range(3)]
    assert end.torn_tail is None
    assert only_segment(tmp_path).stat().st_size == RESERVED_BYTES
    writer.close()
    assert only_segment(tmp_path).stat().st_size == bounds(frames)[-1][1]


def test_the_encoding_is_the_one_in_the_table() -> None:
    encoded = encode(Frame(7, -2, 3, b"records", b"side", bytes(range(32)), JOURNAL_ID, 9))
    assert encoded.hex() == (
        "4c524b46" "02000000" "30313233343536373839616263646566" "0700000000000000" "feffffffffffffff"
        "03000000" "07000000" "04000000" "09000000" "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        "00000000" "21ae8c1a" "7265636f726473" "73696465"
    )  # fmt: skip
    assert len(encoded) == HEADER_BYTES + 11


def test_a_frame_without_a_record_is_refused() -> None:
    with pytest.raises(FrameInvalid, match="without a record"):
        encode(Frame(1, 0, 0, b"", b"", GENESIS_HASH, JOURNAL_ID, 1))
    with pytest.raises(FrameInvalid, match="not a whole frame"):
        decode(b"LRKF")


def _spoiled_tails(last: bytes) -> list[tuple[str, bytes]]:
    """Every way in which the last write may have been cut: where the file grew, in filled space, and from the front."""
    lengths = range(1, len(last))
    return [
        *((f"{length} bytes", last[:length]) for length in lengths),
        *((f"{length} bytes, then zeros", last[:length] + bytes(4096 - length)) for length in lengths),
        *((f"{length} zeros first", bytes(length) + last[length:] + bytes(600)) for length in lengths),
    ]


@pytest.mark.shows("JRNL-002")
def test_a_last_frame_cut_at_any_byte_is_dropped_and_reported(tmp_path: Path) -> None:
    write(tmp_path, range(4), crash=True)
    path = only_segment(tmp_path)
    whole = path.read_bytes()
    frames, _ = read(tmp_path)
    start, stop = bounds(frames)[-1]
    tails = _spoiled_tails(whole[start:])
    assert len(tails) == 3 * (stop - start - 1)
    for how, tail in tails:
        path.write_bytes(whole[:start] + tail)
        found, end = read(tmp_path)
        assert found == frames[:-1], how
        assert end.torn_tail is not None, how
        assert (end.torn_tail.path, end.torn_tail.start) == (path, start), how
        assert start < end.torn_tail.stop <= stop, how
        assert path.read_bytes() == whole[:start] + tail, how
    writer_at_end(tmp_path).append(*batch(99))
    assert batches(read(tmp_path)[0]) == [batch(number) for number in (0, 1, 2, 99)]


@pytest.mark.shows("JRNL-002")
def test_nothing_of_a_torn_frame_is_left_once_a_writer_goes_on(tmp_path: Path) -> None:
    write(tmp_path, range(1), crash=True)
    path = only_segment(tmp_path)
    path.write_bytes(path.read_bytes() + b"half a frame" * 1000)
    writer = writer_at_end(tmp_path, fill_bytes=512)
    writer.append(*batch(1))
    frames, end = read(tmp_path)
    assert (batches(frames), end.torn_tail) == ([batch(0), batch(1)], None)


@pytest.mark.shows("JRNL-002")
@pytest.mark.parametrize("left", [0, 1, 95, 96, 108])
def test_a_first_frame_cut_short_leaves_an_empty_journal(tmp_path: Path, left: int) -> None:
    write(tmp_path, range(1), crash=True)
    path = only_segment(tmp_path)
    path.write_bytes(path.read_bytes()[:left])
    frames, end = read(tmp_path)
    assert (frames, end.next_sequence, end.torn_tail is None) == ([], 1, left == 0)
    write(tmp_path, range(5, 6))
    assert batches(read(tmp_path)[0]) == [batch(5)]


@pytest.mark.shows("JRNL-003")
def test_every_changed_bit_before_the_last_frame_is_refused_and_located(tmp_path: Path) -> None:
    write(tmp_path, range(4), crash=True)
    path = only_segment(tmp_path)
    whole = path.read_bytes()
    frames, _ = read(tmp_path)
    start, stop = bounds(frames)[1]
    for bit in range(start * 8, stop * 8):
        spoiled = bytearray(whole)
        spoiled[bit // 8] ^= 1 << bit % 8
        path.write_bytes(spoiled)
        with pytest.raises(JournalDamaged) as caught:
            read(tmp_path)
        damage = caught.value
        assert (damage.path, damage.start, damage.stop) == (path, start, stop), bit
        assert damage.sequence == frames[1].sequence, bit
        assert f"bytes {start} to {stop}" in str(damage), bit


@pytest.mark.shows("JRNL-003")
def test_damage_at_the_end_of_an_older_segment_is_not_taken_for_a_torn_write(tmp_path: Path) -> None:
    write(tmp_path, range(4), segment_bytes=1, crash=True)
    path = segment_paths(tmp_path, Disk())[1]
    whole = path.read_bytes()
    for spoiled in (whole[:-1], whole[:-1] + b"!", whole[:5], whole[:-1] + bytes(1)):
        path.write_bytes(spoiled)
        with pytest.raises(JournalDamaged, match="another segment follows"):
            read(tmp_path)


@pytest.mark.shows("JRNL-003")
def test_a_last_frame_of_a_newer_format_is_refused_and_not_cut(tmp_path: Path) -> None:
    write(tmp_path, range(2), crash=True)
    path = only_segment(tmp_path)
    start, _ = bounds(read(tmp_path)[0])[-1]
    newer = bytearray(path.read_bytes())
    newer[start + 4] = 3
    path.write_bytes(newer)
    with pytest.raises(JournalDamaged, match="format version is 3, not 2"):
        read(tmp_path)


@pytest.mark.shows("JRNL-004")
def test_frames_that_are_missing_repeated_exchanged_or_foreign_are_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write(home, range(5), crash=True)
    path = only_segment(home)
    whole = path.read_bytes()
    one, two, three, four, five = (whole[start:stop] for start, stop in bounds(read(home)[0]))
    frame = decode(three)
    rechained = encode(frame._replace(records=frame.records[::-1]))
    stranger = encode(frame._replace(journal_id=b"another journal!"))
    spoiled = {
        "the first is missing": two + three,
        "one is missing": one + three + four + five,
        "one is repeated": one + two + two + three,
        "two are exchanged": one + three + two + four,
        "another content with a right CRC": one + two + rechained + four,
        "the last is another journal's": one + two + stranger,
    }
    for how, data in spoiled.items():
        path.write_bytes(data)
        assert _refused(home), how


def _refused(directory: Path) -> bool:
    try:
        read(directory)
    except JournalDamaged:
        return True
    return False


@pytest.mark.shows("JRNL-004")
def test_a_missing_or_renamed_segment_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "whole", range(4), segment_bytes=1, crash=True)
    for gone in range(3):
        directory = tmp_path / f"without {gone}"
        shutil.copytree(tmp_path / "whole", directory)
        segment_paths(directory, Disk())[gone].unlink()
        with pytest.raises(JournalDamaged, match="a file is missing"):
            read(directory)
    first, second, *_ = segment_paths(tmp_path / "whole", Disk())
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    with pytest.raises(JournalDamaged, match="its first sequence is 2"):
        read(tmp_path / "whole")


@pytest.mark.shows("JRNL-005")
def test_a_note_that_holds_a_whole_frame_does_not_turn_a_torn_write_into_damage(tmp_path: Path) -> None:
    write(tmp_path, range(2))
    forged = encode(Frame(9, 9, 1, b"r" * 16, b"", GENESIS_HASH, b"guessed guessed!", 1))
    writer = writer_at_end(tmp_path)
    writer.append(2000, 1, b"r" * 128, forged + b"!", 1)
    writer.close()
    (tmp_path / MARK_NAME).unlink()
    path = only_segment(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    frames, end = read(tmp_path)
    assert batches(frames) == [batch(0), batch(1)]
    assert end.torn_tail is not None
