# Accounts and balances. Whatever moves, moves through the few methods here, and each fails loudly rather than go wrong.

cdef packed struct account_t:
    uint64_t account_id
    uint64_t owner_id
    uint16_t tier
    uint8_t account_kind
    uint8_t stopped
    uint16_t legal_entity
    uint8_t client_class
    uint8_t restriction
    uint32_t products
    uint32_t open_order_cap
    uint32_t open_orders  # that rest or wait
    uint32_t forbidden_assets  # how many it may not acquire
    int64_t exposure_limit_atoms
    uint32_t last_market_id  # in which it placed an order; 0: none yet
    int32_t last_base_balance  # its balances there
    int32_t last_quote_balance
    uint32_t spare  # a cache line each: an index is a shift, and no account lies across two

cdef packed struct balance_t:
    uint64_t account_id
    int64_t available_atoms
    int64_t held_atoms
    uint32_t asset_id
    int32_t account

cdef account_t _account_pattern[1]
cdef balance_t _balance_pattern[1]
ACCOUNT = np.asarray(<account_t[:1]> _account_pattern).dtype
BALANCE = np.asarray(<balance_t[:1]> _balance_pattern).dtype


@cython.final
cdef class Ledger:
    """Every account and, for each asset it ever touched, what is available and what is held, in atoms."""

    cdef account_t[::1] accounts
    cdef balance_t[::1] balances
    cdef int32_t account_count
    cdef int32_t balance_count
    cdef Table account_slots
    cdef Table balance_slots
    cdef dict owed_atoms  # by asset id: what custody owes in all

    def __init__(self):
        self.accounts = zeros(64, ACCOUNT)
        self.balances = zeros(64, BALANCE)
        self.account_count = self.balance_count = 0
        self.account_slots = Table()
        self.balance_slots = Table()
        self.owed_atoms = {}

    cdef inline int32_t account(self, uint64_t account_id) except? -99 nogil:
        """Slot of an account, or -1. No account has id 0."""
        return self.account_slots.find(account_id) if account_id != 0 else -1

    cdef int open(self, uint64_t account_id, uint8_t account_kind) except -1 nogil:
        if self.account_count == self.accounts.shape[0]:
            self.make_room_for_accounts()
        self.accounts[self.account_count].account_id = account_id
        self.accounts[self.account_count].owner_id = account_id
        self.accounts[self.account_count].products = UINT32_MAX
        self.accounts[self.account_count].account_kind = account_kind
        self.account_slots.insert(account_id, self.account_count)
        self.account_count += 1
        return 0

    cdef int make_room_for_accounts(self) except -1 with gil:
        self.accounts = grown(np.asarray(self.accounts))
        return 0

    @cython.overflowcheck(False)
    cdef inline uint64_t key(self, int32_t account, uint32_t asset_id) noexcept nogil:
        return (<uint64_t> (account + 1) << 32) | asset_id

    cdef inline int32_t existing_balance(self, int32_t account, uint32_t asset_id) except? -99 nogil:
        """Slot of a balance, or -1 when the account never touched the asset."""
        return self.balance_slots.find(self.key(account, asset_id))

    cdef inline int64_t available(self, int32_t account, uint32_t asset_id) except? -99 nogil:
        cdef int32_t slot = self.existing_balance(account, asset_id)
        return self.balances[slot].available_atoms if slot >= 0 else 0

    cdef inline int32_t balance(self, int32_t account, uint32_t asset_id) except -1 nogil:
        """Slot of a balance, made when it is not there yet."""
        cdef int32_t slot = self.existing_balance(account, asset_id)
        if slot >= 0:
            return slot
        return self.new_balance(account, asset_id)

    cdef int32_t new_balance(self, int32_t account, uint32_t asset_id) except -1 nogil:
        cdef int32_t slot
        if self.balance_count == self.balances.shape[0]:
            self.make_room_for_balances()
        slot = self.balance_count
        self.balances[slot].account_id = self.accounts[account].account_id
        self.balances[slot].account = account
        self.balances[slot].asset_id = asset_id
        self.balance_slots.insert(self.key(account, asset_id), slot)
        self.balance_count += 1
        return slot

    cdef int make_room_for_balances(self) except -1 with gil:
        self.balances = grown(np.asarray(self.balances))
        return 0

    cdef inline uint64_t owner_of_balance(self, int32_t slot) except? 0 nogil:
        """Beneficial owner of the account a balance belongs to."""
        return self.accounts[self.balances[slot].account].owner_id

    cdef inline int hold(self, int32_t slot, int64_t amount_atoms) except -1 nogil:
        """Move from available to held; the caller has made sure that so much is available."""
        cdef balance_t* balance = &self.balances[slot]
        balance.available_atoms -= amount_atoms
        balance.held_atoms += amount_atoms
        if balance.available_atoms < 0:
            self.out_of_bounds(balance)
        return 0

    cdef int out_of_bounds(self, const balance_t* balance) except -1 nogil:
        """Apart from where it is found, so that what never happens weighs nothing there."""
        if balance.available_atoms < 0:
            raise Fault(f"account {balance.account_id} would hold more than is available")
        raise Fault(f"account {balance.account_id} would hold less than nothing")

    cdef inline int release(self, int32_t slot, int64_t amount_atoms) except -1 nogil:
        """Move from held back to available."""
        self.balances[slot].available_atoms += amount_atoms
        return self.take_held(slot, amount_atoms)

    cdef inline int take_held(self, int32_t slot, int64_t amount_atoms) except -1 nogil:
        """What was held leaves the account."""
        cdef balance_t* balance = &self.balances[slot]
        balance.held_atoms -= amount_atoms
        if balance.held_atoms < 0:
            self.out_of_bounds(balance)
        return 0

    cdef inline int credit(self, int32_t slot, int64_t amount_atoms) except -1 nogil:
        """Value arrives as available."""
        self.balances[slot].available_atoms += amount_atoms
        return 0

    cdef inline bint is_custody(self, int32_t account) except -1 nogil:
        return self.accounts[account].account_kind == ACCOUNT_KIND_CUSTODY

    cdef int move(self, int32_t account, uint32_t asset_id, int64_t amount_atoms) except -1:
        """One leg outside the book: available value arrives, or below zero leaves. What custody owes in all follows."""
        self.balances[self.balance(account, asset_id)].available_atoms += amount_atoms
        if self.is_custody(account):
            self.owed_atoms[asset_id] = self.owed_atoms.get(asset_id, 0) - amount_atoms
        return 0
