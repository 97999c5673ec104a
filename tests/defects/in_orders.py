"""Defects of incoming orders: how they trade and end, their refusals, self-trade prevention."""

from __future__ import annotations

from tests.defects.defect import Defect

_HOW_THEY_END = (
    Defect(
        "immediate-or-cancel-rests",
        "ORDR-004",
        "time_in_force == TIME_IN_FORCE_GOOD_TILL_CANCELLED",
        "time_in_force != TIME_IN_FORCE_FILL_OR_KILL",
    ),
    Defect(
        "fill-or-kill-fills-in-part",
        "ORDR-005",
        "            if lots < order.size_lots:\n",
        "            if lots == 0:\n",
    ),
    Defect(
        "post-only-takes-at-its-own-price",
        "ORDR-006",
        "post_only and best >= 0 and self.book.levels[best].key <= taking.limit_key:",
        "post_only and best >= 0 and self.book.levels[best].key < taking.limit_key:",
    ),
    Defect(
        "budget-left-over-ends-as-filled-on-an-empty-book",
        "ORDR-008",
        "elif book_is_empty or not taking.by_quote:",
        "elif not taking.by_quote:",
    ),
    Defect(
        "budget-buys-one-lot-more",
        "ORDR-008",
        "    return budget_atoms // quote_atoms_per_lot",
        "    return (budget_atoms + quote_atoms_per_lot - 1) // quote_atoms_per_lot",
    ),
    Defect(
        "budget-is-not-spent",
        "ORDR-008",
        "                taking.spendable_atoms -= lots * quote_atoms_per_lot\n",
        "                taking.spendable_atoms -= 0\n",
    ),
    Defect(
        "market-sell-by-amount-counts-on-worse-prices",
        "ORDR-009",
        "                if at_level < there:\n",
        "                if at_level == 0:\n",
    ),
    Defect(
        "order-by-amount-trades-twice-the-largest-size",
        "ORDR-017",
        "order.remaining_lots = self.book.markets[",
        "order.remaining_lots = 2 * self.book.markets[",
    ),
    Defect(
        "day-order-does-not-rest",
        "PHAS-003",
        "time_in_force == TIME_IN_FORCE_DAY\n    )",
        "time_in_force == TIME_IN_FORCE_GOOD_TILL_DATE\n    )",
    ),
)

_REFUSALS = (
    Defect(
        "order-id-is-used-twice",
        "ORDR-016",
        "if command.order_id <= self.highest_order_id:",
        "if command.order_id < self.highest_order_id:",
    ),
    Defect(
        "refused-order-uses-up-its-id",
        "ORDR-016",
        "        if available_atoms < order.held_atoms:\n",
        "        self.highest_order_id = order.order_id\n        if available_atoms < order.held_atoms:\n",
    ),
    Defect(
        "account-that-may-not-trade-trades",
        "ORDR-013",
        "if account.account_kind != ACCOUNT_KIND_CLIENT:",
        "if account.account_kind == ACCOUNT_KIND_CUSTODY:",
    ),
    Defect(
        "side-is-asked-for-after-the-type",
        "ORDR-013",
        "if command.side != SIDE_BUY and command.side != SIDE_SELL:",
        "if command.side != SIDE_BUY and command.side != SIDE_SELL and command.order_type <= ORDER_TYPE_MARKET:",
    ),
    Defect(
        "figures-of-a-size-too-large-stand-the-other-way-round",
        "ORDR-013",
        "reject(kind, REJECTION_SIZE_ABOVE_MAXIMUM, market.max_size_lots, command.size_lots)",
        "reject(kind, REJECTION_SIZE_ABOVE_MAXIMUM, command.size_lots, market.max_size_lots)",
    ),
    Defect(
        "lack-of-funds-is-told-without-what-is-available",
        "ORDR-010",
        "command.kind, REJECTION_AVAILABLE_INSUFFICIENT, order.held_atoms, available_atoms",
        "command.kind, REJECTION_AVAILABLE_INSUFFICIENT, order.held_atoms, order.held_atoms - available_atoms",
    ),
    Defect(
        "highest-price-is-refused",
        "ORDR-013",
        "if price_ticks > market.max_price_ticks:",
        "if price_ticks >= market.max_price_ticks:",
    ),
    Defect(
        "least-worth-is-refused",
        "ORDR-015",
        "if notional_atoms < market.min_notional_atoms:",
        "if notional_atoms <= market.min_notional_atoms:",
    ),
    Defect(
        "order-expires-as-it-comes",
        "EXPY-005",
        "command.expire_time_ns <= self.out.time_ns:",
        "command.expire_time_ns < self.out.time_ns:",
    ),
    Defect(
        "post-only-goes-with-immediate-or-cancel",
        "ORDR-014",
        "if command.post_only and not may_rest(",
        "if command.post_only and command.time_in_force == TIME_IN_FORCE_FILL_OR_KILL and not may_rest(",
    ),
    Defect(
        "post-only-of-more-than-yes-counts-as-plain",
        "ORDR-014",
        "| command.trigger_price_ticks | command.trigger | command.post_only |",
        "| command.trigger_price_ticks | command.trigger |",
    ),
    Defect(
        "time-in-force-of-a-plain-order-is-not-asked",
        "ORDR-014",
        "        <uint8_t> (command.time_in_force - TIME_IN_FORCE_GOOD_TILL_CANCELLED) <= 1\n    ) and (\n",
        "        True\n    ) and (\n",
    ),
)

_SELF_TRADE = (
    Defect(
        "accounts-are-compared-in-the-place-of-owners",
        "SELF-005",
        "return self.ledger.owner_of_balance(self.book.orders[slot].hold_balance) == taking.owner_id",
        "return self.ledger.balances[self.book.orders[slot].hold_balance].account_id == taking.owner_id",
    ),
    Defect(
        "expire-taker-ends-the-resting-order-too",
        "SELF-001",
        "elif taking.self_trade_prevention != SELF_TRADE_PREVENTION_EXPIRE_TAKER:",
        "else:",
    ),
    Defect(
        "expire-maker-ends-the-incoming-order",
        "SELF-002",
        "            if taking.self_trade_prevention == SELF_TRADE_PREVENTION_EXPIRE_MAKER:\n"
        "                return 0\n",
        "",
    ),
    Defect(
        "expire-both-lets-the-incoming-order-go-on",
        "SELF-003",
        "            if taking.self_trade_prevention == SELF_TRADE_PREVENTION_EXPIRE_MAKER:\n"
        "                return 0\n",
        "            return 0\n",
    ),
    Defect(
        "decrement-leaves-the-resting-order-whole",
        "SELF-004",
        "            self.shrink_resting(maker, lots)\n",
        "",
    ),
    Defect(
        "decrement-forgets-what-the-ended-order-lost",
        "SELF-004",
        "            taking.lost_lots = lots\n",
        "",
    ),
    Defect(
        "decremented-order-keeps-its-hold",
        "SELF-004",
        "        surplus_atoms = order.held_atoms - needed_to_rest(&self.book.markets[order.market], order)\n"
        "        order",
        "        surplus_atoms = 0\n        order",
    ),
    Defect(
        "own-orders-count-as-what-can-be-got",
        "SELF-007",
        "            if not self.is_own(slot, taking):\n                lots[0] += taken\n",
        "            if True:\n                lots[0] += taken\n",
    ),
)

IN_ORDERS = (*_HOW_THEY_END, *_REFUSALS, *_SELF_TRADE)
