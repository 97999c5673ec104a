# Who trades with whom, and what that does to the ledger. Everything here happens after the point where an order has
# been accepted: nothing may be refused any more.

cdef struct taking_t:
    uint32_t limit_key  # place in the opposite ladder of its own limit price
    uint32_t worst_key  # where it must stop: there, or at the far end of the price band if that is nearer
    uint32_t near_key  # the near end of the band; a price before it would leave the band as well
    bint by_quote  # sized by an amount of quote instead of lots
    uint8_t self_trade_prevention
    uint64_t owner_id
    int64_t spendable_atoms  # by quote: what is left to spend or to raise
    int64_t filled_lots
    bint ended_by_own  # self-trade prevention took the rest of the order
    int64_t lost_lots  # what it took, where the order does not remember it as remaining


@cython.final
cdef class Matching:
    """Trades an incoming order against the book and settles each trade in the ledger."""

    cdef Ledger ledger
    cdef Book book
    cdef Announcements out
    cdef ClientIds client_ids
    cdef ErrorTrades error_trades
    cdef readonly uint64_t trades
    cdef uint64_t command  # counts commands; what is due before one counts to the one before
    cdef int32_t touched  # market in which triggers may be due at the end of the command; -1: none, -2: several

    def __init__(
        self, Ledger ledger, Book book, Announcements out, ClientIds client_ids, ErrorTrades error_trades
    ):
        self.error_trades = error_trades
        self.ledger = ledger
        self.book = book
        self.out = out
        self.client_ids = client_ids
        self.trades = 0
        self.touched = -1
        self.command = 0

    cdef int take(self, order_t* taker, taking_t* taking) except -1 nogil:
        """Trade with the best prices, oldest orders first, until the order, the book or the limit ends it."""
        cdef market_t* market = &self.book.markets[taker.market]
        cdef uint8_t side = opposite(taker.side)
        cdef int32_t level, maker
        cdef int64_t lots, quote_atoms_per_lot
        while taker.remaining_lots > 0:
            level = market.best[side]
            if level < 0 or not self.in_reach(level, taking):
                break
            quote_atoms_per_lot = self.book.price(level) * market.quote_atoms_per_tick_lot
            maker = self.book.levels[level].first
            lots = min(taker.remaining_lots, self.book.orders[maker].shown_lots)
            if taking.by_quote:
                lots = min(lots, lots_affordable_rounded_down(taking.spendable_atoms, quote_atoms_per_lot))
                if lots == 0:
                    break
            if taking.self_trade_prevention != SELF_TRADE_PREVENTION_NONE and self.is_own(maker, taking):
                if self.prevent(taker, taking, maker):
                    break
                continue
            if taking.by_quote:
                taking.spendable_atoms -= lots * quote_atoms_per_lot
            taking.filled_lots += lots
            taker.remaining_lots -= lots
            self.trade(market, taker, maker, lots, lots * quote_atoms_per_lot)
        return 0

    cdef inline bint in_reach(self, int32_t level, const taking_t* taking) except -1 nogil:
        """Whether a level is inside the order's limit and the market's price band."""
        return taking.near_key <= self.book.levels[level].key <= taking.worst_key

    cdef inline bint is_own(self, int32_t slot, taking_t* taking) except -1 nogil:
        return self.ledger.owner_of_balance(self.book.orders[slot].hold_balance) == taking.owner_id

    cdef int prevent(self, order_t* taker, taking_t* taking, int32_t maker) except -1 nogil:
        """The incoming order met one of its own owner (spec/self-trade.md). Returns 1 when its way ends here."""
        cdef int64_t lots
        if taking.self_trade_prevention == SELF_TRADE_PREVENTION_DECREMENT:
            lots = min(taker.remaining_lots, self.book.orders[maker].remaining_lots)
            self.shrink_resting(maker, lots)
            taker.size_lots -= lots
            taker.remaining_lots -= lots
            if taker.remaining_lots > 0:
                self.announce_reduced(taker, lots, 0)
                return 0
            taking.lost_lots = lots
        elif taking.self_trade_prevention != SELF_TRADE_PREVENTION_EXPIRE_TAKER:
            self.cancel_resting(maker, CANCEL_REASON_SELF_TRADE)
            if taking.self_trade_prevention == SELF_TRADE_PREVENTION_EXPIRE_MAKER:
                return 0
        taking.ended_by_own = True
        return 1

    cdef int shrink_resting(self, int32_t slot, int64_t lots) except -1 nogil:
        """Take lots away from a resting order without a trade; with none left it is cancelled."""
        cdef order_t* order = &self.book.orders[slot]
        cdef int64_t surplus_atoms
        if lots == order.remaining_lots:
            return self.cancel_resting(slot, CANCEL_REASON_SELF_TRADE)
        self.book.change_size(slot, order.size_lots - lots)
        surplus_atoms = order.held_atoms - needed_to_rest(&self.book.markets[order.market], order)
        order.held_atoms -= surplus_atoms
        self.ledger.release(order.hold_balance, surplus_atoms)
        return self.announce_reduced(order, lots, surplus_atoms)

    cdef int announce_reduced(self, order_t* order, int64_t lots, int64_t released_atoms) except -1 nogil:
        event = <order_reduced_t*> self.out.event(EVENT_ORDER_REDUCED)
        event.order_id = order.order_id
        event.account_id = self.ledger.balances[order.hold_balance].account_id
        event.market_id = self.book.markets[order.market].market_id
        event.reduced_lots = lots
        event.remaining_lots = order.remaining_lots
        event.released_atoms = released_atoms
        return 0

    cdef inline int cancel_resting(self, int32_t slot, uint8_t reason) except -1 nogil:
        """End a resting order and take it out of its queue."""
        cdef order_t* order = &self.book.orders[slot]
        cdef market_t* market = &self.book.markets[order.market]
        self.cancelled(market, order, reason, order.size_lots - order.remaining_lots, order.remaining_lots)
        return self.leave(slot, order, market)

    cdef int measure(
        self, int32_t market, uint8_t side, int64_t want_lots, taking_t* taking, int64_t* lots, int64_t* quote_atoms
    ) except -1 nogil:
        """What an incoming order can get from a side now: up to so many lots, or up to what it may spend."""
        cdef int32_t level = self.book.markets[market].best[side]
        cdef int64_t there, at_level, quote_atoms_per_lot
        lots[0] = quote_atoms[0] = 0
        while level >= 0 and self.in_reach(level, taking) and lots[0] < want_lots:
            quote_atoms_per_lot = (
                self.book.price(level) * self.book.markets[market].quote_atoms_per_tick_lot
            )
            if taking.self_trade_prevention != SELF_TRADE_PREVENTION_NONE:
                if not self.measure_queue(level, want_lots, quote_atoms_per_lot, taking, lots, quote_atoms):
                    break
            else:
                there = self.book.levels[level].total_lots
                at_level = min(there, want_lots - lots[0])
                if taking.by_quote:
                    at_level = min(
                        at_level,
                        lots_affordable_rounded_down(taking.spendable_atoms - quote_atoms[0], quote_atoms_per_lot),
                    )
                lots[0] += at_level
                quote_atoms[0] += at_level * quote_atoms_per_lot
                if at_level < there:
                    break  # a level taken in part is the last: a cheaper one further away must not be reached
            level = self.book.level_after(market, side, level)
        return 0

    cdef bint measure_queue(
        self, int32_t level, int64_t want_lots, int64_t quote_atoms_per_lot, taking_t* taking, int64_t* lots,
        int64_t* quote_atoms,
    ) except -1 nogil:
        """The same order by order, passing or stopping at those of the same owner. False when the way ends here.

        Once round for what shows; what is hidden stands behind all of it, so only those who came round reach it.
        """
        return self.measure_round(level, False, want_lots, quote_atoms_per_lot, taking, lots, quote_atoms) and (
            self.book.levels[level].hidden_lots == 0
            or self.measure_round(level, True, want_lots, quote_atoms_per_lot, taking, lots, quote_atoms)
        )

    cdef bint measure_round(
        self, int32_t level, bint hidden, int64_t want_lots, int64_t quote_atoms_per_lot, taking_t* taking,
        int64_t* lots, int64_t* quote_atoms,
    ) except -1 nogil:
        cdef int32_t slot = self.book.levels[level].first
        cdef int64_t there, taken
        while slot >= 0 and lots[0] < want_lots:
            there = self.book.orders[slot].shown_lots
            if hidden:
                there = self.book.orders[slot].remaining_lots - there
            taken = min(there, want_lots - lots[0])
            if taking.by_quote:
                taken = min(
                    taken, lots_affordable_rounded_down(taking.spendable_atoms - quote_atoms[0], quote_atoms_per_lot)
                )
                if taken == 0 and there > 0:
                    return False
            if not self.is_own(slot, taking):
                lots[0] += taken
                quote_atoms[0] += taken * quote_atoms_per_lot
                if taken < there:
                    return False
            elif taking.self_trade_prevention != SELF_TRADE_PREVENTION_EXPIRE_MAKER:
                return False
            slot = self.book.orders[slot].next
        return True

    cdef int trade(
        self, market_t* market, order_t* taker, int32_t maker_slot, int64_t lots, int64_t quote_atoms
    ) except -1 nogil:
        """One fill: both legs of both assets and both fees, then the queue."""
        cdef order_t* maker = &self.book.orders[maker_slot]
        cdef int64_t base_atoms = lots * market.lot_base_atoms
        cdef bint buys = taker.side == SIDE_BUY
        cdef order_t* buyer = either_order(buys, taker, maker)
        cdef order_t* seller = either_order(buys, maker, taker)
        cdef int64_t buyer_fee, seller_fee, taker_fee, maker_fee
        buyer_fee = self.pay_buyer(
            market, buyer, <int32_t> either(buys, taker.taker_fee_ppm, maker.maker_fee_ppm), base_atoms, quote_atoms
        )
        seller_fee = self.pay_seller(
            market, seller, <int32_t> either(buys, maker.maker_fee_ppm, taker.taker_fee_ppm), base_atoms, quote_atoms
        )
        taker_fee = either(buys, buyer_fee, seller_fee)
        maker_fee = either(buys, seller_fee, buyer_fee)
        if maker.maker_fee_ppm < 0:
            maker_fee = -self.pay_rebate(market, maker, taker_fee, base_atoms, quote_atoms)
        self.book.trade(maker, lots)
        self.announce_trade(market, maker, taker, lots, quote_atoms, maker.price_ticks, maker_fee, taker_fee, False)
        if maker.remaining_lots == 0:
            self.filled(market, maker, maker.size_lots)
            return self.leave(maker_slot, maker, market)
        return self.replenish(maker_slot) if maker.shown_lots == 0 else 0

    cdef int replenish(self, int32_t slot) except -1 nogil:
        """The shown part of an iceberg is gone: the next one shows."""
        cdef order_t* order = &self.book.orders[slot]
        self.book.replenish(slot)
        event = <order_replenished_t*> self.out.event(EVENT_ORDER_REPLENISHED)
        event.order_id = order.order_id
        event.account_id = self.ledger.balances[order.hold_balance].account_id
        event.market_id = self.book.markets[order.market].market_id
        event.shown_lots = order.shown_lots
        event.remaining_lots = order.remaining_lots
        return 0

    cdef inline int announce_trade(
        self, market_t* market, const order_t* maker, const order_t* taker, int64_t lots, int64_t quote_atoms,
        int32_t price_ticks, int64_t maker_fee, int64_t taker_fee, bint in_auction,
    ) except -1 nogil:
        self.trades += 1
        if not in_auction and market.traded_in != self.command:
            market.traded_in = self.command
            market.reference_ticks = market.last_price_ticks
        market.last_price_ticks = price_ticks
        market.high_ticks = max(market.high_ticks, price_ticks)
        market.low_ticks = price_ticks if market.low_ticks == 0 else min(market.low_ticks, price_ticks)
        self.touch(taker.market)
        self.remember(market, maker, taker, lots * market.lot_base_atoms, quote_atoms, maker_fee, taker_fee)
        event = <trade_executed_t*> self.out.event(EVENT_TRADE_EXECUTED)
        event.market_id = market.market_id
        event.taker_side = taker.side
        event.trade_id = self.trades
        event.maker_order_id = maker.order_id
        event.taker_order_id = taker.order_id
        event.maker_account_id = self.ledger.balances[maker.hold_balance].account_id
        event.taker_account_id = self.ledger.balances[taker.hold_balance].account_id
        event.price_ticks = price_ticks
        event.size_lots = lots
        event.quote_atoms = quote_atoms
        event.maker_fee_atoms = maker_fee
        event.taker_fee_atoms = taker_fee
        event.maker_remaining_lots = maker.remaining_lots
        event.in_auction = in_auction
        return 0

    cdef inline int remember(
        self, const market_t* market, const order_t* maker, const order_t* taker, int64_t base_atoms,
        int64_t quote_atoms, int64_t maker_fee, int64_t taker_fee,
    ) except -1 nogil:
        """Note the trade for an hour, by buyer and seller."""
        cdef bint buys = taker.side == SIDE_BUY
        return self.error_trades.remember(
            market, either_order(buys, taker, maker), either_order(buys, maker, taker), base_atoms, quote_atoms,
            either(buys, taker_fee, maker_fee), either(buys, maker_fee, taker_fee),
        )

    cdef inline int64_t pay_buyer(
        self, const market_t* market, order_t* buyer, int32_t rate_ppm, int64_t base_atoms, int64_t quote_atoms
    ) except? -99 nogil:
        """Quote leaves the buyer's hold, base arrives; returns the fee, taken from whichever the market says."""
        cdef int64_t fee
        if market.fee_currency == FEE_CURRENCY_QUOTE:
            # What it holds covers the least fee, so nothing needs to cut that down.
            fee = fee_of_fill(buyer, rate_ppm, quote_atoms, INT64_MAX)
            self.consume(buyer, quote_atoms + fee)
            self.ledger.credit(buyer.receive_balance, base_atoms)
            self.ledger.credit(market.fee_quote_balance, fee)
        else:
            fee = fee_of_fill(buyer, rate_ppm, base_atoms, base_atoms)
            self.consume(buyer, quote_atoms)
            self.ledger.credit(buyer.receive_balance, base_atoms - fee)
            self.ledger.credit(market.fee_base_balance, fee)
        return fee

    cdef inline int64_t pay_seller(
        self, const market_t* market, order_t* seller, int32_t rate_ppm, int64_t base_atoms, int64_t quote_atoms
    ) except? -99 nogil:
        """Base leaves the seller's hold, quote arrives less the fee, which is returned. The same in every market."""
        cdef int64_t fee = fee_of_fill(seller, rate_ppm, quote_atoms, quote_atoms)
        self.consume(seller, base_atoms)
        self.ledger.credit(seller.receive_balance, quote_atoms - fee)
        self.ledger.credit(market.fee_quote_balance, fee)
        return fee

    cdef int64_t pay_rebate(
        self, const market_t* market, const order_t* maker, int64_t taker_fee, int64_t base_atoms, int64_t quote_atoms
    ) except? -99 nogil:
        """A share of the taker's fee goes on to the maker, in the asset the taker paid; returns it."""
        cdef bint in_base = maker.side == SIDE_SELL and market.fee_currency == FEE_CURRENCY_RECEIVED
        cdef int64_t rebate = min(
            rebate_rounded_down(base_atoms if in_base else quote_atoms, -maker.maker_fee_ppm), taker_fee
        )
        self.ledger.credit(market.fee_base_balance if in_base else market.fee_quote_balance, -rebate)
        self.ledger.credit(
            maker.receive_balance if maker.side == SIDE_SELL and not in_base else maker.hold_balance, rebate
        )
        return rebate

    cdef inline int consume(self, order_t* order, int64_t amount_atoms) except -1 nogil:
        """A trade takes from an order's hold; a hold that does not suffice is a fault, not a refusal."""
        order.held_atoms -= amount_atoms
        if order.held_atoms < 0:
            self.holds_too_little(order)
        return self.ledger.take_held(order.hold_balance, amount_atoms)

    cdef inline int filled(self, const market_t* market, order_t* order, int64_t filled_lots) except -1 nogil:
        """The order is done: what it still holds goes back."""
        event = <order_filled_t*> self.out.event(EVENT_ORDER_FILLED)
        event.order_id = order.order_id
        event.account_id = self.ledger.balances[order.hold_balance].account_id
        event.market_id = market.market_id
        event.filled_lots = filled_lots
        event.released_atoms = order.held_atoms
        return self.over(order)

    cdef int holds_too_little(self, const order_t* order) except -1 nogil:
        raise Fault(f"order {order.order_id} traded more than it holds")

    cdef inline int cancelled(
        self, const market_t* market, order_t* order, uint8_t reason, int64_t filled_lots, int64_t remaining_lots
    ) except -1 nogil:
        """The order is over with a part not traded: what it still holds goes back."""
        event = <order_cancelled_t*> self.out.event(EVENT_ORDER_CANCELLED)
        event.order_id = order.order_id
        event.account_id = self.ledger.balances[order.hold_balance].account_id
        event.market_id = market.market_id
        event.reason = reason
        event.filled_lots = filled_lots
        event.remaining_lots = remaining_lots
        event.released_atoms = order.held_atoms
        return self.over(order)

    cdef inline int over(self, order_t* order) except -1 nogil:
        """However it ended: its hold is free, and from now on the time runs for the client's own id."""
        self.ledger.release(order.hold_balance, order.held_atoms)
        return self.client_ids.ended(order.client_id, self.out.time_ns) if order.client_id >= 0 else 0

    cdef int rest(self, int32_t slot) except -1 nogil:
        """What is left waits in the book, holding what it needs and no more."""
        cdef order_t* order = &self.book.orders[slot]
        self.reduce_hold(order)
        return self.enter(slot, order, &self.book.markets[order.market], order.side, order.price_ticks)

    cdef inline int enter(
        self, int32_t slot, order_t* order, market_t* market, uint8_t queue, int32_t price_ticks
    ) except -1 nogil:
        """The order stands in a queue from now on and counts among its account's open ones."""
        self.ledger.accounts[self.ledger.balances[order.hold_balance].account].open_orders += 1
        return self.book.enter(slot, order, market, queue, price_ticks)

    cdef inline int leave(self, int32_t slot, order_t* order, market_t* market) except -1 nogil:
        """A resting or waiting order is no more."""
        self.book.part(order, market)
        return self.forget(slot, order)

    cdef inline int forget(self, int32_t slot, order_t* order) except -1 nogil:
        """An order that stands in no queue is no more."""
        self.close(slot, order)
        return self.book.give_back(slot)

    cdef inline int close(self, int32_t slot, order_t* order) except -1 nogil:
        """The opposite of entering, for an order that stands in no queue any more: it is a draft again."""
        self.ledger.accounts[self.ledger.balances[order.hold_balance].account].open_orders -= 1
        self.book.order_slots.remove(order.order_id, slot)
        order.level = -1
        return 0

    cdef int reduce_hold(self, order_t* order) except -1 nogil:
        """Give back what the rest of an order need not hold."""
        cdef int64_t surplus_atoms = order.held_atoms - needed_to_rest(&self.book.markets[order.market], order)
        if surplus_atoms > 0:
            event = <hold_reduced_t*> self.out.event(EVENT_HOLD_REDUCED)
            event.order_id = order.order_id
            event.account_id = self.ledger.balances[order.hold_balance].account_id
            event.market_id = self.book.markets[order.market].market_id
            event.released_atoms = surplus_atoms
            order.held_atoms -= surplus_atoms
            self.ledger.release(order.hold_balance, surplus_atoms)
        return 0

    cdef inline int come_in_again(self, int32_t slot, order_t* order, market_t* market) except -1 nogil:
        """An amended order that lost its place trades what it can and goes to the back of the queue at its price.

        It stands in no queue meanwhile but keeps its slot: amendments are most of what a market maker sends.
        """
        cdef int32_t best = market.best[opposite(order.side)]
        cdef uint32_t limit_key = ladder_key(opposite(order.side), order.price_ticks)
        cdef taking_t taking
        cdef bint beyond = False
        if best >= 0 and self.book.levels[best].key <= limit_key and not in_call(market):
            self.begin(order, &taking, self.ledger.owner_of_balance(order.hold_balance))
            self.take(order, &taking)
            beyond = self.could_go_on(order, &taking)
            if self.ended(order, &taking):
                return self.forget(slot, order)
            self.reduce_hold(order)
        self.book.join(slot, order, market, order.side, order.price_ticks)
        return self.change_phase(order.market, MARKET_PHASE_VOLATILITY_AUCTION) if beyond else 0

    cdef inline int begin(self, order_t* order, taking_t* taking, uint64_t owner_id) except -1 nogil:
        """A limit order sets out; other kinds change what differs."""
        taking.limit_key = ladder_key(opposite(order.side), order.price_ticks)
        self.set_reach(order, taking)
        taking.by_quote = taking.ended_by_own = False
        taking.self_trade_prevention = order.self_trade_prevention
        taking.owner_id = owner_id
        taking.spendable_atoms = taking.filled_lots = taking.lost_lots = 0
        return 0

    cdef inline int set_reach(self, const order_t* order, taking_t* taking) except -1 nogil:
        """How far the order may go: to its limit, and nowhere outside the market's price band."""
        cdef market_t* market = &self.book.markets[order.market]
        cdef uint8_t side = opposite(order.side)
        cdef int32_t reference = market.reference_ticks if market.traded_in == self.command else market.last_price_ticks
        cdef uint32_t top, bottom
        taking.worst_key = taking.limit_key
        taking.near_key = 0
        if market.band_ppm == 0 or reference == 0:
            return 0
        top = ladder_key(side, band_top_rounded_down(reference, market.band_ppm))
        bottom = ladder_key(side, band_bottom_rounded_up(reference, market.band_ppm))
        taking.near_key = min(top, bottom)
        taking.worst_key = min(taking.limit_key, max(top, bottom))
        return 0

    cdef bint could_go_on(self, const order_t* order, const taking_t* taking) except -1 nogil:
        """Whether only the price band kept an order from trading on."""
        cdef int32_t level = self.book.markets[order.market].best[opposite(order.side)]
        cdef int64_t quote_atoms_per_lot
        if order.remaining_lots == 0 or taking.ended_by_own or level < 0:
            return False
        if self.book.levels[level].key > taking.limit_key or self.in_reach(level, taking):
            return False
        quote_atoms_per_lot = (
            self.book.price(level) * self.book.markets[order.market].quote_atoms_per_tick_lot
        )
        return not taking.by_quote or taking.spendable_atoms >= quote_atoms_per_lot

    cdef int change_phase(self, int32_t market, uint8_t phase) except -1 nogil:
        event = <market_phase_changed_t*> self.out.event(EVENT_MARKET_PHASE_CHANGED)
        event.market_id = self.book.markets[market].market_id
        event.phase = phase
        event.previous_phase = self.book.markets[market].phase
        self.book.markets[market].phase = phase
        self.touch(market)
        return 0

    cdef inline void touch(self, int32_t market) noexcept nogil:
        self.touched = market if self.touched == -1 or self.touched == market else -2

    cdef bint ended(self, order_t* order, taking_t* taking) except -1 nogil:
        """Whether after its trades an order that may rest is over: ended by one of its own, or filled."""
        if taking.ended_by_own:
            self.cancelled(
                &self.book.markets[order.market], order, CANCEL_REASON_SELF_TRADE,
                order.size_lots - order.remaining_lots, order.remaining_lots + taking.lost_lots,
            )
        elif order.remaining_lots == 0:
            self.filled(&self.book.markets[order.market], order, order.size_lots)
        else:
            return False
        return True


cdef inline int64_t needed_to_rest(const market_t* market, const order_t* order) except? -99 nogil:
    """Hold of a limit order for the lots it has left, at its limit price and its dearer rate."""
    return needed_for(market, order, order.remaining_lots, order.price_ticks)


cdef inline int64_t needed_for(
    const market_t* market, const order_t* order, int64_t lots, int64_t price_ticks
) except? -99 nogil:
    """The same for so many lots at such a limit price."""
    cdef int64_t per_lot = either(
        order.side == SIDE_SELL, market.lot_base_atoms, price_ticks * market.quote_atoms_per_tick_lot
    )
    cdef int64_t atoms = lots * per_lot
    if (order.side == SIDE_SELL) | (market.fee_currency == FEE_CURRENCY_RECEIVED):
        return atoms
    return atoms + fee_to_hold(order, atoms, max(order.maker_fee_ppm, order.taker_fee_ppm))
