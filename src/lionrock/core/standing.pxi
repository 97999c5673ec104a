# What happens to orders that rest: their owners cancel and amend them, time ends them, kill switches sweep them away.

EXPIRY = np.dtype([("time_ns", "i8"), ("order_id", "u8")])


@cython.final
cdef class Standing:
    """The commands about resting orders, and the clock of those that expire."""

    cdef Ledger ledger
    cdef Book book
    cdef Announcements out
    cdef Matching matching
    cdef Gates gates
    cdef ClientIds client_ids
    cdef Exposure exposure
    cdef uint8_t site_stopped
    cdef int64_t next_expiry_ns
    cdef list expiries  # heap of (expiry time, order id); orders that ended otherwise stay in it until they are due

    def __init__(
        self, Ledger ledger, Book book, Announcements out, Matching matching, Gates gates, ClientIds client_ids,
        Exposure exposure,
    ):
        self.exposure = exposure
        self.gates = gates
        self.client_ids = client_ids
        self.ledger = ledger
        self.book = book
        self.out = out
        self.matching = matching
        self.site_stopped = 0
        self.next_expiry_ns = INT64_MAX
        self.expiries = []

    cdef int expect_end(self, int64_t expire_time_ns, uint64_t order_id) except -1 with gil:
        """A resting order ends by itself at that time."""
        heapq.heappush(self.expiries, (expire_time_ns, order_id))
        self.next_expiry_ns = self.expiries[0][0]
        return 0

    cdef int expire_next(self) except -1:
        """Cancel the order that is due first: by expiry time, then by id."""
        cdef int32_t slot
        _, order_id = heapq.heappop(self.expiries)
        self.next_expiry_ns = self.expiries[0][0] if self.expiries else INT64_MAX
        slot = self.book.order_slots.find(order_id)
        return self.matching.cancel_resting(slot, CANCEL_REASON_EXPIRED) if slot >= 0 else 0

    cdef int cancel_order(self, const cancel_order_t* command) except -1 nogil:
        cdef int32_t slot
        if self.not_theirs(command.kind, command.order_id, command.account_id, command.client_order_key, &slot):
            return 1
        if self.book.markets[self.book.orders[slot].market].phase == MARKET_PHASE_HALTED:
            return self.out.reject(command.kind, REJECTION_PHASE_DOES_NOT_ADMIT, MARKET_PHASE_HALTED, 0)
        # accepted
        return self.matching.cancel_resting(slot, CANCEL_REASON_REQUESTED)

    cdef inline int not_theirs(
        self, uint16_t kind, uint64_t order_id, uint64_t account_id, uint64_t client_order_key, int32_t* slot
    ) except -1 nogil:
        """Find an order for its owner; otherwise refuse. Returns 1 when refused."""
        if order_id == 0:
            order_id = self.client_ids.order(self.ledger.account(account_id), client_order_key)
        slot[0] = self.book.order_slots.find(order_id) if order_id != 0 else -1
        if slot[0] < 0:
            return self.out.reject(kind, REJECTION_ORDER_UNKNOWN, as_figure(order_id), 0)
        if self.ledger.balances[self.book.orders[slot[0]].hold_balance].account_id != account_id:
            return self.out.reject(kind, REJECTION_ORDER_OF_ANOTHER_ACCOUNT, as_figure(order_id), 0)
        return 0

    cdef inline int amendment_refused(
        self, const amend_order_t* command, const order_t* order, const market_t* market, const account_t* account
    ) except -1 nogil:
        """The refusals of an amendment that need no look at funds, in order. Returns 1 when one was given."""
        cdef int64_t filled_lots = order.size_lots - order.remaining_lots
        cdef int32_t best
        cdef int64_t notional
        if command.size_lots <= filled_lots:
            return self.out.reject(
                command.kind, REJECTION_AMENDED_SIZE_NOT_ABOVE_FILLED, filled_lots, command.size_lots
            )
        if price_refused(self.out, command.kind, market, command.price_ticks):
            return 1
        if command.size_lots > market.max_size_lots:
            return self.out.reject(command.kind, REJECTION_SIZE_ABOVE_MAXIMUM, market.max_size_lots, command.size_lots)
        notional = command.size_lots * command.price_ticks * market.quote_atoms_per_tick_lot
        if notional_refused(self.out, command.kind, market, notional):
            return 1
        if too_many_parts(command.size_lots, order.display_lots):
            return self.out.reject(
                command.kind, REJECTION_DISPLAY_SIZE_OUT_OF_RANGE, command.size_lots, order.display_lots
            )
        if not admits(market, True, True, order.post_only):
            return self.out.reject(command.kind, REJECTION_PHASE_DOES_NOT_ADMIT, market.phase, 0)
        if order.post_only:
            best = market.best[opposite(order.side)]
            if best >= 0 and self.book.levels[best].key <= ladder_key(opposite(order.side), command.price_ticks):
                return self.out.reject(
                    command.kind, REJECTION_AMENDED_ORDER_WOULD_TAKE, self.book.price(best),
                    command.price_ticks,
                )
        return self.gates.order_refused(
            command.kind, account, market, order.side, command.price_ticks, notional, False
        )

    cdef int amend_order(self, const amend_order_t* command) except -1 nogil:
        cdef int32_t slot
        cdef order_t* order
        cdef market_t* market
        cdef balance_t* hold
        cdef account_t* account
        cdef int64_t remaining_lots, held_atoms, added_atoms
        if self.not_theirs(command.kind, command.order_id, command.account_id, command.client_order_key, &slot):
            return 1
        order = &self.book.orders[slot]
        market = &self.book.markets[order.market]
        hold = &self.ledger.balances[order.hold_balance]
        account = &self.ledger.accounts[hold.account]
        if self.book.levels[order.level].queue != order.side:
            return self.out.reject(command.kind, REJECTION_AMENDED_ORDER_IS_WAITING, as_figure(order.order_id), 0)
        if self.amendment_refused(command, order, market, account):
            return 1
        remaining_lots = order.remaining_lots + (command.size_lots - order.size_lots)
        held_atoms = needed_for(market, order, remaining_lots, command.price_ticks)
        added_atoms = held_atoms - order.held_atoms
        if may_exceed(account, added_atoms) and self.exposure.refused(
            command.kind, hold.account, hold.asset_id, added_atoms
        ):
            return 1
        if added_atoms > hold.available_atoms:
            return self.out.reject(
                command.kind, REJECTION_AVAILABLE_INSUFFICIENT, added_atoms, hold.available_atoms
            )
        # accepted
        self.ledger.hold(order.hold_balance, added_atoms)
        order.held_atoms = held_atoms
        if command.price_ticks == order.price_ticks and command.size_lots <= order.size_lots:
            self.book.change_size(slot, command.size_lots)
            return self.announce_amended(order, market, hold, True)
        self.book.part(order, market)
        order.price_ticks = <int32_t> command.price_ticks
        order.size_lots = command.size_lots
        order.remaining_lots = remaining_lots
        self.announce_amended(order, market, hold, False)
        return self.matching.come_in_again(slot, order, market)

    cdef inline int announce_amended(
        self, const order_t* order, const market_t* market, const balance_t* hold, bint keeps_priority
    ) except -1 nogil:
        event = <order_amended_t*> self.out.event(EVENT_ORDER_AMENDED)
        event.order_id = order.order_id
        event.account_id = hold.account_id
        event.market_id = market.market_id
        event.priority_kept = keeps_priority
        event.price_ticks = order.price_ticks
        event.size_lots = order.size_lots
        event.remaining_lots = order.remaining_lots
        event.held_atoms = order.held_atoms
        return 0

    cdef int64_t sweep(
        self, uint64_t account_id, uint32_t market_id, uint32_t group_id, uint8_t reason
    ) except -1 with gil:
        """Cancel every resting order that fits, in order of their ids; returns how many."""
        cdef bint in_halts = reason == CANCEL_REASON_KILL_SWITCH
        cdef list ids = self.book.resting(account_id, market_id, group_id, in_halts, self.ledger)
        for order_id in ids:
            self.matching.cancel_resting(self.book.order_slots.find(order_id), reason)
        return len(ids)

    cdef int cancel_orders(self, const cancel_orders_t* command) except -1:
        cdef uint16_t kind = command.kind
        cdef int64_t cancelled
        if command.account_id != 0 and self.ledger.account(command.account_id) < 0:
            return self.out.reject(kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.account_id), 0)
        if command.market_id != 0 and self.book.market(command.market_id) < 0:
            return self.out.reject(kind, REJECTION_MARKET_UNKNOWN, command.market_id, 0)
        if command.account_id == 0 and (command.market_id == 0 or command.group_id != 0):
            return self.out.reject(kind, REJECTION_CANCEL_SCOPE_MISSING, 0, 0)
        if command.reason != CANCEL_REASON_REQUESTED and command.reason != CANCEL_REASON_DISCONNECTED:
            return self.out.reject(kind, REJECTION_CANCEL_REASON_UNSUPPORTED, command.reason, 0)
        # accepted
        cancelled = self.sweep(command.account_id, command.market_id, command.group_id, command.reason)
        event = <orders_cancelled_t*> self.out.event(EVENT_ORDERS_CANCELLED)
        event.orders = cancelled
        return 0

    cdef int set_kill_switch(self, const set_kill_switch_t* command) except -1:
        cdef uint16_t kind = command.kind
        cdef uint8_t scope = command.scope
        cdef int32_t account = -1
        cdef int32_t market = -1
        if scope == KILL_SWITCH_SCOPE_ACCOUNT:
            account = self.ledger.account(command.scope_id)
            if account < 0:
                return self.out.reject(kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.scope_id), 0)
        if scope == KILL_SWITCH_SCOPE_MARKET:
            market = self.book.market(<uint32_t> command.scope_id) if command.scope_id <= UINT32_MAX else -1
            if market < 0:
                return self.out.reject(kind, REJECTION_MARKET_UNKNOWN, as_figure(command.scope_id), 0)
        if (
            not KILL_SWITCH_SCOPE_SITE <= scope <= KILL_SWITCH_SCOPE_ACCOUNT
            or command.engaged > 1
            or (scope == KILL_SWITCH_SCOPE_SITE and command.scope_id != 0)
        ):
            return self.out.reject(kind, REJECTION_KILL_SWITCH_SCOPE_UNKNOWN, scope, command.engaged)
        # accepted
        event = <kill_switch_set_t*> self.out.event(EVENT_KILL_SWITCH_SET)
        event.scope = scope
        event.scope_id = command.scope_id
        event.engaged = command.engaged
        if account >= 0:
            self.ledger.accounts[account].stopped = command.engaged
        elif market >= 0:
            self.book.markets[market].stopped = command.engaged
        else:
            self.site_stopped = command.engaged
        if command.engaged:
            self.sweep(
                command.scope_id if account >= 0 else 0,
                <uint32_t> command.scope_id if market >= 0 else 0,
                0,
                CANCEL_REASON_KILL_SWITCH,
            )
        return 0

    cdef inline int stopped(self, uint16_t kind, const account_t* account, const market_t* market) except -1 nogil:
        """Refuse an order that a kill switch stands over, the widest first. Returns 1 when refused."""
        if self.site_stopped:
            return self.out.reject(kind, REJECTION_KILL_SWITCH_ENGAGED, KILL_SWITCH_SCOPE_SITE, 0)
        if market.stopped:
            return self.out.reject(kind, REJECTION_KILL_SWITCH_ENGAGED, KILL_SWITCH_SCOPE_MARKET, market.market_id)
        if account.stopped:
            return self.out.reject(kind, REJECTION_KILL_SWITCH_ENGAGED, KILL_SWITCH_SCOPE_ACCOUNT, account.account_id)
        return 0

    cdef int advance_time(self) except -1 nogil:
        """Whatever was due has happened before; this only says so."""
        self.out.event(EVENT_TIME_ADVANCED)
        return 0


cdef inline bint admits(const market_t* market, bint limit, bint may_rest, bint post_only) noexcept nogil:
    """Whether the market's phase takes an order of this make (spec/phases.md)."""
    if market.phase == MARKET_PHASE_CONTINUOUS:
        return True
    return in_call(market) and limit and may_rest and not post_only


cdef inline int price_refused(
    Announcements out, uint16_t kind, const market_t* market, int64_t price_ticks
) except -1 nogil:
    if price_ticks <= 0:
        return out.reject(kind, REJECTION_PRICE_NOT_POSITIVE, price_ticks, 0)
    if price_ticks > market.max_price_ticks:
        return out.reject(kind, REJECTION_PRICE_ABOVE_MAXIMUM, market.max_price_ticks, price_ticks)
    return 0


cdef inline int notional_refused(
    Announcements out, uint16_t kind, const market_t* market, int64_t notional_atoms
) except -1 nogil:
    if notional_atoms < market.min_notional_atoms:
        return out.reject(kind, REJECTION_NOTIONAL_BELOW_MINIMUM, market.min_notional_atoms, notional_atoms)
    if notional_atoms > market.max_notional_atoms:
        return out.reject(kind, REJECTION_NOTIONAL_ABOVE_MAXIMUM, market.max_notional_atoms, notional_atoms)
    return 0
