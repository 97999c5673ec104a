# cython: language_level=3, cdivision=True
"""The one door into the venue: command records in, event records out, and the state they make.

Each command has one method. It begins with its refusals, one line each, in the order of their numbers; below the line
marked "accepted" nothing may fail. A failure there is a `Fault`: the process that meets it must stop.

Integer arithmetic raises `OverflowError` rather than wrap (the limits of `ListMarket` make that unreachable). The
interpreter lock is held throughout: Cython's overflow check would kill the process without it.
"""

import hashlib
import heapq

import numpy as np

from lionrock.words.faults import Fault

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport INT64_MAX, UINT32_MAX, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from lionrock.core.records cimport *

cdef extern from *:
    bint CHECKED "LIONROCK_CHECKED"

IS_CHECKED_BUILD = bool(CHECKED)
"""True in `engine_checked`, False in `engine`."""


cdef inline int check(bint condition, str words) except -1:
    """An assertion of the checked build; the fast build compiles to nothing."""
    if CHECKED and not condition:
        raise Fault(words)
    return 0


include "tables.pxi"
include "announcements.pxi"
include "rounding.pxi"
include "ledger.pxi"
include "ladder.pxi"
include "book.pxi"
include "matching.pxi"
include "gates.pxi"
include "standing.pxi"
include "incoming.pxi"
include "phases.pxi"
include "listing.pxi"

cdef packed struct command_header_t:
    uint16_t kind
    uint64_t sequence
    int64_t time_ns


@cython.final
cdef class Engine:
    """A venue from its first command on. Same commands, same events, same state, on any machine in any year."""

    cdef Ledger ledger
    cdef Book book
    cdef Announcements out
    cdef Matching matching
    cdef Gates gates
    cdef Standing standing
    cdef Incoming incoming
    cdef Phases phases
    cdef Listing listing
    cdef uint64_t sequence
    cdef int64_t time_ns
    cdef uint64_t highest_order_id

    def __init__(self):
        self.ledger = Ledger()
        self.book = Book()
        self.out = Announcements()
        self.matching = Matching(self.ledger, self.book, self.out)
        self.gates = Gates(self.ledger, self.book, self.out)
        self.standing = Standing(self.ledger, self.book, self.out, self.matching, self.gates)
        self.incoming = Incoming(self.ledger, self.book, self.out, self.matching, self.standing)
        self.phases = Phases(self.ledger, self.book, self.out, self.matching, self.standing)
        self.listing = Listing(self.ledger, self.book, self.out)
        self.sequence = 0
        self.time_ns = 0
        self.highest_order_id = 0

    @property
    def last_sequence(self) -> int:
        """Sequence of the last command applied; 0 before the first."""
        return self.sequence

    @property
    def last_time_ns(self) -> int:
        """Time of the last command applied, nanoseconds since 1970 UTC."""
        return self.time_ns

    def apply(self, const uint8_t[::1] commands not None) -> bytes:
        """Apply whole 128-byte command records in order and return the records of all their events.

        Raises `ValueError` when the block is not whole records (nothing is applied) and `Fault` when a command does not
        follow the one before in sequence and time, or when an invariant breaks (stop using the engine).
        """
        cdef Py_ssize_t offset
        if commands.shape[0] % RECORD_BYTES:
            raise ValueError(f"{commands.shape[0]} bytes are not whole {RECORD_BYTES}-byte records")
        self.out.start_batch()
        for offset in range(0, commands.shape[0], RECORD_BYTES):
            self.apply_one(&commands[offset])
        return self.out.finished()

    cdef int apply_one(self, const uint8_t* record) except -1:
        """One command: what is due by its time, the command itself, and the orders that its trades triggered."""
        header = <const command_header_t*> record
        if header.sequence != self.sequence + 1:
            raise Fault(f"command {header.sequence} does not follow {self.sequence}")
        if header.time_ns < self.time_ns:
            raise Fault(f"command {header.sequence} is earlier than the one before: {header.time_ns} < {self.time_ns}")
        self.sequence = header.sequence
        self.time_ns = header.time_ns
        self.out.start_command(header.sequence, header.time_ns)
        if self.standing.next_expiry_ns <= header.time_ns or self.phases.next_change_ns <= header.time_ns:
            self.phases.pass_time(header.time_ns)
        self.matching.command += 1
        self.decide(record, header)
        if self.matching.touched != -1:
            self.incoming.trigger()
        return 0

    cdef int decide(self, const uint8_t* record, const command_header_t* header) except -1:
        if header.kind == COMMAND_PLACE_ORDER:
            return self.place_order(<const place_order_t*> record)
        if header.kind == COMMAND_CANCEL_ORDER:
            return self.standing.cancel_order(<const cancel_order_t*> record)
        if header.kind == COMMAND_AMEND_ORDER:
            return self.standing.amend_order(<const amend_order_t*> record)
        if header.kind == COMMAND_CANCEL_ORDERS:
            return self.standing.cancel_orders(<const cancel_orders_t*> record)
        if header.kind == COMMAND_SET_KILL_SWITCH:
            return self.standing.set_kill_switch(<const set_kill_switch_t*> record)
        if header.kind == COMMAND_SET_MARKET_PHASE:
            return self.phases.set_market_phase(<const set_market_phase_t*> record, header.time_ns)
        if header.kind == COMMAND_SET_PRICE_BAND:
            return self.phases.set_price_band(<const set_price_band_t*> record)
        if header.kind == COMMAND_SET_ACCOUNT_PROFILE:
            return self.gates.set_account_profile(<const set_account_profile_t*> record)
        if header.kind == COMMAND_SET_MARKET_RULES:
            return self.gates.set_market_rules(<const set_market_rules_t*> record)
        if header.kind == COMMAND_ADVANCE_TIME:
            return self.standing.advance_time()
        if header.kind == COMMAND_TRANSFER:
            return self.listing.transfer(<const transfer_t*> record)
        if header.kind == COMMAND_LIST_ASSET:
            return self.listing.list_asset(<const list_asset_t*> record)
        if header.kind == COMMAND_OPEN_ACCOUNT:
            return self.listing.open_account(<const open_account_t*> record)
        if header.kind == COMMAND_SET_FEE_TIER:
            return self.listing.set_fee_tier(<const set_fee_tier_t*> record)
        if header.kind == COMMAND_ASSIGN_FEE_TIER:
            return self.listing.assign_fee_tier(<const assign_fee_tier_t*> record)
        if header.kind == COMMAND_LIST_MARKET:
            return self.listing.list_market(<const list_market_t*> record)
        if header.kind == COMMAND_SET_BENEFICIAL_OWNER:
            return self.listing.set_beneficial_owner(<const set_beneficial_owner_t*> record)
        return self.out.reject(header.kind, REJECTION_COMMAND_UNKNOWN, header.kind, 0)

    # -- orders -----------------------------------------------------------------------------------------------------

    cdef int refused(self, const place_order_t* command) except -1:
        """The refusals of an order that need no look at the book, in order. Returns 1 when one was given."""
        cdef uint16_t kind = command.kind
        cdef int32_t account = self.ledger.account(command.account_id)
        cdef int32_t slot = self.book.market(command.market_id)
        cdef market_t* market
        cdef int64_t size, notional
        if account < 0:
            return self.out.reject(kind, REJECTION_ACCOUNT_UNKNOWN, as_figure(command.account_id), 0)
        if slot < 0:
            return self.out.reject(kind, REJECTION_MARKET_UNKNOWN, command.market_id, 0)
        market = &self.book.markets[slot]
        account_kind = self.ledger.accounts[account].account_kind
        if account_kind != ACCOUNT_KIND_CLIENT:
            return self.out.reject(
                kind, REJECTION_ACCOUNT_MAY_NOT_TRADE, as_figure(command.account_id), account_kind
            )
        if command.order_id <= self.highest_order_id:
            return self.out.reject(
                kind, REJECTION_ORDER_ID_NOT_INCREASING, as_figure(self.highest_order_id), as_figure(command.order_id)
            )
        if command.side != SIDE_BUY and command.side != SIDE_SELL:
            return self.out.reject(kind, REJECTION_SIDE_UNKNOWN, command.side, 0)
        if command.order_type != ORDER_TYPE_LIMIT and command.order_type != ORDER_TYPE_MARKET:
            return self.out.reject(kind, REJECTION_ORDER_TYPE_UNKNOWN, command.order_type, 0)
        if not TIME_IN_FORCE_GOOD_TILL_CANCELLED <= command.time_in_force <= TIME_IN_FORCE_DAY:
            return self.out.reject(kind, REJECTION_TIME_IN_FORCE_UNKNOWN, command.time_in_force, 0)
        if not parts_go_together(command):
            return self.out.reject(
                kind, REJECTION_ORDER_COMBINATION_UNSUPPORTED, command.order_type, command.time_in_force
            )
        if command.order_type == ORDER_TYPE_LIMIT and price_refused(self.out, kind, market, command.price_ticks):
            return 1
        size = command.quote_amount_atoms if command.quote_amount_atoms != 0 else command.size_lots
        if size <= 0:
            return self.out.reject(kind, REJECTION_SIZE_NOT_POSITIVE, size, 0)
        if command.size_lots > market.max_size_lots:
            return self.out.reject(kind, REJECTION_SIZE_ABOVE_MAXIMUM, market.max_size_lots, command.size_lots)
        notional = command.quote_amount_atoms
        if command.order_type == ORDER_TYPE_LIMIT:
            notional = command.size_lots * command.price_ticks * market.quote_atoms_per_tick_lot
        # A market order by base has no price and is not measured.
        if notional != 0 and notional_refused(self.out, kind, market, notional):
            return 1
        return self.refused_for_now(command, account, slot, notional)

    cdef int refused_for_now(
        self, const place_order_t* command, int32_t account, int32_t slot, int64_t notional
    ) except -1:
        """The refusals that depend on the state of things: time, switches, phase, last trade, gates."""
        cdef uint16_t kind = command.kind
        cdef market_t* market = &self.book.markets[slot]
        if command.self_trade_prevention > SELF_TRADE_PREVENTION_DECREMENT:
            return self.out.reject(
                kind, REJECTION_SELF_TRADE_PREVENTION_UNKNOWN, command.self_trade_prevention, 0
            )
        if command.time_in_force == TIME_IN_FORCE_GOOD_TILL_DATE and command.expire_time_ns <= self.time_ns:
            return self.out.reject(kind, REJECTION_EXPIRY_NOT_IN_FUTURE, self.time_ns, command.expire_time_ns)
        if self.standing.stopped(kind, account, slot):
            return 1
        if not admits(
            market, command.order_type == ORDER_TYPE_LIMIT, may_rest(command.time_in_force), command.post_only
        ):
            return self.out.reject(kind, REJECTION_PHASE_DOES_NOT_ADMIT, market.phase, command.time_in_force)
        if command.trigger != TRIGGER_NONE and self.trigger_refused(command, market):
            return 1
        return self.gates.order_refused(
            kind, account, slot, command.side, command.price_ticks, notional,
            may_rest(command.time_in_force) or command.trigger != TRIGGER_NONE,
        )

    cdef int trigger_refused(self, const place_order_t* command, const market_t* market) except -1:
        cdef int32_t last = market.last_price_ticks
        cdef bint met
        if command.trigger > TRIGGER_TAKE_PROFIT:
            return self.out.reject(command.kind, REJECTION_TRIGGER_UNKNOWN, command.trigger, 0)
        if not 0 < command.trigger_price_ticks <= market.max_price_ticks:
            return self.out.reject(
                command.kind, REJECTION_TRIGGER_PRICE_OUT_OF_RANGE, market.max_price_ticks, command.trigger_price_ticks
            )
        met = last >= command.trigger_price_ticks if rises(command.side, command.trigger) else (
            last <= command.trigger_price_ticks
        )
        if last != 0 and met:
            return self.out.reject(
                command.kind, REJECTION_TRIGGER_ALREADY_MET, last, command.trigger_price_ticks
            )
        return 0

    cdef int place_order(self, const place_order_t* command) except -1:
        cdef order_t order
        cdef taking_t taking
        cdef int64_t available_atoms
        cdef int32_t account
        cdef uint32_t hold_asset
        if self.refused(command):
            return 1
        self.read_order(command, &order, &taking)
        account = self.ledger.account(command.account_id)
        hold_asset = self.book.markets[order.market].quote_asset_id
        if order.side == SIDE_SELL:
            hold_asset = self.book.markets[order.market].base_asset_id
        available_atoms = self.ledger.available(account, hold_asset)
        if available_atoms < order.held_atoms:
            return self.out.reject(
                command.kind, REJECTION_AVAILABLE_INSUFFICIENT, order.held_atoms, available_atoms
            )
        # accepted
        self.highest_order_id = order.order_id
        self.open_hold(&order, account, hold_asset)
        self.announce_placed(command, &order)
        if command.trigger != TRIGGER_NONE:
            return self.incoming.wait(&order, command.trigger)
        return self.incoming.come_in(&order, &taking)

    cdef int read_order(self, const place_order_t* command, order_t* order, taking_t* taking) except -1:
        """What the command asks for, with the rates fixed and the hold computed (`spec/orders.md`, "What is held")."""
        cdef int32_t slot = self.book.market(command.market_id)
        cdef int32_t account = self.ledger.account(command.account_id)
        cdef uint16_t tier = self.ledger.accounts[account].tier
        cdef bint market_order = command.order_type == ORDER_TYPE_MARKET
        cdef int64_t lots = 0, quote_atoms = 0
        memset(order, 0, sizeof(order_t))
        order.order_id = command.order_id
        order.market = slot
        order.side = command.side
        order.price_ticks = <int32_t> command.price_ticks
        order.size_lots = command.size_lots
        order.remaining_lots = command.size_lots
        order.maker_fee_ppm = self.listing.tiers[tier].maker_fee_ppm
        order.taker_fee_ppm = self.listing.tiers[tier].taker_fee_ppm
        order.self_trade_prevention = command.self_trade_prevention
        order.post_only = command.post_only
        order.expire_time_ns = command.expire_time_ns
        order.group_id = command.group_id
        order.time_in_force = command.time_in_force
        order.trigger_price_ticks = <int32_t> command.trigger_price_ticks
        self.incoming.prepare(order, taking, self.ledger.accounts[account].owner_id, command.quote_amount_atoms)
        if market_order and command.trigger == TRIGGER_NONE:
            self.matching.measure(slot, opposite(order.side), order.remaining_lots, taking, &lots, &quote_atoms)
        if not market_order:
            order.held_atoms = self.matching.needed_to_rest(order)
        elif taking.by_quote and order.side == SIDE_BUY:
            order.held_atoms = command.quote_amount_atoms
        elif taking.by_quote:
            order.held_atoms = lots * self.book.markets[slot].lot_base_atoms
        elif order.side == SIDE_SELL:
            order.held_atoms = command.size_lots * self.book.markets[slot].lot_base_atoms
        else:
            order.held_atoms = quote_atoms + fee_hold_rounded_up(quote_atoms, self.incoming.quote_rate(order))
        return 0

    cdef int open_hold(self, order_t* order, int32_t account, uint32_t hold_asset) except -1:
        cdef market_t* market = &self.book.markets[order.market]
        cdef uint32_t other = market.base_asset_id if order.side == SIDE_BUY else market.quote_asset_id
        order.hold_balance = self.ledger.balance(account, hold_asset)
        order.receive_balance = self.ledger.balance(account, other)
        return self.ledger.hold(order.hold_balance, order.held_atoms)

    cdef int announce_placed(self, const place_order_t* command, order_t* order) except -1:
        event = <order_placed_t*> self.out.event(EVENT_ORDER_PLACED)
        event.order_id = command.order_id
        event.account_id = command.account_id
        event.market_id = command.market_id
        event.side = command.side
        event.order_type = command.order_type
        event.time_in_force = command.time_in_force
        event.post_only = command.post_only
        event.price_ticks = command.price_ticks
        event.size_lots = command.size_lots
        event.quote_amount_atoms = command.quote_amount_atoms
        event.held_atoms = order.held_atoms
        event.maker_fee_ppm = order.maker_fee_ppm
        event.taker_fee_ppm = order.taker_fee_ppm
        event.self_trade_prevention = command.self_trade_prevention
        event.expire_time_ns = command.expire_time_ns
        event.group_id = command.group_id
        event.trigger = command.trigger
        event.trigger_price_ticks = command.trigger_price_ticks
        return 0

    # -- what others may read -----------------------------------------------------------------------------------------

    def depth(self, uint32_t market_id, int limit) -> tuple:
        """Bids and asks of a market, each a list of (price in ticks, total lots), best first, at most `limit` long.

        Raises `KeyError` when the market is not listed.
        """
        cdef int32_t market = self.book.market(market_id)
        cdef int32_t level
        if market < 0:
            raise KeyError(market_id)
        sides = []
        for side in (SIDE_BUY, SIDE_SELL):
            rows = []
            level = self.book.markets[market].best[<int> side]
            while level >= 0 and len(rows) < limit:
                rows.append((self.book.levels[level].price_ticks, self.book.levels[level].total_lots))
                level = self.book.level_after(market, side, level)
            sides.append(rows)
        return tuple(sides)

    def balances(self, uint64_t account_id) -> list:
        """(asset id, available atoms, held atoms) for each asset the account ever touched, by asset id.

        Raises `KeyError` when the account is not open.
        """
        cdef int32_t account = self.ledger.account(account_id)
        cdef int32_t slot
        if account < 0:
            raise KeyError(account_id)
        rows = []
        for asset_id in sorted(self.listing.assets):
            slot = self.ledger.existing_balance(account, asset_id)
            if slot >= 0:
                balance = &self.ledger.balances[slot]
                rows.append((asset_id, balance.available_atoms, balance.held_atoms))
        return rows

    def lines(self) -> list:
        """The state as lines of text, without line feeds (spec/state.md)."""
        stopped = self.standing.site_stopped
        rows = [f"venue|{self.sequence}|{self.time_ns}|{self.matching.trades}|{self.highest_order_id}|{stopped}"]
        rows += self.listing.lines()
        rows += balance_lines(self.ledger)
        rows += self.phases.lines()
        for market_id in sorted(self.listing.markets):
            rows += order_lines(self.ledger, self.book, self.book.market(market_id), (SIDE_BUY, SIDE_SELL))
        for market_id in sorted(self.listing.markets):
            rows += order_lines(self.ledger, self.book, self.book.market(market_id), (QUEUE_RISING, QUEUE_FALLING))
        return rows

    def digest(self) -> str:
        """SHA-256 of the lines, each ended by a line feed, in lowercase hex (STAT-001)."""
        return hashlib.sha256("".join(f"{line}\n" for line in self.lines()).encode()).hexdigest()

    def provoke(self, str failure) -> None:
        """Commit a known error, so that a test can show the checked build notices. The fast build refuses to.

        `failure` is "index" (reads past an array: `IndexError`) or "assertion" (`Fault`).
        """
        if not CHECKED:
            raise RuntimeError("only the checked build can be provoked")
        if failure == "index":
            print(self.book.orders[self.book.orders.shape[0]].order_id)
        check(False, "provoked")


cdef bint parts_go_together(const place_order_t* command) noexcept:
    """Whether the parts of an order make an order at all (ORDR-014, spec/triggers.md)."""
    cdef bint dated = command.time_in_force == TIME_IN_FORCE_GOOD_TILL_DATE
    cdef bint decrements = command.self_trade_prevention == SELF_TRADE_PREVENTION_DECREMENT
    cdef bint waits = command.trigger != TRIGGER_NONE
    cdef bint by_quote = command.quote_amount_atoms != 0
    if command.post_only > 1 or dated != (command.expire_time_ns != 0):
        return False
    if waits and command.post_only or not waits and command.trigger_price_ticks != 0:
        return False
    if command.order_type == ORDER_TYPE_LIMIT:
        if command.post_only and not may_rest(command.time_in_force):
            return False
        if decrements and command.time_in_force == TIME_IN_FORCE_FILL_OR_KILL:
            return False
        return not by_quote
    if command.time_in_force != TIME_IN_FORCE_IMMEDIATE_OR_CANCEL or command.post_only or command.price_ticks != 0:
        return False
    if decrements or waits and by_quote != (command.side == SIDE_BUY):
        return False
    return (command.size_lots != 0) != by_quote
