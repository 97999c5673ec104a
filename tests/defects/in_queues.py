"""Defects of the book: priority, prices, trade ids, and the structures that find orders and prices."""

from __future__ import annotations

from tests.defects.defect import Defect

IN_QUEUES = (
    Defect(
        "best-price-not-improved",
        "BOOK-001",
        "if best < 0 or key < self.levels[best].key:",
        "if best < 0:",
    ),
    Defect(
        "best-price-skips-the-next-tick",
        "BOOK-001",
        "self.markets[market].best[side] = self.ladder.first_from(root, self.levels[level].key)",
        "self.markets[market].best[side] = self.ladder.first_from(root, self.levels[level].key + 2)",
    ),
    Defect(
        "youngest-order-trades-first",
        "BOOK-002",
        "maker = self.book.levels[level].first",
        "maker = self.book.levels[level].last",
    ),
    Defect(
        "fill-in-part-loses-its-place",
        "BOOK-003",
        "        if maker.remaining_lots == 0:\n",
        "        if maker.remaining_lots > 0:\n"
        "            moved = maker[0]\n"
        "            self.book.remove(maker_slot)\n"
        "            self.book.rest(&moved)\n"
        "            return 0\n"
        "        if maker.remaining_lots == 0:\n",
    ),
    Defect(
        "incoming-buyer-pays-its-own-limit",
        "BOOK-004",
        "self.book.levels[level].price_ticks * self.book.markets[taker.market].quote_atoms_per_tick_lot",
        "max(taker.price_ticks, self.book.levels[level].price_ticks)"
        " * self.book.markets[taker.market].quote_atoms_per_tick_lot",
    ),
    Defect(
        "order-does-not-trade-at-its-limit",
        "BOOK-005",
        "if level < 0 or not self.in_reach(level, taking):",
        "if level < 0 or self.book.levels[level].key == taking.limit_key or not self.in_reach(level, taking):",
    ),
    Defect(
        "cancelled-order-cuts-its-queue",
        "BOOK-006",
        "self.orders[order.next].prev = order.prev",
        "self.orders[order.next].prev = -1",
    ),
    Defect(
        "new-order-does-not-know-who-stands-before-it",
        "BOOK-006",
        "order.prev = self.levels[level].last",
        "order.prev = self.levels[level].first",
    ),
    Defect(
        "auction-trades-are-not-counted",
        "BOOK-008",
        "        self.trades += 1\n",
        "        if not in_auction:\n            self.trades += 1\n",
    ),
    Defect(
        "trades-are-counted-from-0",
        "BOOK-008",
        "event.trade_id = self.trades",
        "event.trade_id = self.trades - 1",
    ),
    Defect(
        "level-keeps-what-was-traded",
        "ORDR-005",
        "        self.book.levels[maker.level].total_lots -= lots\n",
        "",
    ),
    Defect(
        "level-keeps-what-was-amended-away",
        "AMND-001",
        "        self.levels[order.level].total_lots -= order.size_lots - size_lots\n",
        "",
    ),
    Defect(
        "level-forgets-more-than-a-cancelled-order-had-left",
        "ORDR-011",
        "self.levels[order.level].total_lots -= order.remaining_lots",
        "self.levels[order.level].total_lots -= order.size_lots",
    ),
    Defect(
        "closing-a-gap-of-the-table-loses-an-entry",
        "ORDR-011",
        "self.mask) >= distance(hole, at, self.mask):",
        "self.mask) > distance(hole, at, self.mask):",
    ),
    Defect(
        "next-price-misses-a-step-of-the-ladder",
        "BOOK-001",
        "            step -= 1\n        return -1",
        "            step -= 2\n        return -1",
    ),
)
