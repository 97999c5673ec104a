# A new order at the door: every refusal on one line, then what it holds, then its way into the book.


@cython.final
cdef class Placing:
    """The command that everything else is about."""

    cdef Ledger ledger
    cdef Book book
    cdef Announcements out
    cdef Gates gates
    cdef Standing standing
    cdef Incoming incoming
    cdef Listing listing
    cdef ClientIds client_ids
    cdef Exposure exposure
    cdef uint64_t highest_order_id

    def __init__(
        self, Ledger ledger, Book book, Announcements out, Gates gates, Standing standing, Incoming incoming,
        Listing listing, ClientIds client_ids, Exposure exposure,
    ):
        self.exposure = exposure
        self.ledger = ledger
        self.book = book
        self.out = out
        self.gates = gates
        self.standing = standing
        self.incoming = incoming
        self.listing = listing
        self.client_ids = client_ids
        self.highest_order_id = 0

    cdef inline int refused(self, const place_order_t* command, int32_t account, int32_t slot) except -1 nogil:
        """The refusals of an order that need no look at the book, in order. Returns 1 when one was given."""
        cdef uint16_t kind = command.kind
        cdef market_t* market
        cdef uint8_t account_kind
        cdef int64_t size, notional
        if account < 0:
            return self.out.reject(kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.account_id), 0)
        if slot < 0:
            return self.out.reject(kind, REJECTION_MARKET_UNKNOWN, command.market_id, 0)
        market = &self.book.markets[slot]
        account_kind = self.ledger.accounts[account].account_kind
        if account_kind != ACCOUNT_KIND_CLIENT:
            return self.out.reject(
                kind, REJECTION_ACCOUNT_MAY_NOT_TRADE, as_figure(command.account_id), account_kind
            )
        if command.order_id <= self.highest_order_id:
            return self.out.reject(
                kind, REJECTION_ORDER_ID_NOT_INCREASING, as_figure(self.highest_order_id), as_figure(command.order_id)
            )
        if command.side != SIDE_BUY and command.side != SIDE_SELL:
            return self.out.reject(kind, REJECTION_SIDE_UNKNOWN, command.side, 0)
        if command.order_type != ORDER_TYPE_LIMIT and command.order_type != ORDER_TYPE_MARKET:
            return self.out.reject(kind, REJECTION_ORDER_TYPE_UNKNOWN, command.order_type, 0)
        if not TIME_IN_FORCE_GOOD_TILL_CANCELLED <= command.time_in_force <= TIME_IN_FORCE_DAY:
            return self.out.reject(kind, REJECTION_TIME_IN_FORCE_UNKNOWN, command.time_in_force, 0)
        if not parts_go_together(command):
            return self.out.reject(
                kind, REJECTION_ORDER_COMBINATION_UNSUPPORTED, command.order_type, command.time_in_force
            )
        if command.order_type == ORDER_TYPE_LIMIT and price_refused(self.out, kind, market, command.price_ticks):
            return 1
        size = command.quote_amount_atoms if command.quote_amount_atoms != 0 else command.size_lots
        if size <= 0:
            return self.out.reject(kind, REJECTION_SIZE_NOT_POSITIVE, size, 0)
        if command.size_lots > market.max_size_lots:
            return self.out.reject(kind, REJECTION_SIZE_ABOVE_MAXIMUM, market.max_size_lots, command.size_lots)
        notional = command.quote_amount_atoms
        if command.order_type == ORDER_TYPE_LIMIT:
            notional = command.size_lots * command.price_ticks * market.quote_atoms_per_tick_lot
        # A market order by base has no price and is not measured.
        if notional != 0 and notional_refused(self.out, kind, market, notional):
            return 1
        return self.refused_for_now(command, account, slot, notional)

    cdef inline int refused_for_now(
        self, const place_order_t* command, int32_t account, int32_t slot, int64_t notional
    ) except -1 nogil:
        """The refusals that depend on the state of things: time, switches, phase, last trade, gates."""
        cdef uint16_t kind = command.kind
        cdef market_t* market = &self.book.markets[slot]
        cdef int32_t taken
        if command.self_trade_prevention > SELF_TRADE_PREVENTION_DECREMENT:
            return self.out.reject(
                kind, REJECTION_SELF_TRADE_PREVENTION_UNKNOWN, command.self_trade_prevention, 0
            )
        if not 0 <= command.display_lots <= command.size_lots or (
            too_many_parts(command.size_lots, command.display_lots)
        ):
            return self.out.reject(kind, REJECTION_DISPLAY_SIZE_OUT_OF_RANGE, command.size_lots, command.display_lots)
        if command.client_order_key != 0:
            taken = self.client_ids.find(account, command.client_order_key)
            if taken >= 0:
                return self.out.reject(
                    kind, REJECTION_CLIENT_ORDER_ID_IN_USE, as_figure(self.client_ids.ids[taken].order_id), 0
                )
        if command.time_in_force == TIME_IN_FORCE_GOOD_TILL_DATE and command.expire_time_ns <= self.out.time_ns:
            return self.out.reject(kind, REJECTION_EXPIRY_NOT_IN_FUTURE, self.out.time_ns, command.expire_time_ns)
        if self.standing.stopped(kind, account, slot):
            return 1
        if not admits(
            market, command.order_type == ORDER_TYPE_LIMIT, may_rest(command.time_in_force), command.post_only
        ):
            return self.out.reject(kind, REJECTION_PHASE_DOES_NOT_ADMIT, market.phase, command.time_in_force)
        if command.trigger != TRIGGER_NONE and self.trigger_refused(command, market):
            return 1
        return self.gates.order_refused(
            kind, account, slot, command.side, command.price_ticks, notional,
            may_rest(command.time_in_force) or command.trigger != TRIGGER_NONE,
        )

    cdef int trigger_refused(self, const place_order_t* command, const market_t* market) except -1 nogil:
        cdef int32_t last = market.last_price_ticks
        cdef bint met
        if command.trigger > TRIGGER_TAKE_PROFIT:
            return self.out.reject(command.kind, REJECTION_TRIGGER_UNKNOWN, command.trigger, 0)
        if not 0 < command.trigger_price_ticks <= market.max_price_ticks:
            return self.out.reject(
                command.kind, REJECTION_TRIGGER_PRICE_OUT_OF_RANGE, market.max_price_ticks, command.trigger_price_ticks
            )
        met = last >= command.trigger_price_ticks if rises(command.side, command.trigger) else (
            last <= command.trigger_price_ticks
        )
        if last != 0 and met:
            return self.out.reject(
                command.kind, REJECTION_TRIGGER_ALREADY_MET, last, command.trigger_price_ticks
            )
        return 0

    cdef int place_order(self, const place_order_t* command) except -1 nogil:
        cdef taking_t taking
        cdef int32_t account = self.ledger.account(command.account_id)
        cdef int32_t market = self.book.market(command.market_id)
        cdef int32_t slot
        if self.refused(command, account, market):
            return 1
        slot = self.book.draft()
        self.read_order(command, account, market, &self.book.orders[slot], &taking)
        if self.refused_for_funds(command, account, &self.book.orders[slot]):
            self.book.give_back(slot)
            return 1
        # accepted
        self.highest_order_id = command.order_id
        self.open_hold(&self.book.orders[slot], account)
        if command.client_order_key != 0:
            self.book.orders[slot].client_id = self.client_ids.take(
                account, command.client_order_key, command.order_id
            )
        self.announce_placed(command, &self.book.orders[slot])
        if command.trigger != TRIGGER_NONE:
            return self.incoming.wait(slot, command.trigger, command.trigger_price_ticks)
        return self.incoming.come_in(slot, &taking)

    cdef int preview(self, const place_order_t* command, int64_t* exposure_atoms) except -1:
        """What the order would be answered at the door, and the exposure with it; nothing stands or is held after."""
        cdef int32_t account = self.ledger.account(command.account_id)
        cdef int32_t market = self.book.market(command.market_id)
        cdef order_t asked
        cdef taking_t wants
        exposure_atoms[0] = 0
        if self.refused(command, account, market) != 0:
            return 1
        clear_record(&asked)
        asked.level = -1
        self.read_order(command, account, market, &asked, &wants)
        exposure_atoms[0] = self.exposure.with_order(
            account, self.book.markets[market].quote_asset_id, asked.held_atoms if asked.side == SIDE_BUY else 0
        )
        if self.refused_for_funds(command, account, &asked) != 0:
            return 1
        return self.announce_placed(command, &asked)

    cdef inline int refused_for_funds(
        self, const place_order_t* command, int32_t account, order_t* order
    ) except -1 nogil:
        """The last refusals: the exposure limit, and what is not there to hold. Returns 1 when one was given."""
        cdef market_t* market = &self.book.markets[order.market]
        cdef uint32_t hold_asset = <uint32_t> either(
            order.side == SIDE_SELL, market.base_asset_id, market.quote_asset_id
        )
        cdef int64_t available_atoms = 0
        if self.exposure.refused(command.kind, account, hold_asset, order.held_atoms):
            return 1
        self.find_balances(&self.ledger.accounts[account], account, order)
        if order.hold_balance >= 0:
            available_atoms = self.ledger.balances[order.hold_balance].available_atoms
        if available_atoms < order.held_atoms:
            return self.out.reject(
                command.kind, REJECTION_AVAILABLE_INSUFFICIENT, order.held_atoms, available_atoms
            )
        return 0

    cdef inline int read_order(
        self, const place_order_t* command, int32_t account, int32_t slot, order_t* order, taking_t* taking
    ) except -1 nogil:
        """What the command asks for, with the rates fixed and the hold computed (`spec/orders.md`, "What is held")."""
        cdef uint16_t tier = self.ledger.accounts[account].tier
        cdef bint market_order = command.order_type == ORDER_TYPE_MARKET
        cdef int64_t lots = 0, quote_atoms = 0
        order.order_id = command.order_id
        order.market = slot
        order.side = command.side
        order.price_ticks = <int32_t> command.price_ticks
        order.size_lots = command.size_lots
        order.remaining_lots = command.size_lots
        order.maker_fee_ppm = self.listing.tiers[tier].maker_fee_ppm
        order.taker_fee_ppm = self.listing.tiers[tier].taker_fee_ppm
        order.self_trade_prevention = command.self_trade_prevention
        order.post_only = command.post_only
        order.expire_time_ns = command.expire_time_ns
        order.group_id = command.group_id
        order.time_in_force = command.time_in_force
        order.display_lots = command.display_lots
        order.client_id = -1
        if order.maker_fee_ppm >= 0:
            order.minimum_fee_atoms = self.minimum_fee(order)
        self.incoming.prepare(order, taking, self.ledger.accounts[account].owner_id, command.quote_amount_atoms)
        if market_order and command.trigger == TRIGGER_NONE:
            self.incoming.matching.measure(
                slot, opposite(order.side), order.remaining_lots, taking, &lots, &quote_atoms
            )
        if not market_order:
            order.held_atoms = self.incoming.matching.needed_to_rest(order)
        elif taking.by_quote and order.side == SIDE_BUY:
            order.held_atoms = command.quote_amount_atoms
        elif taking.by_quote:
            order.held_atoms = lots * self.book.markets[slot].lot_base_atoms
        elif order.side == SIDE_SELL:
            order.held_atoms = command.size_lots * self.book.markets[slot].lot_base_atoms
        else:
            order.held_atoms = quote_atoms
            if quote_atoms != 0 and self.incoming.pays_fee_on_top(order):
                order.held_atoms += fee_to_hold(order, quote_atoms, order.taker_fee_ppm)
        return 0

    cdef inline int64_t minimum_fee(self, const order_t* order) except? -99 nogil:
        """The market's least fee of an order, in the asset of its fees."""
        cdef market_t* market = &self.book.markets[order.market]
        return either(
            (order.side == SIDE_BUY) & (market.fee_currency == FEE_CURRENCY_RECEIVED),
            market.minimum_fee_base_atoms,
            market.minimum_fee_quote_atoms,
        )

    cdef inline int find_balances(self, const account_t* account, int32_t slot, order_t* order) except -1 nogil:
        """Where the order holds and is paid; -1: there is no such balance yet, or it has not been looked for."""
        cdef market_t* market = &self.book.markets[order.market]
        cdef bint sells = order.side == SIDE_SELL
        if account.last_market_id == market.market_id:
            order.hold_balance = <int32_t> either(sells, account.last_base_balance, account.last_quote_balance)
            order.receive_balance = <int32_t> either(sells, account.last_quote_balance, account.last_base_balance)
            return 0
        order.receive_balance = -1
        order.hold_balance = self.ledger.existing_balance(
            slot, <uint32_t> either(sells, market.base_asset_id, market.quote_asset_id)
        )
        return 0

    cdef inline int open_hold(self, order_t* order, int32_t account) except -1 nogil:
        if order.receive_balance < 0:
            self.open_balances(order, account)
        return self.ledger.hold(order.hold_balance, order.held_atoms)

    cdef int open_balances(self, order_t* order, int32_t account) except -1 nogil:
        """The balances of an account's first order in a market, or the first after one elsewhere."""
        cdef market_t* market = &self.book.markets[order.market]
        cdef account_t* owner = &self.ledger.accounts[account]
        owner.last_base_balance = self.ledger.balance(account, market.base_asset_id)
        owner.last_quote_balance = self.ledger.balance(account, market.quote_asset_id)
        owner.last_market_id = market.market_id
        return self.find_balances(owner, account, order)

    cdef inline int announce_placed(self, const place_order_t* command, order_t* order) except -1 nogil:
        event = <order_placed_t*> self.out.event(EVENT_ORDER_PLACED)
        event.order_id = command.order_id
        event.account_id = command.account_id
        event.market_id = command.market_id
        event.side = command.side
        event.order_type = command.order_type
        event.time_in_force = command.time_in_force
        event.post_only = command.post_only
        event.price_ticks = command.price_ticks
        event.size_lots = command.size_lots
        event.quote_amount_atoms = command.quote_amount_atoms
        event.held_atoms = order.held_atoms
        event.maker_fee_ppm = order.maker_fee_ppm
        event.taker_fee_ppm = order.taker_fee_ppm
        event.self_trade_prevention = command.self_trade_prevention
        event.expire_time_ns = command.expire_time_ns
        event.group_id = command.group_id
        event.trigger = command.trigger
        event.trigger_price_ticks = command.trigger_price_ticks
        event.display_lots = command.display_lots
        event.client_order_key = command.client_order_key
        event.minimum_fee_atoms = order.minimum_fee_atoms
        return 0


cdef inline bint parts_go_together(const place_order_t* command) noexcept nogil:
    """Whether the parts of an order make an order at all (ORDR-014, spec/triggers.md)."""
    cdef bint dated = command.time_in_force == TIME_IN_FORCE_GOOD_TILL_DATE
    cdef bint decrements = command.self_trade_prevention == SELF_TRADE_PREVENTION_DECREMENT
    cdef bint waits = command.trigger != TRIGGER_NONE
    cdef bint by_quote = command.quote_amount_atoms != 0
    if command.post_only > 1 or dated != (command.expire_time_ns != 0):
        return False
    if waits and command.post_only or not waits and command.trigger_price_ticks != 0:
        return False
    if command.order_type == ORDER_TYPE_LIMIT:
        if command.post_only and not may_rest(command.time_in_force):
            return False
        if decrements and command.time_in_force == TIME_IN_FORCE_FILL_OR_KILL:
            return False
        if command.display_lots != 0 and not may_rest(command.time_in_force):
            return False
        return not by_quote
    if command.time_in_force != TIME_IN_FORCE_IMMEDIATE_OR_CANCEL or command.post_only or command.price_ticks != 0:
        return False
    if command.display_lots != 0:
        return False
    if decrements or waits and by_quote != (command.side == SIDE_BUY):
        return False
    return (command.size_lots != 0) != by_quote
