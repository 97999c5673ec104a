"""Which of the clients' own ids are taken, from events alone (CLID)."""

from __future__ import annotations

from collections.abc import Iterable

from lionrock.words import events
from lionrock.words.events import Event
from lionrock.words.limits import CLIENT_ORDER_ID_MEMORY_NS
from lionrock.words.rejections import Rejection

_OPEN = -1
"""Stands for the time of the end of an order that lives."""


class ClientIds:
    """Fed with every event; raises `AssertionError` when an id is given twice."""

    def __init__(self) -> None:
        self._taken: dict[tuple[int, int], tuple[int, int]] = {}
        """Order and time of its end, by account and key."""
        self._keys: dict[int, tuple[int, int]] = {}
        """The same key by order, for all that are in `_taken`."""
        self._time_ns = 0

    def enter(self, event: Event) -> None:
        self._time_ns = event.time_ns
        match event:
            case events.OrderPlaced() if event.client_order_key:
                self._take(event)
            case events.OrderFilled() | events.OrderCancelled() if event.order_id in self._keys:
                self._taken[self._keys[event.order_id]] = event.order_id, event.time_ns
            case events.CommandRejected(rejection=Rejection.CLIENT_ORDER_ID_IN_USE):
                assert self._is_taken(event.first_figure), f"that order has no id that is taken: {event}"

    def _take(self, event: events.OrderPlaced) -> None:
        named = event.account_id, event.client_order_key
        order_id, _ = self._taken.get(named, (0, 0))
        assert not self._is_taken(order_id), f"order {order_id} ended at {self._taken[named][1]} or lives: {event}"
        self._keys.pop(order_id, None)
        self._taken[named] = event.order_id, _OPEN
        self._keys[event.order_id] = named

    def _is_taken(self, order_id: int) -> bool:
        if order_id not in self._keys:
            return False
        _, ended_ns = self._taken[self._keys[order_id]]
        return ended_ns == _OPEN or self._time_ns - ended_ns < CLIENT_ORDER_ID_MEMORY_NS

    def differs_from(self, lines: Iterable[str]) -> list[str]:
        """What the venue's lines of state say otherwise; empty if nothing."""
        rows = [line.split("|") for line in lines]
        theirs = [tuple(map(int, row[1:])) for row in rows if row[0] == "client"]
        mine = [(*named, *taken) for named, taken in sorted(self._taken.items()) if self._is_taken(taken[0])]
        if mine == theirs:
            return []
        odd = sorted({*mine} ^ {*theirs})[:5]
        return [f"clients' ids (account, key, order, end) or their order differ: {odd}"]
