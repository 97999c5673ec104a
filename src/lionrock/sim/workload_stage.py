"""What the scenes of a random flow have in common: who plays, where, and how a command is sent at a certain time.

A scene is a few commands in a row that go to some boundary: an expiry that is just now, an amount that is all there is,
one atom more. It plays on a market of its own, which it empties first, so that it knows what stands there without any
model of the venue; what comes of it is the venue's to say all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple, Protocol, TypeAlias

import msgspec

from lionrock.sim.workload_numbers import Numbers
from lionrock.sim.workload_venue import ACTORS, CUSTODY_ACCOUNTS, TradedMarket
from lionrock.words.commands import (
    AddLeg,
    AssignFeeTier,
    CancelOrders,
    Command,
    PlaceOrder,
    SetAccountProfile,
    SetFeeTier,
    SetMarketPhase,
    SetMarketRules,
    SetPriceBand,
    Transfer,
)
from lionrock.words.enumerations import (
    AccountRestriction,
    CancelReason,
    FeeCurrency,
    MarketPhase,
    OrderType,
    Side,
    TimeInForce,
    TransferPurpose,
)
from lionrock.words.rounding import fee_hold_rounded_up

TIERS = 900
"""The fee tiers of scenes have numbers from here on: one for each actor, and the next for who is new."""


class Hand(Protocol):
    """What a scene has of the flow that it is part of."""

    chance: Random
    time_ns: int
    """Of the last command sent."""
    numbers: Numbers

    def order_id(self) -> int:
        """A new one."""
        ...

    def new_account(self) -> int | None:
        """The id of an account that was never opened; None when there have been enough."""
        ...


class At(NamedTuple):
    """A command to be sent at just this time, if that is not over."""

    time_ns: int
    command: Command


class Stage(NamedTuple):
    """Where a scene plays."""

    hand: Hand
    market: TradedMarket

    @property
    def chance(self) -> Random:
        return self.hand.chance

    @property
    def time_ns(self) -> int:
        """Of the last command sent."""
        return self.hand.time_ns


Scene: TypeAlias = Iterator[Command | At]


def limit(stage: Stage, account_id: int, side: int, size_lots: int, price_ticks: int) -> PlaceOrder:
    """Good till cancelled; `changed` makes other orders of it."""
    return PlaceOrder(
        order_id=stage.hand.order_id(),
        account_id=account_id,
        market_id=stage.market.market_id,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GOOD_TILL_CANCELLED,
        post_only=0,
        price_ticks=price_ticks,
        size_lots=size_lots,
        quote_amount_atoms=0,
    )


def changed(order: PlaceOrder, **fields: int) -> PlaceOrder:
    return msgspec.structs.replace(order, **fields)


def again(stage: Stage, order: PlaceOrder) -> PlaceOrder:
    """The same order, under a new id."""
    return changed(order, order_id=stage.hand.order_id())


def at_market(order: PlaceOrder) -> PlaceOrder:
    """The order without its limit."""
    in_force = TimeInForce.IMMEDIATE_OR_CANCEL
    return changed(order, order_type=OrderType.MARKET, time_in_force=in_force, price_ticks=0)


def by_amount(order: PlaceOrder, quote_amount_atoms: int) -> PlaceOrder:
    """The order without its limit, for an amount in the place of its size."""
    return changed(at_market(order), size_lots=0, quote_amount_atoms=quote_amount_atoms)


def moved(asset_id: int, account_id: int, amount_atoms: int, *, out: bool = False) -> Transfer:
    """A deposit, or a withdrawal."""
    custody = CUSTODY_ACCOUNTS[0]
    return Transfer(
        asset_id=asset_id,
        debit_account_id=account_id if out else custody,
        credit_account_id=custody if out else account_id,
        amount_atoms=amount_atoms,
        purpose=TransferPurpose.WITHDRAWAL if out else TransferPurpose.DEPOSIT,
    )


def rules(market: TradedMarket, **fields: int) -> SetMarketRules:
    """The rules that every market begins with, but for the fields given."""
    plain = SetMarketRules(
        market_id=market.market_id,
        legal_entity=0,
        admitted_classes=15,
        price_deviation_ppm=0,
        max_order_value_atoms=0,
    )
    return msgspec.structs.replace(plain, **fields)


def leg(transfer_id: int, account_id: int, asset_id: int, amount_atoms: int, hold_id: int = 0) -> AddLeg:
    return AddLeg(
        transfer_id=transfer_id, account_id=account_id, asset_id=asset_id, amount_atoms=amount_atoms, hold_id=hold_id
    )


def open_profile(account_id: int, **fields: int) -> SetAccountProfile:
    """The profile that every account begins with, but for the fields given."""
    plain = SetAccountProfile(
        account_id=account_id, legal_entity=0, products=2**32 - 1, client_class=0, restriction=0, open_order_cap=0
    )
    return msgspec.structs.replace(plain, **fields)


def frozen(account_id: int, *, restriction: int = AccountRestriction.FROZEN) -> SetAccountProfile:
    """An open profile with this restriction."""
    return open_profile(account_id, restriction=restriction)


def phase(market: TradedMarket, entered: MarketPhase, at_time_ns: int = 0) -> SetMarketPhase:
    return SetMarketPhase(
        market_id=market.market_id, phase=entered, at_time_ns=at_time_ns, reference_price_ticks=market.middle_ticks
    )


def curtain(market: TradedMarket) -> Scene:
    """The market as it was listed, its book empty: every scene begins and ends so."""
    yield SetPriceBand(market_id=market.market_id, band_ppm=0)
    yield phase(market, MarketPhase.CANCEL_ONLY)
    yield CancelOrders(account_id=0, market_id=market.market_id, group_id=0, reason=CancelReason.REQUESTED)
    yield phase(market, MarketPhase.CONTINUOUS)


def casting(stage: Stage, *, rebates: bool) -> Scene:
    """New rates for the actors; the first may be given a rebate. None has rates of zero."""
    for number, actor in enumerate(ACTORS):
        maker = (
            stage.chance.choice((-20_000, -300_000)) if rebates and number == 0 else stage.chance.randrange(1, 60_000)
        )
        yield SetFeeTier(tier=TIERS + number, maker_fee_ppm=maker, taker_fee_ppm=stage.chance.randrange(1, 200_000))
        yield AssignFeeTier(account_id=actor, tier=TIERS + number)


def hold_of(market: TradedMarket, order: PlaceOrder, dearer_ppm: int, least_atoms: int) -> int:
    """What a limit order holds, in atoms of what it pays with."""
    if order.side == Side.SELL:
        return order.size_lots * market.lot_base_atoms
    value_atoms = order.size_lots * order.price_ticks * market.lot_tick_quote_atoms
    if market.fee_currency == FeeCurrency.RECEIVED:
        return value_atoms
    return value_atoms + max(least_atoms, fee_hold_rounded_up(value_atoms, dearer_ppm))
