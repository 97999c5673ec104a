# Orders, and the queues they stand in. The book knows places and prices; it never touches a balance.

cdef packed struct order_t:
    uint64_t order_id  # 0: the slot is free
    int64_t size_lots
    int64_t remaining_lots
    int64_t held_atoms
    int32_t market
    int32_t level
    int32_t next  # towards the back of the queue; -1: last. In a slot that is free: the next free slot
    int32_t prev  # towards the front; -1: first
    int32_t hold_balance  # where its hold is: quote of a buy, base of a sell
    int32_t receive_balance  # where it is paid: base of a buy, quote of a sell
    int32_t price_ticks  # its limit; 0: at market
    int32_t trigger_price_ticks  # what it waits for; 0: nothing
    uint32_t maker_fee_ppm
    uint32_t taker_fee_ppm
    uint32_t group_id
    int64_t expire_time_ns
    uint8_t side
    uint8_t self_trade_prevention
    uint8_t post_only
    uint8_t time_in_force
    uint8_t queue  # where it stands: in its side's, or waiting in one of the two others

cdef packed struct level_t:
    int64_t total_lots
    int32_t first
    int32_t last
    uint32_t key  # its place in the ladder
    int32_t price_ticks

cdef packed struct market_t:
    uint32_t market_id
    uint32_t base_asset_id
    uint32_t quote_asset_id
    uint8_t fee_currency
    uint8_t stopped
    uint8_t phase
    uint32_t band_ppm
    int32_t last_price_ticks  # of its last trade; 0: none yet
    int32_t reference_ticks  # of the last trade before the continuous trading of one command: what bands are round
    uint64_t traded_in  # that command, as `Matching.command` counts them
    uint16_t legal_entity
    uint8_t admitted_classes
    uint32_t price_deviation_ppm
    int64_t max_order_value_atoms
    int32_t high_ticks  # of the trades since triggered orders last came in; 0: none
    int32_t low_ticks
    int32_t roots[5]  # of the ladder, by queue; the first is not used
    int32_t best[5]  # first level of each queue; -1: none
    int32_t fee_base_balance
    int32_t fee_quote_balance
    int64_t lot_base_atoms
    int64_t quote_atoms_per_tick_lot
    int64_t max_price_ticks
    int64_t max_size_lots
    int64_t min_notional_atoms
    int64_t max_notional_atoms

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
    + [("phase", "u1"), ("band_ppm", "u4"), ("last_price_ticks", "i4")]
    + [("reference_ticks", "i4"), ("traded_in", "u8")]
    + [("legal_entity", "u2"), ("admitted_classes", "u1"), ("price_deviation_ppm", "u4")]
    + [("max_order_value_atoms", "i8"), ("high_ticks", "i4"), ("low_ticks", "i4")]
    + [("roots", "i4", 5), ("best", "i4", 5), ("fee_base_balance", "i4"), ("fee_quote_balance", "i4")]
    + [(name, "i8") for name in ("lot_base_atoms", "quote_atoms_per_tick_lot", "max_price_ticks", "max_size_lots")]
    + [(name, "i8") for name in ("min_notional_atoms", "max_notional_atoms")]
)  # by hand: NumPy cannot read the description of a struct with arrays in it; Cython checks that the two agree


cdef inline uint8_t opposite(uint8_t side) noexcept:
    return SIDE_SELL if side == SIDE_BUY else SIDE_BUY


cdef inline bint in_call(const market_t* market) noexcept:
    """Whether orders are being collected for an auction."""
    return market.phase == MARKET_PHASE_PRE_OPEN or market.phase == MARKET_PHASE_VOLATILITY_AUCTION


cdef inline uint32_t ladder_key(uint8_t queue, int64_t price_ticks) except? 99:
    """Place of a price in a queue; smaller comes first: the touch of a side, the nearest trigger."""
    return <uint32_t> (
        price_ticks if queue == SIDE_SELL or queue == QUEUE_RISING else MAX_PRICE_TICKS - price_ticks
    )


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

    def __init__(self):
        self.orders = np.zeros(64, ORDER)
        self.levels = np.zeros(64, LEVEL)
        self.markets = np.zeros(4, MARKET)
        self.order_room = self.level_room = self.market_count = 0
        self.free_order = self.free_level = -1
        self.order_slots = Table()
        self.market_slots = Table()
        self.ladder = Ladder()

    cdef inline int32_t market(self, uint32_t market_id) except? -99:
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
            self.markets[slot].roots[<int> queue] = self.ladder.new_node()
        return slot

    cdef int rest(self, order_t* order) except -1:
        """Put an order at the back of its queue, at its price or its trigger price."""
        cdef int32_t price_ticks = order.price_ticks if order.queue == order.side else order.trigger_price_ticks
        cdef uint32_t key = ladder_key(order.queue, price_ticks)
        cdef int32_t slot = self.free_order
        cdef int32_t level
        if slot >= 0:
            self.free_order = self.orders[slot].next
        else:
            if self.order_room == self.orders.shape[0]:
                self.orders = grown(np.asarray(self.orders))
            slot = self.order_room
            self.order_room += 1
        level = self.ladder.find(self.markets[order.market].roots[order.queue], key)
        if level < 0:
            level = self.new_level(order, key, price_ticks)
        order.level = level
        order.next = -1
        order.prev = self.levels[level].last
        self.orders[slot] = order[0]
        if order.prev >= 0:
            self.orders[order.prev].next = slot
        else:
            self.levels[level].first = slot
        self.levels[level].last = slot
        self.levels[level].total_lots += order.remaining_lots
        return self.order_slots.insert(order.order_id, slot)

    cdef int32_t new_level(self, order_t* order, uint32_t key, int32_t price_ticks) except -1:
        cdef int32_t level = self.free_level
        cdef int32_t best = self.markets[order.market].best[order.queue]
        if level >= 0:
            self.free_level = self.levels[level].first
        else:
            if self.level_room == self.levels.shape[0]:
                self.levels = grown(np.asarray(self.levels))
            level = self.level_room
            self.level_room += 1
        self.levels[level].total_lots = 0
        self.levels[level].first = self.levels[level].last = -1
        self.levels[level].key = key
        self.levels[level].price_ticks = price_ticks
        self.ladder.insert(self.markets[order.market].roots[order.queue], key, level)
        if best < 0 or key < self.levels[best].key:
            self.markets[order.market].best[order.queue] = level
        return level

    cdef int remove(self, int32_t slot) except -1:
        """Take an order out of its queue; an emptied level leaves the ladder."""
        cdef order_t order = self.orders[slot]
        if order.prev >= 0:
            self.orders[order.prev].next = order.next
        else:
            self.levels[order.level].first = order.next
        if order.next >= 0:
            self.orders[order.next].prev = order.prev
        else:
            self.levels[order.level].last = order.prev
        self.levels[order.level].total_lots -= order.remaining_lots
        if self.levels[order.level].first < 0:
            check(self.levels[order.level].total_lots == 0, "an empty queue has no size")
            self.drop_level(order.market, order.queue, order.level)
        self.orders[slot].order_id = 0
        self.orders[slot].next = self.free_order
        self.free_order = slot
        return self.order_slots.remove(order.order_id)

    cdef int drop_level(self, int32_t market, uint8_t side, int32_t level) except -1:
        cdef int32_t root = self.markets[market].roots[side]
        self.ladder.remove(root, self.levels[level].key)
        if self.markets[market].best[side] == level:
            self.markets[market].best[side] = self.ladder.first_from(root, self.levels[level].key)
        self.levels[level].first = self.free_level
        self.free_level = level
        return 0

    cdef inline int32_t level_after(self, int32_t market, uint8_t side, int32_t level) except? -99:
        """The next level away from the touch, or -1."""
        return self.ladder.first_from(self.markets[market].roots[side], self.levels[level].key + 1)

    cdef int change_size(self, int32_t slot, int64_t size_lots) except -1:
        """A smaller size for an order that keeps its place; what it has traded stays."""
        cdef order_t* order = &self.orders[slot]
        self.levels[order.level].total_lots -= order.size_lots - size_lots
        order.remaining_lots -= order.size_lots - size_lots
        order.size_lots = size_lots
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
