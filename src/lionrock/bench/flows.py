"""The canonical flows of the core: blocks of packed commands, the same for the same seed on every machine.

Each is one market with 1,000 rich accounts, fees of 1,000 and 2,000 ppm, and prices round a middle of 50,000 ticks.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from lionrock.words.commands import (
    CancelOrder,
    Command,
    ListAsset,
    ListMarket,
    OpenAccount,
    PlaceOrder,
    SetFeeTier,
    Transfer,
)
from lionrock.words.enumerations import AccountKind, FeeCurrency, OrderType, Side, TimeInForce, TransferPurpose

ACCOUNTS = 1_000
FIRST_ACCOUNT = 10
MIDDLE_TICKS = 50_000

BASIC_ORDERS = 4_000
"""Most orders that may rest in `basic`; as some are filled meanwhile, about half of them do."""


class Flow:
    """A growing block of stamped commands, with a light memory of which orders may still rest."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.records: list[bytes] = []
        self.resting: list[tuple[int, int]] = []  # (order id, account id), some of them filled in the meantime
        self.order_id = 0
        for command in _stage():
            self.records.append(command.pack())

    @property
    def block(self) -> bytes:
        """All commands so far, stamped with their sequence."""
        return b"".join(
            record[:2] + sequence.to_bytes(8, "little") + record[10:] for sequence, record in enumerate(self.records, 1)
        )

    def place(self, side: Side, price_ticks: int, time_in_force: TimeInForce) -> None:
        """A limit order of 1 to 20 lots by any account."""
        self.order_id += 1
        account_id = FIRST_ACCOUNT + self.chance.randrange(ACCOUNTS)
        size_lots = 1 + self.chance.randrange(20)
        order = PlaceOrder(
            order_id=self.order_id,
            account_id=account_id,
            market_id=1,
            side=side,
            order_type=OrderType.LIMIT,
            time_in_force=time_in_force,
            post_only=0,
            price_ticks=price_ticks,
            size_lots=size_lots,
            quote_amount_atoms=0,
        )
        self.records.append(order.pack())
        if time_in_force is TimeInForce.GOOD_TILL_CANCELLED:
            self.resting.append((self.order_id, account_id))

    def cancel(self) -> None:
        """Any order that may still rest."""
        at = self.chance.randrange(len(self.resting))
        self.resting[at], self.resting[-1] = self.resting[-1], self.resting[at]
        order_id, account_id = self.resting.pop()
        self.records.append(CancelOrder(order_id=order_id, account_id=account_id).pack())

    def add(self, spread_ticks: float) -> None:
        """A resting order, its distance from the middle exponential with this mean."""
        side = Side(1 + self.chance.randrange(2))
        away = 1 + int(self.chance.expovariate(1 / spread_ticks))
        price = MIDDLE_TICKS - away if side is Side.BUY else MIDDLE_TICKS + away
        self.place(side, max(1, price), TimeInForce.GOOD_TILL_CANCELLED)

    def cross(self, reach_ticks: int) -> None:
        """An immediate-or-cancel order that reaches so far past the middle."""
        side = Side(1 + self.chance.randrange(2))
        price = MIDDLE_TICKS + (reach_ticks if side is Side.BUY else -reach_ticks)
        self.place(side, price, TimeInForce.IMMEDIATE_OR_CANCEL)


def _stage() -> list[Command]:
    commands: list[Command] = [
        ListAsset(asset_id=1, decimals=0, code="BTC"),
        ListAsset(asset_id=2, decimals=0, code="USD"),
        OpenAccount(account_id=1, account_kind=AccountKind.CUSTODY),
        OpenAccount(account_id=2, account_kind=AccountKind.FEE),
        SetFeeTier(tier=0, maker_fee_ppm=1_000, taker_fee_ppm=2_000),
        ListMarket(
            market_id=1, base_asset_id=1, quote_asset_id=2, fee_currency=FeeCurrency.RECEIVED, symbol="BTCUSD",
            tick_quote_atoms=1, lot_base_atoms=1, max_price_ticks=10**6, max_size_lots=10**6, min_notional_atoms=1,
            max_notional_atoms=10**12, fee_account_id=2,
        ),
    ]  # fmt: skip
    for account_id in range(FIRST_ACCOUNT, FIRST_ACCOUNT + ACCOUNTS):
        commands.append(OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT))
        commands.extend(
            Transfer(
                asset_id=asset_id,
                debit_account_id=1,
                credit_account_id=account_id,
                amount_atoms=10**14,
                purpose=TransferPurpose.DEPOSIT,
            )
            for asset_id in (1, 2)
        )
    return commands


def basic(seed: int, commands: int) -> bytes:
    """50 adds, 40 cancels and 10 takes of a hundred, cancelling instead of adding above `BASIC_ORDERS`."""
    flow = Flow(seed)
    for _ in range(commands):
        kind = flow.chance.random()
        if (kind < 0.5 and len(flow.resting) < BASIC_ORDERS) or not flow.resting:
            flow.add(spread_ticks=300)
        elif kind < 0.9:
            flow.cancel()
        else:
            flow.cross(reach_ticks=400)
    return flow.block


def busy_touch(seed: int, commands: int) -> bytes:
    """About 1,000 resting orders within 50 ticks, re-quoted all the time by cancel and add, 3 % takes."""
    flow = Flow(seed)
    for _ in range(1_000):
        flow.add(spread_ticks=15)
    for _ in range(commands // 2):
        if flow.chance.random() < 0.06:
            flow.cross(reach_ticks=10)
        flow.cancel()
        while len(flow.resting) < 1_000:
            flow.add(spread_ticks=15)
    return flow.block


def deep(seed: int, commands: int) -> bytes:
    """200,000 orders rest over 40,000 prices before and while the mix of `basic` plays."""
    flow = Flow(seed)
    for _ in range(200_000):
        flow.add(spread_ticks=6_000)
    for _ in range(commands):
        kind = flow.chance.random()
        if kind < 0.45:
            flow.add(spread_ticks=6_000)
        elif kind < 0.9:
            flow.cancel()
        else:
            flow.cross(reach_ticks=20)
    return flow.block


FLOWS: dict[str, Callable[[int, int], bytes]] = {"basic": basic, "busy_touch": busy_touch, "deep": deep}
"""By the name that `lionrock bench core` prints."""
