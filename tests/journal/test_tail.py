"""Following a journal: never past what is durable, never past what is damaged, over segments and archives."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from lionrock.journal.disk import Disk
from lionrock.journal.frames import Frame, encode, frame_hash
from lionrock.journal.segments import JournalDamaged, segment_paths
from lionrock.journal.tail import Place, Tail, read_durable
from lionrock.journal.writer import DURABLE_NAME
from tests.journal.journals import bounds, only_segment, read, write, writer_at_end

SMALL_SEGMENT = 1_000
LAST = 10**6
"""More than any of these journals holds."""


def tailed(tail: Tail, durable: int) -> list[Frame]:
    return [each.frame for each in tail.read(durable)]


def archived(directory: Path, archive: Path, keep: int) -> None:
    """Packs all but the newest segments away."""
    archive.mkdir()
    for path in segment_paths(directory, Disk())[:-keep]:
        (archive / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()


@pytest.mark.shows("PROJ-011")
def test_mark_of_what_is_durable(tmp_path: Path) -> None:
    assert read_durable(tmp_path) == 0
    (tmp_path / DURABLE_NAME).write_bytes(b"\1\2\3")
    assert read_durable(tmp_path) == 0
    (tmp_path / DURABLE_NAME).write_bytes((300).to_bytes(8, "little"))
    assert read_durable(tmp_path) == 300


@pytest.mark.shows("PROJ-011")
@pytest.mark.parametrize("segment_bytes", [10**6, SMALL_SEGMENT])
def test_every_frame_once_and_none_before_it_is_durable(tmp_path: Path, segment_bytes: int) -> None:
    """While the journal grows; a frame is not given before its last record is durable."""
    writer = writer_at_end(tmp_path, segment_bytes=segment_bytes, fill_bytes=512)
    tail = Tail(tmp_path, Disk())
    assert tailed(tail, 0) == []
    given: list[Frame] = []
    for number in range(30):
        count = 1 + number % 3
        writer.append(1000 + number, count, bytes([number]) * 16 * count, b"side", 1)
        last = writer.next_sequence - 1
        for durable in range(last - count, last):
            assert tailed(tail, durable) == []
        given += tailed(tail, last)
    writer.close()
    assert given == read(tmp_path)[0]
    assert len(segment_paths(tmp_path, Disk())) == 1 or segment_bytes == SMALL_SEGMENT


@pytest.mark.shows("PROJ-011")
def test_a_frame_without_records_waits_for_one_behind_it(tmp_path: Path) -> None:
    writer = writer_at_end(tmp_path)
    writer.append(1, 2, bytes(32), b"", 1)
    writer.append(2, 0, b"", b"a control frame", 1)
    tail = Tail(tmp_path, Disk())
    assert [frame.sequence for frame in tailed(tail, 2)] == [1]
    writer.append(3, 1, bytes(16), b"", 1)
    assert [(frame.sequence, frame.record_count) for frame in tailed(tail, 3)] == [(3, 0), (3, 1)]
    writer.close()


@pytest.mark.shows("PROJ-010")
@pytest.mark.parametrize("keep", [1, 3])
def test_packed_segments_are_read_as_well(tmp_path: Path, keep: int) -> None:
    journal, archive = tmp_path / "journal", tmp_path / "archive"
    write(journal, range(60), SMALL_SEGMENT)
    frames, end = read(journal)
    assert len(segment_paths(journal, Disk())) > 4
    archived(journal, archive, keep)
    assert tailed(Tail(journal, Disk(), archive=archive), end.next_sequence - 1) == frames
    with pytest.raises(JournalDamaged, match="a file is missing"):
        tailed(Tail(journal, Disk()), end.next_sequence - 1)


def test_beginning_later(tmp_path: Path) -> None:
    """With the segment that holds the record, or at the very place; what came before is not looked at."""
    write(tmp_path, range(60), SMALL_SEGMENT)
    frames, end = read(tmp_path)
    places = {each.frame.next_sequence: each.end for each in Tail(tmp_path, Disk()).read(end.next_sequence - 1)}
    for frame in frames[5::7]:
        rest = [each for each in frames if each.sequence >= frame.sequence]
        from_segment = tailed(Tail(tmp_path, Disk(), after_sequence=frame.sequence - 1), end.next_sequence - 1)
        assert from_segment[-len(rest) :] == rest
        place = places[frame.sequence]
        exactly = Tail(tmp_path, Disk(), after_sequence=frame.sequence - 1, place=place)
        assert exactly.peek() == frame
        assert tailed(exactly, end.next_sequence - 1) == rest
    assert Tail(tmp_path, Disk(), after_sequence=end.next_sequence - 1, place=places[end.next_sequence]).peek() is None
    assert Tail(tmp_path / "nothing", Disk(), place=Place(1, 0)).peek() is None


@pytest.mark.shows("PROJ-012")
def test_any_changed_byte_stops_it_there(tmp_path: Path) -> None:
    write(tmp_path, range(6), crash=True)
    frames, end = read(tmp_path)
    path = only_segment(tmp_path)
    sound = path.read_bytes()
    for number, (start, stop) in enumerate(bounds(frames)):
        for offset in range(start, stop, 5):
            path.write_bytes(sound[:offset] + bytes([sound[offset] ^ 0x10]) + sound[offset + 1 :])
            tail = Tail(tmp_path, Disk())
            given: list[Frame] = []
            with pytest.raises(JournalDamaged) as damaged:
                given.extend(each.frame for each in tail.read(end.next_sequence - 1))
            assert damaged.value.sequence == frames[number].sequence
            assert damaged.value.start == start
            tail.close()


@pytest.mark.shows("PROJ-012")
def test_a_durable_frame_that_is_cut_short_is_damage(tmp_path: Path) -> None:
    """Unlike at a restart, where nothing is known of what was durable, and a last write may have been cut short."""
    write(tmp_path, range(6), crash=True)
    frames, end = read(tmp_path)
    path = only_segment(tmp_path)
    sound = path.read_bytes()
    start, stop = bounds(frames)[-1]
    for length in range(start, stop, 7):
        path.write_bytes(sound[:length])
        with pytest.raises(JournalDamaged) as damaged:
            tailed(Tail(tmp_path, Disk()), end.next_sequence - 1)
        assert damaged.value.sequence == frames[-1].sequence
        assert tailed(Tail(tmp_path, Disk()), frames[-1].sequence - 1) == frames[:-1]
    path.write_bytes(sound[:start] + bytes(stop - start))
    with pytest.raises(JournalDamaged, match="a file is missing"):
        tailed(Tail(tmp_path, Disk()), end.next_sequence - 1)


@pytest.mark.shows("PROJ-012")
def test_exchanged_and_foreign_frames_are_refused(tmp_path: Path) -> None:
    write(tmp_path, range(6), crash=True)
    frames, end = read(tmp_path)
    path = only_segment(tmp_path)
    chained = encode(frames[2]._replace(previous_hash=frame_hash(b"another")))
    foreign = encode(frames[2]._replace(journal_id=b"fedcba9876543210"))
    again = encode(frames[1])
    for wrong, told in ((chained, "not chained"), (foreign, "another journal"), (again, "first sequence")):
        path.write_bytes(b"".join((encode(frames[0]), encode(frames[1]), wrong, *map(encode, frames[3:]))))
        with pytest.raises(JournalDamaged, match=told):
            tailed(Tail(tmp_path, Disk()), end.next_sequence - 1)


@pytest.mark.shows("PROJ-012")
def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    journal, archive = tmp_path / "journal", tmp_path / "archive"
    write(journal, range(60), SMALL_SEGMENT)
    _, end = read(journal)
    archived(journal, archive, 1)
    packed = sorted(archive.iterdir())[1]
    sound = packed.read_bytes()
    for spoilt in (sound[: len(sound) // 2], b"no gzip at all", sound[:40] + b"\xff\xff" + sound[42:], b""):
        packed.write_bytes(spoilt)
        with pytest.raises(JournalDamaged) as damaged:
            tailed(Tail(journal, Disk(), archive=archive), end.next_sequence - 1)
        assert damaged.value.path == packed
