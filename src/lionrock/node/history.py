"""Reads a whole record again: its commands in words, and the engine that they lead to.

For people and programs that look on: nothing is locked, written or repaired, and archived segments are read as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from lionrock.journal.frames import Frame, decode
from lionrock.journal.verify import Journal, Progress
from lionrock.node.engine import Engine
from lionrock.node.skipping import is_skip_of
from lionrock.words.commands import COMMANDS, Command
from lionrock.words.faults import Fault
from lionrock.words.records import RECORD_BYTES, RECORD_VERSION, unpack
from lionrock.words.side_notes import unpack_notes


class PastFrame(NamedTuple):
    """A frame at its place in the journal, counted from 0."""

    number: int
    hash: bytes
    frame: Frame


class PastCommand(NamedTuple):
    """A command as it was recorded."""

    sequence: int
    command: Command | None
    """None where this program does not know the record: another version of the vocabulary, or another kind."""
    record: bytes
    note: bytes


class Replayed(NamedTuple):
    """What a replay went through."""

    frames: int
    commands: int
    events: int


def past_frames(directory: Path, first: int, last: int | None, progress: Progress) -> Iterator[PastFrame]:
    """The frames that hold a record of sequence `first` to `last`, and those with no record that stand among them.

    Raises `verify.Fault` at the first frame that is not right, `verify.CannotCheck` without a journal, and `OSError`.
    """
    for found in Journal(directory, progress):
        if last is not None and found.sequence > last:
            return
        if max(found.next_sequence, found.sequence + 1) > first:
            yield PastFrame(found.number, found.hash, decode(bytes(found.encoded)))


def past_commands(frame: Frame) -> Iterator[PastCommand]:
    """The commands of a frame. Raises `words.faults.Fault` when its side section does not hold whole notes."""
    try:
        notes = unpack_notes(frame.side) if frame.record_count else {}
    except ValueError as error:
        raise Fault(f"frame {frame.sequence}: {error}") from error
    length = len(frame.records) // max(frame.record_count, 1)
    for position in range(frame.record_count):
        record = bytes(frame.records[position * length : (position + 1) * length])
        of_this_version = frame.record_version == RECORD_VERSION and length == RECORD_BYTES
        known = of_this_version and int.from_bytes(record[:2], "little") in COMMANDS
        command = unpack(COMMANDS, record) if known else None
        yield PastCommand(frame.sequence + position, command, record, notes.get(position, b""))


def replay(
    directory: Path, engine: Engine, last: int | None, operator_keys: Mapping[str, bytes], progress: Progress
) -> Replayed:
    """Apply everything up to sequence `last`, or all there is, to a new engine, as a restart would.

    A frame that two of the operators had skipped is passed over. Raises what `past_frames` raises, and
    `words.faults.Fault` for a frame that the engine cannot take.
    """
    frames = commands = events = 0
    held: PastFrame | None = None
    for past in chain(past_frames(directory, 1, None, progress), [None]):
        if held and held.frame.record_count:
            frame, following = held.frame, past.frame if past else None
            count = frame.record_count if last is None else min(frame.record_count, last - frame.sequence + 1)
            commands += count
            if following and is_skip_of(following, frame, held.hash, operator_keys):
                engine.pass_over(frame.sequence + count - 1)
            else:
                events += len(engine.apply(_records(frame)[: count * RECORD_BYTES])) // RECORD_BYTES
        if past is None or (last is not None and past.frame.sequence > last):
            break
        frames, held = frames + 1, past
    return Replayed(frames, commands, events)


def _records(frame: Frame) -> bytes | memoryview:
    if frame.record_version != RECORD_VERSION:
        raise Fault(f"frame {frame.sequence}: records of version {frame.record_version}, not {RECORD_VERSION}")
    if len(frame.records) != frame.record_count * RECORD_BYTES:
        raise Fault(f"frame {frame.sequence}: {len(frame.records)} bytes are not {frame.record_count} records")
    return frame.records
