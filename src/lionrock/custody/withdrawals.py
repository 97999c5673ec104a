"""Withdrawals: what is to leave is held at once and waits for custody, which will sign; until then it can be taken
back.

What a crash may cut: the row is committed to SQL first, then the hold goes to the journal, then SQL learns of it. A
restart asks the journal (`Bookings`): with a hold the withdrawal waits for custody; without one it never was, and its
row is dropped. A cancel is committed to SQL first, too, so that a restart finishes it. The destination is sealed in
SQL; the journal has its hash, made with a salt that is sealed beside it, so that it can be shown later which
destination the client asked for.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, delete, insert, select, update

from lionrock.custody.bookings import Bookings, Source
from lionrock.custody.refusals import LedgerRefused
from lionrock.custody.tables import Keys, withdrawals
from lionrock.node.errors import NodeBusy
from lionrock.node.node import Node
from lionrock.store.sealing import Sealer
from lionrock.words.commands import PlaceHold, ReleaseHold
from lionrock.words.enumerations import ActorKind, TransferPurpose
from lionrock.words.events import AssetListed, CommandRejected, HoldPlaced, HoldReleased

_log = logging.getLogger(__name__)

WITHDRAWAL_TAX_REPORT_TYPE = 606
"""A transfer out of which the kind is not known: CARF606 of the OECD's Crypto-Asset Reporting Framework XML schema."""
_SALT_BYTES = 16
MAX_TIME_NS = 2**63 - 1
"""Later is no time."""


class WithdrawalState(StrEnum):
    """Where a withdrawal stands."""

    REQUESTED = "REQUESTED"
    """The ledger is being asked for the hold. Nobody sees a withdrawal in this state."""
    AWAITING_CUSTODY = "AWAITING_CUSTODY"
    """The amount is held; nothing was signed."""
    CANCELLING = "CANCELLING"
    """Its owner took it back; the ledger is being asked."""
    CANCELLED = "CANCELLED"
    """The amount is available again."""


class Asker(msgspec.Struct, frozen=True):
    """Who of the staff asks, and who approved it; numbers as the ledger has them."""

    kind: ActorKind
    number: int
    authority: int


class Request(msgspec.Struct, frozen=True):
    """What a client asks for, checked against the terms."""

    account_id: int
    asset: AssetListed
    chain: str
    amount_atoms: int
    fee_atoms: int
    address: str
    address_tag: str
    client_order_id: str
    """Empty for none."""
    remark: str
    asker: Asker | None = None
    """None for the account's owner."""


class Withdrawal(msgspec.Struct, frozen=True):
    """A withdrawal as its owner sees it."""

    number: int
    account_id: int
    asset_id: int
    chain: str
    amount_atoms: int
    fee_atoms: int
    state: WithdrawalState
    asked_ns: int
    changed_ns: int
    address: str
    address_tag: str
    client_order_id: str
    remark: str


class RequestDiffers(Exception):
    """The client used this id of its own for another withdrawal."""


class WithdrawalUnknown(Exception):
    """This account has no such withdrawal."""


class NoLongerCancellable(Exception):
    """It was taken back already, or custody has it."""


class _Sealed(msgspec.Struct, array_like=True):
    address: str
    address_tag: str
    client_order_id: str
    remark: str
    salt: bytes


def destination_hash(salt: bytes, chain: str, address: str, address_tag: str) -> bytes:
    """What the journal keeps of a destination: SHA-256 over the salt and the three texts, each ended by a zero byte."""
    texts = b"".join(text.encode() + b"\x00" for text in (chain, address, address_tag))
    return hashlib.sha256(salt + texts).digest()


class Withdrawals:
    """The withdrawals of a site. What changes them goes one after the other, because ids of holds must grow."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        node: Node,
        bookings: Bookings,
        *,
        clock: Callable[[], int],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._database, self._sealer, self._node, self._bookings = database, sealer, node, bookings
        self._clock, self._random_bytes = clock, random_bytes
        self._request_key = Keys(sealer).maker("withdrawal request")
        self._one_at_a_time = asyncio.Lock()

    async def request(self, request: Request) -> Withdrawal:
        """Hold the amount. The same request with the same client order id is done once and answered alike.

        Raises `RequestDiffers`, `LedgerRefused`, and what `Node.submit` raises. After `LedgerRefused` the id is free
        again.
        """
        async with self._one_at_a_time:
            earlier = await asyncio.to_thread(self._earlier, request)
            if earlier is not None:
                return earlier
            number, salt = await asyncio.to_thread(self._begin, request)
            asker = request.asker or Asker(ActorKind.CLIENT, request.account_id, 0)
            command = PlaceHold(
                hold_id=self._bookings.last_hold_id + 1,
                account_id=request.account_id,
                asset_id=request.asset.asset_id,
                amount_atoms=request.amount_atoms,
                purpose=TransferPurpose.WITHDRAWAL,
                tax_report_type=WITHDRAWAL_TAX_REPORT_TYPE,
                actor_kind=asker.kind,
                actor_id=asker.number,
                authority_id=asker.authority,
                source=Source.WITHDRAWALS,
                source_sequence=number,
            )
            note = destination_hash(salt, request.chain, request.address, request.address_tag)
            try:
                events = await self._node.submit(command, note)
            except NodeBusy:  # nothing was recorded; of any other failure only a restart knows what became of it
                await asyncio.to_thread(self._settle, number)
                raise
            await asyncio.to_thread(self._settle, number)
            refused = next((event for event in events if isinstance(event, CommandRejected)), None)
            if refused is not None:
                raise LedgerRefused(refused)
            if not any(isinstance(event, HoldPlaced) for event in events):
                raise LookupError(f"the node answered a PlaceHold with {events}")
            return await asyncio.to_thread(self.find, request.account_id, number)

    def _earlier(self, request: Request) -> Withdrawal | None:
        if not request.client_order_id:
            return None
        key = self._request_key(request.account_id, request.client_order_id)
        with self._database.connect() as connection:
            row = connection.execute(select(withdrawals).where(withdrawals.c.request_key == key)).one_or_none()
        if row is None:
            return None
        known = self._opened(row)
        asked = (request.asset.asset_id, request.chain, request.amount_atoms, request.address, request.address_tag)
        if (known.asset_id, known.chain, known.amount_atoms, known.address, known.address_tag) != asked:
            raise RequestDiffers
        return known

    def _begin(self, request: Request) -> tuple[int, bytes]:
        """The row of a request, on disk before the ledger is asked."""
        salt = self._random_bytes(_SALT_BYTES)
        sealed = _Sealed(request.address, request.address_tag, request.client_order_id, request.remark, salt)
        now_ns = self._clock()
        key = self._request_key(request.account_id, request.client_order_id) if request.client_order_id else None
        with self._database.begin() as connection:
            newest = connection.execute(select(withdrawals.c.number).order_by(withdrawals.c.number.desc()).limit(1))
            number = max(newest.scalar() or 0, self._bookings.last_number(Source.WITHDRAWALS)) + 1
            connection.execute(
                insert(withdrawals).values(
                    number=number,
                    request_key=key,
                    account_id=request.account_id,
                    asset_id=request.asset.asset_id,
                    chain=request.chain,
                    amount_atoms=request.amount_atoms,
                    fee_atoms=request.fee_atoms,
                    state=WithdrawalState.REQUESTED,
                    asked_ns=now_ns,
                    changed_ns=now_ns,
                    sealed=self._sealer.seal(msgspec.msgpack.encode(sealed), f"withdrawals:{number}"),
                )
            )
        return number, salt

    def _settle(self, number: int) -> None:
        """Bring a row to what the journal says of it."""
        with self._database.begin() as connection:
            row = connection.execute(select(withdrawals).where(withdrawals.c.number == number)).one()
            query = withdrawals.c.number == number
            hold_id = self._bookings.hold_of(number)
            if hold_id is None:
                connection.execute(delete(withdrawals).where(query))
                return
            if row.state == WithdrawalState.CANCELLING and self._bookings.is_held(hold_id):
                return
            held = self._bookings.is_held(hold_id)
            state = WithdrawalState.AWAITING_CUSTODY if held else WithdrawalState.CANCELLED
            values = {"state": state, "hold_id": hold_id, "changed_ns": self._clock()}
            connection.execute(update(withdrawals).where(query).values(values))

    async def cancel(self, account_id: int, number: int) -> Withdrawal:
        """Give back what is held. Raises `WithdrawalUnknown`, `NoLongerCancellable` and `LedgerRefused`."""
        async with self._one_at_a_time:
            withdrawal = await asyncio.to_thread(self.find, account_id, number)
            if withdrawal.state not in (WithdrawalState.AWAITING_CUSTODY, WithdrawalState.CANCELLING):
                raise NoLongerCancellable
            await asyncio.to_thread(self._mark_cancelling, number)
            await self._release(account_id, number)
            return await asyncio.to_thread(self.find, account_id, number)

    def _mark_cancelling(self, number: int) -> None:
        with self._database.begin() as connection:
            query = update(withdrawals).where(withdrawals.c.number == number)
            connection.execute(query.values(state=WithdrawalState.CANCELLING, changed_ns=self._clock()))

    async def _release(self, account_id: int, number: int) -> None:
        hold_id = self._bookings.hold_of(number)
        if hold_id is not None and self._bookings.is_held(hold_id):
            command = ReleaseHold(hold_id=hold_id, actor_kind=ActorKind.CLIENT, actor_id=account_id)
            events = await self._node.submit(command)
            refused = next((event for event in events if isinstance(event, CommandRejected)), None)
            if refused is not None:
                raise LedgerRefused(refused)
            if not any(isinstance(event, HoldReleased) for event in events):
                raise LookupError(f"the node answered a ReleaseHold with {events}")
        await asyncio.to_thread(self._settle, number)

    async def recover(self) -> None:
        """At a start: finish what a crash cut. What the journal says is so, also where it was set back."""
        for account_id, number in await asyncio.to_thread(self._settle_all):
            await self._release(account_id, number)
        for number, hold_id in (await asyncio.to_thread(self._without_row)).items():
            _log.error("Withdrawal %d is held and the database does not know it: the hold is released", number)
            await self._node.submit(ReleaseHold(hold_id=hold_id, actor_kind=ActorKind.ALGORITHM))

    def _without_row(self) -> dict[int, int]:
        """Holds by number of withdrawals of which the destination is lost with an older database."""
        with self._database.connect() as connection:
            known = set(connection.execute(select(withdrawals.c.number)).scalars())
        return {number: hold for number, hold in self._bookings.held_withdrawals().items() if number not in known}

    def _settle_all(self) -> list[tuple[int, int]]:
        """Account and number of each whose cancel is to be finished."""
        open_states = [state for state in WithdrawalState if state is not WithdrawalState.CANCELLED]
        with self._database.connect() as connection:
            query = select(withdrawals.c.number).where(withdrawals.c.state.in_(open_states))
            numbers = connection.execute(query).scalars().all()
        for number in numbers:
            self._settle(number)
        with self._database.connect() as connection:
            cancelling = withdrawals.c.state == WithdrawalState.CANCELLING
            rows = connection.execute(select(withdrawals.c.account_id, withdrawals.c.number).where(cancelling))
            return [(row.account_id, row.number) for row in rows]

    def find(self, account_id: int, number: int) -> Withdrawal:
        """Raises `WithdrawalUnknown`, also for somebody else's."""
        query = select(withdrawals).where(withdrawals.c.account_id == account_id, withdrawals.c.number == number)
        with self._database.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or row.state == WithdrawalState.REQUESTED:
            raise WithdrawalUnknown
        return self._opened(row)

    def find_by_client_order_id(self, account_id: int, client_order_id: str) -> Withdrawal:
        """Raises `WithdrawalUnknown`."""
        key = self._request_key(account_id, client_order_id)
        with self._database.connect() as connection:
            row = connection.execute(select(withdrawals).where(withdrawals.c.request_key == key)).one_or_none()
        if row is None or row.state == WithdrawalState.REQUESTED:
            raise WithdrawalUnknown
        return self._opened(row)

    def read(self, account_id: int, from_ns: int = 0, until_ns: int = MAX_TIME_NS) -> list[Withdrawal]:
        """The withdrawals of an account that were asked for in the time given, both ends included, newest first."""
        asked = withdrawals.c.asked_ns.between(min(max(from_ns, 0), MAX_TIME_NS), min(until_ns, MAX_TIME_NS))
        query = select(withdrawals).where(
            withdrawals.c.account_id == account_id, asked, withdrawals.c.state != WithdrawalState.REQUESTED
        )
        with self._database.connect() as connection:
            return [self._opened(row) for row in connection.execute(query.order_by(withdrawals.c.number.desc()))]

    def salt_of(self, number: int) -> bytes:
        """With which the journal's hash of the destination was made: for whoever is to show what the client asked."""
        with self._database.connect() as connection:
            row = connection.execute(select(withdrawals).where(withdrawals.c.number == number)).one()
        return self._sealed(row).salt

    def _sealed(self, row: Row[tuple[Any, ...]]) -> _Sealed:
        return msgspec.msgpack.decode(self._sealer.open(row.sealed, f"withdrawals:{row.number}"), type=_Sealed)

    def _opened(self, row: Row[tuple[Any, ...]]) -> Withdrawal:
        sealed = self._sealed(row)
        return Withdrawal(
            row.number,
            row.account_id,
            row.asset_id,
            row.chain,
            row.amount_atoms,
            row.fee_atoms,
            WithdrawalState(row.state),
            row.asked_ns,
            row.changed_ns,
            sealed.address,
            sealed.address_tag,
            sealed.client_order_id,
            sealed.remark,
        )
