"""A checkpoint is what a venue says, signed, about all of its journal so far.

It is one note of this text:

    lionrock/94af2381012af121e7732640a6a2148a        origin: "lionrock/" and a hash of the journal id
    3                                                 number of frames
    q8J3u0oS...=                                      root of the tree over them (`journal.tree`)
    sequence 7                                        of the last record in them
    frame-hash 5f1c...                                of the last of them
    time-ns 1735689600000000000                       when this was said, since 1970-01-01 UTC
                                                      an empty line
    — example.com/venue VbFB4Q...=                    key name; base64 of 4 bytes of key hash and 64 of signature

The journal id itself stays among those who may read the journal (`journal.frames` says why); anybody may read this.

The form is C2SP's tlog-checkpoint and signed-note (Ed25519), so that tools made for transparency logs read it. The file
`checkpoints` holds one note after the other. It is only ever appended to; what a crash left of a last one is cut away
before the next. Whoever keeps a checkpoint elsewhere can show later that a frame it covers is missing or was changed.
"""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lionrock.journal.disk import Disk
from lionrock.journal.writer import WriterStopped

FILE_NAME = "checkpoints"
PUBLIC_KEY_FILE = "public-key"
"""Beside them: the verifier key as text."""
_ED25519 = b"\x01"
"""Kind of key in signed-note."""
_SIGNATURES = rb"\n(?:\xe2\x80\x94 [^\s+]+ [A-Za-z0-9+/=]+\n)+"
_NOTE = re.compile(
    rb"lionrock/([0-9a-f]{32})\n([1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n"
    rb"sequence ([0-9]{1,20})\nframe-hash ([0-9a-f]{64})\ntime-ns ([0-9]{1,19})\n" + _SIGNATURES
)
_END_BYTES = 8192
"""Some of the last notes."""
_WHOLE_END = re.compile(rb"\n" + _SIGNATURES + rb"\Z")


class CheckpointInvalid(Exception):
    """This is no checkpoint, or not one that the key signed."""


class OutsideDisagrees(Exception):
    """The outside directory holds another checkpoint of as many frames of this journal: one of the two is not true."""


def origin_of(journal_id: bytes) -> bytes:
    """What checkpoints call a journal: the first 16 bytes of a SHA-256 from which nobody finds the id."""
    return sha256(b"lionrock journal " + journal_id).digest()[:16]


class Checkpoint(NamedTuple):
    """What is said. See the module docstring for each field."""

    origin: bytes
    size: int
    root: bytes
    sequence: int
    frame_hash: bytes
    time_ns: int

    def text(self) -> str:
        """The text that is signed. Raises `ValueError` for a journal without a frame: nothing can be said about it."""
        if self.size < 1:
            raise ValueError("a checkpoint of no frame")
        root = base64.b64encode(self.root).decode()
        return (
            f"lionrock/{self.origin.hex()}\n{self.size}\n{root}\n"
            f"sequence {self.sequence}\nframe-hash {self.frame_hash.hex()}\ntime-ns {self.time_ns}\n"
        )


def verifier_key(public_key: Ed25519PublicKey, key_name: str) -> str:
    """The public key as text that others keep: name, hash and base64, joined by `+`. Raises `ValueError` for a name."""
    kind_and_key = _ED25519 + public_key.public_bytes_raw()
    return f"{key_name}+{_key_hash(kind_and_key, key_name).hex()}+{base64.b64encode(kind_and_key).decode()}"


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey, key_name: str) -> str:
    """The whole note. A key name has no space and no `+`; a host name with a path is usual."""
    return sign_text(checkpoint.text(), key, key_name)


def sign_text(text: str, key: Ed25519PrivateKey, key_name: str) -> str:
    """A signed note of any text. Raises `ValueError` for one without a line break at its end, or with an empty line."""
    if not text.endswith("\n") or "\n\n" in text:
        raise ValueError("a note's text ends with a line break and has no empty line")
    key_hash = _key_hash(_ED25519 + key.public_key().public_bytes_raw(), key_name)
    return f"{text}\n— {key_name} {base64.b64encode(key_hash + key.sign(text.encode())).decode()}\n"


def read_note(note: str) -> Checkpoint:
    """What one note says, whoever signed it. Raises `CheckpointInvalid`."""
    match = _NOTE.fullmatch(note.encode())
    if not match:
        raise CheckpointInvalid("this is not the text of one checkpoint")
    origin, size, root, sequence, frame_hash, time_ns = (group.decode() for group in match.groups())
    return Checkpoint(
        bytes.fromhex(origin),
        int(size),
        base64.b64decode(root),
        int(sequence),
        bytes.fromhex(frame_hash),
        int(time_ns),
    )


def check_note(note: str, key: str) -> Checkpoint:
    """What one note says, when the verifier key signed it. Raises `CheckpointInvalid`, `ValueError` for no such key."""
    checkpoint = read_note(note)
    key_name, key_hash, kind_and_key = _read_verifier_key(key)
    text, _, signatures = note.partition("\n\n")
    signed = False
    for line in signatures.removesuffix("\n").split("\n"):
        _, name, encoded = line.split(" ")
        signature = _canonical(encoded)
        if name == key_name and signature[:4] == key_hash:
            try:
                public_key = Ed25519PublicKey.from_public_bytes(kind_and_key[1:])
                public_key.verify(signature[4:], f"{text}\n".encode())
            except InvalidSignature as error:
                raise CheckpointInvalid(f"{key_name} did not sign this checkpoint") from error
            signed = True
    if not signed:
        raise CheckpointInvalid(f"this checkpoint has no signature of {key_name}")
    return checkpoint


def split_notes(data: bytes) -> tuple[list[str], int]:
    """Every note of the data, and where the last one ends; what follows there is one that a crash cut short.

    Raises `CheckpointInvalid` for anything else between or behind them: that is damage, and nobody may cut it away.
    """
    notes: list[str] = []
    end = 0
    while match := _NOTE.match(data, end):
        notes.append(match[0].decode())
        end = match.end()
    if _NOTE.search(data, end) or _WHOLE_END.search(data, end):
        raise CheckpointInvalid(f"there is no checkpoint at byte {end}, and this was not cut short")
    return notes, end


class CheckpointFile:
    """The checkpoints of one data directory, kept in `directory`/checkpoints. One appender at a time."""

    def __init__(self, directory: Path, disk: Disk) -> None:
        self._path, self._disk = directory / FILE_NAME, disk
        self._end: int | None = None
        self._stopped = False

    def read(self) -> list[str]:
        """Every note, oldest first. Raises `OSError` and `CheckpointInvalid`."""
        try:
            descriptor = self._disk.open(self._path, read_only=True)
        except FileNotFoundError:
            return []
        try:
            return split_notes(self._disk.read_at(descriptor, self._disk.size(descriptor), 0))[0]
        finally:
            self._disk.close(descriptor)

    def append(self, note: str) -> None:
        """Durable when this returns; the first call cuts off what a crash left of a last one.

        Raises `CheckpointInvalid` for a note that is none and for a damaged file, `OSError`, and after one of these
        only `WriterStopped`: what is on the device is then not known.
        """
        read_note(note)
        if self._stopped:
            raise WriterStopped("a checkpoint was not written whole")
        self._stopped = True
        descriptor = self._open()
        try:
            if self._end is None:
                self._end = split_notes(self._disk.read_at(descriptor, self._disk.size(descriptor), 0))[1]
                self._disk.truncate(descriptor, self._end)
            encoded = note.encode()
            self._disk.write_all(descriptor, encoded, self._end)
            self._disk.sync_data(descriptor)
            self._end += len(encoded)
        finally:
            self._disk.close(descriptor)
        self._stopped = False

    def _open(self) -> int:
        try:
            return self._disk.open(self._path)
        except FileNotFoundError:
            self._disk.make_directory(self._path.parent)
            descriptor = self._disk.open(self._path, create=True)
            self._disk.sync_directory(self._path.parent)
            return descriptor


def newest_note(directory: Path, disk: Disk) -> str | None:
    """The last whole note of a data directory's checkpoints, without reading those before. Raises `OSError`."""
    try:
        descriptor = disk.open(directory / FILE_NAME, read_only=True)
    except FileNotFoundError:
        return None
    try:
        size = disk.size(descriptor)
        end = disk.read_at(descriptor, min(size, _END_BYTES), max(size - _END_BYTES, 0))
    finally:
        disk.close(descriptor)
    notes = [match[0].decode() for match in _NOTE.finditer(end)]
    return notes[-1] if notes else None


def keep_outside(directory: Path, disk: Disk, note: str) -> Path:
    """Write a note, durably, as a file of its own into a directory that others hold; gives its path.

    Such a file is never changed: when there is one for as many frames of this journal, it stays. Raises
    `OutsideDisagrees` when that one says something else, `CheckpointInvalid` when it is none, and `OSError`.
    """
    checkpoint = read_note(note)
    disk.make_directory(directory)
    path = outside_path(directory, checkpoint.origin, checkpoint.size)
    if path.exists():
        kept = read_note(path.read_text("utf-8"))
        if kept._replace(time_ns=checkpoint.time_ns) != checkpoint:
            raise OutsideDisagrees(f"{path} says something else about the first {checkpoint.size} frames")
        return path
    disk.write_file(path, note.encode())
    return path


def newest_outside(directory: Path, journal_id: bytes) -> str | None:
    """The note of most frames of this journal in a directory that `keep_outside` wrote to. Raises `OSError`."""
    paths = sorted(directory.glob(f"{origin_of(journal_id).hex()}-*.checkpoint"))
    return paths[-1].read_text("utf-8") if paths else None


def outside_path(directory: Path, origin: bytes, size: int) -> Path:
    """File of the checkpoint of so many frames."""
    return directory / f"{origin.hex()}-{size:020d}.checkpoint"


def _key_hash(kind_and_key: bytes, key_name: str) -> bytes:
    if not re.fullmatch(r"[^\s+]+", key_name):
        raise ValueError(f"key name {key_name!r}: it may not be empty nor hold a space or a plus sign")
    return sha256(key_name.encode() + b"\n" + kind_and_key).digest()[:4]


def _read_verifier_key(key: str) -> tuple[str, bytes, bytes]:
    key_name, key_hash, encoded = key.split("+", 2)
    kind_and_key = base64.b64decode(encoded, validate=True)
    expected = _key_hash(kind_and_key, key_name)
    if kind_and_key[:1] != _ED25519 or expected.hex() != key_hash:
        raise ValueError(f"{key!r} is no Ed25519 verifier key: its kind or its hash is wrong")
    return key_name, expected, kind_and_key


def _canonical(encoded: str) -> bytes:
    """Decode base64 that has one spelling only. Raises `CheckpointInvalid`."""
    try:
        data = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise CheckpointInvalid("a signature is not base64") from error
    if base64.b64encode(data).decode() != encoded:
        raise CheckpointInvalid("a signature is not spelled as it was written")
    return data
