# Prices in order: a 64-ary radix trie over 30-bit keys, five steps of 6 bits, one trie for each side of each market.
#
# A key grows away from the touch: for asks it is the price, for bids MAX_PRICE_TICKS less the price, so that "best"
# and "next" mean the smallest key on both sides. Each step looks at one 64-bit map; nothing depends on how many orders
# rest, only on memory being near.
#
# The prices of a side mostly share their upper digits. So each trie remembers up to four nodes two steps above the
# levels, each over 4,096 keys: neighbours have different places, so that a side may reach over 16,384 prices. It begins
# there when a key lies under one of them. Such a node is forgotten when it is given back, and only a removal under it,
# which has remembered it, can do that. Where a side reaches further, two nodes one step higher, each over 262,144 keys,
# are remembered as well, and what is over those is few and seldom asked.

cdef extern from * nogil:
    """
    static inline int lowest_bit(unsigned long long map) { return __builtin_ctzll(map); }
    """
    int lowest_bit(uint64_t map) noexcept

cdef enum:
    STEP_BITS = 6
    STEPS = 5
    FANOUT = 64
    NEAR_STEPS = 3  # from the root to a node that is remembered
    NEAR_BITS = 12  # of a key that are decided under it
    NEAR_NODES = 4
    FAR_STEPS = 2  # the same of the nodes one step higher
    FAR_BITS = 18
    FAR_NODES = 2
    NO_PREFIX = 0x7FFFFFFF  # more than any key has in front of those

cdef packed struct node_t:
    uint64_t map  # which children are there
    int32_t children[64]  # nodes, or at the last step levels of the book

cdef packed struct trie_t:
    int32_t root
    uint32_t near_prefixes[4]  # of the keys under each remembered node
    int32_t near_nodes[4]
    uint32_t far_prefixes[2]
    int32_t far_nodes[2]
    int32_t padding[3]  # a cache line each

NODE = np.dtype([("map", "u8"), ("children", "i4", FANOUT)])
TRIE = np.dtype(
    [("root", "i4"), ("near_prefixes", "u4", 4), ("near_nodes", "i4", 4)]
    + [("far_prefixes", "u4", 2), ("far_nodes", "i4", 2), ("padding", "i4", 3)]
)


cdef inline int digit_of(uint32_t key, int step) noexcept nogil:
    """Which child of a node at that step is on the way to the key."""
    return (key >> (STEP_BITS * (STEPS - 1 - step))) & (FANOUT - 1)


cdef inline int near_place(uint32_t key) noexcept nogil:
    """Where a trie remembers the node over the 4,096 keys round this one."""
    return (key >> NEAR_BITS) & (NEAR_NODES - 1)


cdef inline int far_place(uint32_t key) noexcept nogil:
    """The same of the node over the 262,144 keys round this one."""
    return (key >> FAR_BITS) & (FAR_NODES - 1)


@cython.final
@cython.overflowcheck(False)  # bits are shifted out on purpose, and the rest counts nodes in 32 bits
cdef class Ladder:
    """All tries share one array of nodes."""

    cdef node_t[::1] nodes
    cdef trie_t[::1] tries
    cdef int32_t node_count
    cdef int32_t trie_count
    cdef int64_t touched  # nodes looked at so far; the checked build counts
    cdef int32_t free_node  # head of the list of given-back nodes, linked through children[0]; -1: none

    def __init__(self):
        self.nodes = zeros(16, NODE)
        self.tries = zeros(16, TRIE)
        self.node_count = self.trie_count = 0
        self.free_node = -1

    cdef inline void count(self, int nodes) noexcept nogil:
        if CHECKED:
            self.touched += nodes

    cdef int32_t new_trie(self) except -1:
        cdef int32_t trie = self.trie_count
        if trie == self.tries.shape[0]:
            self.tries = grown(np.asarray(self.tries))
        self.trie_count += 1
        self.tries[trie].root = self.new_node()
        for place in range(NEAR_NODES):
            self.tries[trie].near_prefixes[<int> place] = NO_PREFIX
        for place in range(FAR_NODES):
            self.tries[trie].far_prefixes[<int> place] = NO_PREFIX
        return trie

    cdef int32_t new_node(self) except -1 nogil:
        cdef int32_t node = self.free_node
        if node >= 0:
            self.free_node = self.nodes[node].children[0]
            return node
        if self.node_count == self.nodes.shape[0]:
            self.make_room()
        node = self.node_count
        self.node_count += 1
        return node

    cdef int make_room(self) except -1 with gil:
        self.nodes = grown(np.asarray(self.nodes))
        return 0

    cdef inline int give_back(self, int32_t node) except -1 nogil:
        self.nodes[node].children[0] = self.free_node
        self.free_node = node
        return 0

    cdef inline int32_t child(self, int32_t node, int digit) except -1 nogil:
        """The child at a digit, made when it is not there."""
        cdef int32_t child
        self.count(1)
        if (self.nodes[node].map >> digit) & 1:
            return self.nodes[node].children[digit]
        child = self.new_node()  # may move the array: nothing of it is kept across this line
        self.nodes[node].map |= (<uint64_t> 1) << digit
        self.nodes[node].children[digit] = child
        return child

    cdef int32_t near(self, int32_t trie, uint32_t key) except -1 nogil:
        """The node over the 4,096 keys round this one, made when it is not there, and remembered."""
        cdef int32_t at
        if self.tries[trie].far_prefixes[far_place(key)] != key >> FAR_BITS:
            self.remember_far(trie, key)
        at = self.child(self.tries[trie].far_nodes[far_place(key)], digit_of(key, FAR_STEPS))
        self.tries[trie].near_prefixes[near_place(key)] = key >> NEAR_BITS
        self.tries[trie].near_nodes[near_place(key)] = at
        return at

    cdef int remember_far(self, int32_t trie, uint32_t key) except -1 nogil:
        """Remember the node over the 262,144 keys round this one, made when it is not there."""
        cdef int32_t at = self.tries[trie].root
        cdef int step = 0
        while step < FAR_STEPS:
            at = self.child(at, digit_of(key, step))
            step += 1
        self.tries[trie].far_prefixes[far_place(key)] = key >> FAR_BITS
        self.tries[trie].far_nodes[far_place(key)] = at
        return 0

    cdef inline int32_t put(self, int32_t trie, uint32_t key, int32_t level) except -1 nogil:
        """The level of a key; the one given, from now on, if the key was not in the trie. Without a branch."""
        cdef int32_t at = self.tries[trie].near_nodes[near_place(key)]
        cdef int digit = digit_of(key, STEPS - 1)
        cdef node_t* leaf
        if self.tries[trie].near_prefixes[near_place(key)] != key >> NEAR_BITS:
            at = self.near(trie, key)
        self.count(1)
        leaf = &self.nodes[self.child(at, digit_of(key, STEPS - 2))]
        level = <int32_t> either((leaf.map >> digit) & 1, leaf.children[digit], level)
        leaf.map |= (<uint64_t> 1) << digit
        leaf.children[digit] = level
        return level

    cdef inline int32_t leaf(self, int32_t trie, uint32_t key) except? -99 nogil:
        """The lowest node on the way to a key, or -1."""
        cdef int32_t at = self.tries[trie].root
        cdef int step = 0
        if self.tries[trie].near_prefixes[near_place(key)] == key >> NEAR_BITS:
            at = self.tries[trie].near_nodes[near_place(key)]
            step = NEAR_STEPS
        elif self.tries[trie].far_prefixes[far_place(key)] == key >> FAR_BITS:
            at = self.tries[trie].far_nodes[far_place(key)]
            step = FAR_STEPS
        while step < STEPS - 1:
            if not (self.nodes[at].map >> digit_of(key, step)) & 1:
                return -1
            at = self.nodes[at].children[digit_of(key, step)]
            step += 1
        return at

    cdef inline int remove_if(self, bint gone, int32_t trie, uint32_t key) except -1 nogil:
        """Take out a key that is in the trie if it is gone, and give back the nodes that it leaves empty."""
        cdef int32_t at = self.tries[trie].near_nodes[near_place(key)]
        cdef int32_t leaf
        if self.tries[trie].near_prefixes[near_place(key)] != key >> NEAR_BITS:
            at = self.near(trie, key)
        self.count(2)
        leaf = self.nodes[at].children[digit_of(key, STEPS - 2)]
        check(
            (self.nodes[at].map >> digit_of(key, STEPS - 2)) & 1
            and (self.nodes[leaf].map >> digit_of(key, STEPS - 1)) & 1,
            "a price to remove is in its ladder",
        )
        self.nodes[leaf].map &= ~((<uint64_t> gone) << digit_of(key, STEPS - 1))
        return self.prune(trie, key) if self.nodes[leaf].map == 0 else 0

    cdef int prune(self, int32_t trie, uint32_t key) except -1 nogil:
        """Give back the empty leaf on the way to a key, and every node over it that this leaves empty."""
        cdef int32_t path[STEPS]
        cdef int step = 0
        self.count(STEPS)
        path[0] = self.tries[trie].root
        while step < STEPS - 1:
            path[step + 1] = self.nodes[path[step]].children[digit_of(key, step)]
            step += 1
        while step > 0 and self.nodes[path[step]].map == 0:
            if step == NEAR_STEPS:
                self.tries[trie].near_prefixes[near_place(key)] = NO_PREFIX
            elif step == FAR_STEPS and self.tries[trie].far_prefixes[far_place(key)] == key >> FAR_BITS:
                self.tries[trie].far_prefixes[far_place(key)] = NO_PREFIX
            self.give_back(path[step])
            step -= 1
            self.nodes[path[step]].map &= ~((<uint64_t> 1) << digit_of(key, step))
        return 0

    cdef int32_t first_from(self, int32_t trie, uint32_t key) except? -99 nogil:
        """The level with the smallest key that is at least `key`, or -1."""
        cdef int32_t found = -1
        if self.tries[trie].near_prefixes[near_place(key)] == key >> NEAR_BITS:
            found = self.first_under(self.tries[trie].near_nodes[near_place(key)], NEAR_STEPS, key)
        return found if found >= 0 else self.first_under(self.tries[trie].root, 0, key)

    cdef int32_t first_under(self, int32_t node, int top, uint32_t key) except? -99 nogil:
        """The same among the keys under a node, which is so many steps from the root and on the way to the key."""
        cdef int32_t path[STEPS]
        cdef int32_t at = node
        cdef int step = top
        cdef uint64_t rest
        # Down along the key as far as it leads.
        while True:
            path[step] = at
            self.count(1)
            if not (self.nodes[at].map >> digit_of(key, step)) & 1:
                break
            at = self.nodes[at].children[digit_of(key, step)]
            if step == STEPS - 1:
                return at
            step += 1
        # Up to the first node with a child beyond the key's, then down along the smallest children.
        while step >= top:
            rest = self.nodes[path[step]].map & (~(<uint64_t> 1) << digit_of(key, step))
            if rest != 0:
                at = self.nodes[path[step]].children[lowest_bit(rest)]
                step += 1
                while step < STEPS:
                    self.count(1)
                    at = self.nodes[at].children[lowest_bit(self.nodes[at].map)]
                    step += 1
                return at
            step -= 1
        return -1
