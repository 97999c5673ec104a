# What a market does with orders, and when: phases, their schedule, auctions.


@cython.final
cdef class Phases:
    """The phase of every market, the changes to come, and the auction between two phases."""

    cdef Ledger ledger
    cdef Book book
    cdef Announcements out
    cdef Matching matching
    cdef Standing standing
    cdef int64_t next_change_ns
    cdef uint64_t scheduled  # changes scheduled so far; keeps those of one time and market in order
    cdef list schedule  # heap of (time, market id, number, phase, reference price)

    def __init__(self, Ledger ledger, Book book, Announcements out, Matching matching, Standing standing):
        self.ledger = ledger
        self.book = book
        self.out = out
        self.matching = matching
        self.standing = standing
        self.next_change_ns = INT64_MAX
        self.scheduled = 0
        self.schedule = []

    cdef int pass_time(self, int64_t time_ns) except -1 with gil:
        """Everything that is due by now: expiries and changes of phase, by time, at one time expiries first."""
        while True:
            if self.standing.expiries and self.standing.next_expiry_ns <= min(time_ns, self.next_change_ns):
                self.standing.expire_next()
            elif not self.schedule or self.next_change_ns > time_ns:
                return 0
            else:
                _, market_id, _, phase, reference_price_ticks = heapq.heappop(self.schedule)
                self.next_change_ns = self.schedule[0][0] if self.schedule else INT64_MAX
                self.enter(self.book.market(market_id), phase, reference_price_ticks)

    cdef int set_market_phase(self, const set_market_phase_t* command, int64_t time_ns) except -1:
        cdef uint16_t kind = command.kind
        cdef int32_t market = self.book.market(command.market_id)
        cdef int64_t highest
        if market < 0:
            return self.out.reject(kind, REJECTION_MARKET_UNKNOWN, command.market_id, 0)
        highest = self.book.markets[market].max_price_ticks
        if not MARKET_PHASE_CONTINUOUS <= command.phase <= MARKET_PHASE_CLOSED:
            return self.out.reject(kind, REJECTION_PHASE_UNKNOWN, command.phase, 0)
        if command.at_time_ns != 0 and command.at_time_ns <= time_ns:
            return self.out.reject(kind, REJECTION_PHASE_TIME_NOT_IN_FUTURE, time_ns, command.at_time_ns)
        if not 0 <= command.reference_price_ticks <= highest:
            return self.out.reject(
                kind, REJECTION_REFERENCE_PRICE_OUT_OF_RANGE, highest, command.reference_price_ticks
            )
        # accepted
        if command.at_time_ns == 0:
            return self.enter(market, command.phase, command.reference_price_ticks)
        self.scheduled += 1
        change = (command.at_time_ns, command.market_id, self.scheduled, command.phase, command.reference_price_ticks)
        heapq.heappush(self.schedule, change)
        self.next_change_ns = self.schedule[0][0]
        event = <market_phase_scheduled_t*> self.out.event(EVENT_MARKET_PHASE_SCHEDULED)
        event.market_id = command.market_id
        event.phase = command.phase
        event.at_time_ns = command.at_time_ns
        event.reference_price_ticks = command.reference_price_ticks
        return 0

    cdef int set_price_band(self, const set_price_band_t* command) except -1:
        cdef int32_t market = self.book.market(command.market_id)
        if market < 0:
            return self.out.reject(command.kind, REJECTION_MARKET_UNKNOWN, command.market_id, 0)
        if command.band_ppm > MAX_RATE_PPM:
            return self.out.reject(command.kind, REJECTION_BAND_ABOVE_LIMIT, MAX_RATE_PPM, command.band_ppm)
        # accepted
        self.book.markets[market].band_ppm = command.band_ppm
        event = <price_band_set_t*> self.out.event(EVENT_PRICE_BAND_SET)
        event.market_id = command.market_id
        event.band_ppm = command.band_ppm
        return 0

    cdef int enter(self, int32_t market, uint8_t phase, int64_t reference_price_ticks) except -1:
        """Change the phase; CONTINUOUS and CLOSED begin with an auction, CLOSED ends the orders for the day."""
        cdef uint32_t market_id = self.book.markets[market].market_id
        self.matching.change_phase(market, phase)
        if phase == MARKET_PHASE_CONTINUOUS or phase == MARKET_PHASE_CLOSED:
            self.uncross(market, reference_price_ticks)
        if phase == MARKET_PHASE_CLOSED:
            for order_id in self.book.resting(0, market_id, 0, True, self.ledger):
                slot = self.book.order_slots.find(order_id)
                if self.book.orders[<int32_t> slot].time_in_force == TIME_IN_FORCE_DAY:
                    self.matching.cancel_resting(slot, CANCEL_REASON_EXPIRED)
        return 0

    cdef int uncross(self, int32_t market, int64_t reference_price_ticks) except -1:
        """Hold auctions until the book is not crossed: one, or more where self-trade prevention took orders away."""
        while True:
            reference = reference_price_ticks if reference_price_ticks else self.book.markets[market].last_price_ticks
            found = auction_price(self.levels(market, SIDE_BUY), self.levels(market, SIDE_SELL), reference)
            if found is None:
                return 0
            price, lots, imbalance_lots = found
            self.auction(market, price, lots, imbalance_lots)

    cdef int auction(self, int32_t market, int32_t price, object lots, object imbalance_lots) except -1:
        """Trade at the auction price what can trade at it (spec/auctions.md)."""
        cdef uint64_t partly_filled = 0
        event = <auction_uncrossed_t*> self.out.event(EVENT_AUCTION_UNCROSSED)
        event.market_id = self.book.markets[market].market_id
        event.price_ticks = price
        event.size_lots = lots
        event.imbalance_lots = imbalance_lots
        while self.trade_next(market, price, &partly_filled):
            pass
        if partly_filled != 0 and self.book.order_slots.find(partly_filled) >= 0:
            self.matching.reduce_hold(&self.book.orders[self.book.order_slots.find(partly_filled)])
        return 0

    cdef list levels(self, int32_t market, uint8_t side):
        """(price, lots) of each level, best first."""
        cdef int32_t level = self.book.markets[market].best[side]
        rows = []
        while level >= 0:
            rows.append((self.book.price(level), self.book.levels[level].total_lots))
            level = self.book.level_after(market, side, level)
        return rows

    cdef bint trade_next(self, int32_t market, int32_t price, uint64_t* partly_filled) except -1:
        """The first buyer and the first seller trade, or the younger of one owner goes. False when nobody is left."""
        cdef int32_t buy_level = self.book.markets[market].best[SIDE_BUY]
        cdef int32_t sell_level = self.book.markets[market].best[SIDE_SELL]
        cdef int32_t buy, sell, younger
        if buy_level < 0 or sell_level < 0:
            return False
        if self.book.price(buy_level) < price or self.book.price(sell_level) > price:
            return False
        buy = self.book.levels[buy_level].first
        sell = self.book.levels[sell_level].first
        younger = buy if self.book.orders[buy].order_id > self.book.orders[sell].order_id else sell
        if self.book.orders[younger].self_trade_prevention != SELF_TRADE_PREVENTION_NONE and (
            self.ledger.owner_of_balance(self.book.orders[buy].hold_balance)
            == self.ledger.owner_of_balance(self.book.orders[sell].hold_balance)
        ):
            self.matching.cancel_resting(younger, CANCEL_REASON_SELF_TRADE)
            return True
        self.trade(buy, sell, price)
        partly_filled[0] = self.book.orders[buy].order_id  # 0 when it is filled: its slot is free
        return True

    cdef int trade(self, int32_t buy_slot, int32_t sell_slot, int32_t price) except -1:
        """Two resting orders trade at the auction price; neither takes, so both pay their maker rates."""
        cdef order_t* buy = &self.book.orders[buy_slot]
        cdef order_t* sell = &self.book.orders[sell_slot]
        cdef market_t* market = &self.book.markets[buy.market]
        cdef int64_t lots = min(buy.remaining_lots, sell.remaining_lots)
        cdef int64_t base_atoms = lots * market.lot_base_atoms
        cdef int64_t quote_atoms = lots * price * market.quote_atoms_per_tick_lot
        cdef int64_t buyer_fee = self.matching.pay_buyer(market, buy, buy.maker_fee_ppm, base_atoms, quote_atoms)
        cdef int64_t seller_fee = self.matching.pay_seller(market, sell, sell.maker_fee_ppm, base_atoms, quote_atoms)
        self.book.trade_any(buy_slot, lots)
        self.book.trade_any(sell_slot, lots)
        self.matching.announce_trade(market, sell, buy, lots, quote_atoms, price, seller_fee, buyer_fee, True)
        for slot in (sell_slot, buy_slot):
            order = &self.book.orders[<int32_t> slot]
            if order.remaining_lots == 0:
                self.matching.filled(market, order, order.size_lots)
                self.matching.leave(slot, order, market)
        return 0

    cdef list lines(self):
        """The schedule lines of spec/state.md."""
        return [
            f"schedule|{time_ns}|{market_id}|{phase}|{reference}"
            for time_ns, market_id, _, phase, reference in sorted(self.schedule)
        ]


cdef object auction_price(list bids, list asks, object reference):
    """(price, lots that can trade, buyers' lots less sellers') of an auction, or None when the book is not crossed.

    `bids` and `asks` are (price, lots), best first. Python integers: auctions are rare and their sums not bounded here.
    """
    if not bids or not asks or bids[0][0] < asks[0][0]:
        return None
    wanted = {}  # by price: what buyers want there or higher
    offered = {}  # by price: what sellers offer there or lower
    prices = sorted({price for price, _ in bids + asks if asks[0][0] <= price <= bids[0][0]})
    lots, at = 0, 0
    for price in reversed(prices):
        while at < len(bids) and bids[at][0] >= price:
            lots += bids[at][1]
            at += 1
        wanted[price] = lots
    lots, at = 0, 0
    for price in prices:
        while at < len(asks) and asks[at][0] <= price:
            lots += asks[at][1]
            at += 1
        offered[price] = lots
    best = min(
        prices,
        key=lambda price: (
            -min(wanted[price], offered[price]), abs(wanted[price] - offered[price]), abs(price - reference), -price
        ),
    )
    return best, min(wanted[best], offered[best]), wanted[best] - offered[best]
