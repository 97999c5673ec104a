"""What is listed: assets, markets and what they do at the moment, accounts, fee tiers; how markets write numbers."""

from __future__ import annotations

import msgspec

from lionrock.node.published import Published
from lionrock.words.amounts import format_decimal
from lionrock.words.enumerations import FeeCurrency, KillSwitchScope, MarketPhase, Side
from lionrock.words.events import (
    AccountOpened,
    AssetListed,
    FeeTierAssigned,
    FeeTierSet,
    KillSwitchSet,
    MarketListed,
    MarketPhaseChanged,
)

_KINDS = frozenset(
    {AccountOpened, AssetListed, FeeTierAssigned, FeeTierSet, KillSwitchSet, MarketListed, MarketPhaseChanged}
)


class Rates(msgspec.Struct, frozen=True):
    """Fee rates of one tier, parts per million."""

    maker_fee_ppm: int
    taker_fee_ppm: int


class Market(msgspec.Struct, frozen=True):
    """One listed market with its two assets. Prices go out as quote for one whole base, sizes as base."""

    listing: MarketListed
    base: AssetListed
    quote: AssetListed

    @property
    def market_id(self) -> int:
        return self.listing.market_id

    @property
    def symbol(self) -> str:
        return self.listing.symbol

    def price_text(self, price_ticks: int) -> str:
        return format_decimal(price_ticks * self.listing.tick_quote_atoms, self.quote.decimals)

    def size_text(self, size_lots: int) -> str:
        return format_decimal(size_lots * self.listing.lot_base_atoms, self.base.decimals)

    def quote_text(self, quote_atoms: int) -> str:
        return format_decimal(quote_atoms, self.quote.decimals)

    @property
    def lot_tick_quote_atoms(self) -> int:
        """Value of one lot at one tick; whole by the rule of listing."""
        one_base_atoms: int = 10**self.base.decimals
        return self.listing.tick_quote_atoms * self.listing.lot_base_atoms // one_base_atoms

    def average_price_text(self, quote_atoms: int, size_lots: int) -> str:
        """Price of several fills together, cut down to whole quote atoms for one base. Shown, never booked."""
        if not size_lots:
            return "0"
        average_atoms = quote_atoms * 10**self.base.decimals // (size_lots * self.listing.lot_base_atoms)
        return format_decimal(average_atoms, self.quote.decimals)

    def fee_asset(self, side: int) -> AssetListed:
        """The asset in which the fee of a fill on this side is charged (spec/fees.md)."""
        paid_in_base = self.listing.fee_currency == FeeCurrency.RECEIVED and side == Side.BUY
        return self.base if paid_in_base else self.quote

    def fee_text(self, side: int, fee_atoms: int) -> str:
        return format_decimal(fee_atoms, self.fee_asset(side).decimals)


class _Saved(msgspec.Struct, array_like=True):
    listed: bytes
    """Records of the events that listed assets and markets and opened accounts."""
    tiers: dict[int, Rates]
    account_tiers: dict[int, int]
    phases: dict[int, MarketPhase]
    engaged: list[tuple[int, int]]


class Catalogue:
    """Everything the operator has set up so far."""

    def __init__(self) -> None:
        self.assets: dict[int, AssetListed] = {}
        self.asset_by_code: dict[str, AssetListed] = {}
        self.markets: dict[int, Market] = {}
        self.market_by_symbol: dict[str, Market] = {}
        self.accounts: dict[int, AccountOpened] = {}
        self._tiers: dict[int, Rates] = {0: Rates(0, 0)}
        self._account_tiers: dict[int, int] = {}
        self._phases: dict[int, MarketPhase] = {}
        self._engaged: set[tuple[int, int]] = set()
        """Scope and id of kill switches."""

    def apply(self, published: Published) -> None:
        """Take in one frame."""
        if published.event_types.isdisjoint(_KINDS):  # most frames are of orders alone
            return
        for event in published.events:
            if type(event) not in _KINDS:  # nearly all are of orders
                continue
            match event:
                case AssetListed():
                    self.assets[event.asset_id] = self.asset_by_code[event.code] = event
                case MarketListed():
                    market = Market(event, self.assets[event.base_asset_id], self.assets[event.quote_asset_id])
                    self.markets[event.market_id] = self.market_by_symbol[event.symbol] = market
                case AccountOpened():
                    self.accounts[event.account_id] = event
                case FeeTierSet():
                    self._tiers[event.tier] = Rates(event.maker_fee_ppm, event.taker_fee_ppm)
                case FeeTierAssigned():
                    self._account_tiers[event.account_id] = event.tier
                case MarketPhaseChanged():
                    self._phases[event.market_id] = MarketPhase(event.phase)
                case KillSwitchSet(engaged=1):
                    self._engaged.add((event.scope, event.scope_id))
                case KillSwitchSet():
                    self._engaged.discard((event.scope, event.scope_id))
                case _:
                    pass

    __call__ = apply
    name = "catalogue 1"
    """Of its section in a snapshot; to be counted up when `_Saved` changes."""

    def save(self) -> bytes:
        """Everything it knows, for `load`."""
        listings = [*self.assets.values(), *(market.listing for market in self.markets.values())]
        return msgspec.msgpack.encode(
            _Saved(
                b"".join(event.pack() for event in (*listings, *self.accounts.values())),
                self._tiers,
                self._account_tiers,
                self._phases,
                sorted(self._engaged),
            )
        )

    def load(self, state: bytes) -> None:
        """Take up what another one saved, in place of any frame. Raises `ValueError`."""
        saved = msgspec.msgpack.decode(state, type=_Saved)
        self.apply(Published(1, 0, b"", b"", saved.listed))
        self._tiers, self._account_tiers, self._phases = saved.tiers, saved.account_tiers, saved.phases
        self._engaged = set(saved.engaged)

    def phase_of(self, market_id: int) -> MarketPhase:
        """What the market does with orders; a market is listed in CONTINUOUS."""
        return self._phases.get(market_id, MarketPhase.CONTINUOUS)

    def is_stopped(self, market_id: int) -> bool:
        """A kill switch over the market or the site is engaged."""
        reaching = {(KillSwitchScope.SITE, 0), (KillSwitchScope.MARKET, market_id)}
        return not reaching.isdisjoint(self._engaged)

    def is_engaged(self, scope: int, scope_id: int) -> bool:
        """Whether this very kill switch is."""
        return (scope, scope_id) in self._engaged

    @property
    def fee_tiers(self) -> dict[int, Rates]:
        """Rates by tier; tier 0 charges nothing until it is set."""
        return dict(self._tiers)

    def tier_of(self, account_id: int) -> int:
        """The fee tier of an account; 0 until one is assigned."""
        return self._account_tiers.get(account_id, 0)
