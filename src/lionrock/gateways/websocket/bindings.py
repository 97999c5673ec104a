"""Orders that are tied to a connection: which of them are cancelled when it ends, whatever ends it.

What is tied is written down before the client is told so, and crossed out when the cancelling is done. A site
that comes back after it was killed finds what was tied to connections that went with it, and cancels that first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import BigInteger, Column, Engine, LargeBinary, MetaData, Table, delete, insert, select

from lionrock.node.errors import NodeBusy, NodeStopped
from lionrock.node.node import Node
from lionrock.words.commands import CancelOrders
from lionrock.words.enumerations import CancelReason

_log = logging.getLogger(__name__)

ALL_GROUPS = 0
_BUSY_SECONDS = 0.05
_BYTES = 16

metadata = MetaData()

_bindings = Table(
    "connection_bindings",
    metadata,
    Column("binding", LargeBinary, primary_key=True),
    Column("account_id", BigInteger, nullable=False),
    Column("group_id", BigInteger, nullable=False),
)


class Bindings:
    """All that are in force."""

    def __init__(self, database: Engine, node: Node, random_bytes: Callable[[int], bytes]) -> None:
        self._database, self._node, self._random_bytes = database, node, random_bytes
        self._ending: set[asyncio.Task[None]] = set()

    async def cancel_left_over(self) -> int:
        """Cancel what was tied to connections of a process that is no more; gives how many bindings there were."""
        rows = await asyncio.to_thread(self._read)
        for binding, account_id, group_id in rows:
            await self._carry_out(binding, account_id, group_id)
        return len(rows)

    async def tie(self, account_id: int, group_id: int) -> bytes:
        """Orders of the group, or of the whole account, from now on; durable when this returns."""
        binding = self._random_bytes(_BYTES)
        await asyncio.to_thread(self._write, binding, account_id, group_id)
        return binding

    def cut(self, binding: bytes, account_id: int, group_id: int) -> asyncio.Task[None]:
        """The connection is over. Goes on when whoever asked for it is gone."""
        task = asyncio.get_running_loop().create_task(self._carry_out(binding, account_id, group_id))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task

    async def finish(self) -> None:
        """Returns when every connection that is over has its orders cancelled."""
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def _carry_out(self, binding: bytes, account_id: int, group_id: int) -> None:
        command = CancelOrders(account_id=account_id, market_id=0, group_id=group_id, reason=CancelReason.DISCONNECTED)
        while True:
            try:
                await self._node.submit(command)
                break
            except NodeBusy:
                await asyncio.sleep(_BUSY_SECONDS)
            except NodeStopped:
                _log.warning("Orders of account %d stay until the site is back: the node has stopped", account_id)
                return  # it stays written down
        await asyncio.to_thread(self._cross_out, binding)

    def _read(self) -> list[tuple[bytes, int, int]]:
        with self._database.connect() as connection:
            return [(row.binding, row.account_id, row.group_id) for row in connection.execute(select(_bindings))]

    def _write(self, binding: bytes, account_id: int, group_id: int) -> None:
        with self._database.begin() as connection:
            connection.execute(insert(_bindings).values(binding=binding, account_id=account_id, group_id=group_id))

    def _cross_out(self, binding: bytes) -> None:
        with self._database.begin() as connection:
            connection.execute(delete(_bindings).where(_bindings.c.binding == binding))
