"""Defects of rebates and of the least fee of an order."""

from __future__ import annotations

from tests.defects.defect import Defect

_REBATES = (
    Defect(
        "rebate-is-more-than-the-takers-fee",
        "FEES-011",
        "cdef int64_t rebate = min(\n"
        "            rebate_rounded_down(base_atoms if in_base else quote_atoms, -maker.maker_fee_ppm), taker_fee\n"
        "        )",
        "cdef int64_t rebate = rebate_rounded_down(\n"
        "            base_atoms if in_base else quote_atoms, -maker.maker_fee_ppm\n"
        "        )",
    ),
    Defect(
        "sellers-rebate-in-a-quote-fee-market-is-in-base",
        "FEES-010",
        "cdef bint in_base = maker.side == SIDE_SELL and market.fee_currency == FEE_CURRENCY_RECEIVED",
        "cdef bint in_base = maker.side == SIDE_SELL",
    ),
    Defect(
        "rebate-is-paid-in-an-auction",
        "FEES-012",
        "        self.matching.announce_trade(market, sell, buy, lots, quote_atoms, price",
        "        if sell.maker_fee_ppm < 0:\n"
        "            seller_fee = -self.matching.pay_rebate(market, sell, buyer_fee, base_atoms, quote_atoms)\n"
        "        self.matching.announce_trade(market, sell, buy, lots, quote_atoms, price",
    ),
)

_LEAST_FEES = (
    Defect(
        "least-fee-is-charged-in-every-fill",
        "FEES-013",
        "fee = min(max(order.minimum_fee_atoms, order.fee_due_atoms) - order.fee_charged_atoms, most_atoms)",
        "fee = min(max(order.minimum_fee_atoms, fee), most_atoms)",
    ),
    Defect(
        "fees-due-are-those-of-the-last-fill",
        "FEES-013",
        "order.fee_due_atoms += fee",
        "order.fee_due_atoms = fee",
    ),
    Defect(
        "least-fee-takes-more-than-a-fill-brought",
        "FEES-014",
        "order.fee_due_atoms) - order.fee_charged_atoms, most_atoms)",
        "order.fee_due_atoms) - order.fee_charged_atoms, INT64_MAX)",
    ),
    Defect(
        "hold-forgets-the-fees-charged-so-far",
        "FEES-015",
        "return max(order.minimum_fee_atoms, order.fee_due_atoms + fee) - order.fee_charged_atoms",
        "return max(order.minimum_fee_atoms, fee)",
    ),
    Defect(
        "every-buy-has-the-least-fee-in-base",
        "FEES-015",
        "        (side == SIDE_BUY) & (market.fee_currency == FEE_CURRENCY_RECEIVED),\n",
        "        side == SIDE_BUY,\n",
    ),
    Defect(
        "market-buy-by-amount-leaves-nothing-for-the-least-fee",
        "FEES-016",
        "left_atoms = quote_amount_atoms - order.minimum_fee_atoms",
        "left_atoms = quote_amount_atoms",
    ),
    Defect(
        "order-with-a-rebate-has-a-least-fee",
        "FEES-017",
        "        if order.maker_fee_ppm >= 0:\n            order.minimum_fee_atoms",
        "        if True:\n            order.minimum_fee_atoms",
    ),
)

IN_FEES = (*_REBATES, *_LEAST_FEES)
