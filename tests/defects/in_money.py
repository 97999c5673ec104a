"""Defects of holds, fees and balances."""

from __future__ import annotations

from tests.defects.defect import Defect

_HOLDS = (
    Defect(
        "buy-holds-the-fee-at-its-maker-rate",
        "FEES-003",
        "fee_to_hold(order, atoms, max(order.maker_fee_ppm, order.taker_fee_ppm))",
        "fee_to_hold(order, atoms, max(order.maker_fee_ppm, 0))",
    ),
    Defect(
        "fee-in-a-hold-is-rounded-down",
        "FEES-004",
        "(notional_atoms % PPM * rate_ppm + PPM - 1) // PPM",
        "notional_atoms % PPM * rate_ppm // PPM",
    ),
    Defect(
        "rest-of-a-buy-holds-for-its-whole-size",
        "ORDR-003",
        "    return needed_for(market, order, order.remaining_lots, order.price_ticks)",
        "    return needed_for(\n"
        "        market, order, order.size_lots if order.side == SIDE_BUY else order.remaining_lots,\n"
        "        order.price_ticks,\n"
        "    )",
    ),
    Defect(
        "better-price-is-not-given-back",
        "ORDR-003",
        "        self.reduce_hold(order)\n        return self.enter(",
        "        return self.enter(",
    ),
    Defect(
        "hold-is-not-released-by-a-cancel",
        "ORDR-011",
        "        event.remaining_lots = remaining_lots\n"
        "        event.released_atoms = order.held_atoms\n"
        "        return self.over(order)",
        "        event.remaining_lots = remaining_lots\n"
        "        event.released_atoms = order.held_atoms\n"
        "        return self.client_ids.ended(order.client_id, self.out.time_ns) if order.client_id >= 0 else 0",
    ),
    Defect(
        "hold-is-not-released-by-a-fill",
        "ORDR-003",
        "        event.filled_lots = filled_lots\n"
        "        event.released_atoms = order.held_atoms\n"
        "        return self.over(order)",
        "        event.filled_lots = filled_lots\n"
        "        event.released_atoms = order.held_atoms\n"
        "        return self.client_ids.ended(order.client_id, self.out.time_ns) if order.client_id >= 0 else 0",
    ),
    Defect(
        "market-buy-holds-no-fee",
        "FEES-005",
        "order.held_atoms += fee_to_hold(",
        "order.held_atoms += 0 * fee_to_hold(",
    ),
    Defect(
        "budget-leaves-no-room-for-its-fee",
        "FEES-005",
        "cdef int64_t whole_ppm = PPM + rate_ppm",
        "cdef int64_t whole_ppm = PPM",
    ),
    Defect(
        "order-is-taken-with-one-atom-too-few",
        "ORDR-010",
        "if available_atoms < order.held_atoms:",
        "if available_atoms < order.held_atoms - 1:",
    ),
)

_FEES = (
    Defect(
        "fee-is-rounded-up",
        "FEES-002",
        "charged_atoms % PPM * rate_ppm // PPM",
        "(charged_atoms % PPM * rate_ppm + PPM - 1) // PPM",
    ),
    Defect(
        "incoming-seller-pays-its-maker-rate",
        "FEES-001",
        "either(buys, maker.maker_fee_ppm, taker.taker_fee_ppm)",
        "either(buys, maker.maker_fee_ppm, taker.maker_fee_ppm)",
    ),
    Defect(
        "resting-buyer-pays-the-rate-of-the-other-side",
        "FEES-007",
        "either(buys, taker.taker_fee_ppm, maker.maker_fee_ppm)",
        "either(buys, taker.taker_fee_ppm, taker.maker_fee_ppm)",
    ),
    Defect(
        "fee-in-base-is-credited-to-nobody",
        "LEDG-007",
        "            self.ledger.credit(market.fee_base_balance, fee)\n",
        "",
    ),
    Defect(
        "fee-in-quote-is-taken-twice",
        "LEDG-007",
        "self.ledger.credit(seller.receive_balance, quote_atoms - fee)",
        "self.ledger.credit(seller.receive_balance, quote_atoms - 2 * fee)",
    ),
    Defect(
        "fee-of-the-seller-goes-to-the-base-balance",
        "FEES-001",
        "        self.ledger.credit(seller.receive_balance, quote_atoms - fee)\n"
        "        self.ledger.credit(market.fee_quote_balance, fee)\n",
        "        self.ledger.credit(seller.receive_balance, quote_atoms - fee)\n"
        "        self.ledger.credit(market.fee_base_balance, fee)\n",
    ),
    Defect(
        "every-order-has-the-rates-of-tier-0",
        "FEES-007",
        "order.taker_fee_ppm = self.listing.tiers[owner.tier].taker_fee_ppm",
        "order.taker_fee_ppm = self.listing.tiers[0].taker_fee_ppm",
    ),
)

_BALANCES = (
    Defect(
        "buyer-gets-the-fee-that-was-taken",
        "LEDG-007",
        "self.ledger.credit(buyer.receive_balance, base_atoms - fee)",
        "self.ledger.credit(buyer.receive_balance, base_atoms)",
    ),
    Defect(
        "base-does-not-leave-the-seller",
        "LEDG-007",
        "        self.consume(seller, base_atoms)\n",
        "",
    ),
    Defect(
        "transfer-has-one-leg",
        "LEDG-001",
        "        self.ledger.move(debit, command.asset_id, -command.amount_atoms)\n",
        "",
    ),
)

IN_MONEY = (*_HOLDS, *_FEES, *_BALANCES)
