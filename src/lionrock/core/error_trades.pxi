# The trades of the last hour, so that one that should not have been can be booked back (spec/error-trades.md).

cdef packed struct remembered_trade_t:
    int64_t time_ns
    int64_t buyer_base_atoms  # what the trade did to the two accounts, fees and rebates included
    int64_t buyer_quote_atoms
    int64_t seller_base_atoms
    int64_t seller_quote_atoms
    int32_t market
    int32_t buyer  # slots of the accounts
    int32_t seller
    uint32_t cancelled

cdef remembered_trade_t _remembered_trade_pattern[1]
REMEMBERED_TRADE = np.asarray(<remembered_trade_t[:1]> _remembered_trade_pattern).dtype


cdef enum:
    BLOCK_BITS = 15
    BLOCK_TRADES = 32768  # two to that power


@cython.final
cdef class ErrorTrades:
    """Trades by their numbers, which are consecutive, in blocks that stay where they are.

    A busy hour only opens one more of them, as copying what it has would stop the venue for milliseconds. A block whose
    trades are all forgotten is written again.
    """

    cdef Ledger ledger
    cdef Book book
    cdef Announcements out
    cdef Origins origins
    cdef uint64_t[::1] blocks  # where each begins; the place of a block is its number, round a power of two
    cdef list memory  # the arrays that begin there; None where none was needed yet
    cdef uint64_t first  # number of the oldest trade not forgotten
    cdef uint64_t after_last
    cdef uint64_t room_until  # the first number that has no block; what is not opened yet begins at a trade's number
    cdef int64_t oldest_ns  # time of the oldest trade; without one, later than any

    def __init__(self, Ledger ledger, Book book, Announcements out, Origins origins):
        self.ledger = ledger
        self.book = book
        self.out = out
        self.origins = origins
        self.blocks = np.zeros(1, np.uint64)
        self.memory = [None]
        self.first = self.after_last = self.room_until = 1
        self.oldest_ns = INT64_MAX

    @cython.overflowcheck(False)  # numbers of trades are far from 64 bits
    cdef inline remembered_trade_t* trade(self, uint64_t trade_id) except NULL nogil:
        cdef uint64_t place = (trade_id >> BLOCK_BITS) & (self.blocks.shape[0] - 1)
        check(trade_id < self.room_until, "a trade that is remembered has a place")
        return <remembered_trade_t*> self.blocks[place] + (trade_id & (BLOCK_TRADES - 1))

    cdef inline int remember(
        self, const market_t* market, const order_t* buy, const order_t* sell, int64_t base_atoms,
        int64_t quote_atoms, int64_t buyer_fee, int64_t seller_fee,
    ) except -1 nogil:
        """Note what a trade did. A fee below zero is a rebate, in the asset of the other side's fee."""
        cdef remembered_trade_t* trade
        if self.after_last == self.room_until:
            self.make_room()
        if self.after_last == self.first:
            self.oldest_ns = self.out.time_ns
        trade = self.trade(self.after_last)
        self.after_last += 1
        trade.time_ns = self.out.time_ns
        trade.market = buy.market
        trade.buyer = self.ledger.balances[buy.hold_balance].account
        trade.seller = self.ledger.balances[sell.hold_balance].account
        trade.cancelled = 0
        trade.buyer_base_atoms = base_atoms
        trade.buyer_quote_atoms = -quote_atoms
        trade.seller_base_atoms = -base_atoms
        trade.seller_quote_atoms = quote_atoms
        if market.fee_currency == FEE_CURRENCY_QUOTE or buyer_fee < 0:
            trade.buyer_quote_atoms -= buyer_fee
        else:
            trade.buyer_base_atoms -= buyer_fee
        if market.fee_currency == FEE_CURRENCY_RECEIVED and seller_fee < 0:
            trade.seller_base_atoms -= seller_fee
        else:
            trade.seller_quote_atoms -= seller_fee
        return 0

    cdef int make_room(self) except -1 with gil:
        return self.open_block(self.after_last >> BLOCK_BITS)

    cdef int open_block(self, uint64_t number) except -1:
        """Room for the trades of a block: where all that stands is forgotten, or among twice as many places."""
        cdef uint64_t oldest = self.first >> BLOCK_BITS
        cdef uint64_t room = self.blocks.shape[0]
        if number - oldest >= room:
            self.memory = [self.memory[(oldest + place) & (room - 1)] for place in range(room)] + [None] * room
            shift = oldest & (2 * room - 1)
            self.memory = self.memory[-shift:] + self.memory[:-shift] if shift else self.memory
            room *= 2
        if self.memory[number & (room - 1)] is None:
            self.memory[number & (room - 1)] = zeros(BLOCK_TRADES, REMEMBERED_TRADE)
        self.blocks = np.array([0 if array is None else array.ctypes.data for array in self.memory], np.uint64)
        self.room_until = (number + 1) << BLOCK_BITS
        return 0

    cdef list pieces(self):
        """The parts of blocks that hold the trades, oldest first."""
        cdef uint64_t number, begins
        rows = []
        if self.first < self.after_last:
            for number in range(self.first >> BLOCK_BITS, ((self.after_last - 1) >> BLOCK_BITS) + 1):
                begins = number << BLOCK_BITS
                array = self.memory[number & (self.blocks.shape[0] - 1)]
                rows.append(array[max(self.first, begins) - begins : min(self.after_last - begins, BLOCK_TRADES)])
        return rows

    cdef object remembered(self):
        """The trades as an array, oldest first."""
        return np.concatenate([zeros(0, REMEMBERED_TRADE), *self.pieces()])

    cdef int take_up(self, trades) except -1:
        """Those trades, from the first on up to the last; the numbers are set."""
        cdef uint64_t number
        self.room_until = self.after_last
        if self.first < self.after_last:
            for number in range(self.first >> BLOCK_BITS, ((self.after_last - 1) >> BLOCK_BITS) + 1):
                self.open_block(number)
        for piece in self.pieces():
            piece[:], trades = trades[: len(piece)], trades[len(piece) :]
        return 0

    cdef int pass_time(self, int64_t time_ns) except -1 nogil:
        """Forget what is older than an hour."""
        while time_ns - self.oldest_ns >= TRADE_MEMORY_NS():
            self.first += 1
            self.oldest_ns = self.trade(self.first).time_ns if self.first < self.after_last else INT64_MAX
        return 0

    cdef int cancel_trade(self, const cancel_trade_t* command) except -1:
        cdef uint16_t kind = command.kind
        cdef remembered_trade_t* trade
        if self.origins.refused(kind, command.actor_kind, command.source, command.source_sequence):
            return 1
        if self.origins.lacks_second(kind, TRANSFER_PURPOSE_CORRECTION, command.actor_id, command.authority_id):
            return 1
        if not self.first <= command.trade_id < self.after_last:
            oldest = self.first if self.first < self.after_last else 0
            return self.out.reject(kind, REJECTION_TRADE_UNKNOWN, as_figure(command.trade_id), as_figure(oldest))
        trade = self.trade(command.trade_id)
        if trade.cancelled:
            return self.out.reject(kind, REJECTION_TRADE_ALREADY_CANCELLED, as_figure(command.trade_id), 0)
        changes = self.changes_back(trade)
        for (account, asset_id), amount in changes.items():
            if amount < 0 and -amount > self.ledger.available(account, asset_id):
                return self.out.reject(
                    kind, REJECTION_AVAILABLE_INSUFFICIENT, saturated(-amount), self.ledger.available(account, asset_id)
                )
        # accepted
        self.origins.book(command.source, command.source_sequence)
        for (account, asset_id), amount in changes.items():
            self.ledger.move(account, asset_id, amount)
        trade.cancelled = 1
        self.announce(command, trade)
        return 0

    cdef dict changes_back(self, const remembered_trade_t* trade):
        """What each account gives (below zero) or gets back, by account slot and asset."""
        cdef market_t* market = &self.book.markets[trade.market]
        cdef int32_t fees = self.ledger.balances[market.fee_quote_balance].account
        base, quote = market.base_asset_id, market.quote_asset_id
        rows = [
            (trade.buyer, base, -int(trade.buyer_base_atoms)), (trade.buyer, quote, -int(trade.buyer_quote_atoms)),
            (trade.seller, base, -int(trade.seller_base_atoms)), (trade.seller, quote, -int(trade.seller_quote_atoms)),
            (fees, base, int(trade.buyer_base_atoms) + int(trade.seller_base_atoms)),
            (fees, quote, int(trade.buyer_quote_atoms) + int(trade.seller_quote_atoms)),
        ]
        changes = {}
        for account, asset_id, amount in rows:
            changes[account, asset_id] = changes.get((account, asset_id), 0) + amount
        return changes

    cdef int announce(self, const cancel_trade_t* command, const remembered_trade_t* trade) except -1 nogil:
        event = <trade_cancelled_t*> self.out.event(EVENT_TRADE_CANCELLED)
        event.trade_id = command.trade_id
        event.market_id = self.book.markets[trade.market].market_id
        event.buyer_account_id = self.ledger.accounts[trade.buyer].account_id
        event.seller_account_id = self.ledger.accounts[trade.seller].account_id
        event.buyer_base_atoms = -trade.buyer_base_atoms
        event.buyer_quote_atoms = -trade.buyer_quote_atoms
        event.seller_base_atoms = -trade.seller_base_atoms
        event.seller_quote_atoms = -trade.seller_quote_atoms
        memcpy(&event.tax_report_type, &command.tax_report_type, ORIGIN_BYTES)
        return 0

    cdef list lines(self):
        """The trade lines of spec/state.md."""
        cdef uint64_t trade_id = self.first
        rows = []
        while trade_id < self.after_last:
            trade = self.trade(trade_id)
            rows.append(
                f"trade|{trade_id}|{trade.time_ns}|{self.book.markets[trade.market].market_id}"
                f"|{self.ledger.accounts[trade.buyer].account_id}|{self.ledger.accounts[trade.seller].account_id}"
                f"|{trade.buyer_base_atoms}|{trade.buyer_quote_atoms}|{trade.seller_base_atoms}"
                f"|{trade.seller_quote_atoms}|{trade.cancelled}"
            )
            trade_id += 1
        return rows
