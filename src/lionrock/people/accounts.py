"""Which accounts belong to one owner: its main account and its sub-accounts.

The journal says who owns what (`OpenAccount`, `SetBeneficialOwner`); the owner is known by the id of its main account.
The names that owners give to sub-accounts are sealed in SQL.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Engine, delete, insert, select

from lionrock.node.node import Node
from lionrock.node.published import Published
from lionrock.people.tables import sub_accounts
from lionrock.store.sealing import Sealer
from lionrock.words.commands import Command, OpenAccount, SetBeneficialOwner
from lionrock.words.enumerations import AccountKind
from lionrock.words.events import AccountOpened, BeneficialOwnerSet, CommandRejected

FIRST_SUB_ACCOUNT_ID = 2 * 10**18
"""Sub-accounts count on from here: both commands that make one name its id, so the node cannot be the one to give it.
The ids the node gives are below for a quintillion commands."""
MAX_SUB_ACCOUNTS = 100
"""Of one owner."""
MAX_LABEL_LENGTH = 64

_KINDS = (AccountOpened, BeneficialOwnerSet)


class Owners:
    """Which client accounts belong together; fed with every frame."""

    def __init__(self) -> None:
        self._clients: set[int] = set()
        self._owner: dict[int, int] = {}
        self._subs: defaultdict[int, dict[int, None]] = defaultdict(dict)
        self._last_sub_id = FIRST_SUB_ACCOUNT_ID

    name = "owners 1"
    """Of its section in a snapshot; to be counted up when what `save` gives changes."""

    def apply(self, published: Published) -> None:
        """Take in one frame."""
        if published.event_types.isdisjoint(_KINDS):  # most frames are of orders alone
            return
        for event in published.events:
            if isinstance(event, AccountOpened):
                if event.account_kind == AccountKind.CLIENT:
                    self._clients.add(event.account_id)
                    self._last_sub_id = max(self._last_sub_id, event.account_id)
            elif isinstance(event, BeneficialOwnerSet):
                self._set(event.account_id, event.owner_id)

    __call__ = apply

    def _set(self, account_id: int, owner_id: int) -> None:
        before = self._owner.pop(account_id, None)
        if before is not None:
            del self._subs[before][account_id]
        if owner_id != account_id:
            self._owner[account_id] = owner_id
            self._subs[owner_id][account_id] = None

    def save(self) -> bytes:
        """Everything it knows, for `load`."""
        return msgspec.msgpack.encode((sorted(self._clients), list(self._owner.items()), self._last_sub_id))

    def load(self, state: bytes) -> None:
        """Take up what another one saved, in place of any frame. Raises `ValueError`."""
        clients, owners, self._last_sub_id = msgspec.msgpack.decode(
            state, type=tuple[list[int], list[tuple[int, int]], int]
        )
        self._clients = set(clients)
        for account_id, owner_id in owners:
            self._set(account_id, owner_id)

    def owner_of(self, account_id: int) -> int:
        """The main account of an account; itself unless it is a sub-account of a client account that is open."""
        owner_id = self._owner.get(account_id, account_id)
        return owner_id if owner_id in self._clients and self._owner.get(owner_id) not in self._clients else account_id

    def is_sub_account(self, account_id: int) -> bool:
        return self.owner_of(account_id) != account_id

    def sub_accounts(self, owner_id: int) -> list[int]:
        """In the order in which they became its own; none for a sub-account."""
        if self.is_sub_account(owner_id):
            return []
        return [account_id for account_id in self._subs.get(owner_id, {}) if account_id in self._clients]

    def accounts(self, owner_id: int) -> list[int]:
        """The main account and its sub-accounts."""
        return [owner_id, *self.sub_accounts(owner_id)]

    def main_accounts(self) -> list[int]:
        """Of all owners."""
        return sorted(account_id for account_id in self._clients if self.owner_of(account_id) == account_id)

    @property
    def next_sub_account_id(self) -> int:
        return self._last_sub_id + 1


class SubAccount(msgspec.Struct, frozen=True):
    """A sub-account as its owner sees it."""

    account_id: int
    label: str
    index: int
    """Its place among the owner's, from 1."""


class TooManySubAccounts(Exception):
    """The owner has `MAX_SUB_ACCOUNTS`."""


class OpeningRefused(Exception):
    """The ledger refuses to open one."""

    def __init__(self, event: CommandRejected) -> None:
        self.event = event
        super().__init__(event.rejection)


class SubAccounts:
    """Opens and names them. The label is the key of a repeated request: one owner has one sub-account of a name."""

    def __init__(
        self, database: Engine, sealer: Sealer, node: Node, owners: Owners, *, clock: Callable[[], int]
    ) -> None:
        """Forgets names of accounts that the journal does not have: a crash came before it, or it was set back."""
        self._database, self._sealer, self._node, self._owners, self._clock = database, sealer, node, owners, clock
        self._one_at_a_time = asyncio.Lock()
        self.following: Callable[[int, int], Sequence[Command]] = lambda _owner_id, _account_id: ()
        """What stands in the frame that opens a sub-account of an owner, after it: the gates that its owner has."""
        with database.begin() as connection:
            for row in connection.execute(select(sub_accounts)).all():
                if owners.owner_of(row.account_id) != row.owner_id:
                    connection.execute(delete(sub_accounts).where(sub_accounts.c.account_id == row.account_id))

    async def open(self, owner_id: int, label: str) -> SubAccount:
        """The owner's sub-account of this name, opened when it is not there.

        Its name is on disk before the ledger is asked, and both commands stand in one frame, so that a crash leaves all
        of it or nothing that counts. Raises `TooManySubAccounts`, `OpeningRefused`, and what `Node.submit_all` raises.
        """
        async with self._one_at_a_time:
            for known in await asyncio.to_thread(self.read, owner_id):
                if known.label == label:
                    return known
            if len(self._owners.sub_accounts(owner_id)) >= MAX_SUB_ACCOUNTS:
                raise TooManySubAccounts
            account_id = self._owners.next_sub_account_id
            await asyncio.to_thread(self._keep_label, account_id, owner_id, label)
            answers = await self._node.submit_all(
                [
                    (OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT), b""),
                    (SetBeneficialOwner(account_id=account_id, owner_id=owner_id), b""),
                    *((command, b"") for command in self.following(owner_id, account_id)),
                ]
            )
            for event in (event for events in answers for event in events):
                if isinstance(event, CommandRejected):
                    raise OpeningRefused(event)
            return next(row for row in await asyncio.to_thread(self.read, owner_id) if row.account_id == account_id)

    def _keep_label(self, account_id: int, owner_id: int, label: str) -> None:
        with self._database.begin() as connection:
            connection.execute(delete(sub_accounts).where(sub_accounts.c.account_id == account_id))
            connection.execute(
                insert(sub_accounts).values(
                    account_id=account_id,
                    owner_id=owner_id,
                    sealed_label=self._sealer.seal(label.encode(), f"sub_accounts:{account_id}"),
                    created_ns=self._clock(),
                )
            )

    def read(self, owner_id: int) -> list[SubAccount]:
        """All of an owner, in the order in which they were opened; one without a name is called by its place."""
        with self._database.connect() as connection:
            rows = connection.execute(select(sub_accounts).where(sub_accounts.c.owner_id == owner_id)).all()
        labels = {
            row.account_id: self._sealer.open(row.sealed_label, f"sub_accounts:{row.account_id}").decode()
            for row in rows
        }
        return [
            SubAccount(account_id, labels.get(account_id, f"sub-account {index}"), index)
            for index, account_id in enumerate(self._owners.sub_accounts(owner_id), start=1)
        ]
