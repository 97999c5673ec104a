"""Defects of icebergs: what shows, what is hidden, and where it stands."""

from __future__ import annotations

from tests.defects.defect import Defect

IN_ICEBERGS = (
    Defect(
        "next-part-keeps-the-place-of-the-one-before",
        "ICEB-002",
        "        self.levels[order.level].hidden_lots -= order.shown_lots\n"
        "        self.unlink(order, &self.levels[order.level])\n"
        "        return self.append(slot, order, &self.levels[order.level])",
        "        self.levels[order.level].hidden_lots -= order.shown_lots\n        return 0",
    ),
    Defect(
        "part-that-shows-counts-as-hidden",
        "ICEB-001",
        "        self.levels[order.level].hidden_lots -= order.shown_lots\n        self.unlink(",
        "        self.unlink(",
    ),
    Defect(
        "depth-counts-what-is-hidden",
        "ICEB-001",
        "rows.append((price_of(at), at.total_lots - at.hidden_lots))",
        "rows.append((price_of(at), at.total_lots))",
    ),
    Defect(
        "fill-or-kill-counts-on-what-shows-only",
        "ICEB-005",
        "there = self.book.levels[level].total_lots\n",
        "there = self.book.levels[level].total_lots - self.book.levels[level].hidden_lots\n",
    ),
    Defect(
        "hidden-size-before-an-own-order-is-counted-on",
        "ICEB-006",
        "            there = self.book.orders[slot].shown_lots\n"
        "            if hidden:\n"
        "                there = self.book.orders[slot].remaining_lots - there\n",
        "            there = 0 if hidden else self.book.orders[slot].remaining_lots\n",
    ),
    Defect(
        "iceberg-that-shrinks-in-its-place-shows-anew",
        "ICEB-007",
        "order.shown_lots = either(order.shown_lots < order.remaining_lots, order.shown_lots, order.remaining_lots)",
        "order.shown_lots = shows(order)",
    ),
    Defect(
        "iceberg-that-loses-its-place-shows-what-it-showed",
        "ICEB-008",
        "        order.shown_lots = shows(order)\n        order.level = self.level_at(",
        "        if order.display_lots == 0 or order.shown_lots == 0:\n"
        "            order.shown_lots = shows(order)\n"
        "        order.shown_lots = min(order.shown_lots, order.remaining_lots)\n"
        "        order.level = self.level_at(",
    ),
    Defect(
        "auction-trades-what-shows",
        "ICEB-009",
        "cdef int64_t lots = min(buy.remaining_lots, sell.remaining_lots)",
        "cdef int64_t lots = min(buy.shown_lots, sell.shown_lots)",
    ),
    Defect(
        "iceberg-shows-in-a-part-too-many",
        "ICEB-011",
        "(size_lots - 1) // display_lots >= MAX_ICEBERG_PARTS",
        "(size_lots - 1) // display_lots > MAX_ICEBERG_PARTS",
    ),
)
