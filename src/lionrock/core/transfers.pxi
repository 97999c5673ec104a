# Value that moves outside trades: single transfers, transfers of many legs, and where each came from. Rare commands, so
# Python integers do the sums that are not yet known to fit, and plain Python objects keep what is collected.


@cython.final
cdef class Origins:
    """Checks what every command says about where it comes from, and books each number of a source once."""

    cdef Announcements out
    cdef dict last  # by source: the highest sequence booked

    def __init__(self, Announcements out):
        self.out = out
        self.last = {}

    cdef int refused(self, uint16_t kind, uint8_t actor_kind, uint32_t source, uint64_t source_sequence) except -1:
        """What does not depend on the purpose. Returns 1 when refused."""
        if actor_kind > ACTOR_KIND_ALGORITHM:
            return self.out.reject(kind, REJECTION_ACTOR_KIND_UNKNOWN, actor_kind, 0)
        last = self.last.get(source, 0) if source != 0 else -1
        if source_sequence <= last:
            return self.out.reject(
                kind, REJECTION_SOURCE_SEQUENCE_NOT_INCREASING, as_figure(last), as_figure(source_sequence)
            )
        return 0

    cdef int lacks_second(self, uint16_t kind, uint16_t purpose, uint64_t actor_id, uint64_t authority_id) except -1:
        """A correction takes two people. Returns 1 when refused."""
        if purpose == TRANSFER_PURPOSE_CORRECTION and (actor_id == 0 or authority_id == 0 or actor_id == authority_id):
            return self.out.reject(
                kind, REJECTION_DUAL_CONTROL_MISSING, as_figure(actor_id), as_figure(authority_id)
            )
        return 0

    cdef int book(self, uint32_t source, uint64_t source_sequence) except -1:
        """The command is accepted: its number is used."""
        if source != 0:
            self.last[source] = source_sequence
        return 0

    cdef list lines(self):
        """The source lines of spec/state.md."""
        return [f"source|{source}|{sequence}" for source, sequence in sorted(self.last.items())]


@cython.final
cdef class Transfers:
    """The commands that move value outside trades, except holds."""

    cdef Ledger ledger
    cdef Announcements out
    cdef Listing listing
    cdef Holds holds
    cdef Origins origins
    cdef dict legs  # by transfer: list of (account slot, asset, amount, hold id)

    def __init__(self, Ledger ledger, Announcements out, Listing listing, Holds holds, Origins origins):
        self.ledger = ledger
        self.out = out
        self.listing = listing
        self.holds = holds
        self.origins = origins
        self.legs = {}

    cdef int refused(self, const transfer_t* command, int32_t debit, int32_t credit) except -1:
        """The refusals of a transfer that the command alone decides, in order. Returns 1 when one was given."""
        cdef uint16_t kind = command.kind
        if debit < 0:
            return self.out.reject(kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.debit_account_id), 0)
        if credit < 0:
            return self.out.reject(kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.credit_account_id), 0)
        if command.asset_id not in self.listing.assets:
            return self.out.reject(kind, REJECTION_ASSET_UNKNOWN, command.asset_id, 0)
        if unknown_purpose(command.purpose):
            return self.out.reject(kind, REJECTION_TRANSFER_PURPOSE_UNKNOWN, command.purpose, 0)
        if debit == credit:
            return self.out.reject(kind, REJECTION_TRANSFER_ACCOUNTS_EQUAL, command.debit_account_id, 0)
        if command.amount_atoms <= 0:
            return self.out.reject(kind, REJECTION_TRANSFER_AMOUNT_NOT_POSITIVE, command.amount_atoms, 0)
        if self.origins.refused(kind, command.actor_kind, command.source, command.source_sequence):
            return 1
        return self.origins.lacks_second(kind, command.purpose, command.actor_id, command.authority_id)

    cdef int transfer(self, const transfer_t* command) except -1:
        cdef uint16_t kind = command.kind
        cdef int32_t debit = self.ledger.account(command.debit_account_id)
        cdef int32_t credit = self.ledger.account(command.credit_account_id)
        cdef bint from_custody, to_custody
        if self.refused(command, debit, credit):
            return 1
        from_custody = self.ledger.is_custody(debit)
        to_custody = self.ledger.is_custody(credit)
        owed = self.ledger.owed_atoms.get(command.asset_id, 0) + int(command.amount_atoms)
        if from_custody and not to_custody and owed > MAX_ATOMS():
            return self.out.reject(kind, REJECTION_ASSET_SUPPLY_ABOVE_LIMIT, MAX_ATOMS(), saturated(owed))
        if to_custody and command.amount_atoms > -self.ledger.available(credit, command.asset_id):
            return self.out.reject(
                kind, REJECTION_CUSTODY_NEVER_IN_CREDIT, command.amount_atoms,
                -self.ledger.available(credit, command.asset_id),
            )
        if self.ledger.accounts[debit].restriction == ACCOUNT_RESTRICTION_FROZEN:
            return self.out.reject(kind, REJECTION_ACCOUNT_FROZEN, command.debit_account_id, 0)
        if not from_custody and command.amount_atoms > self.ledger.available(debit, command.asset_id):
            return self.out.reject(
                kind, REJECTION_AVAILABLE_INSUFFICIENT, command.amount_atoms,
                self.ledger.available(debit, command.asset_id),
            )
        # accepted
        self.origins.book(command.source, command.source_sequence)
        self.ledger.move(debit, command.asset_id, -command.amount_atoms)
        self.ledger.move(credit, command.asset_id, command.amount_atoms)
        event = <transfer_posted_t*> self.out.event(EVENT_TRANSFER_POSTED)
        # The event's own fields are the command's, in the same order and without gaps.
        memcpy(
            &event.tax_report_type, &command.tax_report_type,
            bytes_between(&command.tax_report_type, &command.padding[0]),
        )
        return 0

    cdef int add_leg(self, const add_leg_t* command) except -1:
        cdef uint16_t kind = command.kind
        cdef int32_t account = self.ledger.account(command.account_id)
        legs = self.legs.get(command.transfer_id, [])
        if command.transfer_id == 0:
            return self.out.reject(kind, REJECTION_TRANSFER_ID_NOT_POSITIVE, 0, 0)
        if account < 0:
            return self.out.reject(kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.account_id), 0)
        if command.asset_id not in self.listing.assets:
            return self.out.reject(kind, REJECTION_ASSET_UNKNOWN, command.asset_id, 0)
        if command.amount_atoms == 0 or not -MAX_ATOMS() <= command.amount_atoms <= MAX_ATOMS():
            return self.out.reject(kind, REJECTION_LEG_AMOUNT_OUT_OF_RANGE, MAX_ATOMS(), command.amount_atoms)
        if len(legs) == MAX_LEGS:
            return self.out.reject(kind, REJECTION_LEGS_ABOVE_LIMIT, MAX_LEGS, len(legs))
        # accepted
        self.legs[command.transfer_id] = legs
        legs.append((account, command.asset_id, command.amount_atoms, command.hold_id))
        event = <leg_added_t*> self.out.event(EVENT_LEG_ADDED)
        memcpy(&event.transfer_id, &command.transfer_id, bytes_between(&command.transfer_id, &command.padding[0]))
        return 0

    cdef int drop_legs(self, const drop_legs_t* command) except -1:
        if command.transfer_id not in self.legs:
            return self.out.reject(command.kind, REJECTION_TRANSFER_UNKNOWN, as_figure(command.transfer_id), 0)
        # accepted
        event = <legs_dropped_t*> self.out.event(EVENT_LEGS_DROPPED)
        event.transfer_id = command.transfer_id
        event.legs = len(self.legs.pop(command.transfer_id))
        return 0

    cdef int post_legs(self, const post_legs_t* command) except -1:
        cdef uint16_t kind = command.kind
        legs = self.legs.get(command.transfer_id, [])
        if unknown_purpose(command.purpose):
            return self.out.reject(kind, REJECTION_TRANSFER_PURPOSE_UNKNOWN, command.purpose, 0)
        if self.origins.refused(kind, command.actor_kind, command.source, command.source_sequence):
            return 1
        if self.origins.lacks_second(kind, command.purpose, command.actor_id, command.authority_id):
            return 1
        if not legs:
            return self.out.reject(kind, REJECTION_TRANSFER_UNKNOWN, as_figure(command.transfer_id), 0)
        if command.legs != len(legs):
            return self.out.reject(kind, REJECTION_TRANSFER_LEGS_DIFFER, command.legs, len(legs))
        if self.unbalanced(kind, legs) or self.holds.legs_refused(command, legs) or self.sums_refused(kind, legs):
            return 1
        # accepted
        self.origins.book(command.source, command.source_sequence)
        del self.legs[command.transfer_id]
        # By their sums: one leg alone may be more than a balance can hold.
        for (account, asset_id), total in sums_of(legs).items():
            self.ledger.move(account, asset_id, total)
        for account, asset_id, amount, hold_id in legs:
            if hold_id != 0:
                self.holds.take(hold_id, -amount)
            leg = <leg_posted_t*> self.out.event(EVENT_LEG_POSTED)
            leg.transfer_id = command.transfer_id
            leg.account_id = self.ledger.accounts[<int32_t> account].account_id
            leg.asset_id = asset_id
            leg.amount_atoms = amount
            leg.hold_id = hold_id
        event = <legs_posted_t*> self.out.event(EVENT_LEGS_POSTED)
        memcpy(
            &event.tax_report_type, &command.tax_report_type,
            bytes_between(&command.tax_report_type, &command.padding[0]),
        )
        return 0

    cdef int unbalanced(self, uint16_t kind, list legs) except -1:
        """Refuse legs that do not sum to zero in every asset. Returns 1 when refused."""
        sums = {}
        for _, asset_id, amount, _ in legs:
            sums[asset_id] = sums.get(asset_id, 0) + amount
        for asset_id, total in sums.items():
            if total != 0:
                return self.out.reject(kind, REJECTION_TRANSFER_NOT_BALANCED, asset_id, saturated(total))
        return 0

    cdef int sums_refused(self, uint16_t kind, list legs) except -1:
        """Refuse what the accounts do not allow, by the sum of each account's legs. Returns 1 when refused."""
        cdef int64_t available
        for account, _, amount, _ in legs:
            if amount < 0 and self.ledger.accounts[<int32_t> account].restriction == ACCOUNT_RESTRICTION_FROZEN:
                frozen = as_figure(self.ledger.accounts[<int32_t> account].account_id)
                return self.out.reject(kind, REJECTION_ACCOUNT_FROZEN, frozen, 0)
        owed = {asset_id: self.ledger.owed_atoms.get(asset_id, 0) for _, asset_id, _, _ in legs}
        for (account, asset_id), total in sums_of(legs).items():
            available = self.ledger.available(account, asset_id)
            if self.ledger.is_custody(account):
                owed[asset_id] -= total
                if available + total > 0:
                    return self.out.reject(kind, REJECTION_CUSTODY_NEVER_IN_CREDIT, saturated(total), -available)
            elif available + total < 0:
                return self.out.reject(kind, REJECTION_AVAILABLE_INSUFFICIENT, saturated(-total), available)
        for asset_id, total in owed.items():
            if total > MAX_ATOMS():
                return self.out.reject(kind, REJECTION_ASSET_SUPPLY_ABOVE_LIMIT, MAX_ATOMS(), saturated(total))
        return 0

    cdef list lines(self):
        """The leg lines of spec/state.md."""
        return [
            f"leg|{transfer_id}|{number}|{self.ledger.accounts[<int32_t> account].account_id}|{asset_id}|{amount}"
            f"|{hold_id}"
            for transfer_id, legs in sorted(self.legs.items())
            for number, (account, asset_id, amount, hold_id) in enumerate(legs)
        ]


cdef inline bint unknown_purpose(uint16_t purpose) noexcept:
    return not TRANSFER_PURPOSE_DEPOSIT <= purpose <= TRANSFER_PURPOSE_CORRECTION


cdef dict sums_of(list legs):
    """Of the legs without a hold, by account slot and asset in the order in which any leg first names them."""
    sums = {}
    for account, asset_id, amount, hold_id in legs:
        sums[account, asset_id] = sums.get((account, asset_id), 0) + (amount if hold_id == 0 else 0)
    return sums


cdef object saturated(object value):
    """A figure of a refusal, which has 64 bits: what is beyond stops at their ends."""
    return max(-INT64_MAX - 1, min(INT64_MAX, value))
