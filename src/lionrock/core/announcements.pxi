# Events on their way out: one growing block of records for each batch.

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
    """
    void clear_record(void* record) noexcept

cdef packed struct event_header_t:
    uint16_t kind
    uint32_t index
    uint64_t sequence
    int64_t time_ns


@cython.final
cdef class Announcements:
    """The events of the batch so far, as they will leave the core."""

    cdef uint8_t[::1] block
    cdef Py_ssize_t used  # bytes of it
    cdef uint32_t index  # of the next event of the command at hand
    cdef uint64_t sequence
    cdef int64_t time_ns

    def __init__(self):
        self.block = zeros(1024 * RECORD_BYTES, np.dtype(np.uint8))
        self.used = 0
        self.sequence = 0
        self.time_ns = 0

    cdef inline void start_batch(self) noexcept nogil:
        self.used = 0

    cdef inline void start_command(self, uint64_t sequence, int64_t time_ns) noexcept nogil:
        self.index = 0
        self.sequence = sequence
        self.time_ns = time_ns

    cdef int make_room(self) except -1 with gil:
        self.block = grown(np.asarray(self.block))
        return 0

    @cython.overflowcheck(False)  # counts what fits into memory
    cdef inline void* event(self, uint16_t kind) except NULL nogil:
        """A new record with its header written and the rest zero; valid until the next call."""
        cdef event_header_t* header
        if self.used == self.block.shape[0]:
            self.make_room()
        header = <event_header_t*> &self.block[self.used]
        clear_record(header)
        header.kind = kind
        header.index = self.index
        header.sequence = self.sequence
        header.time_ns = self.time_ns
        self.index += 1
        self.used += RECORD_BYTES
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
        return PyBytes_FromStringAndSize(<char*> &self.block[0], self.used)


cdef inline int64_t as_figure(uint64_t value) noexcept nogil:
    """An id as a figure of a refusal, which is signed: too large is given as the largest (spec/markets.md)."""
    return <int64_t> value if value <= <uint64_t> INT64_MAX else INT64_MAX
