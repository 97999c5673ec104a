"""Every place where the venue's arithmetic does not come out even, by name, saying in whose favour it is cut.

All arguments and results are integers of atoms or lots, none negative; rates are parts per million.
"""

from lionrock.words.limits import PPM


def fee_rounded_down(charged_atoms: int, rate_ppm: int) -> int:
    """Fee of one fill, cut in the client's favour: many small fills never cost more than one large one."""
    return charged_atoms * rate_ppm // PPM


def rebate_rounded_down(value_atoms: int, rebate_ppm: int) -> int:
    """Rebate of one fill, cut in the venue's favour: it never gives more than the rate. `rebate_ppm` is positive."""
    return value_atoms * rebate_ppm // PPM


def fee_hold_rounded_up(notional_atoms: int, rate_ppm: int) -> int:
    """Fee to hold for an order, cut in the ledger's favour, so that the hold always covers the fees of its fills.

    However the order is split, the sum of `fee_rounded_down` over its fills is at most this; the rest is released.
    """
    return -(-notional_atoms * rate_ppm // PPM)


def spendable_rounded_down(amount_atoms: int, rate_ppm: int) -> int:
    """Part of a budget that may be spent on the asset so that its fee still fits, cut so as never to overspend.

    The largest s with s + s * rate / 10^6 <= amount.
    """
    return amount_atoms * PPM // (PPM + rate_ppm)


def value_rounded_up(amount_atoms: int, price_atoms: int, decimals: int) -> int:
    """Worth of an amount of an asset, in the limit's favour: an exposure is never counted too small.

    `price_atoms` is the worth of one whole unit, 10^`decimals` atoms.
    """
    whole_atoms: int = 10**decimals
    return -(-amount_atoms * price_atoms // whole_atoms)


def lots_affordable_rounded_down(budget_atoms: int, quote_atoms_per_lot: int) -> int:
    """Whole lots that a budget pays for at one price, cut so as never to overspend; the rest stays with the client."""
    return budget_atoms // quote_atoms_per_lot


def band_top_rounded_down(reference_ticks: int, band_ppm: int) -> int:
    """Highest price inside a band round a reference price, cut inwards: no trade is let out by a rounding."""
    return reference_ticks * (PPM + band_ppm) // PPM


def band_bottom_rounded_up(reference_ticks: int, band_ppm: int) -> int:
    """Lowest price inside a band round a reference price, cut inwards."""
    return -(-reference_ticks * (PPM - band_ppm) // PPM)


def spread_rounded_up(bid_ticks: int, ask_ticks: int, parts: int) -> int:
    """Spread as a share of the middle between two prices, in so many parts of one, cut against the venue.

    The middle is half their sum: a market is never shown tighter than it is.
    """
    return -(-2 * (ask_ticks - bid_ticks) * parts // (bid_ticks + ask_ticks))


def average_rounded_up(weighted_sum: int, weight: int) -> int:
    """Of something that is better small, cut against the venue. The weight is positive."""
    return -(-weighted_sum // weight)


def average_rounded_down(weighted_sum: int, weight: int) -> int:
    """Of something that is better large, cut against the venue. The weight is positive."""
    return weighted_sum // weight
