"""The scenes of a random flow: which there are, and those about time, ids and who may trade."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from lionrock.sim.workload_clients import drawn_key
from lionrock.sim.workload_scenes_books import (
    bands_touched,
    calls,
    crowds,
    display_sizes,
    part_by_part,
    triggers_met_exactly,
    whole_levels,
)
from lionrock.sim.workload_scenes_ledger import (
    all_that_custody_may_owe,
    holds_to_the_atom,
    legs_to_the_atom,
    sources_count,
)
from lionrock.sim.workload_scenes_limits import an_hour_passes, error_trades, exposure_to_the_atom, permission_is_taken
from lionrock.sim.workload_scenes_money import all_there_is, amounts_and_least_fees, least_fees, values_at_their_limits
from lionrock.sim.workload_stage import (
    At,
    Hand,
    Scene,
    Stage,
    again,
    changed,
    curtain,
    limit,
    open_profile,
    phase,
    rules,
)
from lionrock.sim.workload_venue import ACTORS, SCENE_MARKETS
from lionrock.words.commands import (
    AdvanceTime,
    AmendOrder,
    CancelOrder,
    Command,
    PlaceOrder,
    SetKillSwitch,
)
from lionrock.words.enumerations import KillSwitchScope, MarketPhase, Side, TimeInForce
from lionrock.words.limits import CLIENT_ORDER_ID_MEMORY_NS, PPM

SHARE = 0.005
"""Before so many commands a scene begins."""

_ANN, _BOB, _CY = ACTORS


def expiries_just_now(stage: Stage) -> Scene:
    """Orders that end at the very time of their command, one nanosecond later, and as somebody comes to take them."""
    market = stage.market
    soon = stage.time_ns + stage.chance.randint(1, 5_000)
    order = limit(stage, _ANN, Side.BUY, 2, market.middle_ticks)
    order = changed(order, time_in_force=TimeInForce.GOOD_TILL_DATE, expire_time_ns=soon)
    yield At(soon, order)
    yield At(soon, changed(order, expire_time_ns=soon - 1))
    next_ns, later_ns = soon + 1, soon + 2
    yield At(soon, changed(again(stage, order), expire_time_ns=later_ns))
    yield At(soon, changed(again(stage, order), expire_time_ns=next_ns, display_lots=1))
    yield At(soon, changed(again(stage, order), expire_time_ns=next_ns))
    yield At(soon, phase(market, MarketPhase.CLOSED, soon))
    yield At(soon, phase(market, MarketPhase.CANCEL_ONLY, later_ns))
    yield At(soon, AdvanceTime())
    yield At(next_ns, limit(stage, _BOB, Side.SELL, 6, market.middle_ticks))
    yield At(later_ns, changed(limit(stage, _ANN, Side.BUY, 2, market.middle_ticks), client_order_key=1))
    yield At(later_ns, AdvanceTime())


def a_day_later(stage: Stage) -> Scene:
    """An id of an order that ended is asked for until it is free again, 24 hours later to the nanosecond."""
    market = stage.market
    key = drawn_key(stage.chance)
    order = limit(stage, _ANN, Side.BUY, 2, market.middle_ticks)
    named = changed(order, client_order_key=key)
    rests = stage.chance.random() < 0.5
    ended_ns = stage.time_ns + 1
    if rests:
        yield At(ended_ns, named)
        yield At(ended_ns, again(stage, named))
        yield At(ended_ns, CancelOrder(order_id=0, account_id=_ANN, client_order_key=key))
    else:
        named = changed(named, time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL)
        yield At(ended_ns, named)
    cancelled = CancelOrder(order_id=0, account_id=_ANN, client_order_key=key)
    yield cancelled
    free_ns = ended_ns + CLIENT_ORDER_ID_MEMORY_NS
    yield At(free_ns - 1, again(stage, named))
    yield At(free_ns - 1, cancelled)
    if stage.chance.random() < 0.5:
        yield At(free_ns, cancelled)
    yield At(free_ns, again(stage, named))
    yield At(free_ns, again(stage, named))


def names_of_others(stage: Stage) -> Scene:
    """Two accounts use one id; each reaches its own order by it, a third none, and a number goes before a name."""
    market = stage.market
    key = drawn_key(stage.chance)
    mine = changed(limit(stage, _ANN, Side.BUY, 5, market.middle_ticks), client_order_key=key)
    other = changed(limit(stage, _BOB, Side.BUY, 5, market.middle_ticks), client_order_key=key, display_lots=2)
    yield mine
    yield other

    def amended(account_id: int, order_id: int, named: int, size_lots: int) -> Command:
        price_ticks = market.middle_ticks
        return AmendOrder(
            order_id=order_id,
            account_id=account_id,
            price_ticks=price_ticks,
            size_lots=size_lots,
            client_order_key=named,
        )

    yield amended(_ANN, 0, key, 4)
    yield amended(_CY, 0, key, 3)
    yield amended(_BOB, mine.order_id, key, 3)
    yield amended(_BOB, other.order_id, key + 1, 7)
    yield CancelOrder(order_id=mine.order_id, account_id=_ANN, client_order_key=key + 1)
    yield CancelOrder(order_id=0, account_id=_CY, client_order_key=key)
    yield CancelOrder(order_id=0, account_id=_ANN, client_order_key=key)
    yield CancelOrder(order_id=0, account_id=_BOB, client_order_key=key)
    yield amended(_BOB, 0, key, 3)
    yield CancelOrder(order_id=0, account_id=_BOB)


def last_number_again(stage: Stage) -> Scene:
    """The number of the last order is not used twice, nor the one before it; the next is."""
    market = stage.market
    order = limit(stage, _ANN, Side.BUY, 2, market.middle_ticks)
    yield order
    yield changed(order, account_id=_BOB)
    yield changed(order, order_id=order.order_id - 1)
    yield again(stage, order)
    yield CancelOrder(order_id=order.order_id + 1_000_000, account_id=_ANN)


def switches_together(stage: Stage) -> Scene:
    """Two kill switches are engaged; an order comes in only when both are released."""
    market = stage.market
    scopes = stage.chance.sample(
        (
            (KillSwitchScope.SITE, 0),
            (KillSwitchScope.MARKET, market.market_id),
            (KillSwitchScope.ACCOUNT, _ANN),
        ),
        k=2,
    )
    order = limit(stage, _ANN, Side.BUY, 2, market.middle_ticks)
    yield changed(order, client_order_key=drawn_key(stage.chance))
    for scope, scope_id in scopes:
        yield SetKillSwitch(scope=scope, scope_id=scope_id, engaged=1)
        yield again(stage, order)
    if stage.chance.random() < 0.5:
        scopes.reverse()
    for scope, scope_id in scopes:
        yield SetKillSwitch(scope=scope, scope_id=scope_id, engaged=0)
        yield again(stage, order)


def gates_at_their_edge(stage: Stage) -> Scene:
    """Just so many open orders as the cap allows, a limit just so far from the last trade, a product in between."""
    market = stage.market
    yield limit(stage, _BOB, Side.SELL, 1, market.middle_ticks)
    yield limit(stage, _CY, Side.BUY, 1, market.middle_ticks)
    order = limit(stage, _ANN, Side.BUY, 2, market.middle_ticks)
    product = stage.chance.randrange(1, 32)
    yield rules(market, product=product, price_deviation_ppm=10 * PPM // market.middle_ticks)
    for products in (2**32 - 1 - (1 << product), 1 << product):
        yield open_profile(_ANN, products=products, open_order_cap=2)
        yield again(stage, order)
    for price_ticks in (market.middle_ticks + 11, market.middle_ticks + 10, market.middle_ticks):
        yield changed(again(stage, order), price_ticks=price_ticks)
    yield changed(again(stage, order), time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL)
    yield changed(again(stage, order), trigger=1, trigger_price_ticks=market.middle_ticks + 5)
    yield open_profile(_ANN, products=2**32 - 1, open_order_cap=0)
    yield rules(market)


def sent_again(stage: Stage) -> Scene:
    """The very same command again, which would now be refused for something else, too."""
    market = stage.market
    key = drawn_key(stage.chance)
    soon = stage.time_ns + stage.chance.randint(2, 5_000)
    order: PlaceOrder = limit(stage, _ANN, Side.BUY, 2, market.middle_ticks)
    dated = changed(order, client_order_key=key, time_in_force=TimeInForce.GOOD_TILL_DATE, expire_time_ns=soon)
    yield At(soon - 1, dated)
    yield At(soon - 1, again(stage, dated))
    yield At(soon, again(stage, dated))
    yield phase(market, MarketPhase.HALTED)
    yield again(stage, dated)
    yield changed(again(stage, dated), client_order_key=key + 1)
    yield phase(market, MarketPhase.CONTINUOUS)
    yield changed(again(stage, dated), display_lots=3)


SCENES: tuple[Callable[[Stage], Scene], ...] = (
    expiries_just_now,
    a_day_later,
    names_of_others,
    last_number_again,
    switches_together,
    gates_at_their_edge,
    sent_again,
    all_there_is,
    all_there_is,
    least_fees,
    least_fees,
    amounts_and_least_fees,
    values_at_their_limits,
    whole_levels,
    whole_levels,
    part_by_part,
    part_by_part,
    display_sizes,
    calls,
    triggers_met_exactly,
    bands_touched,
    crowds,
    crowds,
    sources_count,
    holds_to_the_atom,
    legs_to_the_atom,
    all_that_custody_may_owe,
    an_hour_passes,
    exposure_to_the_atom,
    permission_is_taken,
)
"""Some stand twice, and are played twice as often."""


class Scenes:
    """Begins a scene now and then, and says what comes next in it."""

    def __init__(self, chance: Random, hand: Hand) -> None:
        self._chance = chance
        self._hand = hand
        self._playing: Scene | None = self._play(error_trades)

    def next_step(self, *, may_begin: bool) -> Command | At | None:
        """The next command of the scene that is played, or of one that begins; None if there is none."""
        if self._playing is None and may_begin and self._chance.random() < SHARE:
            self._playing = self._play(self._chance.choice(SCENES))
        if self._playing is None:
            return None
        step = next(self._playing, None)
        if step is None:
            self._playing = None
        return step

    def _play(self, scene: Callable[[Stage], Scene]) -> Scene:
        market = self._chance.choice(SCENE_MARKETS)
        yield from curtain(market)
        yield from scene(Stage(self._hand, market))
        yield from curtain(market)
