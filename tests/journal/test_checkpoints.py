"""Checkpoints: their text, who signed them, and that they are durable here and outside."""

from __future__ import annotations

import errno
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lionrock.journal import verify
from lionrock.journal.checkpoints import (
    FILE_NAME,
    Checkpoint,
    CheckpointFile,
    CheckpointInvalid,
    OutsideDisagrees,
    check_note,
    keep_outside,
    newest_outside,
    origin_of,
    read_note,
    sign,
    verifier_key,
)
from lionrock.journal.disk import Disk
from lionrock.journal.writer import WriterStopped
from lionrock.sim.world.disk import Faults, SimulatedDisk
from tests.journal.journals import JOURNAL_ID, SIMULATED, simulated_disk
from tests.journal.records import KEY, KEY_NAME, PUBLIC_KEY, STRANGER, HastyDisk

# Section 7.1 of RFC 8032: public key, message, signature.
RFC_8032 = """
d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a -
e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555
fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c 72
92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da0
85ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025 af82
6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac1
8ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
"""
# The note and the key of golang.org/x/mod/sumdb/note, note_test.go.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def checkpoint(size: int) -> Checkpoint:
    return Checkpoint(origin_of(JOURNAL_ID), size, bytes([size]) * 32, size * 2, bytes([size + 1]) * 32, 10**18 + size)


def note(size: int) -> str:
    return sign(checkpoint(size), KEY, KEY_NAME)


@pytest.mark.shows("RECD-004")
def test_the_text_is_the_one_in_the_docstring_and_reads_back() -> None:
    lines = note(3).split("\n")
    assert lines[:7] == [
        "lionrock/94af2381012af121e7732640a6a2148a",
        "3",
        "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=",
        "sequence 6",
        f"frame-hash {'04' * 32}",
        "time-ns 1000000000000000003",
        "",
    ]
    assert lines[7].startswith(f"— {KEY_NAME} ")
    assert lines[8:] == [""]
    assert read_note(note(3)) == check_note(note(3), PUBLIC_KEY) == checkpoint(3)


@pytest.mark.shows("RECD-004")
def test_signatures_are_those_of_the_standards() -> None:
    words = RFC_8032.split()
    for public_key, message, *signature in zip(words[::4], words[1::4], words[2::4], words[3::4], strict=True):
        key, text, signed = (
            bytes.fromhex(public_key),
            bytes.fromhex(message.strip("-")),
            bytes.fromhex("".join(signature)),
        )
        assert verify.is_signed(text, signed, key)
        assert not verify.is_signed(text + b"!", signed, key)
        higher = int.from_bytes(signed[32:], "little") + verify.ORDER
        assert not verify.is_signed(text, signed[:32] + higher.to_bytes(32, "little"), key), "a second spelling of s"
        assert not verify.is_signed(text, signed[:-1], key)
        for byte in range(64):
            changed = bytearray(signed)
            changed[byte] ^= 1 << byte % 8
            assert not verify.is_signed(text, bytes(changed), key)
    assert verify.signer(GO_TEXT.encode(), GO_LINE, [verify.read_key(GO_KEY)]) == "PeterNeumann"


@pytest.mark.shows("RECD-004")
def test_the_verifier_and_the_library_agree_on_random_signatures() -> None:
    chance = random.Random(8032)
    for _ in range(40):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        message = chance.randbytes(chance.randint(0, 300))
        public = private.public_key().public_bytes_raw()
        assert verify.is_signed(message, private.sign(message), public)
        assert not verify.is_signed(message, private.sign(message + b"!"), public)
        assert verify.read_key(verifier_key(private.public_key(), "a.b/c")) == (
            "a.b/c",
            bytes.fromhex(verifier_key(private.public_key(), "a.b/c").split("+")[1]),
            public,
        )


@pytest.mark.shows("RECD-004")
def test_only_the_key_makes_a_checkpoint() -> None:
    strangers = sign(checkpoint(3), STRANGER, KEY_NAME)
    text, _, _ = note(3).partition("\n\n")
    lines = {
        "another key of the same name": (strangers, "no signature of"),
        "another name": (sign(checkpoint(3), KEY, "other.example"), "no signature of"),
        "another text": (note(3).replace("sequence 6", "sequence 7"), "did not sign"),
        "another checkpoint's signature": (f"{text}\n\n{note(4).partition(chr(10) * 2)[2]}", "did not sign"),
        "base64 with spare bits": (note(3).removesuffix("=\n")[:-1] + "B=\n", "not spelled|did not sign"),
        "no base64": (note(3).removesuffix("=\n") + "A=\n", "not base64|not spelled"),
        "nothing": ("", "not the text of one"),
        "two": (note(3) + note(4), "not the text of one"),
    }
    for name, (forged, told) in lines.items():
        with pytest.raises(CheckpointInvalid, match=told):
            check_note(forged, PUBLIC_KEY)
        assert forged != note(3), name
    both = note(3) + strangers.partition("\n\n")[2]
    assert check_note(both, PUBLIC_KEY) == checkpoint(3), "signatures of others are allowed"


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\nb"])
def test_a_key_name_that_would_break_the_note_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="key name"):
        verifier_key(KEY.public_key(), name)
    with pytest.raises(ValueError, match="key name"):
        sign(checkpoint(1), KEY, name)


def test_nothing_can_be_said_about_no_frame() -> None:
    with pytest.raises(ValueError, match="of no frame"):
        sign(checkpoint(0), KEY, KEY_NAME)


@pytest.mark.parametrize("key", ["", "a+b", PUBLIC_KEY[:-4], PUBLIC_KEY.replace("venue", "other"), f"x{PUBLIC_KEY}"])
def test_what_is_no_public_key_is_refused(key: str) -> None:
    with pytest.raises(verify.CannotCheck, match="no public key"):
        verify.read_key(key)
    with pytest.raises(ValueError, match=r"."):
        check_note(note(1), key)


@pytest.mark.shows("RECD-005")
def test_checkpoints_come_back_in_order() -> None:
    disk = simulated_disk(0, Faults(short_write=0.7))
    assert CheckpointFile(SIMULATED, disk).read() == []
    for size in range(1, 5):
        CheckpointFile(SIMULATED, disk).append(note(size))
    assert CheckpointFile(SIMULATED, disk).read() == [note(size) for size in range(1, 5)]
    assert disk.met["short write"] > 0


@pytest.mark.shows("RECD-005")
def test_a_last_checkpoint_cut_at_any_byte_is_left_out_and_cut_away_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    whole, last = (note(1) + note(2)).encode(), note(3).encode()
    for left in range(len(last)):
        for filled in (0, len(last) - left):
            path.write_bytes(whole + last[:left] + bytes(filled))
            file = CheckpointFile(tmp_path, HastyDisk())
            assert file.read() == [note(1), note(2)]
            file.append(note(4))
            file.append(note(5))
            assert path.read_text("utf-8") == note(1) + note(2) + note(4) + note(5)


@pytest.mark.shows("RECD-005")
def test_damage_is_not_taken_for_a_checkpoint_cut_short(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    for damaged in (note(1).replace("\n", " ", 1) + note(2), note(1) + note(2).replace("sequence", "Sequence")):
        path.write_text(damaged, "utf-8")
        with pytest.raises(CheckpointInvalid, match="was not cut short"):
            CheckpointFile(tmp_path, Disk()).read()
        file = CheckpointFile(tmp_path, Disk())
        with pytest.raises(CheckpointInvalid, match="was not cut short"):
            file.append(note(3))
        with pytest.raises(WriterStopped):
            file.append(note(3))
        assert path.read_text("utf-8") == damaged


@pytest.mark.shows("RECD-005")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("faults", [Faults(failed_sync=1.0), Faults(failed_write=1.0)], ids=["sync", "write"])
def test_after_a_failed_write_or_sync_nothing_more_is_written(faults: Faults, seed: int) -> None:
    disk = simulated_disk(seed)
    file = CheckpointFile(SIMULATED, disk)
    file.append(note(1))
    disk.faults = faults
    with pytest.raises(OSError, match="Input/output error"):
        file.append(note(2))
    disk.faults = Faults()
    tried = len(disk.trace)
    with pytest.raises(WriterStopped):
        file.append(note(2))
    assert disk.trace[tried:] == []
    CheckpointFile(SIMULATED, disk).append(note(3))
    notes = CheckpointFile(SIMULATED, disk).read()
    assert notes in ([note(1), note(3)], [note(1), note(2), note(3)])


@pytest.mark.shows("RECD-005")
@pytest.mark.parametrize("seed", range(20))
def test_an_appended_checkpoint_survives_the_loss_of_power(seed: int) -> None:
    disk = simulated_disk(seed)
    file = CheckpointFile(SIMULATED, disk)
    for size in range(1, 4):
        file.append(note(size))
    disk.medium.lose_power()
    assert CheckpointFile(SIMULATED, SimulatedDisk(disk.medium)).read() == [note(size) for size in range(1, 4)]


@pytest.mark.shows("RECD-006")
def test_a_checkpoint_outside_is_a_file_of_its_own_that_never_changes(tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere" / "kept"
    first = keep_outside(outside, Disk(), note(9))
    keep_outside(outside, Disk(), note(10))
    assert first.read_text("utf-8") == note(9)
    assert newest_outside(outside, JOURNAL_ID) == note(10)
    assert newest_outside(outside, bytes(16)) is None
    later = sign(checkpoint(9)._replace(time_ns=2 * 10**18), KEY, KEY_NAME)
    assert keep_outside(outside, Disk(), later) == first
    assert first.read_text("utf-8") == note(9)
    assert len(list(outside.iterdir())) == 2


@pytest.mark.shows("RECD-006")
@pytest.mark.parametrize("change", [{"root": bytes(32)}, {"frame_hash": bytes(32)}, {"sequence": 1}])
def test_what_contradicts_a_checkpoint_outside_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = keep_outside(tmp_path, Disk(), note(9))
    with pytest.raises(OutsideDisagrees, match="something else about the first 9 frames"):
        keep_outside(tmp_path, Disk(), sign(checkpoint(9)._replace(**change), KEY, KEY_NAME))  # type: ignore[arg-type]
    assert path.read_text("utf-8") == note(9)


@pytest.mark.shows("RECD-006")
def test_a_checkpoint_outside_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    class FullDisk(Disk):
        def write_at(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
            if offset:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write_at(descriptor, data[:100], offset)

    with pytest.raises(OSError, match="No space left"):
        keep_outside(tmp_path, FullDisk(), note(9))
    assert newest_outside(tmp_path, JOURNAL_ID) is None
    keep_outside(tmp_path, Disk(), note(9))
    assert newest_outside(tmp_path, JOURNAL_ID) == note(9)
