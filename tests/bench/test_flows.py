"""The flows of the core's benchmark are what they say they are: mix, trades, depth, and nothing refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from lionrock.bench.batches import in_batches
from lionrock.bench.blocks import found
from lionrock.bench.flows import FLOWS, MARKETS, MULTI_RESTING, Flow
from lionrock.bench.shape import shape_of
from lionrock.core.engine import Engine
from lionrock.words.commands import COMMANDS, CancelOrder, PlaceOrder
from lionrock.words.enumerations import CancelReason, SelfTradePrevention, TimeInForce
from lionrock.words.events import CommandRejected, OrderAmended, OrderCancelled, TradeExecuted
from lionrock.words.records import RECORD_BYTES, layout_of

COMMANDS_MADE = 30_000


class Played(NamedTuple):
    """A flow, and what the engine made of it."""

    flow: Flow
    setup_events: bytes
    events: bytes
    resting: Counter[int]
    """Orders at the end, by side."""
    prices: Counter[int]
    """Different prices at the end, by side."""


@pytest.fixture(scope="module")
def played() -> Callable[[str], Played]:
    """Plays a flow once for all tests that ask for it."""
    kept: dict[str, Played] = {}

    def play(name: str) -> Played:
        if name not in kept:
            flow = FLOWS[name](1, COMMANDS_MADE, lambda _: None)
            engine = Engine()
            setup, body = (
                b"".join(engine.apply(batch) for batch in in_batches(part))
                for part in (flow.stage + flow.resting, flow.body)
            )
            orders = [line.split("|") for line in engine.lines() if line.startswith("order|")]
            levels = {(market, side, price) for _, market, side, price, *_ in orders}
            kept[name] = Played(
                flow, setup, body,
                Counter(int(side) for _, _, side, *_ in orders), Counter(int(side) for _, side, _ in levels),
            )  # fmt: skip
        return kept[name]

    return play


@pytest.mark.parametrize("name", ["excore", "basic", "deep", "multi"])
def test_nothing_is_refused_and_every_first_order_rests(played: Callable[[str], Played], name: str) -> None:
    flow, setup, events, _, _ = played(name)
    for block in (setup, events):
        assert len(found(CommandRejected, block)) == 0
    assert len(found(TradeExecuted, setup)) == 0
    assert len(found(PlaceOrder, flow.resting)) * RECORD_BYTES == len(flow.resting)
    assert len(flow.body) == COMMANDS_MADE * RECORD_BYTES


@pytest.mark.parametrize(("name", "orders_a_side"), [("excore", 1_000), ("deep", 100_000)])
def test_excore_has_the_mix_trades_and_depth_it_is_named_for(
    played: Callable[[str], Played], name: str, orders_a_side: int
) -> None:
    flow, _, _, resting, prices = played(name)
    shape = shape_of(flow)
    assert {kind: round(100 * shape[kind]) for kind in ("new", "immediate", "cancel", "amend")} == {
        "new": 9, "immediate": 3, "cancel": 6, "amend": 82
    }  # fmt: skip
    assert 0.05 <= shape["trading"] <= 0.07
    assert shape["resting_at_end"] == resting.total()
    for side in (1, 2):
        assert 0.8 * orders_a_side <= resting[side] <= 1.2 * orders_a_side
        assert 0.6 <= prices[side] / resting[side] <= 0.9


def test_some_amendments_of_excore_keep_their_place_and_some_trade(played: Callable[[str], Played]) -> None:
    events = played("excore").events
    amended = found(OrderAmended, events)
    assert 0.06 <= np.mean(amended["priority_kept"]) <= 0.1
    trading = np.isin(amended["sequence"], found(TradeExecuted, events)["sequence"])
    assert 0.02 <= np.mean(trading) <= 0.05


def test_basic_adds_cancels_and_takes(played: Callable[[str], Played]) -> None:
    flow, _, events, resting, _ = played("basic")
    placed = found(PlaceOrder, flow.body)["time_in_force"]
    assert np.sum(placed == TimeInForce.GOOD_TILL_CANCELLED) == COMMANDS_MADE * 0.5
    assert np.sum(placed == TimeInForce.IMMEDIATE_OR_CANCEL) == COMMANDS_MADE * 0.1
    assert len(found(CancelOrder, flow.body)) == COMMANDS_MADE * 0.4
    assert len(np.unique(found(TradeExecuted, events)["sequence"])) >= COMMANDS_MADE * 0.09
    assert 3_000 <= resting.total() <= 5_000


def test_multi_has_many_markets_and_every_kind_of_order(played: Callable[[str], Played]) -> None:
    flow, _, events, resting, _ = played("multi")
    placed = found(PlaceOrder, flow.body)
    assert 0.95 * MULTI_RESTING <= resting.total() <= 1.05 * MULTI_RESTING
    assert len(np.unique(found(PlaceOrder, flow.resting)["market_id"])) == MARKETS
    busiest = np.bincount(placed["market_id"]).argmax()
    assert busiest == 1
    times = Counter(placed["time_in_force"].tolist())
    assert set(times) == {
        TimeInForce.GOOD_TILL_CANCELLED, TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL
    }  # fmt: skip
    assert 0.3 <= np.mean(placed["self_trade_prevention"] != SelfTradePrevention.NONE) <= 0.36
    reasons = Counter(found(OrderCancelled, events)["reason"].tolist())
    for reason in (CancelReason.SELF_TRADE, CancelReason.WOULD_TAKE, CancelReason.NOT_FILLABLE_WHOLE):
        assert reasons[reason] > 50
    assert len(found(OrderAmended, events)) == COMMANDS_MADE * 0.16


@pytest.mark.parametrize("name", ["excore", "multi"])
def test_same_seed_same_flow(name: str) -> None:
    first, again, other = (FLOWS[name](seed, 2_000, lambda _: None) for seed in (7, 7, 8))
    assert first == again
    assert first.body != other.body


def test_sequences_count_on_through_all_three_parts(played: Callable[[str], Played]) -> None:
    flow = played("excore").flow
    block = np.frombuffer(b"".join(flow), layout_of(PlaceOrder).dtype)
    assert np.array_equal(block["sequence"], np.arange(1, len(block) + 1))
    assert set(block["kind"].tolist()) <= set(COMMANDS)
