"""Accounts of clients in the ledger, by way of the node."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager

from lionrock.compliance.onboarding.ports import Arrivals
from lionrock.node.node import Node
from lionrock.people.accounts import Owners
from lionrock.words.commands import CancelOrders, OpenAccount
from lionrock.words.enumerations import AccountKind, CancelReason
from lionrock.words.events import AccountOpened, CommandRejected
from lionrock.words.faults import Fault
from lionrock.words.figures import explain
from lionrock.words.rejections import Rejection


class NothingArrives:
    """Where no chain is wired."""

    def __init__(self) -> None:
        self.standing_still = asyncio.Lock()

    def on_their_way(self, accounts: Collection[int]) -> int:  # noqa: ARG002 nothing comes to any
        """Nothing."""
        return 0


class NodeLedger:
    """Opens accounts and says what is in them. Lives in the node's event loop."""

    def __init__(
        self, node: Node, accounts: Mapping[int, AccountOpened], owners: Owners, arrivals: Arrivals | None = None
    ) -> None:
        """`accounts` are those of the catalogue, which follows the node."""
        self._node, self._accounts, self._owners = node, accounts, owners
        self._arrivals = arrivals or NothingArrives()

    async def open(self, account_id: int) -> AccountOpened:
        """The account, opened if it is not; durable when this returns. Raises what `Node.submit` raises."""
        if (known := self._accounts.get(account_id)) is not None:
            await self._node.settled()
            return known
        events = await self._node.submit(OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT))
        for event in events:
            if isinstance(event, AccountOpened):
                return event
            if isinstance(event, CommandRejected):
                raise Fault(explain(Rejection(event.rejection), event.first_figure, event.second_figure))
        raise Fault("the ledger neither opened nor refused an account")

    def is_taken(self, account_id: int) -> bool:
        """Whether there is an account of this id."""
        return account_id in self._accounts

    async def positions_left(self, account_id: int) -> int:
        """How many positions of the account and its sub-accounts are not zero, what is held included; durable."""
        await self._node.settled()
        return sum(
            1
            for each in self._owners.accounts(account_id)
            for _, available, held in self._node.engine.balances(each)
            if available or held
        )

    @property
    def standing_still(self) -> AbstractAsyncContextManager[None]:
        """As long as it lasts nothing from outside is credited."""
        return self._arrivals.standing_still

    async def deposits_on_their_way(self, account_id: int) -> int:
        """How many deposits to the account and its sub-accounts are seen and will be credited."""
        return await asyncio.to_thread(self._arrivals.on_their_way, self._owners.accounts(account_id))

    async def cancel_orders(self, account_id: int) -> None:
        """Takes back every open order of the account and its sub-accounts, in one frame. Raises what `Node.submit_all`
        raises.
        """
        commands = [
            (CancelOrders(account_id=each, market_id=0, group_id=0, reason=CancelReason.REQUESTED), b"")
            for each in self._owners.accounts(account_id)
        ]
        for event in (event for events in await self._node.submit_all(commands) for event in events):
            if isinstance(event, CommandRejected):
                raise Fault(explain(Rejection(event.rejection), event.first_figure, event.second_figure))
