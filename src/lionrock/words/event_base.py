"""What every event has, and the list of all of them. `lionrock.words.events` is where to import from."""

from __future__ import annotations

from collections.abc import Callable

from lionrock.words.records import I64, U32, U64, Record, RecordType, register

EVENTS: dict[int, type[Event]] = {}
"""Every event type by its permanent number."""


def event(kind: int) -> Callable[[type[RecordType]], type[RecordType]]:
    """Class decorator: an event under its permanent number."""
    return register(kind, EVENTS)


class Event(Record, frozen=True, kw_only=True):
    """Header of every event."""

    index: U32
    """Position among the events of its command, from 0."""
    sequence: U64
    """The command that caused it."""
    time_ns: I64
    """That command's time."""
