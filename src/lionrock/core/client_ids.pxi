# The clients' own ids for their orders: which order an id belongs to, until a day after that order ended.

cdef packed struct client_id_t:
    uint64_t client_order_key
    uint64_t order_id
    int64_t ended_ns  # -1: the order rests or waits
    int32_t account
    int32_t same_home  # next one whose account and key mix to the same; -1: none. In a free slot: the next free one
    int32_t ended_next  # the one that ended after it; -1: none yet

cdef client_id_t _client_id_pattern[1]
CLIENT_ID = np.asarray(<client_id_t[:1]> _client_id_pattern).dtype


@cython.overflowcheck(False)
cdef inline uint64_t mixed(int32_t account, uint64_t client_order_key) noexcept nogil:
    """One number of both, never 0; two pairs may share it."""
    return (client_order_key ^ (<uint64_t> (account + 1) * <uint64_t> 0x9E3779B97F4A7C15)) | 1


cdef inline int64_t free_from(int64_t ended_ns) noexcept nogil:
    """When the id of an order that ended then is free again; at the end of time if that would be later."""
    return min(ended_ns, INT64_MAX - CLIENT_ORDER_ID_MEMORY_NS()) + CLIENT_ORDER_ID_MEMORY_NS()


@cython.final
cdef class ClientIds:
    """Ids by account and key. Those of ended orders are a queue, in the order in which they become free."""

    cdef client_id_t[::1] ids
    cdef Table homes
    cdef int32_t room, free_id
    cdef int32_t first_ended, last_ended
    cdef int64_t next_free_ns  # when the first of those becomes free

    def __init__(self):
        self.ids = zeros(64, CLIENT_ID)
        self.homes = Table()
        self.room = 0
        self.free_id = self.first_ended = self.last_ended = -1
        self.next_free_ns = INT64_MAX

    cdef inline int32_t find(self, int32_t account, uint64_t client_order_key) except? -99 nogil:
        """Slot of an id that is taken, or -1."""
        cdef int32_t slot = self.homes.find(mixed(account, client_order_key))
        while slot >= 0 and (self.ids[slot].account != account or self.ids[slot].client_order_key != client_order_key):
            slot = self.ids[slot].same_home
        return slot

    cdef uint64_t order(self, int32_t account, uint64_t client_order_key) except? 99 nogil:
        """Id of the order that a client calls so; 0 when there is none."""
        cdef int32_t slot = self.find(account, client_order_key) if account >= 0 and client_order_key != 0 else -1
        return self.ids[slot].order_id if slot >= 0 else 0

    cdef inline uint64_t key_of(self, int32_t slot) except? 99 nogil:
        return self.ids[slot].client_order_key if slot >= 0 else 0

    cdef int32_t take(self, int32_t account, uint64_t client_order_key, uint64_t order_id) except -1 nogil:
        """Give a free id to an order; returns its slot."""
        cdef uint64_t home = mixed(account, client_order_key)
        cdef int32_t first = self.homes.find(home)
        cdef int32_t slot = self.free_id
        if slot >= 0:
            self.free_id = self.ids[slot].same_home
        else:
            if self.room == self.ids.shape[0]:
                self.make_room()
            slot = self.room
            self.room += 1
        self.ids[slot].client_order_key = client_order_key
        self.ids[slot].order_id = order_id
        self.ids[slot].ended_ns = -1
        self.ids[slot].account = account
        self.ids[slot].ended_next = -1
        self.ids[slot].same_home = -1
        if first < 0:
            self.homes.insert(home, slot)
        else:
            self.ids[slot].same_home = self.ids[first].same_home
            self.ids[first].same_home = slot
        return slot

    cdef int make_room(self) except -1 with gil:
        self.ids = grown(np.asarray(self.ids))
        return 0

    cdef int ended(self, int32_t slot, int64_t time_ns) except -1 nogil:
        """Its order is over: it stays taken for a day."""
        self.ids[slot].ended_ns = time_ns
        if self.first_ended < 0:
            self.first_ended = slot
            self.next_free_ns = free_from(time_ns)
        else:
            self.ids[self.last_ended].ended_next = slot
        self.last_ended = slot
        return 0

    cdef int pass_time(self, int64_t time_ns) except -1 nogil:
        """Free every id whose day is over."""
        cdef int32_t slot = self.first_ended
        while slot >= 0 and time_ns - self.ids[slot].ended_ns >= CLIENT_ORDER_ID_MEMORY_NS():
            self.first_ended = self.ids[slot].ended_next
            self.release(slot)
            slot = self.first_ended
        self.next_free_ns = free_from(self.ids[slot].ended_ns) if slot >= 0 else INT64_MAX
        return 0

    cdef int release(self, int32_t slot) except -1 nogil:
        cdef uint64_t home = mixed(self.ids[slot].account, self.ids[slot].client_order_key)
        cdef int32_t at = self.homes.find(home)
        if at == slot:
            self.homes.remove(home, slot)
            if self.ids[slot].same_home >= 0:
                self.homes.insert(home, self.ids[slot].same_home)
        else:
            while self.ids[at].same_home != slot:
                at = self.ids[at].same_home
            self.ids[at].same_home = self.ids[slot].same_home
        self.ids[slot].account = -1
        self.ids[slot].same_home = self.free_id
        self.free_id = slot
        return 0

    cdef list lines(self, Ledger ledger):
        """The client lines of spec/state.md."""
        cdef int32_t slot
        rows = []
        for slot in range(self.room):
            taken = self.ids[slot]
            if taken.account >= 0:
                account_id = ledger.accounts[taken.account].account_id
                rows.append((account_id, taken.client_order_key, taken.order_id, taken.ended_ns))
        return [f"client|{account}|{key}|{order}|{ended}" for account, key, order, ended in sorted(rows)]
