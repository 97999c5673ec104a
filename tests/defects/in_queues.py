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
        "best[level.queue] = self.ladder.first_from(trie, level.key)",
        "best[level.queue] = self.ladder.first_from(trie, level.key + 2)",
    ),
    Defect(
        "emptied-price-stays-the-best",
        "BOOK-001",
        "if empty & (market.best[level.queue] == slot):",
        "if False:",
    ),
    Defect(
        "price-that-still-has-orders-leaves-the-ladder",
        "BOOK-002",
        "self.ladder.remove_if(empty, trie, level.key)",
        "self.ladder.remove_if(True, trie, level.key)",
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
        "        return self.replenish(maker_slot) if maker.shown_lots == 0 else 0\n",
        "        if maker.shown_lots == 0:\n"
        "            return self.replenish(maker_slot)\n"
        "        self.book.unlink(maker, &self.book.levels[maker.level])\n"
        "        return self.book.append(maker_slot, maker, &self.book.levels[maker.level])\n",
    ),
    Defect(
        "incoming-buyer-pays-its-own-limit",
        "BOOK-004",
        "quote_atoms_per_lot = self.book.price(level) * market.quote_atoms_per_tick_lot",
        "quote_atoms_per_lot = max(taker.price_ticks, self.book.price(level)) * market.quote_atoms_per_tick_lot",
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
        "&level.last)[0] = order.prev",
        "&level.last)[0] = -1",
    ),
    Defect(
        "new-order-does-not-know-who-stands-before-it",
        "BOOK-006",
        "&level.first)[0] = slot\n",
        "&level.first)[0] = slot\n        if order.prev >= 0:\n            order.prev = level.first\n",
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
        "        self.levels[order.level].total_lots -= lots\n        check(",
        "        check(",
    ),
    Defect(
        "level-keeps-what-was-amended-away",
        "AMND-001",
        "        level.total_lots -= order.size_lots - size_lots\n",
        "",
    ),
    Defect(
        "level-forgets-more-than-a-cancelled-order-had-left",
        "ORDR-011",
        "level.total_lots -= order.remaining_lots",
        "level.total_lots -= order.size_lots",
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
    Defect(
        "node-that-was-given-back-is-still-begun-at",
        "BOOK-001",
        "self.tries[trie].near_prefixes[near_place(key)] = NO_PREFIX",
        "self.tries[trie].near_prefixes[near_place(key)] = key >> NEAR_BITS",
    ),
    Defect(
        "higher-node-that-was-given-back-is-still-begun-at",
        "BOOK-001",
        "                self.tries[trie].far_prefixes[far_place(key)] = NO_PREFIX\n            self.give_back",
        "                pass\n            self.give_back",
    ),
)
