"""The fee in an order's hold covers the fees of its fills, however it is split (FEES-008)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lionrock.words.enumerations import Side
from lionrock.words.events import (
    EVENTS,
    Event,
    HoldReduced,
    OrderAmended,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    OrderReduced,
    TradeExecuted,
)
from lionrock.words.limits import MAX_ATOMS, MAX_RATE_PPM, PPM
from lionrock.words.records import unpack_all
from lionrock.words.rounding import (
    fee_hold_rounded_up,
    fee_rounded_down,
    lots_affordable_rounded_down,
    rebate_rounded_down,
    spendable_rounded_down,
)
from tests.engines import ENGINES, new_venue
from tests.sim.bookkeeper import Bookkeeper
from tests.spec.pages import SPEC, stage_rows
from tests.spec.stage import Stage

rates = st.integers(0, MAX_RATE_PPM) | st.sampled_from([0, 1, 2, 999_999, MAX_RATE_PPM])
signed_rates = rates | rates.map(lambda rate_ppm: -rate_ppm)
amounts = st.integers(0, MAX_ATOMS) | st.integers(0, 10)


@pytest.mark.shows("FEES-008")
@given(st.lists(st.tuples(amounts, st.booleans()), max_size=20), rates, rates)
def test_fees_of_fills_fit_in_the_fee_of_the_hold(
    fills: list[tuple[int, bool]], maker_ppm: int, taker_ppm: int
) -> None:
    notional = sum(atoms for atoms, _ in fills)
    fees = sum(fee_rounded_down(atoms, maker_ppm if resting else taker_ppm) for atoms, resting in fills)
    assert fees <= fee_hold_rounded_up(notional, max(maker_ppm, taker_ppm))


@pytest.mark.shows("FEES-008")
@given(amounts, rates)
def test_hold_exceeds_the_fee_of_one_fill_by_less_than_an_atom(notional: int, rate_ppm: int) -> None:
    down, up = fee_rounded_down(notional, rate_ppm), fee_hold_rounded_up(notional, rate_ppm)
    assert up - down == (notional * rate_ppm % PPM > 0)


@pytest.mark.shows("FEES-008")
@given(amounts, rates)
def test_what_may_be_spent_leaves_its_fee_and_not_one_atom_more_could_be(amount: int, rate_ppm: int) -> None:
    spendable = spendable_rounded_down(amount, rate_ppm)
    assert spendable + fee_hold_rounded_up(spendable, rate_ppm) <= amount
    assert (spendable + 1) * (PPM + rate_ppm) > amount * PPM


@given(st.lists(amounts, max_size=20), rates)
def test_rebates_of_fills_never_exceed_the_rate_however_they_are_split(fills: list[int], rate_ppm: int) -> None:
    assert sum(rebate_rounded_down(atoms, rate_ppm) for atoms in fills) * PPM <= sum(fills) * rate_ppm


@given(amounts, st.integers(1, MAX_ATOMS))
def test_lots_affordable_are_paid_by_the_budget_and_one_more_is_not(budget: int, per_lot: int) -> None:
    lots = lots_affordable_rounded_down(budget, per_lot)
    assert lots * per_lot <= budget < (lots + 1) * per_lot


def play(engine: str, rows: list[str]) -> list[Event]:
    """Everything told on the stage after these rows, each command checked by a bookkeeper."""
    venue, stage, keeper = new_venue(engine), Stage(), Bookkeeper()
    all_told: list[Event] = []
    for text in [*(row.cells[0] for row in stage_rows(SPEC)), "ListMarket symbol=QTE fee_currency=2", *rows]:
        asked = stage.ask(text)
        told: list[Event] = unpack_all(EVENTS, venue.apply(asked.record))
        keeper.enter(told)
        for event in told:
            stage.took_effect(event, asked)
        all_told += told
    return all_told


sizes = st.lists(st.integers(1, 15), max_size=5)


@pytest.mark.shows("FEES-008")
@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=60)
@given(
    waiting=sizes,
    coming=sizes,
    price=st.integers(1, 50),
    fees=st.tuples(signed_rates, rates, st.integers(0, 40) | st.integers(0, 5_000)),
)
def test_buyer_in_a_quote_fee_market_pays_at_most_what_is_held(
    engine: str, waiting: list[int], coming: list[int], price: int, fees: tuple[int, int, int]
) -> None:
    """Of an order for 100, some is bought from asks that wait, some sold to it while it rests, the rest cancelled.

    A rebate is no part of the hold.
    """
    maker, taker, market_least = fees
    least = 0 if maker < 0 else market_least
    rows = [f"tier 0 maker {maker} taker {taker}"]
    rows += [f"SetMarketRules market_id=9 minimum_fee_quote_atoms={market_least}"]
    rows += [f"cy sell {size} @ {1 + position % price} on QTE" for position, size in enumerate(waiting)]
    rows += [f"A = bob buy 100 @ {price} on QTE"]
    rows += [f"ann sell {size} @ {price} on QTE" for size in coming]
    rows += ["bob cancels A"]
    told = play(engine, rows)
    placed = next(event for event in told if isinstance(event, OrderPlaced) and event.account_id == 12)
    trades = [event for event in told if isinstance(event, TradeExecuted)]
    resting = {trade.trade_id for trade in trades if trade.maker_order_id == placed.order_id}
    paid = sum(max(t.maker_fee_atoms, 0) if t.trade_id in resting else t.taker_fee_atoms for t in trades)
    assert paid <= placed.held_atoms - 100 * price == max(least, fee_hold_rounded_up(100 * price, max(maker, taker)))
    assert paid >= least or not trades
    traded = sum(trade.size_lots for trade in trades)
    [ended] = [e for e in told if isinstance(e, OrderFilled | OrderCancelled) and e.order_id == placed.order_id]
    assert ended.filled_lots == traded == min(sum(waiting) + sum(coming), 100)
    # Whatever came back on the way, value, fees and what was released make up the hold.
    released = sum(e.released_atoms for e in told if isinstance(e, HoldReduced)) + ended.released_atoms
    assert sum(trade.quote_atoms for trade in trades) + paid + released == placed.held_atoms


@pytest.mark.shows("FEES-008")
@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=60)
@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(1, 14), st.integers(1, 50)), max_size=6),  # 84 of 86 at most
    fees_ppm=st.tuples(rates, rates),
)
def test_hold_of_an_amended_or_decremented_buy_is_what_its_rest_needs(
    engine: str, steps: list[tuple[bool, int, int]], fees_ppm: tuple[int, int]
) -> None:
    """Bob's order for 100 is sold to, decremented by an order of his own, then amended: the bookkeeper adds it up."""
    maker, taker = fees_ppm
    rows = [f"tier 0 maker {maker} taker {taker}", "A = bob buy 100 @ 50 on QTE"]
    for is_own, size, price in steps:
        seller, mode = ("bob", " decrement") if is_own else ("ann", "")
        rows += [f"{seller} sell {size} @ 1 ioc on QTE{mode}", f"bob amends A to {100 - size} @ {price}"]
    held = price_ticks = 0
    changes = 0
    for event in play(engine, rows):
        remaining_lots = 0
        if isinstance(event, OrderPlaced) and event.side == Side.BUY:
            held, price_ticks, remaining_lots = event.held_atoms, event.price_ticks, event.size_lots
        if isinstance(event, TradeExecuted):
            held -= event.quote_atoms + event.maker_fee_atoms
        if isinstance(event, OrderReduced) and event.released_atoms:
            held, remaining_lots = held - event.released_atoms, event.remaining_lots
        if isinstance(event, OrderAmended):
            held, price_ticks, remaining_lots = event.held_atoms, event.price_ticks, event.remaining_lots
        if remaining_lots:
            value = remaining_lots * price_ticks
            assert held == value + fee_hold_rounded_up(value, max(maker, taker))
            changes += 1
    assert changes > len(steps)
