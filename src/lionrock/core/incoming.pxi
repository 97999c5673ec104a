# The way of an order from coming in to resting or ending; also of one that waited for its trigger.


cdef inline bint may_rest(uint8_t time_in_force) noexcept nogil:
    """Whether what cannot trade at once waits in the book."""
    return (
        time_in_force == TIME_IN_FORCE_GOOD_TILL_CANCELLED
        or time_in_force == TIME_IN_FORCE_GOOD_TILL_DATE
        or time_in_force == TIME_IN_FORCE_DAY
    )


cdef inline bint rises(uint8_t side, uint8_t trigger) noexcept nogil:
    """Whether an order waits for the price to rise."""
    return (trigger == TRIGGER_STOP) == (side == SIDE_BUY)


@cython.final
cdef class Incoming:
    """Takes an accepted, funded order through the book."""

    cdef Ledger ledger
    cdef Book book
    cdef Announcements out
    cdef Matching matching
    cdef Standing standing

    def __init__(self, Ledger ledger, Book book, Announcements out, Matching matching, Standing standing):
        self.ledger = ledger
        self.book = book
        self.out = out
        self.matching = matching
        self.standing = standing

    cdef int64_t quote_rate(self, const order_t* order) except? -99 nogil:
        """What a taker pays on top in quote, ppm: the fee of a buy in a QUOTE-fee market."""
        return order.taker_fee_ppm if self.pays_fee_on_top(order) else 0

    cdef inline bint pays_fee_on_top(self, const order_t* order) except -1 nogil:
        """Whether what it spends does not include its fee."""
        return order.side == SIDE_BUY and self.book.markets[order.market].fee_currency == FEE_CURRENCY_QUOTE

    cdef inline int prepare(
        self, order_t* order, taking_t* taking, uint64_t owner_id, int64_t quote_amount_atoms
    ) except -1 nogil:
        """What the order may take. An order at market has no limit price, one by amount no size."""
        self.matching.begin(order, taking, owner_id)
        if order.price_ticks == 0:
            taking.limit_key = UINT32_MAX
            self.matching.set_reach(order, taking)
        if quote_amount_atoms != 0:
            taking.by_quote = True
            taking.spendable_atoms = spendable_rounded_down(quote_amount_atoms, self.quote_rate(order))
            if self.pays_fee_on_top(order):
                left_atoms = quote_amount_atoms - order.minimum_fee_atoms
                taking.spendable_atoms = max(0, min(taking.spendable_atoms, left_atoms))
            order.remaining_lots = self.book.markets[order.market].max_size_lots
        return 0

    cdef int wait(self, int32_t slot, uint8_t trigger, int32_t trigger_price_ticks) except -1 nogil:
        """The order stands outside the book until its trigger is met."""
        cdef order_t* order = &self.book.orders[slot]
        if order.size_lots == 0:
            order.remaining_lots = 0  # by amount: what it holds is what it will spend
        self.matching.enter(
            slot, order, &self.book.markets[order.market],
            QUEUE_RISING if rises(order.side, trigger) else QUEUE_FALLING, trigger_price_ticks,
        )
        return self.expect_end(order)

    cdef int trigger(self) except -1 nogil:
        """At the end of a command: in each continuous market with new trades the orders they triggered come in."""
        if self.matching.touched >= 0:
            self.trigger_in(self.matching.touched)
        else:
            self.trigger_everywhere()
        self.matching.touched = -1
        return 0

    cdef int trigger_everywhere(self) except -1 with gil:
        """The same in every market, by id."""
        for market_id in sorted(np.asarray(self.book.markets)["market_id"][: self.book.market_count]):
            self.trigger_in(self.book.market(market_id))
        return 0

    cdef int trigger_in(self, int32_t slot) except -1 nogil:
        cdef market_t* market = &self.book.markets[slot]
        cdef int32_t level
        while market.phase == MARKET_PHASE_CONTINUOUS:
            level = market.best[QUEUE_RISING]
            if level < 0 or self.book.price(level) > market.high_ticks:
                level = market.best[QUEUE_FALLING]
                if level < 0 or self.book.price(level) < market.low_ticks or market.low_ticks == 0:
                    market.high_ticks = market.low_ticks = 0
                    return 0
            self.release(self.book.levels[level].first)
        return 0

    cdef int release(self, int32_t slot) except -1 nogil:
        """A waiting order's trigger is met: it comes in."""
        cdef order_t* order = &self.book.orders[slot]
        self.book.part(order, &self.book.markets[order.market])
        self.matching.close(slot, order)
        event = <order_triggered_t*> self.out.event(EVENT_ORDER_TRIGGERED)
        event.order_id = order.order_id
        event.account_id = self.ledger.balances[order.hold_balance].account_id
        event.market_id = self.book.markets[order.market].market_id
        return self.come_in(
            slot, order, &self.book.markets[order.market], order.held_atoms if order.size_lots == 0 else 0
        )

    cdef inline int come_in(
        self, int32_t slot, order_t* order, market_t* market, int64_t quote_amount_atoms
    ) except -1 nogil:
        """Rest, as most orders do, or go on to trade. An order at market has no price but may not rest either."""
        cdef uint8_t side = opposite(order.side)
        cdef int32_t best = market.best[side]
        cdef bint alone = best < 0 or self.book.levels[best].key > ladder_key(side, order.price_ticks)
        if in_call(market) or (alone and may_rest(order.time_in_force)):
            # It has not traded, so what it holds is what it needs.
            self.matching.enter(slot, order, market, order.side, order.price_ticks)
            return self.expect_end(order)
        return self.trade_or_end(slot, quote_amount_atoms)

    cdef int trade_or_end(self, int32_t slot, int64_t quote_amount_atoms) except -1 nogil:
        """Trade what can trade; the rest rests, or the order ends and its slot is free."""
        cdef order_t* order = &self.book.orders[slot]
        cdef taking_t taking
        self.prepare(order, &taking, self.ledger.owner_of_balance(order.hold_balance), quote_amount_atoms)
        if not self.ends_untouched(order, &taking):
            self.matching.take(order, &taking)
            self.finish(slot, &taking)
        return self.book.give_back(slot) if order.level < 0 else 0

    cdef int ends_untouched(self, order_t* order, taking_t* taking) except -1 nogil:
        """Post-only orders that would take and fill-or-kill orders that cannot fill end here. Returns 1 for those."""
        cdef market_t* market = &self.book.markets[order.market]
        cdef uint8_t side = opposite(order.side)
        cdef int32_t best = market.best[side]
        cdef int64_t lots = 0, quote_atoms = 0
        if order.post_only and best >= 0 and self.book.levels[best].key <= taking.limit_key:
            self.matching.cancelled(market, order, CANCEL_REASON_WOULD_TAKE, 0, order.size_lots)
            return 1
        if order.time_in_force == TIME_IN_FORCE_FILL_OR_KILL:
            self.matching.measure(order.market, side, order.size_lots, taking, &lots, &quote_atoms)
            if lots < order.size_lots:
                self.matching.cancelled(market, order, CANCEL_REASON_NOT_FILLABLE_WHOLE, 0, order.size_lots)
                return 1
        return 0

    cdef int finish(self, int32_t slot, taking_t* taking) except -1 nogil:
        """After its trades an order is filled, rests, or is cancelled with the reason that fits."""
        cdef order_t* order = &self.book.orders[slot]
        cdef bint beyond = self.matching.could_go_on(order, taking)
        cdef bint has_rest = order.remaining_lots > 0 and not taking.ended_by_own
        if taking.by_quote or (has_rest and not may_rest(order.time_in_force)):
            self.end_for_good(order, taking, beyond)
        elif has_rest:
            self.rest(slot)
        else:
            self.matching.ended(order, taking)
        if beyond:
            self.matching.change_phase(order.market, MARKET_PHASE_VOLATILITY_AUCTION)
        return 0

    cdef int rest(self, int32_t slot) except -1 nogil:
        """Into the book for the first time, and onto the clock if it ends by itself."""
        self.matching.rest(slot)
        return self.expect_end(&self.book.orders[slot])

    cdef inline int expect_end(self, const order_t* order) except -1 nogil:
        return self.standing.expect_end(order.expire_time_ns, order.order_id) if order.expire_time_ns != 0 else 0

    cdef int end_for_good(self, order_t* order, taking_t* taking, bint beyond) except -1 nogil:
        """End an order that may not rest, with the reason that fits. One that traded nothing is never filled."""
        cdef market_t* market = &self.book.markets[order.market]
        cdef bint book_is_empty = market.best[opposite(order.side)] < 0
        cdef int64_t remaining_lots = 0 if taking.by_quote else order.remaining_lots
        cdef uint8_t reason
        if taking.by_quote and taking.filled_lots > 0 and taking.spendable_atoms == 0:
            return self.matching.filled(market, order, taking.filled_lots)
        if taking.ended_by_own:
            reason = CANCEL_REASON_SELF_TRADE
        elif beyond:
            reason = CANCEL_REASON_VOLATILITY
        elif order.price_ticks != 0:
            reason = CANCEL_REASON_IMMEDIATE_REMAINDER
        elif order.remaining_lots == 0:
            reason = CANCEL_REASON_LARGEST_SIZE
        elif book_is_empty or not taking.by_quote:
            reason = CANCEL_REASON_BOOK_EXHAUSTED
        elif taking.filled_lots > 0:
            return self.matching.filled(market, order, taking.filled_lots)
        else:
            reason = CANCEL_REASON_BELOW_ONE_LOT
        return self.matching.cancelled(market, order, reason, taking.filled_lots, remaining_lots)
