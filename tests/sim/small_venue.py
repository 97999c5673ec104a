"""An auditor with two assets, one market and two clients, small enough to be worked by hand."""

from __future__ import annotations

import msgspec

from lionrock.sim.auditor import Auditor
from lionrock.words.commands import Command, ListAsset, ListMarket, OpenAccount, PlaceOrder, SetFeeTier, Transfer
from lionrock.words.enumerations import (
    AccountKind,
    FeeCurrency,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TransferPurpose,
)
from lionrock.words.events import EVENTS, CommandRejected, Event
from lionrock.words.records import unpack_all

ETHER, DOLLAR = 1, 2
CUSTODY, FEES, ANN, BOB = 1, 2, 11, 12
MARKET = 5


def stamped(command: Command, sequence: int, time_ns: int = 0) -> bytes:
    return msgspec.structs.replace(command, sequence=sequence, time_ns=time_ns).pack()


def done(auditor: Auditor, *commands: Command) -> list[Event]:
    """The commands one after the other, a second between them."""
    events: list[Event] = []
    for command in commands:
        sequence = auditor.last_sequence + 1
        events += unpack_all(EVENTS, auditor.apply(stamped(command, sequence, sequence * 10**9)))
    return events


def deposit(asset_id: int, account_id: int, amount_atoms: int) -> Transfer:
    return Transfer(
        asset_id=asset_id,
        debit_account_id=CUSTODY,
        credit_account_id=account_id,
        amount_atoms=amount_atoms,
        purpose=TransferPurpose.DEPOSIT,
    )


def limit_order(order_id: int, account_id: int, side: Side, size_lots: int, price_ticks: int) -> PlaceOrder:
    return PlaceOrder(
        order_id=order_id,
        account_id=account_id,
        market_id=MARKET,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GOOD_TILL_CANCELLED,
        post_only=0,
        price_ticks=price_ticks,
        size_lots=size_lots,
        quote_amount_atoms=0,
    )


def until(order: PlaceOrder, expire_time_ns: int) -> PlaceOrder:
    return msgspec.structs.replace(order, time_in_force=TimeInForce.GOOD_TILL_DATE, expire_time_ns=expire_time_ns)


def preventing(order: PlaceOrder, mode: SelfTradePrevention) -> PlaceOrder:
    return msgspec.structs.replace(order, self_trade_prevention=mode)


def buy_for(order_id: int, account_id: int, quote_amount_atoms: int) -> PlaceOrder:
    return msgspec.structs.replace(
        limit_order(order_id, account_id, Side.BUY, 0, 0),
        order_type=OrderType.MARKET,
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL,
        quote_amount_atoms=quote_amount_atoms,
    )


def small_venue() -> Auditor:
    """Ether of 1000 atoms against dollars of 100 cents; a lot is 0.1 ether and one lot at one tick is worth one cent.

    Fees are in dollars: 10 % for the maker, 20 % for the taker.
    """
    auditor = Auditor()
    market = ListMarket(
        market_id=MARKET,
        base_asset_id=ETHER,
        quote_asset_id=DOLLAR,
        fee_currency=FeeCurrency.QUOTE,
        symbol="ETH-USD",
        tick_quote_atoms=10,
        lot_base_atoms=100,
        max_price_ticks=10_000,
        max_size_lots=1_000,
        min_notional_atoms=1,
        max_notional_atoms=1_000_000,
        fee_account_id=FEES,
    )
    events = done(
        auditor,
        ListAsset(asset_id=ETHER, decimals=3, code="ETH"),
        ListAsset(asset_id=DOLLAR, decimals=2, code="USD"),
        OpenAccount(account_id=CUSTODY, account_kind=AccountKind.CUSTODY),
        OpenAccount(account_id=FEES, account_kind=AccountKind.FEE),
        OpenAccount(account_id=ANN, account_kind=AccountKind.CLIENT),
        OpenAccount(account_id=BOB, account_kind=AccountKind.CLIENT),
        SetFeeTier(tier=0, maker_fee_ppm=100_000, taker_fee_ppm=200_000),
        market,
        deposit(DOLLAR, ANN, 1_000),
        deposit(ETHER, BOB, 1_000),
    )
    assert not any(isinstance(event, CommandRejected) for event in events)
    return auditor
