# Where the arrays of the core lie. An order touches some ten of them at places that nothing foretells, and in pages of
# four kilobytes each such place costs a look into the processor's tables of pages as well. So they lie in large pages:
# small arrays share one, a large array has its own. Where the system gives none, all is as in any other memory.

cdef extern from * nogil:
    """
    #ifdef __SANITIZE_ADDRESS__
    #define LIONROCK_ARRAYS_APART 1
    #else
    #define LIONROCK_ARRAYS_APART 0
    #endif
    """
    bint ARRAYS_APART "LIONROCK_ARRAYS_APART"  # the sanitizer watches what lies between those of the C library

cdef enum:
    LARGE_PAGE = 2_097_152
    LINE = 64  # of the cache


@cython.final
cdef class Sheet:
    """The page that small arrays share at the moment. It is given back when the last of them is gone."""

    cdef object bytes
    cdef Py_ssize_t used

    cdef object part(self, Py_ssize_t length):
        """So many zero bytes that nobody else has, from a cache line on."""
        cdef Py_ssize_t room = (length + LINE - 1) // LINE * LINE
        if room >= LARGE_PAGE // 2:
            return large_pages(room)[:length]
        if self.bytes is None or self.used + room > LARGE_PAGE:
            self.bytes, self.used = large_pages(LARGE_PAGE), 0
        self.used += room
        return self.bytes[self.used - room : self.used - room + length]


cdef Sheet _sheet = Sheet()


cdef object large_pages(Py_ssize_t length):
    """At least so many zero bytes, in large pages if the system has some for who asks."""
    cdef Py_ssize_t whole = (length + LARGE_PAGE - 1) // LARGE_PAGE * LARGE_PAGE
    # A mapping begins at any small page: what lies before the first large one is never touched.
    mapped = mmap.mmap(-1, whole + LARGE_PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    try:
        mapped.madvise(mmap.MADV_HUGEPAGE)
    except (AttributeError, OSError):
        pass  # small pages do as well
    raw = np.frombuffer(mapped, np.uint8)
    start = -raw.__array_interface__["data"][0] % LARGE_PAGE
    return raw[start : start + whole]


cdef object apart(Py_ssize_t length):
    """So many zero bytes of the C library's, from a cache line on."""
    raw = np.zeros(length + LINE, np.uint8)
    start = -raw.__array_interface__["data"][0] % LINE
    return raw[start : start + length]


cdef object zeros(Py_ssize_t length, object dtype):
    """An array of zeros that begins on a cache line, so that records of 32, 64 and 128 bytes share none needlessly."""
    cdef Py_ssize_t size = length * <Py_ssize_t> dtype.itemsize
    return (apart(size) if ARRAYS_APART else _sheet.part(size)).view(dtype)


cdef object grown(array):
    """A copy of the array with twice the room, the new half zero."""
    return copied(array, len(array) * 2)


cdef object copied(array, Py_ssize_t length):
    """A copy with room for so many records, those behind the given ones zero."""
    larger = zeros(length, array.dtype)
    larger[: len(array)] = array
    return larger
