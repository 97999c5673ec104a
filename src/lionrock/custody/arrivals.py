"""Between whoever closes accounts and whoever credits deposits: neither acts in the middle of the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from sqlalchemy import Engine, func, select

from lionrock.custody.tables import deposits

CREDITED_SOON = ("SEEN", "CONFIRMING", "CREDITING")
"""States of a deposit that becomes its account's by itself, unless the chain takes it back. What waits for something
else, such as less than the least deposit, may wait for ever and keeps no account open.
"""


class Arrivals:
    """Of one site. As `lionrock.compliance.onboarding.ports.Arrivals`."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self.standing_still = asyncio.Lock()
        """Whoever has it credits, or closes; so what was found empty is still empty when it is closed."""
        self.is_closed: Callable[[int], bool] = lambda _account_id: False
        """Whether the relationship that an account belongs to has ended. SQL."""

    def on_their_way(self, accounts: Collection[int]) -> int:
        """How many deposits to these accounts are seen on a chain and will be credited. SQL."""
        query = (
            select(func.count())
            .select_from(deposits)
            .where(deposits.c.account_id.in_(accounts), deposits.c.state.in_(CREDITED_SOON))
        )
        with self._database.connect() as connection:
            return int(connection.execute(query).scalar_one())
