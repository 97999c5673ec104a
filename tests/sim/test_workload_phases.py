"""The random flow opens, closes and halts markets, holds auctions of every shape, and hits price bands in every way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby, pairwise

import pytest

from lionrock.sim.workload import random_flow
from lionrock.sim.workload_venue import MARKETS
from lionrock.words import events
from lionrock.words.enumerations import CancelReason, MarketPhase, OrderType, SelfTradePrevention, Side, TimeInForce
from lionrock.words.events import EVENTS, Event
from lionrock.words.records import unpack_all
from tests.engines import new_venue
from tests.sim.bookkeeper import Bookkeeper
from tests.sim.living_orders import Order

COMMANDS = 200_000


class Watcher(Bookkeeper):
    """Notes what stood in the book when an auction was held or an order was not filled whole."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()
        self._at_auction: dict[int, int] = {}
        """Modes of the orders that an auction found, by id."""

    def _enter(self, event: Event) -> None:
        match event:
            case events.AuctionUncrossed():
                self._look_at(event)
            case events.TradeExecuted(in_auction=1):
                maker, taker = self.orders[event.maker_order_id], self.orders[event.taker_order_id]
                if self._owner(maker) == self._owner(taker):
                    self.seen["auction: one owner trades"] += 1
            case events.OrderCancelled(reason=CancelReason.SELF_TRADE) if event.order_id in self.queues:
                if self.phases.auction:
                    mode = self.orders[event.order_id].placed.self_trade_prevention
                    self.seen[f"auction: {SelfTradePrevention(mode).name} cancelled"] += 1
            case events.OrderCancelled(reason=CancelReason.NOT_FILLABLE_WHOLE):
                self._look_at_killed(self.orders[event.order_id])
        super()._enter(event)

    def _book(self, market_id: int, side: Side) -> list[Order]:
        orders = [order for order_id, order in self.orders.items() if order_id in self.queues]
        return [each for each in orders if (each.placed.market_id, each.placed.side) == (market_id, side)]

    def _look_at(self, event: events.AuctionUncrossed) -> None:
        """How many prices were as good in volume, and how many in imbalance, too."""
        bids, asks = self._book(event.market_id, Side.BUY), self._book(event.market_id, Side.SELL)
        found = {}
        for price in {order.price_ticks for order in bids + asks}:
            wanted = sum(order.remaining_lots for order in bids if order.price_ticks >= price)
            offered = sum(order.remaining_lots for order in asks if order.price_ticks <= price)
            found[price] = min(wanted, offered), wanted - offered
        chosen = found[event.price_ticks]
        assert chosen == (event.size_lots, event.imbalance_lots), event
        assert chosen[0] == max(lots for lots, _ in found.values()), event
        same_volume = [imbalance for lots, imbalance in found.values() if lots == chosen[0]]
        assert abs(chosen[1]) == min(map(abs, same_volume)), event
        tie = "of several in volume" if len(same_volume) > 1 else "the only one"
        if sum(abs(imbalance) == abs(chosen[1]) for imbalance in same_volume) > 1:
            tie = "of several in imbalance"
        imbalance = "balanced" if chosen[1] == 0 else "buyers left" if chosen[1] > 0 else "sellers left"
        self.seen[f"price {tie}"] += 1
        self.seen[imbalance] += 1

    def _look_at_killed(self, order: Order) -> None:
        """Whether the book had enough for a fill-or-kill order, so that only the band can have been in its way."""
        placed = order.placed
        opposite = Side.SELL if placed.side == Side.BUY else Side.BUY
        sign = 1 if placed.side == Side.BUY else -1
        lots = sum(
            other.remaining_lots
            for other in self._book(placed.market_id, opposite)
            if sign * (placed.price_ticks - other.price_ticks) >= 0 and self._owner(other) != self._owner(order)
        )
        if lots >= placed.size_lots:
            self.seen["fill-or-kill kept from the band"] += 1


@pytest.fixture(scope="module")
def told() -> list[list[Event]]:
    """What the venue answers to each command of one flow."""
    venue = new_venue("fast")
    return [
        list(answers)
        for batch in random_flow(1, COMMANDS)
        for _, answers in groupby(unpack_all(EVENTS, venue.apply(batch)), key=_sequence)
    ]


@pytest.fixture(scope="module")
def seen(told: list[list[Event]]) -> Counter[str]:
    watcher = Watcher()
    for answers in told:
        watcher.enter(answers)
    return watcher.seen


def _sequence(event: Event) -> int:
    return event.sequence


def _changes(told: Iterable[Iterable[Event]]) -> list[events.MarketPhaseChanged]:
    return [event for answers in told for event in answers if isinstance(event, events.MarketPhaseChanged)]


def test_markets_are_continuous_most_of_the_time_and_in_every_phase_at_some(told: list[list[Event]]) -> None:
    spent: Counter[int] = Counter()
    since = {market.market_id: (MarketPhase.CONTINUOUS.value, 0) for market in MARKETS}
    for event in (event for event in _changes(told) if event.market_id in since):
        phase, sequence = since[event.market_id]
        spent[phase] += event.sequence - sequence
        since[event.market_id] = event.phase, event.sequence
    for phase, sequence in since.values():
        spent[phase] += COMMANDS - sequence
    assert spent.keys() == set(MarketPhase)
    assert 0.80 < spent[MarketPhase.CONTINUOUS] / spent.total() < 0.92


def test_every_way_from_phase_to_phase_that_a_day_needs_occurs(told: list[list[Event]]) -> None:
    ways = {(event.previous_phase, event.phase) for event in _changes(told)}
    others = set(MarketPhase) - {MarketPhase.CONTINUOUS}
    assert {(MarketPhase.CONTINUOUS, phase) for phase in others} <= ways
    assert {(phase, MarketPhase.CONTINUOUS) for phase in others} <= ways
    assert {(MarketPhase.CLOSED, MarketPhase.PRE_OPEN), (MarketPhase.PRE_OPEN, MarketPhase.CLOSED)} <= ways


def test_changes_are_due_before_all_kinds_of_commands_and_hold_auctions(told: list[list[Event]]) -> None:
    by_time = [
        answers
        for answers in told
        if isinstance(answers[0], events.MarketPhaseChanged) and not isinstance(answers[-1], _OF_A_CHANGE)
    ]
    last = {type(answers[-1]) for answers in by_time}
    assert {events.OrderPlaced, events.CommandRejected, events.TransferPosted} <= last
    assert any(isinstance(event, events.AuctionUncrossed) for answers in by_time for event in answers)


_OF_A_CHANGE = (events.MarketPhaseChanged, events.OrderFilled, events.OrderCancelled, events.HoldReduced)


def test_auctions_open_and_close_markets(told: list[list[Event]]) -> None:
    auctions: Counter[tuple[int, int]] = Counter()
    closed_for_the_day = 0
    for answers in told:
        for event, following in pairwise(answers):
            if isinstance(event, events.MarketPhaseChanged) and isinstance(following, events.AuctionUncrossed):
                auctions[event.previous_phase, event.phase] += 1
                day_ends = isinstance(answers[-1], events.OrderCancelled) and answers[-1].reason == CancelReason.EXPIRED
                closed_for_the_day += day_ends and event.phase == MarketPhase.CLOSED
    assert auctions[MarketPhase.PRE_OPEN, MarketPhase.CONTINUOUS] > 50
    assert auctions[MarketPhase.PRE_OPEN, MarketPhase.CLOSED] > 20
    assert auctions[MarketPhase.VOLATILITY_AUCTION, MarketPhase.CONTINUOUS] > 50
    assert auctions[MarketPhase.HALTED, MarketPhase.CONTINUOUS] > 5
    assert closed_for_the_day > 5


def test_auctions_have_ties_and_imbalances_and_orders_of_one_owner(seen: Counter[str]) -> None:
    assert seen["price of several in volume"] > 20
    assert seen["price of several in imbalance"] > 20
    assert seen["price the only one"] > 20
    assert min(seen["buyers left"], seen["sellers left"], seen["balanced"]) > 20
    modes = {mode.name for mode in SelfTradePrevention if mode}
    assert {mode for mode in modes if seen[f"auction: {mode} cancelled"]} == modes
    assert seen["auction: NONE cancelled"] == 0
    assert seen["auction: one owner trades"] > 20


def test_some_auction_is_followed_by_another_at_once(told: list[list[Event]]) -> None:
    """Self-trade prevention took away what would have uncrossed the book."""
    assert any(
        sum(isinstance(event, events.AuctionUncrossed) for event in answers) > 1
        and sum(isinstance(event, events.MarketPhaseChanged) for event in answers) == 1
        for answers in told
    )


def test_bands_are_hit_in_every_way(told: list[list[Event]], seen: Counter[str]) -> None:
    hits: Counter[str] = Counter()
    for answers in told:
        *_, last = answers
        if not isinstance(last, events.MarketPhaseChanged) or last.phase != MarketPhase.VOLATILITY_AUCTION:
            continue
        if any(isinstance(each, events.OrderTriggered) for each in answers):
            hits["triggered"] += 1
            continue
        asked = next((each for each in answers if isinstance(each, events.OrderPlaced | events.OrderAmended)), None)
        traded = "after trades" if any(isinstance(each, events.TradeExecuted) for each in answers) else "at once"
        if isinstance(asked, events.OrderAmended):
            hits[f"amended {traded}"] += 1
        elif asked and asked.quote_amount_atoms:
            hits[f"by amount {traded}"] += 1
        elif asked:
            kind = f"{OrderType(asked.order_type).name} {TimeInForce(asked.time_in_force).name}"
            hits[f"{kind} {traded}"] += 1
    assert hits["triggered"] > 5
    makes = ["amended", "by amount", "MARKET IMMEDIATE_OR_CANCEL", "LIMIT IMMEDIATE_OR_CANCEL"]
    makes += [f"LIMIT {kind}" for kind in ("GOOD_TILL_CANCELLED", "GOOD_TILL_DATE", "DAY")]
    assert {f"{make} {when}" for make in makes for when in ("after trades", "at once")} <= hits.keys()
    assert not any("FILL_OR_KILL" in how for how in hits)
    assert seen["fill-or-kill kept from the band"] > 5
