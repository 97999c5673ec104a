"""Ledger entries: every change of what an account has available or held, and the balances they lead to.

An event may make several entries, one for each account and asset it touches; fees stand apart from what was traded.
Together the entries of an account and asset are its balance, and each carries the balance after its command. (Between
the legs of one transfer a sum may leave 64 bits; after a command none does.)
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, select

from lionrock.views.sql.catalogue import Catalogue, Markets
from lionrock.views.sql.decoding import EventBlock, Flags, Ints, joined
from lionrock.views.sql.orders import HoldMoves
from lionrock.views.sql.tables import balances
from lionrock.views.sql.trades import Trades
from lionrock.words.enumerations import Side
from lionrock.words.events import (
    HoldPlaced,
    HoldReleased,
    HoldSettled,
    LegPosted,
    TradeCancelled,
    TransferPosted,
)


class EntryReason(IntEnum):
    """What an entry comes from, and what its reference is the id of."""

    ORDER_HELD = 1
    """Set aside for an order: its id."""
    ORDER_RELEASED = 2
    """Not needed by an order any more: its id."""
    TRADE = 3
    """Paid or received in a trade: its id."""
    TRADE_FEE = 4
    """Charged to a side of a trade, and received by the market's fee account: the trade's id."""
    TRADE_REBATE = 5
    """Given to the maker of a trade by the market's fee account: the trade's id."""
    TRADE_CANCELLED = 6
    """A trade booked back: its id. See also the booking of the sequence."""
    TRANSFER = 7
    """See the booking of the sequence, as for all that follow."""
    HOLD_PLACED = 8
    HOLD_SETTLED = 9
    HOLD_RELEASED = 10


class Entries(NamedTuple):
    """Entries in their order, as columns."""

    at: Ints
    """Position of the event."""
    account_id: Ints
    asset_id: Ints
    available: Ints
    """Change in atoms."""
    held: Ints
    """Change in atoms."""
    reason: Ints
    reference_id: Ints


class _Gathering:
    """Entries on their way, in any order."""

    _LEGS = 16

    def __init__(self) -> None:
        self._keys: list[Ints] = []
        self._parts: list[Entries] = []

    def add(
        self,
        leg: int,
        at: Ints,
        account_id: Ints,
        asset_id: Ints,
        reason: EntryReason | Ints,
        *,
        reference_id: Ints | None = None,
        available: Ints | None = None,
        held: Ints | None = None,
    ) -> None:
        """Entries of many events; `leg` orders those of one. What changes nothing is left out."""
        zeros = np.zeros(len(at), np.int64)
        columns = Entries(
            at,
            account_id,
            asset_id,
            zeros if available is None else available,
            zeros if held is None else held,
            zeros + reason,
            zeros if reference_id is None else reference_id,
        )
        moves = (columns.available != 0) | (columns.held != 0)
        self._keys.append((at * self._LEGS + leg)[moves])
        self._parts.append(Entries(*(column[moves] for column in columns)))

    def in_order(self) -> Entries:
        order = np.argsort(joined(self._keys), kind="stable")
        return Entries(*(joined(list(column))[order] for column in zip(*self._parts, strict=True)))


def entries_of(block: EventBlock, markets: Markets, trades: Trades, moves: HoldMoves) -> Entries:
    """Every entry of these events."""
    gathering = _Gathering()
    _add_orders(gathering, markets, moves)
    _add_trades(gathering, trades)
    _add_bookings(gathering, block)
    _add_cancelled_trades(gathering, block, markets)
    return gathering.in_order()


def _add_orders(gathering: _Gathering, markets: Markets, moves: HoldMoves) -> None:
    rows = markets.rows_of(moves.market_id)
    base_id, quote_id = markets.column("base_asset_id")[rows], markets.column("quote_asset_id")[rows]
    asset_id = np.where(moves.side == Side.BUY, quote_id, base_id)
    change = moves.held_change_atoms
    reason = np.where(change > 0, EntryReason.ORDER_HELD, EntryReason.ORDER_RELEASED)
    gathering.add(
        0, moves.at, moves.account_id, asset_id, reason, reference_id=moves.order_id, available=-change, held=change
    )


def _add_trades(gathering: _Gathering, trades: Trades) -> None:
    at, ids, leg = trades.at, trades.trade_id, 0
    for side in (trades.taker, trades.maker):
        who, fee = side.account_id, np.maximum(side.fee_atoms, 0)
        trade, charged = EntryReason.TRADE, EntryReason.TRADE_FEE
        price = side.paid_atoms - side.fee_in_paid_atoms
        gathering.add(leg, at, who, side.paid_asset_id, trade, reference_id=ids, held=-price)
        gathering.add(leg + 1, at, who, side.received_asset_id, trade, reference_id=ids, available=side.received_atoms)
        held = side.fee_in_paid_atoms
        gathering.add(leg + 2, at, who, side.fee_asset_id, charged, reference_id=ids, available=held - fee, held=-held)
        gathering.add(leg + 3, at, trades.fee_account_id, side.fee_asset_id, charged, reference_id=ids, available=fee)
        leg += 4
    rebate, asset_id = np.maximum(-trades.maker.fee_atoms, 0), trades.maker.fee_asset_id
    given = EntryReason.TRADE_REBATE
    gathering.add(leg, at, trades.fee_account_id, asset_id, given, reference_id=ids, available=-rebate)
    gathering.add(leg + 1, at, trades.maker.account_id, asset_id, given, reference_id=ids, available=rebate)


def _add_bookings(gathering: _Gathering, block: EventBlock) -> None:
    moved = block.of(TransferPosted)
    asset_id, amount, transfer = moved["asset_id"], moved["amount_atoms"], EntryReason.TRANSFER
    gathering.add(0, moved.at, moved["debit_account_id"], asset_id, transfer, available=-amount)
    gathering.add(1, moved.at, moved["credit_account_id"], asset_id, transfer, available=amount)
    leg = block.of(LegPosted)
    amount, from_hold = leg["amount_atoms"], leg.records["hold_id"] != 0
    available, held = np.where(from_hold, 0, amount), np.where(from_hold, amount, 0)
    gathering.add(0, leg.at, leg["account_id"], leg["asset_id"], transfer, available=available, held=held)
    placed = block.of(HoldPlaced)
    amount, reason = placed["amount_atoms"], EntryReason.HOLD_PLACED
    gathering.add(0, placed.at, placed["account_id"], placed["asset_id"], reason, available=-amount, held=amount)
    settled = block.of(HoldSettled)
    amount, back, reason = settled["amount_atoms"], settled["released_atoms"], EntryReason.HOLD_SETTLED
    owner, asset_id, taker = settled["account_id"], settled["asset_id"], settled["credit_account_id"]
    gathering.add(0, settled.at, owner, asset_id, reason, held=-amount)
    gathering.add(1, settled.at, taker, asset_id, reason, available=amount)
    gathering.add(2, settled.at, owner, asset_id, EntryReason.HOLD_RELEASED, available=back, held=-back)
    freed = block.of(HoldReleased)
    amount, reason = freed["amount_atoms"], EntryReason.HOLD_RELEASED
    gathering.add(0, freed.at, freed["account_id"], freed["asset_id"], reason, available=amount, held=-amount)


def _add_cancelled_trades(gathering: _Gathering, block: EventBlock, markets: Markets) -> None:
    """What both sides do not come to together moved from or to the market's fee account."""
    events = block.of(TradeCancelled)
    rows = markets.rows_of(events["market_id"])
    ids, reason = events["trade_id"], EntryReason.TRADE_CANCELLED
    leg = 0
    for part in ("base", "quote"):
        asset_id = markets.column(f"{part}_asset_id")[rows]
        buyer, seller = events[f"buyer_{part}_atoms"], events[f"seller_{part}_atoms"]
        fees = markets.column("fee_account_id")[rows]
        for who, amount in (
            (events["buyer_account_id"], buyer),
            (events["seller_account_id"], seller),
            (fees, -buyer - seller),
        ):
            gathering.add(leg, events.at, who, asset_id, reason, reference_id=ids, available=amount)
            leg += 1


class BalanceChanges(NamedTuple):
    """Columns of `tables.ledger_entries` and of those rows of `tables.balances` that changed."""

    entries: dict[str, Ints]
    balances: dict[str, Ints]


class Balances:
    """What every account has of every asset it ever had, to give each entry the balance after it."""

    def __init__(self) -> None:
        self._slots: dict[tuple[int, int], int] = {}
        self._assets: dict[int, list[int]] = {}
        """By account, those it ever had."""
        self._amounts = np.zeros((2, 1024), np.int64)

    def of(self, account_id: int) -> list[tuple[int, int, int]]:
        """(asset, available, held) where one of the two is not 0, by asset."""
        slots = [(asset_id, self._slots[account_id, asset_id]) for asset_id in sorted(self._assets.get(account_id, []))]
        amounts = [(asset_id, *self._amounts[:, slot].tolist()) for asset_id, slot in slots]
        return [(asset_id, available, held) for asset_id, available, held in amounts if available or held]

    def load(self, connection: Connection) -> None:
        """From the rows of a database."""
        columns = balances.c
        for row in connection.execute(select(columns.account_id, columns.asset_id, columns[2], columns[3])):
            slot = self._slot((row[0], row[1]))
            self._amounts[:, slot] = row[2], row[3]

    def take_in(self, block: EventBlock, entries: Entries, catalogue: Catalogue, first_id: int) -> BalanceChanges:
        """The entries, numbered from `first_id`, become part of the balances."""
        pairs, which = _pairs(entries)
        slots = np.array([self._slot(pair) for pair in pairs], np.int64)
        sequence = block.sequence[entries.at]
        order = np.argsort(which, kind="stable")
        ends = _ends(which[order])
        command_ends = np.flatnonzero(_changes(which[order]) | _changes(sequence[order]))
        after_command = np.repeat(command_ends, np.diff(command_ends, prepend=-1))
        after = []
        for kind, change in enumerate((entries.available, entries.held)):
            sums = np.cumsum(change[order])  # may run over; the differences that count are right all the same
            before = np.concatenate((np.zeros(1, np.int64), sums[ends]))[: len(pairs)]
            running = sums + (self._amounts[kind, slots] - before)[which[order]]
            self._amounts[kind, slots] = running[ends]
            unsorted = np.empty_like(running)
            unsorted[order] = running[after_command]
            after.append(unsorted)
        rows = {
            "entry_id": np.arange(first_id, first_id + len(entries.at)),
            "sequence": sequence,
            "time_ns": block.time_ns[entries.at],
            "account_id": entries.account_id,
            "asset_id": entries.asset_id,
            "reason": entries.reason,
            "reference_id": entries.reference_id,
            "available_change_atoms": entries.available,
            "held_change_atoms": entries.held,
            "available_atoms": after[0],
            "held_atoms": after[1],
            "valuation_price_atoms": catalogue.valuations.stamp(block, entries.at, entries.asset_id),
        }
        last = order[ends]
        names = ("account_id", "asset_id", "available_atoms", "held_atoms", "sequence")
        return BalanceChanges(rows, {name: rows[name][last] for name in names})

    def _slot(self, pair: tuple[int, int]) -> int:
        slot = self._slots.get(pair)
        if slot is not None:
            return slot
        slot = self._slots[pair] = len(self._slots)
        self._assets.setdefault(pair[0], []).append(pair[1])
        if slot == self._amounts.shape[1]:
            self._amounts = np.concatenate((self._amounts, np.zeros_like(self._amounts)), axis=1)
        return slot


def _changes(column: Ints) -> Flags:
    """Whether each is the last of a run of equal ones."""
    return np.concatenate((column[1:] != column[:-1], np.ones(min(len(column), 1), np.bool_)))


def _ends(column: Ints) -> Ints:
    return np.flatnonzero(_changes(column))


def _pairs(entries: Entries) -> tuple[list[tuple[int, int]], Ints]:
    """Every (account, asset) once, and which of them each entry is of."""
    account_ids, account = np.unique(entries.account_id, return_inverse=True)
    asset_ids, asset = np.unique(entries.asset_id, return_inverse=True)
    keys, which = np.unique(account * max(len(asset_ids), 1) + asset, return_inverse=True)
    owners, kinds = np.divmod(keys, max(len(asset_ids), 1))
    return list(zip(account_ids[owners].tolist(), asset_ids[kinds].tolist(), strict=True)), which
