"""Transfers between the accounts of one owner, each done once.

As with withdrawals the row is committed to SQL first, and a restart asks the journal what became of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, delete, insert, or_, select, update

from lionrock.custody.bookings import Bookings, Source
from lionrock.custody.refusals import LedgerRefused
from lionrock.custody.tables import Keys, transfers
from lionrock.custody.withdrawals import RequestDiffers
from lionrock.node.errors import NodeBusy
from lionrock.node.node import Node
from lionrock.store.sealing import Sealer
from lionrock.words.commands import Transfer
from lionrock.words.enumerations import ActorKind, TransferPurpose
from lionrock.words.events import CommandRejected, TransferPosted

NOT_REPORTED = 0
"""Tax-report type: between accounts of one person nothing is reportable."""


class TransferRequest(msgspec.Struct, frozen=True):
    """What a client asks for; both accounts are its owner's."""

    owner_id: int
    asked_by_account_id: int
    from_account_id: int
    to_account_id: int
    asset_id: int
    amount_atoms: int
    client_order_id: str
    """Empty for none; unique for the owner."""
    remark: str


class Done(msgspec.Struct, frozen=True):
    """A transfer in the ledger."""

    number: int
    sequence: int
    """Of the command that booked it."""
    asked_ns: int


class _Sealed(msgspec.Struct, array_like=True):
    client_order_id: str
    remark: str


class Transfers:
    """The transfers of a site, one after the other, because their numbers must grow."""

    def __init__(
        self, database: Engine, sealer: Sealer, node: Node, bookings: Bookings, *, clock: Callable[[], int]
    ) -> None:
        self._database, self._sealer, self._node, self._bookings = database, sealer, node, bookings
        self._clock = clock
        self._request_key = Keys(sealer).maker("transfer request")
        self._one_at_a_time = asyncio.Lock()

    async def transfer(self, request: TransferRequest) -> Done:
        """Move the amount at once. The same request with the same client order id is done once and answered alike.

        Raises `RequestDiffers`, `LedgerRefused`, and what `Node.submit` raises. After `LedgerRefused` the id is
        free again.
        """
        async with self._one_at_a_time:
            earlier = await asyncio.to_thread(self._earlier, request)
            if earlier is not None:
                return earlier
            number, asked_ns = await asyncio.to_thread(self._begin, request)
            command = Transfer(
                asset_id=request.asset_id,
                debit_account_id=request.from_account_id,
                credit_account_id=request.to_account_id,
                amount_atoms=request.amount_atoms,
                purpose=TransferPurpose.INTERNAL,
                tax_report_type=NOT_REPORTED,
                actor_kind=ActorKind.CLIENT,
                actor_id=request.asked_by_account_id,
                source=Source.TRANSFERS,
                source_sequence=number,
            )
            try:
                events = await self._node.submit(command)
            except NodeBusy:  # nothing was recorded; of any other failure only a restart knows what became of it
                await asyncio.to_thread(self._settle, number)
                raise
            await asyncio.to_thread(self._settle, number)
            refused = next((event for event in events if isinstance(event, CommandRejected)), None)
            if refused is not None:
                raise LedgerRefused(refused)
            posted = next(event for event in events if isinstance(event, TransferPosted))
            return Done(number, posted.sequence, asked_ns)

    def _earlier(self, request: TransferRequest) -> Done | None:
        if not request.client_order_id:
            return None
        key = self._request_key(request.owner_id, request.client_order_id)
        with self._database.connect() as connection:
            row = connection.execute(select(transfers).where(transfers.c.request_key == key)).one_or_none()
        if row is None:
            return None
        asked = (request.from_account_id, request.to_account_id, request.asset_id, request.amount_atoms)
        if (row.from_account_id, row.to_account_id, row.asset_id, row.amount_atoms) != asked:
            raise RequestDiffers
        return _done(row)

    def _begin(self, request: TransferRequest) -> tuple[int, int]:
        now_ns = self._clock()
        sealed = msgspec.msgpack.encode(_Sealed(request.client_order_id, request.remark))
        key = self._request_key(request.owner_id, request.client_order_id) if request.client_order_id else None
        with self._database.begin() as connection:
            newest = connection.execute(select(transfers.c.number).order_by(transfers.c.number.desc()).limit(1))
            number = max(newest.scalar() or 0, self._bookings.last_number(Source.TRANSFERS)) + 1
            connection.execute(
                insert(transfers).values(
                    number=number,
                    request_key=key,
                    owner_id=request.owner_id,
                    from_account_id=request.from_account_id,
                    to_account_id=request.to_account_id,
                    asset_id=request.asset_id,
                    amount_atoms=request.amount_atoms,
                    asked_ns=now_ns,
                    sealed=self._sealer.seal(sealed, f"asset_transfers:{number}"),
                )
            )
        return number, now_ns

    def _settle(self, number: int) -> None:
        """Bring a row to what the journal says of it."""
        sequence = self._bookings.transferred(number)
        with self._database.begin() as connection:
            if sequence is None:
                connection.execute(delete(transfers).where(transfers.c.number == number))
            else:
                connection.execute(update(transfers).where(transfers.c.number == number).values(sequence=sequence))

    def reconcile(self, last_sequence: int) -> None:
        """At a start: finish what a crash cut, and forget what a journal that was set back does not have."""
        with self._database.connect() as connection:
            unsure = or_(transfers.c.sequence.is_(None), transfers.c.sequence > last_sequence)
            numbers = connection.execute(select(transfers.c.number).where(unsure)).scalars().all()
        for number in numbers:
            self._settle(number)


def _done(row: Row[tuple[Any, ...]]) -> Done:
    return Done(row.number, row.sequence, row.asked_ns)
