"""What no venue may tell is found in the events of one venue alone: the accountant needs no second engine."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from lionrock.sim.workload import random_flow
from lionrock.words.enumerations import (
    AccountRestriction,
    CancelReason,
    MarketPhase,
    SelfTradePrevention,
    Side,
    TimeInForce,
    Trigger,
)
from lionrock.words.events import (
    AccountProfileSet,
    AssetPermissionSet,
    AuctionUncrossed,
    CommandRejected,
    Event,
    HoldPlaced,
    HoldReleased,
    HoldSettled,
    LegAdded,
    LegPosted,
    LegsPosted,
    MarketPhaseChanged,
    MarketPhaseScheduled,
    MarketRulesSet,
    OrderAmended,
    OrderCancelled,
    OrderPlaced,
    OrderReduced,
    OrderReplenished,
    OrdersCancelled,
    OrderTriggered,
    PriceBandSet,
    TradeCancelled,
    TradeExecuted,
    ValuationSet,
)
from lionrock.words.ledger_events import Booked
from tests.engines import Venue, new_venue
from tests.sim.flows import FlowDiffers, run_side_by_side, told_by_command


class Tampered:
    """The auditor, with one event of its answers changed, dropped or doubled."""

    def __init__(self, change: Callable[[Event], list[Event]]) -> None:
        self._honest = new_venue("auditor")
        self._change = change

    def apply(self, commands: bytes | memoryview) -> bytes:
        """Indices are given anew, so that it is never a gap in them that is found."""
        told = told_by_command(self._honest.apply(commands))
        changed = [[event for honest in events for event in self._change(honest)] for events in told.values()]
        return b"".join(
            msgspec.structs.replace(event, index=index).pack()
            for events in changed
            for index, event in enumerate(events)
        )

    def lines(self) -> list[str]:
        return self._honest.lines()

    def digest(self) -> str:
        return self._honest.digest()


def fee_one_more(event: Event) -> list[Event]:
    if isinstance(event, TradeExecuted) and event.trade_id == 50:
        return [msgspec.structs.replace(event, taker_fee_atoms=event.taker_fee_atoms + 1)]
    return [event]


def trade_miscounted(event: Event) -> list[Event]:
    if isinstance(event, TradeExecuted) and event.trade_id >= 50:
        return [msgspec.structs.replace(event, trade_id=event.trade_id + 1)]
    return [event]


def hold_one_less(event: Event) -> list[Event]:
    if isinstance(event, OrderPlaced) and event.order_id > 200:
        return [msgspec.structs.replace(event, held_atoms=event.held_atoms - 1)]
    return [event]


def refusals_kept_silent(event: Event) -> list[Event]:
    return [] if isinstance(event, CommandRejected) else [event]


def limit_forgotten(event: Event) -> list[Event]:
    """Buys rest above the asks, as the events have it."""
    if isinstance(event, OrderPlaced) and event.side == 1 and event.price_ticks:
        return [msgspec.structs.replace(event, price_ticks=event.price_ticks * 2)]
    return [event]


def expiry_forgotten(event: Event) -> list[Event]:
    return [] if isinstance(event, OrderCancelled) and event.reason == CancelReason.EXPIRED else [event]


def kill_switch_without_reach(event: Event) -> list[Event]:
    return [] if isinstance(event, OrderCancelled) and event.reason == CancelReason.KILL_SWITCH else [event]


def one_cancelled_more(event: Event) -> list[Event]:
    if isinstance(event, OrdersCancelled):
        return [msgspec.structs.replace(event, orders=event.orders + 1)]
    return [event]


def prevention_forgotten(event: Event) -> list[Event]:
    """As the events have it, orders that trade within their owner asked not to."""
    if isinstance(event, OrderPlaced) and event.self_trade_prevention == SelfTradePrevention.NONE:
        return [msgspec.structs.replace(event, self_trade_prevention=SelfTradePrevention.EXPIRE_TAKER)]
    return [event]


def place_kept(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, priority_kept=1)] if isinstance(event, OrderAmended) else [event]


def reduced_by_one_more(event: Event) -> list[Event]:
    if isinstance(event, OrderReduced):
        return [msgspec.structs.replace(event, reduced_lots=event.reduced_lots + 1)]
    return [event]


def auction_kept_silent(event: Event) -> list[Event]:
    return [] if isinstance(event, AuctionUncrossed) else [event]


def auction_price_one_more(event: Event) -> list[Event]:
    if isinstance(event, AuctionUncrossed):
        return [msgspec.structs.replace(event, price_ticks=event.price_ticks + 1)]
    return [event]


def auction_of_one_lot(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, size_lots=1)] if isinstance(event, AuctionUncrossed) else [event]


def auction_trades_one_less(event: Event) -> list[Event]:
    """As the events have it, both sides of each auction trade go on as if it had not been."""
    return [] if isinstance(event, TradeExecuted) and event.in_auction else [event]


def in_auction_forgotten(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, in_auction=0)] if isinstance(event, TradeExecuted) else [event]


def volatility_kept_silent(event: Event) -> list[Event]:
    """Where the venue itself begins an auction; for an operator it would be the whole answer."""
    silent = isinstance(event, MarketPhaseChanged) and event.phase == MarketPhase.VOLATILITY_AUCTION and event.index
    return [] if silent else [event]


def band_of_one_ppm(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, band_ppm=1)] if isinstance(event, PriceBandSet) else [event]


def halt_for_continuous(event: Event) -> list[Event]:
    """As the events have it, a market is halted where it goes on."""
    if isinstance(event, MarketPhaseChanged) and event.phase == MarketPhase.CONTINUOUS:
        return [msgspec.structs.replace(event, phase=MarketPhase.HALTED)]
    return [event]


def schedule_later(event: Event) -> list[Event]:
    if isinstance(event, MarketPhaseScheduled):
        return [msgspec.structs.replace(event, at_time_ns=event.at_time_ns + 10**16)]
    return [event]


def schedule_earlier(event: Event) -> list[Event]:
    if isinstance(event, MarketPhaseScheduled):
        return [msgspec.structs.replace(event, at_time_ns=event.time_ns + 1)]
    return [event]


def day_orders_kept(event: Event) -> list[Event]:
    """Good till cancelled becomes for the day, which does not end."""
    if isinstance(event, OrderPlaced) and event.time_in_force == TimeInForce.GOOD_TILL_CANCELLED:
        return [msgspec.structs.replace(event, time_in_force=TimeInForce.DAY)]
    return [event]


def trigger_forgotten(event: Event) -> list[Event]:
    """Orders with a trigger come in at once, as the events have it."""
    return [msgspec.structs.replace(event, trigger=0)] if isinstance(event, OrderPlaced) else [event]


def triggered_kept_silent(event: Event) -> list[Event]:
    return [] if isinstance(event, OrderTriggered) else [event]


def trigger_price_far_away(event: Event) -> list[Event]:
    """As the events have it, everything waits for a higher price, buys and sells alike."""
    if isinstance(event, OrderPlaced) and event.trigger:
        rising = Trigger.STOP if event.side == Side.BUY else Trigger.TAKE_PROFIT
        return [msgspec.structs.replace(event, trigger=rising, trigger_price_ticks=10**9)]
    return [event]


def everybody_frozen(event: Event) -> list[Event]:
    if isinstance(event, AccountProfileSet):
        return [msgspec.structs.replace(event, restriction=AccountRestriction.FROZEN)]
    return [event]


def everybody_reduce_only(event: Event) -> list[Event]:
    if isinstance(event, AccountProfileSet):
        return [msgspec.structs.replace(event, restriction=AccountRestriction.REDUCE_ONLY)]
    return [event]


def nobody_trades_spot(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, products=6)] if isinstance(event, AccountProfileSet) else [event]


def everybody_of_entity_nine(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, legal_entity=9)] if isinstance(event, AccountProfileSet) else [event]


def cap_of_one(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, open_order_cap=1)] if isinstance(event, AccountProfileSet) else [event]


def nobody_admitted(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, admitted_classes=0)] if isinstance(event, MarketRulesSet) else [event]


def deviation_of_one_ppm(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, price_deviation_ppm=1)] if isinstance(event, MarketRulesSet) else [event]


def value_of_one_atom(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, max_order_value_atoms=1)] if isinstance(event, MarketRulesSet) else [event]


def least_fee_forgotten(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, minimum_fee_atoms=0)] if isinstance(event, OrderPlaced) else [event]


def rebate_one_more(event: Event) -> list[Event]:
    if isinstance(event, TradeExecuted) and event.maker_fee_atoms < 0:
        return [msgspec.structs.replace(event, maker_fee_atoms=event.maker_fee_atoms - 1)]
    return [event]


def rebate_kept_back(event: Event) -> list[Event]:
    if isinstance(event, TradeExecuted) and event.maker_fee_atoms < 0:
        return [msgspec.structs.replace(event, maker_fee_atoms=0)]
    return [event]


def rate_one_more(event: Event) -> list[Event]:
    if isinstance(event, OrderPlaced):
        return [msgspec.structs.replace(event, taker_fee_ppm=event.taker_fee_ppm + 1)]
    return [event]


def everything_shows(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, display_lots=0)] if isinstance(event, OrderPlaced) else [event]


def one_lot_shows(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, display_lots=1)] if isinstance(event, OrderPlaced) else [event]


def replenished_kept_silent(event: Event) -> list[Event]:
    return [] if isinstance(event, OrderReplenished) else [event]


def replenished_by_one_less(event: Event) -> list[Event]:
    if isinstance(event, OrderReplenished):
        return [msgspec.structs.replace(event, shown_lots=event.shown_lots - 1)]
    return [event]


def replenished_twice(event: Event) -> list[Event]:
    return [event, event] if isinstance(event, OrderReplenished) else [event]


def one_id_for_all(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, client_order_key=7)] if isinstance(event, OrderPlaced) else [event]


def ids_forgotten(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, client_order_key=0)] if isinstance(event, OrderPlaced) else [event]


def product_of_nobody(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, product=7)] if isinstance(event, MarketRulesSet) else [event]


def numbers_used_again(event: Event) -> list[Event]:
    """As the events have it, every source stays at its first number."""
    if isinstance(event, Booked) and event.source:
        return [msgspec.structs.replace(event, source_sequence=1)]
    return [event]


def nobody_approved(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, authority_id=0)] if isinstance(event, Booked) else [event]


def hold_one_more(event: Event) -> list[Event]:
    if isinstance(event, HoldPlaced):
        return [msgspec.structs.replace(event, amount_atoms=event.amount_atoms + 1)]
    return [event]


def hold_of_another(event: Event) -> list[Event]:
    if isinstance(event, HoldReleased):
        return [msgspec.structs.replace(event, account_id=event.account_id + 1)]
    return [event]


def settled_by_one_more(event: Event) -> list[Event]:
    if isinstance(event, HoldSettled):
        return [msgspec.structs.replace(event, released_atoms=event.released_atoms + 1)]
    return [event]


def leg_kept_silent(event: Event) -> list[Event]:
    return [] if isinstance(event, LegPosted) and event.index == 1 else [event]


def leg_one_more(event: Event) -> list[Event]:
    if isinstance(event, LegAdded | LegPosted):
        return [msgspec.structs.replace(event, amount_atoms=event.amount_atoms + 1)]
    return [event]


def legs_without_end(event: Event) -> list[Event]:
    return [] if isinstance(event, LegsPosted) else [event]


def trade_booked_back_twice(event: Event) -> list[Event]:
    return [event, event] if isinstance(event, TradeCancelled) else [event]


def trade_booked_back_less_one(event: Event) -> list[Event]:
    if isinstance(event, TradeCancelled):
        return [msgspec.structs.replace(event, seller_base_atoms=event.seller_base_atoms - 1)]
    return [event]


def exposure_limit_of_one(event: Event) -> list[Event]:
    if isinstance(event, AccountProfileSet):
        return [msgspec.structs.replace(event, exposure_limit_atoms=1)]
    return [event]


def nothing_is_permitted(event: Event) -> list[Event]:
    return [msgspec.structs.replace(event, permitted=0)] if isinstance(event, AssetPermissionSet) else [event]


def valuation_one_more(event: Event) -> list[Event]:
    if isinstance(event, ValuationSet):
        return [msgspec.structs.replace(event, price_atoms=event.price_atoms + 1)]
    return [event]


def first_come_last(event: Event) -> list[Event]:
    """As the events have it, amended orders leave their places, and those that did kept them."""
    if isinstance(event, OrderAmended):
        return [msgspec.structs.replace(event, priority_kept=1 - event.priority_kept)]
    return [event]


def test_first_difference_is_told_with_seed_command_and_both_answers() -> None:
    venues: dict[str, Venue] = {"auditor": new_venue("auditor"), "other": Tampered(fee_one_more)}
    with pytest.raises(FlowDiffers) as difference:
        run_side_by_side(venues, random_flow(3, 5_000), "random_flow(3)")
    told = str(difference.value)
    assert told.startswith(("random_flow(3): command PlaceOrder(", "random_flow(3): command AmendOrder("))
    assert " auditor tells\n    " in told
    assert " other tells\n    " in told
    assert told.count("trade_id=50,") == 2
    assert told.count("trade_id=1,") == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (fee_one_more, r"taker fee \d+, maker fee -?\d+, not TradeExecuted"),
        (trade_miscounted, "trade 51 is the 50th"),
        (hold_one_less, r"it must hold \d+: OrderPlaced|it took what \d+ would have paid"),
        (refusals_kept_silent, "no event answers"),
        (limit_forgotten, "crossed by|price_ticks"),
        (expiry_forgotten, r"order \d+ is overdue"),
        (kill_switch_without_reach, "under kill switches"),
        (one_cancelled_more, r"OrdersCancelled\("),
        (prevention_forgotten, "a trade within one owner"),
        (place_kept, r"OrderAmended\("),
        (reduced_by_one_more, r"OrderReduced\("),
        (auction_kept_silent, "no auction was announced for|is crossed"),
        (auction_price_one_more, r" of AuctionUncrossed\("),
        (auction_of_one_lot, r" is more than AuctionUncrossed\("),
        (auction_trades_one_less, "filled_lots"),
        (in_auction_forgotten, r"TradeExecuted\("),
        (volatility_kept_silent, "after a cancel for VOLATILITY|previous_phase=3|is crossed"),
        (band_of_one_ppm, r"outside \d+ to \d+: TradeExecuted"),
        (halt_for_continuous, r"phase 4 does not admit|OrderCancelled\(.*reason=1,"),
        (schedule_later, r"the schedule is|was due, not|OrderCancelled\(.*reason=8,"),
        (schedule_earlier, "is overdue at|was due, not"),
        (day_orders_kept, "rest for the day"),
        (trigger_forgotten, "no such order waits: OrderTriggered|rests|is crossed"),
        (triggered_kept_silent, "an order that waits trades|it waits: |were met by"),
        (trigger_price_far_away, "no trade met it"),
        (everybody_frozen, "the account is frozen|value leaves a frozen account"),
        (everybody_reduce_only, "the account may only sell"),
        (nobody_trades_spot, "products 6 do not permit"),
        (everybody_of_entity_nine, "entities .* differ"),
        (cap_of_one, "open orders at a cap of 1"),
        (nobody_admitted, "does not admit"),
        (deviation_of_one_ppm, r"past \d+: Order"),
        (value_of_one_atom, r"worth \d+, more than 1"),
        (product_of_nobody, "products .* do not permit 7"),
        (least_fee_forgotten, r"the least fee is \d+: OrderPlaced"),
        (rebate_one_more, r"taker fee \d+, maker fee -\d+, not TradeExecuted"),
        (rebate_kept_back, r"taker fee \d+, maker fee -\d+, not TradeExecuted"),
        (rate_one_more, "its tier has the rates"),
        (everything_shows, r"what shows of it has not all traded: OrderReplenished|it has no display size"),
        (one_lot_shows, r"only 1 lots show: TradeExecuted"),
        (replenished_kept_silent, r"nothing shows of order \d+"),
        (replenished_by_one_less, r"OrderReplenished\("),
        (replenished_twice, "what shows of it has not all traded"),
        (one_id_for_all, r"order \d+ ended at -?\d+ or lives: OrderPlaced"),
        (ids_forgotten, "that order has no id that is taken|client's key"),
        (first_come_last, r"OrderAmended\("),
        (numbers_used_again, r"source \d+ is at 1: "),
        (nobody_approved, "somebody is missing: "),
        (hold_one_more, r"HoldReleased\(|HoldSettled\(|below|account"),
        (hold_of_another, r"HoldReleased\(.* of HoldPlaced\("),
        (settled_by_one_more, r"\d+ are left: HoldSettled\("),
        (leg_kept_silent, "the legs added were"),
        (leg_one_more, "the legs sum to|the legs added were|LegAdded"),
        (legs_without_end, "legs of nothing"),
        (trade_booked_back_twice, "it was booked back before: TradeCancelled"),
        (trade_booked_back_less_one, r"the reverse of TradeExecuted\("),
        (exposure_limit_of_one, r"an exposure of \d+ at a limit of 1: Order"),
        (nothing_is_permitted, r"it may not acquire asset \d: Order"),
        (valuation_one_more, "valuations differ: |an exposure of"),
    ],
)
def test_answer_that_cannot_be_is_found_without_a_second_engine(
    change: Callable[[Event], list[Event]], told: str
) -> None:
    with pytest.raises(FlowDiffers, match=told):
        run_side_by_side({"tampered": Tampered(change)}, random_flow(3, 10_000), "random_flow(3)", look_every=100)
