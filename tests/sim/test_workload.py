"""The random flow reaches everything there is to reach, and is the same for the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product

import pytest

from lionrock.sim.workload import fuzz_records, random_flow
from lionrock.sim.workload_wrong import SLIPS
from lionrock.words.commands import COMMANDS, PlaceOrder
from lionrock.words.enumerations import AccountKind, CancelReason, FeeCurrency, OrderType, Side, TimeInForce
from lionrock.words.events import (
    EVENTS,
    AccountOpened,
    CommandRejected,
    Event,
    MarketListed,
    OrderCancelled,
    OrderPlaced,
    TradeExecuted,
)
from lionrock.words.records import layout_of, unpack, unpack_all
from lionrock.words.rejections import Rejection
from tests.engines import new_venue
from tests.sim.flows import records_of, sequence_of

FlowMaker = Callable[..., Iterator[bytes]]


@pytest.fixture(scope="module")
def told() -> list[Event]:
    """What the venue answers to one flow of 200,000 commands."""
    venue = new_venue("fast")
    return [event for batch in random_flow(1, 200_000) for event in unpack_all(EVENTS, venue.apply(batch))]


def test_every_event_occurs(told: list[Event]) -> None:
    assert {type(event) for event in told} == set(EVENTS.values())


def test_every_refusal_occurs(told: list[Event]) -> None:
    refused = Counter(event.rejection for event in told if isinstance(event, CommandRejected))
    assert {rejection for rejection in Rejection if not refused[rejection]} == set()


def test_every_reason_of_cancelling_occurs(told: list[Event]) -> None:
    reasons = {event.reason for event in told if isinstance(event, OrderCancelled)}
    assert reasons == set(CancelReason)


def test_every_kind_of_order_is_placed_on_markets_of_both_fee_currencies(told: list[Event]) -> None:
    currencies = {event.market_id: event.fee_currency for event in told if isinstance(event, MarketListed)}
    placed = {
        (event.side, event.order_type, event.time_in_force, event.quote_amount_atoms > 0, currencies[event.market_id])
        for event in told
        if isinstance(event, OrderPlaced)
    }
    limits = product(Side, [OrderType.LIMIT], TimeInForce, [False], FeeCurrency)
    markets = product(Side, [OrderType.MARKET], [TimeInForce.IMMEDIATE_OR_CANCEL], [True, False], FeeCurrency)
    assert placed == {*limits, *markets}


def test_every_kind_of_account_is_opened(told: list[Event]) -> None:
    assert {event.account_kind for event in told if isinstance(event, AccountOpened)} == set(AccountKind)


def test_some_orders_trade_and_some_rest(told: list[Event]) -> None:
    placed = sum(isinstance(event, OrderPlaced) for event in told)
    takers = {event.taker_order_id for event in told if isinstance(event, TradeExecuted)}
    assert 0.10 < len(takers) / placed < 0.30


def test_every_command_and_every_pairing_of_type_and_time_in_force_is_sent() -> None:
    kinds: set[int] = set()
    pairings: set[tuple[int, int]] = set()
    for record in (record for batch in random_flow(2, 200_000) for record in records_of(batch)):
        kind = int.from_bytes(record[:2], "little")
        kinds.add(kind)
        if kind == layout_of(PlaceOrder).kind:
            order = unpack(COMMANDS, record)
            assert isinstance(order, PlaceOrder)
            pairings.add((order.order_type, order.time_in_force))
    assert kinds > COMMANDS.keys()
    assert pairings > set(product(OrderType, TimeInForce))


@pytest.mark.parametrize("flow", [random_flow, fuzz_records])
def test_seed_decides_everything(flow: FlowMaker) -> None:
    first, again, other = (b"".join(flow(seed, 2_500)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("flow", [random_flow, fuzz_records])
def test_sequences_have_no_gaps_and_times_never_fall(flow: FlowMaker) -> None:
    records = [record for batch in flow(5, 12_345, batch=500) for record in records_of(batch)]
    assert [sequence_of(record) for record in records] == list(range(1, 12_346))
    times = [int.from_bytes(record[10:18], "little", signed=True) for record in records]
    assert times == sorted(times)
    assert 0 < len({*times}) < len(times), "some commands share a time"


def test_books_keep_a_moderate_depth() -> None:
    venue = new_venue("fast")
    deepest = 0
    for batch in random_flow(4, 100_000, batch=5_000):
        venue.apply(batch)
        deepest = max(deepest, sum(line.startswith("order|") for line in venue.lines()))
    assert 300 < deepest < 2_000


def test_slips_name_fields_of_their_commands() -> None:
    for command_type, slip in SLIPS:
        assert slip.keys() <= layout_of(command_type).fields.keys()
