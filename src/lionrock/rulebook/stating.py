"""How the rulebook puts a hash into the journal, without knowing the node."""

from __future__ import annotations

from typing import Protocol

from lionrock.words.side_notes import StatementKind


class States(Protocol):
    """Such as `lionrock.node.statements.Statements`."""

    async def record(self, kind: StatementKind, digest: bytes) -> int:
        """The sequence at which a SHA-256 stands in the journal, durable when this returns."""
