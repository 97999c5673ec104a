"""In the random flow icebergs of every make show part after part, and clients use their own ids in every way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, product

import pytest

from lionrock.sim.workload import random_flow
from lionrock.words import events
from lionrock.words.commands import COMMANDS as COMMAND_TYPES
from lionrock.words.commands import AmendOrder, CancelOrder, Command, PlaceOrder
from lionrock.words.enumerations import CancelReason, Side, TimeInForce, Trigger
from lionrock.words.events import EVENTS, Event
from lionrock.words.limits import CLIENT_ORDER_ID_MEMORY_NS
from lionrock.words.records import layout_of, unpack, unpack_all
from lionrock.words.rejections import Rejection
from tests.engines import new_venue
from tests.sim.bookkeeper import Bookkeeper
from tests.sim.flows import records_of

COMMANDS = 100_000
MAY_REST = (TimeInForce.GOOD_TILL_CANCELLED, TimeInForce.GOOD_TILL_DATE, TimeInForce.DAY)
_NAMING = {layout_of(kind).kind for kind in (PlaceOrder, CancelOrder, AmendOrder)}


class Watcher(Bookkeeper):
    """Notes what befalls icebergs."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()
        self._rounds: Counter[int] = Counter()
        """How often each order was replenished in this command."""

    def enter(self, told: Sequence[Event]) -> None:
        self._rounds.clear()
        super().enter(told)
        self.seen["goes round one order twice"] += max(self._rounds.values(), default=0) > 1
        self.seen["goes round two orders"] += len(self._rounds) > 1

    def _enter(self, event: Event) -> None:
        order = self.orders.get(getattr(event, "order_id", 0))
        if isinstance(event, events.OrderReplenished):
            self._rounds[event.order_id] += 1
            last = event.shown_lots == event.remaining_lots
            self.seen["the last part" if last else "a part"] += 1
        if order and order.placed.display_lots and event.order_id in self.queues:  # type: ignore[attr-defined]
            self._look_at(event, self.queues.shown_lots(order))
        if isinstance(event, events.TradeExecuted) and event.in_auction:
            for order_id in event.maker_order_id, event.taker_order_id:
                shown_lots = self.queues.shown_lots(self.orders[order_id])
                hides = shown_lots < self.orders[order_id].remaining_lots
                self.seen["auction: hidden lots trade"] += hides and event.size_lots > shown_lots
                self.seen["auction: traded in part"] += hides and event.size_lots < shown_lots
        super()._enter(event)

    def _look_at(self, event: Event, shown_lots: int) -> None:
        match event:
            case events.OrderCancelled():
                self.seen[f"cancelled {CancelReason(event.reason).name}"] += 1
            case events.OrderFilled():
                self.seen["filled"] += 1
            case events.OrderReduced():
                self.seen["reduced to less than showed" if event.remaining_lots < shown_lots else "reduced"] += 1
            case events.OrderAmended():
                place = "in its place" if event.priority_kept else "anew"
                less = " to less than showed" if event.remaining_lots < shown_lots else ""
                self.seen[f"amended {place}{less}"] += 1


Sent = tuple[Command, list[Event]]


@pytest.fixture(scope="module")
def watched() -> tuple[list[Sent], Watcher]:
    """What one flow sends that places or names an order, with what the venue answers, and who watched it all."""
    venue, watcher = new_venue("fast"), Watcher()
    sent = []
    for batch in random_flow(1, COMMANDS):
        answers = groupby(unpack_all(EVENTS, venue.apply(batch)), key=_sequence)
        for record, (_, told) in zip(records_of(batch), answers, strict=True):
            answer = list(told)
            watcher.enter(answer)
            if int.from_bytes(record[:2], "little") in _NAMING:
                sent.append((unpack(COMMAND_TYPES, record), answer))
    return sent, watcher


@pytest.fixture(scope="module")
def sent(watched: tuple[list[Sent], Watcher]) -> list[Sent]:
    return watched[0]


@pytest.fixture(scope="module")
def seen(watched: tuple[list[Sent], Watcher]) -> Counter[str]:
    return watched[1].seen


def _sequence(event: Event) -> int:
    return event.sequence


def _placed(sent: list[Sent]) -> Iterator[events.OrderPlaced]:
    return (event for _, answer in sent for event in answer if isinstance(event, events.OrderPlaced))


def _refusal(answer: list[Event]) -> Rejection | None:
    last = answer[-1]
    return Rejection(last.rejection) if isinstance(last, events.CommandRejected) else None


def test_icebergs_of_every_make_are_placed(sent: list[Sent]) -> None:
    hiding = [order for order in _placed(sent) if order.display_lots]
    makes = {(order.side, order.time_in_force, order.trigger) for order in hiding}
    assert makes == set(product(Side, MAY_REST, Trigger))
    assert {(order.side, order.post_only) for order in hiding} == set(product(Side, (0, 1)))
    sizes = Counter(
        "whole" if order.display_lots == order.size_lots else "one" if order.display_lots == 1 else "some"
        for order in hiding
    )
    sizes["all but one"] = sum(order.display_lots == order.size_lots - 1 > 1 for order in hiding)
    assert min(sizes[kind] for kind in ("whole", "one", "some", "all but one")) > 100


def test_icebergs_show_part_after_part_and_end_in_every_way(seen: Counter[str]) -> None:
    often = ("a part", "the last part", "goes round one order twice", "goes round two orders", "filled")
    assert {what for what in often if seen[what] < 100} == set()
    ends = {CancelReason[what.removeprefix("cancelled ")] for what in seen if what.startswith("cancelled")}
    assert ends == {
        CancelReason.REQUESTED,
        CancelReason.DISCONNECTED,
        CancelReason.KILL_SWITCH,
        CancelReason.EXPIRED,
        CancelReason.SELF_TRADE,
    }
    changes = ("amended in its place", "amended in its place to less than showed", "amended anew", "reduced")
    assert {what for what in changes if seen[what] < 5} == set()
    assert seen["reduced to less than showed"] > 0


def test_hidden_lots_trade_in_auctions(seen: Counter[str]) -> None:
    assert seen["auction: hidden lots trade"] > 20
    assert seen["auction: traded in part"] > 5


def test_display_sizes_are_refused_at_both_edges(sent: list[Sent]) -> None:
    refused = [answer[-1] for _, answer in sent if _refusal(answer) == Rejection.DISPLAY_SIZE_OUT_OF_RANGE]
    over = {event.second_figure - event.first_figure for event in refused if isinstance(event, events.CommandRejected)}
    assert 1 in over
    assert any(event.second_figure == -1 for event in refused if isinstance(event, events.CommandRejected))
    combined = {
        (command.order_type, command.time_in_force)
        for command, answer in sent
        if isinstance(command, PlaceOrder)
        and command.display_lots
        and _refusal(answer) == Rejection.ORDER_COMBINATION_UNSUPPORTED
    }
    assert {(1, TimeInForce.IMMEDIATE_OR_CANCEL), (1, TimeInForce.FILL_OR_KILL), (2, 2)} <= combined


def test_ids_are_free_again_after_24_hours_to_the_nanosecond(sent: list[Sent]) -> None:
    named: dict[int, tuple[int, int]] = {}
    """Account and key by order."""
    last: dict[tuple[int, int], int] = {}
    """When the order that had it ended, by account and key."""
    waited: Counter[tuple[str, int]] = Counter()
    for command, answer in sent:
        if isinstance(command, PlaceOrder) and command.client_order_key:
            name = command.account_id, command.client_order_key
            refusal = _refusal(answer)
            if name in last:
                since_ns = command.time_ns - last[name] - CLIENT_ORDER_ID_MEMORY_NS
                waited["refused" if refusal == Rejection.CLIENT_ORDER_ID_IN_USE else "asked", min(since_ns, 1)] += 1
        for event in answer:
            if isinstance(event, events.OrderPlaced) and event.client_order_key:
                named[event.order_id] = event.account_id, event.client_order_key
                last.pop(named[event.order_id], None)
            if isinstance(event, events.OrderFilled | events.OrderCancelled) and event.order_id in named:
                last[named[event.order_id]] = event.time_ns
    assert waited["refused", -1] > 5
    assert waited["asked", 0] > 5
    assert waited["asked", 1] > 100
    assert {at for what, at in waited if what == "refused"} & {0, 1} == set()


def _is_alike(command: Command, placed: events.OrderPlaced) -> bool:
    asked = (getattr(command, name) for name in ("side", "order_type", "price_ticks", "size_lots"))
    return (*asked,) == (placed.side, placed.order_type, placed.price_ticks, placed.size_lots)


def test_ids_are_asked_for_again_by_retries_and_by_others(sent: list[Sent]) -> None:
    in_use: Counter[str] = Counter()
    orders = {order.order_id: order for order in _placed(sent)}
    shared: Counter[int] = Counter()
    for command, answer in sent:
        last = answer[-1]
        if isinstance(last, events.CommandRejected) and last.rejection == Rejection.CLIENT_ORDER_ID_IN_USE:
            in_use["the same order" if _is_alike(command, orders[last.first_figure]) else "another order"] += 1
    for name in {(order.account_id, order.client_order_key) for order in orders.values() if order.client_order_key}:
        shared[name[1]] += 1
    assert in_use["the same order"] > 100
    assert in_use["another order"] > 100
    assert max(shared.values()) > 3


@pytest.mark.parametrize("kind", [CancelOrder, AmendOrder])
def test_orders_are_named_by_their_clients_ids(sent: list[Sent], kind: type[CancelOrder | AmendOrder]) -> None:
    named: Counter[str] = Counter()
    for command, answer in sent:
        if not isinstance(command, kind) or command.order_id or not command.client_order_key:
            continue
        last = answer[-1]
        if not isinstance(last, events.CommandRejected):
            named["done"] += 1
        elif last.rejection == Rejection.ORDER_UNKNOWN:
            named["ended" if last.first_figure else "unknown"] += 1
        elif last.rejection == Rejection.AMENDED_ORDER_IS_WAITING:
            named["waiting"] += 1
    wanted = {"done", "ended", "unknown"} | ({"waiting"} if kind is AmendOrder else set())
    assert {what for what in wanted if named[what] < 5} == set()
    numbered = [command for command, _ in sent if isinstance(command, kind) and command.order_id]
    assert sum(command.client_order_key > 0 for command in numbered) > 50
