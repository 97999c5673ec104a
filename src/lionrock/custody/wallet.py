"""One site's custody: its terms, its door to chains, and what moves through it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from sqlalchemy import Engine

from lionrock.custody.arrivals import Arrivals
from lionrock.custody.bookings import Bookings
from lionrock.custody.chains import ChainPort, Chains, ChainUnavailable
from lionrock.custody.deposits import Deposits
from lionrock.custody.listed import ListedAddresses
from lionrock.custody.set_aside import SetAside, SuspenseAccount
from lionrock.custody.transfers import Transfers
from lionrock.custody.withdrawals import Withdrawals
from lionrock.node.node import Node
from lionrock.store.sealing import Sealer
from lionrock.words.events import AssetListed

_log = logging.getLogger(__name__)


class Wallet:
    """Everything the gateway asks of custody. `recover` comes before the first request."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        node: Node,
        bookings: Bookings,
        *,
        chains: Chains,
        port: ChainPort,
        asset_by_code: Mapping[str, AssetListed],
        custody_account_id: int,
        suspense: SuspenseAccount,
        arrivals: Arrivals,
        clock: Callable[[], int],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self.chains, self.port, self._node = chains, port, node
        self.deposits = Deposits(
            database,
            sealer,
            node,
            bookings,
            chains=chains,
            port=port,
            assets=asset_by_code,
            custody_account_id=custody_account_id,
            suspense_account=suspense,
            arrivals=arrivals,
            clock=clock,
        )
        self.withdrawals = Withdrawals(database, sealer, node, bookings, clock=clock, random_bytes=random_bytes)
        self.set_aside = SetAside(
            database,
            node,
            bookings,
            arrivals,
            chains=chains,
            port=port,
            assets=asset_by_code,
            suspense=suspense,
            deposits=self.deposits,
            withdrawals=self.withdrawals,
        )
        self.transfers = Transfers(database, sealer, node, bookings, clock=clock)
        self.listed = ListedAddresses(database, sealer, alike=port.spelled_alike, clock=clock)

    async def recover(self) -> None:
        """Bring SQL to what the journal says, and finish what a crash cut."""
        await asyncio.to_thread(self.transfers.reconcile, self._node.engine.last_sequence)
        await self.withdrawals.recover()
        await asyncio.to_thread(self.deposits.reconcile)
        await asyncio.to_thread(self.set_aside.reconcile)
        await self.deposits.credit()

    async def look(self) -> None:
        """One look at every chain. One that cannot be asked does not keep the others."""
        for chain in self.chains.names:
            try:
                await self.deposits.look(chain)
            except ChainUnavailable as unavailable:
                _log.warning("%s cannot be asked for deposits: %s", chain, unavailable)
