"""In the random flow orders of every make wait for trades, come in, end waiting, and every gate is met both ways."""

from __future__ import annotations

from collections import Counter
from itertools import groupby, product

import pytest

from lionrock.sim.workload import random_flow
from lionrock.words import events
from lionrock.words.commands import (
    PlaceOrder,
    SetAccountProfile,
    SetAssetPermission,
    SetMarketRules,
    SettleHold,
    SetValuation,
)
from lionrock.words.enumerations import (
    AccountRestriction,
    CancelReason,
    ClientClass,
    MarketPhase,
    OrderType,
    Side,
    TimeInForce,
    Trigger,
)
from lionrock.words.events import EVENTS, Event
from lionrock.words.records import layout_of, unpack_all
from lionrock.words.rejections import Rejection
from tests.engines import new_venue

COMMANDS = 200_000

LIMITS = tuple(product(Trigger, Side, [OrderType.LIMIT], TimeInForce))
AT_MARKET = ((Side.SELL, OrderType.MARKET), (Side.BUY, OrderType.MARKET))
MAKES = {
    *((trigger, side, kind, time) for trigger, side, kind, time in LIMITS if trigger),
    *(
        (trigger, side, kind, TimeInForce.IMMEDIATE_OR_CANCEL)
        for trigger in (Trigger.STOP, Trigger.TAKE_PROFIT)
        for side, kind in AT_MARKET
    ),
}
"""Trigger, side, type and time in force of everything that may wait."""

Make = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def told() -> list[list[Event]]:
    """What the venue answers to each command of one flow."""
    venue = new_venue("fast")
    return [
        list(answers)
        for batch in random_flow(1, COMMANDS)
        for _, answers in groupby(unpack_all(EVENTS, venue.apply(batch)), key=_sequence)
    ]


def _sequence(event: Event) -> int:
    return event.sequence


@pytest.fixture(scope="module")
def placed(told: list[list[Event]]) -> dict[int, events.OrderPlaced]:
    """Orders with a trigger, by id."""
    placings = (each for answers in told for each in answers if isinstance(each, events.OrderPlaced))
    return {each.order_id: each for each in placings if each.trigger}


def _make(order: events.OrderPlaced) -> Make:
    return order.trigger, order.side, order.order_type, order.time_in_force


def test_everything_that_may_wait_waits_and_nothing_else(placed: dict[int, events.OrderPlaced]) -> None:
    assert {_make(order) for order in placed.values()} == MAKES


def test_triggered_orders_of_every_make_come_in_and_most_trade(
    told: list[list[Event]], placed: dict[int, events.OrderPlaced]
) -> None:
    came_in: Counter[Make] = Counter()
    traded: Counter[Make] = Counter()
    for answers in told:
        incoming = 0
        takers = set()
        for event in answers:
            if isinstance(event, events.OrderTriggered):
                incoming = event.order_id
                came_in[_make(placed[incoming])] += 1
            if isinstance(event, events.TradeExecuted) and event.taker_order_id == incoming:
                takers.add(incoming)
        traded.update(_make(placed[order_id]) for order_id in takers)
    assert came_in.keys() == MAKES
    assert traded.keys() == MAKES
    assert traded.total() > came_in.total() / 4


def test_some_come_in_alone_some_in_a_row_and_some_set_off_others(told: list[list[Event]]) -> None:
    together: Counter[int] = Counter()
    chained = 0
    for answers in told:
        triggered = [event for event in answers if isinstance(event, events.OrderTriggered)]
        together[len(triggered)] += bool(triggered)
        traded_between = False
        for event in answers[answers.index(triggered[0]) :] if triggered else ():
            chained += isinstance(event, events.OrderTriggered) and traded_between
            traded_between |= isinstance(event, events.TradeExecuted)
    assert together[1] > 500
    assert together[2] > 50
    assert max(together) > 4
    assert chained > 50


def test_waiting_orders_end_in_every_way(told: list[list[Event]], placed: dict[int, events.OrderPlaced]) -> None:
    waiting: set[int] = set()
    ended: Counter[tuple[int, int]] = Counter()
    for event in (event for answers in told for event in answers):
        match event:
            case events.OrderPlaced(trigger=trigger) if trigger:
                waiting.add(event.order_id)
            case events.OrderTriggered():
                waiting.remove(event.order_id)
            case events.OrderCancelled() if event.order_id in waiting:
                waiting.remove(event.order_id)
                ended[event.reason, placed[event.order_id].time_in_force] += 1
    reasons = {reason for reason, _ in ended}
    assert reasons == {
        CancelReason.REQUESTED,
        CancelReason.EXPIRED,
        CancelReason.KILL_SWITCH,
        CancelReason.DISCONNECTED,
    }
    assert ended[CancelReason.EXPIRED, TimeInForce.GOOD_TILL_DATE] > 10
    assert ended[CancelReason.EXPIRED, TimeInForce.DAY] > 0
    assert {time for reason, time in ended if reason == CancelReason.REQUESTED} == set(TimeInForce)


def test_some_are_triggered_by_auctions_and_some_end_in_one(told: list[list[Event]]) -> None:
    causes: Counter[str] = Counter()
    for answers in told:
        kinds = [type(event) for event in answers]
        if events.OrderTriggered not in kinds:
            continue
        first = kinds.index(events.OrderTriggered)
        before = {event.in_auction for event in answers[:first] if isinstance(event, events.TradeExecuted)}
        causes["an auction" if 1 in before else "trades" if before else "trades of an earlier command"] += 1
        if any(isinstance(event, events.OrderAmended) for event in answers[:first]):
            causes["an amendment"] += 1
        if events.CommandRejected in kinds:
            causes["trades before a command that is refused"] += 1
        last = answers[-1]
        if isinstance(last, events.MarketPhaseChanged) and last.phase == MarketPhase.VOLATILITY_AUCTION:
            causes["and one began an auction"] += 1
    assert min(causes["an auction"], causes["trades"], causes["an amendment"]) > 5
    assert causes["trades of an earlier command"] > 0
    assert causes["trades before a command that is refused"] > 0
    assert causes["and one began an auction"] > 5


def test_new_orders_and_amendments_meet_every_gate(told: list[list[Event]]) -> None:
    refused = Counter(
        (event.command_kind, event.rejection)
        for answers in told
        for event in answers
        if isinstance(event, events.CommandRejected)
    )
    place = layout_of(PlaceOrder).kind
    gates = [rejection for rejection in Rejection if 260 <= rejection < 270]
    assert {gate.name: refused[place, gate] for gate in gates if refused[place, gate] < 50} == {}
    placed = sum(isinstance(event, events.OrderPlaced) for answers in told for event in answers)
    assert sum(refused[place, gate] for gate in gates) < placed / 4
    assert refused[6, Rejection.ACCOUNT_FROZEN] > 5
    assert {kind for kind, rejection in refused if 270 <= rejection < 276} == {
        layout_of(kind).kind
        for kind in (SetAccountProfile, SetMarketRules, SetValuation, SetAssetPermission, SettleHold)
    }


def test_what_is_forbidden_is_soon_allowed_again(told: list[list[Event]]) -> None:
    """No account and no market stays shut for long, so that the books live."""
    shut: dict[tuple[str, int], int] = {}
    classes: set[int] = set()
    longest = 0
    for event in (event for answers in told for event in answers):
        match event:
            case events.AccountProfileSet():
                classes.add(event.client_class)
                closed = event.restriction != AccountRestriction.NONE or not event.products & 1
                key = "account", event.account_id
            case events.MarketRulesSet():
                closed, key = event.admitted_classes == 0, ("market", event.market_id)
            case _:
                continue
        since = shut.pop(key, event.sequence)
        longest = max(longest, event.sequence - since)
        if closed:
            shut[key] = since
    assert classes == set(ClientClass)
    assert 100 < longest < 2_000
    assert all(COMMANDS - since < 2_000 for since in shut.values())
