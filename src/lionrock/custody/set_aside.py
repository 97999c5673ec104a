"""Deposits that came after their account was closed: the suspense account that has them, and the way back out of it.

The journal says what was set aside and what was credited from there (`Bookings`); a deposit that goes to an address is
a withdrawal from the suspense account under a client order id of the deposit's own, so that it leaves once.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Engine, Row, select

from lionrock.custody.arrivals import Arrivals
from lionrock.custody.bookings import Bookings, Source
from lionrock.custody.chains import ChainPort, Chains
from lionrock.custody.deposits import DEPOSIT_TAX_REPORT_TYPE, Deposits, DepositState, Step
from lionrock.custody.refusals import LedgerRefused
from lionrock.custody.tables import deposits
from lionrock.custody.withdrawals import Asker, Request, Withdrawals, WithdrawalUnknown
from lionrock.node.node import Node
from lionrock.people.staff.actions import ACTIONS
from lionrock.people.staff.orders import Executors, Order, OrderRefused
from lionrock.people.staff.payloads import PayloadChoice
from lionrock.people.staff.queue import WorkItem
from lionrock.views.telling import About, refusal_told
from lionrock.words.amounts import format_decimal, parse_decimal
from lionrock.words.commands import Command, OpenAccount, SetAccountProfile, Transfer
from lionrock.words.enumerations import AccountKind, AccountRestriction, ActorKind, ClientClass, TransferPurpose
from lionrock.words.events import AccountOpened, AssetListed, CommandRejected
from lionrock.words.faults import Fault
from lionrock.words.figures import explain

ACTION = "deposit_return"
RETURN_WITHIN_NS = 86_400 * 10**9
"""From when it was set aside until somebody is late: money whose owner is known is not left lying."""
_NS_PER_MS = 1_000_000
_steps = msgspec.json.Decoder(list[Step])


class DepositReturned(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of `deposit_return`."""

    deposit_number: int
    account_id: int
    """That the deposit was for."""
    address: str = ""
    """Where it is sent, on its own chain; empty for the account, once that is open again."""


class SuspenseAccount:
    """The site's, opened the first time that something is to be set aside."""

    def __init__(self, node: Node, accounts: Mapping[int, AccountOpened], legal_entity: int) -> None:
        """`accounts` are those of the catalogue, which follows the node; `legal_entity` holds what is set aside, 0 for
        none in particular.
        """
        self._node, self._accounts, self._legal_entity = node, accounts, legal_entity

    @property
    def known(self) -> int:
        """0 while there is none."""
        kinds = sorted(self._accounts.items())
        return next((number for number, each in kinds if each.account_kind == AccountKind.SUSPENSE), 0)

    async def __call__(self) -> int:
        """Raises what `Node.submit_all` raises."""
        if self.known:
            return self.known
        account_id = next(number for number in itertools.count(1) if number not in self._accounts)
        commands: list[tuple[Command, bytes]] = [
            (OpenAccount(account_id=account_id, account_kind=AccountKind.SUSPENSE), b"")
        ]
        if self._legal_entity:
            profile = SetAccountProfile(
                account_id=account_id,
                legal_entity=self._legal_entity,
                products=0,
                client_class=ClientClass.UNCLASSIFIED,
                restriction=AccountRestriction.NONE,
                open_order_cap=0,
            )
            commands.append((profile, b""))
        for event in (event for events in await self._node.submit_all(commands) for event in events):
            if isinstance(event, CommandRejected):
                raise Fault(explain(event.rejection, event.first_figure, event.second_figure))
        return account_id


class SetAside:
    """Returns them. Lives in the loop of the node."""

    def __init__(
        self,
        database: Engine,
        node: Node,
        bookings: Bookings,
        arrivals: Arrivals,
        *,
        chains: Chains,
        port: ChainPort,
        assets: Mapping[str, AssetListed],
        suspense: SuspenseAccount,
        deposits: Deposits,
        withdrawals: Withdrawals,
    ) -> None:
        self._database, self._node, self._bookings, self._arrivals = database, node, bookings, arrivals
        self._chains, self._port, self._assets, self._suspense = chains, port, assets, suspense
        self._deposits, self._withdrawals = deposits, withdrawals

    def reconcile(self) -> None:
        """At a start, after deposits and withdrawals: what is on its way back says so. SQL."""
        for row in waiting(self._database):
            try:
                found = self._withdrawals.find_by_client_order_id(self._suspense.known, _request_id(row.number))
            except WithdrawalUnknown:
                continue
            self._deposits.returning(row.number, found.number)

    def choices(self) -> Mapping[str, list[PayloadChoice]]:
        """What can be returned, and to which accounts. SQL."""
        rows = waiting(self._database)
        return {
            "deposit_number": [PayloadChoice(str(row.number), self._told(row)) for row in rows],
            "account_id": [PayloadChoice(number, number) for number in sorted({str(row.account_id) for row in rows})],
        }

    def _told(self, row: Row[tuple[object, ...]]) -> str:
        asset = self._asset(row.asset_id)
        return f"{row.number}: {format_decimal(row.amount_atoms, asset.decimals)} {asset.code} ({row.chain})"

    def _asset(self, asset_id: int) -> AssetListed:
        return next(asset for asset in self._assets.values() if asset.asset_id == asset_id)

    def checked(self, payload: DepositReturned) -> Row[tuple[object, ...]]:
        """The deposit, where it can be returned as asked. SQL. Raises `OrderRefused`."""
        row = next((row for row in waiting(self._database) if row.number == payload.deposit_number), None)
        if row is None:
            raise OrderRefused(f"no deposit {payload.deposit_number} is set aside")
        if row.account_id != payload.account_id:
            raise OrderRefused(f"deposit {row.number} was for account {row.account_id}")
        asset = self._asset(row.asset_id)
        if not payload.address:
            if self._arrivals.is_closed(row.account_id):
                raise OrderRefused("the account is closed: name an address of its owner's, or wait until it is open")
            return row
        terms = self._chains.find(asset.code, row.chain)
        if terms is None or not terms.allow_withdraw:
            raise OrderRefused(f"nothing leaves in {asset.code} on {row.chain} at the moment")
        if not self._port.is_well_formed(row.chain, payload.address):
            raise OrderRefused(f"the address is none of {row.chain}")
        if row.amount_atoms <= parse_decimal(terms.withdraw_fee, asset.decimals):
            raise OrderRefused(f"the fee of {terms.withdraw_fee} {asset.code} leaves nothing of it")
        return row

    async def give_back(self, order: Order) -> str:
        """To an address or to the account. Raises `OrderRefused`."""
        payload: DepositReturned = order.payload
        async with self._arrivals.standing_still:
            row = await asyncio.to_thread(self.checked, payload)
            asset = self._asset(row.asset_id)
            try:
                if payload.address:
                    return await self._send(order, row, asset, payload.address)
                return await self._credit(order, row)
            except LedgerRefused as refused:
                raise OrderRefused(refusal_told(refused.event, About(held=asset))) from refused

    async def _send(self, order: Order, row: Row[tuple[object, ...]], asset: AssetListed, address: str) -> str:
        terms = self._chains.find(asset.code, row.chain)
        fee = parse_decimal(terms.withdraw_fee, asset.decimals) if terms is not None else 0
        request = Request(
            account_id=await self._suspense(),
            asset=asset,
            chain=row.chain,
            amount_atoms=row.amount_atoms,
            fee_atoms=fee,
            address=address,
            address_tag="",
            client_order_id=_request_id(row.number),
            remark="",
            asker=Asker(ActorKind.STAFF, order.maker.number, order.authority.number),
        )
        withdrawal = await self._withdrawals.request(request)
        await asyncio.to_thread(self._deposits.returning, row.number, withdrawal.number)
        return f"deposit {row.number} is held for withdrawal {withdrawal.number} and waits for custody"

    async def _credit(self, order: Order, row: Row[tuple[object, ...]]) -> str:
        command = Transfer(
            asset_id=row.asset_id,
            debit_account_id=await self._suspense(),
            credit_account_id=row.account_id,
            amount_atoms=row.amount_atoms,
            purpose=TransferPurpose.SUSPENSE,
            tax_report_type=DEPOSIT_TAX_REPORT_TYPE,
            actor_kind=ActorKind.STAFF,
            actor_id=order.maker.number,
            authority_id=order.authority.number,
            source=Source.RETURNS,
            source_sequence=self._bookings.last_number(Source.RETURNS) + 1,
        )
        for event in await self._node.submit(command, row.output_key):
            if isinstance(event, CommandRejected):
                raise LedgerRefused(event)
        await asyncio.to_thread(self._deposits.follow_journal, row.number)
        return f"deposit {row.number} is credited to account {row.account_id}"


class SetAsideWork:
    """Cases of the staff: each deposit that is set aside, until it is returned. SQL."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def work(self, now_ns: int) -> Iterable[WorkItem]:  # noqa: ARG002 every source is told the time
        action = ACTIONS[ACTION]
        for row in waiting(self._database):
            since_ns = _steps.decode(row.steps)[-1].at_ms * _NS_PER_MS
            about, due_ns = str(row.account_id), since_ns + RETURN_WITHIN_NS
            number, words = str(row.number), "Return a deposit that came after its account was closed"
            yield WorkItem("deposit_set_aside", number, words, action.makers, since_ns, due_ns, about=about)


class SetAsideOrders:
    """Carries `deposit_return` out. Made before the wallet, which comes with the site's chains."""

    def __init__(self) -> None:
        self.set_aside: SetAside | None = None

    def register(self, executors: Executors) -> None:
        executors.register(ACTION, DepositReturned, self._carry_out, self._target, choices=self._choices)

    def _known(self) -> SetAside:
        if self.set_aside is None:
            raise OrderRefused("the site is on no chain")
        return self.set_aside

    def _target(self, payload: DepositReturned) -> object:
        row = self._known().checked(payload)
        return [row.number, row.state, row.amount_atoms]

    def _choices(self) -> Mapping[str, list[PayloadChoice]]:
        return self.set_aside.choices() if self.set_aside is not None else {}

    async def _carry_out(self, order: Order) -> str:
        return await self._known().give_back(order)


def waiting(database: Engine) -> list[Row[tuple[object, ...]]]:
    """Deposits that are set aside and on no way back, the oldest first. SQL."""
    query = select(deposits).where(deposits.c.state == DepositState.SET_ASIDE).order_by(deposits.c.number)
    with database.connect() as connection:
        return list(connection.execute(query))


def _request_id(number: int) -> str:
    return f"deposit-{number}"
