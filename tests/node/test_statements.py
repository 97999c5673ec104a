"""The hash of an outside record stands in the journal, at the sequence that was told, through a restart."""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from lionrock.core.engine import Engine
from lionrock.node.history import past_commands, past_frames
from lionrock.node.node import Node
from lionrock.node.statements import Statements
from lionrock.words.commands import AdvanceTime
from lionrock.words.side_notes import StatementKind, statement_of
from tests.node.trading import venue

FIRST, SECOND = sha256(b"evidence").digest(), sha256(b"decision").digest()


@pytest.mark.shows("RULE-001")
async def test_statement_is_found_where_it_was_said_to_be(tmp_path: Path) -> None:
    node = Node.open(tmp_path, Engine, count(1000).__next__, load_engine=Engine.load)
    await node.submit_all([(command, b"") for command in venue()])
    statements = Statements(node)
    sequence = await statements.record(StatementKind.EVIDENCE, FIRST)
    assert await statements.record(StatementKind.DECISION, SECOND) == sequence + 1
    before = node.engine.digest()
    await node.close()

    found = {
        command.sequence: command
        for past in past_frames(tmp_path, 1, None, lambda _done, _total: None)
        for command in past_commands(past.frame)
        if command.note
    }
    assert {at: statement_of(command.note) for at, command in found.items()} == {
        sequence: (StatementKind.EVIDENCE, FIRST),
        sequence + 1: (StatementKind.DECISION, SECOND),
    }
    assert all(isinstance(command.command, AdvanceTime) for command in found.values())

    again = Node.open(tmp_path, Engine, count(9000).__next__, load_engine=Engine.load)
    assert again.engine.digest() == before
    await again.close()
