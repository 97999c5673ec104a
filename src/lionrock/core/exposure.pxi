# How much a client may have at stake: what assets are worth, and the limit that asks it (spec/exposure.md).

cdef extern from * nogil:
    """
    /* Worth of three amounts together, exact in 128 bits (their sum has 65 bits at most, a price 62). What does not fit
       63 bits is the largest number that does. */
    static inline long long lionrock_value_rounded_up(
        long long first, long long second, long long third, long long price, long long whole
    ) {
        unsigned __int128 amount = (unsigned __int128) first + (unsigned __int128) second + (unsigned __int128) third;
        unsigned __int128 value = (amount * (unsigned __int128) price + (unsigned __int128) (whole - 1))
            / (unsigned __int128) whole;
        return value > 0x7FFFFFFFFFFFFFFFULL ? 0x7FFFFFFFFFFFFFFFLL : (long long) value;
    }
    """
    int64_t value_rounded_up "lionrock_value_rounded_up"(
        int64_t first, int64_t second, int64_t third, int64_t price, int64_t whole
    ) noexcept

cdef packed struct valuation_t:
    int64_t price_atoms
    int64_t whole_atoms  # in one whole unit
    uint32_t asset_id
    uint32_t is_money

cdef valuation_t _valuation_pattern[1]
VALUATION = np.asarray(<valuation_t[:1]> _valuation_pattern).dtype


cdef inline int64_t capped_sum(int64_t first, int64_t second) noexcept nogil:
    """Sum of two amounts, stopping at the largest number."""
    return first + second if first <= INT64_MAX - second else INT64_MAX


cdef inline bint may_exceed(const account_t* account, int64_t added_atoms) noexcept nogil:
    """Whether there is a limit to ask and holding so much more could go above it."""
    # One branch of the two questions (book.pxi, "without a branch").
    return (account.exposure_limit_atoms != 0) & (added_atoms > 0)


@cython.final
cdef class Exposure:
    """The valued assets, in the order in which they were first valued, and the gate over them."""

    cdef Ledger ledger
    cdef Announcements out
    cdef Listing listing
    cdef valuation_t[::1] valuations
    cdef int32_t count

    def __init__(self, Ledger ledger, Announcements out, Listing listing):
        self.ledger = ledger
        self.out = out
        self.listing = listing
        self.valuations = zeros(8, VALUATION)
        self.count = 0

    cdef int32_t slot(self, uint32_t asset_id) except? -99 nogil:
        """Place of an asset's valuation, or -1."""
        cdef int32_t slot
        for slot in range(self.count):
            if self.valuations[slot].asset_id == asset_id:
                return slot
        return -1

    cdef int refused(
        self, uint16_t kind, int32_t account, uint32_t hold_asset, int64_t added_atoms
    ) except -1 nogil:
        """Whether holding so much more money takes an account that may exceed its limit above it. 1 when refused."""
        cdef int64_t limit = self.ledger.accounts[account].exposure_limit_atoms
        cdef int32_t slot = self.slot(hold_asset)
        cdef int64_t exposure
        if slot < 0 or not self.valuations[slot].is_money:
            return 0
        exposure = self.exposure(account, hold_asset, added_atoms)
        if exposure <= limit:
            return 0
        return self.out.reject(kind, REJECTION_EXPOSURE_ABOVE_LIMIT, limit, exposure)

    cdef int64_t exposure(self, int32_t account, uint32_t hold_asset, int64_t added_atoms) except -1 nogil:
        """Worth of what counts once so much more of one asset is held."""
        cdef int64_t total = 0, added, held, available
        cdef int32_t slot, balance
        for slot in range(self.count):
            valuation = &self.valuations[slot]
            added = added_atoms if valuation.asset_id == hold_asset else 0
            balance = self.ledger.existing_balance(account, valuation.asset_id)
            held = self.ledger.balances[balance].held_atoms if balance >= 0 else 0
            available = self.ledger.balances[balance].available_atoms if balance >= 0 and not valuation.is_money else 0
            total = capped_sum(
                total, value_rounded_up(added, held, available, valuation.price_atoms, valuation.whole_atoms)
            )
        return total

    cdef int64_t with_order(self, int32_t account, uint32_t quote_asset, int64_t held_atoms) except -1:
        """Exposure of an account whose order holds so much quote, whether the account has a limit or not."""
        cdef int32_t slot = self.slot(quote_asset)
        return self.exposure(
            account, quote_asset, held_atoms if slot >= 0 and self.valuations[slot].is_money else 0
        )

    cdef int set_valuation(self, const set_valuation_t* command) except -1:
        cdef uint16_t kind = command.kind
        cdef int32_t slot
        if command.asset_id not in self.listing.assets:
            return self.out.reject(kind, REJECTION_ASSET_UNKNOWN, command.asset_id, 0)
        if not 0 <= command.price_atoms <= MAX_ATOMS():
            return self.out.reject(kind, REJECTION_VALUATION_OUT_OF_RANGE, MAX_ATOMS(), command.price_atoms)
        if command.is_money > 1:
            return self.out.reject(kind, REJECTION_VALUATION_OUT_OF_RANGE, 1, command.is_money)
        # accepted
        slot = self.slot(command.asset_id)
        if slot < 0:
            if self.count == self.valuations.shape[0]:
                self.valuations = grown(np.asarray(self.valuations))
            slot = self.count
            self.count += 1
        self.valuations[slot].asset_id = command.asset_id
        self.valuations[slot].price_atoms = command.price_atoms
        self.valuations[slot].whole_atoms = 10 ** self.listing.assets[command.asset_id][1]
        self.valuations[slot].is_money = command.is_money
        event = <valuation_set_t*> self.out.event(EVENT_VALUATION_SET)
        event.asset_id = command.asset_id
        event.price_atoms = command.price_atoms
        event.is_money = command.is_money
        return 0

    cdef list lines(self):
        """The asset lines of spec/state.md."""
        cdef int32_t slot
        rows = []
        for asset_id, (code, decimals) in sorted(self.listing.assets.items()):
            slot = self.slot(asset_id)
            price, money = 0, 0
            if slot >= 0:
                price, money = self.valuations[slot].price_atoms, self.valuations[slot].is_money
            rows.append(f"asset|{asset_id}|{code}|{decimals}|{price}|{money}")
        return rows
