"""What the venue knows between two commands, and the lines of spec/state.md that say it.

Listed assets and markets, profiles of accounts and rules of markets are kept as the very commands that set them: the
auditor adds nothing to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn, TypeVar

from lionrock.sim.auditor.book import Market, Order, waits_for_rise
from lionrock.sim.auditor.client_ids import ClientIds
from lionrock.sim.auditor.ledger import Ledger
from lionrock.sim.auditor.recent_trades import RecentTrade, RecentTrades
from lionrock.words.commands import AddLeg, ListAsset, PlaceOrder, SetAccountProfile, SetValuation
from lionrock.words.enumerations import AccountRestriction, KillSwitchScope, MarketPhase, Side, TimeInForce
from lionrock.words.events import Event
from lionrock.words.faults import Fault
from lionrock.words.limits import MAX_ATOMS, MAX_LEGS
from lionrock.words.rejections import Rejection

LARGEST_FIGURE = 2**63 - 1
"""Figures are signed 64-bit numbers; a larger one is given as this (spec/markets.md)."""
SMALLEST_FIGURE = -(2**63)
"""The other end, where a figure stops as well (spec/ledger.md)."""

Entry = TypeVar("Entry")


class RefusedError(Exception):
    """The way out of a rule that refuses its command; becomes a `CommandRejected` in `Auditor` and goes no further."""

    def __init__(self, rejection: Rejection, first_figure: int, second_figure: int) -> None:
        self.rejection = rejection
        self.first_figure = max(SMALLEST_FIGURE, min(first_figure, LARGEST_FIGURE))
        self.second_figure = max(SMALLEST_FIGURE, min(second_figure, LARGEST_FIGURE))


def refuse(rejection: Rejection, first_figure: int = 0, second_figure: int = 0) -> NoReturn:
    raise RefusedError(rejection, first_figure, second_figure)


def refuse_if(condition: bool, rejection: Rejection, first_figure: int = 0, second_figure: int = 0) -> None:
    if condition:
        raise RefusedError(rejection, first_figure, second_figure)


def known_or_refuse(entries: dict[int, Entry], number: int, rejection: Rejection) -> Entry:
    """The entry with this number; when there is none, refuses with the number as first figure."""
    entry = entries.get(number)
    return refuse(rejection, number) if entry is None else entry


def refuse_if_frozen(venue: Venue, account_id: int) -> None:
    """Of an account that value is to leave."""
    is_frozen = venue.accounts[account_id].profile.restriction == AccountRestriction.FROZEN
    refuse_if(is_frozen, Rejection.ACCOUNT_FROZEN, account_id)


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
    forbidden_asset_ids: set[int] = field(default_factory=set)
    """What it may not acquire by trading."""


@dataclass(slots=True)
class FeeTier:
    """Rates in parts per million."""

    maker_fee_ppm: int = 0
    taker_fee_ppm: int = 0


@dataclass(slots=True)
class Hold:
    """Value set aside for something else than an order (spec/holds.md). `purpose` is a `TransferPurpose`."""

    account_id: int
    asset_id: int
    amount_atoms: int
    """What is left of it, above zero."""
    purpose: int


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
    client_ids: ClientIds = field(default_factory=ClientIds)
    holds: dict[int, Hold] = field(default_factory=dict)
    legs: dict[int, list[AddLeg]] = field(default_factory=dict)
    """By transfer, the legs of those that are neither posted nor dropped, in the order in which they were added."""
    sources: dict[int, int] = field(default_factory=dict)
    """By source, the highest of its numbers that was booked."""
    recent_trades: RecentTrades = field(default_factory=RecentTrades)
    valuations: dict[int, SetValuation] = field(default_factory=dict)
    """By asset; one that nobody valued is not in it."""
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
    highest_hold_id: int = 0
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

    def take_from_hold(self, hold_id: int, atoms: int) -> None:
        """The hold is so much smaller, and over when nothing is left; the balances are the caller's."""
        hold = self.holds[hold_id]
        hold.amount_atoms -= atoms
        if hold.amount_atoms == 0:
            del self.holds[hold_id]

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
        with_ids = [order for _, order in in_books + in_wait if order.client_order_key != 0]
        open_with_ids = {(order.account_id, order.client_order_key): order.order_id for order in with_ids}
        self.client_ids.check(open_with_ids, self.time_ns)
        for hold_id, hold in self.holds.items():
            self._check_hold(hold_id, hold)
            held[hold.account_id, hold.asset_id] = held.get((hold.account_id, hold.asset_id), 0) + hold.amount_atoms
        for transfer_id, legs in self.legs.items():
            self._check_legs(transfer_id, legs)
        self.recent_trades.check(self.trades, self.time_ns)
        self.ledger.check_all(held)

    def _check_hold(self, hold_id: int, hold: Hold) -> None:
        if not 0 < hold_id <= self.highest_hold_id or hold.amount_atoms <= 0:
            raise Fault(f"hold {hold_id} cannot be: {hold}")

    def _check_legs(self, transfer_id: int, legs: list[AddLeg]) -> None:
        are_sound = all(
            leg.transfer_id == transfer_id
            and leg.account_id in self.accounts
            and leg.asset_id in self.assets
            and 0 < abs(leg.amount_atoms) <= MAX_ATOMS
            for leg in legs
        )
        if not are_sound or not 0 < len(legs) <= MAX_LEGS or transfer_id == 0:
            raise Fault(f"transfer {transfer_id} cannot have these {len(legs)} legs: {legs}")

    def _check_resting(self, market: Market, order: Order) -> None:
        if self.resting.get(order.order_id) != (market, order) or not 0 < order.remaining_lots <= order.size_lots:
            raise Fault(f"{order} does not belong in the book")
        most_lots = min(order.display_lots or order.remaining_lots, order.remaining_lots)
        if not 0 < order.shown_lots <= most_lots or (order.display_lots == 0 and order.shown_lots < most_lots):
            raise Fault(f"{order} shows another part of itself than it may")

    def _check_waiting(self, market: Market, order: Order) -> None:
        known = self.waiting.get(order.order_id) == (market, order) and order.order_id not in self.resting
        is_untouched = order.remaining_lots == order.size_lots and order.shown_lots == order.fee_charged_atoms == 0
        if not known or not is_untouched or order.held_atoms <= 0:
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
        due_atoms, charged_atoms, least_atoms = order.fee_due_atoms, order.fee_charged_atoms, order.minimum_fee_atoms
        is_charged_well = 0 <= charged_atoms <= max(due_atoms, least_atoms) and (charged_atoms or not due_atoms)
        if least_atoms < 0 or not is_charged_well or (least_atoms == 0 and due_atoms != 0):
            raise Fault(f"{order} was charged {charged_atoms} atoms of {due_atoms}, its least is {least_atoms}")

    def lines(self) -> Iterator[str]:
        """The lines of spec/state.md, in order."""
        rest = self.highest_order_id, int(self.is_stopped), self.highest_hold_id
        yield _line("venue", self.sequence, self.time_ns, self.trades, *rest)
        for asset_id, asset in sorted(self.assets.items(), key=_number):
            valuation = self.valuations.get(asset_id)
            valued = (valuation.price_atoms, valuation.is_money) if valuation else (0, 0)
            yield _line("asset", asset_id, asset.code, asset.decimals, *valued)
        for number, tier in sorted(self.tiers.items(), key=_number):
            yield _line("tier", number, tier.maker_fee_ppm, tier.taker_fee_ppm)
        for account_id, account in sorted(self.accounts.items(), key=_number):
            stopped = int(account.is_stopped)
            profile = account.profile
            allowed = profile.legal_entity, profile.products, profile.client_class, profile.restriction
            head = account_id, account.kind, account.tier, account.owner_id, stopped
            yield _line("account", *head, *allowed, profile.open_order_cap, profile.exposure_limit_atoms)
        for _, market in sorted(self.markets.items(), key=_number):
            yield _market_line(market)
        for (account_id, asset_id), balance in sorted(self.ledger.balances.items(), key=_number):
            if balance.available != 0 or balance.held != 0:
                yield _line("balance", account_id, asset_id, balance.available, balance.held)
        yield from self._lines_after_balances()
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
        for taken in self.client_ids:
            yield _line("client", *taken)
        for trade in self.recent_trades:
            yield _trade_line(trade)

    def _lines_after_balances(self) -> Iterator[str]:
        for account_id, account in sorted(self.accounts.items(), key=_number):
            for asset_id in sorted(account.forbidden_asset_ids):
                yield _line("forbidden", account_id, asset_id)
        for hold_id, hold in sorted(self.holds.items(), key=_number):
            yield _line("hold", hold_id, hold.account_id, hold.asset_id, hold.amount_atoms, hold.purpose)
        for transfer_id, legs in sorted(self.legs.items(), key=_number):
            for number, leg in enumerate(legs):
                moves = leg.account_id, leg.asset_id, leg.amount_atoms
                yield _line("leg", transfer_id, number, *moves, leg.hold_id)
        for source, source_sequence in sorted(self.sources.items()):
            yield _line("source", source, source_sequence)


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
        market.rules.product,
        market.rules.minimum_fee_base_atoms,
        market.rules.minimum_fee_quote_atoms,
        market.highest_trade_ticks,
        market.lowest_trade_ticks,
    )


def _waiting_line(market_id: int, order: Order, placed: PlaceOrder) -> str:
    direction = 1 if waits_for_rise(placed.side, placed.trigger) else 2
    trigger_price = placed.trigger_price_ticks
    return _line("waiting", market_id, direction, trigger_price, order.side, order.price_ticks, *_from_order_id(order))


def _trade_line(trade: RecentTrade) -> str:
    return _line(
        "trade",
        trade.trade_id,
        trade.time_ns,
        trade.market_id,
        trade.buyer_account_id,
        trade.seller_account_id,
        trade.buyer_base_atoms,
        trade.buyer_quote_atoms,
        trade.seller_base_atoms,
        trade.seller_quote_atoms,
        int(trade.is_cancelled),
    )


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
        order.display_lots,
        order.shown_lots or order.part_that_shows(order.remaining_lots),  # of who waits, what would show now
        order.client_order_key,
        order.minimum_fee_atoms,
        order.fee_due_atoms,
        order.fee_charged_atoms,
    )
