"""One client's conversation, whichever stream it is on."""

from __future__ import annotations

from typing import Protocol


class Session(Protocol):
    """What the server asks of each kind."""

    async def begin(self) -> None:
        """The connection is accepted."""

    async def take(self, data: str | bytes) -> None:
        """One message of the client."""

    def look(self, now: float) -> None:
        """Some time has passed: `now` on the event loop's clock."""

    async def end(self) -> None:
        """The connection is over, by whatever cause."""
