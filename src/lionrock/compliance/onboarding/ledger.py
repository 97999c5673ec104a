"""Accounts of clients in the ledger, by way of the node."""

from __future__ import annotations

from collections.abc import Mapping

from lionrock.node.node import Node
from lionrock.people.accounts import Owners
from lionrock.words.commands import OpenAccount
from lionrock.words.enumerations import AccountKind
from lionrock.words.events import AccountOpened, CommandRejected
from lionrock.words.faults import Fault
from lionrock.words.rejections import Rejection, explain


class NodeLedger:
    """Opens accounts and says what is in them. Lives in the node's event loop."""

    def __init__(self, node: Node, accounts: Mapping[int, AccountOpened], owners: Owners) -> None:
        """`accounts` are those of the catalogue, which follows the node."""
        self._node, self._accounts, self._owners = node, accounts, owners

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

    def is_empty(self, account_id: int) -> bool:
        """Whether the account and its sub-accounts hold nothing and owe nothing."""
        return not any(
            available or held
            for each in self._owners.accounts(account_id)
            for _, available, held in self._node.engine.balances(each)
        )
