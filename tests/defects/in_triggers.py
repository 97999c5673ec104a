"""Defects of orders that wait for a trigger price."""

from __future__ import annotations

from tests.defects.defect import Defect

IN_TRIGGERS = (
    Defect(
        "take-profit-waits-like-a-stop",
        "TRIG-003",
        "return (trigger == TRIGGER_STOP) == (side == SIDE_BUY)",
        "return side == SIDE_BUY",
    ),
    Defect(
        "rising-trigger-has-to-be-traded-through",
        "TRIG-001",
        "self.book.price(level) > market.high_ticks:",
        "self.book.price(level) >= market.high_ticks:",
    ),
    Defect(
        "what-waits-for-a-fall-comes-in-first",
        "TRIG-005",
        "            level = market.best[QUEUE_RISING]\n"
        "            if level < 0 or self.book.price(level) > market.high_ticks:\n"
        "                level = market.best[QUEUE_FALLING]\n"
        "                if level < 0 or self.book.price(level) < market.low_ticks or market.low_ticks == 0:\n",
        "            level = market.best[QUEUE_FALLING]\n"
        "            if level < 0 or self.book.price(level) < market.low_ticks or market.low_ticks == 0:\n"
        "                level = market.best[QUEUE_RISING]\n"
        "                if level < 0 or self.book.price(level) > market.high_ticks:\n",
    ),
    Defect(
        "youngest-waiting-order-comes-in-first",
        "TRIG-005",
        "self.release(self.book.levels[level].first)",
        "self.release(self.book.levels[level].last)",
    ),
    Defect(
        "trades-of-an-auction-meet-no-trigger-from-above",
        "TRIG-007",
        "        market.high_ticks = max(market.high_ticks, price_ticks)\n",
        "        if not in_auction:\n            market.high_ticks = max(market.high_ticks, price_ticks)\n",
    ),
    Defect(
        "triggered-orders-come-in-during-an-auctions-phase",
        "TRIG-007",
        "while market.phase == MARKET_PHASE_CONTINUOUS:",
        "while market.phase == MARKET_PHASE_CONTINUOUS or in_call(market):",
    ),
    Defect(
        "of-two-markets-in-one-command-only-the-last-is-looked-at",
        "TRIG-007",
        "self.touched = market if self.touched == -1 or self.touched == market else -2",
        "self.touched = market",
    ),
    Defect(
        "trigger-at-the-last-price-is-not-met-yet",
        "TRIG-008",
        "met = last >= command.trigger_price_ticks if rises(",
        "met = last > command.trigger_price_ticks if rises(",
    ),
    Defect(
        "waiting-order-does-not-expire",
        "TRIG-006",
        "trigger_price_ticks,\n        )\n        return self.expect_end(order)",
        "trigger_price_ticks,\n        )\n        return 0",
    ),
    Defect(
        "triggered-order-comes-in-for-its-account-and-not-its-owner",
        "SELF-005",
        "order, &taking, self.ledger.owner_of_balance(order.hold_balance),",
        "order, &taking, self.ledger.balances[order.hold_balance].account_id,",
    ),
)
