"""A journal for tests that only remembers what was stated."""

from __future__ import annotations

from lionrock.words.side_notes import Statement, StatementKind


class Stated:
    """As `lionrock.node.statements.Statements`, without a node."""

    def __init__(self) -> None:
        self.by_sequence: dict[int, Statement] = {}

    async def record(self, kind: StatementKind, digest: bytes) -> int:
        sequence = 100 + len(self.by_sequence)
        self.by_sequence[sequence] = Statement(kind, digest)
        return sequence
