# Events on their way out: one growing block of records for each batch. It is the bytes that the caller gets, as a copy
# of so much would push orders and tables out of the cache.

cdef extern from * nogil:
    """
    // Eight stores in line; a call of memset for so few costs more than they do.
    typedef long long pair_of_words __attribute__((vector_size(16), aligned(1), may_alias));
    static inline void clear_record(void *record) {
        const pair_of_words zero = {0, 0};
        pair_of_words *at = record;
        at[0] = zero; at[1] = zero; at[2] = zero; at[3] = zero;
        at[4] = zero; at[5] = zero; at[6] = zero; at[7] = zero;
    }
    // Not a function: of two places in one record it is a constant, so that a copy of so much needs no call.
    #define LIONROCK_BYTES_BETWEEN(start, end) ((Py_ssize_t) ((const char *) (end) - (const char *) (start)))
    """
    Py_ssize_t bytes_between "LIONROCK_BYTES_BETWEEN"(const void* start, const void* end) noexcept
    void clear_record(void* record) noexcept
    uint8_t* start_of "(uint8_t *) PyBytes_AS_STRING"(PyObject* block) noexcept
    PyObject* new_bytes "PyBytes_FromStringAndSize"(const char* content, Py_ssize_t length) except NULL


cdef packed struct event_header_t:
    uint16_t kind
    uint32_t index
    uint64_t sequence
    int64_t time_ns

cdef enum:
    FIRST_ROOM = 16  # events, and two more for each command


@cython.final
cdef class Announcements:
    """The events of the batch so far, written where they will leave the core: into bytes that nobody else has yet."""

    cdef PyObject* block  # those bytes while a batch is applied, otherwise NULL
    cdef uint8_t* next  # where the next event is written
    cdef uint8_t* end  # of the room
    cdef Py_ssize_t most  # events that a batch had room for so far
    cdef uint32_t index  # of the next event of the command at hand
    cdef uint64_t sequence
    cdef int64_t time_ns

    def __init__(self):
        self.block = NULL
        self.most = 0
        self.sequence = 0
        self.time_ns = 0

    def __dealloc__(self):
        Py_CLEAR(self.block)

    cdef int start_batch(self, Py_ssize_t commands) except -1:
        cdef Py_ssize_t events = 2 * commands + FIRST_ROOM
        Py_CLEAR(self.block)  # of a batch that failed
        if events > self.most:
            self.keep_memory(events)
        self.block = new_bytes(NULL, events * RECORD_BYTES)
        self.write_behind(0, events)
        return 0

    cdef int keep_memory(self, Py_ssize_t events) except -1:
        """Have the C library keep blocks of this size when they are freed.

        It begins by giving large ones back to the system, so that every page of the next is a fault, until it has seen
        one freed that was as large; those of the batches are cut to their events before. Nothing of this one is used.
        """
        cdef PyObject* block = new_bytes(NULL, 4 * events * RECORD_BYTES)
        Py_CLEAR(block)
        self.most = events
        return 0

    cdef void write_behind(self, Py_ssize_t written, Py_ssize_t events) noexcept:
        """There is room for so many events, and so many stand in it."""
        self.next = start_of(self.block) + written * RECORD_BYTES
        self.end = start_of(self.block) + events * RECORD_BYTES

    cdef inline void start_command(self, uint64_t sequence, int64_t time_ns) noexcept nogil:
        self.index = 0
        self.sequence = sequence
        self.time_ns = time_ns

    cdef int make_room(self) except -1 with gil:
        cdef Py_ssize_t events = bytes_between(start_of(self.block), self.end) // RECORD_BYTES
        _PyBytes_Resize(&self.block, 2 * events * RECORD_BYTES)
        self.write_behind(events, 2 * events)
        return 0

    @cython.overflowcheck(False)  # counts what fits into memory
    cdef inline void* event(self, uint16_t kind) except NULL nogil:
        """A new record with its header written and the rest zero; valid until the next call."""
        cdef event_header_t* header
        if self.next == self.end:
            self.make_room()
        header = <event_header_t*> self.next
        clear_record(header)
        header.kind = kind
        header.index = self.index
        header.sequence = self.sequence
        header.time_ns = self.time_ns
        self.index += 1
        self.next += RECORD_BYTES
        return header

    cdef int reject(self, uint16_t command_kind, int rejection, int64_t first, int64_t second) except -1 nogil:
        """Answer a command with a refusal. Returns 1 so that a precondition can stand on one line."""
        event = <command_rejected_t*> self.event(EVENT_COMMAND_REJECTED)
        event.command_kind = command_kind
        event.rejection = rejection
        event.first_figure = first
        event.second_figure = second
        return 1

    cdef bytes finished(self):
        """The whole batch as bytes."""
        cdef bytes events
        _PyBytes_Resize(&self.block, bytes_between(start_of(self.block), self.next))
        events = <bytes> self.block
        Py_CLEAR(self.block)
        return events


cdef inline int64_t as_figure(uint64_t value) noexcept nogil:
    """An id as a figure of a refusal, which is signed: too large is given as the largest (spec/markets.md)."""
    return <int64_t> value if value <= <uint64_t> INT64_MAX else INT64_MAX
