# Prices in order: a 64-ary radix trie over 30-bit keys, five steps of 6 bits, one trie for each side of each market.
#
# A key grows away from the touch: for asks it is the price, for bids MAX_PRICE_TICKS less the price, so that "best"
# and "next" mean the smallest key on both sides. Each step looks at one 64-bit map; nothing depends on how many orders
# rest, only on memory being near.

cdef extern from *:
    """
    static inline int lowest_bit(unsigned long long map) { return __builtin_ctzll(map); }
    """
    int lowest_bit(uint64_t map) noexcept

cdef enum:
    STEP_BITS = 6
    STEPS = 5
    FANOUT = 64

cdef packed struct node_t:
    uint64_t map  # which children are there
    int32_t children[64]  # nodes, or at the last step levels of the book

NODE = np.dtype([("map", "u8"), ("children", "i4", FANOUT)])


@cython.final
cdef class Ladder:
    """All tries share one array of nodes; a trie is known by its root."""

    cdef node_t[::1] nodes
    cdef int32_t node_count
    cdef int32_t free_node  # head of the list of given-back nodes, linked through children[0]; -1: none

    def __init__(self):
        self.nodes = np.zeros(16, NODE)
        self.node_count = 0
        self.free_node = -1

    cdef int32_t new_node(self) except -1:
        cdef int32_t node = self.free_node
        if node >= 0:
            self.free_node = self.nodes[node].children[0]
            return node
        if self.node_count == self.nodes.shape[0]:
            self.nodes = grown(np.asarray(self.nodes))
        node = self.node_count
        self.node_count += 1
        return node

    cdef int32_t find(self, int32_t root, uint32_t key) except? -99:
        """The level stored under the key, or -1."""
        cdef int32_t at = root
        cdef int shift = STEP_BITS * (STEPS - 1)
        cdef int digit
        while shift >= 0:
            digit = (key >> shift) & (FANOUT - 1)
            if not (self.nodes[at].map >> digit) & 1:
                return -1
            at = self.nodes[at].children[digit]
            shift -= STEP_BITS
        return at

    @cython.overflowcheck(False)  # bits are shifted out on purpose
    cdef int insert(self, int32_t root, uint32_t key, int32_t level) except -1:
        """Store a key that is not in the trie."""
        cdef int32_t at = root
        cdef int32_t child
        cdef int shift = STEP_BITS * (STEPS - 1)
        cdef int digit
        while shift > 0:
            digit = (key >> shift) & (FANOUT - 1)
            if not (self.nodes[at].map >> digit) & 1:
                child = self.new_node()  # may move the array: nothing of it is kept across this line
                self.nodes[at].map |= (<uint64_t> 1) << digit
                self.nodes[at].children[digit] = child
            at = self.nodes[at].children[digit]
            shift -= STEP_BITS
        digit = key & (FANOUT - 1)
        self.nodes[at].map |= (<uint64_t> 1) << digit
        self.nodes[at].children[digit] = level
        return 0

    @cython.overflowcheck(False)  # bits are shifted out on purpose
    cdef int remove(self, int32_t root, uint32_t key) except -1:
        """Take out a key that is in the trie, and give back the nodes that it leaves empty."""
        cdef int32_t path[STEPS]
        cdef int32_t at = root
        cdef int step = 0
        cdef int digit
        while step < STEPS:
            path[step] = at
            digit = (key >> (STEP_BITS * (STEPS - 1 - step))) & (FANOUT - 1)
            check((self.nodes[at].map >> digit) & 1, "a price to remove is in its ladder")
            at = self.nodes[at].children[digit]
            step += 1
        step = STEPS - 1
        while step >= 0:
            at = path[step]
            digit = (key >> (STEP_BITS * (STEPS - 1 - step))) & (FANOUT - 1)
            self.nodes[at].map &= ~((<uint64_t> 1) << digit)
            if self.nodes[at].map != 0 or step == 0:
                return 0
            self.nodes[at].children[0] = self.free_node
            self.free_node = at
            step -= 1
        return 0

    @cython.overflowcheck(False)  # bits are shifted out on purpose
    cdef int32_t first_from(self, int32_t root, uint32_t key) except? -99:
        """The level with the smallest key that is at least `key`, or -1."""
        cdef int32_t path[STEPS]
        cdef int32_t at = root
        cdef int step = 0
        cdef int digit
        cdef uint64_t rest
        # Down along the key as far as it leads.
        while True:
            path[step] = at
            digit = (key >> (STEP_BITS * (STEPS - 1 - step))) & (FANOUT - 1)
            if not (self.nodes[at].map >> digit) & 1:
                break
            at = self.nodes[at].children[digit]
            if step == STEPS - 1:
                return at
            step += 1
        # Up to the first node with a child beyond the key's, then down along the smallest children.
        while step >= 0:
            at = path[step]
            digit = (key >> (STEP_BITS * (STEPS - 1 - step))) & (FANOUT - 1)
            rest = self.nodes[at].map & (~(<uint64_t> 0) << digit)
            rest &= ~((<uint64_t> 1) << digit)
            if rest != 0:
                at = self.nodes[at].children[lowest_bit(rest)]
                step += 1
                while step < STEPS:
                    at = self.nodes[at].children[lowest_bit(self.nodes[at].map)]
                    step += 1
                return at
            step -= 1
        return -1
