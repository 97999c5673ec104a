"""Fast build, checked build and auditor stay together over random flows, and every state on the way is sound."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from lionrock.sim.workload import fuzz_records, random_flow
from lionrock.words.commands import AdvanceTime
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
    AuctionUncrossed,
    CommandRejected,
    Event,
    HoldReduced,
    MarketPhaseChanged,
    MarketPhaseScheduled,
    MarketRulesSet,
    OrderAmended,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    OrderReduced,
    OrdersCancelled,
    OrderTriggered,
    PriceBandSet,
    TradeExecuted,
)
from tests.engines import ENGINES, Venue, new_venue
from tests.sim.flows import FlowDiffers, records_of, run_side_by_side, sequence_of, told_by_command

SHOWN = ("LEDG-007", "BOOK-007", "BOOK-008", "STAT-002", "FEES-008")


def all_engines() -> dict[str, Venue]:
    return {engine: new_venue(engine) for engine in ENGINES}


@pytest.mark.shows(*SHOWN)
@pytest.mark.parametrize("seed", range(5))
def test_engines_agree_on_random_flows(seed: int) -> None:
    keeper = run_side_by_side(all_engines(), random_flow(seed, 20_000), f"random_flow({seed})")
    assert keeper.trades > 1_000


@pytest.mark.shows(*SHOWN)
@pytest.mark.parametrize("seed", range(5))
def test_engines_agree_on_records_of_chance(seed: int) -> None:
    keeper = run_side_by_side(all_engines(), fuzz_records(seed, 20_000), f"fuzz_records({seed})")
    assert keeper.trades > 1_000


@pytest.mark.shows(*SHOWN)
@pytest.mark.parametrize("seed", range(100, 110))
def test_engines_agree_on_a_million_commands(seed: int) -> None:
    """Ten flows of 100,000, so that processes can share them."""
    keeper = run_side_by_side(all_engines(), random_flow(seed, 100_000), f"random_flow({seed})", look_every=20)
    assert keeper.trades > 10_000


@pytest.mark.shows(*SHOWN)
def test_every_single_state_on_the_way_is_sound() -> None:
    """Here the rows of all engines are looked at after each command, not after each batch."""
    keeper = run_side_by_side(all_engines(), random_flow(9, 1_500, batch=1), "random_flow(9)")
    assert keeper.trades > 100


@pytest.mark.parametrize("engine", ENGINES)
def test_batches_do_not_matter(engine: str) -> None:
    """What comes in one batch or in a thousand is answered alike."""
    whole, single = new_venue(engine), new_venue(engine)
    for batch in random_flow(7, 3_000, batch=3_000):
        assert whole.apply(batch) == b"".join(single.apply(record) for record in records_of(batch))
    assert whole.lines() == single.lines()


MAY_BE_DUE = (OrderCancelled, MarketPhaseChanged, AuctionUncrossed, TradeExecuted, OrderFilled, HoldReduced)
"""Expiries, and a scheduled change of phase with its auction."""


def state_but_for_count(venue: Venue) -> list[str]:
    """The lines, of the venue line only trades and highest order id."""
    first, *others = venue.lines()
    return ["|".join(first.split("|")[3:]), *others]


@pytest.mark.shows("STAT-003")
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("flow", [random_flow, fuzz_records], ids=["random", "chance"])
def test_refused_commands_change_nothing(flow: Callable[[int, int], list[bytes]], engine: str) -> None:
    """A flow without its refused commands leads to the same state, batch after batch.

    What was due by the time of a refused command has ended, so in its place stands one that does nothing but that.
    """
    whole, without = new_venue(engine), new_venue(engine)
    sent = refused = brought_time = 0
    for batch in flow(11, 20_000):
        told = told_by_command(whole.apply(batch))
        accepted = []
        for record in records_of(batch):
            *due, last = told[sequence_of(record)]
            if isinstance(last, CommandRejected):
                refused += 1
                if not due:
                    continue
                assert all(isinstance(event, MAY_BE_DUE) for event in due)
                brought_time += 1
                stamped = AdvanceTime(time_ns=int.from_bytes(record[10:18], "little")).pack()
            else:
                stamped = record
            sent += 1
            accepted.append(stamped[:2] + sent.to_bytes(8, "little") + stamped[10:])
        without.apply(b"".join(accepted))
        assert state_but_for_count(without) == state_but_for_count(whole)
    assert refused > 4_000
    assert brought_time > 50


class Tampered:
    """The auditor, with one event of its answers changed, dropped or doubled."""

    def __init__(self, change: Callable[[Event], list[Event]]) -> None:
        self._honest = new_venue("auditor")
        self._change = change

    def apply(self, commands: bytes) -> bytes:
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
    silent = isinstance(event, MarketPhaseChanged) and event.phase == MarketPhase.VOLATILITY_AUCTION
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
        return [msgspec.structs.replace(event, at_time_ns=event.at_time_ns + 10**12)]
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


def test_first_difference_is_told_with_seed_command_and_both_answers() -> None:
    venues: dict[str, Venue] = {"auditor": new_venue("auditor"), "other": Tampered(fee_one_more)}
    with pytest.raises(FlowDiffers) as difference:
        run_side_by_side(venues, random_flow(3, 5_000), "random_flow(3)")
    told = str(difference.value)
    assert told.startswith("random_flow(3): command PlaceOrder(sequence=")
    assert " auditor tells\n    " in told
    assert " other tells\n    " in told
    assert told.count("trade_id=50,") == 2
    assert told.count("trade_id=1,") == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (fee_one_more, "ended and|paid 1 more than it held|the events make"),
        (trade_miscounted, "trade 51 is the 50th"),
        (hold_one_less, "paid 1 more than it held|ended and -1 stay held"),
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
        (schedule_later, "the schedule is"),
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
    ],
)
def test_answer_that_cannot_be_is_found_without_a_second_engine(
    change: Callable[[Event], list[Event]], told: str
) -> None:
    with pytest.raises(FlowDiffers, match=told):
        run_side_by_side({"tampered": Tampered(change)}, random_flow(3, 10_000), "random_flow(3)")
