"""Proofs about frames and checkpoints as JSON, for somebody who trusts nothing but a checkpoint and its key.

Of inclusion: this frame is at this index of the journal that the checkpoint is about. Of consistency: what an old
checkpoint was about is the beginning of what a newer one is about. No index is kept: the journal is read once.
`journal.verify` checks both.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import NamedTuple

from lionrock.journal.checkpoints import CheckpointFile, read_note
from lionrock.journal.disk import Disk
from lionrock.journal.tree import consistency_proof, inclusion_proof, leaf_hash, root_of
from lionrock.journal.verify import OWN_CHECKPOINTS, Journal, Progress


class CannotProve(Exception):
    """There is no such checkpoint or record, or the journal is not what the checkpoint is about."""


class _Found(NamedTuple):
    """The frame that was looked for."""

    number: int
    frame_hash: bytes
    encoded: bytes


def prove_inclusion(
    directory: Path, sequence: int, size: int | None, progress: Progress, *, with_frame: bool
) -> dict[str, object]:
    """That the frame of record `sequence` is under the checkpoint of `size` frames, by default the newest one.

    `with_frame` puts the frame itself in: with all its records and notes, not only the one asked for. Raises
    `CannotProve`, `CheckpointInvalid`, `OSError`, and `verify.Fault` for a damaged journal.
    """
    note = _note(directory, size)
    leaf_hashes, found = _leaf_hashes(directory, note, sequence, progress)
    if found is None:
        covered = read_note(note).sequence
        raise CannotProve(f"the checkpoint covers records 1 to {covered}, and {sequence} is not one of them")
    proof: dict[str, object] = {
        "kind": "inclusion",
        "index": found.number,
        "frame_hash": found.frame_hash.hex(),
        "path": [each.hex() for each in inclusion_proof(leaf_hashes, found.number)],
        "checkpoint": note,
    }
    return proof | ({"frame": base64.b64encode(found.encoded).decode()} if with_frame else {})


def prove_consistency(directory: Path, old_size: int, size: int | None, progress: Progress) -> dict[str, object]:
    """That the checkpoint of `size` frames, by default the newest, only adds to that of `old_size`. Raises the same."""
    old_note, note = _note(directory, old_size), _note(directory, size)
    if read_note(note).size < old_size:
        raise CannotProve(f"the checkpoint of {read_note(note).size} frames is older than that of {old_size}")
    leaf_hashes, _ = _leaf_hashes(directory, note, None, progress)
    if root_of(leaf_hashes[:old_size]) != read_note(old_note).root:
        raise CannotProve(f"the journal is not what the checkpoint of {old_size} frames is about")
    return {
        "kind": "consistency",
        "path": [each.hex() for each in consistency_proof(leaf_hashes, old_size)],
        "old_checkpoint": old_note,
        "checkpoint": note,
    }


def _note(directory: Path, size: int | None) -> str:
    notes = CheckpointFile((directory / OWN_CHECKPOINTS).parent, Disk()).read()
    if not notes:
        raise CannotProve(f"{directory / OWN_CHECKPOINTS} has no checkpoint")
    if size is None:
        return notes[-1]
    for note in reversed(notes):
        if read_note(note).size == size:
            return note
    sizes = [read_note(note).size for note in notes]
    raise CannotProve(f"no checkpoint is of {size} frames; there are {len(sizes)}, of {sizes[0]} to {sizes[-1]}")


def _leaf_hashes(
    directory: Path, note: str, sequence: int | None, progress: Progress
) -> tuple[list[bytes], _Found | None]:
    """Of all frames that the note is about, and the frame that holds a record."""
    checkpoint, found = read_note(note), None
    leaf_hashes: list[bytes] = []
    for frame in Journal(directory, progress):
        leaf_hashes.append(leaf_hash(frame.hash))
        if sequence is not None and frame.sequence <= sequence < frame.next_sequence:
            found = _Found(frame.number, frame.hash, bytes(frame.encoded))
        if len(leaf_hashes) == checkpoint.size:
            break
    if root_of(leaf_hashes) != checkpoint.root:
        raise CannotProve(f"the journal is not what the checkpoint of {checkpoint.size} frames is about")
    return leaf_hashes, found
