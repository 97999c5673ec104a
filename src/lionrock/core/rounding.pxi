# The named roundings of lionrock.words.rounding, for the compiled core. The forms differ from those pages only to stay
# inside 64 bits: a = q * PPM + r gives floor(a * rate / PPM) = q * rate + floor(r * rate / PPM), exactly.

cdef inline int64_t fee_rounded_down(int64_t charged_atoms, int64_t rate_ppm) except? -99 nogil:
    """Fee of one fill, cut in the client's favour."""
    return charged_atoms // PPM * rate_ppm + charged_atoms % PPM * rate_ppm // PPM


cdef inline int64_t rebate_rounded_down(int64_t value_atoms, int64_t rebate_ppm) except? -99 nogil:
    """Rebate of one fill, cut in the venue's favour."""
    return fee_rounded_down(value_atoms, rebate_ppm)


cdef inline int64_t fee_hold_rounded_up(int64_t notional_atoms, int64_t rate_ppm) except? -99 nogil:
    """Fee to hold for an order, cut in the ledger's favour."""
    return notional_atoms // PPM * rate_ppm + (notional_atoms % PPM * rate_ppm + PPM - 1) // PPM


cdef inline int64_t spendable_rounded_down(int64_t amount_atoms, int64_t rate_ppm) except? -99 nogil:
    """Part of a budget that may be spent on the asset so that its fee still fits; never overspends."""
    cdef int64_t whole_ppm = PPM + rate_ppm
    return amount_atoms // whole_ppm * PPM + amount_atoms % whole_ppm * PPM // whole_ppm


cdef inline int64_t lots_affordable_rounded_down(int64_t budget_atoms, int64_t quote_atoms_per_lot) except? -99 nogil:
    """Whole lots that a budget pays for at one price; never overspends."""
    return budget_atoms // quote_atoms_per_lot


cdef inline int64_t band_top_rounded_down(int64_t reference_ticks, int64_t band_ppm) except? -99 nogil:
    """Highest price inside a band, cut inwards."""
    return min(reference_ticks * (PPM + band_ppm) // PPM, MAX_PRICE_TICKS)


cdef inline int64_t band_bottom_rounded_up(int64_t reference_ticks, int64_t band_ppm) except? -99 nogil:
    """Lowest price inside a band, cut inwards."""
    return (reference_ticks * (PPM - band_ppm) + PPM - 1) // PPM
