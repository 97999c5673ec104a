"""Defects of market phases, auctions and price bands."""

from __future__ import annotations

from tests.defects.defect import Defect

_PHASES = (
    Defect(
        "call-phase-takes-post-only",
        "PHAS-001",
        "return in_call(market) and limit and may_rest and not post_only",
        "return in_call(market) and limit and may_rest",
    ),
    Defect(
        "call-phase-takes-fill-or-kill",
        "PHAS-001",
        "return in_call(market) and limit and may_rest and not post_only",
        "return in_call(market) and limit and not post_only",
    ),
    Defect(
        "closed-market-takes-orders",
        "PHAS-003",
        "    if market.phase == MARKET_PHASE_CONTINUOUS:\n        return True",
        "    if market.phase == MARKET_PHASE_CONTINUOUS or market.phase == MARKET_PHASE_CLOSED:\n        return True",
    ),
    Defect(
        "amended-order-trades-in-a-call-phase",
        "PHAS-001",
        "self.book.levels[best].key <= limit_key and not in_call(market):",
        "self.book.levels[best].key <= limit_key:",
    ),
    Defect(
        "halted-market-cancels",
        "PHAS-002",
        "        if self.book.markets[self.book.orders[slot].market].phase == MARKET_PHASE_HALTED:\n",
        "        if False:\n",
    ),
    Defect(
        "close-ends-dated-orders-too",
        "PHAS-003",
        ".time_in_force == TIME_IN_FORCE_DAY:",
        ".time_in_force != TIME_IN_FORCE_GOOD_TILL_CANCELLED:",
    ),
    Defect(
        "change-of-phase-goes-before-an-expiry-of-its-time",
        "PHAS-004",
        "self.standing.next_expiry_ns <= min(time_ns, self.next_change_ns):",
        "self.standing.next_expiry_ns <= min(time_ns, self.next_change_ns - 1):",
    ),
    Defect(
        "changes-of-one-time-and-market-go-by-phase",
        "PHAS-004",
        "        self.scheduled += 1\n",
        "",
    ),
    Defect(
        "phase-is-asked-for-before-the-kill-switch",
        "PHAS-002",
        "        if self.standing.stopped(kind, account, market):\n",
        "        if market.phase != MARKET_PHASE_HALTED and self.standing.stopped(kind, account, market):\n",
    ),
)

_AUCTIONS = (
    Defect(
        "auction-price-does-not-ask-for-the-most-lots",
        "AUCT-001",
        "-min(wanted[price], offered[price]), abs(wanted[price] - offered[price]), abs",
        "abs(wanted[price] - offered[price]), -min(wanted[price], offered[price]), abs",
    ),
    Defect(
        "auction-price-does-not-ask-for-the-imbalance",
        "AUCT-002",
        "-min(wanted[price], offered[price]), abs(wanted[price] - offered[price]), abs",
        "-min(wanted[price], offered[price]), abs",
    ),
    Defect(
        "of-two-auction-prices-the-lower",
        "AUCT-003",
        "abs(price - reference), -price\n",
        "abs(price - reference), price\n",
    ),
    Defect(
        "reference-price-of-the-command-is-not-heard",
        "AUCT-003",
        "reference_price_ticks if reference_price_ticks else self.book.markets[market].last_price_ticks",
        "self.book.markets[market].last_price_ticks",
    ),
    Defect(
        "auction-buyer-pays-its-taker-rate",
        "AUCT-004",
        "self.matching.pay_buyer(market, buy, buy.maker_fee_ppm,",
        "self.matching.pay_buyer(market, buy, buy.taker_fee_ppm,",
    ),
    Defect(
        "of-one-owner-the-older-order-goes",
        "AUCT-005",
        "younger = buy if self.book.orders[buy].order_id > self.book.orders[sell].order_id else sell",
        "younger = buy if self.book.orders[buy].order_id < self.book.orders[sell].order_id else sell",
    ),
    Defect(
        "book-is-left-crossed-by-self-trade-prevention",
        "AUCT-005",
        "            self.auction(market, price, lots, imbalance_lots)\n",
        "            self.auction(market, price, lots, imbalance_lots)\n            return 0\n",
    ),
    Defect(
        "auction-gives-no-better-price-back",
        "AUCT-001",
        "            self.matching.reduce_hold(&self.book.orders[self.book.order_slots.find(partly_filled)])\n",
        "            pass\n",
    ),
    Defect(
        "halt-uncrosses-the-book",
        "AUCT-008",
        "if phase == MARKET_PHASE_CONTINUOUS or phase == MARKET_PHASE_CLOSED:",
        "if phase != MARKET_PHASE_PRE_OPEN and phase != MARKET_PHASE_CANCEL_ONLY:",
    ),
)

_BANDS = (
    Defect(
        "top-of-the-band-is-rounded-outwards",
        "AUCT-009",
        "min(reference_ticks * (PPM + band_ppm) // PPM, MAX_PRICE_TICKS)",
        "min((reference_ticks * (PPM + band_ppm) + PPM - 1) // PPM, MAX_PRICE_TICKS)",
    ),
    Defect(
        "bottom-of-the-band-is-rounded-outwards",
        "AUCT-009",
        "(reference_ticks * (PPM - band_ppm) + PPM - 1) // PPM",
        "reference_ticks * (PPM - band_ppm) // PPM",
    ),
    Defect(
        "amended-order-stops-at-the-band-without-an-auction",
        "AUCT-009",
        "return self.change_phase(order.market, MARKET_PHASE_VOLATILITY_AUCTION) if beyond else 0",
        "return 0",
    ),
    Defect(
        "fill-or-kill-counts-on-prices-beyond-the-band",
        "AUCT-010",
        "while level >= 0 and self.in_reach(level, taking) and lots[0] < want_lots:",
        "while level >= 0 and self.book.levels[level].key <= taking.limit_key and lots[0] < want_lots:",
    ),
    Defect(
        "market-order-knows-no-band",
        "AUCT-010",
        "            self.matching.set_reach(order, taking)\n",
        "            taking.near_key = 0\n            taking.worst_key = UINT32_MAX\n",
    ),
    Defect(
        "band-has-one-side",
        "AUCT-009",
        "return taking.near_key <= self.book.levels[level].key <= taking.worst_key",
        "return self.book.levels[level].key <= taking.worst_key",
    ),
    Defect(
        "order-of-its-own-owner-at-the-band-begins-an-auction",
        "AUCT-009",
        "if order.remaining_lots == 0 or taking.ended_by_own or level < 0:",
        "if order.remaining_lots == 0 or level < 0:",
    ),
)

IN_PHASES = (*_PHASES, *_AUCTIONS, *_BANDS)
