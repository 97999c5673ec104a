# Asking memory early. All commands of a batch are known, so while one is decided, what later ones touch is fetched:
# first where a table keeps an id, a few commands on what the id stands for, then what that points to, then what that
# does. A book larger than the cache would otherwise wait for memory some five times in each command.
#
# The commands themselves come from further away than the processor's own guesses reach: they are fetched in any book.
#
# These are hints: nothing is written, nothing read here decides anything, and what is out of date by the time its
# command is decided costs a fetch in vain.

cdef enum:
    STRIDE = 4  # commands between one look and the next
    ROUND = 16  # commands that are between the first look and the last, at most
    COMING = 8  # commands between one and the one that is fetched itself
    CACHE_LINE = 64
    CACHED = 8_192  # orders and accounts: of so few all that is used stays in the cache by itself

# What the commands about one order have in common.
cdef packed struct order_command_t:
    uint16_t kind
    uint64_t sequence
    int64_t time_ns
    uint64_t order_id
    uint64_t account_id


@cython.final
cdef class Lookahead:
    """What the commands to come will touch."""

    cdef Ledger ledger
    cdef Book book
    cdef bint large  # more than the caches keep by themselves; looking for everything in a small book costs a third
    # Found for the commands that are looked at:
    cdef int32_t slots[16]  # of their orders, or of new ones' accounts
    cdef int32_t markets[16]  # of new orders
    cdef int32_t leaves[16]  # lowest nodes of the ladder at the prices that orders go to

    def __init__(self, Ledger ledger, Book book):
        self.ledger = ledger
        self.book = book

    cdef void start_batch(self) noexcept nogil:
        cdef int i
        self.large = self.book.order_room > CACHED or self.ledger.account_count > CACHED
        for i in range(ROUND):
            self.slots[i] = self.markets[i] = self.leaves[i] = -1

    @cython.overflowcheck(False)  # places in a block of memory
    cdef inline int look(self, const uint8_t[::1] commands, Py_ssize_t at) except -1 nogil:
        """Look at four commands some way behind the one at the place given; at the furthest for the first time."""
        cdef Py_ssize_t left = commands.shape[0] // RECORD_BYTES - at
        cdef Py_ssize_t coming
        if left <= 4 * STRIDE:
            return 0  # the last few find their own way
        if not self.large:
            return self.glance(commands, at)
        coming = min(at + 4 * STRIDE + COMING, at + left - 1)
        fetch(&commands[coming * RECORD_BYTES])
        fetch(&commands[coming * RECORD_BYTES + CACHE_LINE])
        self.at_ids(<const order_command_t*> &commands[(at + 4 * STRIDE) * RECORD_BYTES], at + 4 * STRIDE)
        self.at_slots(<const order_command_t*> &commands[(at + 3 * STRIDE) * RECORD_BYTES], at + 3 * STRIDE)
        self.at_queue(<const order_command_t*> &commands[(at + 2 * STRIDE) * RECORD_BYTES], at + 2 * STRIDE)
        self.at_level(<const order_command_t*> &commands[(at + STRIDE) * RECORD_BYTES], at + STRIDE)
        return 0

    @cython.overflowcheck(False)
    cdef inline int glance(self, const uint8_t[::1] commands, Py_ssize_t at) except -1 nogil:
        """In a small book: where the table keeps the order of a command soon to come, and of one sooner the order."""
        cdef const order_command_t* soon = <const order_command_t*> &commands[(at + STRIDE) * RECORD_BYTES]
        cdef const order_command_t* sooner = <const order_command_t*> &commands[(at + STRIDE // 2) * RECORD_BYTES]
        cdef int32_t slot
        fetch(&commands[(at + COMING) * RECORD_BYTES])
        fetch(&commands[(at + COMING) * RECORD_BYTES + CACHE_LINE])
        fetch(self.book.order_slots.at_home(soon.order_id))
        # In vain for a new order: cheaper than a guess whether it is one.
        slot = max(self.book.order_slots.at_home(sooner.order_id)[0] - 1, 0)
        fetch(&self.book.orders[slot])
        fetch(&self.book.orders[slot].size_lots)
        return 0

    cdef inline int at_ids(self, const order_command_t* command, Py_ssize_t at) except -1 nogil:
        """Where the tables keep the ids of a command; the market of a new order, as there are not many."""
        cdef int32_t market = -1
        if command.kind == COMMAND_PLACE_ORDER:
            fetch(self.book.order_slots.at_home(command.order_id))
            fetch(self.ledger.account_slots.at_home(command.account_id))
            market = self.book.market_slots.likely((<const place_order_t*> command).market_id)
            if market >= 0:
                fetch(&self.book.markets[market])
                fetch(&self.book.markets[market].lot_base_atoms)
        elif command.kind == COMMAND_AMEND_ORDER or command.kind == COMMAND_CANCEL_ORDER:
            fetch(self.book.order_slots.at_home(command.order_id))
        self.markets[at & (ROUND - 1)] = market
        return 0

    cdef inline int at_slots(self, const order_command_t* command, Py_ssize_t at) except -1 nogil:
        """The order that is amended or cancelled; of a new one account, places of balances, and the other side."""
        cdef int32_t slot = -1
        cdef int32_t market = self.markets[at & (ROUND - 1)]
        if command.kind == COMMAND_AMEND_ORDER or command.kind == COMMAND_CANCEL_ORDER:
            slot = self.book.order_slots.likely(command.order_id)
            if slot >= 0:
                fetch(&self.book.orders[slot])
                fetch(&self.book.orders[slot].size_lots)
        elif market >= 0:
            slot = self.ledger.account_slots.likely(command.account_id)
            if slot >= 0:
                fetch(&self.ledger.accounts[slot])
                base, quote = self.book.markets[market].base_asset_id, self.book.markets[market].quote_asset_id
                fetch(self.ledger.balance_slots.at_home(self.ledger.key(slot, base)))
                fetch(self.ledger.balance_slots.at_home(self.ledger.key(slot, quote)))
                self.at_touch(market, (<const place_order_t*> command).side)
        self.slots[at & (ROUND - 1)] = slot
        return 0

    cdef inline int at_queue(self, const order_command_t* command, Py_ssize_t at) except -1 nogil:
        """Balances, the level and the neighbours of an order, and the lowest nodes of the ladder at its prices."""
        cdef int32_t slot = self.slots[at & (ROUND - 1)]
        cdef int32_t market = self.markets[at & (ROUND - 1)]
        cdef int32_t leaf = -1
        cdef order_t* order
        if slot >= 0 and market >= 0:
            placed = <const place_order_t*> command
            self.at_balance(slot, self.book.markets[market].base_asset_id)
            self.at_balance(slot, self.book.markets[market].quote_asset_id)
            fetch(&self.book.orders[self.first_at_touch(market, placed.side)])
            leaf = self.at_price(market, placed.side, placed.price_ticks)
        elif slot >= 0:
            order = &self.book.orders[slot]
            fetch(&self.ledger.balances[order.hold_balance])
            fetch(&self.book.levels[max(order.level, 0)])  # below zero if it ended meanwhile
            if order.prev >= 0:
                fetch(&self.book.orders[order.prev])
            if order.next >= 0:
                fetch(&self.book.orders[order.next])
            self.at_price(order.market, order.side, order.price_ticks)
            if command.kind == COMMAND_AMEND_ORDER:
                leaf = self.at_price(order.market, order.side, (<const amend_order_t*> command).price_ticks)
        self.leaves[at & (ROUND - 1)] = leaf
        return 0

    cdef inline int at_level(self, const order_command_t* command, Py_ssize_t at) except -1 nogil:
        """The level at the price an order goes to, its account, and balances of what a new one may trade with."""
        cdef int32_t slot = self.slots[at & (ROUND - 1)]
        cdef int32_t market = self.markets[at & (ROUND - 1)]
        cdef order_t* order
        if slot >= 0 and market >= 0:
            placed = <const place_order_t*> command
            order = &self.book.orders[self.first_at_touch(market, placed.side)]
            fetch(&self.ledger.balances[order.hold_balance])
            fetch(&self.ledger.balances[order.receive_balance])
            self.at_end(at, placed.side, placed.price_ticks)
        elif slot >= 0:
            order = &self.book.orders[slot]
            fetch(&self.ledger.accounts[self.ledger.balances[order.hold_balance].account])
            if command.kind == COMMAND_AMEND_ORDER:
                self.at_end(at, order.side, (<const amend_order_t*> command).price_ticks)
        return 0

    cdef inline int at_balance(self, int32_t account, uint32_t asset_id) except -1 nogil:
        cdef int32_t slot = self.ledger.balance_slots.likely(self.ledger.key(account, asset_id))
        if slot >= 0:
            fetch(&self.ledger.balances[slot])
        return 0

    cdef inline int at_touch(self, int32_t market, uint8_t side) except -1 nogil:
        """The trie that a new order goes to, and the best level of the other side."""
        if SIDE_BUY <= side <= SIDE_SELL:
            fetch(&self.book.ladder.tries[self.book.markets[market].tries[side]])
            fetch(&self.book.levels[max(self.book.markets[market].best[opposite(side)], 0)])
        return 0

    cdef inline int32_t first_at_touch(self, int32_t market, uint8_t side) except -1 nogil:
        """The order that one of this side would trade with first; any other when there is none."""
        cdef int32_t level
        if not SIDE_BUY <= side <= SIDE_SELL:
            return 0
        level = self.book.markets[market].best[opposite(side)]
        return max(self.book.levels[max(level, 0)].first, 0)

    cdef inline int32_t at_price(self, int32_t market, uint8_t side, int64_t price_ticks) except? -99 nogil:
        """The node of the ladder that keeps the level of a price, or -1; those over it are few and stay cached."""
        cdef uint32_t key
        cdef int32_t leaf = -1
        if SIDE_BUY <= side <= SIDE_SELL and 0 < price_ticks <= MAX_PRICE_TICKS:
            key = ladder_key(side, price_ticks)
            leaf = self.book.ladder.leaf(self.book.markets[market].tries[side], key)
            if leaf >= 0:
                fetch(&self.book.ladder.nodes[leaf])
                fetch(&self.book.ladder.nodes[leaf].children[digit_of(key, STEPS - 1)])
        return leaf

    cdef inline int at_end(self, Py_ssize_t at, uint8_t side, int64_t price_ticks) except -1 nogil:
        """The level of a price, if there was a node for it."""
        cdef int32_t leaf = self.leaves[at & (ROUND - 1)]
        cdef int digit = digit_of(ladder_key(side, price_ticks), STEPS - 1)
        if leaf >= 0 and (self.book.ladder.nodes[leaf].map >> digit) & 1:
            fetch(&self.book.levels[self.book.ladder.nodes[leaf].children[digit]])
        return 0
