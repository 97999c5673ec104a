"""What happens to one account, told after the frames that did it, with the balances after them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import msgspec

from lionrock.gateways.rest.contract import Venue
from lionrock.gateways.websocket.reports import Report, reports_of
from lionrock.node.errors import NodeStopped
from lionrock.node.published import Published
from lionrock.views.orders import OrderState
from lionrock.words.events import EVENTS, CommandRejected, Event

_NAMES = {
    kind: tuple(name for name in kind.__struct_fields__ if name.endswith("account_id") and name != "fee_account_id")
    for kind in EVENTS.values()
}
_STEPS_TO_STAND_STILL = 1_000

Balances = dict[int, tuple[int, int]]
"""Available and held atoms by asset id."""


def accounts_in(event: Event, published: Published) -> Iterator[int]:
    """Accounts that an event is about; of a refusal the one whose command it was."""
    if isinstance(event, CommandRejected):
        command = published.commands[event.sequence - published.sequence]
        account_id = getattr(command, "account_id", 0)
        if account_id:
            yield account_id
        return
    seen = set()
    for name in _NAMES[type(event)]:
        account_id = getattr(event, name)
        if account_id not in seen:
            seen.add(account_id)
            yield account_id


class Update(msgspec.Struct, frozen=True):
    """What some commands did to an account, and what it has after them."""

    previous: int
    """Sequence of the update before; of the snapshot, for the first."""
    sequence: int
    reports: list[Report]
    balances: Balances
    """Those that changed."""


class AccountState(msgspec.Struct, frozen=True):
    """An account after one command."""

    sequence: int
    orders: list[OrderState]
    balances: Balances


class AccountNews:
    """Gathers reports of an account while anybody wants them."""

    def __init__(self, venue: Venue, account_id: int, loop: asyncio.AbstractEventLoop) -> None:
        self.venue, self.account_id, self._loop = venue, account_id, loop
        self.on_update: dict[object, Callable[[Update], None]] = {}
        self.sequence = 0
        """Of the last update, or of the state it began with; 0 before that."""
        self._balances: Balances = {}
        self._reports: list[Report] = []
        self._latest = 0
        """Of what was gathered."""
        self._telling: asyncio.Task[None] | None = None
        self._beginning = 0

    @property
    def is_wanted(self) -> bool:
        return bool(self.on_update) or self._beginning > 0

    def take(self, events: list[Event], published: Published) -> None:
        """The account's events of a frame."""
        if not self.sequence or events[-1].sequence <= self.sequence:
            return
        self._latest = events[-1].sequence
        self._reports += reports_of(self.account_id, events, published, self.venue)
        if self._telling is None or self._telling.done():
            self._telling = self._loop.create_task(self._tell())

    async def begin(self) -> AccountState:
        """The account as it stands, from where updates go on. Raises `NodeStopped`."""
        self._beginning += 1
        try:
            return await self._begin()
        finally:
            self._beginning -= 1

    async def _begin(self) -> AccountState:
        for _ in range(_STEPS_TO_STAND_STILL):
            await self.venue.node.settled()
            # The orders are those of durable frames, the engine may be ahead: what is read must be of one moment.
            if self.venue.node.is_settled:
                break
            await asyncio.sleep(0)
        else:
            raise NodeStopped("too much is under way to read an account", outcome_known=True)
        if self._reports:
            await self._tell()
        if not self.sequence:
            self.sequence = self.venue.node.engine.last_sequence
            self._balances = self._read()
        return AccountState(self.sequence, self.venue.orders.open_orders(self.account_id), dict(self._balances))

    def _read(self) -> Balances:
        rows = self.venue.node.engine.balances(self.account_id)
        return {asset_id: (available, held) for asset_id, available, held in rows}

    async def _tell(self) -> None:
        while self._reports:
            sequence, balances = self.venue.node.engine.last_sequence, self._read()
            try:
                await self.venue.node.settled()
            except NodeStopped:
                return  # the site ends, and the connections with it
            if not self._reports:
                return  # told meanwhile
            if self._latest > sequence:
                continue  # more was gathered: the balances are not those after it
            changed = {asset: of for asset, of in balances.items() if self._balances.get(asset) != of}
            update = Update(self.sequence, self._latest, self._reports, changed)
            self.sequence, self._balances, self._reports = self._latest, balances, []
            for tell in list(self.on_update.values()):
                tell(update)
