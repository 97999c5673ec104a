"""What the venue knows between two commands, and the lines of spec/state.md that say it.

Listed assets and markets, profiles of accounts and rules of markets are kept as the very commands that set them: the
auditor adds nothing to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn, TypeVar

from lionrock.sim.auditor.book import Market, Order, waits_for_rise
from lionrock.sim.auditor.ledger import Ledger
from lionrock.words.commands import ListAsset, PlaceOrder, SetAccountProfile
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
    profile: SetAccountProfile
    tier: int = 0
    is_stopped: bool = False
    open_orders: int = 0
    """How many orders of it rest or wait."""


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
    waiting: dict[int, tuple[Market, Order]] = field(default_factory=dict)
    expiries: list[tuple[int, int]] = field(default_factory=list)
    """A heap of expiry time and id of every good-till-date order placed; one that is over stays in until its time."""
    schedule: list[ScheduledChange] = field(default_factory=list)
    """What is not due yet, sorted."""
    traded_market_ids: set[int] = field(default_factory=set)
    """Markets with a trade since triggered orders last could come in there."""
    band_references: dict[int, int] = field(default_factory=dict)
    """By market, the price of the last trade before this command's continuous trading; only where it has traded."""
    is_stopped: bool = False
    sequence: int = 0
    time_ns: int = 0
    trades: int = 0
    highest_order_id: int = 0
    events: list[Event] = field(default_factory=list)

    def head(self) -> dict[str, int]:
        """Header of the next event of this command."""
        return {"index": len(self.events), "sequence": self.sequence, "time_ns": self.time_ns}

    def open_orders(self) -> dict[int, tuple[Market, Order]]:
        """All orders that rest or wait, by id."""
        return self.resting | self.waiting

    def band_reference_ticks(self, market: Market) -> int:
        """Price of the last trade or auction before this command's continuous trading, 0 when there was none."""
        return self.band_references.get(market.listing.market_id, market.last_price_ticks)

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
        counts = dict.fromkeys(self.accounts, 0)
        sides = [(market, side) for market in self.markets.values() for side in market.sides.values()]
        in_books = [(market, order) for market, side in sides for order in side]
        if len(in_books) != len(self.resting):
            raise Fault(f"{len(in_books)} orders stand in the books, {len(self.resting)} are known to rest")
        in_wait = [(market, order) for market in self.markets.values() for order, _ in market.waiting]
        if len(in_wait) != len(self.waiting):
            raise Fault(f"{len(in_wait)} orders wait in the markets, {len(self.waiting)} are known to wait")
        for market, order in in_books:
            self._check_resting(market, order)
        for market, order in in_wait:
            self._check_waiting(market, order)
        for market, order in in_books + in_wait:
            self._check_open(market, order)
            counts[order.account_id] += 1
            listing = market.listing
            asset_id = listing.quote_asset_id if order.side == Side.BUY else listing.base_asset_id
            held[order.account_id, asset_id] = held.get((order.account_id, asset_id), 0) + order.held_atoms
        for account_id, account in self.accounts.items():
            if account.open_orders != counts[account_id]:
                raise Fault(f"account {account_id} has {counts[account_id]} open orders, not {account.open_orders}")
        for market in self.markets.values():
            self._check_nothing_is_triggered(market)
            if market.is_crossed() and not market.may_be_crossed:
                raise Fault(f"the book of market {market.listing.market_id} is crossed")
        if self.schedule and self.schedule[0].at_time_ns <= self.time_ns:
            raise Fault(f"{self.schedule[0]} has not happened at {self.time_ns} ns")
        self.ledger.check_all(held)

    def _check_resting(self, market: Market, order: Order) -> None:
        if self.resting.get(order.order_id) != (market, order) or not 0 < order.remaining_lots <= order.size_lots:
            raise Fault(f"{order} does not belong in the book")

    def _check_waiting(self, market: Market, order: Order) -> None:
        known = self.waiting.get(order.order_id) == (market, order) and order.order_id not in self.resting
        if not known or order.remaining_lots != order.size_lots or order.held_atoms <= 0:
            raise Fault(f"{order} does not belong among those that wait")

    def _check_nothing_is_triggered(self, market: Market) -> None:
        if market.phase != MarketPhase.CONTINUOUS:
            return
        last, market_id = market.last_price_ticks, market.listing.market_id
        if market.highest_trade_ticks or market.lowest_trade_ticks or market_id in self.traded_market_ids:
            raise Fault(f"market {market_id} is continuous, and nobody was asked whether its trades were waited for")
        if last != 0 and (due := market.waiting.first_met(last, last)) is not None:
            raise Fault(f"{due} still waits after a trade at {last} ticks")

    def _check_open(self, market: Market, order: Order) -> None:
        if order.expire_time_ns != 0 and order.expire_time_ns <= self.time_ns:
            raise Fault(f"{order} still rests or waits at {self.time_ns} ns")
        if order.time_in_force == TimeInForce.DAY and market.phase == MarketPhase.CLOSED:
            raise Fault(f"{order} still rests or waits in a closed market")
        scope, scope_id = self.engaged_switch(market.listing.market_id, order.account_id)
        if scope != 0:
            raise Fault(f"{order} is open under the kill switch of scope {scope} over {scope_id}")

    def lines(self) -> Iterator[str]:
        """The lines of spec/state.md, in order."""
        yield _line("venue", self.sequence, self.time_ns, self.trades, self.highest_order_id, int(self.is_stopped))
        for asset_id, asset in sorted(self.assets.items()):
            yield _line("asset", asset_id, asset.code, asset.decimals)
        for number, tier in sorted(self.tiers.items(), key=_number):
            yield _line("tier", number, tier.maker_fee_ppm, tier.taker_fee_ppm)
        for account_id, account in sorted(self.accounts.items(), key=_number):
            stopped = int(account.is_stopped)
            profile = account.profile
            allowed = profile.legal_entity, profile.products, profile.client_class, profile.restriction
            head = account_id, account.kind, account.tier, account.owner_id, stopped
            yield _line("account", *head, *allowed, profile.open_order_cap)
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
                    yield _line("order", market_id, order.side, order.price_ticks, *_from_order_id(order))
        for market_id, market in sorted(self.markets.items(), key=_number):
            for order, placed in market.waiting:
                yield _waiting_line(market_id, order, placed)


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
        market.rules.legal_entity,
        market.rules.admitted_classes,
        market.rules.price_deviation_ppm,
        market.rules.max_order_value_atoms,
        market.highest_trade_ticks,
        market.lowest_trade_ticks,
    )


def _waiting_line(market_id: int, order: Order, placed: PlaceOrder) -> str:
    direction = 1 if waits_for_rise(placed.side, placed.trigger) else 2
    trigger_price = placed.trigger_price_ticks
    return _line("waiting", market_id, direction, trigger_price, order.side, order.price_ticks, *_from_order_id(order))


def _from_order_id(order: Order) -> tuple[int, ...]:
    return (
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
