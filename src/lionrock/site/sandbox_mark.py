"""That a journal was served as a sandbox, where anybody funds an account: it stands in the journal itself, for good.

The side note of an `AdvanceTime`: bytes FF 42. So what is shown of the site later, such as a bundle for a regulator,
says that its figures may be made up, whoever serves it then and however.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from lionrock.journal.verify import Progress
from lionrock.node.node import Node
from lionrock.rulebook.noted import NoteLog, past_notes, record_note

_NOTE = b"\xffB"
"""No UTF-8 text begins with 0xFF, and no other note with these two bytes (`words.side_notes`)."""


class OpenedToAll(msgspec.Struct, frozen=True):
    """Where the journal says so."""

    sequence: int
    at_ns: int


def _read(note: bytes, sequence: int, at_ns: int) -> OpenedToAll | None:
    return OpenedToAll(sequence, at_ns) if note == _NOTE else None


class SandboxMark(NoteLog[OpenedToAll]):
    """Whether the journal of a site has the mark; fed with every frame."""

    def __init__(self) -> None:
        super().__init__("sandbox 1", OpenedToAll, _read)

    async def set(self, node: Node) -> None:
        """Once; durable when this returns. Raises what `Node.submit` does."""
        if not self.all:
            await record_note(node, _NOTE)


def was_sandbox(directory: Path, progress: Progress = lambda _done, _total: None) -> bool:
    """Of the journal of a data directory; nothing is locked or changed. Raises as `past_frames` does."""
    return bool(past_notes(directory, _read, progress))
