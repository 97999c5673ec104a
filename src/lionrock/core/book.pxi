# Orders, and the queues they stand in. The book knows places and prices; it never touches a balance.

# Two cache lines, and in the first what placing, trading and cancelling touch.
cdef packed struct order_t:
    uint64_t order_id  # 0: the slot is free
    int64_t remaining_lots
    int64_t shown_lots  # the part of them that can trade at its place
    int64_t held_atoms
    int32_t next  # towards the back of the queue; -1: last. In a slot that is free: the next free slot
    int32_t prev  # towards the front; -1: first
    int32_t level
    int32_t market
    int32_t hold_balance  # where its hold is: quote of a buy, base of a sell
    int32_t receive_balance  # where it is paid: base of a buy, quote of a sell
    int32_t price_ticks  # its limit; 0: at market
    uint8_t side
    uint8_t self_trade_prevention
    uint8_t post_only
    uint8_t time_in_force
    int64_t size_lots
    int64_t display_lots  # 0: all of it shows
    int64_t expire_time_ns
    int64_t minimum_fee_atoms
    int64_t fee_due_atoms  # by its rates; counted, like what was charged, only where there is a minimum
    int64_t fee_charged_atoms
    int32_t maker_fee_ppm
    int32_t taker_fee_ppm
    uint32_t group_id
    int32_t client_id  # slot of the client's own id; -1: none

cdef packed struct level_t:
    int64_t total_lots
    int64_t hidden_lots  # the part of them that does not show
    int32_t first
    int32_t last
    uint32_t key  # its place in the ladder. Of a free level: the next free one; UINT32_MAX: none
    uint32_t queue

# Four cache lines; in the first two all that placing, amending and cancelling read.
cdef packed struct market_t:
    uint32_t market_id
    uint32_t base_asset_id
    uint32_t quote_asset_id
    uint8_t fee_currency
    uint8_t stopped
    uint8_t phase
    uint8_t product
    uint16_t legal_entity
    uint8_t admitted_classes
    uint8_t spare
    uint32_t price_deviation_ppm
    uint32_t band_ppm
    int32_t last_price_ticks  # of its last trade; 0: none yet
    int32_t best[5]  # first level of each queue; -1: none. The first is not used
    int32_t tries[5]  # of the ladder, by queue; the first is not used
    int64_t lot_base_atoms
    int64_t quote_atoms_per_tick_lot
    int64_t max_price_ticks
    int64_t max_size_lots
    int64_t min_notional_atoms
    int64_t max_notional_atoms
    int64_t max_order_value_atoms
    uint64_t traded_in  # the command that traded last, as `Matching.command` counts them
    int32_t reference_ticks  # of the last trade before the continuous trading of that command: what bands are round
    int32_t high_ticks  # of the trades since triggered orders last came in; 0: none
    int32_t low_ticks
    int32_t fee_base_balance
    int32_t fee_quote_balance
    int64_t minimum_fee_base_atoms
    int64_t minimum_fee_quote_atoms
    uint8_t padding[84]  # an index is a shift

cdef enum:
    # The queues beyond the two sides: orders that wait for the price to rise, and for it to fall, to their trigger.
    QUEUE_RISING = 3
    QUEUE_FALLING = 4
    ALL_CLASSES = 15

cdef order_t _order_pattern[1]
cdef level_t _level_pattern[1]
ORDER = np.asarray(<order_t[:1]> _order_pattern).dtype
LEVEL = np.asarray(<level_t[:1]> _level_pattern).dtype
MARKET = np.dtype(
    [("market_id", "u4"), ("base_asset_id", "u4"), ("quote_asset_id", "u4"), ("fee_currency", "u1"), ("stopped", "u1")]
    + [("phase", "u1"), ("product", "u1"), ("legal_entity", "u2"), ("admitted_classes", "u1"), ("spare", "u1")]
    + [("price_deviation_ppm", "u4"), ("band_ppm", "u4"), ("last_price_ticks", "i4")]
    + [("best", "i4", 5), ("tries", "i4", 5)]
    + [(name, "i8") for name in ("lot_base_atoms", "quote_atoms_per_tick_lot", "max_price_ticks", "max_size_lots")]
    + [(name, "i8") for name in ("min_notional_atoms", "max_notional_atoms", "max_order_value_atoms")]
    + [("traded_in", "u8")]
    + [(name, "i4") for name in ("reference_ticks", "high_ticks", "low_ticks", "fee_base_balance", "fee_quote_balance")]
    + [("minimum_fee_base_atoms", "i8"), ("minimum_fee_quote_atoms", "i8"), ("padding", "u1", 84)]
)  # by hand: NumPy cannot read the description of a struct with arrays in it; Cython checks that the two agree


# Methods hand orders, markets and accounts on by their place in memory, as finding a place anew costs some five
# instructions. It holds until its array grows, which orders do in `draft`, levels in `make_level`, balances in
# `new_balance`, accounts and markets when one more is opened: nobody keeps a place across those.
#
# Where a side or a sign decides, a processor guesses wrong every second time. What many commands ask is therefore
# computed without a branch, here and where else a comment says so.

@cython.overflowcheck(False)
cdef inline uint8_t opposite(uint8_t side) noexcept nogil:
    return <uint8_t> (SIDE_BUY + SIDE_SELL - side)


cdef extern from * nogil:
    """
    // The empty assembly keeps the compiler from seeing that the mask is a condition and making a branch of it again.
    static inline int64_t either(int first, int64_t if_so, int64_t if_not) {
        int64_t mask = -(int64_t) (first != 0);
        __asm__("" : "+r"(mask));
        return if_not ^ ((if_so ^ if_not) & mask);
    }
    static inline void *either_record(int first, const void *if_so, const void *if_not) {
        return (void *) either(first, (int64_t) if_so, (int64_t) if_not);
    }
    static inline int32_t *either_place(int first, int32_t *if_so, int32_t *if_not) {
        return (int32_t *) either(first, (int64_t) if_so, (int64_t) if_not);
    }
    """
    int64_t either(bint first, int64_t if_so, int64_t if_not) noexcept
    order_t* either_order "either_record"(bint first, const order_t* if_so, const order_t* if_not) noexcept
    int32_t* either_place(bint first, int32_t* if_so, int32_t* if_not) noexcept


cdef inline bint in_call(const market_t* market) noexcept nogil:
    """Whether orders are being collected for an auction."""
    return market.phase == MARKET_PHASE_PRE_OPEN or market.phase == MARKET_PHASE_VOLATILITY_AUCTION


@cython.overflowcheck(False)  # a price is from 0 to MAX_PRICE_TICKS
cdef inline uint32_t ladder_key(uint8_t queue, int64_t price_ticks) noexcept nogil:
    """Place of a price in a queue; smaller comes first: the touch of a side, the nearest trigger."""
    return <uint32_t> (
        price_ticks if queue == SIDE_SELL or queue == QUEUE_RISING else MAX_PRICE_TICKS - price_ticks
    )


@cython.overflowcheck(False)  # a key is from 0 to MAX_PRICE_TICKS
cdef inline int32_t price_of(const level_t* level) noexcept nogil:
    """Price of a level, or trigger price of one of orders that wait."""
    if level.queue == SIDE_SELL or level.queue == QUEUE_RISING:
        return <int32_t> level.key
    return MAX_PRICE_TICKS - <int32_t> level.key


cdef inline int64_t shows(const order_t* order) noexcept nogil:
    """What an order shows when it comes to stand at the back of a queue."""
    return min(order.display_lots, order.remaining_lots) if order.display_lots != 0 else order.remaining_lots


cdef inline bint too_many_parts(int64_t size_lots, int64_t display_lots) noexcept nogil:
    """Whether an iceberg would show in more parts than one may; display lots are not below zero."""
    return display_lots != 0 and (size_lots - 1) // display_lots >= MAX_ICEBERG_PARTS


@cython.final
cdef class Book:
    """The resting orders of all markets."""

    cdef order_t[::1] orders
    cdef level_t[::1] levels
    cdef market_t[::1] markets
    cdef int32_t order_room, free_order
    cdef int32_t level_room, free_level
    cdef int32_t market_count
    cdef Table order_slots
    cdef Table market_slots
    cdef Ladder ladder
    cdef int64_t touched_levels, touched_orders  # so far; the checked build counts

    def __init__(self):
        self.orders = zeros(64, ORDER)
        self.levels = zeros(64, LEVEL)
        self.markets = zeros(4, MARKET)
        self.order_room = self.level_room = self.market_count = 0
        self.free_order = self.free_level = -1
        self.order_slots = Table()
        self.market_slots = Table()
        self.ladder = Ladder()

    cdef inline int32_t market(self, uint32_t market_id) except? -99 nogil:
        """Slot of a market, or -1. No market has id 0."""
        return self.market_slots.find(market_id) if market_id != 0 else -1

    cdef int32_t new_market(self, uint32_t market_id) except -1:
        cdef int32_t slot = self.market_count
        if slot == self.markets.shape[0]:
            self.markets = grown(np.asarray(self.markets))
        self.market_count += 1
        self.market_slots.insert(market_id, slot)
        self.markets[slot].market_id = market_id
        self.markets[slot].phase = MARKET_PHASE_CONTINUOUS
        self.markets[slot].admitted_classes = ALL_CLASSES
        for queue in range(SIDE_BUY, QUEUE_FALLING + 1):
            self.markets[slot].best[<int> queue] = -1
            self.markets[slot].tries[<int> queue] = self.ladder.new_trie()
        return slot

    # Apart from where they are needed, as what is rare weighs on the methods that are inlined.

    cdef int make_room_for_orders(self) except -1 with gil:
        self.orders = grown(np.asarray(self.orders))
        return 0

    cdef int make_room_for_levels(self) except -1 with gil:
        self.levels = grown(np.asarray(self.levels))
        return 0

    cdef inline int32_t draft(self) except -1 nogil:
        """A slot to write an order in that may come to stand in the book: it does not yet, and has no id there."""
        cdef int32_t slot = self.free_order
        if slot >= 0:
            self.free_order = self.orders[slot].next
        else:
            if self.order_room == self.orders.shape[0]:
                self.make_room_for_orders()
            slot = self.order_room
            self.order_room += 1
        clear_record(&self.orders[slot])  # of the same size
        self.orders[slot].level = -1
        return slot

    cdef inline int give_back(self, int32_t slot) except -1 nogil:
        """The slot of an order that is over, or never was."""
        self.orders[slot].order_id = 0
        self.orders[slot].next = self.free_order
        self.free_order = slot
        return 0

    cdef inline void count(self, int levels, int orders) noexcept nogil:
        if CHECKED:
            self.touched_levels += levels
            self.touched_orders += orders

    cdef inline int enter(
        self, int32_t slot, order_t* order, market_t* market, uint8_t queue, int32_t price_ticks
    ) except -1 nogil:
        """A drafted order can be found by its id from now on, and stands in a queue."""
        self.order_slots.insert(order.order_id, slot)
        return self.join(slot, order, market, queue, price_ticks)

    cdef inline int join(
        self, int32_t slot, order_t* order, market_t* market, uint8_t queue, int32_t price_ticks
    ) except -1 nogil:
        """Stand at the back of a queue, at a price of it."""
        cdef level_t* level
        order.shown_lots = shows(order)
        order.level = self.level_at(market, queue, ladder_key(queue, price_ticks))
        level = &self.levels[order.level]
        self.count(1, 1)
        level.total_lots += order.remaining_lots
        level.hidden_lots += order.remaining_lots - order.shown_lots
        return self.append(slot, order, level)

    cdef inline int append(self, int32_t slot, order_t* order, level_t* level) except -1 nogil:
        """Link an order in behind the last one of its level."""
        order.next = -1
        order.prev = level.last
        self.count(0, order.prev >= 0)
        either_place(order.prev >= 0, &self.orders[max(order.prev, 0)].next, &level.first)[0] = slot
        level.last = slot
        return 0

    cdef inline int part(self, order_t* order, market_t* market) except -1 nogil:
        """Stand in no queue any more; an emptied level leaves the ladder."""
        cdef level_t* level = &self.levels[order.level]
        self.unlink(order, level)
        level.total_lots -= order.remaining_lots
        level.hidden_lots -= order.remaining_lots - order.shown_lots
        check(level.first >= 0 or level.total_lots == 0 and level.hidden_lots == 0, "an empty queue has no size")
        return self.drop_if_empty(market, level, order.level)

    cdef inline int unlink(self, order_t* order, level_t* level) except -1 nogil:
        """Let the neighbours of an order close up."""
        self.count(1, 1 + (order.prev >= 0) + (order.next >= 0))
        either_place(order.prev >= 0, &self.orders[max(order.prev, 0)].next, &level.first)[0] = order.next
        either_place(order.next >= 0, &self.orders[max(order.next, 0)].prev, &level.last)[0] = order.prev
        return 0

    cdef int replenish(self, int32_t slot) except -1 nogil:
        """An iceberg shows its next part, at the back of its level."""
        cdef order_t* order = &self.orders[slot]
        check(order.shown_lots == 0, "an iceberg shows its next part when the one before is gone")
        order.shown_lots = shows(order)
        self.levels[order.level].hidden_lots -= order.shown_lots
        self.unlink(order, &self.levels[order.level])
        return self.append(slot, order, &self.levels[order.level])

    # Whether a price has other orders nobody can guess, so neither of the next two asks it. A free level is empty as it
    # lies, and there is one whenever an order joins a queue.

    cdef inline int32_t level_at(self, market_t* market, uint8_t queue, uint32_t key) except -1 nogil:
        """The level of a price, which from now on is in the ladder."""
        cdef int32_t best = market.best[queue]
        cdef int32_t slot
        cdef level_t* level
        if self.free_level < 0:
            self.make_level()
        slot = self.ladder.put(market.tries[queue], key, self.free_level)
        level = &self.levels[slot]
        self.free_level = <int32_t> either(slot == self.free_level, <int32_t> level.key, self.free_level)
        level.key = key
        level.queue = queue
        self.count(1, 0)
        if best < 0 or key < self.levels[best].key:
            market.best[queue] = slot
        return slot

    cdef inline int drop_if_empty(self, market_t* market, level_t* level, int32_t slot) except -1 nogil:
        """A level without orders leaves the ladder and is free."""
        cdef bint empty = level.first < 0
        cdef int32_t trie = market.tries[level.queue]
        self.ladder.remove_if(empty, trie, level.key)
        if empty & (market.best[level.queue] == slot):
            market.best[level.queue] = self.ladder.first_from(trie, level.key)
        level.key = <uint32_t> either(empty, self.free_level, level.key)
        self.free_level = <int32_t> either(empty, slot, self.free_level)
        return 0

    cdef int make_level(self) except -1 nogil:
        """One free level more, when there is none."""
        if self.level_room == self.levels.shape[0]:
            self.make_room_for_levels()
        self.levels[self.level_room].first = self.levels[self.level_room].last = -1
        self.levels[self.level_room].key = UINT32_MAX
        self.free_level = self.level_room
        self.level_room += 1
        return 0

    cdef inline int32_t price(self, int32_t level) except? -99 nogil:
        """Price of a level."""
        return price_of(&self.levels[level])

    cdef inline int32_t level_after(self, int32_t market, uint8_t side, int32_t level) except? -99 nogil:
        """The next level away from the touch, or -1. Behind the last key there is none."""
        if self.levels[level].key == MAX_PRICE_TICKS:
            return -1
        return self.ladder.first_from(self.markets[market].tries[side], self.levels[level].key + 1)

    cdef int change_size(self, int32_t slot, int64_t size_lots) except -1 nogil:
        """A smaller size for an order that keeps its place; what it has traded stays, hidden size goes first."""
        cdef order_t* order = &self.orders[slot]
        cdef level_t* level = &self.levels[order.level]
        cdef int64_t hidden_lots = order.remaining_lots - order.shown_lots
        self.count(1, 1)
        level.total_lots -= order.size_lots - size_lots
        order.remaining_lots -= order.size_lots - size_lots
        order.size_lots = size_lots
        return self.hide_less(slot, hidden_lots)

    cdef inline int trade(self, order_t* order, int64_t lots) except -1 nogil:
        """Take lots that show from an order."""
        self.count(1, 1)
        order.remaining_lots -= lots
        order.shown_lots -= lots
        self.levels[order.level].total_lots -= lots
        check(order.shown_lots >= 0, "an order trades what it shows")
        return 0

    cdef int trade_any(self, int32_t slot, int64_t lots) except -1 nogil:
        """Take lots from an order, shown or hidden, as an auction does."""
        cdef order_t* order = &self.orders[slot]
        cdef int64_t hidden_lots = order.remaining_lots - order.shown_lots
        order.remaining_lots -= lots
        self.levels[order.level].total_lots -= lots
        return self.hide_less(slot, hidden_lots)

    cdef int hide_less(self, int32_t slot, int64_t hidden_lots) except -1 nogil:
        """After an order shrank in its place: it shows what it did, or all that is left of it if that is less."""
        cdef order_t* order = &self.orders[slot]
        order.shown_lots = either(order.shown_lots < order.remaining_lots, order.shown_lots, order.remaining_lots)
        self.levels[order.level].hidden_lots += order.remaining_lots - order.shown_lots - hidden_lots
        return 0

    cdef list resting(
        self, uint64_t account_id, uint32_t market_id, uint32_t group_id, bint in_halts, Ledger ledger
    ):
        """Ids of the resting orders that fit, ascending; 0 fits all. Looks at every slot: for rare commands."""
        cdef int32_t slot
        cdef order_t* order
        ids = []
        for slot in range(self.order_room):
            order = &self.orders[slot]
            if order.order_id == 0 or (group_id != 0 and order.group_id != group_id):
                continue
            if not in_halts and self.markets[order.market].phase == MARKET_PHASE_HALTED:
                continue
            if market_id != 0 and self.markets[order.market].market_id != market_id:
                continue
            if account_id != 0 and ledger.balances[order.hold_balance].account_id != account_id:
                continue
            ids.append(order.order_id)
        return sorted(ids)
