"""Scenes about the book: sizes that are exactly what stands at a price, icebergs part by part, auctions, triggers."""

from __future__ import annotations

from random import Random

import msgspec

from lionrock.sim.workload_stage import Scene, Stage, again, at_market, by_amount, casting, changed, limit, phase, rules
from lionrock.sim.workload_venue import ACTORS
from lionrock.words.commands import AmendOrder, CancelOrder, Command, PlaceOrder, SetBeneficialOwner, SetPriceBand
from lionrock.words.enumerations import MarketPhase, SelfTradePrevention, Side, TimeInForce, Trigger
from lionrock.words.limits import MAX_ICEBERG_PARTS, PPM

_ANN, _BOB, _CY = ACTORS


def _facing(stage: Stage) -> tuple[Side, Side, int, int]:
    """Who rests, who comes in, at which price, and by how much a worse price for who comes in differs."""
    rests = stage.chance.choice((Side.BUY, Side.SELL))
    comes_in, worse = (Side.SELL, -1) if rests == Side.BUY else (Side.BUY, 1)
    return rests, comes_in, stage.market.middle_ticks + stage.chance.randint(-30, 30), worse


def whole_levels(stage: Stage) -> Scene:
    """Two levels, partly hidden; an order for just all of them, or one lot less or more, of any make and mode."""
    chance, market = stage.chance, stage.market
    yield from casting(stage, rebates=chance.random() < 0.5)
    rests, comes_in, price_ticks, worse = _facing(stage)
    total_lots = worth_atoms = 0
    for account_id in (_BOB, _CY, _BOB, _ANN if chance.random() < 0.4 else _CY, _BOB):
        level_ticks, size_lots = price_ticks + worse * chance.choice((0, 0, 1)), chance.randint(1, 9)
        display_lots = chance.choice((0, 1, size_lots, max(1, size_lots // 3)))
        total_lots += size_lots
        worth_atoms += size_lots * level_ticks * market.lot_tick_quote_atoms
        yield changed(limit(stage, account_id, rests, size_lots, level_ticks), display_lots=display_lots)
    mode = chance.choice(tuple(SelfTradePrevention))
    off = chance.choice((-1, 0, 0, 1))
    taking = limit(stage, _ANN, comes_in, total_lots + off, price_ticks + worse)
    taking = changed(taking, self_trade_prevention=mode)
    makes: tuple[PlaceOrder, ...] = (
        changed(taking, display_lots=chance.randint(1, taking.size_lots)),
        changed(taking, time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL),
        changed(taking, time_in_force=TimeInForce.FILL_OR_KILL),
        at_market(taking),
        by_amount(taking, worth_atoms + off),
    )
    yield chance.choice(makes)
    yield again(stage, taking)


def part_by_part(stage: Stage) -> Scene:
    """Icebergs in one queue; orders for just what the first shows, for one lot less and more, and for a whole round.

    In between some are amended: smaller than they show, larger, to where they are.
    """
    chance = stage.chance
    rests, comes_in, price_ticks, _ = _facing(stage)
    size_lots, display_lots = chance.randint(6, 20), chance.randint(1, 4)
    first = changed(limit(stage, _BOB, rests, size_lots, price_ticks), display_lots=display_lots)
    second = changed(again(stage, first), account_id=_CY, display_lots=chance.choice((0, 1, size_lots)))
    yield first
    yield second
    taking = limit(stage, _ANN, comes_in, display_lots, price_ticks)
    yield taking
    yield changed(again(stage, taking), size_lots=max(1, display_lots + chance.choice((-1, 1))))
    amended = AmendOrder(order_id=first.order_id, account_id=_BOB, price_ticks=price_ticks, size_lots=size_lots)
    draw = chance.random()
    if draw < 0.3:
        yield amended
    elif draw < 0.6:
        yield msgspec.structs.replace(amended, size_lots=chance.randint(display_lots, size_lots))
    else:
        yield msgspec.structs.replace(amended, size_lots=size_lots + 1)
    yield changed(again(stage, taking), size_lots=2 * display_lots + 1)
    if chance.random() < 0.5:
        reducing = changed(again(stage, taking), account_id=_BOB, self_trade_prevention=SelfTradePrevention.DECREMENT)
        yield reducing
    yield changed(again(stage, taking), size_lots=2 * size_lots, display_lots=chance.randint(1, 2 * size_lots))


def display_sizes(stage: Stage) -> Scene:
    """One, the size, one more than the size; with orders that rest, wait, or may not rest."""
    chance = stage.chance
    rests, _, price_ticks, worse = _facing(stage)
    size_lots = chance.randint(2, 9)
    order = limit(stage, _BOB, rests, size_lots, price_ticks)
    for display_lots in (1, size_lots - 1, size_lots, size_lots + 1, -1):
        yield changed(again(stage, order), display_lots=display_lots)
    shown = changed(order, display_lots=size_lots)
    trigger = Trigger.TAKE_PROFIT if rests == Side.BUY else Trigger.STOP
    yield changed(again(stage, shown), post_only=1)
    yield changed(again(stage, shown), time_in_force=TimeInForce.DAY)
    yield changed(again(stage, shown), trigger=trigger, trigger_price_ticks=max(1, price_ticks - 500))
    yield changed(again(stage, shown), time_in_force=chance.choice((2, 3)))
    yield at_market(again(stage, shown))
    yield changed(again(stage, shown), size_lots=1, price_ticks=price_ticks + worse)
    most_lots = MAX_ICEBERG_PARTS * size_lots
    yield changed(again(stage, shown), size_lots=most_lots + 1)
    largest = changed(again(stage, shown), size_lots=most_lots)
    yield largest
    for lots in (most_lots + 1, most_lots - 1, most_lots):
        yield AmendOrder(order_id=largest.order_id, account_id=_BOB, price_ticks=price_ticks, size_lots=lots)


def calls(stage: Stage) -> Scene:
    """An auction that trades just what one side shows and hides, or a lot less or more; icebergs are on both sides."""
    chance, market = stage.chance, stage.market
    yield from casting(stage, rebates=chance.random() < 0.5)
    yield rules(
        market, minimum_fee_base_atoms=chance.choice((0, 10**5)), minimum_fee_quote_atoms=chance.choice((0, 900))
    )
    yield phase(market, MarketPhase.PRE_OPEN)
    price_ticks, offered_lots = market.middle_ticks + chance.randint(-30, 30), 0
    for account_id in (_BOB, _CY):
        size_lots = chance.randint(3, 9)
        offered_lots += size_lots
        order = limit(stage, account_id, Side.SELL, size_lots, price_ticks - chance.randint(0, 1))
        yield changed(order, display_lots=chance.choice((0, 1, size_lots)))
    wanted = limit(stage, _ANN, Side.BUY, offered_lots + chance.choice((-2, -1, 0, 0, 1)), price_ticks)
    yield changed(wanted, display_lots=chance.choice((0, 2)))
    yield phase(market, chance.choice((MarketPhase.CONTINUOUS, MarketPhase.CLOSED)))
    yield phase(market, MarketPhase.CONTINUOUS)
    yield rules(market)
    yield limit(stage, _CY, Side.BUY, 1, price_ticks)
    yield limit(stage, _CY, Side.SELL, 1, price_ticks)


def triggers_met_exactly(stage: Stage) -> Scene:
    """Orders wait for one price; a trade a tick short of it sets off nothing, one at it sets off all, icebergs too."""
    chance, market = stage.chance, stage.market
    middle = market.middle_ticks + chance.randint(-30, 30)

    def trade(price_ticks: int) -> Scene:
        yield limit(stage, _BOB, Side.SELL, 1, price_ticks)
        yield changed(limit(stage, _CY, Side.BUY, 1, price_ticks), time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL)

    yield from trade(middle)
    met_ticks = middle + 5
    stop = limit(stage, _ANN, Side.BUY, 6, met_ticks + 1)
    stop = changed(stop, trigger=Trigger.STOP, trigger_price_ticks=met_ticks, display_lots=2)
    yield stop
    yield changed(again(stage, stop), side=Side.SELL, trigger=Trigger.TAKE_PROFIT, price_ticks=met_ticks - 1)
    yield changed(again(stage, stop), trigger_price_ticks=middle)
    yield changed(again(stage, stop), trigger_price_ticks=middle + 1, display_lots=0, time_in_force=TimeInForce.DAY)
    yield from trade(met_ticks - 1)
    yield from trade(met_ticks)
    yield limit(stage, _CY, Side.SELL, 3, met_ticks + 1)


def bands_touched(stage: Stage) -> Scene:
    """Trades at the very edge of a band and a tick beyond it; the hidden part of an iceberg stands there, too."""
    chance, market = stage.chance, stage.market
    rests, comes_in, price_ticks, worse = _facing(stage)
    width = chance.choice((1, 3, 10))
    yield limit(stage, _BOB, rests, 1, price_ticks)
    yield limit(stage, _CY, comes_in, 1, price_ticks)
    yield SetPriceBand(market_id=market.market_id, band_ppm=-(-width * PPM // price_ticks))
    edge_ticks = price_ticks + worse * width
    yield changed(limit(stage, _BOB, rests, 5, edge_ticks), display_lots=2)
    yield changed(limit(stage, _CY, rests, 4, edge_ticks + worse), display_lots=chance.choice((0, 1)))
    taking = limit(stage, _ANN, comes_in, chance.randint(4, 6), edge_ticks + worse)
    kinds = [kind for kind in TimeInForce if kind != TimeInForce.GOOD_TILL_DATE]
    if chance.random() < 0.4:
        away = changed(again(stage, taking), price_ticks=max(1, price_ticks - 500 * worse))
        yield away
        yield AmendOrder(
            order_id=away.order_id, account_id=_ANN, price_ticks=taking.price_ticks, size_lots=away.size_lots
        )
    yield changed(again(stage, taking), time_in_force=chance.choice(kinds))
    yield again(stage, taking)


def crowds(stage: Stage) -> Scene:
    """Some forty orders of every make for a few lots at a few prices, many of one owner, with amendments between."""
    chance, market = stage.chance, stage.market
    yield from casting(stage, rebates=chance.random() < 0.5)
    for actor in ACTORS:
        yield SetBeneficialOwner(account_id=actor, owner_id=chance.choice((actor, _ANN)))
    least = {"minimum_fee_base_atoms": chance.choice((0, 10**5)), "minimum_fee_quote_atoms": chance.choice((0, 900))}
    yield rules(market, **least)
    resting: list[PlaceOrder] = []
    for _ in range(40):
        if resting and chance.random() < 0.2:
            yield _changed_or_cancelled(chance, resting)
            continue
        order = _one_of_a_crowd(stage)
        resting.append(order)
        yield order
    yield rules(market)
    for actor in ACTORS:
        yield SetBeneficialOwner(account_id=actor, owner_id=actor)


def _one_of_a_crowd(stage: Stage) -> PlaceOrder:
    chance, market = stage.chance, stage.market
    side, size_lots = chance.choice((Side.BUY, Side.SELL)), chance.randint(1, 6)
    price_ticks = market.middle_ticks + chance.randint(-2, 2)
    order = limit(stage, chance.choice(ACTORS), side, size_lots, price_ticks)
    order = changed(order, self_trade_prevention=chance.choice(tuple(SelfTradePrevention)))
    draw = chance.random()
    if draw < 0.45:
        return changed(order, display_lots=chance.randint(1, size_lots))
    if draw < 0.55:
        return changed(order, time_in_force=chance.choice((TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)))
    if draw < 0.62:
        return at_market(order)
    if draw < 0.69:
        return by_amount(order, chance.randint(500, 6 * market.middle_ticks))
    if draw < 0.75:
        trigger, away = chance.choice((Trigger.STOP, Trigger.TAKE_PROFIT)), chance.choice((-1, 1))
        return changed(order, trigger=trigger, trigger_price_ticks=market.middle_ticks + away * chance.randint(1, 3))
    return changed(order, post_only=int(draw > 0.95))


def _changed_or_cancelled(chance: Random, resting: list[PlaceOrder]) -> Command:
    order = chance.choice(resting[-12:])
    if chance.random() < 0.3:
        return CancelOrder(order_id=order.order_id, account_id=order.account_id)
    return AmendOrder(
        order_id=order.order_id,
        account_id=order.account_id,
        price_ticks=order.price_ticks + chance.choice((0, 0, 0, -1, 1)),
        size_lots=max(1, order.size_lots + chance.randint(-2, 1)),
    )
