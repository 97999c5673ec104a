"""Deposits: from the first sight of an output to the entry in the ledger, once.

What a crash may cut: the intent to credit is committed to SQL first, then the command goes to the journal, then SQL
learns its sequence. A restart asks the journal (`Bookings`) whether the output was credited and sets the row right;
the next report of the chain goes on from there. The key of the output stands in the journal beside the command, so a
database that is older than the journal cannot lead to a second credit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, insert, or_, select, update

from lionrock.custody.arrivals import Arrivals
from lionrock.custody.bookings import Bookings, Source
from lionrock.custody.chains import ChainPort, ChainReport, Chains, Sighting
from lionrock.custody.tables import Keys, chain_heights, deposit_addresses, deposits
from lionrock.node.errors import NodeBusy
from lionrock.node.node import Node
from lionrock.store.sealing import Sealer
from lionrock.views.telling import About, refusal_told
from lionrock.words.amounts import parse_decimal
from lionrock.words.commands import Transfer
from lionrock.words.enumerations import ActorKind, TransferPurpose
from lionrock.words.events import AssetListed, CommandRejected, TransferPosted

_log = logging.getLogger(__name__)


MAX_TIME_NS = 2**63 - 1
"""Later is no time."""


class DepositState(StrEnum):
    """Where a deposit stands. Every state but CREDITED can be left again."""

    SEEN = "SEEN"
    """The transaction waits for a block."""
    CONFIRMING = "CONFIRMING"
    """It is in a block and waits for more on top."""
    WAITING = "WAITING"
    """Confirmed, and something else keeps it from being credited; its last step says what."""
    CREDITING = "CREDITING"
    """The ledger is being asked."""
    CREDITED = "CREDITED"
    """It is the client's to use."""
    SET_ASIDE = "SET_ASIDE"
    """It came after its account was closed and is in the suspense account, until two people of the staff return it."""
    RETURNING = "RETURNING"
    """They did, to an address: a withdrawal from the suspense account waits for custody."""
    GONE = "GONE"
    """The chain does not have it any more: a reorganisation, or another transaction took its place."""


class Step(msgspec.Struct, rename="camel"):
    """One change of state."""

    state: str
    at_ms: int
    reason: str


class Deposit(msgspec.Struct, frozen=True):
    """A deposit as its owner sees it."""

    number: int
    account_id: int
    asset_id: int
    chain: str
    amount_atoms: int
    state: DepositState
    confirmations: int
    required: int
    seen_ns: int
    transaction_id: str
    address: str
    steps: list[Step]


class _Sealed(msgspec.Struct, array_like=True):
    transaction_id: str
    output_index: int
    address: str


_steps = msgspec.json.Decoder(list[Step])


class Deposits:
    """The deposits of a site. All methods but `read` are called by one task at a time."""

    def __init__(
        self,
        database: Engine,
        sealer: Sealer,
        node: Node,
        bookings: Bookings,
        *,
        chains: Chains,
        port: ChainPort,
        assets: Mapping[str, AssetListed],
        custody_account_id: int,
        suspense_account: Callable[[], Awaitable[int]],
        arrivals: Arrivals,
        clock: Callable[[], int],
    ) -> None:
        """`suspense_account` gives the account for what comes after its own was closed; it may ask the node."""
        self._database, self._sealer, self._node, self._bookings = database, sealer, node, bookings
        self._chains, self._port, self._assets, self._clock = chains, port, assets, clock
        self._custody_account_id, self._suspense_account = custody_account_id, suspense_account
        self._arrivals = arrivals
        self._keeping = asyncio.Lock()
        keys = Keys(sealer)
        self._address_key, self._output_key = keys.maker("deposit address"), keys.maker("deposit output")

    async def address_for(self, chain: str, account_id: int) -> str:
        """Where this account receives on the chain. It is watched from then on. Raises `ChainUnavailable`."""
        async with self._keeping:
            address = await self._port.address_for(chain, account_id)
            await asyncio.to_thread(self._keep_address, chain, account_id, address)
        return address

    def _keep_address(self, chain: str, account_id: int, address: str) -> None:
        key = self._address_key(chain, self._port.spelled_alike(chain, address))
        with self._database.begin() as connection:
            known = connection.execute(
                select(deposit_addresses.c.account_id).where(deposit_addresses.c.address_key == key)
            ).scalar()
            if known is None:
                connection.execute(
                    insert(deposit_addresses).values(
                        address_key=key,
                        account_id=account_id,
                        chain=chain,
                        sealed_address=self._sealer.seal(address.encode(), f"deposit_addresses:{key.hex()}"),
                        created_ns=self._clock(),
                    )
                )
            elif known != account_id:
                raise ValueError(f"the chain port gave accounts {known} and {account_id} one address on {chain}")

    async def look(self, chain: str) -> None:
        """Ask the chain, bring the rows to what it shows, and credit what is confirmed. Raises `ChainUnavailable`."""
        looked_at = await asyncio.to_thread(self._height, chain)
        report = await self._port.report(chain, max(0, looked_at - self._chains.deepest(chain)))
        await asyncio.to_thread(self._compare, chain, report)
        await self.credit()

    def _height(self, chain: str) -> int:
        with self._database.connect() as connection:
            query = select(chain_heights.c.height).where(chain_heights.c.chain == chain)
            return connection.execute(query).scalar() or 0

    def _compare(self, chain: str, report: ChainReport) -> None:
        seen = {self._output_key(chain, row.transaction_id, row.output_index): row for row in report.sightings}
        of_interest = or_(deposits.c.state.in_(_MAY_GO), deposits.c.output_key.in_(seen))
        query = select(deposits).where(deposits.c.chain == chain, of_interest)
        with self._database.begin() as connection:
            known = {row.output_key: row for row in connection.execute(query)}
            for key, sighting in seen.items():
                row = known.get(key) or self._first_sight(connection, chain, key, sighting)
                if row is not None:
                    self._follow(connection, row, sighting)
            for key, row in known.items():
                if key not in seen:
                    self._step(
                        connection, row, DepositState.GONE, "the chain does not show the transaction any more", 0
                    )
            connection.execute(delete(chain_heights).where(chain_heights.c.chain == chain))
            connection.execute(insert(chain_heights).values(chain=chain, height=report.height))

    def _first_sight(
        self, connection: Connection, chain: str, key: bytes, sighting: Sighting
    ) -> Row[tuple[Any, ...]] | None:
        """A row for it, unless the address is nobody's or the site does not know the asset."""
        address_key = self._address_key(chain, self._port.spelled_alike(chain, sighting.address))
        account_id = connection.execute(
            select(deposit_addresses.c.account_id).where(deposit_addresses.c.address_key == address_key)
        ).scalar()
        asset = self._assets.get(sighting.asset_code)
        if account_id is None or asset is None or self._chains.find(sighting.asset_code, chain) is None:
            return None
        sealed = _Sealed(sighting.transaction_id, sighting.output_index, sighting.address)
        now_ns = self._clock()
        first = Step(DepositState.SEEN, now_ns // 1_000_000, "the transaction was seen")
        connection.execute(
            insert(deposits).values(
                output_key=key,
                account_id=account_id,
                asset_id=asset.asset_id,
                chain=chain,
                amount_atoms=sighting.amount_atoms,
                state=DepositState.SEEN,
                confirmations=0,
                seen_ns=now_ns,
                sealed=self._sealer.seal(msgspec.msgpack.encode(sealed), f"deposits:{key.hex()}"),
                steps=msgspec.json.encode([first]),
            )
        )
        return connection.execute(select(deposits).where(deposits.c.output_key == key)).one()

    def _follow(self, connection: Connection, row: Row[tuple[Any, ...]], sighting: Sighting) -> None:
        if row.state in _OUT_OF_THE_CHAINS_HANDS:
            query = update(deposits).where(deposits.c.number == row.number)
            connection.execute(query.values(confirmations=sighting.confirmations))
            return
        if sighting.confirmations:
            state, reason = self._due_state(row.asset_id, row.chain, row.amount_atoms, sighting.confirmations)
        else:
            state, reason = DepositState.SEEN, "the transaction waits for a block"
        if state != row.state or sighting.confirmations != row.confirmations:
            self._step(connection, row, state, reason, sighting.confirmations)

    def _due_state(self, asset_id: int, chain: str, amount_atoms: int, confirmations: int) -> tuple[DepositState, str]:
        """Of a deposit in a block."""
        asset = next(asset for asset in self._assets.values() if asset.asset_id == asset_id)
        terms = self._chains.find(asset.code, chain)
        if terms is None or not terms.allow_deposit:
            return DepositState.WAITING, f"deposits of {asset.code} on {chain} are closed"
        if confirmations < terms.confirmations:
            return DepositState.CONFIRMING, f"{terms.confirmations} confirmations are needed"
        if amount_atoms < max(1, parse_decimal(terms.min_deposit, asset.decimals)):
            return DepositState.WAITING, f"less than the least deposit of {terms.min_deposit} {asset.code}"
        return DepositState.CREDITING, "confirmed"

    def _step(
        self, connection: Connection, row: Row[tuple[Any, ...]], state: DepositState, reason: str, confirmations: int
    ) -> None:
        steps = _steps.decode(
            connection.execute(select(deposits.c.steps).where(deposits.c.number == row.number)).scalar_one()
        )
        if steps[-1].state != state or steps[-1].reason != reason:
            steps.append(Step(state, self._clock() // 1_000_000, reason))
        connection.execute(
            update(deposits)
            .where(deposits.c.number == row.number)
            .values(state=state, confirmations=confirmations, steps=msgspec.json.encode(steps))
        )

    async def credit(self) -> None:
        """Ask the ledger to credit what is confirmed. What it has already is not asked again.

        What belongs to a closed account goes into the suspense account; nobody closes one meanwhile.
        """
        async with self._arrivals.standing_still:
            rows = await asyncio.to_thread(self._ready)
            if not rows:
                return
            closed = await asyncio.to_thread(self._closed, rows)
            first = self._bookings.last_number(Source.DEPOSITS) + 1
            try:
                aside = await self._suspense_account() if closed else 0
                answers = await self._node.submit_all(
                    [
                        (self._entry(row, first + place, aside if row.account_id in closed else 0), row.output_key)
                        for place, row in enumerate(rows)
                    ]
                )
            except NodeBusy:
                return  # nothing of it was recorded; asked again at the next look
            await asyncio.to_thread(self._told, rows, answers)

    def _closed(self, rows: Sequence[Row[tuple[Any, ...]]]) -> set[int]:
        return {account_id for account_id in {row.account_id for row in rows} if self._arrivals.is_closed(account_id)}

    def _entry(self, row: Row[tuple[Any, ...]], number: int, aside: int) -> Transfer:
        """To the deposit's account, or `aside`. Nobody is reported to have what is set aside."""
        return Transfer(
            asset_id=row.asset_id,
            debit_account_id=self._custody_account_id,
            credit_account_id=aside or row.account_id,
            amount_atoms=row.amount_atoms,
            purpose=TransferPurpose.SUSPENSE if aside else TransferPurpose.DEPOSIT,
            tax_report_type=0 if aside else DEPOSIT_TAX_REPORT_TYPE,
            actor_kind=ActorKind.ALGORITHM,
            source=Source.DEPOSITS,
            source_sequence=number,
        )

    def _ready(self) -> list[Row[tuple[Any, ...]]]:
        """Confirmed, and not in the ledger."""
        with self._database.begin() as connection:
            query = select(deposits).where(deposits.c.state == DepositState.CREDITING).limit(_CREDITS_AT_ONCE)
            return [row for row in connection.execute(query).all() if not self._booked(connection, row)]

    def _booked(self, connection: Connection, row: Row[tuple[Any, ...]]) -> bool:
        """Whether the journal has it; then the row says so."""
        credited, aside = self._bookings.credited(row.output_key), self._bookings.set_aside(row.output_key)
        if credited is not None:
            if row.sequence != credited or row.state != DepositState.CREDITED:
                self._credited(connection, row, credited)
        elif aside is not None and (row.sequence != aside or row.state not in _IN_SUSPENSE):
            self._put_aside(connection, row, aside)
        return credited is not None or aside is not None

    def _told(self, rows: Sequence[Row[tuple[Any, ...]]], answers: Sequence[Sequence[object]]) -> None:
        with self._database.begin() as connection:
            for row, events in zip(rows, answers, strict=True):
                posted = next((event for event in events if isinstance(event, TransferPosted)), None)
                refused = next((event for event in events if isinstance(event, CommandRejected)), None)
                if posted is not None:
                    self._booked(connection, row)
                elif refused is not None:
                    held = next((each for each in self._assets.values() if each.asset_id == row.asset_id), None)
                    words = refusal_told(refused, About(held=held))
                    _log.error("Deposit %d is confirmed and the ledger refuses it: %s", row.number, words)
                    reason = f"the ledger refused it: {words}"
                    self._step(connection, row, DepositState.WAITING, reason, row.confirmations)

    def _credited(self, connection: Connection, row: Row[tuple[Any, ...]], sequence: int) -> None:
        self._step(connection, row, DepositState.CREDITED, f"credited by command {sequence}", row.confirmations)
        connection.execute(update(deposits).where(deposits.c.number == row.number).values(sequence=sequence))

    def _put_aside(self, connection: Connection, row: Row[tuple[Any, ...]], sequence: int) -> None:
        _log.error("Deposit %d came after its account was closed and is set aside: two people return it", row.number)
        reason = (
            f"in the suspense account by command {sequence}, as the account was closed when it came: it is returned to "
            "an address of its owner's, or to the account once that is open again; the site is to be written to"
        )
        self._step(connection, row, DepositState.SET_ASIDE, reason, row.confirmations)
        connection.execute(update(deposits).where(deposits.c.number == row.number).values(sequence=sequence))

    def returning(self, number: int, withdrawal: int) -> None:
        """A deposit that was set aside is on its way to an address. SQL."""
        with self._database.begin() as connection:
            row = connection.execute(select(deposits).where(deposits.c.number == number)).one()
            reason = f"sent back by withdrawal {withdrawal} from the suspense account, which waits for custody"
            self._step(connection, row, DepositState.RETURNING, reason, row.confirmations)

    def follow_journal(self, number: int) -> None:
        """Brings the row of one deposit to what the journal has. SQL."""
        with self._database.begin() as connection:
            self._booked(connection, connection.execute(select(deposits).where(deposits.c.number == number)).one())

    def reconcile(self) -> None:
        """At a start: the journal says what was credited, also where it was set back. What waited is looked at
        again.
        """
        unsure = (DepositState.CREDITING, DepositState.CREDITED, DepositState.WAITING, *_IN_SUSPENSE)
        with self._database.begin() as connection:
            for row in connection.execute(select(deposits).where(deposits.c.state.in_(unsure))).all():
                if self._booked(connection, row):
                    continue
                state, reason = self._due_state(row.asset_id, row.chain, row.amount_atoms, row.confirmations)
                if state != row.state:
                    self._step(connection, row, state, reason, row.confirmations)

    def read(self, account_id: int, from_ns: int = 0, until_ns: int = MAX_TIME_NS) -> list[Deposit]:
        """The deposits of an account that were first seen in the time given, both ends included, newest first."""
        seen = deposits.c.seen_ns.between(min(max(from_ns, 0), MAX_TIME_NS), min(until_ns, MAX_TIME_NS))
        query = select(deposits).where(deposits.c.account_id == account_id, seen).order_by(deposits.c.number.desc())
        codes = {asset.asset_id: asset.code for asset in self._assets.values()}
        found = []
        with self._database.connect() as connection:
            for row in connection.execute(query):
                opened = self._sealer.open(row.sealed, f"deposits:{row.output_key.hex()}")
                sealed = msgspec.msgpack.decode(opened, type=_Sealed)
                terms = self._chains.find(codes[row.asset_id], row.chain)
                found.append(
                    Deposit(
                        row.number,
                        row.account_id,
                        row.asset_id,
                        row.chain,
                        row.amount_atoms,
                        DepositState(row.state),
                        row.confirmations,
                        terms.confirmations if terms else 0,
                        row.seen_ns,
                        sealed.transaction_id,
                        sealed.address,
                        _steps.decode(row.steps),
                    )
                )
        return found


DEPOSIT_TAX_REPORT_TYPE = 509
"""A transfer in of which the kind is not known: CARF509 of the OECD's Crypto-Asset Reporting Framework XML schema."""
_MAY_GO = (DepositState.SEEN, DepositState.CONFIRMING)
_IN_SUSPENSE = (DepositState.SET_ASIDE, DepositState.RETURNING)
_OUT_OF_THE_CHAINS_HANDS = (DepositState.CREDITED, DepositState.CREDITING, DepositState.WAITING, *_IN_SUSPENSE)
_CREDITS_AT_ONCE = 500
