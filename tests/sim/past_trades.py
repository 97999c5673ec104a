"""Keeps what the trades of the last hour did, from events alone, and which were booked back (ERRT)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from lionrock.words import events
from lionrock.words.enumerations import Side
from lionrock.words.limits import TRADE_MEMORY_NS
from tests.sim.living_orders import Market


class Changes(NamedTuple):
    """What happened to both sides of a trade; what it does not come to went to the market's fee account."""

    buyer_base_atoms: int
    buyer_quote_atoms: int
    seller_base_atoms: int
    seller_quote_atoms: int


@dataclass
class PastTrade:
    told: events.TradeExecuted
    changes: Changes
    cancelled: bool = False


class PastTrades:
    """Told of every trade and every one that is booked back; raises `AssertionError`."""

    def __init__(self) -> None:
        self._trades: dict[int, PastTrade] = {}
        self._time_ns = 0

    def pass_time(self, time_ns: int) -> None:
        """At the begin of a command."""
        self._time_ns = time_ns
        while self._trades:
            oldest_id = next(iter(self._trades))
            if time_ns - self._trades[oldest_id].told.time_ns < TRADE_MEMORY_NS:
                return
            del self._trades[oldest_id]

    def trade(self, event: events.TradeExecuted, market: Market) -> None:
        self._trades[event.trade_id] = PastTrade(event, _changes(event, market))

    def cancel(self, event: events.TradeCancelled) -> None:
        """It is of the last hour, was not cancelled before, and what happens is the reverse of what it did."""
        assert event.trade_id in self._trades, f"no trade of the last hour: {event}"
        trade = self._trades[event.trade_id]
        assert not trade.cancelled, f"it was booked back before: {event}"
        trade.cancelled = True
        assert event.market_id == trade.told.market_id, event
        assert (event.buyer_account_id, event.seller_account_id) == _sides(trade.told), event
        back = tuple(-atoms for atoms in trade.changes)
        amounts = (
            event.buyer_base_atoms,
            event.buyer_quote_atoms,
            event.seller_base_atoms,
            event.seller_quote_atoms,
        )
        assert amounts == back, f"the reverse of {trade.told} is {back}: {event}"

    def differs_from(self, lines: Iterable[str]) -> list[str]:
        """What the venue's lines of state say otherwise; empty if nothing."""
        rows = [line.split("|") for line in lines]
        theirs = [tuple(map(int, row[1:])) for row in rows if row[0] == "trade"]
        mine = [
            (trade_id, each.told.time_ns, each.told.market_id, *_sides(each.told), *each.changes, int(each.cancelled))
            for trade_id, each in self._trades.items()
        ]
        if mine == theirs:
            return []
        return [f"trades of the last hour or their order differ: {sorted({*mine} ^ {*theirs})[:5]}"]


def _sides(told: events.TradeExecuted) -> tuple[int, int]:
    """Accounts of buyer and seller."""
    if told.taker_side == Side.BUY:
        return told.taker_account_id, told.maker_account_id
    return told.maker_account_id, told.taker_account_id


def _changes(told: events.TradeExecuted, market: Market) -> Changes:
    """Fees in the asset of each side's fees; a rebate, which only a maker has, in that of the taker's."""
    base_atoms, fees = market.base_atoms(told.size_lots), {told.taker_side: told.taker_fee_atoms}
    maker_side = Side.SELL if told.taker_side == Side.BUY else Side.BUY
    fees[maker_side] = told.maker_fee_atoms
    got = {
        Side.BUY: {"base": base_atoms, "quote": -told.quote_atoms},
        Side.SELL: {"base": -base_atoms, "quote": told.quote_atoms},
    }
    for side, fee_atoms in fees.items():
        charged_side = told.taker_side if fee_atoms < 0 else side
        asset = "base" if market.pays_fees_in_base(charged_side) else "quote"
        got[Side(side)][asset] -= fee_atoms
    buyer, seller = got[Side.BUY], got[Side.SELL]
    return Changes(buyer["base"], buyer["quote"], seller["base"], seller["quote"])
