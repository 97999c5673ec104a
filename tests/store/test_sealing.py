"""Sealed values open where they were sealed, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lionrock.store.sealing import MASTER_KEY_FILE, MasterKeyUnusable, SealBroken, Sealer, open_sealer


def test_sealed_value_opens_after_a_restart(tmp_path: Path) -> None:
    sealed = open_sealer(tmp_path, os.urandom).seal(b"secret", "room:1")
    assert b"secret" not in sealed
    assert open_sealer(tmp_path, os.urandom).open(sealed, "room:1") == b"secret"
    assert (tmp_path / MASTER_KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_same_value_is_never_sealed_the_same_way(tmp_path: Path) -> None:
    sealer = open_sealer(tmp_path, os.urandom)
    assert sealer.seal(b"secret", "room:1") != sealer.seal(b"secret", "room:1")


@pytest.mark.parametrize("position", [0, 11, 12, -1])
def test_changed_value_does_not_open(position: int) -> None:
    sealer = Sealer(bytes(32), os.urandom)
    sealed = bytearray(sealer.seal(b"secret", "room:1"))
    sealed[position] ^= 1
    with pytest.raises(SealBroken, match="room:1"):
        sealer.open(bytes(sealed), "room:1")


def test_moved_or_foreign_or_short_value_does_not_open() -> None:
    sealer = Sealer(bytes(32), os.urandom)
    sealed = sealer.seal(b"secret", "room:1")
    for other, value, place in (
        (sealer, sealed, "room:2"),
        (Sealer(b"1" * 32, os.urandom), sealed, "room:1"),
        (sealer, sealed[:5], "room:1"),
        (sealer, b"", "room:1"),
    ):
        with pytest.raises(SealBroken):
            other.open(value, place)


def test_key_that_others_may_read_or_that_was_cut_is_not_used(tmp_path: Path) -> None:
    open_sealer(tmp_path, os.urandom)
    path = tmp_path / MASTER_KEY_FILE
    path.chmod(0o640)
    with pytest.raises(MasterKeyUnusable, match="chmod 600"):
        open_sealer(tmp_path, os.urandom)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(MasterKeyUnusable, match="5 bytes"):
        open_sealer(tmp_path, os.urandom)


def test_crash_while_the_key_is_made_leaves_none(tmp_path: Path) -> None:
    (tmp_path / "master.draft").write_bytes(b"half")
    open_sealer(tmp_path, os.urandom)
    assert len((tmp_path / MASTER_KEY_FILE).read_bytes()) == 32
