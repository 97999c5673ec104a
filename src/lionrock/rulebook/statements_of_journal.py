"""What the journal of a data directory states, for a replay of decisions or evidence against it."""

from __future__ import annotations

from pathlib import Path

from lionrock.journal.verify import Progress
from lionrock.node.history import past_commands, past_frames
from lionrock.words.side_notes import Statement, statement_of


def read_statements(directory: Path, progress: Progress = lambda _done, _total: None) -> dict[int, Statement]:
    """Every statement by its sequence; nothing is locked or changed. Raises as `node.history.past_frames` does."""
    return {
        command.sequence: stated
        for past in past_frames(directory, 1, None, progress)
        if past.frame.side
        for command in past_commands(past.frame)
        if (stated := statement_of(command.note)) is not None
    }
