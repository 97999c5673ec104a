"""What one room asks of another, so that none imports the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from lionrock.people.people import People
from lionrock.words.events import AccountOpened


class UsersOfClients:
    """Gives an account to whoever applied for it."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def give_account(self, user_id: str, account: AccountOpened) -> None:
        """As `onboarding.ports.Users`."""
        await asyncio.to_thread(self._people.users.give_account, user_id, account)
        self._people.sessions.account_given(user_id, account.account_id)


class NoticesByKey:
    """Hands notices to the outbox; without one they are told nobody."""

    def __init__(self) -> None:
        self.outbox: Callable[[str, str, str, Mapping[str, int | str], int], None] | None = None

    def send(self, key: str, client_id: str, kind: str, figures: Mapping[str, int | str], at_ns: int) -> None:
        """As `assessments.ports.Notices` and `onboarding.ports.Notify`."""
        if self.outbox is not None:
            self.outbox(key, client_id, kind, figures, at_ns)
