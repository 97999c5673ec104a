"""What the venue knows between two commands, and the lines of spec/state.md that say it.

Listed assets and markets are kept as the very commands that listed them: the auditor adds nothing to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn, TypeVar

from lionrock.sim.auditor.book import Market, Order
from lionrock.sim.auditor.ledger import Ledger
from lionrock.words.commands import ListAsset
from lionrock.words.enumerations import KillSwitchScope, MarketPhase, Side, TimeInForce
from lionrock.words.events import Event
from lionrock.words.faults import Fault
from lionrock.words.rejections import Rejection

LARGEST_FIGURE = 2**63 - 1
"""Figures are signed 64-bit numbers; a larger one is given as this (spec/markets.md)."""

Entry = TypeVar("Entry")


class RefusedError(Exception):
    """The way out of a rule that refuses its command; becomes a `CommandRejected` in `Auditor` and goes no further."""

    def __init__(self, rejection: Rejection, first_figure: int, second_figure: int) -> None:
        self.rejection = rejection
        self.first_figure = min(first_figure, LARGEST_FIGURE)
        self.second_figure = min(second_figure, LARGEST_FIGURE)


def refuse(rejection: Rejection, first_figure: int = 0, second_figure: int = 0) -> NoReturn:
    raise RefusedError(rejection, first_figure, second_figure)


def refuse_if(condition: bool, rejection: Rejection, first_figure: int = 0, second_figure: int = 0) -> None:
    if condition:
        raise RefusedError(rejection, first_figure, second_figure)


def known_or_refuse(entries: dict[int, Entry], number: int, rejection: Rejection) -> Entry:
    """The entry with this number; when there is none, refuses with the number as first figure."""
    entry = entries.get(number)
    return refuse(rejection, number) if entry is None else entry


@dataclass(slots=True)
class Account:
    """An open account. `kind` is an `AccountKind`; the owner is the account itself until another is named."""

    kind: int
    owner_id: int
    tier: int = 0
    is_stopped: bool = False


@dataclass(slots=True)
class FeeTier:
    """Rates in parts per million."""

    maker_fee_ppm: int = 0
    taker_fee_ppm: int = 0


class ScheduledChange(NamedTuple):
    """A change of phase to come. Such entries compare as they come due: by time, market, and when they were given."""

    at_time_ns: int
    market_id: int
    given_by_sequence: int
    phase: int
    reference_price_ticks: int


@dataclass(slots=True)
class Venue:
    """The whole state, and the events of the command that is being decided."""

    assets: dict[int, ListAsset] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    tiers: dict[int, FeeTier] = field(default_factory=lambda: {0: FeeTier()})
    markets: dict[int, Market] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    resting: dict[int, tuple[Market, Order]] = field(default_factory=dict)
    expiries: list[tuple[int, int]] = field(default_factory=list)
    """A heap of expiry time and id of every good-till-date order placed; one that is over stays in until its time."""
    schedule: list[ScheduledChange] = field(default_factory=list)
    """What is not due yet, sorted."""
    is_stopped: bool = False
    sequence: int = 0
    time_ns: int = 0
    trades: int = 0
    highest_order_id: int = 0
    events: list[Event] = field(default_factory=list)

    def head(self) -> dict[str, int]:
        """Header of the next event of this command."""
        return {"index": len(self.events), "sequence": self.sequence, "time_ns": self.time_ns}

    def engaged_switch(self, market_id: int, account_id: int) -> tuple[int, int]:
        """Scope and id of the widest kill switch that is engaged over this account in this market; zeros for none."""
        if self.is_stopped:
            return KillSwitchScope.SITE, 0
        if self.markets[market_id].is_stopped:
            return KillSwitchScope.MARKET, market_id
        if self.accounts[account_id].is_stopped:
            return KillSwitchScope.ACCOUNT, account_id
        return 0, 0

    def check_all(self) -> None:
        """Looks at everything that must hold between two commands. Raises `Fault` when something does not."""
        held: dict[tuple[int, int], int] = {}
        sides = [(market, side) for market in self.markets.values() for side in market.sides.values()]
        in_books = [(market, order) for market, side in sides for order in side]
        if len(in_books) != len(self.resting):
            raise Fault(f"{len(in_books)} orders stand in the books, {len(self.resting)} are known to rest")
        for market, order in in_books:
            self._check_resting(market, order)
            listing = market.listing
            asset_id = listing.quote_asset_id if order.side == Side.BUY else listing.base_asset_id
            held[order.account_id, asset_id] = held.get((order.account_id, asset_id), 0) + order.held_atoms
        for market in self.markets.values():
            if market.is_crossed() and not market.may_be_crossed:
                raise Fault(f"the book of market {market.listing.market_id} is crossed")
        if self.schedule and self.schedule[0].at_time_ns <= self.time_ns:
            raise Fault(f"{self.schedule[0]} has not happened at {self.time_ns} ns")
        self.ledger.check_all(held)

    def _check_resting(self, market: Market, order: Order) -> None:
        if self.resting.get(order.order_id) != (market, order) or not 0 < order.remaining_lots <= order.size_lots:
            raise Fault(f"{order} does not belong in the book")
        if order.expire_time_ns != 0 and order.expire_time_ns <= self.time_ns:
            raise Fault(f"{order} still rests at {self.time_ns} ns")
        if order.time_in_force == TimeInForce.DAY and market.phase == MarketPhase.CLOSED:
            raise Fault(f"{order} still rests in a closed market")
        scope, scope_id = self.engaged_switch(market.listing.market_id, order.account_id)
        if scope != 0:
            raise Fault(f"{order} rests under the kill switch of scope {scope} over {scope_id}")

    def lines(self) -> Iterator[str]:
        """The lines of spec/state.md, in order."""
        yield _line("venue", self.sequence, self.time_ns, self.trades, self.highest_order_id, int(self.is_stopped))
        for asset_id, asset in sorted(self.assets.items()):
            yield _line("asset", asset_id, asset.code, asset.decimals)
        for number, tier in sorted(self.tiers.items(), key=_number):
            yield _line("tier", number, tier.maker_fee_ppm, tier.taker_fee_ppm)
        for account_id, account in sorted(self.accounts.items(), key=_number):
            stopped = int(account.is_stopped)
            yield _line("account", account_id, account.kind, account.tier, account.owner_id, stopped)
        for _, market in sorted(self.markets.items(), key=_number):
            yield _market_line(market)
        for (account_id, asset_id), balance in sorted(self.ledger.balances.items(), key=_number):
            if balance.available != 0 or balance.held != 0:
                yield _line("balance", account_id, asset_id, balance.available, balance.held)
        for change in self.schedule:
            at_time_ns, market_id, phase = change.at_time_ns, change.market_id, change.phase
            yield _line("schedule", at_time_ns, market_id, phase, change.reference_price_ticks)
        for market_id, market in sorted(self.markets.items(), key=_number):
            for side in (Side.BUY, Side.SELL):
                for order in market.sides[side]:
                    yield _order_line(market_id, order)


def _number(entry: tuple[Entry, object]) -> Entry:
    return entry[0]


def _line(*fields: str | int) -> str:
    return "|".join(str(value) for value in fields)


def _market_line(market: Market) -> str:
    listing = market.listing
    return _line(
        "market",
        listing.market_id,
        listing.symbol,
        listing.base_asset_id,
        listing.quote_asset_id,
        listing.fee_currency,
        listing.tick_quote_atoms,
        listing.lot_base_atoms,
        listing.max_price_ticks,
        listing.max_size_lots,
        listing.min_notional_atoms,
        listing.max_notional_atoms,
        listing.fee_account_id,
        int(market.is_stopped),
        int(market.phase),
        market.band_ppm,
        market.last_price_ticks,
    )


def _order_line(market_id: int, order: Order) -> str:
    return _line(
        "order",
        market_id,
        order.side,
        order.price_ticks,
        order.order_id,
        order.account_id,
        order.size_lots,
        order.remaining_lots,
        order.held_atoms,
        order.maker_fee_ppm,
        order.taker_fee_ppm,
        order.self_trade_prevention,
        order.post_only,
        order.expire_time_ns,
        order.group_id,
        order.time_in_force,
    )
