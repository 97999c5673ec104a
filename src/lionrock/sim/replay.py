"""A flow of steps as commands for the core, and its trades told in the flow's own order ids, beside the venue's."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NamedTuple, Protocol

from lionrock.sim.order_steps import Cancel, Place, Step
from lionrock.sim.recorded_flow import SIZE_DECIMALS
from lionrock.words.amounts import parse_decimal
from lionrock.words.commands import CancelOrder, Command, ListAsset, ListMarket, OpenAccount, PlaceOrder, Transfer
from lionrock.words.enumerations import AccountKind, FeeCurrency, OrderType, TimeInForce, TransferPurpose
from lionrock.words.events import EVENTS, TradeExecuted
from lionrock.words.records import RECORD_BYTES, unpack_all

ACCOUNTS = 300
"""Traders among whom the orders are spread, by order id."""

_CUSTODY, _FEES, _FIRST_TRADER = 1, 2, 10
_BTC, _USD, _MARKET = 1, 2, 1


class Venue(Protocol):
    """Either engine, or the auditor."""

    def apply(self, commands: bytes | memoryview) -> bytes: ...


class Fill(NamedTuple):
    """One trade, its orders named by their references in the flow."""

    price_ticks: int
    size_lots: int
    maker: int
    taker: int


@dataclass
class ReplayedFlow:
    """A flow as packed commands, stamped with the recording's clock."""

    block: bytes
    references: dict[int, int]
    """Reference in the flow by order id in the core."""
    sent: dict[int, Place] = field(repr=False)
    """Every order sent, by reference."""

    def batches(self, commands: int) -> Iterable[bytes]:
        """The block in pieces of so many commands."""
        step = commands * RECORD_BYTES
        return (self.block[offset : offset + step] for offset in range(0, len(self.block), step))

    def fills(self, events: bytes) -> list[Fill]:
        """The trades among the events."""
        return [
            Fill(
                event.price_ticks,
                event.size_lots,
                self.references[event.maker_order_id],
                self.references[event.taker_order_id],
            )
            for event in unpack_all(EVENTS, events)
            if isinstance(event, TradeExecuted)
        ]


def opening_commands() -> list[Command]:
    """BTC and USD with 8 decimals, one market of 1 USD by 10^-8 BTC, and rich traders."""
    commands: list[Command] = [
        ListAsset(asset_id=_BTC, decimals=8, code="BTC"),
        ListAsset(asset_id=_USD, decimals=8, code="USD"),
        OpenAccount(account_id=_CUSTODY, account_kind=AccountKind.CUSTODY),
        OpenAccount(account_id=_FEES, account_kind=AccountKind.FEE),
        ListMarket(
            market_id=_MARKET, base_asset_id=_BTC, quote_asset_id=_USD, fee_currency=FeeCurrency.QUOTE, symbol="BTCUSD",
            tick_quote_atoms=10**8, lot_base_atoms=1, max_price_ticks=10**7, max_size_lots=4 * 10**11,
            min_notional_atoms=1, max_notional_atoms=4 * 10**18, fee_account_id=_FEES,
        ),
    ]  # fmt: skip
    for account_id in range(_FIRST_TRADER, _FIRST_TRADER + ACCOUNTS):
        commands.append(OpenAccount(account_id=account_id, account_kind=AccountKind.CLIENT))
        for asset_id, amount_atoms in ((_BTC, 5_000 * 10**8), (_USD, 100_000_000 * 10**8)):
            commands.append(
                Transfer(
                    asset_id=asset_id,
                    debit_account_id=_CUSTODY,
                    credit_account_id=account_id,
                    amount_atoms=amount_atoms,
                    purpose=TransferPurpose.DEPOSIT,
                )
            )
    return commands


def trader_of(reference: int) -> int:
    """The account that sends the orders of this reference."""
    return _FIRST_TRADER + reference // 4096 % ACCOUNTS  # the low bits of a recorded id count within a millisecond


def as_commands(steps: Iterable[Step]) -> ReplayedFlow:
    """The opening commands and the flow as one block. Cancels of orders never sent are left out."""
    records = [command.pack() for command in opening_commands()]
    times = [0] * len(records)
    references: dict[int, int] = {}
    order_ids: dict[int, int] = {}
    sent: dict[int, Place] = {}
    for step in steps:
        if isinstance(step, Cancel) and step.reference not in order_ids:
            continue
        if isinstance(step, Place):
            order_ids[step.reference] = len(order_ids) + 1
            references[order_ids[step.reference]] = step.reference
            sent[step.reference] = step
            records.append(_place(order_ids[step.reference], step).pack())
        else:
            account_id = trader_of(step.reference)
            records.append(CancelOrder(order_id=order_ids[step.reference], account_id=account_id).pack())
        times.append(step.time_ms * 1_000_000)
    stamped = (
        record[:2] + sequence.to_bytes(8, "little") + time_ns.to_bytes(8, "little") + record[18:]
        for sequence, (record, time_ns) in enumerate(zip(records, times, strict=True), 1)
    )
    return ReplayedFlow(b"".join(stamped), references, sent)


def _place(order_id: int, step: Place) -> PlaceOrder:
    at_market = step.price_ticks == 0
    return PlaceOrder(
        order_id=order_id,
        account_id=trader_of(step.reference),
        market_id=_MARKET,
        side=step.side,
        order_type=OrderType.MARKET if at_market else OrderType.LIMIT,
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL if at_market else step.time_in_force,
        post_only=int(step.post_only and not at_market),
        price_ticks=step.price_ticks,
        size_lots=step.size_lots,
        quote_amount_atoms=0,
    )


def read_recorded_trades(path: Path) -> list[Fill]:
    """The venue's own trades (`trades.csv`): what a replay is held against, and no part of one."""
    fills = []
    with path.open(newline="", encoding="ascii") as lines:
        for line in csv.DictReader(lines):
            buy, sell = int(line["buy_order_id"]), int(line["sell_order_id"])
            maker, taker = (sell, buy) if line["side"] == "buy" else (buy, sell)
            price, size = parse_decimal(line["price"], 0), parse_decimal(line["amount"], SIZE_DECIMALS)
            fills.append(Fill(price, size, maker, taker))
    return fills


class Mismatch(Enum):
    """Why a trade stands on one side only."""

    TAKEN_FOR_QUOTE = "the venue filled it; the flow took it for a refused post-only quote"
    NOT_SENT = "the order carries no size (a market buy for dollars) and was not sent"
    OTHER_SIZE = "the same two orders met for another size"
    OTHER_MAKER = "the taker traded on both sides, here with another maker"
    NOTHING_LEFT = "the order was sent and met nothing in our book"
    QUOTE_LET_THROUGH = "the venue refused it; the flow took it for immediate-or-cancel"
    RESTED_AT_VENUE = "at the venue it rested without trading on arrival"


class Comparison(NamedTuple):
    """Our trades beside the venue's. A match agrees in price, size, maker and taker."""

    matched: int
    venue_only: dict[Fill, Mismatch]
    ours_only: dict[Fill, Mismatch]

    @property
    def reproduced(self) -> str:
        """Share of the venue's trades that we made too, as `252 of 284`."""
        return f"{self.matched} of {self.matched + len(self.venue_only)}"

    @property
    def confirmed(self) -> str:
        """Share of our trades that the venue made too, as `252 of 309`."""
        return f"{self.matched} of {self.matched + len(self.ours_only)}"


def compare(ours: Sequence[Fill], venue: Sequence[Fill], sent: Mapping[int, Place]) -> Comparison:
    """Set our trades beside the venue's and give each that stands alone exactly one reason.

    Two orders meet at most once, so no trade occurs twice; raises `ValueError` if one does.
    """
    our_set, venue_set = set(ours), set(venue)
    if len(our_set) != len(ours) or len(venue_set) != len(venue):
        raise ValueError("a pair of orders traded twice")
    our_pairs, our_takers = {(fill.maker, fill.taker) for fill in ours}, {fill.taker for fill in ours}
    venue_pairs, venue_takers = {(fill.maker, fill.taker) for fill in venue}, {fill.taker for fill in venue}

    def why_venue_only(fill: Fill) -> Mismatch:
        if fill.taker not in sent:
            return Mismatch.NOT_SENT
        if (fill.maker, fill.taker) in our_pairs:
            return Mismatch.OTHER_SIZE
        if fill.taker in our_takers:
            return Mismatch.OTHER_MAKER
        return Mismatch.TAKEN_FOR_QUOTE if sent[fill.taker].post_only else Mismatch.NOTHING_LEFT

    def why_ours_only(fill: Fill) -> Mismatch:
        if (fill.maker, fill.taker) in venue_pairs:
            return Mismatch.OTHER_SIZE
        if fill.taker in venue_takers:
            return Mismatch.OTHER_MAKER
        rested = sent[fill.taker].time_in_force is TimeInForce.GOOD_TILL_CANCELLED
        return Mismatch.RESTED_AT_VENUE if rested else Mismatch.QUOTE_LET_THROUGH

    return Comparison(
        len(our_set & venue_set),
        {fill: why_venue_only(fill) for fill in venue if fill not in our_set},
        {fill: why_ours_only(fill) for fill in ours if fill not in venue_set},
    )
