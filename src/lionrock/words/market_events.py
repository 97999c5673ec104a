"""What assets and markets are, what they charge, and what phase they are in."""

from __future__ import annotations

from lionrock.words.event_base import Event, event
from lionrock.words.records import I32, I64, U8, U16, U32, U64, Text16, Text24


@event(101)
class AssetListed(Event, frozen=True, kw_only=True):
    """The ledger knows this asset from now on."""

    asset_id: U32
    """Its number."""
    decimals: U8
    """One whole unit is 10 to this power of atoms."""
    code: Text16
    """Its ticker."""


@event(103)
class FeeTierSet(Event, frozen=True, kw_only=True):
    """Orders placed from now on by accounts of this tier are charged these rates."""

    tier: U16
    """Number of the tier."""
    maker_fee_ppm: I32
    """Parts per million; below zero a rebate."""
    taker_fee_ppm: U32
    """Parts per million."""


@event(104)
class FeeTierAssigned(Event, frozen=True, kw_only=True):
    """The account's next orders are charged by this tier."""

    account_id: U64
    """Whose."""
    tier: U16
    """Which tier."""


@event(105)
class MarketListed(Event, frozen=True, kw_only=True):
    """The market takes orders from now on. Fields as in `ListMarket`."""

    market_id: U32
    """Its number."""
    base_asset_id: U32
    """What is bought and sold."""
    quote_asset_id: U32
    """What it is paid with."""
    fee_currency: U8
    """A `FeeCurrency`."""
    symbol: Text24
    """Its name."""
    tick_quote_atoms: I64
    """Price step: quote atoms for one whole unit of base."""
    lot_base_atoms: I64
    """Size step: base atoms in one lot."""
    max_price_ticks: I64
    """Highest price of an order."""
    max_size_lots: I64
    """Largest size of an order."""
    min_notional_atoms: I64
    """Smallest value of an order, in quote atoms."""
    max_notional_atoms: I64
    """Largest value of an order, in quote atoms."""
    fee_account_id: U64
    """Where its fees go."""


@event(118)
class KillSwitchSet(Event, frozen=True, kw_only=True):
    """From now on orders in its reach are refused, or taken again; the cancellations it causes follow."""

    scope: U8
    """A `KillSwitchScope`."""
    scope_id: U64
    """Id of the account or market; 0 for the site."""
    engaged: U8
    """1 when engaged."""


@event(119)
class TimeAdvanced(Event, frozen=True, kw_only=True):
    """Comes after whatever was due."""


@event(120)
class CommandRejected(Event, frozen=True, kw_only=True):
    """The command was refused and changed nothing but the count of commands and the time."""

    command_kind: U16
    """Which kind of command, as given."""
    rejection: U16
    """A `Rejection`; its entry names the two figures."""
    first_figure: I64
    """What the rule compared: usually the limit or what was needed."""
    second_figure: I64
    """What the rule compared it with: usually what was given or there."""


@event(121)
class MarketPhaseChanged(Event, frozen=True, kw_only=True):
    """From now on the market does this with orders."""

    market_id: U32
    """Which market."""
    phase: U8
    """A `MarketPhase`."""
    previous_phase: U8
    """What it did before."""


@event(122)
class MarketPhaseScheduled(Event, frozen=True, kw_only=True):
    """The market will change its phase by itself."""

    market_id: U32
    """Which market."""
    phase: U8
    """A `MarketPhase`."""
    at_time_ns: I64
    """When."""
    reference_price_ticks: I64
    """For an auction then; 0 for the last trade's price."""


@event(123)
class AuctionUncrossed(Event, frozen=True, kw_only=True):
    """The auction's price is found; its trades follow."""

    market_id: U32
    """Where."""
    price_ticks: I64
    """The one price of all its trades."""
    size_lots: I64
    """How much can trade at it, before self-trade prevention."""
    imbalance_lots: I64
    """What buyers want at it less what sellers offer."""


@event(124)
class PriceBandSet(Event, frozen=True, kw_only=True):
    """Trades of this market stay within the band from now on."""

    market_id: U32
    """Which market."""
    band_ppm: U32
    """Parts per million; 0 for no band."""


@event(127)
class MarketRulesSet(Event, frozen=True, kw_only=True):
    """These are the market's rules from now on. Fields as in `SetMarketRules`."""

    market_id: U32
    """Which market."""
    legal_entity: U16
    """Entity that operates it; 0 for any."""
    admitted_classes: U8
    """One bit for each `ClientClass`, lowest first."""
    price_deviation_ppm: U32
    """How far past the last trade a limit may reach; 0 for no limit."""
    max_order_value_atoms: I64
    """Largest value of an order, in quote atoms; 0 for what the listing says."""
    product: U8
    """Which bit of an account's products it takes."""
    minimum_fee_base_atoms: I64
    """Least that an order pays in all when its fees are in base."""
    minimum_fee_quote_atoms: I64
    """Least that an order pays in all when its fees are in quote."""


@event(137)
class ValuationSet(Event, frozen=True, kw_only=True):
    """Exposure limits count the asset so from now on. Fields as in `SetValuation`."""

    asset_id: U32
    """Which asset."""
    price_atoms: I64
    """Worth of one whole unit, in atoms of the valuation asset."""
    is_money: U8
    """1 for money."""
