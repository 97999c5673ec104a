"""Records that stand in the journal itself: the side note of an `AdvanceTime`, two bytes that say which, then JSON.

So they have their place and time in the record, and whoever replays the journal knows them without any table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from lionrock.journal.verify import Progress
from lionrock.node.history import past_commands, past_frames
from lionrock.node.node import Node
from lionrock.node.published import Published
from lionrock.words.commands import AdvanceTime

Kept = TypeVar("Kept", bound=msgspec.Struct)

Read = Callable[[bytes, int, int], Kept | None]
"""Gets a note, its command's sequence and time (nanoseconds since 1970); None for a note of another kind."""


class NoteLog(Generic[Kept]):
    """Every record of one kind, oldest first; fed with every frame."""

    def __init__(self, name: str, kept_type: type[Kept], read: Read[Kept]) -> None:
        """`name` is of its section in a snapshot; to be counted up when what `save` gives changes."""
        self.name = name
        self._rows: Any = tuple[kept_type, ...]  # type: ignore[valid-type]
        self._read = read
        self.all: tuple[Kept, ...] = ()
        self.tell: Callable[[Sequence[Kept]], None] = lambda _all: None
        """Told of all records when there is a new one."""

    def __call__(self, published: Published) -> None:
        """Take in one frame."""
        notes = published.notes
        found = [self._read(notes[place], published.sequence + place, published.time_ns) for place in sorted(notes)]
        new = tuple(each for each in found if each is not None)
        if new:
            self.all += new
            self.tell(self.all)

    def save(self) -> bytes:
        """Everything it knows, for `load`."""
        return msgspec.json.encode(self.all)

    def load(self, state: bytes) -> None:
        """Take up what another one saved, in place of any frame. Raises `ValueError`."""
        self.all = msgspec.json.decode(state, type=self._rows)


class Place(NamedTuple):
    """Where a note stands in the journal."""

    sequence: int
    at_ns: int


async def record_note(node: Node, note: bytes) -> Place:
    """Durable when this returns. Raises what `Node.submit` does."""
    answer = await node.submit_noted([(AdvanceTime(), note)])
    return Place(answer.published.sequence + answer.start, answer.published.time_ns)


def past_notes(directory: Path, read: Read[Kept], progress: Progress) -> tuple[Kept, ...]:
    """The records in the journal of a data directory; nothing is locked or changed.

    Raises as `node.history.past_frames` does.
    """
    return tuple(
        found
        for past in past_frames(directory, 1, None, progress)
        if past.frame.side
        for command in past_commands(past.frame)
        if (found := read(command.note, command.sequence, past.frame.time_ns)) is not None
    )
