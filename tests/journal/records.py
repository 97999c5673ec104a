"""Whole records to verify and to spoil: a data directory with a journal and signed checkpoints."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lionrock.journal import verify
from lionrock.journal.checkpoints import Checkpoint, CheckpointFile, origin_of, sign, verifier_key
from lionrock.journal.disk import Disk
from lionrock.journal.frames import Frame, encode, frame_hash
from lionrock.journal.tree import Frontier
from lionrock.journal.writer import SEGMENT_BYTES
from tests.journal.journals import JOURNAL_ID, read, write

KEY_NAME = "venue.example/journal"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC_KEY = verifier_key(KEY.public_key(), KEY_NAME)
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


class HastyDisk(Disk):
    """Syncs nothing, for tests of many small writes that are about something else."""

    def sync_data(self, descriptor: int) -> None:
        pass

    def sync_all(self, descriptor: int) -> None:
        pass


def checkpoint_of(frames: Sequence[Frame], journal_id: bytes = JOURNAL_ID) -> Checkpoint:
    """What is true about these frames, from the first one on."""
    tree = Frontier()
    for frame in frames:
        tree.append(frame_hash(encode(frame)))
    last_hash = frame_hash(encode(frames[-1]))
    return Checkpoint(origin_of(journal_id), len(frames), tree.root(), frames[-1].next_sequence - 1, last_hash, 10**18)


def note_of(frames: Sequence[Frame], key: Ed25519PrivateKey = KEY, key_name: str = KEY_NAME) -> str:
    return sign(checkpoint_of(frames), key, key_name)


def make_record(
    directory: Path,
    numbers: range,
    sizes: Iterable[int] = (),
    *,
    segment_bytes: int = SEGMENT_BYTES,
    crash: bool = False,
) -> list[Frame]:
    """A data directory with these batches and checkpoints of so many frames; gives its frames."""
    write(directory / "journal", numbers, segment_bytes, crash=crash)
    frames, _ = read(directory / "journal")
    file = CheckpointFile(directory / "checkpoints", Disk())
    for size in sizes:
        file.append(note_of(frames[:size]))
    return frames


def segments(journal: Path) -> list[Path]:
    """Its files, oldest first."""
    return sorted(journal.glob("*.frames"))


def archive(directory: Path, name: str) -> Path:
    """Pack a segment away as an archived one."""
    plain = directory / "journal" / name
    packed = directory / "archive" / f"{name}.gz"
    packed.parent.mkdir(exist_ok=True)
    packed.write_bytes(gzip.compress(plain.read_bytes(), 1))
    plain.unlink()
    return packed


def untold(done: int, total: int) -> None:
    """Progress that nobody watches."""


def check(
    directory: Path, kept: Sequence[Path] = (), keys: Sequence[str] = (PUBLIC_KEY,)
) -> tuple[dict[str, Any], list[verify.Fault]]:
    """What the verifier tells, and the faults that it finds."""
    return verify.check_directory(directory, kept, [verify.read_key(key) for key in keys], untold)


def frames_of(fault: verify.Fault) -> tuple[int, int] | None:
    """First and last frame that a fault names."""
    frames: tuple[int, int] | None = fault.as_json["frames"]
    return frames
