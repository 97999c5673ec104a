"""What a venue can show of its record to people who have no copy of it: checkpoints, and proofs under the newest one.

Everything is a few reads of files, whatever the size of the journal; only taking in new frames (`follow`) reads those.
A proof is checked before it is given. Calls block; they may come from any thread.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import NamedTuple, NoReturn

from lionrock.journal.archive import ARCHIVED_SUFFIX, archived_segment
from lionrock.journal.checkpoints import PUBLIC_KEY_FILE, Checkpoint, newest_note, read_note
from lionrock.journal.disk import Disk
from lionrock.journal.frames import frame_hash
from lionrock.journal.leaf_index import Leaf, LeafIndex
from lionrock.journal.segments import JournalDamaged, segment_path
from lionrock.journal.tree import grew_from, includes, leaf_hash

_log = logging.getLogger(__name__)

_AT_ONCE = 2_000
"""Frames that a proof waits for when the index does not know them yet: some tens of milliseconds."""


class NothingSigned(Exception):
    """There is no checkpoint yet."""


class NotCovered(Exception):
    """The newest checkpoint is older than what was asked for."""

    def __init__(self, newest: Checkpoint) -> None:
        super().__init__(f"the newest checkpoint covers {newest.size} frames, up to sequence {newest.sequence}")
        self.newest = newest


class IndexBehind(Exception):
    """The index of the tree is still being made: frames that it knows, and how many it needs."""

    def __init__(self, known: int, needed: int) -> None:
        super().__init__(f"the index knows {known} of {needed} frames")
        self.known, self.needed = known, needed


class Signed(NamedTuple):
    """A checkpoint with its key."""

    note: str
    checkpoint: Checkpoint
    verifier_key: str


class Inclusion(NamedTuple):
    """That a frame is under a checkpoint."""

    signed: Signed
    leaf: Leaf
    leaf_hash: bytes
    path: list[bytes]


class Consistency(NamedTuple):
    """That a checkpoint only adds to an older tree."""

    signed: Signed
    path: list[bytes]


class PublicRecord:
    """Of the data directory that this process has."""

    def __init__(self, directory: Path, disk: Disk) -> None:
        self._directory, self._disk = directory, disk
        self._index = LeafIndex(directory, disk)
        self._lock = threading.Lock()

    def newest(self) -> Signed:
        """The newest checkpoint that the venue signed. Raises `NothingSigned` and `OSError`."""
        checkpoints = self._directory / "checkpoints"
        note = newest_note(checkpoints, self._disk)
        if note is None:
            raise NothingSigned("no checkpoint was signed yet")
        key = self._disk.read_file(checkpoints / PUBLIC_KEY_FILE).decode().strip()
        return Signed(note, read_note(note), key)

    def consistency(self, old_size: int) -> Consistency:
        """That the newest checkpoint begins with the tree of so many frames, one or more.

        Raises `NothingSigned`, `NotCovered`, `IndexBehind`, `JournalDamaged` and `OSError`.
        """
        signed = self.newest()
        size, root = signed.checkpoint.size, signed.checkpoint.root
        if old_size > size:
            raise NotCovered(signed.checkpoint)
        with self._lock:
            self._reach(size)
            path = self._index.consistency(old_size, size)
            if not grew_from(old_size, self._index.hash_of(0, old_size), size, root, path):
                self._make_anew(size)
        return Consistency(signed, path)

    def inclusion(self, sequence: int) -> Inclusion:
        """That the frame with this record is under the newest checkpoint. Raises the same."""
        signed = self.newest()
        size, root = signed.checkpoint.size, signed.checkpoint.root
        if not 0 < sequence <= signed.checkpoint.sequence:
            raise NotCovered(signed.checkpoint)
        with self._lock:
            self._reach(size)
            leaf = self._index.leaf_of(sequence, size)
            if leaf is None:
                self._make_anew(size)
            found, path = self._index.hash_of(leaf.number, leaf.number + 1), self._index.inclusion(leaf.number, size)
            if not includes(found, leaf.number, size, path, root):
                self._make_anew(size)
        return Inclusion(signed, leaf, found, path)

    def frame(self, proof: Inclusion) -> bytes:
        """All bytes of the frame that a proof is about. Raises `JournalDamaged` and `OSError`."""
        segment, offset = proof.leaf.place
        length = proof.leaf.stop - offset
        path = segment_path(self._directory / "journal", segment)
        try:
            descriptor = self._disk.open(path, read_only=True)
        except FileNotFoundError:
            path = self._directory / "archive" / f"{segment:020d}{ARCHIVED_SUFFIX}"
            encoded = archived_segment(path, self._disk)[offset : proof.leaf.stop]
        else:
            try:
                encoded = self._disk.read_at(descriptor, length, offset)
            finally:
                self._disk.close(descriptor)
        if leaf_hash(frame_hash(encoded)) != proof.leaf_hash:
            reason = "it is not the frame that a signed checkpoint covers"
            raise JournalDamaged(path, offset, proof.leaf.stop, proof.leaf.sequence, reason)
        return encoded

    def follow(self, most: int) -> int:
        """Take so many new frames into the index; gives how many there were. Raises `JournalDamaged` and `OSError`."""
        with self._lock:
            return self._index.take(most)

    def close(self) -> None:
        """Let go of files."""
        with self._lock:
            self._index.close()

    def _reach(self, size: int) -> None:
        if self._index.size < size:
            self._index.take(_AT_ONCE)
        if self._index.size < size:
            raise IndexBehind(self._index.size, size)

    def _make_anew(self, size: int) -> NoReturn:
        """The index is not what the checkpoint is about: what a crash left of it, or it is of another journal."""
        _log.error("The index of the tree does not lead to the checkpoint of %d frames; it is made anew", size)
        self._index.reset()
        raise IndexBehind(0, size)
