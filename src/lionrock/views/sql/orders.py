"""Orders: what each is after some events, from what it was before, for all orders at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, select

from lionrock.views.orders import OrderStatus
from lionrock.views.sql.decoding import EventBlock, EventsOfKind, Flags, Ints, joined
from lionrock.views.sql.tables import STATUS_NUMBERS, orders
from lionrock.views.sql.trades import Trades
from lionrock.words.enumerations import CancelReason
from lionrock.words.events import (
    HoldReduced,
    OrderAmended,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    OrderReduced,
    OrderTriggered,
)
from lionrock.words.faults import Fault

CHANGING = (
    "status",
    "cancel_reason",
    "waits",
    "updated_ns",
    "price_ticks",
    "size_lots",
    "filled_lots",
    "filled_quote_atoms",
    "fee_atoms",
    "rebate_atoms",
    "held_atoms",
)
"""Columns that events after the first change."""
KEPT = ("order_id", "account_id", "market_id", "side", *CHANGING)
"""Columns of open orders that are kept in memory."""
_FIXED = tuple(column.name for column in orders.columns if column.name not in {*CHANGING, "client_order_id"})

_NEW, _PARTLY, _FILLED, _CANCELLED, _PARTLY_CANCELLED, _REJECTED = (
    STATUS_NUMBERS[status]
    for status in (
        OrderStatus.NEW,
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.PARTIALLY_CANCELED,
        OrderStatus.REJECTED,
    )
)


class HoldMoves(NamedTuple):
    """What orders moved between available and held, outside trades."""

    at: Ints
    """Position of the event."""
    order_id: Ints
    account_id: Ints
    market_id: Ints
    side: Ints
    held_change_atoms: Ints


class OrderChanges(NamedTuple):
    """What some events did to orders."""

    placed: dict[str, Ints]
    """Columns of the new orders, but for the client's own id."""
    changed: dict[str, Ints]
    """`order_id` and the `CHANGING` columns of older orders."""
    moves: HoldMoves


class _Touches:
    """What happens to orders, as columns: which order, where in the block, and what is set or added."""

    ADDED = ("filled_lots", "filled_quote_atoms", "fee_atoms", "rebate_atoms")

    def __init__(self) -> None:
        self._parts: list[dict[str, Ints]] = []

    def add(self, at: Ints, order_id: Ints, **what: Ints) -> None:
        """`held_to` and `size_to` set, `held` and `size` and the `ADDED` columns add."""
        if len(at):
            self._parts.append({"at": at, "order_id": order_id, **what})

    def column(self, name: str) -> Ints:
        return joined([part.get(name, np.zeros(len(part["at"]), np.int64)) for part in self._parts])

    def marks(self, name: str) -> Flags:
        """Which touches set this column."""
        if not self._parts:
            return np.empty(0, np.bool_)
        return np.concatenate([np.full(len(part["at"]), name in part) for part in self._parts])


class OpenOrders:
    """Every order that is not over, oldest id first."""

    def __init__(self) -> None:
        self._columns: dict[str, Ints] = {name: np.empty(0, np.int64) for name in KEPT}

    def load(self, connection: Connection) -> None:
        """From the rows of a database."""
        wanted = select(*(orders.c[name] for name in KEPT)).where(orders.c.status <= _PARTLY)
        rows = connection.execute(wanted.order_by(orders.c.order_id)).all()
        table = np.array([tuple(row) for row in rows], np.int64).reshape(len(rows), len(KEPT))
        self._columns = {name: np.ascontiguousarray(table[:, number]) for number, name in enumerate(KEPT)}

    def take_in(self, block: EventBlock, trades: Trades) -> OrderChanges:
        """What the events did. The orders that are over are forgotten. Raises `Fault` for an order that is unknown."""
        older = len(self._columns["order_id"])
        fixed = self._append(block)
        slots, touches = self._touched(block, trades)
        at = touches.column("at")
        order = np.argsort(slots * (len(block) + 1) + at, kind="stable")
        amended = block.of(OrderAmended)
        before = _run(self._columns["held_atoms"], slots, order, touches, "held")
        _run(self._columns["size_lots"], slots, order, touches, "size")
        for name in _Touches.ADDED:
            np.add.at(self._columns[name], slots, touches.column(name))
        self._columns["price_ticks"][self._slots(amended)] = amended["price_ticks"]
        triggered = block.of(OrderTriggered)
        self._columns["waits"][self._slots(triggered)] = 0
        touching = ~touches.marks("held_only")
        np.maximum.at(self._columns["updated_ns"], slots[touching], block.time_ns[at[touching]])
        self._settle_status(block)
        moves = self._moves(slots, at, touches, before)
        return self._changes(older, fixed, np.unique(slots), moves)

    def _append(self, block: EventBlock) -> dict[str, Ints]:
        placed = block.of(OrderPlaced)
        if not len(placed):
            return {name: np.empty(0, np.int64) for name in _FIXED}
        order_id = placed["order_id"]
        last = self._columns["order_id"][-1:]
        if (np.diff(np.concatenate((last, order_id))) <= 0).any():
            raise Fault("the ids of new orders do not rise")
        fixed = {
            "placed_sequence": block.sequence[placed.at],
            "placed_ns": block.time_ns[placed.at],
            **{name: placed[name] for name in _FIXED if name not in {"placed_sequence", "placed_ns"}},
        }
        zeros = np.zeros(len(placed), np.int64)
        new = {name: fixed.get(name, zeros) for name in KEPT} | {
            "status": zeros + _NEW,
            "waits": (placed["trigger"] != 0).astype(np.int64),
            "price_ticks": placed["price_ticks"],
        }
        self._columns = {name: np.concatenate((self._columns[name], new[name])) for name in KEPT}
        return fixed

    def _touched(self, block: EventBlock, trades: Trades) -> tuple[Ints, _Touches]:
        touches = _Touches()
        placed, amended, reduced = block.of(OrderPlaced), block.of(OrderAmended), block.of(OrderReduced)
        touches.add(placed.at, placed["order_id"], held_to=placed["held_atoms"], size_to=placed["size_lots"])
        touches.add(amended.at, amended["order_id"], held_to=amended["held_atoms"], size_to=amended["size_lots"])
        given_back, lost = -reduced["released_atoms"], -reduced["reduced_lots"]
        touches.add(reduced.at, reduced["order_id"], held=given_back, size=lost)
        for side in trades.sides:
            touches.add(
                trades.at,
                side.order_id,
                held=-side.paid_atoms,
                filled_lots=trades.size_lots,
                filled_quote_atoms=trades.quote_atoms,
                fee_atoms=np.maximum(side.fee_atoms, 0),
                rebate_atoms=np.maximum(-side.fee_atoms, 0),
            )
        for ended in (block.of(OrderFilled), block.of(OrderCancelled)):
            touches.add(ended.at, ended["order_id"], held=-ended["released_atoms"])
        triggered, freed = block.of(OrderTriggered), block.of(HoldReduced)
        touches.add(triggered.at, triggered["order_id"])
        nothing = np.zeros(len(freed), np.int64)
        touches.add(freed.at, freed["order_id"], held=-freed["released_atoms"], held_only=nothing)
        return self._find(touches.column("order_id")), touches

    def _find(self, order_ids: Ints) -> Ints:
        known = self._columns["order_id"]
        slots = np.searchsorted(known, order_ids)
        if len(order_ids) and (not len(known) or (known[np.minimum(slots, len(known) - 1)] != order_ids).any()):
            raise Fault("an event names an order that is not open")
        return slots.astype(np.int64)

    def _slots(self, events: EventsOfKind) -> Ints:
        return self._find(events["order_id"])

    def _settle_status(self, block: EventBlock) -> None:
        status, filled = self._columns["status"], self._columns["filled_lots"]
        status[(filled > 0) & (status == _NEW)] = _PARTLY
        status[self._slots(block.of(OrderFilled))] = _FILLED
        cancelled = block.of(OrderCancelled)
        if len(cancelled):
            slots, reason = self._slots(cancelled), cancelled["reason"]
            ended = np.where(cancelled["filled_lots"] > 0, _PARTLY_CANCELLED, _CANCELLED)
            status[slots] = np.where(reason == CancelReason.WOULD_TAKE, _REJECTED, ended)
            self._columns["cancel_reason"][slots] = reason

    def _moves(self, slots: Ints, at: Ints, touches: _Touches, before: Ints) -> HoldMoves:
        trade = touches.marks("filled_lots")
        change = np.where(touches.marks("held_to"), touches.column("held_to") - before, touches.column("held"))
        moved = np.flatnonzero(~trade & (change != 0))
        where = slots[moved]
        order_id, account_id, market_id, side = (
            self._columns[name][where] for name in ("order_id", "account_id", "market_id", "side")
        )
        return HoldMoves(at[moved], order_id, account_id, market_id, side, change[moved])

    def _changes(self, older: int, fixed: Mapping[str, Ints], touched: Ints, moves: HoldMoves) -> OrderChanges:
        placed = {**fixed, **{name: self._columns[name][older:] for name in CHANGING}}
        changed_slots = touched[touched < older]
        changed = {name: self._columns[name][changed_slots] for name in ("order_id", *CHANGING)}
        still_open = self._columns["status"] <= _PARTLY
        if not still_open.all():
            self._columns = {name: column[still_open] for name, column in self._columns.items()}
        return OrderChanges(placed, changed, moves)


def _run(values: Ints, slots: Ints, order: Ints, touches: _Touches, name: str) -> Ints:
    """Brings `values` up to date, and returns what each touch found in its slot before it.

    `order` sorts touches by slot, then by position. Between two settings of a slot, what it holds is what was set and
    the sum of what was added since; sums run on over all slots, and only their differences count.
    """
    if not len(slots):
        return slots
    sorted_slots = slots[order]
    setting, to = touches.marks(f"{name}_to")[order], touches.column(f"{name}_to")[order]
    sums = np.cumsum(touches.column(name)[order])
    begins = np.concatenate(([True], sorted_slots[1:] != sorted_slots[:-1]))
    places = np.arange(len(slots))
    first = np.maximum.accumulate(np.where(begins, places, 0))
    added_before = sums - touches.column(name)[order]
    last_set = np.maximum.accumulate(np.where(setting, places, -1))
    was_set = np.concatenate(([-1], last_set[:-1]))
    inside = was_set >= first
    base = np.where(inside, to[was_set], values[sorted_slots])
    since = np.where(inside, sums[was_set], added_before[first])
    found = base + added_before - since
    after = np.where(setting, to, found + sums - added_before)
    ends = np.concatenate((begins[1:], [True]))
    values[sorted_slots[ends]] = after[ends]
    before: Ints = np.empty_like(found)
    before[order] = found
    return before
