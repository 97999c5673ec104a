"""A small venue and a random flow for it, as commands without sequence, time and order ids."""

from __future__ import annotations

import random
from collections.abc import Iterator

from lionrock.words.commands import (
    CancelOrder,
    Command,
    ListAsset,
    ListMarket,
    OpenAccount,
    PlaceOrder,
    Transfer,
)
from lionrock.words.enumerations import AccountKind, FeeCurrency, OrderType, Side, TimeInForce, TransferPurpose

CUSTODY, FEES = 1, 2
TRADERS = (11, 12, 13)


def venue() -> list[Command]:
    """Two assets, one market, three traders with funds."""
    deposits = [
        Transfer(
            asset_id=asset_id,
            debit_account_id=CUSTODY,
            credit_account_id=trader,
            amount_atoms=10**9,
            purpose=TransferPurpose.DEPOSIT,
        )
        for trader in TRADERS
        for asset_id in (1, 2)
    ]
    return [
        ListAsset(asset_id=1, decimals=0, code="BTC"),
        ListAsset(asset_id=2, decimals=0, code="USD"),
        OpenAccount(account_id=CUSTODY, account_kind=AccountKind.CUSTODY),
        OpenAccount(account_id=FEES, account_kind=AccountKind.FEE),
        *(OpenAccount(account_id=trader, account_kind=AccountKind.CLIENT) for trader in TRADERS),
        ListMarket(
            market_id=1,
            base_asset_id=1,
            quote_asset_id=2,
            fee_currency=FeeCurrency.RECEIVED,
            symbol="BTCUSD",
            tick_quote_atoms=1,
            lot_base_atoms=1,
            max_price_ticks=10**6,
            max_size_lots=10**6,
            min_notional_atoms=1,
            max_notional_atoms=10**9,
            fee_account_id=FEES,
        ),
        *deposits,
    ]


def order(account_id: int, side: Side, price_ticks: int, size_lots: int) -> PlaceOrder:
    """A limit order, good till cancelled; the node gives its id."""
    return PlaceOrder(
        order_id=0,
        account_id=account_id,
        market_id=1,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GOOD_TILL_CANCELLED,
        post_only=0,
        price_ticks=price_ticks,
        size_lots=size_lots,
        quote_amount_atoms=0,
    )


def random_flow(chance: random.Random, first_id: int, last_sequence: int) -> Iterator[Command]:
    """Orders around one price, and cancels of ids that may or may not be there; some are refused. Without end."""
    while True:
        account_id = chance.choice(TRADERS)
        if chance.random() < 0.2:
            last_sequence += 1
            yield CancelOrder(order_id=first_id + chance.randint(1, last_sequence), account_id=account_id)
        else:
            last_sequence += 1
            side = chance.choice((Side.BUY, Side.SELL))
            yield order(account_id, side, chance.randint(95, 105), chance.randint(1, 9))
