"""The stand-alone verifier: what it finds, what it names, and what it cannot know."""

from __future__ import annotations

import ast
import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from lionrock.journal import verify
from lionrock.journal.checkpoints import FILE_NAME, CheckpointFile, sign
from lionrock.journal.closing import MARK_NAME
from lionrock.journal.disk import Disk
from lionrock.journal.frames import GENESIS_HASH, HEADER_BYTES, Frame, encode, frame_hash
from lionrock.journal.segments import JournalDamaged
from tests.journal.journals import JOURNAL_ID, bounds, only_segment, read, write, writer_at_end
from tests.journal.records import (
    KEY,
    KEY_NAME,
    PUBLIC_KEY,
    STRANGER,
    HastyDisk,
    archive,
    check,
    checkpoint_of,
    frames_of,
    make_record,
    note_of,
    segments,
)

VERIFIER = Path(verify.__file__)


def spoiled(whole: bytes, offset: int, bit: int) -> bytes:
    return whole[:offset] + bytes([whole[offset] ^ 1 << bit]) + whole[offset + 1 :]


def alone(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the one file in a directory that holds nothing else, without our package and without site-packages."""
    directory.mkdir(exist_ok=True)
    shutil.copy(VERIFIER, directory / "verify.py")
    command = [sys.executable, "-I", "-S", "verify.py", *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


def chained(frames: Sequence[Frame]) -> bytes:
    """These frames with the sequences, hashes and checksums that they need to pass for a journal."""
    encoded: list[bytes] = []
    sequence = 1
    for frame in frames:
        previous = frame_hash(encoded[-1]) if encoded else GENESIS_HASH
        encoded.append(encode(frame._replace(sequence=sequence, previous_hash=previous)))
        sequence += frame.record_count
    return b"".join(encoded)


@pytest.mark.shows("RECD-007")
def test_the_file_imports_nothing_but_the_standard_library() -> None:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(VERIFIER.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {name.name.partition(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            modules.add((node.module or "").partition(".")[0])
    assert modules
    assert modules - {"__future__"} <= sys.stdlib_module_names


@pytest.mark.shows("RECD-007")
def test_one_file_alone_verifies_a_record(tmp_path: Path) -> None:
    record, empty = tmp_path / "record", tmp_path / "empty"
    frames = make_record(record, range(20), [5, 18], segment_bytes=1500)
    archive(record, segments(record / "journal")[0].name)
    done = alone(empty, str(record), "--public-key", PUBLIC_KEY, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "sound": True,
        "journal_id": JOURNAL_ID.hex(),
        "segments": 1 + len(segments(record / "journal")),
        "bytes": sum(len(encode(frame)) for frame in frames),
        "frames": 20,
        "last_sequence": frames[-1].next_sequence - 1,
        "closed": True,
        "cut_short": None,
        "checkpoints": 2,
        "covered_sequence": frames[17].next_sequence - 1,
        "vouched_sequence": frames[17].next_sequence - 1,
        "signed_by": KEY_NAME,
        "faults": [],
    }
    told = alone(empty, str(record), "--public-key", PUBLIC_KEY).stdout
    assert f"vouched sequence  {frames[17].next_sequence - 1}\n" in told
    assert f"last sequence     {frames[-1].next_sequence - 1}\n" in told

    path = segments(record / "journal")[-1]
    path.write_bytes(spoiled(path.read_bytes(), 10, 0))
    done = alone(empty, str(record), "--json")
    assert done.returncode == 1, "a fault is one without a key as well"
    (fault,) = json.loads(done.stdout)["faults"]
    assert fault["places"][0][0] == f"journal/{path.name}"
    assert "FAULT: frame " in alone(empty, str(record)).stdout

    for arguments in ([str(empty)], [str(record), "--public-key", "nonsense"], [str(record), "--checkpoint", "none"]):
        done = alone(empty, *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert "Error: " in done.stderr
    for arguments in ([], [str(record), "--proof", "verify.py"]):
        assert "give either DIR or --proof FILE" in alone(empty, *arguments).stderr


@pytest.mark.shows("RECD-007", "RECD-012")
@pytest.mark.parametrize("signed", [[5, 18], []], ids=["no key", "no checkpoint"])
def test_what_nothing_vouches_for_is_not_called_sound(tmp_path: Path, signed: list[int]) -> None:
    record, empty = tmp_path / "record", tmp_path / "empty"
    make_record(record, range(20), signed)
    arguments = [str(record)] if signed else [str(record), "--public-key", PUBLIC_KEY]
    done = alone(empty, *arguments, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["sound"], told["faults"], told["vouched_sequence"]) == (3, False, [], None)
    done = alone(empty, *arguments)
    assert done.returncode == 3
    assert "Nothing is vouched for: that takes a checkpoint and the --public-key" in done.stdout


@pytest.mark.shows("RECD-007")
def test_whoever_stops_reading_is_told_no_verdict(tmp_path: Path) -> None:
    record = tmp_path / "record"
    make_record(record, range(20), [5, 18])
    assert unread([sys.executable, "-I", "-S", str(VERIFIER), str(record)]) == -signal.SIGPIPE
    assert unread([str(Path(sys.executable).with_name("lionrock")), "journal", "verify", str(record)]) == 141


def unread(command: list[str]) -> int:
    """How a program ends whose output nobody takes; a negative number is of a signal, which shells add to 128."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(command, stdout=writer, check=False).returncode
    finally:
        os.close(writer)


@pytest.mark.shows("RECD-007")
def test_an_empty_journal_is_sound_and_vouches_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    told, faults = check(tmp_path)
    assert (told["frames"], told["last_sequence"], told["vouched_sequence"], faults) == (0, 0, None, [])


@pytest.mark.shows("RECD-008")
@pytest.mark.parametrize("covered", [True, False], ids=["covered", "followed"])
def test_every_changed_byte_is_located(tmp_path: Path, covered: bool) -> None:
    """Every byte of a small journal, in headers every bit; without a checkpoint the last frame may have been cut."""
    frames = make_record(tmp_path, range(5), [2, 5] if covered else [], crash=True)
    path = only_segment(tmp_path / "journal")
    whole = path.read_bytes()
    for number, (start, stop) in enumerate(bounds(frames)):
        for offset in range(start, stop):
            for bit in range(8) if offset < start + HEADER_BYTES else [offset % 8]:
                path.write_bytes(spoiled(whole, offset, bit))
                told, faults = check(tmp_path, keys=[])
                if number == 4 and not covered:
                    version_raised = start + 4 <= offset < start + 8 and bool(faults)
                    assert version_raised or (told["cut_short"] and not faults), (offset, bit)
                    continue
                assert [frames_of(fault) for fault in faults] == [(number, 4 if number == 4 else number)], (offset, bit)
                ((file, first, last),) = faults[0].as_json["places"]
                assert (file, first) == (f"journal/{path.name}", start)
                assert last == stop or (number == 4 and offset < last), (offset, bit)
                assert faults[0].as_json["sequence"] == frames[number].sequence
                assert told["covered_sequence"] == (frames[1].next_sequence - 1 if number > 1 and covered else None)
    path.write_bytes(whole)
    assert check(tmp_path)[1] == []


@pytest.mark.shows("RECD-008")
def test_every_changed_byte_is_located_after_a_clean_close(tmp_path: Path) -> None:
    frames = make_record(tmp_path, range(4), segment_bytes=300)
    number = 0
    for path in segments(tmp_path / "journal"):
        whole = path.read_bytes()
        ends = [stop for _, stop in bounds(frames[number:]) if stop <= len(whole)]
        for offset in range(len(whole)):
            path.write_bytes(spoiled(whole, offset, offset % 8))
            _, (fault,) = check(tmp_path, keys=[])
            position = sum(end <= offset for end in ends)
            assert frames_of(fault) == (number + position, number + position), offset
            assert fault.places[0].file == f"journal/{path.name}"
            assert fault.places[0].start <= offset < fault.places[0].stop
        path.write_bytes(whole)
        number += len(ends)
    assert number == 4
    mark = tmp_path / "journal" / MARK_NAME
    whole = mark.read_bytes()
    for bit in range(8 * len(whole)):
        mark.write_bytes(spoiled(whole, bit // 8, bit % 8))
        _, (fault,) = check(tmp_path, keys=[])
        assert fault.places == (("journal/closed", 0, len(whole)),)


@pytest.mark.shows("RECD-008", "RECD-013")
def test_changed_bits_of_a_large_record_are_located(tmp_path: Path) -> None:
    """Tens of megabytes in several segments, the first two of them archived."""
    chance = random.Random(40)
    writer = writer_at_end(tmp_path / "journal", HastyDisk(), segment_bytes=8 << 20)
    for number in range(4000):
        size = chance.choice([200, 3000, 20_000])
        writer.append(number, 1 + size // 128, chance.randbytes(size), b"", 1)
    writer.close()
    (tmp_path / "journal" / MARK_NAME).unlink()
    frames, _ = read(tmp_path / "journal")
    CheckpointFile(tmp_path / "checkpoints", Disk()).append(note_of(frames))
    paths = segments(tmp_path / "journal")
    assert sum(path.stat().st_size for path in paths) > 25 << 20
    starts: dict[Path, list[tuple[int, int, int]]] = {path: [] for path in paths}
    offset, names = 0, iter(paths)
    path = next(names)
    for number, frame in enumerate(frames):
        if offset == path.stat().st_size:
            offset, path = 0, next(names)
        length = len(encode(frame))
        starts[path].append((number, offset, offset + length))
        offset += length
    packed = [archive(tmp_path, path.name) for path in paths[:2]]
    told, faults = check(tmp_path)
    assert (faults, told["vouched_sequence"]) == ([], frames[-1].next_sequence - 1)
    for _ in range(30):
        path = chance.choice(paths[2:])
        number, start, stop = chance.choice(starts[path])
        at, bit = chance.randrange(start, stop), chance.randrange(8)
        whole = path.read_bytes()
        path.write_bytes(spoiled(whole, at, bit))
        _, (fault,) = check(tmp_path, keys=[])
        path.write_bytes(whole)
        last = number == len(frames) - 1
        assert frames_of(fault) == (number, number), (path, at, bit)
        assert fault.places[0][:2] == (f"journal/{path.name}", start)
        assert fault.places[0].stop == stop or last
    for path in packed:
        whole = path.read_bytes()
        for at in [10, len(whole) - 5, *(chance.randrange(10, len(whole)) for _ in range(8))]:
            path.write_bytes(spoiled(whole, at, chance.randrange(8)))
            _, (fault,) = check(tmp_path, keys=[])
            assert fault.places[0].file == f"archive/{path.name}", at
        path.write_bytes(whole[:-9])
        _, (fault,) = check(tmp_path, keys=[])
        assert fault.places[0].file == f"archive/{path.name}"
        assert "cannot be read on" in str(fault)
        path.write_bytes(whole)


@pytest.mark.shows("RECD-013")
def test_archived_segments_are_read_like_the_others(tmp_path: Path) -> None:
    frames = make_record(tmp_path, range(12), [4, 12], segment_bytes=700)
    before = check(tmp_path)
    for path in segments(tmp_path / "journal")[:-1]:
        archive(tmp_path, path.name)
        assert check(tmp_path) == before
    packed = sorted((tmp_path / "archive").iterdir())
    shutil.copytree(tmp_path / "archive", tmp_path / "all")
    for path in packed:
        path.unlink()
        _, (fault,) = check(tmp_path)
        assert "no segment begins with sequence" in str(fault)
        shutil.copy(tmp_path / "all" / path.name, path)
    packed[0].write_bytes(gzip.compress(gzip.decompress(packed[0].read_bytes())[:-1]))
    _, (fault,) = check(tmp_path)
    assert fault.places[0].file == f"archive/{packed[0].name}"
    assert before[0]["vouched_sequence"] == frames[-1].next_sequence - 1


@pytest.mark.shows("RECD-009")
def test_a_changed_frame_with_a_right_checksum_is_named_by_the_frame_behind_it(tmp_path: Path) -> None:
    frames = make_record(tmp_path, range(5), crash=True)
    path = only_segment(tmp_path / "journal")
    encoded = [encode(frame) for frame in frames]
    for number in range(4):
        forged = encode(frames[number]._replace(time_ns=7))
        path.write_bytes(b"".join([*encoded[:number], forged, *encoded[number + 1 :]]))
        _, (fault,) = check(tmp_path)
        suspects = (3, 4) if number == 3 else (number, number)
        assert frames_of(fault) == suspects, "the last but one has none behind the next to tell"
        assert [place[1:] for place in fault.places] == bounds(frames)[suspects[0] : suspects[1] + 1]
        path.write_bytes(b"".join([*encoded[:number], encode(frames[number]._replace(previous_hash=bytes(32)))]))
        _, faults = check(tmp_path)
        assert [frames_of(fault) for fault in faults] == ([(number - 1, number)] if number else [])


@pytest.mark.shows("RECD-009")
@pytest.mark.parametrize("changed", range(6))
def test_a_history_rewritten_to_its_end_is_found_by_checkpoints_alone(tmp_path: Path, changed: int) -> None:
    frames = make_record(tmp_path, range(6), [2, 4, 6], crash=True)
    path = only_segment(tmp_path / "journal")
    forged = [*frames[:changed], frames[changed]._replace(time_ns=1), *frames[changed + 1 :]]
    path.write_bytes(chained(forged))
    told, (fault,) = check(tmp_path)
    since = changed - changed % 2
    assert frames_of(fault) == (since, since + 1)
    assert fault.places == ((f"journal/{path.name}", bounds(frames)[since][0], bounds(frames)[since + 1][1]),)
    assert told["vouched_sequence"] == (frames[since - 1].next_sequence - 1 if since else None)
    shutil.rmtree(tmp_path / "checkpoints")
    told, faults = check(tmp_path)
    assert (faults, told["vouched_sequence"]) == ([], None), "nothing but a checkpoint can tell"


@pytest.mark.shows("RECD-009")
def test_missing_repeated_exchanged_and_foreign_frames_are_found(tmp_path: Path) -> None:
    frames = make_record(tmp_path, range(5), crash=True)
    path = only_segment(tmp_path / "journal")
    one, two, three, four, five = (encode(frame) for frame in frames)
    stranger = encode(frames[2]._replace(journal_id=b"another journal!"))
    for data, number in (
        (two + three, 0),
        (one + three + four + five, 1),
        (one + two + two + three, 2),
        (one + three + two + four, 1),
        (one + two + stranger, 2),
    ):
        path.write_bytes(data)
        _, (fault,) = check(tmp_path)
        assert frames_of(fault) == (number, number)
    path.write_bytes(one + two)
    second = path.with_name(f"{frames[2].sequence + 1:020d}.frames")
    second.write_bytes(three)
    _, (fault,) = check(tmp_path)
    assert "no segment begins with" in str(fault)


@pytest.mark.shows("RECD-010")
def test_a_last_frame_cut_at_any_byte_is_a_fault_only_when_a_checkpoint_covers_it(tmp_path: Path) -> None:
    frames = make_record(tmp_path, range(4), [3], crash=True)
    path = only_segment(tmp_path / "journal")
    whole = path.read_bytes()
    kept = tmp_path / "kept.checkpoint"
    kept.write_text(note_of(frames), "utf-8")
    start, stop = bounds(frames)[-1]
    for left in range(1, stop - start):
        for tail in (whole[start : start + left], whole[start : start + left] + bytes(600)):
            path.write_bytes(whole[:start] + tail)
            told, faults = check(tmp_path, keys=[])
            assert faults == []
            assert str(told["cut_short"]).startswith(f"frame 3, sequence {frames[3].sequence}, journal/{path.name}")
            assert (told["frames"], told["last_sequence"]) == (3, frames[2].next_sequence - 1)
            assert told["covered_sequence"] == frames[2].next_sequence - 1
            _, (fault,) = check(tmp_path, [kept], keys=[])
            assert (frames_of(fault), fault.places[0].start) == ((3, 3), start)
    path.write_bytes(whole + bytes(5000))
    told, faults = check(tmp_path, [kept])
    assert (told["cut_short"], faults) == (None, []), "space filled in advance"


@pytest.mark.shows("RECD-011")
@pytest.mark.parametrize("left", range(6))
def test_frames_taken_away_with_all_traces_are_found_by_a_checkpoint_kept_outside(tmp_path: Path, left: int) -> None:
    record = tmp_path / "record"
    frames = make_record(record, range(6), [2, 6], segment_bytes=350)
    kept = tmp_path / "kept.checkpoint"
    kept.write_text(note_of(frames[:6]), "utf-8")
    assert check(record, [kept])[1] == []
    gone = len(frames)
    for path in segments(record / "journal")[::-1]:
        inside = len([frame for frame in frames[:gone] if frame.sequence >= int(path.stem)])
        whole = path.read_bytes()
        keep = max(0, left - (gone - inside))
        path.write_bytes(whole[: sum(len(encode(frame)) for frame in frames[gone - inside :][:keep])])
        gone -= inside
        if not keep:
            path.unlink()
        if gone <= left:
            break
    _, faults = check(record)
    assert faults, "the mark of the clean close tells"
    (record / "journal" / MARK_NAME).unlink()
    _, faults = check(record)
    assert faults, "the venue's own newest checkpoint tells"
    CheckpointFile(record / "checkpoints", Disk())
    (record / "checkpoints" / FILE_NAME).unlink()
    told, faults = check(record)
    assert (faults, told["frames"]) == ([], left), "nothing in the record itself can tell"
    _, (fault,) = check(record, [kept])
    assert frames_of(fault) == (left, 5)
    assert f"missing, and the checkpoint at {kept} bytes 0 to" in str(fault)


@pytest.mark.shows("RECD-012")
def test_every_changed_byte_of_the_checkpoints_is_a_fault_or_vouches_for_less(tmp_path: Path) -> None:
    frames = make_record(tmp_path, range(4), [2, 4])
    path = tmp_path / "checkpoints" / FILE_NAME
    whole = path.read_bytes()
    first = whole.index(b"lionrock/", 1)
    for offset in range(len(whole)):
        path.write_bytes(spoiled(whole, offset, offset % 8))
        told, faults = check(tmp_path)
        assert told["last_sequence"] == frames[-1].next_sequence - 1, "the journal was walked all the same"
        if faults:
            places = [place for fault in faults for place in fault.places]
            assert {place.file for place in places} == {"checkpoints/checkpoints"}
            assert any(place.start <= offset < place.stop for place in places), offset
        else:
            assert offset >= first
            assert told["vouched_sequence"] == frames[1].next_sequence - 1, "taken for cut short: vouches for less"
    for left in range(1, len(whole) - first):
        path.write_bytes(whole[: first + left])
        told, faults = check(tmp_path)
        assert (faults, told["vouched_sequence"]) == ([], frames[1].next_sequence - 1)


@pytest.mark.shows("RECD-012")
def test_forged_foreign_and_contradicting_checkpoints_are_faults(tmp_path: Path) -> None:
    frames = make_record(tmp_path / "record", range(5), [3])
    last = checkpoint_of(frames)
    wrong = {
        "another key": (sign(last, STRANGER, KEY_NAME), "with no key that you gave"),
        "another name": (sign(last, KEY, "someone.example"), "was signed by someone.example"),
        "another journal": (sign(last._replace(origin=bytes(16)), KEY, KEY_NAME), "of another journal"),
        "another journal, longer": (sign(last._replace(origin=bytes(16), size=9), KEY, KEY_NAME), "missing, and"),
        "another root": (sign(last._replace(root=bytes(32)), KEY, KEY_NAME), "not the frames that the checkpoint"),
        "another sequence": (sign(last._replace(sequence=1), KEY, KEY_NAME), "does not agree with its own frames"),
        "another frame": (sign(last._replace(frame_hash=bytes(32)), KEY, KEY_NAME), "does not agree"),
        "another size": (sign(last._replace(size=4), KEY, KEY_NAME), "not the frames that the checkpoint"),
        "a contradiction": (note_of(frames) + sign(last._replace(root=bytes(32)), KEY, KEY_NAME), "does not agree"),
        "cut short": (note_of(frames) + note_of(frames)[:-40], "this is no checkpoint"),
        "empty": ("", "this is no checkpoint"),
        "no note": ("nothing\n", "this is no checkpoint"),
    }
    kept = tmp_path / "kept.checkpoint"
    for name, (text, told) in wrong.items():
        kept.write_text(text, "utf-8")
        _, faults = check(tmp_path / "record", [kept])
        assert any(told in str(fault) for fault in faults), (name, faults)
    kept.write_text(note_of(frames), "utf-8")
    assert check(tmp_path / "record", [kept])[0]["vouched_sequence"] == last.sequence
    told_without_key, faults = check(tmp_path / "record", [kept], keys=[])
    assert (told_without_key["vouched_sequence"], told_without_key["covered_sequence"]) == (None, last.sequence)
    assert faults == []


@pytest.mark.shows("RECD-012")
def test_keys_may_change_over_the_years(tmp_path: Path) -> None:
    frames = make_record(tmp_path, range(5), [3])
    CheckpointFile(tmp_path / "checkpoints", Disk()).append(note_of(frames, STRANGER, "venue.example/2030"))
    from lionrock.journal.checkpoints import verifier_key

    younger = verifier_key(STRANGER.public_key(), "venue.example/2030")
    told, faults = check(tmp_path, keys=[PUBLIC_KEY, younger])
    assert (faults, told["signed_by"]) == ([], "venue.example/2030")
    assert len(check(tmp_path, keys=[younger])[1]) == 1


@pytest.mark.shows("RECD-014")
@pytest.mark.parametrize("crash", [True, False], ids=["crashed", "closed"])
@pytest.mark.parametrize("segment_bytes", [300, 1 << 28])
def test_the_reader_and_the_verifier_refuse_the_same_journals(tmp_path: Path, crash: bool, segment_bytes: int) -> None:
    journal = tmp_path / "journal"
    write(journal, range(4), segment_bytes, crash=crash)
    refused = 0
    for path in segments(journal):
        whole = path.read_bytes()
        for offset in range(len(whole)):
            for data in (
                spoiled(whole, offset, offset % 8),
                whole[:offset],
                whole[:offset] + bytes(700),
                bytes(offset) + whole[offset:],
                whole[:offset] + whole[offset + 1 :],
            ):
                path.write_bytes(data)
                try:
                    read(journal)
                except JournalDamaged:
                    damaged = True
                else:
                    damaged = False
                assert bool(check(tmp_path, keys=[])[1]) == damaged, (
                    path.name,
                    offset,
                    data[:offset] == whole[:offset],
                )
                refused += damaged
        path.write_bytes(whole)
    assert refused > 1000
