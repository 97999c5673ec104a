# What the operator does: assets, accounts, tiers, markets. Rare commands, so Python integers do the sums
# that are not yet known to fit, and plain Python objects keep what only the state's lines need.

cdef packed struct tier_t:
    int32_t maker_fee_ppm
    uint32_t taker_fee_ppm
    uint8_t is_set

cdef tier_t _tier_pattern[1]
TIER = np.asarray(<tier_t[:1]> _tier_pattern).dtype

CAPITALS_AND_DIGITS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


@cython.final
cdef class Listing:
    """Everything that is listed, and the commands that list it."""

    cdef Ledger ledger
    cdef Book book
    cdef Announcements out
    cdef tier_t[::1] tiers
    cdef dict assets  # id: (code, decimals)
    cdef dict markets  # id: the line of spec/state.md
    cdef set codes
    cdef set symbols

    def __init__(self, Ledger ledger, Book book, Announcements out):
        self.ledger = ledger
        self.book = book
        self.out = out
        self.tiers = zeros(16, TIER)
        self.tiers[0].is_set = 1
        self.assets = {}
        self.markets = {}
        self.codes = set()
        self.symbols = set()

    cdef int list_asset(self, const list_asset_t* command) except -1:
        code = command.code[:16].rstrip(b"\0")
        if command.asset_id == 0:
            return self.out.reject(command.kind, REJECTION_ASSET_ID_NOT_POSITIVE, 0, 0)
        if command.asset_id in self.assets or code in self.codes:
            return self.out.reject(command.kind, REJECTION_ASSET_ALREADY_LISTED, command.asset_id, 0)
        if not code or not CAPITALS_AND_DIGITS.issuperset(code):
            return self.out.reject(command.kind, REJECTION_ASSET_CODE_MALFORMED, 0, 0)
        if command.decimals > MAX_DECIMALS:
            return self.out.reject(
                command.kind, REJECTION_ASSET_DECIMALS_ABOVE_LIMIT, MAX_DECIMALS, command.decimals
            )
        # accepted
        self.assets[command.asset_id] = (code.decode(), command.decimals)
        self.codes.add(code)
        event = <asset_listed_t*> self.out.event(EVENT_ASSET_LISTED)
        event.asset_id = command.asset_id
        event.decimals = command.decimals
        memcpy(event.code, command.code, 16)
        return 0

    cdef int open_account(self, const open_account_t* command) except -1 nogil:
        if command.account_id == 0 or command.account_id > <uint64_t> INT64_MAX:
            return self.out.reject(
                command.kind, REJECTION_ACCOUNT_ID_NOT_POSITIVE, as_figure(command.account_id), 0
            )
        if self.ledger.account(command.account_id) >= 0:
            return self.out.reject(command.kind, REJECTION_ACCOUNT_ALREADY_OPEN, command.account_id, 0)
        if not ACCOUNT_KIND_CLIENT <= command.account_kind <= ACCOUNT_KIND_TREASURY:
            return self.out.reject(command.kind, REJECTION_ACCOUNT_KIND_UNKNOWN, command.account_kind, 0)
        # accepted
        self.ledger.open(command.account_id, command.account_kind)
        event = <account_opened_t*> self.out.event(EVENT_ACCOUNT_OPENED)
        event.account_id = command.account_id
        event.account_kind = command.account_kind
        return 0

    cdef int set_fee_tier(self, const set_fee_tier_t* command) except -1:
        cdef int64_t dearer = max(<int64_t> command.maker_fee_ppm, <int64_t> command.taker_fee_ppm)
        if command.maker_fee_ppm < -MAX_RATE_PPM:
            return self.out.reject(
                command.kind, REJECTION_FEE_RATE_ABOVE_LIMIT, MAX_RATE_PPM, command.maker_fee_ppm
            )
        if dearer > MAX_RATE_PPM:
            return self.out.reject(command.kind, REJECTION_FEE_RATE_ABOVE_LIMIT, MAX_RATE_PPM, dearer)
        # accepted
        while command.tier >= self.tiers.shape[0]:
            self.tiers = grown(np.asarray(self.tiers))
        self.tiers[command.tier].maker_fee_ppm = command.maker_fee_ppm
        self.tiers[command.tier].taker_fee_ppm = command.taker_fee_ppm
        self.tiers[command.tier].is_set = 1
        event = <fee_tier_set_t*> self.out.event(EVENT_FEE_TIER_SET)
        event.tier = command.tier
        event.maker_fee_ppm = command.maker_fee_ppm
        event.taker_fee_ppm = command.taker_fee_ppm
        return 0

    cdef int assign_fee_tier(self, const assign_fee_tier_t* command) except -1:
        cdef int32_t account = self.ledger.account(command.account_id)
        if account < 0:
            return self.out.reject(command.kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.account_id), 0)
        if command.tier >= self.tiers.shape[0] or not self.tiers[command.tier].is_set:
            return self.out.reject(command.kind, REJECTION_FEE_TIER_UNKNOWN, command.tier, 0)
        # accepted
        self.ledger.accounts[account].tier = command.tier
        event = <fee_tier_assigned_t*> self.out.event(EVENT_FEE_TIER_ASSIGNED)
        event.account_id = command.account_id
        event.tier = command.tier
        return 0

    cdef int set_beneficial_owner(self, const set_beneficial_owner_t* command) except -1:
        cdef int32_t account = self.ledger.account(command.account_id)
        if account < 0:
            return self.out.reject(command.kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.account_id), 0)
        if command.owner_id == 0:
            return self.out.reject(command.kind, REJECTION_OWNER_ID_NOT_POSITIVE, 0, 0)
        # accepted
        self.ledger.accounts[account].owner_id = command.owner_id
        event = <beneficial_owner_set_t*> self.out.event(EVENT_BENEFICIAL_OWNER_SET)
        event.account_id = command.account_id
        event.owner_id = command.owner_id
        return 0

    cdef int market_refused(self, const list_market_t* command, bytes symbol) except -1:
        """The refusals of a listing, in order. Returns 1 when one was given."""
        cdef uint16_t kind = command.kind
        cdef int32_t fee_account = self.ledger.account(command.fee_account_id)
        fee_kind = self.ledger.accounts[fee_account].account_kind if fee_account >= 0 else 0
        tick, lot = int(command.tick_quote_atoms), int(command.lot_base_atoms)
        price, size = int(command.max_price_ticks), int(command.max_size_lots)
        least, most = int(command.min_notional_atoms), int(command.max_notional_atoms)
        if command.market_id == 0:
            return self.out.reject(kind, REJECTION_MARKET_ID_NOT_POSITIVE, 0, 0)
        if command.market_id in self.markets or symbol in self.symbols:
            return self.out.reject(kind, REJECTION_MARKET_ALREADY_LISTED, command.market_id, 0)
        if not symbol or not (CAPITALS_AND_DIGITS | {ord("-")}).issuperset(symbol):
            return self.out.reject(kind, REJECTION_MARKET_SYMBOL_MALFORMED, 0, 0)
        for asset_id in (command.base_asset_id, command.quote_asset_id):
            if asset_id not in self.assets:
                return self.out.reject(kind, REJECTION_ASSET_UNKNOWN, asset_id, 0)
        if command.base_asset_id == command.quote_asset_id:
            return self.out.reject(kind, REJECTION_MARKET_ASSETS_EQUAL, command.base_asset_id, 0)
        if not FEE_CURRENCY_RECEIVED <= command.fee_currency <= FEE_CURRENCY_QUOTE:
            return self.out.reject(kind, REJECTION_FEE_CURRENCY_UNKNOWN, command.fee_currency, 0)
        if fee_kind != ACCOUNT_KIND_FEE:
            return self.out.reject(
                kind, REJECTION_FEE_ACCOUNT_NOT_OF_KIND_FEE, as_figure(command.fee_account_id), fee_kind
            )
        if min(tick, lot, price, size, least, most) <= 0:
            return self.out.reject(
                kind, REJECTION_MARKET_LIMIT_NOT_POSITIVE, min(tick, lot, price, size, least, most), 0
            )
        if price > MAX_PRICE_TICKS:
            return self.out.reject(kind, REJECTION_MAX_PRICE_ABOVE_LIMIT, MAX_PRICE_TICKS, price)
        whole = 10 ** self.assets[command.base_asset_id][1]
        if tick * lot % whole:
            return self.out.reject(kind, REJECTION_TICK_TIMES_LOT_NOT_WHOLE, whole, tick * lot % whole)
        if max(price * size * (tick * lot // whole), size * lot, most) > MAX_ATOMS():
            return self.out.reject(kind, REJECTION_MARKET_PRODUCT_ABOVE_LIMIT, MAX_ATOMS(), 0)
        if least > most:
            return self.out.reject(kind, REJECTION_MIN_NOTIONAL_ABOVE_MAX, most, least)
        return 0

    cdef int list_market(self, const list_market_t* command) except -1:
        cdef market_t* market
        cdef int32_t slot, fee_account
        symbol = command.symbol[:24].rstrip(b"\0")
        if self.market_refused(command, symbol):
            return 1
        # accepted
        slot = self.book.new_market(command.market_id)
        market = &self.book.markets[slot]
        fee_account = self.ledger.account(command.fee_account_id)
        whole = 10 ** self.assets[command.base_asset_id][1]
        market.base_asset_id = command.base_asset_id
        market.quote_asset_id = command.quote_asset_id
        market.fee_currency = command.fee_currency
        market.fee_base_balance = self.ledger.balance(fee_account, command.base_asset_id)
        market.fee_quote_balance = self.ledger.balance(fee_account, command.quote_asset_id)
        market.lot_base_atoms = command.lot_base_atoms
        market.quote_atoms_per_tick_lot = int(command.tick_quote_atoms) * int(command.lot_base_atoms) // whole
        market.max_price_ticks = command.max_price_ticks
        market.max_size_lots = command.max_size_lots
        market.min_notional_atoms = command.min_notional_atoms
        market.max_notional_atoms = command.max_notional_atoms
        self.symbols.add(symbol)
        self.markets[command.market_id] = (
            f"market|{command.market_id}|{symbol.decode()}|{command.base_asset_id}|{command.quote_asset_id}"
            f"|{command.fee_currency}|{command.tick_quote_atoms}|{command.lot_base_atoms}|{command.max_price_ticks}"
            f"|{command.max_size_lots}|{command.min_notional_atoms}|{command.max_notional_atoms}"
            f"|{command.fee_account_id}"
        )
        event = <market_listed_t*> self.out.event(EVENT_MARKET_LISTED)
        # The event's own fields are the command's, in the same order and without gaps.
        memcpy(&event.market_id, &command.market_id, bytes_between(&command.market_id, &command.padding[0]))
        return 0

    cdef list lines(self):
        """The tier, account and market lines of spec/state.md."""
        cdef int32_t i
        rows = []
        for i in range(self.tiers.shape[0]):
            if self.tiers[i].is_set:
                rows.append(f"tier|{i}|{self.tiers[i].maker_fee_ppm}|{self.tiers[i].taker_fee_ppm}")
        accounts = np.asarray(self.ledger.accounts)[: self.ledger.account_count]
        for account in np.sort(accounts, order="account_id"):
            rows.append(
                f"account|{account['account_id']}|{account['account_kind']}|{account['tier']}"
                f"|{account['owner_id']}|{account['stopped']}|{account['legal_entity']}|{account['products']}"
                f"|{account['client_class']}|{account['restriction']}|{account['open_order_cap']}"
                f"|{account['exposure_limit_atoms']}"
            )
        for market_id, line in sorted(self.markets.items()):
            market = &self.book.markets[self.book.market(market_id)]
            rows.append(
                f"{line}|{market.stopped}|{market.phase}|{market.band_ppm}|{market.last_price_ticks}"
                f"|{market.legal_entity}|{market.admitted_classes}|{market.price_deviation_ppm}"
                f"|{market.max_order_value_atoms}|{market.product}|{market.minimum_fee_base_atoms}"
                f"|{market.minimum_fee_quote_atoms}|{market.high_ticks}|{market.low_ticks}"
            )
        return rows


cdef list balance_lines(Ledger ledger):
    """The balance lines of spec/state.md: every balance that is not zero."""
    balances = np.asarray(ledger.balances)[: ledger.balance_count]
    balances = balances[(balances["available_atoms"] != 0) | (balances["held_atoms"] != 0)]
    return [
        f"balance|{row['account_id']}|{row['asset_id']}|{row['available_atoms']}|{row['held_atoms']}"
        for row in np.sort(balances, order=["account_id", "asset_id"])
    ]


cdef list order_lines(Ledger ledger, Book book, ClientIds client_ids, int32_t market, tuple queues):
    """The order or waiting lines of one market, queue by queue, in the order in which they would trade or come in."""
    cdef int32_t level, slot
    cdef order_t order
    rows = []
    for queue in queues:
        level = book.markets[market].best[<int> queue]
        while level >= 0:
            slot = book.levels[level].first
            while slot >= 0:
                order = book.orders[slot]
                place = f"order|{book.markets[market].market_id}"
                if queue != order.side:
                    rising = 1 if queue == QUEUE_RISING else 2
                    place = f"waiting|{book.markets[market].market_id}|{rising}|{book.price(level)}"
                rows.append(
                    f"{place}|{order.side}|{order.price_ticks}|{order.order_id}"
                    f"|{ledger.balances[order.hold_balance].account_id}|{order.size_lots}|{order.remaining_lots}"
                    f"|{order.held_atoms}|{order.maker_fee_ppm}|{order.taker_fee_ppm}"
                    f"|{order.self_trade_prevention}|{order.post_only}|{order.expire_time_ns}|{order.group_id}"
                    f"|{order.time_in_force}|{order.display_lots}|{order.shown_lots}"
                    f"|{client_ids.key_of(order.client_id)}|{order.minimum_fee_atoms}|{order.fee_due_atoms}"
                    f"|{order.fee_charged_atoms}"
                )
                slot = order.next
            level = book.level_after(market, queue, level)
    return rows
