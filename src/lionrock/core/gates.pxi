# What compliance and the operator allow: facts about accounts and markets, asked of every order before funds are.

@cython.final
cdef class Gates:
    """The facts, and the questions (spec/gates.md)."""

    cdef Ledger ledger
    cdef Book book
    cdef Announcements out
    cdef Listing listing
    cdef set forbidden  # (account slot, asset) that the account may not acquire

    def __init__(self, Ledger ledger, Book book, Announcements out, Listing listing):
        self.ledger = ledger
        self.book = book
        self.out = out
        self.listing = listing
        self.forbidden = set()

    cdef inline int order_refused(
        self, uint16_t kind, const account_t* account, const market_t* market, uint8_t side, int64_t price_ticks,
        int64_t value_atoms, bint will_be_open,
    ) except -1 nogil:
        """Ask every gate in order. Price and value are 0 where an order has none. Returns 1 when refused."""
        if account.legal_entity != 0 and market.legal_entity != 0 and account.legal_entity != market.legal_entity:
            return self.out.reject(
                kind, REJECTION_LEGAL_ENTITY_DIFFERS, market.legal_entity, account.legal_entity
            )
        if not (account.products >> market.product) & 1:
            return self.out.reject(
                kind, REJECTION_PRODUCT_NOT_PERMITTED, <int64_t> 1 << market.product, account.products
            )
        if account.forbidden_assets != 0 and self.may_not_acquire(kind, account.account_id, market, side):
            return 1
        if not (market.admitted_classes >> account.client_class) & 1:
            return self.out.reject(
                kind, REJECTION_CLIENT_CLASS_NOT_ADMITTED, market.admitted_classes, account.client_class
            )
        if account.restriction == ACCOUNT_RESTRICTION_FROZEN:
            return self.out.reject(kind, REJECTION_ACCOUNT_FROZEN, account.account_id, 0)
        if account.restriction == ACCOUNT_RESTRICTION_REDUCE_ONLY and side == SIDE_BUY:
            return self.out.reject(kind, REJECTION_ACCOUNT_REDUCE_ONLY, account.account_id, 0)
        if price_ticks != 0 and market.price_deviation_ppm != 0 and self.too_far(kind, market, side, price_ticks):
            return 1
        if market.max_order_value_atoms != 0 and value_atoms > market.max_order_value_atoms:
            return self.out.reject(
                kind, REJECTION_ORDER_VALUE_ABOVE_LIMIT, market.max_order_value_atoms, value_atoms
            )
        if account.open_order_cap != 0 and will_be_open and account.open_orders >= account.open_order_cap:
            return self.out.reject(
                kind, REJECTION_OPEN_ORDERS_ABOVE_CAP, account.open_order_cap, account.open_orders
            )
        return 0

    cdef int may_not_acquire(
        self, uint16_t kind, uint64_t account_id, const market_t* market, uint8_t side
    ) except -1 with gil:
        """Whether the asset that an order would receive is one the account may not acquire."""
        cdef uint32_t received = market.base_asset_id if side == SIDE_BUY else market.quote_asset_id
        if (self.ledger.account(account_id), received) not in self.forbidden:
            return 0
        return self.out.reject(kind, REJECTION_ASSET_NOT_PERMITTED, received, as_figure(account_id))

    cdef int too_far(self, uint16_t kind, const market_t* market, uint8_t side, int64_t price_ticks) except -1 nogil:
        """Whether a limit reaches past the last trade by more than the market's deviation allows."""
        cdef int64_t bound
        if market.last_price_ticks == 0:
            return 0
        if side == SIDE_BUY:
            bound = band_top_rounded_down(market.last_price_ticks, market.price_deviation_ppm)
            if price_ticks <= bound:
                return 0
        else:
            bound = band_bottom_rounded_up(market.last_price_ticks, market.price_deviation_ppm)
            if price_ticks >= bound:
                return 0
        return self.out.reject(kind, REJECTION_PRICE_TOO_FAR_FROM_LAST, bound, price_ticks)

    cdef int set_account_profile(self, const set_account_profile_t* command) except -1:
        cdef int32_t slot = self.ledger.account(command.account_id)
        cdef account_t* account
        if slot < 0:
            return self.out.reject(command.kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.account_id), 0)
        if command.client_class > CLIENT_CLASS_INSTITUTIONAL:
            return self.out.reject(command.kind, REJECTION_CLIENT_CLASS_UNKNOWN, command.client_class, 0)
        if command.restriction > ACCOUNT_RESTRICTION_REDUCE_ONLY:
            return self.out.reject(command.kind, REJECTION_RESTRICTION_UNKNOWN, command.restriction, 0)
        if not 0 <= command.exposure_limit_atoms <= MAX_ATOMS():
            return self.out.reject(
                command.kind, REJECTION_EXPOSURE_LIMIT_OUT_OF_RANGE, MAX_ATOMS(), command.exposure_limit_atoms
            )
        # accepted
        account = &self.ledger.accounts[slot]
        account.legal_entity = command.legal_entity
        account.products = command.products
        account.client_class = command.client_class
        account.restriction = command.restriction
        account.open_order_cap = command.open_order_cap
        account.exposure_limit_atoms = command.exposure_limit_atoms
        event = <account_profile_set_t*> self.out.event(EVENT_ACCOUNT_PROFILE_SET)
        # The event's own fields are the command's, in the same order and without gaps.
        memcpy(&event.account_id, &command.account_id, bytes_between(&command.account_id, &command.padding[0]))
        return 0

    cdef int set_asset_permission(self, const set_asset_permission_t* command) except -1:
        cdef int32_t slot = self.ledger.account(command.account_id)
        if slot < 0:
            return self.out.reject(command.kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.account_id), 0)
        if command.asset_id not in self.listing.assets:
            return self.out.reject(command.kind, REJECTION_ASSET_UNKNOWN, command.asset_id, 0)
        if command.permitted > 1:
            return self.out.reject(command.kind, REJECTION_PERMISSION_UNKNOWN, command.permitted, 0)
        # accepted
        if command.permitted and (slot, command.asset_id) in self.forbidden:
            self.forbidden.remove((slot, command.asset_id))
            self.ledger.accounts[slot].forbidden_assets -= 1
        elif not command.permitted and (slot, command.asset_id) not in self.forbidden:
            self.forbidden.add((slot, command.asset_id))
            self.ledger.accounts[slot].forbidden_assets += 1
        event = <asset_permission_set_t*> self.out.event(EVENT_ASSET_PERMISSION_SET)
        event.account_id = command.account_id
        event.asset_id = command.asset_id
        event.permitted = command.permitted
        return 0

    cdef list lines(self):
        """The forbidden lines of spec/state.md."""
        rows = [(self.ledger.accounts[<int32_t> slot].account_id, asset_id) for slot, asset_id in self.forbidden]
        return [f"forbidden|{account_id}|{asset_id}" for account_id, asset_id in sorted(rows)]

    cdef int set_market_rules(self, const set_market_rules_t* command) except -1:
        cdef uint16_t kind = command.kind
        cdef int32_t slot = self.book.market(command.market_id)
        cdef market_t* market
        if slot < 0:
            return self.out.reject(kind, REJECTION_MARKET_UNKNOWN, command.market_id, 0)
        if command.admitted_classes > ALL_CLASSES:
            return self.out.reject(kind, REJECTION_MARKET_RULE_OUT_OF_RANGE, ALL_CLASSES, command.admitted_classes)
        if command.price_deviation_ppm > MAX_RATE_PPM:
            return self.out.reject(
                kind, REJECTION_MARKET_RULE_OUT_OF_RANGE, MAX_RATE_PPM, command.price_deviation_ppm
            )
        if not 0 <= command.max_order_value_atoms <= MAX_ATOMS():
            return self.out.reject(
                kind, REJECTION_MARKET_RULE_OUT_OF_RANGE, MAX_ATOMS(), command.max_order_value_atoms
            )
        if command.product > MAX_PRODUCT:
            return self.out.reject(kind, REJECTION_MARKET_RULE_OUT_OF_RANGE, MAX_PRODUCT, command.product)
        for least in (command.minimum_fee_base_atoms, command.minimum_fee_quote_atoms):
            if not 0 <= least <= MAX_ATOMS():
                return self.out.reject(kind, REJECTION_MARKET_RULE_OUT_OF_RANGE, MAX_ATOMS(), least)
        # accepted
        market = &self.book.markets[slot]
        market.legal_entity = command.legal_entity
        market.admitted_classes = command.admitted_classes
        market.price_deviation_ppm = command.price_deviation_ppm
        market.max_order_value_atoms = command.max_order_value_atoms
        market.product = command.product
        market.minimum_fee_base_atoms = command.minimum_fee_base_atoms
        market.minimum_fee_quote_atoms = command.minimum_fee_quote_atoms
        event = <market_rules_set_t*> self.out.event(EVENT_MARKET_RULES_SET)
        memcpy(&event.market_id, &command.market_id, bytes_between(&command.market_id, &command.padding[0]))
        return 0
