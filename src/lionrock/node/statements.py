"""Puts hashes of outside records into the journal: evidence, decisions, approvals, documents.

The journal is for good and read by many, so what such a record says stays outside; its SHA-256 shows later that it was
there at that time and has not been changed. It travels as the side note of an `AdvanceTime`, which does nothing else.
"""

from __future__ import annotations

from lionrock.node.node import Node
from lionrock.words.commands import AdvanceTime
from lionrock.words.side_notes import StatementKind, statement


class Statements:
    """Makes statements through one node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def record(self, kind: StatementKind, digest: bytes) -> int:
        """The sequence at which the statement stands, durable when this returns.

        `digest` is a SHA-256 of 32 bytes, otherwise `ValueError`. Raises what `Node.submit` raises.
        """
        answer = await self._node.submit_noted([(AdvanceTime(), statement(kind, digest))])
        return answer.published.sequence + answer.start
