# What an order pays in fees, and what it must hold for them (spec/fees.md).


cdef inline int64_t fee_of_fill(
    order_t* order, int32_t rate_ppm, int64_t charged_atoms, int64_t most_atoms
) except? -99 nogil:
    """Fee of one fill; with a least fee, what is missing to that or to the fees of all fills (spec/fees.md)."""
    cdef int64_t fee = fee_rounded_down(charged_atoms, rate_ppm) if rate_ppm > 0 else 0
    if order.minimum_fee_atoms == 0:
        return fee
    order.fee_due_atoms += fee
    fee = min(max(order.minimum_fee_atoms, order.fee_due_atoms) - order.fee_charged_atoms, most_atoms)
    order.fee_charged_atoms += fee
    return fee


cdef inline int64_t fee_to_hold(const order_t* order, int64_t quote_atoms, int64_t rate_ppm) except? -99 nogil:
    """What the fees of a buy in a QUOTE-fee market can still come to when it trades for so much quote."""
    cdef int64_t fee = fee_hold_rounded_up(quote_atoms, rate_ppm)
    if order.minimum_fee_atoms == 0:
        return fee
    return max(order.minimum_fee_atoms, order.fee_due_atoms + fee) - order.fee_charged_atoms
