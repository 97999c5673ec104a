"""The rules of spec/fees.md: which fee a fill costs, which rebate it brings, and what is held and kept for fees."""

from __future__ import annotations

from lionrock.sim.auditor.book import Market, Order
from lionrock.words.enumerations import FeeCurrency, Side
from lionrock.words.rounding import fee_hold_rounded_up, fee_rounded_down, rebate_rounded_down, spendable_rounded_down


def pays_in_base(market: Market, side: int) -> bool:
    return side == Side.BUY and market.listing.fee_currency == FeeCurrency.RECEIVED


def pays_out_of_hold(market: Market, side: int) -> bool:
    """True of the buyer in a QUOTE-fee market; everybody else pays out of what they receive."""
    return side == Side.BUY and market.listing.fee_currency == FeeCurrency.QUOTE


def least_fee_atoms(market: Market, side: int, maker_fee_ppm: int) -> int:
    """The least that an order placed now pays in all once it trades; none goes with a rebate."""
    if maker_fee_ppm < 0:
        return 0
    in_base = pays_in_base(market, side)
    return market.rules.minimum_fee_base_atoms if in_base else market.rules.minimum_fee_quote_atoms


def worth_of_fill(market: Market, side: int, lots: int, price_ticks: int) -> int:
    """Base or quote of a fill, in atoms of whichever an order of this side pays its fees in."""
    if pays_in_base(market, side):
        return lots * market.listing.lot_base_atoms
    return market.value_atoms(lots, price_ticks)


def charge(market: Market, order: Order, worth_atoms: int, rate_ppm: int) -> int:
    """What the order pays for this fill, noted on the order where it has a least fee. A rebate rate charges nothing."""
    fee = fee_rounded_down(worth_atoms, max(rate_ppm, 0))
    if order.minimum_fee_atoms == 0:
        return fee
    order.fee_due_atoms += fee
    order.received_atoms += worth_atoms
    in_all = max(order.minimum_fee_atoms, order.fee_due_atoms)
    if not pays_out_of_hold(market, order.side):
        in_all = min(in_all, order.received_atoms)
    more = in_all - order.fee_charged_atoms
    order.fee_charged_atoms = in_all
    return more


def rebate(maker: Order, taker_worth_atoms: int, taker_fee_atoms: int) -> int:
    """What a maker with a rebate is given of the fee that the taker pays for this fill."""
    return min(rebate_rounded_down(taker_worth_atoms, -maker.maker_fee_ppm), taker_fee_atoms)


def fee_to_hold(market: Market, order: Order, value_atoms: int, rate_ppm: int) -> int:
    """What a buy must hold for the fee on what it may still pay for the asset, beside what it has been charged."""
    if not pays_out_of_hold(market, order.side):
        return 0
    to_least = order.minimum_fee_atoms - order.fee_charged_atoms
    to_due = order.fee_due_atoms - order.fee_charged_atoms + fee_hold_rounded_up(value_atoms, rate_ppm)
    return max(to_least, to_due)


def spendable_atoms(market: Market, order: Order, amount_atoms: int) -> int:
    """What an order by quote amount, which has not traded yet, may spend on (or raise by selling) the asset itself."""
    if not pays_out_of_hold(market, order.side):
        return amount_atoms
    beside_least = max(amount_atoms - order.minimum_fee_atoms, 0)
    return min(spendable_rounded_down(amount_atoms, order.taker_fee_ppm), beside_least)
