"""One client's conversation, whichever stream it is on."""

from __future__ import annotations

from typing import Protocol

from lionrock.people.listen_keys import ListenKey


class Session(Protocol):
    """What the server asks of each kind."""

    @property
    def opened_by(self) -> ListenKey | None:
        """The key it ends with; None for a public one."""

    async def begin(self) -> None:
        """The connection is accepted."""

    async def take(self, data: str | bytes) -> None:
        """One message of the client."""

    def look(self, now: float) -> None:
        """Some time has passed: `now` on the event loop's clock."""

    async def end(self) -> None:
        """The connection is over, by whatever cause."""
