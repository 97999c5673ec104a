"""Places where one check of the verifier could stand in for another and name the wrong bytes, or none."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from lionrock.journal.checkpoints import FILE_NAME, CheckpointFile
from lionrock.journal.closing import MARK_NAME
from lionrock.journal.disk import Disk
from tests.journal.journals import only_segment, read, writer_at_end
from tests.journal.records import archive, check, frames_of, make_record, note_of, segments


@pytest.mark.shows("RECD-008")
def test_damage_at_the_end_of_an_older_segment_is_named_there_and_not_in_the_next(tmp_path: Path) -> None:
    make_record(tmp_path, range(4), segment_bytes=1, crash=True)
    for number, path in enumerate(segments(tmp_path / "journal")[:-1]):
        whole = path.read_bytes()
        for spoilt in (whole[:-1], whole[:-1] + b"!", whole[:5]):
            path.write_bytes(spoilt)
            _, (fault,) = check(tmp_path)
            assert frames_of(fault) == (number, number)
            assert fault.places == ((f"journal/{path.name}", 0, len(spoilt)),)
        path.write_bytes(whole)


@pytest.mark.shows("RECD-008")
def test_a_changed_byte_before_zeros_at_the_end_of_the_last_frame_lies_in_the_bytes_named(tmp_path: Path) -> None:
    writer = writer_at_end(tmp_path / "journal")
    writer.append(1, 1, b"r" * 16, b"\x01" + bytes(9), 1)
    writer.close()
    (tmp_path / "journal" / MARK_NAME).unlink()
    frames, _ = read(tmp_path / "journal")
    CheckpointFile(tmp_path / "checkpoints", Disk()).append(note_of(frames))
    path = only_segment(tmp_path / "journal")
    whole = path.read_bytes()
    path.write_bytes(whole[:-10] + bytes(10))
    _, (fault,) = check(tmp_path)
    assert frames_of(fault) == (0, 0)
    assert fault.places == ((f"journal/{path.name}", 0, len(whole)),)


@pytest.mark.shows("RECD-008")
def test_a_mark_of_another_kind_or_version_is_refused_with_a_right_checksum(tmp_path: Path) -> None:
    make_record(tmp_path, range(2))
    mark = tmp_path / "journal" / MARK_NAME
    whole = mark.read_bytes()[:-4]
    for other in (b"LRKD" + whole[4:], whole[:4] + b"\x02" + whole[5:]):
        mark.write_bytes(other + struct.pack("<I", zlib.crc32(other)))
        _, (fault,) = check(tmp_path)
        assert fault.places == (("journal/closed", 0, 52),)


@pytest.mark.shows("RECD-012")
def test_a_last_checkpoint_that_is_spoilt_and_not_cut_short_is_a_fault(tmp_path: Path) -> None:
    frames = make_record(tmp_path, range(4), [2, 4])
    path = tmp_path / "checkpoints" / FILE_NAME
    whole = path.read_bytes()
    start = whole.rindex(b"lionrock/")
    path.write_bytes(whole[:start] + whole[start:].replace(b"sequence", b"Sequence"))
    told, (fault,) = check(tmp_path)
    assert fault.places == (("checkpoints/checkpoints", start, len(whole)),)
    assert told["vouched_sequence"] == frames[1].next_sequence - 1


@pytest.mark.shows("RECD-012")
def test_a_signature_has_one_spelling(tmp_path: Path) -> None:
    """The last sign before the padding carries two bits that stand for nothing."""
    make_record(tmp_path, range(2), [2])
    path = tmp_path / "checkpoints" / FILE_NAME
    whole = path.read_bytes()
    signs = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    assert whole.endswith(b"=\n")
    last = signs.index(whole[-3])
    for spare in (1, 2, 3):
        path.write_bytes(whole[:-3] + signs[last + spare : last + spare + 1] + b"=\n")
        _, (fault,) = check(tmp_path)
        assert "did not sign it" in str(fault)


@pytest.mark.shows("RECD-013")
def test_an_archived_segment_that_ends_too_early_is_named_though_the_next_would_tell(tmp_path: Path) -> None:
    make_record(tmp_path, range(4), segment_bytes=1, crash=True)
    packed = archive(tmp_path, segments(tmp_path / "journal")[0].name)
    whole = packed.read_bytes()
    for left in range(len(whole)):
        packed.write_bytes(whole[:left])
        _, (fault,) = check(tmp_path)
        assert fault.places[0].file == f"archive/{packed.name}" or left == 0, left
