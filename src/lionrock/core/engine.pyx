# cython: language_level=3, cdivision=True
"""The one door into the venue: command records in, event records out, and the state they make.

Each command has one method. It begins with its refusals, one line each, in the order of their numbers; below the line
marked "accepted" nothing may fail. A failure there is a `Fault`: the process that meets it must stop.

Integer arithmetic raises `OverflowError` rather than wrap (the limits of `ListMarket` make that unreachable).

Orders are decided without the interpreter lock, so that other threads can hash and write what came before; what works
on Python objects takes it. An engine is still one thread's: it refuses to be asked while it applies.
"""

import ast
import hashlib
import heapq
import mmap

import numpy as np

from lionrock.words.faults import Fault

cimport cython
from cpython.bytes cimport _PyBytes_Resize
from cpython.ref cimport Py_CLEAR, PyObject
from libc.stdint cimport INT64_MAX, UINT32_MAX, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from lionrock.core.records cimport *

cdef extern from * nogil:
    """
    // Cython raises an overflow without asking whether it has the interpreter lock.
    static void raise_with_lock(PyObject *type, const char *words) {
        PyGILState_STATE state = PyGILState_Ensure();
        PyErr_SetString(type, words);
        PyGILState_Release(state);
    }
    #define PyErr_SetString raise_with_lock
    """
    bint CHECKED "LIONROCK_CHECKED"

IS_CHECKED_BUILD = bool(CHECKED)
"""True in `engine_checked`, False in `engine`."""


cdef inline int check(bint condition, str words) except -1 nogil:
    """An assertion of the checked build; the fast build compiles to nothing."""
    if CHECKED and not condition:
        raise Fault(words)
    return 0


include "memory.pxi"
include "tables.pxi"
include "announcements.pxi"
include "rounding.pxi"
include "ledger.pxi"
include "client_ids.pxi"
include "ladder.pxi"
include "book.pxi"
include "fees.pxi"
include "listing.pxi"
include "holds.pxi"
include "transfers.pxi"
include "error_trades.pxi"
include "exposure.pxi"
include "matching.pxi"
include "gates.pxi"
include "lookahead.pxi"
include "standing.pxi"
include "incoming.pxi"
include "phases.pxi"
include "placing.pxi"

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
    cdef Origins origins
    cdef Holds holds
    cdef Transfers transfers
    cdef ErrorTrades error_trades
    cdef Exposure exposure
    cdef Placing placing
    cdef ClientIds client_ids
    cdef Lookahead lookahead
    cdef bint applying

    def __init__(self):
        self.ledger = Ledger()
        self.book = Book()
        self.out = Announcements()
        self.client_ids = ClientIds()
        self.listing = Listing(self.ledger, self.book, self.out)
        self.origins = Origins(self.out)
        self.holds = Holds(self.ledger, self.out, self.listing, self.origins)
        self.transfers = Transfers(self.ledger, self.out, self.listing, self.holds, self.origins)
        self.error_trades = ErrorTrades(self.ledger, self.book, self.out, self.origins)
        self.exposure = Exposure(self.ledger, self.out, self.listing)
        self.matching = Matching(self.ledger, self.book, self.out, self.client_ids, self.error_trades)
        self.gates = Gates(self.ledger, self.book, self.out, self.listing)
        self.lookahead = Lookahead(self.ledger, self.book)
        self.standing = Standing(
            self.ledger, self.book, self.out, self.matching, self.gates, self.client_ids, self.exposure
        )
        self.incoming = Incoming(self.ledger, self.book, self.out, self.matching, self.standing)
        self.phases = Phases(self.ledger, self.book, self.out, self.matching, self.standing)
        self.placing = Placing(
            self.ledger, self.book, self.out, self.gates, self.standing, self.incoming, self.listing, self.client_ids,
            self.exposure,
        )

    @property
    def last_sequence(self) -> int:
        """Sequence of the last command applied; 0 before the first."""
        return self.out.sequence

    @property
    def last_time_ns(self) -> int:
        """Time of the last command applied, nanoseconds since 1970 UTC."""
        return self.out.time_ns

    @property
    def next_due_ns(self) -> int:
        """When something is due by itself: an order's expiry, unless it ended otherwise, or a change of phase;
        2^63 - 1 for never."""
        return min(self.standing.next_expiry_ns, self.phases.next_change_ns)

    @property
    def touched(self) -> dict:
        """What the commands so far looked at (engine.pyi)."""
        tables = (
            self.book.order_slots, self.book.market_slots, self.ledger.account_slots, self.ledger.balance_slots,
            self.client_ids.homes,
        )
        entries = sum([(<Table> table).touched for table in tables])
        return {
            "levels": self.book.ladder.touched + self.book.touched_levels,
            "slots": entries + self.book.touched_orders,
        }

    def apply(self, const uint8_t[::1] commands not None) -> bytes:
        """Apply whole 128-byte command records in order and return the records of all their events.

        Raises `ValueError` when the block is not whole records (nothing is applied) and `Fault` when a command does not
        follow the one before in sequence and time, or when an invariant breaks (stop using the engine).
        """
        cdef Py_ssize_t at
        if commands.shape[0] % RECORD_BYTES:
            raise ValueError(f"{commands.shape[0]} bytes are not whole {RECORD_BYTES}-byte records")
        self.refuse_while_applying()
        self.out.start_batch(commands.shape[0] // RECORD_BYTES)
        self.applying = True
        self.lookahead.start_batch()
        try:
            with nogil:
                for at in range(commands.shape[0] // RECORD_BYTES):
                    self.lookahead.look(commands, at)
                    self.apply_one(&commands[at * RECORD_BYTES])
            return self.out.finished()
        finally:
            self.applying = False

    cdef int refuse_while_applying(self) except -1:
        if self.applying:
            raise Fault("two threads use one engine")
        return 0

    cdef inline int apply_one(self, const uint8_t* record) except -1 nogil:
        """One command: what is due by its time, the command itself, and the orders that its trades triggered."""
        header = <const command_header_t*> record
        if header.sequence != self.out.sequence + 1 or header.time_ns < self.out.time_ns:
            self.does_not_follow(header)
        self.out.start_command(header.sequence, header.time_ns)
        if self.standing.next_expiry_ns <= header.time_ns or self.phases.next_change_ns <= header.time_ns:
            self.phases.pass_time(header.time_ns)
        if self.client_ids.next_free_ns <= header.time_ns:
            self.client_ids.pass_time(header.time_ns)
        if header.time_ns - self.error_trades.oldest_ns >= TRADE_MEMORY_NS():
            self.error_trades.pass_time(header.time_ns)
        self.matching.command += 1
        self.decide(record, header)
        if self.matching.touched != -1:
            self.incoming.trigger()
        return 0

    cdef int does_not_follow(self, const command_header_t* header) except -1 nogil:
        if header.sequence != self.out.sequence + 1:
            raise Fault(f"command {header.sequence} does not follow {self.out.sequence}")
        raise Fault(
            f"command {header.sequence} is earlier than the one before: {header.time_ns} < {self.out.time_ns}"
        )

    cdef inline int decide(self, const uint8_t* record, const command_header_t* header) except -1 nogil:
        if header.kind == COMMAND_AMEND_ORDER:
            return self.standing.amend_order(<const amend_order_t*> record)
        if header.kind == COMMAND_PLACE_ORDER:
            return self.placing.place_order(<const place_order_t*> record)
        if header.kind == COMMAND_CANCEL_ORDER:
            return self.standing.cancel_order(<const cancel_order_t*> record)
        if header.kind == COMMAND_OPEN_ACCOUNT:
            return self.listing.open_account(<const open_account_t*> record)
        if header.kind == COMMAND_ADVANCE_TIME:
            return self.standing.advance_time()
        return self.decide_with_lock(record, header)

    cdef int decide_with_lock(self, const uint8_t* record, const command_header_t* header) except -1 with gil:
        """The rarer kinds; most of them work on Python objects."""
        if header.kind == COMMAND_CANCEL_ORDERS:
            return self.standing.cancel_orders(<const cancel_orders_t*> record)
        if header.kind == COMMAND_TRANSFER:
            return self.transfers.transfer(<const transfer_t*> record)
        if header.kind == COMMAND_ADD_LEG:
            return self.transfers.add_leg(<const add_leg_t*> record)
        if header.kind == COMMAND_POST_LEGS:
            return self.transfers.post_legs(<const post_legs_t*> record)
        if header.kind == COMMAND_DROP_LEGS:
            return self.transfers.drop_legs(<const drop_legs_t*> record)
        if header.kind == COMMAND_PLACE_HOLD:
            return self.holds.place_hold(<const place_hold_t*> record)
        if header.kind == COMMAND_SETTLE_HOLD:
            return self.holds.settle_hold(<const settle_hold_t*> record)
        if header.kind == COMMAND_RELEASE_HOLD:
            return self.holds.release_hold(<const release_hold_t*> record)
        if header.kind == COMMAND_CANCEL_TRADE:
            return self.error_trades.cancel_trade(<const cancel_trade_t*> record)
        if header.kind == COMMAND_SET_VALUATION:
            return self.exposure.set_valuation(<const set_valuation_t*> record)
        return self.decide_setting(record, header)

    cdef int decide_setting(self, const uint8_t* record, const command_header_t* header) except -1:
        """What is listed and permitted, and how markets stand."""
        if header.kind == COMMAND_SET_KILL_SWITCH:
            return self.standing.set_kill_switch(<const set_kill_switch_t*> record)
        if header.kind == COMMAND_SET_MARKET_PHASE:
            return self.phases.set_market_phase(<const set_market_phase_t*> record, header.time_ns)
        if header.kind == COMMAND_SET_PRICE_BAND:
            return self.phases.set_price_band(<const set_price_band_t*> record)
        if header.kind == COMMAND_SET_ACCOUNT_PROFILE:
            return self.gates.set_account_profile(<const set_account_profile_t*> record)
        if header.kind == COMMAND_SET_ASSET_PERMISSION:
            return self.gates.set_asset_permission(<const set_asset_permission_t*> record)
        if header.kind == COMMAND_SET_MARKET_RULES:
            return self.gates.set_market_rules(<const set_market_rules_t*> record)
        if header.kind == COMMAND_LIST_ASSET:
            return self.listing.list_asset(<const list_asset_t*> record)
        if header.kind == COMMAND_LIST_MARKET:
            return self.listing.list_market(<const list_market_t*> record)
        if header.kind == COMMAND_SET_FEE_TIER:
            return self.listing.set_fee_tier(<const set_fee_tier_t*> record)
        if header.kind == COMMAND_ASSIGN_FEE_TIER:
            return self.listing.assign_fee_tier(<const assign_fee_tier_t*> record)
        if header.kind == COMMAND_SET_BENEFICIAL_OWNER:
            return self.listing.set_beneficial_owner(<const set_beneficial_owner_t*> record)
        return self.out.reject(header.kind, REJECTION_COMMAND_UNKNOWN, header.kind, 0)

    # -- what others may read -----------------------------------------------------------------------------------------

    def depth(self, uint32_t market_id, int limit) -> tuple:
        """Bids and asks of a market, each a list of (price in ticks, total lots), best first, at most `limit` long.

        Raises `KeyError` when the market is not listed.
        """
        cdef int32_t market, level
        self.refuse_while_applying()
        market = self.book.market(market_id)
        if market < 0:
            raise KeyError(market_id)
        sides = []
        for side in (SIDE_BUY, SIDE_SELL):
            rows = []
            level = self.book.markets[market].best[<int> side]
            while level >= 0 and len(rows) < limit:
                at = &self.book.levels[level]
                rows.append((price_of(at), at.total_lots - at.hidden_lots))
                level = self.book.level_after(market, side, level)
            sides.append(rows)
        return tuple(sides)

    def auction(self, uint32_t market_id) -> tuple | None:
        """(price in ticks, lots, buyers' lots less sellers') of an auction held now; None when nothing would trade.

        Icebergs count whole, as they do in an auction. Raises `KeyError` when the market is not listed.
        """
        cdef int32_t market, bid, ask
        self.refuse_while_applying()
        market = self.book.market(market_id)
        if market < 0:
            raise KeyError(market_id)
        bid, ask = self.book.markets[market].best[SIDE_BUY], self.book.markets[market].best[SIDE_SELL]
        if bid < 0 or ask < 0 or self.book.price(bid) < self.book.price(ask):
            return None
        reference = self.book.markets[market].last_price_ticks
        return auction_price(self.phases.levels(market, SIDE_BUY), self.phases.levels(market, SIDE_SELL), reference)

    def balances(self, uint64_t account_id) -> list:
        """(asset id, available atoms, held atoms) for each asset the account ever touched, by asset id.

        Raises `KeyError` when the account is not open.
        """
        cdef int32_t account, slot
        self.refuse_while_applying()
        account = self.ledger.account(account_id)
        if account < 0:
            raise KeyError(account_id)
        rows = []
        for asset_id in sorted(self.listing.assets):
            slot = self.ledger.existing_balance(account, asset_id)
            if slot >= 0:
                balance = &self.ledger.balances[slot]
                rows.append((asset_id, balance.available_atoms, balance.held_atoms))
        return rows

    @property
    def remembered_trades(self) -> tuple:
        """The first trade that can be booked back by its number, and the number of the next one there will be; from
        any thread. What is older than an hour is forgotten with the next command.
        """
        return self.error_trades.first, self.error_trades.after_last

    def preview(self, const uint8_t[::1] order not None, int64_t time_ns) -> tuple:
        """What a `PlaceOrder` record would be answered at a time, `OrderPlaced` or `CommandRejected` as a record of its
        own, and the account's exposure with it in atoms of the valuation asset (0 where it is refused before its size
        is known). Nothing changes. Its order id is taken to be the next one; what falls due by then is not done.

        Raises `ValueError` for anything but one record.
        """
        cdef place_order_t asked
        cdef int64_t exposure_atoms = 0, now_ns = self.out.time_ns
        self.refuse_while_applying()
        if order.shape[0] != RECORD_BYTES:
            raise ValueError(f"{order.shape[0]} bytes are not one {RECORD_BYTES}-byte record")
        memcpy(&asked, &order[0], RECORD_BYTES)
        if asked.kind != COMMAND_PLACE_ORDER:
            raise ValueError(f"command {asked.kind} is no order")
        asked.order_id = self.placing.highest_order_id + 1
        self.out.start_batch(1)
        self.out.start_command(self.out.sequence, max(now_ns, time_ns))
        self.matching.command += 1  # what the last one traded is not of this one
        try:
            self.placing.preview(&asked, &exposure_atoms)
            return self.out.finished(), exposure_atoms
        finally:
            self.matching.command -= 1
            self.out.start_command(self.out.sequence, now_ns)

    def lines(self) -> list:
        """The state as lines of text, without line feeds (spec/state.md)."""
        self.refuse_while_applying()
        stopped = self.standing.site_stopped
        rows = [
            f"venue|{self.out.sequence}|{self.out.time_ns}|{self.matching.trades}|{self.placing.highest_order_id}"
            f"|{stopped}|{self.holds.highest_hold_id}"
        ]
        rows += self.exposure.lines() + self.listing.lines() + balance_lines(self.ledger)
        rows += self.gates.lines() + self.holds.lines() + self.transfers.lines() + self.origins.lines()
        rows += self.phases.lines()
        for market_id in sorted(self.listing.markets):
            rows += self.orders_of(market_id, (SIDE_BUY, SIDE_SELL))
        for market_id in sorted(self.listing.markets):
            rows += self.orders_of(market_id, (QUEUE_RISING, QUEUE_FALLING))
        return rows + self.client_ids.lines(self.ledger) + self.error_trades.lines()

    cdef list orders_of(self, uint32_t market_id, tuple queues):
        return order_lines(self.ledger, self.book, self.client_ids, self.book.market(market_id), queues)

    def digest(self) -> str:
        """SHA-256 of the lines, each ended by a line feed, in lowercase hex (STAT-001)."""
        return hashlib.sha256("".join(f"{line}\n" for line in self.lines()).encode()).hexdigest()

    def save(self) -> bytes:
        """Everything the engine knows, for `load`. The form belongs to this version; the journal is what lasts."""
        self.refuse_while_applying()
        return saved(self)

    @staticmethod
    def load(bytes data not None) -> Engine:
        """An engine that goes on where the saved one stood, whichever build saved it.

        Raises `ValueError` when the bytes are damaged, cut short, or of a version with other arrays.
        """
        return loaded(data)

    def pass_over(self, uint64_t last_sequence) -> None:
        """Go on behind commands that were recorded but never carried out, up to this sequence: they have no effect.

        Raises `ValueError` when that is not ahead.
        """
        if last_sequence <= self.out.sequence:
            raise ValueError(f"sequence {last_sequence} is not behind {self.out.sequence}")
        self.out.sequence = last_sequence

    def provoke(self, str failure) -> None:
        """Commit a known error, so that a test can show the checked build notices. The fast build refuses to.

        `failure` is "index" (reads past an array: `IndexError`), "overflow" (`OverflowError`) or "assertion" (`Fault`).
        """
        cdef bint failure_is_overflow = failure == "overflow"
        if not CHECKED:
            raise RuntimeError("only the checked build can be provoked")
        if failure == "index":
            print(self.book.orders[self.book.orders.shape[0]].order_id)
        with nogil:
            if failure_is_overflow:
                self.overflow()
            check(False, "provoked")

    cdef int overflow(self) except -1 nogil:
        self.out.time_ns = INT64_MAX
        self.out.time_ns += 1
        return 0


include "saving.pxi"
