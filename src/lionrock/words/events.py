"""What the venue may answer. Each command yields at least one event; the events of a command are decided together.

An order's life reads: `OrderPlaced`, any number of `TradeExecuted`, and at its end exactly one `OrderFilled` or
`OrderCancelled`. A refused command yields one `CommandRejected` and changes nothing; before it, as before any command's
own events, stands what was due by its time. Every atom that moves stands in an
event, so that balances can be rebuilt from events alone.
"""

from __future__ import annotations

from collections.abc import Callable

from lionrock.words.records import I64, U8, U16, U32, U64, Record, RecordType, Text16, Text24, register

EVENTS: dict[int, type[Event]] = {}
"""Every event type by its permanent number."""


def _event(kind: int) -> Callable[[type[RecordType]], type[RecordType]]:
    return register(kind, EVENTS)


class Event(Record, frozen=True, kw_only=True):
    """Header of every event."""

    index: U32
    """Position among the events of its command, from 0."""
    sequence: U64
    """The command that caused it."""
    time_ns: I64
    """That command's time."""


@_event(101)
class AssetListed(Event, frozen=True, kw_only=True):
    """The ledger knows this asset from now on."""

    asset_id: U32
    """Its number."""
    decimals: U8
    """One whole unit is 10 to this power of atoms."""
    code: Text16
    """Its ticker."""


@_event(102)
class AccountOpened(Event, frozen=True, kw_only=True):
    """The account exists and is empty."""

    account_id: U64
    """Its number."""
    account_kind: U8
    """An `AccountKind`."""


@_event(103)
class FeeTierSet(Event, frozen=True, kw_only=True):
    """Orders placed from now on by accounts of this tier are charged these rates."""

    tier: U16
    """Number of the tier."""
    maker_fee_ppm: U32
    """Parts per million."""
    taker_fee_ppm: U32
    """Parts per million."""


@_event(104)
class FeeTierAssigned(Event, frozen=True, kw_only=True):
    """The account's next orders are charged by this tier."""

    account_id: U64
    """Whose."""
    tier: U16
    """Which tier."""


@_event(105)
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


@_event(106)
class TransferPosted(Event, frozen=True, kw_only=True):
    """Both legs are in the ledger."""

    asset_id: U32
    """What moved."""
    debit_account_id: U64
    """Where it left."""
    credit_account_id: U64
    """Where it arrived."""
    amount_atoms: I64
    """How much."""
    purpose: U16
    """A `TransferPurpose`."""


@_event(107)
class BeneficialOwnerSet(Event, frozen=True, kw_only=True):
    """The account's orders count as this owner's from now on."""

    account_id: U64
    """Whose."""
    owner_id: U64
    """Who stands behind it."""


@_event(110)
class OrderPlaced(Event, frozen=True, kw_only=True):
    """The order was accepted and its funds are held; what it trades follows as further events."""

    order_id: U64
    """Its number."""
    account_id: U64
    """Its owner."""
    market_id: U32
    """Its market."""
    side: U8
    """A `Side`."""
    order_type: U8
    """An `OrderType`."""
    time_in_force: U8
    """A `TimeInForce`."""
    post_only: U8
    """1 when it may not take."""
    price_ticks: I64
    """Limit price; 0 for a market order."""
    size_lots: I64
    """Size; 0 for a market order by quote amount."""
    quote_amount_atoms: I64
    """Amount of quote of such an order; otherwise 0."""
    held_atoms: I64
    """Moved from available to held before matching: quote for a buy, base for a sell."""
    maker_fee_ppm: U32
    """Rate of its fills while it rests, fixed for its life."""
    taker_fee_ppm: U32
    """Rate of its fills as it comes in, fixed for its life."""
    self_trade_prevention: U8
    """A `SelfTradePrevention`."""
    expire_time_ns: I64
    """When it ends by itself; 0 for never."""
    group_id: U32
    """The client's own number for orders cancelled together; 0 for none."""
    trigger: U8
    """A `Trigger`; with one, the order waits."""
    trigger_price_ticks: I64
    """The trade price it waits for; 0 without a trigger."""


@_event(111)
class TradeExecuted(Event, frozen=True, kw_only=True):
    """One incoming order traded with one resting order, at the resting order's price."""

    market_id: U32
    """Where."""
    taker_side: U8
    """`Side` of the incoming order; the maker's is the other."""
    trade_id: U64
    """Counts the venue's trades from 1."""
    maker_order_id: U64
    """The resting order."""
    taker_order_id: U64
    """The incoming order."""
    maker_account_id: U64
    """Owner of the resting order."""
    taker_account_id: U64
    """Owner of the incoming order."""
    price_ticks: I64
    """At which price."""
    size_lots: I64
    """How much base."""
    quote_atoms: I64
    """Price times size, exactly, in quote atoms."""
    maker_fee_atoms: I64
    """In the asset that the market's `FeeCurrency` names for the maker's side."""
    taker_fee_atoms: I64
    """In the asset that the market's `FeeCurrency` names for the taker's side."""
    maker_remaining_lots: I64
    """What the resting order still wants after this."""
    in_auction: U8
    """1 in an auction: nobody takes, the seller is named as maker, the buyer as taker, both at their maker rates."""


@_event(112)
class OrderFilled(Event, frozen=True, kw_only=True):
    """The order traded all it asked for and is over."""

    order_id: U64
    """Its number."""
    account_id: U64
    """Its owner."""
    market_id: U32
    """Its market."""
    filled_lots: I64
    """All it traded in its life."""
    released_atoms: I64
    """What was still held and is available again (better price, lower fee): quote for a buy, base for a sell."""


@_event(113)
class OrderCancelled(Event, frozen=True, kw_only=True):
    """The order is over with a part of it not traded."""

    order_id: U64
    """Its number."""
    account_id: U64
    """Its owner."""
    market_id: U32
    """Its market."""
    reason: U8
    """A `CancelReason`."""
    filled_lots: I64
    """All it traded in its life."""
    remaining_lots: I64
    """What it did not trade; 0 for a market order by quote amount."""
    released_atoms: I64
    """What was still held and is available again: quote for a buy, base for a sell."""


@_event(114)
class HoldReduced(Event, frozen=True, kw_only=True):
    """An order traded for less than it held, or shrank, and rests: what it need not hold is available again."""

    order_id: U64
    """The resting order."""
    account_id: U64
    """Its owner."""
    market_id: U32
    """Its market."""
    released_atoms: I64
    """Moved from held to available, greater than zero: quote for a buy, base for a sell."""


@_event(115)
class OrderAmended(Event, frozen=True, kw_only=True):
    """The order has a new price or size; what it trades on its way back into the book follows as further events."""

    order_id: U64
    """Its number, which stays."""
    account_id: U64
    """Its owner."""
    market_id: U32
    """Its market."""
    priority_kept: U8
    """1 when it stands where it stood."""
    price_ticks: I64
    """Its limit from now on."""
    size_lots: I64
    """Its size from now on, what has traded included."""
    remaining_lots: I64
    """What it still wants."""
    held_atoms: I64
    """What it holds from now on; the difference moved between held and available."""


@_event(116)
class OrderReduced(Event, frozen=True, kw_only=True):
    """Self-trade prevention took a part of the order away without a trade; the rest goes on."""

    order_id: U64
    """Its number."""
    account_id: U64
    """Its owner."""
    market_id: U32
    """Its market."""
    reduced_lots: I64
    """What was taken away."""
    remaining_lots: I64
    """What it still wants; greater than zero."""
    released_atoms: I64
    """What it need not hold any more: quote for a buy, base for a sell."""


@_event(117)
class OrdersCancelled(Event, frozen=True, kw_only=True):
    """Comes after the cancellations that one `CancelOrders` caused."""

    orders: U64
    """How many."""


@_event(118)
class KillSwitchSet(Event, frozen=True, kw_only=True):
    """From now on orders in its reach are refused, or taken again; the cancellations it causes follow."""

    scope: U8
    """A `KillSwitchScope`."""
    scope_id: U64
    """Id of the account or market; 0 for the site."""
    engaged: U8
    """1 when engaged."""


@_event(119)
class TimeAdvanced(Event, frozen=True, kw_only=True):
    """Comes after whatever was due."""


@_event(121)
class MarketPhaseChanged(Event, frozen=True, kw_only=True):
    """From now on the market does this with orders."""

    market_id: U32
    """Which market."""
    phase: U8
    """A `MarketPhase`."""
    previous_phase: U8
    """What it did before."""


@_event(122)
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


@_event(123)
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


@_event(124)
class PriceBandSet(Event, frozen=True, kw_only=True):
    """Trades of this market stay within the band from now on."""

    market_id: U32
    """Which market."""
    band_ppm: U32
    """Parts per million; 0 for no band."""


@_event(125)
class OrderTriggered(Event, frozen=True, kw_only=True):
    """What the order waited for has happened: it comes in now, and what it does follows."""

    order_id: U64
    """Its number."""
    account_id: U64
    """Its owner."""
    market_id: U32
    """Its market."""


@_event(126)
class AccountProfileSet(Event, frozen=True, kw_only=True):
    """The account may do this from now on. Fields as in `SetAccountProfile`."""

    account_id: U64
    """Whose."""
    legal_entity: U16
    """Entity it contracts with; 0 for any."""
    products: U32
    """Bit 0: spot."""
    client_class: U8
    """A `ClientClass`."""
    restriction: U8
    """An `AccountRestriction`."""
    open_order_cap: U32
    """Most orders that may rest or wait at a time; 0 for no cap."""


@_event(127)
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


@_event(120)
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
