"""Defects around resting orders: amending, expiry, cancelling, kill switches."""

from __future__ import annotations

from tests.defects.defect import Defect

_AMENDING = (
    Defect(
        "order-made-larger-keeps-its-place",
        "AMND-002",
        "command.price_ticks == order.price_ticks and command.size_lots <= order.size_lots",
        "command.price_ticks == order.price_ticks",
    ),
    Defect(
        "order-left-as-it-is-loses-its-place",
        "AMND-001",
        "command.price_ticks == order.price_ticks and command.size_lots <= order.size_lots",
        "command.price_ticks == order.price_ticks and command.size_lots < order.size_lots",
    ),
    Defect(
        "order-made-smaller-remembers-its-old-hold",
        "AMND-001",
        "            return self.announce_amended(order, market, hold, True)\n",
        "            self.announce_amended(order, market, hold, True)\n"
        "            order.held_atoms -= added_atoms\n"
        "            return 0\n",
    ),
    Defect(
        "amendment-does-not-move-the-hold",
        "AMND-001",
        "        self.ledger.hold(order.hold_balance, added_atoms)\n",
        "",
    ),
    Defect(
        "what-has-traded-does-not-count-into-the-new-size",
        "AMND-004",
        "remaining_lots = order.remaining_lots + (command.size_lots - order.size_lots)",
        "remaining_lots = command.size_lots",
    ),
    Defect(
        "order-is-amended-down-to-what-it-has-traded",
        "AMND-004",
        "if command.size_lots <= filled_lots:",
        "if command.size_lots < filled_lots:",
    ),
    Defect(
        "post-only-order-is-amended-onto-the-best-price",
        "AMND-005",
        "self.book.levels[best].key <= ladder_key(opposite(order.side), command.price_ticks):",
        "self.book.levels[best].key < ladder_key(opposite(order.side), command.price_ticks):",
    ),
    Defect(
        "amended-order-comes-in-for-its-account-and-not-its-owner",
        "AMND-007",
        "self.begin(order, &taking, self.ledger.owner_of_balance(order.hold_balance))",
        "self.begin(order, &taking, self.ledger.balances[order.hold_balance].account_id)",
    ),
)

_EXPIRY = (
    Defect(
        "order-outlives-its-expiry-by-one-nanosecond",
        "EXPY-001",
        "self.standing.next_expiry_ns <= min(time_ns, self.next_change_ns):",
        "self.standing.next_expiry_ns <= min(time_ns - 1, self.next_change_ns):",
    ),
    Defect(
        "order-ends-one-nanosecond-early",
        "EXPY-001",
        "heapq.heappush(self.expiries, (expire_time_ns, order_id))",
        "heapq.heappush(self.expiries, (expire_time_ns - 1, order_id))",
    ),
    Defect(
        "of-one-expiry-the-youngest-order-ends-first",
        "EXPY-002",
        "        _, order_id = heapq.heappop(self.expiries)\n",
        "        due, first = heapq.heappop(self.expiries)\n"
        "        order_id = max([first] + [other for time_ns, other in self.expiries if time_ns == due])\n"
        "        self.expiries = [entry for entry in self.expiries + [(due, first)] if entry[1] != order_id]\n"
        "        heapq.heapify(self.expiries)\n",
    ),
    Defect(
        "later-expiry-hides-an-earlier-one",
        "EXPY-002",
        "        self.next_expiry_ns = self.expiries[0][0]\n        return 0",
        "        self.next_expiry_ns = expire_time_ns\n        return 0",
    ),
    Defect(
        "time-passes-only-with-what-is-not-a-cancel",
        "EXPY-003",
        "if self.standing.next_expiry_ns <= header.time_ns or self.phases.next_change_ns <= header.time_ns:",
        "if header.kind != COMMAND_CANCEL_ORDER and (\n"
        "            self.standing.next_expiry_ns <= header.time_ns or self.phases.next_change_ns <= header.time_ns\n"
        "        ):",
    ),
)

_CANCELLING = (
    Defect(
        "anybody-cancels-an-order",
        "ORDR-012",
        "[slot[0]].hold_balance].account_id != account_id:",
        "[slot[0]].hold_balance].account_id != account_id and kind != COMMAND_CANCEL_ORDER:",
    ),
    Defect(
        "lost-connection-takes-all-groups",
        "STOP-003",
        "if order.order_id == 0 or (group_id != 0 and order.group_id != group_id):",
        "if order.order_id == 0:",
    ),
    Defect(
        "orders-are-cancelled-as-memory-has-them",
        "STOP-001",
        "return sorted(ids)",
        "return ids",
    ),
    Defect(
        "cancel-in-a-market-reaches-others",
        "STOP-002",
        "if market_id != 0 and self.markets[order.market].market_id != market_id:",
        "if market_id != 0 and account_id == 0 and self.markets[order.market].market_id != market_id:",
    ),
    Defect(
        "cancel-together-reaches-into-halts",
        "PHAS-002",
        "cdef bint in_halts = reason == CANCEL_REASON_KILL_SWITCH",
        "cdef bint in_halts = True",
    ),
    Defect(
        "kill-switch-leaves-halted-markets-alone",
        "STOP-005",
        "cdef bint in_halts = reason == CANCEL_REASON_KILL_SWITCH",
        "cdef bint in_halts = False",
    ),
)

_KILL_SWITCHES = (
    Defect(
        "kill-switch-of-an-account-cancels-everybody",
        "STOP-005",
        "                command.scope_id if account >= 0 else 0,\n",
        "                0,\n",
    ),
    Defect(
        "stopped-site-takes-orders",
        "STOP-005",
        "        if self.site_stopped:\n",
        "        if False:\n",
    ),
    Defect(
        "kill-switch-of-the-account-is-named-before-the-market",
        "STOP-005",
        "        if market.stopped:\n",
        "        if market.stopped and not account.stopped:\n",
    ),
    Defect(
        "kill-switch-of-an-account-is-never-released",
        "STOP-005",
        "self.ledger.accounts[account].stopped = command.engaged",
        "self.ledger.accounts[account].stopped |= command.engaged",
    ),
)

IN_STANDING = (*_AMENDING, *_EXPIRY, *_CANCELLING, *_KILL_SWITCHES)
