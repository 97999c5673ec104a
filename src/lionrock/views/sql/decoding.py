"""Event records as NumPy arrays, one for each kind, without a Python object for each event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lionrock.words.events import EVENTS, Event
from lionrock.words.records import layout_of

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Records = npt.NDArray[Any]
"""Records of one kind, with the fields of their layout."""

NONE = int(np.iinfo(np.int64).min)
"""Stands for null in a column of integers; no amount and no id is that low."""


class IdTooLarge(Exception):
    """An event has an id that no signed 64-bit column can hold. The node gives none above 2^63."""

    def __init__(self, event: str, field: str, value: int, sequence: int) -> None:
        super().__init__(f"{event} of command {sequence} has {field} {value}: ids in SQL go up to {2**63 - 1}")


class EventsOfKind:
    """The events of one kind in a block."""

    def __init__(self, name: str, at: Ints, records: Records) -> None:
        self.name = name
        self.at = at
        """Position of each in the block."""
        self.records = records

    def __getitem__(self, field: str) -> Ints:
        """A number field as signed 64-bit integers. Raises `IdTooLarge`."""
        column = self.records[field]
        if column.dtype == np.uint64 and column.size and int(column.max()) > np.iinfo(np.int64).max:
            row = int(column.argmax())
            raise IdTooLarge(self.name, field, int(column[row]), int(self.records["sequence"][row]))
        return column.astype(np.int64)

    def __len__(self) -> int:
        return len(self.at)


class EventBlock:
    """The events of some frames, in the order in which they happened."""

    def __init__(self, events: bytes) -> None:
        self._events = events
        header = np.frombuffer(events, _HEADER)
        self._kinds = header["kind"]
        self.sequence: Ints = header["sequence"].astype(np.int64)
        self.time_ns: Ints = header["time_ns"].astype(np.int64)
        self._found: dict[str, EventsOfKind] = {}
        self.kinds = {int(kind) for kind in np.unique(self._kinds)}

    def __len__(self) -> int:
        return len(self._kinds)

    def of(self, event_type: type[Event]) -> EventsOfKind:
        """Those of one kind; possibly none."""
        name = event_type.__name__
        if name not in self._found:
            layout = layout_of(event_type)
            at = np.flatnonzero(self._kinds == layout.kind)
            records = np.frombuffer(self._events, layout.dtype)[at]
            self._found[name] = EventsOfKind(name, at, records)
        return self._found[name]

    def has(self, event_types: Sequence[type[Event]]) -> bool:
        """Whether there is any of these kinds."""
        return any(layout_of(each).kind in self.kinds for each in event_types)


_HEADER = layout_of(next(iter(EVENTS.values()))).dtype
"""Every event begins with the same header."""


def joined(parts: Sequence[Ints]) -> Ints:
    """One array out of several; an empty one out of none."""
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
