"""The rules of spec/client-ids.md: which of the clients' own ids are taken, and by which order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from lionrock.sim.auditor.book import Order
from lionrock.words.faults import Fault
from lionrock.words.limits import CLIENT_ORDER_ID_MEMORY_NS

STILL_OPEN = -1
"""Stands for the time of the end of an order that rests or waits."""


class ClientIds:
    """The ids that are taken, by account and key. Key 0 is no id: it is never taken and finds nothing."""

    def __init__(self) -> None:
        self._order_ids: dict[tuple[int, int], int] = {}
        self._ends_ns: dict[tuple[int, int], int] = {}
        self._ended: deque[tuple[int, int]] = deque()
        """Ids of orders that are over, in the order in which they ended."""

    def __iter__(self) -> Iterator[tuple[int, int, int, int]]:
        """Account, key, order and time of its end, by account and key."""
        for (account_id, key), order_id in sorted(self._order_ids.items()):
            yield account_id, key, order_id, self._ends_ns[account_id, key]

    def order_id(self, account_id: int, key: int) -> int:
        """The order to which the account gave this id, also when it is over; 0 when the id is free."""
        return self._order_ids.get((account_id, key), 0)

    def take(self, order: Order) -> None:
        """The order was placed."""
        if order.client_order_key != 0:
            taken = order.account_id, order.client_order_key
            self._order_ids[taken] = order.order_id
            self._ends_ns[taken] = STILL_OPEN

    def end(self, order: Order, time_ns: int) -> None:
        """The order is over, in a command of this time; its id stays taken for as long as the page says."""
        if order.client_order_key != 0:
            taken = order.account_id, order.client_order_key
            self._ends_ns[taken] = time_ns
            self._ended.append(taken)

    def free_until(self, time_ns: int) -> None:
        """Comes before everything else that a command of this time does."""
        while self._ended and self._ends_ns[self._ended[0]] + CLIENT_ORDER_ID_MEMORY_NS <= time_ns:
            freed = self._ended.popleft()
            del self._order_ids[freed], self._ends_ns[freed]

    def check(self, open_orders: dict[tuple[int, int], int], time_ns: int) -> None:
        """Looks whether just these orders, by account and key, are open with an id. Raises `Fault` when not."""
        known = {taken: self._order_ids[taken] for taken, end_ns in self._ends_ns.items() if end_ns == STILL_OPEN}
        if known != open_orders:
            raise Fault(f"{len(open_orders)} open orders have a client's id, {len(known)} ids are of open orders")
        ended_ns = [end_ns for end_ns in self._ends_ns.values() if end_ns != STILL_OPEN]
        if sorted(ended_ns) != [self._ends_ns[taken] for taken in self._ended]:
            raise Fault("the clients' ids of orders that are over are not known in the order of their ends")
        if ended_ns and min(ended_ns) + CLIENT_ORDER_ID_MEMORY_NS <= time_ns:
            raise Fault(f"a client's id is still taken at {time_ns} ns, its order ended at {min(ended_ns)} ns")
