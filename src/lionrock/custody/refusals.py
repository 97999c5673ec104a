"""What the ledger refuses custody."""

from __future__ import annotations

from lionrock.words.events import CommandRejected


class LedgerRefused(Exception):
    """The ledger does not transfer, hold or release what it was asked to."""

    def __init__(self, event: CommandRejected) -> None:
        self.event = event
        super().__init__(event.rejection)
