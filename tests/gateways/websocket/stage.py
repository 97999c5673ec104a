"""A sandbox in this process with its hub, an operator, and clients whose sockets are played."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
from websockets.frames import Frame

from lionrock.gateways.websocket.channels import Connection
from lionrock.gateways.websocket.hub import Hub
from lionrock.gateways.websocket.limits import StreamLimits
from lionrock.gateways.websocket.session import Session
from lionrock.people.api_keys import Right
from lionrock.site import sandbox
from lionrock.site.site import Site
from lionrock.words.commands import Command, OpenAccount, PlaceOrder, SetMarketPhase, Transfer
from lionrock.words.enumerations import AccountKind, MarketPhase, OrderType, Side, TimeInForce, TransferPurpose

BTCUSDT = 1


class PlayedWire:
    """A socket that takes what it is told to take."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.heard_at = self.sent_at = self.loop.time()
        self.is_full, self.is_open, self.is_cut = False, True, False
        self.on_drained: Any = None
        self.ended: tuple[int, str] | None = None
        self.frames: list[bytes] = []

    def write(self, frame: bytes) -> None:
        self.frames.append(frame)

    def end(self, code: int, reason: str) -> None:
        self.is_open, self.ended = False, (code, reason)

    def cut(self) -> None:
        self.is_open, self.is_cut = False, True

    def drain(self) -> None:
        self.is_full = False
        self.on_drained()

    def heard(self) -> list[Any]:
        """Messages since the last time."""
        told, self.frames = b"".join(self.frames), []
        messages = []
        while told:
            length, head = told[1], 2
            if length == 126:
                length, head = int.from_bytes(told[2:4], "big"), 4
            elif length == 127:
                length, head = int.from_bytes(told[2:10], "big"), 10
            messages.append(msgspec.json.decode(told[head : head + length]) if told[0] == 0x81 else Frame)
            told = told[head + length :]
        return messages


class Stage:
    """What the tests work with."""

    def __init__(self, site: Site, hub: Hub) -> None:
        self.site, self.hub = site, hub

    async def do(self, command: Command) -> None:
        await self.site.node.submit(command)
        await asyncio.sleep(0.02)  # news of books goes out at most every 10 ms

    async def trader(self) -> int:
        """A new account with plenty of everything."""
        (opened,) = await self.site.node.submit(OpenAccount(account_id=0, account_kind=AccountKind.CLIENT))
        account_id: int = opened.account_id  # type: ignore[attr-defined]
        for asset_id in (1, 3):
            await self.do(
                Transfer(
                    asset_id=asset_id, debit_account_id=sandbox.CUSTODY_ACCOUNT, credit_account_id=account_id,
                    amount_atoms=10**15, purpose=TransferPurpose.DEPOSIT,
                )
            )  # fmt: skip
        return account_id

    async def order(self, account_id: int, side: Side, lots: int, price: int, group_id: int = 0) -> None:
        await self.do(
            PlaceOrder(
                order_id=0, account_id=account_id, market_id=BTCUSDT, side=side, order_type=OrderType.LIMIT,
                time_in_force=TimeInForce.GOOD_TILL_CANCELLED, post_only=0, price_ticks=price, size_lots=lots,
                quote_amount_atoms=0, group_id=group_id,
            )
        )  # fmt: skip

    async def enter(self, phase: MarketPhase, at_time_ns: int = 0) -> None:
        await self.do(SetMarketPhase(market_id=BTCUSDT, phase=phase, at_time_ns=at_time_ns, reference_price_ticks=0))

    def join(self, make: Any, *more: Any) -> tuple[PlayedWire, Session, Connection]:
        wire = PlayedWire()
        connection = Connection(wire)  # type: ignore[arg-type]
        session: Session = make(self.hub, connection, *more)
        self.hub.join("played", connection, session)
        return wire, session, connection

    async def key(self, account_id: int) -> Any:
        """A listen key that may trade."""
        account = self.site.catalogue.accounts[account_id]
        credential = await asyncio.to_thread(self.site.keys.create, account, Right.READ | Right.TRADE)
        return self.site.listen_keys.open(credential)


async def open_stage(directory: Path) -> AsyncIterator[Stage]:
    import os
    import time

    site = await Site.open(directory, time.time_ns, os.urandom)
    await sandbox.seed(site)
    hub = Hub(site.venue(sandbox.PROFILE), StreamLimits())
    yield Stage(site, hub)
    hub.close()
    await site.close()
