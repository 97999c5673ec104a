"""The books of a flow, followed exactly while it is made, so that a command can name an order that does rest.

This is no second engine: orders rest only on their own side of a fixed middle, and what crosses it either trades whole
or is of a kind that never rests. A place in a queue is then the distance from the middle, in ticks, and the turn.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from heapq import heappop, heappush

import numpy as np

from lionrock.bench.blocks import Records, records_of
from lionrock.bench.draws import Column
from lionrock.words.commands import AmendOrder, CancelOrder, PlaceOrder
from lionrock.words.enumerations import OrderType, SelfTradePrevention, TimeInForce

PLACE, CANCEL, AMEND = 0, 1, 2

_TURN_BITS = 32


def numbers(first: int = 0) -> array[int]:
    """A growing column of 64-bit integers; where rows are numbered from 1, the first is a place-holder."""
    return array("q", [0] * first)


class FollowedBook:
    """Which orders rest, and the commands that made it so.

    A queue is a side of a market: 2 x (market id - 1) for buys, one more for sells. Orders are numbered from 1 as they
    are placed. Columns of orders have a place-holder at 0.
    """

    def __init__(self, markets: int, middle_ticks: int) -> None:
        self.middle_ticks = middle_ticks
        # Columns of orders.
        self.queue, self.account, self.size, self.left = numbers(1), numbers(1), numbers(1), numbers(1)
        self.away, self.turn, self.place = numbers(1), numbers(1), numbers(1)
        self.time_in_force, self.post_only, self.prevention = numbers(1), numbers(1), numbers(1)
        # Columns of commands.
        self.kinds, self.named, self.prices, self.sizes = numbers(), numbers(), numbers(), numbers()
        self.resting: list[int] = []
        self._of_turn = numbers()
        self._heaps: list[list[int]] = [[] for _ in range(2 * markets)]

    # -- what a flow may ask ---------------------------------------------------------------------------------------

    def best(self, queue: int) -> int:
        """The order that would trade first, or 0."""
        heap = self._heaps[queue]
        while heap:
            turn = heap[0] & ((1 << _TURN_BITS) - 1)
            order = self._of_turn[turn]
            if self.turn[order] == turn:
                return order
            heappop(heap)
        return 0

    # -- what a flow may do ------------------------------------------------------------------------------------------

    def add(self, queue: int, away: int, lots: int, account: int, *, post_only: int = 0, prevention: int = 0) -> None:
        """A good-till-cancelled order that rests, so far from the middle."""
        kind = TimeInForce.GOOD_TILL_CANCELLED
        order = self._place(queue, -away, lots, account, kind=kind, post_only=post_only, prevention=prevention)
        self._rest(order, away)

    def add_all(self, columns: Sequence[Column], prevention: int | Column = 0) -> None:
        """Many orders that rest: their queues, ticks from the middle, lots and accounts."""
        modes = np.zeros_like(columns[0]) + prevention
        for queue, away, lots, account, mode in np.stack((*columns, modes), axis=1).tolist():
            self.add(queue, away, lots, account, prevention=mode)

    def take(self, queue: int, reach: int, lots: int, account: int, prevention: int = 0) -> None:
        """An immediate-or-cancel order of this queue's side that goes so far past the middle."""
        self._place(queue, reach, lots, account, kind=TimeInForce.IMMEDIATE_OR_CANCEL, prevention=prevention)
        self._trade(queue ^ 1, reach, lots, account, prevention)

    def take_from_best(
        self, queue: int, lots: int, account: int, time_in_force: TimeInForce, prevention: int = 0
    ) -> None:
        """An order that the best one opposite fills whole, or that self-trade prevention ends."""
        best = self.best(queue ^ 1)
        lots = min(lots, self.left[best])
        self._place(queue, self.away[best], lots, account, kind=time_in_force, prevention=prevention)
        self._trade(queue ^ 1, self.away[best], lots, account, prevention)

    def ask_in_vain(
        self, queue: int, reach: int, lots: int, account: int, time_in_force: TimeInForce, *, post_only: int = 0
    ) -> None:
        """An order that ends untouched: the caller knows that it cannot be filled, or would take."""
        self._place(queue, reach, lots, account, kind=time_in_force, post_only=post_only)

    def cancel(self, order: int) -> None:
        self._command(CANCEL, order, 0, 0)
        self._end(order)

    def move(self, order: int, away: int) -> None:
        """To another price on its side: a tick further away if it already has the one given."""
        if away == self.away[order]:
            away += 1
        self._command(AMEND, order, self._price(self.queue[order], -away), self.size[order])
        self._queue_up(order, away)

    def reduce(self, order: int, lots: int) -> None:
        """Take so many lots off what is left, or all but one; it keeps its place. One of a single lot moves a tick."""
        lots = min(lots, self.left[order] - 1)
        if lots == 0:
            self.move(order, self.away[order] + 1)
            return
        self.size[order] -= lots
        self.left[order] -= lots
        self._command(AMEND, order, self._price(self.queue[order], -self.away[order]), self.size[order])

    def cross(self, order: int, lots: int) -> None:
        """Amend to at most so many lots at the best opposite price, where it is filled whole."""
        queue = self.queue[order]
        best = self.best(queue ^ 1)
        lots = min(lots, self.left[order], self.left[best])
        self.size[order] -= self.left[order] - lots
        self._command(AMEND, order, self._price(queue, self.away[best]), self.size[order])
        self._end(order)
        self._trade(queue ^ 1, self.away[best], lots, 0, 0)

    # -- the books ---------------------------------------------------------------------------------------------------

    def _rest(self, order: int, away: int) -> None:
        self.place[order] = len(self.resting)
        self.resting.append(order)
        self._queue_up(order, away)

    def _queue_up(self, order: int, away: int) -> None:
        turn = len(self._of_turn)
        self._of_turn.append(order)
        self.turn[order] = turn
        self.away[order] = away
        heappush(self._heaps[self.queue[order]], away << _TURN_BITS | turn)

    def _end(self, order: int) -> None:
        self.turn[order] = -1
        at, last = self.place[order], self.resting.pop()
        if last != order:
            self.resting[at] = last
            self.place[last] = at

    def _trade(self, queue: int, reach: int, lots: int, account: int, prevention: int) -> None:
        while lots > 0:
            maker = self.best(queue)
            if maker == 0 or self.away[maker] > reach:
                return
            if prevention and self.account[maker] == account:
                if prevention != SelfTradePrevention.EXPIRE_TAKER:
                    self._end(maker)
                if prevention != SelfTradePrevention.EXPIRE_MAKER:
                    return
                continue
            traded = min(lots, self.left[maker])
            lots -= traded
            self.left[maker] -= traded
            if self.left[maker] == 0:
                self._end(maker)

    # -- the commands ------------------------------------------------------------------------------------------------

    def _price(self, queue: int, past_middle: int) -> int:
        return self.middle_ticks - past_middle if queue & 1 else self.middle_ticks + past_middle

    def _command(self, kind: int, order: int, price: int, size: int) -> None:
        self.kinds.append(kind)
        self.named.append(order)
        self.prices.append(price)
        self.sizes.append(size)

    def _place(
        self,
        queue: int,
        past_middle: int,
        lots: int,
        account: int,
        *,
        kind: TimeInForce,
        post_only: int = 0,
        prevention: int = 0,
    ) -> int:
        order = len(self.queue)
        self.queue.append(queue)
        self.account.append(account)
        self.size.append(lots)
        self.left.append(lots)
        self.time_in_force.append(kind)
        self.post_only.append(post_only)
        self.prevention.append(prevention)
        self.away.append(0)
        self.turn.append(-1)
        self.place.append(0)
        self._command(PLACE, order, self._price(queue, past_middle), lots)
        return order

    def records(self) -> Records:
        """All commands so far, from the first; later ones begin anew."""
        kinds, named, prices, sizes = (
            np.frombuffer(column, np.int64) for column in (self.kinds, self.named, self.prices, self.sizes)
        )
        accounts = np.frombuffer(self.account, np.int64)[named]
        block = np.empty((len(kinds), 128), np.uint8)
        cancels, amends, places = kinds == CANCEL, kinds == AMEND, kinds == PLACE
        block[cancels] = records_of(
            CancelOrder, int(cancels.sum()), order_id=named[cancels], account_id=accounts[cancels]
        )
        block[amends] = records_of(
            AmendOrder, int(amends.sum()), order_id=named[amends], account_id=accounts[amends],
            price_ticks=prices[amends], size_lots=sizes[amends],
        )  # fmt: skip
        orders = named[places]
        queues = np.frombuffer(self.queue, np.int64)[orders]
        block[places] = records_of(
            PlaceOrder, len(orders), order_id=orders, account_id=accounts[places], market_id=queues // 2 + 1,
            side=queues % 2 + 1, order_type=OrderType.LIMIT,
            time_in_force=np.frombuffer(self.time_in_force, np.int64)[orders],
            post_only=np.frombuffer(self.post_only, np.int64)[orders], price_ticks=prices[places],
            size_lots=sizes[places], self_trade_prevention=np.frombuffer(self.prevention, np.int64)[orders],
        )  # fmt: skip
        self.kinds, self.named, self.prices, self.sizes = numbers(), numbers(), numbers(), numbers()
        return block
