"""Proofs as files: each is checked by the one file alone, and no changed one passes."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest

from lionrock.journal import verify
from lionrock.journal.checkpoints import FILE_NAME, sign
from lionrock.journal.frames import decode, encode, frame_hash
from lionrock.journal.proofs import CannotProve, prove_consistency, prove_inclusion
from tests.journal.journals import only_segment
from tests.journal.records import (
    KEY,
    KEY_NAME,
    PUBLIC_KEY,
    STRANGER,
    archive,
    checkpoint_of,
    make_record,
    note_of,
    segments,
    untold,
)
from tests.journal.test_verify import alone

COUNT = 11


def passes(file: Path, proof: Any, key: str = PUBLIC_KEY) -> bool:
    """Whether the verifier takes the proof; one that it cannot read is not taken."""
    file.write_text(json.dumps(proof), "utf-8")
    try:
        return verify.check_proof(file, [verify.read_key(key)])[1] == []
    except verify.CannotCheck:
        return False


def changed(proof: dict[str, Any]) -> list[dict[str, Any]]:
    """The proof with each part of it changed in some way."""
    others: list[dict[str, Any]] = []
    for place in range(len(proof["path"])):
        before, here, after = proof["path"][:place], proof["path"][place], proof["path"][place + 1 :]
        others += [proof | {"path": [*before, *instead, *after]} for instead in (["00" * 32], [], [here, here])]
    others.append(proof | {"path": [*proof["path"], "00" * 32]})
    others += [proof | {"path": value} for value in (None, "00", [1], ["zz"])]
    others += [{name: value for name, value in proof.items() if name != gone} for gone in proof if gone != "frame"]
    others.append(proof | {"kind": "consistency" if proof["kind"] == "inclusion" else "inclusion"})
    return others


@pytest.mark.shows("RECD-015")
def test_every_frame_is_proved_under_every_checkpoint_and_no_changed_proof_passes(tmp_path: Path) -> None:
    record, file = tmp_path / "record", tmp_path / "proof.json"
    sizes = [1, 2, 7, 8, COUNT]
    frames = make_record(record, range(COUNT), sizes, segment_bytes=700)
    archive(record, segments(record / "journal")[0].name)
    for size in sizes:
        for index, frame in enumerate(frames[:size]):
            without = prove_inclusion(record, frame.sequence, size, untold, with_frame=False)
            proof = prove_inclusion(record, frame.sequence, size, untold, with_frame=True)
            assert without == {name: value for name, value in proof.items() if name != "frame"}
            assert passes(file, without), (size, index)
            assert passes(file, proof), (size, index)
            for sequence in range(frame.sequence, frame.next_sequence):
                assert prove_inclusion(record, sequence, size, untold, with_frame=True) == proof
            assert decode(base64.b64decode(str(proof["frame"]))) == frame
            for other in [number for number in (-1, index - 1, index + 1, size) if number != index]:
                assert not passes(file, proof | {"index": other})
            others = [
                proof | {"frame_hash": frame_hash(encode(frames[index - 1])).hex()},
                proof | {"frame": base64.b64encode(encode(frames[index - 1])).decode()},
                proof | {"checkpoint": note_of(frames[: size % COUNT + 1])},
                proof | {"checkpoint": sign(checkpoint_of(frames[:size]), STRANGER, KEY_NAME)},
                proof | {"checkpoint": note_of(frames[:size]) * 2},
            ]
            for other in others + (changed(proof) if size in {7, COUNT} else []):
                assert not passes(file, other), other


@pytest.mark.shows("RECD-015")
def test_checkpoints_are_proved_consistent_and_no_changed_proof_passes(tmp_path: Path) -> None:
    record, file = tmp_path / "record", tmp_path / "proof.json"
    frames = make_record(record, range(COUNT), range(1, COUNT + 1))
    for old_size in range(1, COUNT + 1):
        for size in range(old_size, COUNT + 1):
            proof = prove_consistency(record, old_size, size, untold)
            assert passes(file, proof), (old_size, size)
            forged = [*frames[: old_size - 1], frames[old_size - 1]._replace(time_ns=7)]
            swapped = {"old_checkpoint": proof["checkpoint"], "checkpoint": proof["old_checkpoint"]}
            stranger = checkpoint_of(frames[:size], b"another journal!")
            others = [
                proof | {"old_checkpoint": note_of(forged)},
                proof | {"checkpoint": sign(checkpoint_of(frames[:size]), STRANGER, KEY_NAME)},
                proof | {"checkpoint": sign(stranger, KEY, KEY_NAME)},
                *([proof | swapped] if old_size != size else []),
                *changed(proof),
            ]
            for other in others:
                if other.get("kind") != "inclusion":
                    assert not passes(file, other), other


@pytest.mark.shows("RECD-015", "RECD-007")
def test_the_one_file_checks_a_proof_alone(tmp_path: Path) -> None:
    record, empty, file = tmp_path / "record", tmp_path / "empty", tmp_path / "proof.json"
    frames = make_record(record, range(COUNT), [5, COUNT])
    inclusion = prove_inclusion(record, 9, None, untold, with_frame=False)
    for proof in (inclusion, prove_consistency(record, 5, None, untold)):
        file.write_text(json.dumps(proof), "utf-8")
        done = alone(empty, "--proof", str(file), "--public-key", PUBLIC_KEY, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        told = json.loads(done.stdout)
        assert (told["sound"], told["kind"], told["signed_by"]) == (True, proof["kind"], KEY_NAME)
        assert told["frames"] == COUNT
        done = alone(empty, "--proof", str(file), "--json")
        assert (done.returncode, json.loads(done.stdout)["sound"]) == (3, False), "anybody could have made it"
        assert "Nothing is vouched for" in alone(empty, "--proof", str(file)).stdout
        file.write_text(json.dumps(proof | {"path": []}), "utf-8")
        assert alone(empty, "--proof", str(file), "--public-key", PUBLIC_KEY).returncode in {1, 2}
    wrong = copy.deepcopy(inclusion) | {"checkpoint": sign(checkpoint_of(frames), STRANGER, KEY_NAME)}
    file.write_text(json.dumps(wrong), "utf-8")
    done = alone(empty, "--proof", str(file), "--public-key", PUBLIC_KEY)
    assert done.returncode == 1
    assert "with no key that you gave" in done.stdout
    lacks = {
        "{}": "it has no 'kind'",
        '{"kind": "inclusion"}': "it has no 'checkpoint'",
        '{"contents": ""}': "it has no 'kind'",
    }
    for text in ("", "[]", "null", "[" * 200_000, *lacks):
        file.write_text(text, "utf-8")
        done = alone(empty, "--proof", str(file))
        assert (done.returncode, done.stdout) == (2, "")
        assert f"no proof that can be read: {lacks.get(text, 'it is not made as one')}" in done.stderr
        assert "Error(" not in done.stderr
    assert alone(empty, "--proof", "nowhere").returncode == 2


@pytest.mark.shows("RECD-017")
def test_what_cannot_be_proved_is_refused(tmp_path: Path) -> None:
    frames = make_record(tmp_path, range(5), [2, 4])
    covered = frames[3].next_sequence - 1
    with pytest.raises(CannotProve, match=f"covers records 1 to {covered}, and {covered + 1} is not"):
        prove_inclusion(tmp_path, covered + 1, None, untold, with_frame=False)
    with pytest.raises(CannotProve, match="no checkpoint is of 3 frames; there are 2, of 2 to 4"):
        prove_inclusion(tmp_path, 1, 3, untold, with_frame=False)
    with pytest.raises(CannotProve, match="of 2 frames is older than that of 4"):
        prove_consistency(tmp_path, 4, 2, untold)
    path = only_segment(tmp_path / "journal")
    path.write_bytes(encode(frames[0]._replace(time_ns=1)))
    with pytest.raises(verify.Fault):
        prove_consistency(tmp_path, 2, 4, untold)
    (tmp_path / "checkpoints" / FILE_NAME).write_text(sign(checkpoint_of(frames[:2])._replace(size=1), KEY, KEY_NAME))
    with pytest.raises(CannotProve, match="the journal is not what the checkpoint of 1 frames is about"):
        prove_inclusion(tmp_path, 1, None, untold, with_frame=False)
    (tmp_path / "checkpoints" / FILE_NAME).unlink()
    with pytest.raises(CannotProve, match="has no checkpoint"):
        prove_inclusion(tmp_path, 1, None, untold, with_frame=False)
