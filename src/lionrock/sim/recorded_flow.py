"""Orders and cancels read off a recorded order feed, so that they can be sent to another book.

The feed (Bitstamp, channel `live_orders_btcusd`: created, changed, deleted rows) says what was ordered and withdrawn.
What was filled is never read: not the trades file, not a `changed` row, not the price or size on a `deleted` row. The
recording that the tests use is the data file of the PyPI wheel ob-analytics 0.1.0 (30 minutes of 2026-05-02).

The feed names no time in force, so it is inferred, by these rules:

1. Rows are taken in the order of the feed. A deleted row is a cancel, which finds nothing if the order was filled.
2. An order deleted in a later millisecond than its creation has rested: good till cancelled.
3. An order deleted in the millisecond of its creation never rested. The venue shows it so when it traded whole at once,
   when an immediate-or-cancel order ended, and when a post-only order was refused because it would have taken; the last
   are 600 times as many. Quoting programs repeat themselves: with `QUOTE_COMPANIONS` other orders of its side within
   `QUOTE_WINDOW_MS` and, in price and in size, within `QUOTE_TOLERANCE_PPM`, it is post-only, otherwise
   immediate-or-cancel.
4. The opening snapshot is older than the first live row, and cancels between the two are lost. A rested order priced to
   reach a snapshot order proves that one gone, for a book is never crossed; it is cancelled first.
5. An order without a size (a market buy for an amount of dollars) and a bid without a price (below half a dollar, which
   the feed rounds to nothing) cannot be sent and are left out. An ask at price 0 is a market sell.
6. Only with `use_survivors`: an order of rule 3 is post-only when the first order it would meet, no larger than itself,
   is still shown afterwards. It would have been taken whole. This looks at what became of another order, so figures are
   given with and without it.
"""

from __future__ import annotations

import csv
import gzip
import heapq
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lionrock.sim.order_steps import Cancel, Place, Step
from lionrock.words.amounts import parse_decimal
from lionrock.words.enumerations import Side, TimeInForce

SIZE_DECIMALS = 8
"""A lot is 10^-8 BTC."""

QUOTE_WINDOW_MS = 120_000
QUOTE_TOLERANCE_PPM = 1_000
QUOTE_COMPANIONS = 2
"""The three figures of rule 3, chosen on the recording of 2026-05-02. Shares for other values: docs/performance.md."""


class Created(NamedTuple):
    """A created row; its size is the size as submitted, for the venue publishes it before it matches."""

    order_id: int
    side: Side
    price_ticks: int
    size_lots: int
    time_ms: int
    in_snapshot: bool


class Deleted(NamedTuple):
    """The order left the book, filled or withdrawn: the row is not asked which."""

    order_id: int
    time_ms: int


Row = Created | Deleted


def read_recording(path: Path) -> list[Row]:
    """The created and deleted rows of an `orders.csv.gz`, in the order of the feed.

    Columns: id, timestamp, exchange_timestamp (ms), price (whole dollars), volume (BTC), action, direction. Rows
    that carry the first row's exchange time are the snapshot of the book. Raises `InexactAmount` or `MalformedAmount`
    for a number off the lattice.
    """
    rows: list[Row] = []
    snapshot_time_ms: int | None = None
    with gzip.open(path, "rt", newline="", encoding="ascii") as lines:
        for line in csv.DictReader(lines):
            order_id, time_ms = int(line["id"]), int(line["exchange_timestamp"])
            if line["action"] == "deleted":
                rows.append(Deleted(order_id, time_ms))
            elif line["action"] == "created":
                snapshot_time_ms = time_ms if snapshot_time_ms is None else snapshot_time_ms
                side = Side.BUY if line["direction"] == "bid" else Side.SELL
                price, size = parse_decimal(line["price"], 0), parse_decimal(line["volume"], SIZE_DECIMALS)
                rows.append(Created(order_id, side, price, size, time_ms, time_ms == snapshot_time_ms))
    return rows


def order_flow(rows: Sequence[Row], *, use_survivors: bool = False) -> Iterator[Step]:
    """The steps behind the rows; the rules are in the module's docstring."""
    deleted_ms = {row.order_id: row.time_ms for row in rows if isinstance(row, Deleted)}
    quotes = _Quotes(rows)
    shown = _ShownBook()
    for row in rows:
        if isinstance(row, Deleted):
            shown.remove(row.order_id)
            yield Cancel(row.order_id, row.time_ms)
            continue
        if not row.size_lots or (row.side is Side.BUY and not row.price_ticks):
            continue
        time_in_force, post_only = TimeInForce.GOOD_TILL_CANCELLED, False
        if deleted_ms.get(row.order_id) != row.time_ms:
            while not row.in_snapshot and (stale := shown.first_reached(row)) and stale.in_snapshot:
                shown.remove(stale.order_id)
                yield Cancel(stale.order_id, row.time_ms)
            shown.add(row)
        else:
            front = shown.first_reached(row) if use_survivors else None
            front_survives = (
                front and front.size_lots <= row.size_lots and deleted_ms.get(front.order_id) != row.time_ms
            )
            post_only = bool(front_survives) or quotes.companions(row) >= QUOTE_COMPANIONS
            if not post_only:
                time_in_force = TimeInForce.IMMEDIATE_OR_CANCEL
        yield Place(row.order_id, row.side, row.price_ticks, row.size_lots, time_in_force, post_only, row.time_ms)


class _Quotes:
    """All live orders by side and size, to count those that resemble a given one."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.by_size: dict[Side, dict[int, list[Created]]] = {side: defaultdict(list) for side in Side}
        for row in rows:
            if isinstance(row, Created) and not row.in_snapshot:
                self.by_size[row.side][row.size_lots].append(row)
        self.sizes = {side: sorted(by_size) for side, by_size in self.by_size.items()}

    def companions(self, order: Created) -> int:
        """Other orders within the window and the tolerances, counted up to `QUOTE_COMPANIONS`."""
        size_slack = order.size_lots * QUOTE_TOLERANCE_PPM // 1_000_000
        price_slack = order.price_ticks * QUOTE_TOLERANCE_PPM // 1_000_000
        sizes = self.sizes[order.side]
        low, high = bisect_left(sizes, order.size_lots - size_slack), bisect_right(sizes, order.size_lots + size_slack)
        found = 0
        for size in sizes[low:high]:
            orders = self.by_size[order.side][size]
            for at in range(bisect_left(orders, order.time_ms - QUOTE_WINDOW_MS, key=_time_ms), len(orders)):
                other = orders[at]
                if other.time_ms > order.time_ms + QUOTE_WINDOW_MS or found == QUOTE_COMPANIONS:
                    break
                alike = abs(other.price_ticks - order.price_ticks) <= price_slack
                found += alike and other.order_id != order.order_id
        return found


def _time_ms(order: Created) -> int:
    return order.time_ms


class _ShownBook:
    """The orders that the feed shows resting, as submitted; it knows nothing of fills and matches nothing."""

    def __init__(self) -> None:
        self.orders: dict[int, Created] = {}
        self.queues: dict[Side, dict[int, dict[int, Created]]] = {side: defaultdict(dict) for side in Side}
        self.best_first: dict[Side, list[int]] = {side: [] for side in Side}  # heaps of signed prices, some emptied

    def add(self, order: Created) -> None:
        self.orders[order.order_id] = order
        queue = self.queues[order.side][order.price_ticks]
        if not queue:
            heapq.heappush(self.best_first[order.side], _away(order.side, order.price_ticks))
        queue[order.order_id] = order

    def remove(self, order_id: int) -> None:
        if order := self.orders.pop(order_id, None):
            del self.queues[order.side][order.price_ticks][order_id]

    def first_reached(self, order: Created) -> Created | None:
        """The order at the front of the opposite side, if `order` is priced to reach it."""
        side = Side.SELL if order.side is Side.BUY else Side.BUY
        heap, queues = self.best_first[side], self.queues[side]
        while heap and not queues[abs(heap[0])]:
            heapq.heappop(heap)
        if not heap or _away(side, order.price_ticks) < heap[0]:
            return None
        return next(iter(queues[abs(heap[0])].values()))


def _away(side: Side, price_ticks: int) -> int:
    """A key that grows from the best price of a side to the worst."""
    return price_ticks if side is Side.SELL else -price_ticks
