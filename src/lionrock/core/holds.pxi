# Value set aside outside the book, to be settled or released later (spec/holds.md).

# Where a booking comes from stands in front of its own fields, in the command as in the event.
cdef size_t ORIGIN_BYTES = sizeof(uint16_t) + sizeof(uint8_t) + 3 * sizeof(uint64_t) + sizeof(uint32_t)


@cython.final
cdef class Holds:
    """The holds that orders know nothing of."""

    cdef Ledger ledger
    cdef Announcements out
    cdef Listing listing
    cdef Origins origins
    cdef uint64_t highest_hold_id
    cdef dict holds  # by id: (account slot, asset, amount, purpose)

    def __init__(self, Ledger ledger, Announcements out, Listing listing, Origins origins):
        self.ledger = ledger
        self.out = out
        self.listing = listing
        self.origins = origins
        self.highest_hold_id = 0
        self.holds = {}

    cdef int place_hold(self, const place_hold_t* command) except -1:
        cdef uint16_t kind = command.kind
        cdef int32_t account = self.ledger.account(command.account_id)
        if account < 0:
            return self.out.reject(kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.account_id), 0)
        if command.asset_id not in self.listing.assets:
            return self.out.reject(kind, REJECTION_ASSET_UNKNOWN, command.asset_id, 0)
        if unknown_purpose(command.purpose):
            return self.out.reject(kind, REJECTION_TRANSFER_PURPOSE_UNKNOWN, command.purpose, 0)
        if command.amount_atoms <= 0:
            return self.out.reject(kind, REJECTION_TRANSFER_AMOUNT_NOT_POSITIVE, command.amount_atoms, 0)
        if self.origins.refused(kind, command.actor_kind, command.source, command.source_sequence):
            return 1
        if self.origins.lacks_second(kind, command.purpose, command.actor_id, command.authority_id):
            return 1
        if command.hold_id <= self.highest_hold_id:
            return self.out.reject(
                kind, REJECTION_HOLD_ID_NOT_INCREASING, as_figure(self.highest_hold_id), as_figure(command.hold_id)
            )
        if self.ledger.accounts[account].restriction == ACCOUNT_RESTRICTION_FROZEN:
            return self.out.reject(kind, REJECTION_ACCOUNT_FROZEN, as_figure(command.account_id), 0)
        if command.amount_atoms > self.ledger.available(account, command.asset_id):
            return self.out.reject(
                kind, REJECTION_AVAILABLE_INSUFFICIENT, command.amount_atoms,
                self.ledger.available(account, command.asset_id),
            )
        # accepted
        self.origins.book(command.source, command.source_sequence)
        self.highest_hold_id = command.hold_id
        self.holds[command.hold_id] = (account, command.asset_id, command.amount_atoms, command.purpose)
        self.ledger.hold(self.ledger.balance(account, command.asset_id), command.amount_atoms)
        event = <hold_placed_t*> self.out.event(EVENT_HOLD_PLACED)
        # The event's own fields are the command's, in the same order and without gaps.
        memcpy(
            &event.tax_report_type, &command.tax_report_type,
            bytes_between(&command.tax_report_type, &command.padding[0]),
        )
        return 0

    cdef int settlement_refused(self, const settle_hold_t* command, int32_t credit) except -1:
        """The refusals of a settlement once its hold is known, in order. Returns 1 when one was given."""
        cdef uint16_t kind = command.kind
        account, asset_id, held_atoms, purpose = self.holds[command.hold_id]
        if self.origins.lacks_second(kind, purpose, command.actor_id, command.authority_id):
            return 1
        if credit < 0:
            return self.out.reject(kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.credit_account_id), 0)
        if credit == account:
            return self.out.reject(kind, REJECTION_TRANSFER_ACCOUNTS_EQUAL, command.credit_account_id, 0)
        if command.amount_atoms <= 0:
            return self.out.reject(kind, REJECTION_TRANSFER_AMOUNT_NOT_POSITIVE, command.amount_atoms, 0)
        if command.amount_atoms > held_atoms:
            return self.out.reject(kind, REJECTION_HOLD_INSUFFICIENT, held_atoms, command.amount_atoms)
        if command.release_rest > 1:
            return self.out.reject(kind, REJECTION_PERMISSION_UNKNOWN, command.release_rest, 0)
        if self.ledger.is_custody(credit) and command.amount_atoms > -self.ledger.available(credit, asset_id):
            return self.out.reject(
                kind, REJECTION_CUSTODY_NEVER_IN_CREDIT, command.amount_atoms, -self.ledger.available(credit, asset_id)
            )
        if self.ledger.accounts[<int32_t> account].restriction == ACCOUNT_RESTRICTION_FROZEN:
            frozen = as_figure(self.ledger.accounts[<int32_t> account].account_id)
            return self.out.reject(kind, REJECTION_ACCOUNT_FROZEN, frozen, 0)
        return 0

    cdef int settle_hold(self, const settle_hold_t* command) except -1:
        cdef uint16_t kind = command.kind
        cdef int32_t credit = self.ledger.account(command.credit_account_id)
        if self.origins.refused(kind, command.actor_kind, command.source, command.source_sequence):
            return 1
        if command.hold_id not in self.holds:
            return self.out.reject(kind, REJECTION_HOLD_UNKNOWN, as_figure(command.hold_id), 0)
        if self.settlement_refused(command, credit):
            return 1
        # accepted
        account, asset_id, held_atoms, purpose = self.holds[command.hold_id]
        self.origins.book(command.source, command.source_sequence)
        self.take(command.hold_id, command.amount_atoms)
        self.ledger.move(credit, asset_id, command.amount_atoms)
        event = <hold_settled_t*> self.out.event(EVENT_HOLD_SETTLED)
        event.hold_id = command.hold_id
        event.account_id = self.ledger.accounts[<int32_t> account].account_id
        event.credit_account_id = command.credit_account_id
        event.asset_id = asset_id
        event.amount_atoms = command.amount_atoms
        event.released_atoms = self.give_back(command.hold_id) if command.release_rest else 0
        event.purpose = purpose
        memcpy(&event.tax_report_type, &command.tax_report_type, ORIGIN_BYTES)
        return 0

    cdef int release_hold(self, const release_hold_t* command) except -1:
        cdef uint16_t kind = command.kind
        if self.origins.refused(kind, command.actor_kind, command.source, command.source_sequence):
            return 1
        if command.hold_id not in self.holds:
            return self.out.reject(kind, REJECTION_HOLD_UNKNOWN, as_figure(command.hold_id), 0)
        account, asset_id, held_atoms, purpose = self.holds[command.hold_id]
        if self.origins.lacks_second(kind, purpose, command.actor_id, command.authority_id):
            return 1
        # accepted
        self.origins.book(command.source, command.source_sequence)
        event = <hold_released_t*> self.out.event(EVENT_HOLD_RELEASED)
        event.hold_id = command.hold_id
        event.account_id = self.ledger.accounts[<int32_t> account].account_id
        event.asset_id = asset_id
        event.amount_atoms = self.give_back(command.hold_id)
        event.purpose = purpose
        memcpy(&event.tax_report_type, &command.tax_report_type, ORIGIN_BYTES)
        return 0

    cdef int take(self, uint64_t hold_id, int64_t amount_atoms) except -1:
        """So much of a hold leaves its account; with nothing left the hold is over."""
        account, asset_id, held_atoms, purpose = self.holds.pop(hold_id)
        self.ledger.take_held(self.ledger.balance(account, asset_id), amount_atoms)
        if held_atoms > amount_atoms:
            self.holds[hold_id] = (account, asset_id, held_atoms - amount_atoms, purpose)
        return 0

    cdef int64_t give_back(self, uint64_t hold_id) except -1:
        """What a hold still has is available again; returns how much."""
        account, asset_id, held_atoms, _ = self.holds.pop(hold_id, (0, 0, 0, 0))
        if held_atoms:
            self.ledger.release(self.ledger.balance(account, asset_id), held_atoms)
        return held_atoms

    cdef int legs_refused(self, const post_legs_t* command, list legs) except -1:
        """Refuse legs that ask of a hold what it does not have. Returns 1 when refused."""
        cdef uint16_t kind = command.kind
        left = {}
        for account, asset_id, amount, hold_id in legs:
            if hold_id == 0:
                continue
            if hold_id not in self.holds:
                return self.out.reject(kind, REJECTION_HOLD_UNKNOWN, as_figure(hold_id), 0)
            holder, held_asset, held_atoms, purpose = self.holds[hold_id]
            if (account, asset_id) != (holder, held_asset) or amount > 0:
                named = as_figure(self.ledger.accounts[<int32_t> account].account_id)
                return self.out.reject(kind, REJECTION_HOLD_DOES_NOT_FIT, as_figure(hold_id), named)
            if -amount > left.get(hold_id, held_atoms):
                return self.out.reject(kind, REJECTION_HOLD_INSUFFICIENT, left.get(hold_id, held_atoms), -amount)
            if self.origins.lacks_second(kind, purpose, command.actor_id, command.authority_id):
                return 1
            left[hold_id] = left.get(hold_id, held_atoms) + amount
        return 0

    cdef list lines(self):
        """The hold lines of spec/state.md."""
        return [
            f"hold|{hold_id}|{self.ledger.accounts[<int32_t> account].account_id}|{asset_id}|{amount}|{purpose}"
            for hold_id, (account, asset_id, amount, purpose) in sorted(self.holds.items())
        ]
