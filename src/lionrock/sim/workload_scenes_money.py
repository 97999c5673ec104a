"""Scenes about money: all that is available and one atom more, least fees and what they are compared with, values."""

from __future__ import annotations

from lionrock.sim.workload_stage import (
    TIERS,
    Scene,
    Stage,
    again,
    at_market,
    by_amount,
    casting,
    changed,
    hold_of,
    limit,
    moved,
    rules,
)
from lionrock.sim.workload_venue import ACTORS, TradedMarket
from lionrock.words.commands import AmendOrder, AssignFeeTier, CancelOrder, OpenAccount, PlaceOrder, SetFeeTier
from lionrock.words.enumerations import AccountKind, FeeCurrency, Side, TimeInForce
from lionrock.words.rounding import fee_rounded_down

_ANN, _BOB, _CY = ACTORS


def all_there_is(stage: Stage) -> Scene:
    """A new account has one atom too few for its order, then just enough, and then takes out all it has."""
    market = stage.market
    account_id = stage.hand.new_account()
    if account_id is None:
        return
    chance = stage.chance
    maker_ppm, taker_ppm = chance.choice(((0, 2_000), (3_000, 1_000), (-5_000, 7_777), (0, 0)))
    least_atoms = chance.choice((0, 1, 777, 100_000))
    yield OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT)
    yield SetFeeTier(tier=TIERS + len(ACTORS), maker_fee_ppm=maker_ppm, taker_fee_ppm=taker_ppm)
    yield AssignFeeTier(account_id=account_id, tier=TIERS + len(ACTORS))
    yield rules(market, minimum_fee_base_atoms=least_atoms, minimum_fee_quote_atoms=least_atoms)
    side = chance.choice((Side.BUY, Side.SELL))
    asset_id = market.quote_asset_id if side == Side.BUY else market.base_asset_id
    order = limit(stage, account_id, side, chance.randint(2, 40), market.middle_ticks + chance.randint(-9, 9))
    hold_atoms = hold_of(market, order, max(maker_ppm, taker_ppm), 0 if maker_ppm < 0 else least_atoms)
    yield moved(asset_id, account_id, hold_atoms - 1)
    yield order
    yield moved(asset_id, account_id, 1)
    order = again(stage, order)
    yield order
    yield moved(asset_id, account_id, 1, out=True)
    price_ticks, size_lots = order.price_ticks, order.size_lots
    larger = AmendOrder(
        order_id=order.order_id, account_id=account_id, price_ticks=price_ticks, size_lots=size_lots + 1
    )
    yield larger
    yield from _amended_with_all(market, order, larger, max(maker_ppm, taker_ppm), 0 if maker_ppm < 0 else least_atoms)
    yield CancelOrder(order_id=order.order_id, account_id=account_id)
    grown = changed(order, size_lots=size_lots + 1)
    all_atoms = hold_of(market, grown, max(maker_ppm, taker_ppm), 0 if maker_ppm < 0 else least_atoms)
    yield moved(asset_id, account_id, all_atoms + 1, out=True)
    yield moved(asset_id, account_id, all_atoms, out=True)
    yield moved(asset_id, account_id, 1, out=True)
    yield rules(market)


def _amended_with_all(
    market: TradedMarket, order: PlaceOrder, larger: AmendOrder, dearer_ppm: int, least_atoms: int
) -> Scene:
    """What one lot more takes comes in, but for an atom, and then the atom."""
    asset_id = market.quote_asset_id if order.side == Side.BUY else market.base_asset_id
    grown = changed(order, size_lots=larger.size_lots)
    held_atoms = hold_of(market, order, dearer_ppm, least_atoms)
    more_atoms = hold_of(market, grown, dearer_ppm, least_atoms) - held_atoms
    if more_atoms > 1:
        yield moved(asset_id, order.account_id, more_atoms - 1)
        yield larger
        more_atoms = 1
    yield moved(asset_id, order.account_id, more_atoms)
    yield larger


def least_fees(stage: Stage) -> Scene:
    """Fills worth just the least fee, one atom less and more; the first fill of several carries it.

    The rules change while both sides rest, and orders that were placed before keep theirs.
    """
    chance, market = stage.chance, stage.market
    yield from casting(stage, rebates=chance.random() < 0.4)
    price_ticks, lots = market.middle_ticks + chance.randint(-20, 20), chance.randint(1, 6)
    worth_quote = lots * price_ticks * market.lot_tick_quote_atoms
    worth_base = lots * market.lot_base_atoms
    off = chance.choice((-1, 0, 1))
    yield rules(
        market,
        minimum_fee_base_atoms=max(0, worth_base * chance.randint(0, 2) // chance.choice((1, 10, 50)) + off),
        minimum_fee_quote_atoms=max(0, worth_quote * chance.randint(0, 2) // chance.choice((1, 10, 50)) + off),
    )
    for maker_side, taker_side in ((Side.SELL, Side.BUY), (Side.BUY, Side.SELL)):
        yield limit(stage, _ANN, maker_side, 3 * lots + 1, price_ticks)
        yield limit(stage, _CY, maker_side, 2 * lots, price_ticks)
        taking = limit(stage, _BOB, taker_side, lots, price_ticks)
        yield taking
        yield at_market(again(stage, taking))
        yield rules(market, minimum_fee_base_atoms=chance.choice((0, 7)), minimum_fee_quote_atoms=chance.choice((0, 7)))
        yield changed(again(stage, taking), size_lots=3 * lots, time_in_force=TimeInForce.FILL_OR_KILL)
        yield changed(again(stage, taking), size_lots=1)
    yield rules(market)


def amounts_and_least_fees(stage: Stage) -> Scene:
    """Market orders for an amount that pays for whole lots and their fee exactly, and for one atom less and more."""
    chance, market = stage.chance, stage.market
    maker_ppm, taker_ppm = chance.randrange(30_000), chance.choice((0, 10_000, 20_000, 333_333))
    least_atoms = chance.choice((0, 1, 500, 30_000))
    yield SetFeeTier(tier=TIERS, maker_fee_ppm=maker_ppm, taker_fee_ppm=taker_ppm)
    yield AssignFeeTier(account_id=_ANN, tier=TIERS)
    yield rules(market, minimum_fee_quote_atoms=least_atoms)
    price_ticks, lots = market.middle_ticks + chance.randint(-20, 20), chance.randint(1, 6)
    yield limit(stage, _BOB, Side.SELL, 9 * lots, price_ticks)
    cost_atoms = lots * price_ticks * market.lot_tick_quote_atoms
    if market.fee_currency == FeeCurrency.QUOTE:
        cost_atoms += max(least_atoms, fee_rounded_down(cost_atoms, taker_ppm))
    taking = limit(stage, _ANN, Side.BUY, 1, price_ticks)
    for amount_atoms in (cost_atoms - 1, cost_atoms, cost_atoms + 1, max(least_atoms, 500), least_atoms + price_ticks):
        yield by_amount(again(stage, taking), amount_atoms)
    yield limit(stage, _BOB, Side.BUY, 9 * lots, price_ticks - 1)
    raised_atoms = lots * (price_ticks - 1) * market.lot_tick_quote_atoms
    giving = limit(stage, _ANN, Side.SELL, 1, price_ticks)
    for amount_atoms in (raised_atoms - 1, raised_atoms, raised_atoms + 1):
        yield by_amount(again(stage, giving), amount_atoms)
    yield rules(market)


def values_at_their_limits(stage: Stage) -> Scene:
    """The least and largest value, size and price of the listing, and one beyond; then the largest value of the rules.

    One lot at one tick is worth one atom of quote here.
    """
    market = stage.market
    least, most = market.min_notional_atoms, market.max_notional_atoms
    highest, largest = market.max_price_ticks, market.max_size_lots
    pairs = ((1, least - 1), (1, least), (least, 1), (1, highest), (1, highest + 1), (largest, 1), (largest + 1, 1))
    for size_lots, price_ticks in (*pairs, (100, most // 100), (101, most // 100)):
        yield limit(stage, _ANN, Side.BUY, size_lots, price_ticks)
    value_atoms = 10 * market.middle_ticks
    yield rules(market, max_order_value_atoms=value_atoms)
    order = limit(stage, _ANN, Side.BUY, 10, market.middle_ticks)
    yield order
    yield AmendOrder(order_id=order.order_id, account_id=_ANN, price_ticks=market.middle_ticks + 1, size_lots=10)
    yield AmendOrder(order_id=order.order_id, account_id=_ANN, price_ticks=market.middle_ticks - 1, size_lots=10)
    yield changed(again(stage, order), price_ticks=market.middle_ticks + 1)
    yield by_amount(again(stage, order), value_atoms + 1)
    yield by_amount(again(stage, order), value_atoms)
    yield rules(market)
