"""A sandbox in this process, with its chains, for tests that look inside."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lionrock.custody.deposits import Deposit
from lionrock.custody.transfers import TransferRequest
from lionrock.custody.withdrawals import Request, Withdrawal
from lionrock.gateways.rest.contract import Venue
from lionrock.sim.chain import SimulatedChains
from lionrock.site import sandbox
from lionrock.site.site import Site
from lionrock.words.commands import OpenAccount, Transfer
from lionrock.words.enumerations import AccountKind, TransferPurpose

UNIT = 10**8
ACCOUNT, SUB = 501, 502
ADDRESS = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
FIRST_NS = 1_800_000_000_000_000_000


class Inside:
    """Everything of one open site."""

    def __init__(self, site: Site, venue: Venue, chains: SimulatedChains) -> None:
        self.site, self.venue, self.chains = site, venue, chains
        self.wallet = venue.clients.wallet

    def balance(self, account_id: int, asset_id: int = 1) -> tuple[int, int]:
        """Available and held atoms; BTC unless said otherwise."""
        rows = {row[0]: (row[1], row[2]) for row in self.site.node.engine.balances(account_id)}
        return rows.get(asset_id, (0, 0))

    def sum_of(self, asset_id: int) -> int:
        """Over all accounts: 0."""
        return sum(sum(self.balance(account_id, asset_id)) for account_id in self.site.catalogue.accounts)

    def withdrawals(self) -> list[Withdrawal]:
        return self.wallet.withdrawals.read(ACCOUNT)

    def deposits(self) -> list[Deposit]:
        return self.wallet.deposits.read(ACCOUNT)

    def request(self, amount_atoms: int = UNIT, client_order_id: str = "mine") -> Request:
        asset = self.site.catalogue.asset_by_code["BTC"]
        return Request(ACCOUNT, asset, "BTC", amount_atoms, 20_000, ADDRESS, "", client_order_id, "")

    def transfer(self, client_order_id: str = "mine") -> TransferRequest:
        return TransferRequest(ACCOUNT, ACCOUNT, ACCOUNT, SUB, 1, UNIT, client_order_id, "")


@asynccontextmanager
async def opened(directory: Path) -> AsyncIterator[Inside]:
    """Seeded, funded with 10 BTC at its first opening, and recovered."""
    ticks = itertools.count(FIRST_NS, 1_000_000)
    site = await Site.open(directory, lambda: next(ticks), os.urandom)
    try:
        await sandbox.seed(site)
        if ACCOUNT not in site.catalogue.accounts:
            await _fund(site)
        chains = SimulatedChains(directory, lambda: b"\x07" * 16)
        venue = site.venue(sandbox.PROFILE, sandbox.ARRANGEMENTS, chains)
        await venue.clients.wallet.recover()
        yield Inside(site, venue, chains)
    finally:
        await site.close()


async def _fund(site: Site) -> None:
    for account_id in (ACCOUNT, SUB):
        await site.node.submit(OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT))
    await site.node.submit(
        Transfer(
            asset_id=1,
            debit_account_id=sandbox.CUSTODY_ACCOUNT,
            credit_account_id=ACCOUNT,
            amount_atoms=10 * UNIT,
            purpose=TransferPurpose.DEPOSIT,
        )
    )
