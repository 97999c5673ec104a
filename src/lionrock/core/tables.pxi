# Finding things by id: a hash table from a 64-bit key to a slot of some array.
#
# Open addressing with linear probing; an erased entry is closed by moving later ones back, so that no tombstones gather
# and a look-up never gets slower with the venue's age. What is spread out by the hash is four bytes an entry, and the
# keys lie by themselves, by slot: tables a quarter full would otherwise drive what they point to out of the cache.

cdef extern from * nogil:
    """
    #define LIONROCK_FETCH(place) __builtin_prefetch((const void *)(place))
    """
    void fetch "LIONROCK_FETCH"(const void* place) noexcept

PLACE = np.dtype(np.int32)
KEY = np.dtype(np.uint64)


@cython.final
cdef class Table:
    """Slots by key; keys are greater than zero."""

    cdef int32_t[::1] places  # slots plus one, at the hashes of their keys; 0: empty
    cdef uint64_t[::1] keys  # of the slots in the table, by slot
    cdef uint64_t mask
    cdef int shift  # how far a product is moved down so that as many bits are left as the mask has
    cdef int64_t used
    cdef int64_t touched  # places looked at so far; the checked build counts

    def __init__(self):
        self.places = zeros(64, PLACE)
        self.keys = zeros(16, KEY)
        self.mask = 63
        self.shift = 64 - 6
        self.used = 0

    @cython.overflowcheck(False)
    cdef inline uint64_t home(self, uint64_t key) noexcept nogil:
        # Fibonacci hashing: consecutive ids, the usual case, spread evenly. The product is meant to wrap, and only its
        # topmost bits depend on every bit of the key.
        return (key * <uint64_t> 0x9E3779B97F4A7C15) >> self.shift

    cdef inline const int32_t* at_home(self, uint64_t key) except NULL nogil:
        """Where the slot of a key is, or not far behind: for fetching."""
        return &self.places[self.home(key)]

    @cython.overflowcheck(False)  # a slot plus one and back
    cdef inline int32_t find(self, uint64_t key) except? -99 nogil:
        """The slot stored under the key, or -1."""
        cdef uint64_t at = self.home(key)
        cdef int32_t slot = self.places[at] - 1
        self.count()
        while slot >= 0 and self.keys[slot] != key:
            at = (at + 1) & self.mask
            slot = self.places[at] - 1
            self.count()
        return slot

    @cython.overflowcheck(False)
    cdef inline int32_t likely(self, uint64_t key) except? -99 nogil:
        """For looking ahead: the slot at the home of a key, mostly its own. Where keys are compared is fetched."""
        cdef int32_t slot = self.places[self.home(key)] - 1
        if slot >= 0:
            fetch(&self.keys[slot])
        return slot

    cdef inline void count(self) noexcept nogil:
        if CHECKED:
            self.touched += 1

    @cython.overflowcheck(False)  # counts what fits into memory
    cdef inline int insert(self, uint64_t key, int32_t slot) except -1 nogil:
        """Store a key that is not in the table, for a slot that is not either."""
        cdef uint64_t at
        if self.used * 4 >= <int64_t> self.mask or slot >= self.keys.shape[0]:
            self.grow(slot)
        at = self.home(key)
        self.count()
        while self.places[at] != 0:
            at = (at + 1) & self.mask
            self.count()
        self.places[at] = slot + 1
        self.keys[slot] = key
        self.used += 1
        return 0

    @cython.overflowcheck(False)  # counts what fits into memory
    cdef inline int remove(self, uint64_t key, int32_t slot) except -1 nogil:
        """Take out a key that is in the table, with its slot."""
        cdef uint64_t hole = self.home(key)
        cdef uint64_t at
        while self.places[hole] != slot + 1:
            check(self.places[hole] != 0, "a key to remove is in its table")
            hole = (hole + 1) & self.mask
            self.count()
        at = (hole + 1) & self.mask
        while self.places[at] != 0:
            self.count()
            # An entry may move back to the hole unless its home lies after the hole, on the way to where it is.
            if distance(self.home(self.keys[self.places[at] - 1]), at, self.mask) >= distance(hole, at, self.mask):
                self.places[hole] = self.places[at]
                hole = at
            at = (at + 1) & self.mask
        self.places[hole] = 0
        self.used -= 1
        return 0

    cdef int take_up(self, places, keys) except -1:
        """Become a copy of the table that has these."""
        self.places = copied(places, len(places))
        self.keys = copied(keys, len(keys))
        self.mask = len(places) - 1
        self.shift = 64 - int(self.mask).bit_length()
        self.used = np.count_nonzero(places)
        return 0

    cdef int grow(self, int32_t slot) except -1 with gil:
        """Room for one key more, of that slot."""
        cdef int32_t[::1] old = self.places
        cdef Py_ssize_t i
        cdef uint64_t at
        while slot >= self.keys.shape[0]:
            self.keys = grown(np.asarray(self.keys))
        if self.used * 4 < <int64_t> self.mask:
            return 0
        self.places = zeros(old.shape[0] * 2, PLACE)
        self.mask = self.places.shape[0] - 1
        self.shift -= 1
        for i in range(old.shape[0]):
            if old[i] != 0:
                at = self.home(self.keys[old[i] - 1])
                while self.places[at] != 0:
                    at = (at + 1) & self.mask
                self.places[at] = old[i]
        return 0


@cython.overflowcheck(False)
cdef inline uint64_t distance(uint64_t start, uint64_t end, uint64_t mask) noexcept nogil:
    """Steps from start to end round the table; the difference is meant to wrap."""
    return (end - start) & mask
