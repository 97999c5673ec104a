# Finding things by id: a hash table from a 64-bit key to a slot of some array.
#
# Open addressing with linear probing; an erased entry is closed by moving later ones back, so that no tombstones gather
# and a look-up never gets slower with the venue's age.

cdef packed struct table_entry_t:
    uint64_t key  # 0: empty
    int32_t slot
    int32_t spare  # four entries to a cache line, and none across two

cdef table_entry_t _entry_pattern[1]
TABLE_ENTRY = np.asarray(<table_entry_t[:1]> _entry_pattern).dtype


@cython.final
cdef class Table:
    """Slots by key; keys are greater than zero."""

    cdef table_entry_t[::1] entries
    cdef uint64_t mask
    cdef int shift  # how far a product is moved down so that as many bits are left as the mask has
    cdef int64_t used
    cdef int64_t touched  # entries looked at so far; the checked build counts

    def __init__(self):
        self.entries = zeros(64, TABLE_ENTRY)
        self.mask = 63
        self.shift = 64 - 6
        self.used = 0

    @cython.overflowcheck(False)
    cdef inline uint64_t home(self, uint64_t key) noexcept nogil:
        # Fibonacci hashing: consecutive ids, the usual case, spread evenly. The product is meant to wrap, and only its
        # topmost bits depend on every bit of the key.
        return (key * <uint64_t> 0x9E3779B97F4A7C15) >> self.shift

    cdef inline const table_entry_t* at_home(self, uint64_t key) except NULL nogil:
        """Where a key is, or not far behind: for fetching."""
        return &self.entries[self.home(key)]

    cdef inline int32_t find(self, uint64_t key) except? -99 nogil:
        """The slot stored under the key, or -1."""
        cdef uint64_t at = self.home(key)
        self.count()
        while self.entries[at].key != key:
            if self.entries[at].key == 0:
                return -1
            at = (at + 1) & self.mask
            self.count()
        return self.entries[at].slot

    cdef inline int32_t likely(self, uint64_t key) except? -99 nogil:
        """The same for looking ahead: not counted, and -1 also when the key is further from its home than one place."""
        cdef uint64_t at = self.home(key)
        if self.entries[at].key != key:
            at = (at + 1) & self.mask
        return self.entries[at].slot if key != 0 and self.entries[at].key == key else -1

    cdef inline void count(self) noexcept nogil:
        if CHECKED:
            self.touched += 1

    @cython.overflowcheck(False)  # counts what fits into memory
    cdef inline int insert(self, uint64_t key, int32_t slot) except -1 nogil:
        """Store a key that is not in the table."""
        cdef uint64_t at
        if self.used * 4 >= <int64_t> self.mask:
            self.grow()
        at = self.home(key)
        self.count()
        while self.entries[at].key != 0:
            at = (at + 1) & self.mask
            self.count()
        self.entries[at].key = key
        self.entries[at].slot = slot
        self.used += 1
        return 0

    @cython.overflowcheck(False)  # counts what fits into memory
    cdef inline int remove(self, uint64_t key) except -1 nogil:
        """Take out a key that is in the table."""
        cdef uint64_t hole = self.home(key)
        cdef uint64_t at
        while self.entries[hole].key != key:
            check(self.entries[hole].key != 0, "a key to remove is in its table")
            hole = (hole + 1) & self.mask
            self.count()
        at = (hole + 1) & self.mask
        while self.entries[at].key != 0:
            self.count()
            # An entry may move back to the hole unless its home lies after the hole, on the way to where it is.
            if distance(self.home(self.entries[at].key), at, self.mask) >= distance(hole, at, self.mask):
                self.entries[hole] = self.entries[at]
                hole = at
            at = (at + 1) & self.mask
        self.entries[hole].key = 0
        self.used -= 1
        return 0

    cdef int take_up(self, entries) except -1:
        """Become a copy of the table that has these entries."""
        self.entries = copied(entries, len(entries))
        self.mask = len(entries) - 1
        self.shift = 64 - int(self.mask).bit_length()
        self.used = np.count_nonzero(entries["key"])
        return 0

    cdef int grow(self) except -1 with gil:
        cdef table_entry_t[::1] old = self.entries
        cdef Py_ssize_t i
        cdef uint64_t at
        self.entries = zeros(old.shape[0] * 2, TABLE_ENTRY)
        self.mask = self.entries.shape[0] - 1
        self.shift -= 1
        for i in range(old.shape[0]):
            if old[i].key != 0:
                at = self.home(old[i].key)
                while self.entries[at].key != 0:
                    at = (at + 1) & self.mask
                self.entries[at] = old[i]
        return 0


@cython.overflowcheck(False)
cdef inline uint64_t distance(uint64_t start, uint64_t end, uint64_t mask) noexcept nogil:
    """Steps from start to end round the table; the difference is meant to wrap."""
    return (end - start) & mask


cdef object zeros(Py_ssize_t length, object dtype):
    """An array of zeros that begins on a cache line, so that records of 32, 64 and 128 bytes share none needlessly."""
    raw = np.zeros(length * dtype.itemsize + 64, np.uint8)
    start = -raw.__array_interface__["data"][0] % 64
    return raw[start : start + length * dtype.itemsize].view(dtype)


cdef object grown(array):
    """A copy of the array with twice the room, the new half zero."""
    return copied(array, len(array) * 2)


cdef object copied(array, Py_ssize_t length):
    """A copy with room for so many records, those behind the given ones zero."""
    larger = zeros(length, array.dtype)
    larger[: len(array)] = array
    return larger
