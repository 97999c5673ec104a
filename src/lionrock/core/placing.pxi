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
        if account < 0:
            return self.out.reject(command.kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.account_id), 0)
        if slot < 0:
            return self.out.reject(command.kind, REJECTION_MARKET_UNKNOWN, command.market_id, 0)
        return self.refused_by_itself(
            command, &self.ledger.accounts[account], &self.book.markets[slot], is_plain(command)
        )

    cdef inline int refused_by_itself(
        self, const place_order_t* command, const account_t* account, const market_t* market, bint plain
    ) except -1 nogil:
        """The refusals that depend on what the order is: its parts, its price and its size."""
        cdef uint16_t kind = command.kind
        cdef int64_t size, notional
        if account.account_kind != ACCOUNT_KIND_CLIENT:
            return self.out.reject(
                kind, REJECTION_ACCOUNT_MAY_NOT_TRADE, as_figure(command.account_id), account.account_kind
            )
        if command.order_id <= self.highest_order_id:
            return self.out.reject(
                kind, REJECTION_ORDER_ID_NOT_INCREASING, as_figure(self.highest_order_id), as_figure(command.order_id)
            )
        if command.side != SIDE_BUY and command.side != SIDE_SELL:
            return self.out.reject(kind, REJECTION_SIDE_UNKNOWN, command.side, 0)
        if not plain and self.parts_refused(command):
            return 1
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
        return self.refused_for_now(command, account, market, notional, plain)

    cdef inline int refused_for_now(
        self, const place_order_t* command, const account_t* account, const market_t* market, int64_t notional,
        bint plain,
    ) except -1 nogil:
        """The refusals that depend on the state of things: time, switches, phase, last trade, gates."""
        cdef uint16_t kind = command.kind
        if not plain:
            if self.extras_refused(command):
                return 1
        elif command.client_order_key != 0 and self.client_id_refused(command):
            return 1
        if self.standing.stopped(kind, account, market):
            return 1
        if not admits(
            market, command.order_type == ORDER_TYPE_LIMIT, may_rest(command.time_in_force), command.post_only
        ):
            return self.out.reject(kind, REJECTION_PHASE_DOES_NOT_ADMIT, market.phase, command.time_in_force)
        if command.trigger != TRIGGER_NONE and self.trigger_refused(command, market):
            return 1
        return self.gates.order_refused(
            kind, account, market, command.side, command.price_ticks, notional,
            may_rest(command.time_in_force) or command.trigger != TRIGGER_NONE,
        )

    cdef int parts_refused(self, const place_order_t* command) except -1 nogil:
        """What an order may be made of. Returns 1 when refused."""
        cdef uint16_t kind = command.kind
        if command.order_type != ORDER_TYPE_LIMIT and command.order_type != ORDER_TYPE_MARKET:
            return self.out.reject(kind, REJECTION_ORDER_TYPE_UNKNOWN, command.order_type, 0)
        if not TIME_IN_FORCE_GOOD_TILL_CANCELLED <= command.time_in_force <= TIME_IN_FORCE_DAY:
            return self.out.reject(kind, REJECTION_TIME_IN_FORCE_UNKNOWN, command.time_in_force, 0)
        if not parts_go_together(command):
            return self.out.reject(
                kind, REJECTION_ORDER_COMBINATION_UNSUPPORTED, command.order_type, command.time_in_force
            )
        return 0

    cdef int extras_refused(self, const place_order_t* command) except -1 nogil:
        """What only an order that is not plain may have, and among it its client id. Returns 1 when refused."""
        cdef uint16_t kind = command.kind
        if command.self_trade_prevention > SELF_TRADE_PREVENTION_DECREMENT:
            return self.out.reject(
                kind, REJECTION_SELF_TRADE_PREVENTION_UNKNOWN, command.self_trade_prevention, 0
            )
        if not 0 <= command.display_lots <= command.size_lots or (
            too_many_parts(command.size_lots, command.display_lots)
        ):
            return self.out.reject(kind, REJECTION_DISPLAY_SIZE_OUT_OF_RANGE, command.size_lots, command.display_lots)
        if command.client_order_key != 0 and self.client_id_refused(command):
            return 1
        if command.time_in_force == TIME_IN_FORCE_GOOD_TILL_DATE and command.expire_time_ns <= self.out.time_ns:
            return self.out.reject(kind, REJECTION_EXPIRY_NOT_IN_FUTURE, self.out.time_ns, command.expire_time_ns)
        return 0

    cdef int client_id_refused(self, const place_order_t* command) except -1 nogil:
        cdef uint64_t taken = self.client_ids.order(self.ledger.account(command.account_id), command.client_order_key)
        if taken != 0:
            return self.out.reject(command.kind, REJECTION_CLIENT_ORDER_ID_IN_USE, as_figure(taken), 0)
        return 0

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
        cdef int32_t account = self.ledger.account(command.account_id)
        cdef int32_t market_slot = self.book.market(command.market_id)
        cdef int32_t slot
        cdef account_t* owner
        cdef market_t* market
        cdef order_t* order
        if self.refused(command, account, market_slot):
            return 1
        slot = self.book.draft()
        owner, market, order = &self.ledger.accounts[account], &self.book.markets[market_slot], &self.book.orders[slot]
        order.market = market_slot
        self.read_order(command, owner, market, order)
        if self.refused_for_funds(command, account, owner, market, order):
            self.book.give_back(slot)
            return 1
        # accepted
        self.highest_order_id = command.order_id
        if order.receive_balance < 0:
            self.open_balances(account, owner, market, order)
        self.ledger.hold(order.hold_balance, order.held_atoms)
        if command.client_order_key != 0:
            order.client_id = self.client_ids.take(account, command.client_order_key, command.order_id)
        self.announce_placed(command, order)
        if command.trigger != TRIGGER_NONE:
            return self.incoming.wait(slot, command.trigger, command.trigger_price_ticks)
        return self.incoming.come_in(slot, order, market, command.quote_amount_atoms)

    cdef int preview(self, const place_order_t* command, int64_t* exposure_atoms) except -1:
        """What the order would be answered at the door, and the exposure with it; nothing stands or is held after."""
        cdef int32_t account = self.ledger.account(command.account_id)
        cdef int32_t market = self.book.market(command.market_id)
        cdef account_t* owner
        cdef order_t asked
        exposure_atoms[0] = 0
        if self.refused(command, account, market) != 0:
            return 1
        clear_record(&asked)
        owner = &self.ledger.accounts[account]
        asked.level = -1
        asked.market = market
        self.read_order(command, owner, &self.book.markets[market], &asked)
        exposure_atoms[0] = self.exposure.with_order(
            account, self.book.markets[market].quote_asset_id, asked.held_atoms if asked.side == SIDE_BUY else 0
        )
        if self.refused_for_funds(command, account, owner, &self.book.markets[market], &asked) != 0:
            return 1
        return self.announce_placed(command, &asked)

    cdef inline int refused_for_funds(
        self, const place_order_t* command, int32_t account, const account_t* owner, const market_t* market,
        order_t* order,
    ) except -1 nogil:
        """The last refusals: the exposure limit, and what is not there to hold. Returns 1 when one was given."""
        cdef int64_t available_atoms = 0
        if may_exceed(owner, order.held_atoms) and self.exposure.refused(
            command.kind, account, held_asset(market, order.side), order.held_atoms
        ):
            return 1
        self.find_balances(account, owner, market, order)
        if order.hold_balance >= 0:
            available_atoms = self.ledger.balances[order.hold_balance].available_atoms
        if available_atoms < order.held_atoms:
            return self.out.reject(
                command.kind, REJECTION_AVAILABLE_INSUFFICIENT, order.held_atoms, available_atoms
            )
        return 0

    cdef inline int read_order(
        self, const place_order_t* command, const account_t* owner, const market_t* market, order_t* order
    ) except -1 nogil:
        """What the command asks for, with the rates fixed and the hold computed (`spec/orders.md`, "What is held")."""
        order.order_id = command.order_id
        order.side = command.side
        order.price_ticks = <int32_t> command.price_ticks
        order.size_lots = command.size_lots
        order.remaining_lots = command.size_lots
        order.maker_fee_ppm = self.listing.tiers[owner.tier].maker_fee_ppm
        order.taker_fee_ppm = self.listing.tiers[owner.tier].taker_fee_ppm
        order.self_trade_prevention = command.self_trade_prevention
        order.post_only = command.post_only
        order.expire_time_ns = command.expire_time_ns
        order.group_id = command.group_id
        order.time_in_force = command.time_in_force
        order.display_lots = command.display_lots
        order.client_id = -1
        if order.maker_fee_ppm >= 0:
            order.minimum_fee_atoms = minimum_fee(market, order.side)
        if command.order_type == ORDER_TYPE_LIMIT:
            order.held_atoms = needed_to_rest(market, order)
            return 0
        return self.hold_at_market(command, owner, market, order)

    cdef int hold_at_market(
        self, const place_order_t* command, const account_t* owner, const market_t* market, order_t* order
    ) except -1 nogil:
        """What an order without a price holds: its amount, or what the book asks for it now."""
        cdef int64_t lots = 0, quote_atoms = 0
        cdef taking_t taking
        self.incoming.prepare(order, &taking, owner.owner_id, command.quote_amount_atoms)
        if command.trigger == TRIGGER_NONE:
            self.incoming.matching.measure(
                order.market, opposite(order.side), order.remaining_lots, &taking, &lots, &quote_atoms
            )
        if taking.by_quote and order.side == SIDE_BUY:
            order.held_atoms = command.quote_amount_atoms
        elif taking.by_quote:
            order.held_atoms = lots * market.lot_base_atoms
        elif order.side == SIDE_SELL:
            order.held_atoms = command.size_lots * market.lot_base_atoms
        else:
            order.held_atoms = quote_atoms
            if quote_atoms != 0 and self.incoming.pays_fee_on_top(order):
                order.held_atoms += fee_to_hold(order, quote_atoms, order.taker_fee_ppm)
        return 0

    cdef inline int find_balances(
        self, int32_t account, const account_t* owner, const market_t* market, order_t* order
    ) except -1 nogil:
        """Where the order holds and is paid; -1: there is no such balance yet, or it has not been looked for."""
        cdef bint sells = order.side == SIDE_SELL
        if owner.last_market_id == market.market_id:
            order.hold_balance = <int32_t> either(sells, owner.last_base_balance, owner.last_quote_balance)
            order.receive_balance = <int32_t> either(sells, owner.last_quote_balance, owner.last_base_balance)
            return 0
        order.receive_balance = -1
        order.hold_balance = self.ledger.existing_balance(account, held_asset(market, order.side))
        return 0

    cdef int open_balances(
        self, int32_t account, account_t* owner, const market_t* market, order_t* order
    ) except -1 nogil:
        """The balances of an account's first order in a market, or the first after one elsewhere."""
        owner.last_base_balance = self.ledger.balance(account, market.base_asset_id)
        owner.last_quote_balance = self.ledger.balance(account, market.quote_asset_id)
        owner.last_market_id = market.market_id
        return self.find_balances(account, owner, market, order)

    cdef inline int announce_placed(self, const place_order_t* command, order_t* order) except -1 nogil:
        event = <order_placed_t*> self.out.event(EVENT_ORDER_PLACED)
        # Both runs of fields are the command's, in the same order and without gaps.
        memcpy(&event.order_id, &command.order_id, bytes_between(&command.order_id, &command.self_trade_prevention))
        event.held_atoms = order.held_atoms
        event.maker_fee_ppm = order.maker_fee_ppm
        event.taker_fee_ppm = order.taker_fee_ppm
        memcpy(
            &event.self_trade_prevention, &command.self_trade_prevention,
            bytes_between(&command.self_trade_prevention, &command.padding[0]),
        )
        event.minimum_fee_atoms = order.minimum_fee_atoms
        return 0


cdef inline uint32_t held_asset(const market_t* market, uint8_t side) noexcept nogil:
    """What an order of a side holds: its quote if it buys, its base if it sells."""
    return <uint32_t> either(side == SIDE_SELL, market.base_asset_id, market.quote_asset_id)


cdef inline int64_t minimum_fee(const market_t* market, uint8_t side) noexcept nogil:
    """The market's least fee of an order, in the asset of its fees."""
    return either(
        (side == SIDE_BUY) & (market.fee_currency == FEE_CURRENCY_RECEIVED),
        market.minimum_fee_base_atoms,
        market.minimum_fee_quote_atoms,
    )


@cython.overflowcheck(False)
cdef inline bint is_plain(const place_order_t* command) noexcept nogil:
    """A limit order, good till cancelled or immediate, with nothing else to it."""
    return command.order_type == ORDER_TYPE_LIMIT and (
        <uint8_t> (command.time_in_force - TIME_IN_FORCE_GOOD_TILL_CANCELLED) <= 1
    ) and (
        command.quote_amount_atoms | command.expire_time_ns | command.display_lots
        | command.trigger_price_ticks | command.trigger | command.post_only | command.self_trade_prevention
    ) == 0


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
