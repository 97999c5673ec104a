"""Keeps the orders that wait for a trade, and which trades there were, from events alone (TRIG)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lionrock.words import events
from lionrock.words.enumerations import CancelReason, MarketPhase, OrderType, Side, Trigger

_RISING, _FALLING = 1, 2
_ENDS_WAITING = {CancelReason.REQUESTED, CancelReason.DISCONNECTED, CancelReason.KILL_SWITCH, CancelReason.EXPIRED}


class WaitingOrders:
    """Told of each order that begins or ceases to wait and of each trade; raises `AssertionError`."""

    def __init__(self) -> None:
        self.orders: dict[int, events.OrderPlaced] = {}
        """By their ids."""
        self._in_market: defaultdict[int, dict[int, events.OrderPlaced]] = defaultdict(dict)
        self.reached: dict[int, tuple[int, int]] = {}
        """Highest and lowest trade price since triggered orders last came in, by market."""

    def begin(self, placed: events.OrderPlaced, last_price_ticks: int) -> None:
        """A sound trigger that the last trade does not meet, on an order whose hold does not depend on the book."""
        assert placed.trigger in set(Trigger), placed
        assert placed.trigger_price_ticks > 0, placed
        if placed.order_type == OrderType.LIMIT:
            assert not placed.post_only, f"post-only waits: {placed}"
        else:
            by_amount = placed.quote_amount_atoms > 0
            assert by_amount == (placed.side == Side.BUY), f"{placed} waits"
        if last_price_ticks:
            assert not _met(placed, last_price_ticks, last_price_ticks), f"met by {last_price_ticks}: {placed}"
        self.orders[placed.order_id] = self._in_market[placed.market_id][placed.order_id] = placed

    def trade(self, event: events.TradeExecuted) -> None:
        assert event.taker_order_id not in self.orders, f"an order that waits trades: {event}"
        assert event.maker_order_id not in self.orders, f"an order that waits trades: {event}"
        highest, lowest = self.reached.get(event.market_id, (event.price_ticks, event.price_ticks))
        self.reached[event.market_id] = max(highest, event.price_ticks), min(lowest, event.price_ticks)

    def come_in(self, event: events.OrderTriggered, phase: int) -> None:
        """The next in turn of those whose trigger a trade has met."""
        assert event.order_id in self.orders, f"no such order waits: {event}"
        placed = self.orders[event.order_id]
        assert (event.account_id, event.market_id) == (placed.account_id, placed.market_id), event
        assert phase == MarketPhase.CONTINUOUS, f"in phase {phase}: {event}"
        due = self._due(event.market_id)
        assert event.order_id in due, f"no trade met it, they were {self.reached.get(event.market_id)}: {event}"
        assert event.order_id == due[0], f"order {due[0]} is due before it: {event}"
        self._forget(placed)

    def end(self, event: events.OrderFilled | events.OrderCancelled) -> None:
        """An order that waits ends by what ends orders at rest, and never filled."""
        assert isinstance(event, events.OrderCancelled), f"it waits: {event}"
        assert event.reason in _ENDS_WAITING, f"it waits: {event}"
        self._forget(self.orders[event.order_id])

    def end_of_command(self, market_id: int, phase: int) -> None:
        """Nothing that was met still waits where there is continuous trading."""
        if phase == MarketPhase.CONTINUOUS:
            due = self._due(market_id)
            assert not due, f"orders {due} of market {market_id} were met by {self.reached.get(market_id)} and wait"
            self.reached.pop(market_id, None)

    def _due(self, market_id: int) -> list[int]:
        """Ids of those that a trade has met, in the order in which they come in."""
        if market_id not in self.reached:
            return []
        highest, lowest = self.reached[market_id]
        due = [placed for placed in self._in_market[market_id].values() if _met(placed, highest, lowest)]
        return [placed.order_id for placed in sorted(due, key=_turn)]

    def _forget(self, placed: events.OrderPlaced) -> None:
        del self.orders[placed.order_id]
        del self._in_market[placed.market_id][placed.order_id]

    def differs_from(self, lines: Iterable[str]) -> list[str]:
        """What the venue's lines of state say otherwise; empty if nothing."""
        rows = [line.split("|") for line in lines]
        differences = []
        theirs = {int(row[1]): (int(row[24]), int(row[25])) for row in rows if row[0] == "market"}
        for market_id, reached in theirs.items():
            if (mine := self.reached.get(market_id, (0, 0))) != reached:
                differences.append(f"market {market_id}: trades reached {mine} by the events, and {reached}")
        turns = [tuple(int(row[at]) for at in (1, 2, 3, 6, 4, 19)) for row in rows if row[0] == "waiting"]
        mine_waiting = sorted(self.orders.values(), key=lambda placed: (placed.market_id, *_turn(placed)))
        my_turns = [
            (each.market_id, _direction(each), each.trigger_price_ticks, each.order_id, each.side, _would_show(each))
            for each in mine_waiting
        ]
        if my_turns != turns:
            odd = sorted({*my_turns} ^ {*turns})[:5]
            fields = "market, direction, trigger, id, side, what would show"
            differences.append(f"waiting orders ({fields}) or their turns differ: {odd}")
        return differences


def _would_show(placed: events.OrderPlaced) -> int:
    return min(placed.display_lots or placed.size_lots, placed.size_lots)


def _direction(placed: events.OrderPlaced) -> int:
    rises = (placed.trigger == Trigger.STOP) == (placed.side == Side.BUY)
    return _RISING if rises else _FALLING


def _met(placed: events.OrderPlaced, highest: int, lowest: int) -> bool:
    if _direction(placed) == _RISING:
        return highest >= placed.trigger_price_ticks
    return lowest <= placed.trigger_price_ticks


def _turn(placed: events.OrderPlaced) -> tuple[int, int, int]:
    """Rising before falling, the nearest first, then the oldest."""
    direction = _direction(placed)
    nearness = placed.trigger_price_ticks if direction == _RISING else -placed.trigger_price_ticks
    return direction, nearness, placed.order_id
