"""Scenes about error trades, exposure and permissions.

The trades that are booked back play before everything else of a flow, as only then it is known which number they have.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lionrock.sim.workload_numbers import ACTOR, AUTHORITY
from lionrock.sim.workload_stage import (
    TIERS,
    At,
    Scene,
    Stage,
    again,
    at_market,
    by_amount,
    casting,
    changed,
    frozen,
    limit,
    moved,
    open_profile,
    phase,
    rules,
)
from lionrock.sim.workload_venue import ACTORS, FEE_ACCOUNTS, worth
from lionrock.words.commands import (
    AdvanceTime,
    AmendOrder,
    AssignFeeTier,
    CancelOrder,
    CancelTrade,
    Command,
    OpenAccount,
    PlaceOrder,
    SetAssetPermission,
    SetFeeTier,
    SetValuation,
)
from lionrock.words.enumerations import AccountKind, FeeCurrency, MarketPhase, Side, TimeInForce
from lionrock.words.limits import MAX_ATOMS, PPM, TRADE_MEMORY_NS
from lionrock.words.rounding import fee_hold_rounded_up, fee_rounded_down, value_rounded_up

_ANN, _BOB, _CY = ACTORS


def booked_back(trade_id: int) -> CancelTrade:
    return CancelTrade(trade_id=trade_id, actor_id=ACTOR, authority_id=AUTHORITY)


class _Trades:
    """Makes trades that are known by their numbers."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.last_id = 0

    def orders(self, maker_id: int, taker_id: int, taker_side: Side, size_lots: int) -> tuple[PlaceOrder, PlaceOrder]:
        """One takes the whole of the other, which has the book for itself."""
        stage, maker_side = self._stage, Side.SELL if taker_side == Side.BUY else Side.BUY
        price_ticks = stage.market.middle_ticks + stage.chance.randint(-30, 30)
        self.last_id += 1
        maker = limit(stage, maker_id, maker_side, size_lots, price_ticks)
        return maker, limit(stage, taker_id, taker_side, size_lots, price_ticks)

    def one(self, maker_id: int, taker_id: int, taker_side: Side, size_lots: int) -> Iterator[Command]:
        yield from self.orders(maker_id, taker_id, taker_side, size_lots)

    def called(self, size_lots: int) -> Iterator[Command]:
        """One in an auction."""
        market = self._stage.market
        yield phase(market, MarketPhase.PRE_OPEN)
        yield from self.one(_ANN, _BOB, self._stage.chance.choice((Side.BUY, Side.SELL)), size_lots)
        yield phase(market, MarketPhase.CONTINUOUS)


def error_trades(stage: Stage) -> Scene:
    """Trades of every kind are booked back: at once, twice, when all was spent, to the nanosecond an hour later."""
    chance, market, trades = stage.chance, stage.market, _Trades(stage)
    yield from _fee_is_gone(stage, trades)
    yield from casting(stage, rebates=chance.random() < 0.6)
    yield rules(
        market, minimum_fee_base_atoms=chance.choice((0, 10**5)), minimum_fee_quote_atoms=chance.choice((0, 900))
    )
    for maker_id, taker_id in ((_ANN, _BOB), (_BOB, _ANN), (_ANN, _ANN), (_CY, _ANN)):
        for side in Side:
            yield from trades.one(maker_id, taker_id, side, chance.randint(1, 9))
            if chance.random() < 0.7:
                yield booked_back(trades.last_id)
                yield booked_back(trades.last_id)
    yield from trades.called(chance.randint(1, 9))
    yield from (booked_back(trades.last_id), booked_back(trades.last_id + 1))
    yield from trades.one(_CY, _ANN, Side.SELL, 3)
    yield frozen(_ANN)
    yield msgspec.structs.replace(booked_back(trades.last_id), authority_id=ACTOR)
    yield booked_back(trades.last_id)
    yield frozen(_ANN, restriction=0)
    yield rules(market)
    for side in Side:
        yield from _received_is_gone(stage, trades, side)
    yield from _an_hour_later(stage, trades)


def _fee_is_gone(stage: Stage, trades: _Trades) -> Scene:
    """The first fee ever has left the fee account but for an atom, and comes back."""
    market, rate_ppm, size_lots = stage.market, stage.chance.choice((1_000, 200_000, PPM)), 5
    yield SetFeeTier(tier=TIERS, maker_fee_ppm=0, taker_fee_ppm=rate_ppm)
    yield from (AssignFeeTier(account_id=_ANN, tier=TIERS), AssignFeeTier(account_id=_BOB, tier=TIERS))
    order, taking = trades.orders(_BOB, _ANN, Side.BUY, size_lots)
    yield from (order, taking)
    in_base = market.fee_currency == FeeCurrency.RECEIVED
    value_atoms = size_lots * order.price_ticks * market.lot_tick_quote_atoms
    asset_id = market.base_asset_id if in_base else market.quote_asset_id
    fee_atoms = fee_rounded_down(size_lots * market.lot_base_atoms if in_base else value_atoms, rate_ppm)
    fees = FEE_ACCOUNTS[market.market_id % 2]
    yield moved(asset_id, fees, fee_atoms + 1, out=True)
    yield moved(asset_id, fees, stage.chance.choice((1, fee_atoms)), out=True)
    yield booked_back(trades.last_id)
    yield moved(asset_id, fees, fee_atoms)
    yield booked_back(trades.last_id)


def _received_is_gone(stage: Stage, trades: _Trades, side: Side) -> Scene:
    """What a new account received has left it, but for all or an atom of it, and comes back atom by atom."""
    account_id = stage.hand.new_account()
    if account_id is None:
        return
    market, size_lots, rate_ppm = stage.market, stage.chance.randint(2, 9), stage.chance.choice((0, 1_000, 333_333))
    yield OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT)
    yield SetFeeTier(tier=TIERS + len(ACTORS), maker_fee_ppm=rate_ppm, taker_fee_ppm=rate_ppm)
    yield AssignFeeTier(account_id=account_id, tier=TIERS + len(ACTORS))
    gives_id, takes_id = market.quote_asset_id, market.base_asset_id
    if side == Side.SELL:
        gives_id, takes_id = takes_id, gives_id
    yield moved(gives_id, account_id, 10**7)
    if stage.chance.random() < 0.5:
        order, taking = trades.orders(_BOB, account_id, side, size_lots)
    else:
        order, taking = trades.orders(account_id, _BOB, Side.SELL if side == Side.BUY else Side.BUY, size_lots)
    yield from (order, taking)
    received_atoms = size_lots * market.lot_base_atoms
    if side == Side.SELL:
        received_atoms = size_lots * order.price_ticks * market.lot_tick_quote_atoms
    if side == Side.SELL or market.fee_currency == FeeCurrency.RECEIVED:
        received_atoms -= fee_rounded_down(received_atoms, rate_ppm)
    yield moved(takes_id, account_id, received_atoms + 1, out=True)
    yield moved(takes_id, account_id, stage.chance.choice((1, received_atoms)), out=True)
    yield booked_back(trades.last_id)
    yield moved(takes_id, account_id, received_atoms - 1)
    yield booked_back(trades.last_id)
    yield moved(takes_id, account_id, 1)
    yield booked_back(trades.last_id)


def _an_hour_later(stage: Stage, trades: _Trades) -> Scene:
    """Three trades, two of one time; an hour after the first they are forgotten, but not the third."""
    traded_ns = stage.time_ns + 1
    for time_ns in (traded_ns, traded_ns, traded_ns + 1):
        for command in trades.one(_BOB, _CY, stage.chance.choice((Side.BUY, Side.SELL)), 2):
            yield At(time_ns, command)
    first_id, over_ns = trades.last_id - 2, traded_ns + TRADE_MEMORY_NS
    yield At(over_ns - 1, booked_back(first_id - 1))
    yield At(over_ns - 1, booked_back(first_id))
    yield At(over_ns - 1, booked_back(first_id))
    yield At(over_ns, booked_back(first_id))
    yield At(over_ns, booked_back(first_id + 1))
    yield At(over_ns, booked_back(first_id + 2))
    yield At(over_ns, booked_back(first_id + 2))
    yield At(over_ns, booked_back(first_id + 3))
    yield At(over_ns + 1, booked_back(first_id + 2))
    yield from trades.one(_BOB, _CY, Side.BUY, 2)
    yield booked_back(trades.last_id)


def an_hour_passes(stage: Stage) -> Scene:
    """Whatever was traded is forgotten."""
    yield At(stage.time_ns + TRADE_MEMORY_NS, AdvanceTime())
    yield booked_back(1)
    yield from _Trades(stage).one(_ANN, _BOB, Side.BUY, 1)


def exposure_to_the_atom(stage: Stage) -> Scene:
    """A new account's limit is just what it has and what its order holds, or an atom less; it amends and sells."""
    account_id = stage.hand.new_account()
    if account_id is None:
        return
    chance, market = stage.chance, stage.market
    base_atoms, size_lots = chance.randint(1, 10**9), chance.randint(2, 9)
    price_ticks = market.middle_ticks + chance.randint(-30, 30)
    worth_base, worth_quote = chance.choice((0, 1, 6_000_001, 10**15)), chance.choice((0, 1, 77, 100, 10**12))
    rate_ppm = chance.choice((0, 1_000))
    yield OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT)
    yield SetFeeTier(tier=TIERS + len(ACTORS), maker_fee_ppm=rate_ppm, taker_fee_ppm=0)
    yield AssignFeeTier(account_id=account_id, tier=TIERS + len(ACTORS))
    yield SetValuation(asset_id=market.base_asset_id, price_atoms=worth_base, is_money=0)
    yield SetValuation(asset_id=market.quote_asset_id, price_atoms=worth_quote, is_money=1)
    yield from (moved(market.base_asset_id, account_id, base_atoms), moved(market.quote_asset_id, account_id, 10**8))

    def exposure_atoms(lots: int) -> int:
        """With an order for so many lots."""
        held_atoms = lots * price_ticks * market.lot_tick_quote_atoms
        if market.fee_currency == FeeCurrency.QUOTE:
            held_atoms += fee_hold_rounded_up(held_atoms, rate_ppm)
        return value_rounded_up(base_atoms, worth_base, 8) + value_rounded_up(held_atoms, worth_quote, 2)

    order = limit(stage, account_id, Side.BUY, size_lots, price_ticks)
    for off in (-1, 0):
        yield open_profile(account_id, exposure_limit_atoms=max(1, exposure_atoms(size_lots) + off))
        order = again(stage, order)
        yield order
    yield again(stage, order)
    for lots in (size_lots + 1, size_lots - 1, size_lots, size_lots + 1):
        yield AmendOrder(order_id=order.order_id, account_id=account_id, price_ticks=price_ticks, size_lots=lots)
    yield open_profile(account_id, exposure_limit_atoms=max(1, exposure_atoms(size_lots + 1)))
    yield AmendOrder(order_id=order.order_id, account_id=account_id, price_ticks=price_ticks, size_lots=size_lots + 1)
    yield by_amount(again(stage, order), 1_000)
    yield at_market(again(stage, order))
    yield changed(again(stage, order), side=Side.SELL, price_ticks=price_ticks + 1, size_lots=1)
    yield open_profile(account_id, exposure_limit_atoms=chance.choice((1, MAX_ATOMS)))
    yield again(stage, order)
    yield SetValuation(asset_id=market.quote_asset_id, price_atoms=worth_quote, is_money=0)
    yield again(stage, order)
    yield from (worth(market.base_asset_id), worth(market.quote_asset_id))


def permission_is_taken(stage: Stage) -> Scene:
    """An order rests and one waits while the asset is forbidden, and trade on; new ones and amendments are refused."""
    market, side = stage.market, stage.chance.choice((Side.BUY, Side.SELL))
    other, price_ticks = Side.SELL if side == Side.BUY else Side.BUY, market.middle_ticks
    asset_id = market.base_asset_id if side == Side.BUY else market.quote_asset_id
    order = limit(stage, _ANN, side, 4, price_ticks)
    yield order
    forbidding = SetAssetPermission(account_id=_ANN, asset_id=asset_id, permitted=0)
    yield from (forbidding, forbidding)
    yield again(stage, order)
    yield changed(again(stage, order), time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL)
    yield at_market(again(stage, order))
    yield AmendOrder(order_id=order.order_id, account_id=_ANN, price_ticks=price_ticks, size_lots=3)
    yield limit(stage, _BOB, other, 2, price_ticks)
    farther = price_ticks + (50 if side == Side.BUY else -50)
    yield limit(stage, _ANN, other, 1, farther)
    yield moved(asset_id, _ANN, 1)
    yield CancelOrder(order_id=order.order_id, account_id=_ANN)
    yield msgspec.structs.replace(forbidding, permitted=1)
    yield again(stage, order)
