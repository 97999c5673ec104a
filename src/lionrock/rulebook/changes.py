"""Parameters of rules that two people of the staff changed, as the journal has them.

A change is the side note of an `AdvanceTime`: bytes FF 52, then canonical JSON. So it stands in the record with its
time, and whoever replays the journal knows which numbers held when, without any table.
"""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

import msgspec

from lionrock.journal.verify import Progress
from lionrock.node.node import Node
from lionrock.rulebook.canonical import canonical
from lionrock.rulebook.noted import NoteLog, past_notes, record_note

_log = logging.getLogger(__name__)

_HEAD = b"\xffR"
"""No UTF-8 text begins with 0xFF, and no other note with these two bytes (`words.side_notes`)."""

Value = int | bool | tuple[str, ...]
"""Of a parameter: a number, whether something is asked, names."""


class ParameterChange(msgspec.Struct, frozen=True, kw_only=True):
    """What two people agreed on. It has nothing personal: the ids of staff are opaque."""

    rule_id: str
    """Such as HK-T02."""
    control: str
    """Which of the rule's checks."""
    parameter: str
    value: Value
    from_day: date
    """From the first moment of this day on, by the calendar of the rule's licence."""
    about: dict[str, int | bool | str] = {}
    """Where a rule has several checks of one control: values of parameters that tell which."""
    proposal_id: str
    by: str
    approved_by: str


class RuleChange(msgspec.Struct, frozen=True):
    """A change at its place in the journal."""

    sequence: int
    at_ns: int
    """Of its command. A change never reaches back: its day begins later."""
    change: ParameterChange


def change_note(change: ParameterChange) -> bytes:
    """The note of the command that records it."""
    return _HEAD + canonical(change)


def _read(note: bytes, sequence: int, at_ns: int) -> RuleChange | None:
    if not note.startswith(_HEAD):
        return None
    try:
        return RuleChange(sequence, at_ns, msgspec.json.decode(note[len(_HEAD) :], type=ParameterChange))
    except msgspec.MsgspecError:
        _log.error("Command %d records a change of a rule that cannot be read; it changes nothing", sequence)
        return None


class RuleChanges(NoteLog[RuleChange]):
    """Every change of a site, oldest first; fed with every frame."""

    def __init__(self) -> None:
        super().__init__("rule changes 1", RuleChange, _read)


class ChangeRecorder:
    """Puts changes into the journal of one node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def record(self, change: ParameterChange) -> RuleChange:
        """The change at its place, durable when this returns. Raises what `Node.submit` does."""
        return RuleChange(*await record_note(self._node, change_note(change)), change)


def read_changes(directory: Path, progress: Progress = lambda _done, _total: None) -> tuple[RuleChange, ...]:
    """The changes in the journal of a data directory; nothing is locked or changed.

    Raises as `node.history.past_frames` does.
    """
    return past_notes(directory, _read, progress)
