"""What a listener gets: one durable frame with the events it caused."""

from __future__ import annotations

from functools import cached_property

from lionrock.words.commands import COMMANDS, Command
from lionrock.words.events import EVENTS, Event
from lionrock.words.records import RECORD_BYTES, unpack_all
from lionrock.words.side_notes import unpack_notes


class Published:
    """Commands and events are decoded when first asked for, and once for all who ask."""

    def __init__(
        self,
        sequence: int,
        time_ns: int,
        command_records: bytes | memoryview,
        side: bytes,
        event_records: bytes,
        *,
        frame_hash: bytes = b"",
    ) -> None:
        self.sequence = sequence
        """Of the first command; the others count on from it."""
        self.time_ns = time_ns
        """Of all its commands."""
        self.command_records = command_records
        """The commands as 128-byte records."""
        self.event_records = event_records
        """The events as 128-byte records."""
        self.frame_hash = frame_hash
        """Of the frame in the journal."""
        self._side = side

    @property
    def command_count(self) -> int:
        return len(self.command_records) // RECORD_BYTES

    @property
    def event_count(self) -> int:
        return len(self.event_records) // RECORD_BYTES

    @cached_property
    def commands(self) -> list[Command]:
        """With sequence, time and ids as the node stamped them."""
        return unpack_all(COMMANDS, self.command_records)

    @cached_property
    def notes(self) -> dict[int, bytes]:
        """By position of their command in `commands`; a command without a note has no entry."""
        return unpack_notes(self._side)

    @cached_property
    def events(self) -> list[Event]:
        """In the order they happened; each names its command's sequence."""
        return unpack_all(EVENTS, self.event_records)

    @cached_property
    def event_types(self) -> frozenset[type[Event]]:
        """What kinds of events there are: who wants none of them need not look at each."""
        return frozenset(map(type, self.events))

    @cached_property
    def events_by_command(self) -> list[list[Event]]:
        """The events of each command, by its position in `commands`."""
        grouped: list[list[Event]] = [[] for _ in range(self.command_count)]
        for event in self.events:
            grouped[event.sequence - self.sequence].append(event)
        return grouped
