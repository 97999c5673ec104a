"""What may be asked of the venue. Every state the venue is ever in follows from a list of these, and from nothing else.

The node stamps `sequence` and `time_ns` on a command when it takes it in; the core knows no other order or time.
"""

from __future__ import annotations

from collections.abc import Callable

from lionrock.words.records import I32, I64, U8, U16, U32, U64, Record, RecordType, Text16, Text24, register

COMMANDS: dict[int, type[Command]] = {}
"""Every command type by its permanent number."""


def _command(kind: int) -> Callable[[type[RecordType]], type[RecordType]]:
    return register(kind, COMMANDS)


class Command(Record, frozen=True, kw_only=True):
    """Header of every command."""

    sequence: U64 = 0
    """Position in the venue's single order of commands, from 1, without gaps. Stamped by the node."""
    time_ns: I64 = 0
    """When the node took the command in, nanoseconds since 1970-01-01 UTC; never earlier than the one before."""


class Booking(Command, frozen=True, kw_only=True):
    """Header of every command that moves value outside trades: where it comes from."""

    tax_report_type: U16 = 0
    """What tax reports call it, a code of the site's reporting schema; 0 for not reported."""
    actor_kind: U8 = 0
    """An `ActorKind`: what asked for it."""
    actor_id: U64 = 0
    """Who asked: an opaque number of the kind's own; 0 for nobody in particular."""
    authority_id: U64 = 0
    """Who or what approved it, a number like the actor's; 0 for none. A correction needs one that is not the actor."""
    source: U32 = 0
    """Which outside numbering `source_sequence` belongs to, such as a chain's deposits; 0 for none."""
    source_sequence: U64 = 0
    """Greater than that of every command of this source before, so that nothing is booked twice."""


@_command(1)
class ListAsset(Command, frozen=True, kw_only=True):
    """The operator makes an asset known to the ledger."""

    asset_id: U32
    """Chosen by the operator, greater than zero."""
    decimals: U8
    """One whole unit is 10 to this power of atoms, the asset's smallest ledger unit; at most 18."""
    code: Text16
    """Ticker, such as BTC: capital letters and digits."""


@_command(2)
class OpenAccount(Command, frozen=True, kw_only=True):
    """An account is opened in the ledger. Who stands behind it is not the ledger's business."""

    account_id: U64
    """Opaque number given by the node, greater than zero."""
    account_kind: U8
    """An `AccountKind`."""


@_command(3)
class SetFeeTier(Command, frozen=True, kw_only=True):
    """The operator sets the rates of one fee tier. Orders already placed keep the rates they were placed with."""

    tier: U16
    """Tier 0 is where every account starts."""
    maker_fee_ppm: I32
    """Charged on a resting order's fill, parts per million of what it is charged on; below zero a rebate.
    From -1,000,000 to 1,000,000."""
    taker_fee_ppm: U32
    """Charged on an incoming order's fill, parts per million; at most 1,000,000."""


@_command(4)
class AssignFeeTier(Command, frozen=True, kw_only=True):
    """The operator moves an account to a fee tier."""

    account_id: U64
    """Whose orders are charged by this tier from now on."""
    tier: U16
    """A tier that `SetFeeTier` has set."""


@_command(5)
class ListMarket(Command, frozen=True, kw_only=True):
    """The operator opens a market. It is listed only when every product of its limits is proved to fit in 64 bits."""

    market_id: U32
    """Chosen by the operator, greater than zero."""
    base_asset_id: U32
    """What is bought and sold."""
    quote_asset_id: U32
    """What it is paid with."""
    fee_currency: U8
    """A `FeeCurrency`."""
    symbol: Text24
    """Name of the market, such as BTCUSDT: capital letters, digits and dashes."""
    tick_quote_atoms: I64
    """Price step: quote atoms for one whole unit of base."""
    lot_base_atoms: I64
    """Size step: base atoms in one lot."""
    max_price_ticks: I64
    """Highest price an order may have; at most 2^30 - 1."""
    max_size_lots: I64
    """Largest size an order may have."""
    min_notional_atoms: I64
    """Smallest value of an order, in quote atoms."""
    max_notional_atoms: I64
    """Largest value of an order, in quote atoms."""
    fee_account_id: U64
    """Account of kind FEE that receives this market's fees."""


@_command(6)
class Transfer(Booking, frozen=True, kw_only=True):
    """Available value moves from one account to another, at once and whole, or not at all."""

    asset_id: U32
    """What moves."""
    debit_account_id: U64
    """Where it leaves."""
    credit_account_id: U64
    """Where it arrives."""
    amount_atoms: I64
    """How much, greater than zero."""
    purpose: U16
    """A `TransferPurpose`."""


@_command(7)
class SetBeneficialOwner(Command, frozen=True, kw_only=True):
    """The operator says who stands behind an account; until then every account is its own owner."""

    account_id: U64
    """Whose orders, from the next incoming one on, count as this owner's."""
    owner_id: U64
    """Opaque number, greater than zero; accounts with the same one do not trade with each other unless they ask to."""


@_command(10)
class PlaceOrder(Command, frozen=True, kw_only=True):
    """A client asks for an order: it is refused whole, or it trades at once what it can and the rest rests or ends."""

    order_id: U64
    """Given by the node; greater than that of every order before, so that no id is ever used twice."""
    account_id: U64
    """Whose order it is; an account of kind CLIENT."""
    market_id: U32
    """Where it goes."""
    side: U8
    """A `Side`."""
    order_type: U8
    """An `OrderType`."""
    time_in_force: U8
    """A `TimeInForce`."""
    post_only: U8
    """1: end the order rather than let it take. Only for a limit order that may rest."""
    price_ticks: I64
    """Limit price; 0 for a market order."""
    size_lots: I64
    """How much base; 0 for a market order by quote amount."""
    quote_amount_atoms: I64
    """Market order by quote amount: what to spend (buy) or to raise before fees (sell); otherwise 0."""
    self_trade_prevention: U8 = 0
    """A `SelfTradePrevention`."""
    expire_time_ns: I64 = 0
    """When a good-till-date order ends, nanoseconds since 1970-01-01 UTC; otherwise 0."""
    group_id: U32 = 0
    """The client's own number for orders that are cancelled together, such as those of one connection; 0 for none."""
    trigger: U8 = 0
    """A `Trigger`."""
    trigger_price_ticks: I32 = 0
    """The trade price it waits for; 0 without a trigger."""
    display_lots: I64 = 0
    """Most of it that shows at a time while it rests (an iceberg); 0 to show all."""
    client_order_key: U64 = 0
    """Keyed hash of the client's own id for the order, made by the node; 0 for none."""


@_command(11)
class CancelOrder(Command, frozen=True, kw_only=True):
    """A client takes back what is left of a resting order."""

    order_id: U64
    """The order to end; 0 to name it by the client's own id."""
    account_id: U64
    """Who asks; must be its owner."""
    client_order_key: U64 = 0
    """The client's own id, hashed as in `PlaceOrder`; looked at only when the order id is 0."""


@_command(12)
class AmendOrder(Command, frozen=True, kw_only=True):
    """A client changes price or size of a resting order.

    Made smaller at its price it keeps its place; otherwise it goes to the back of the queue at its price, and may trade
    on the way.
    """

    order_id: U64
    """The order to change; 0 to name it by the client's own id."""
    account_id: U64
    """Who asks; must be its owner."""
    price_ticks: I64
    """The new price; the old one to leave it."""
    size_lots: I64
    """The new size, what has traded included; the old one to leave it."""
    client_order_key: U64 = 0
    """The client's own id, hashed as in `PlaceOrder`; looked at only when the order id is 0."""


@_command(13)
class CancelOrders(Command, frozen=True, kw_only=True):
    """Takes back every resting order that fits, in order of their ids. At least one of account and market is named."""

    account_id: U64
    """Whose orders; 0 for everybody's."""
    market_id: U32
    """In which market; 0 for all."""
    group_id: U32
    """Of which group of that account; 0 for any. Only together with an account."""
    reason: U8
    """REQUESTED or DISCONNECTED, a `CancelReason`."""


@_command(14)
class SetKillSwitch(Command, frozen=True, kw_only=True):
    """Engaged, it cancels every order in its reach and lets no new one in; released, it lets orders in again."""

    scope: U8
    """A `KillSwitchScope`."""
    scope_id: U64
    """Id of the account or market; 0 for the site."""
    engaged: U8
    """1 to engage, 0 to release."""


@_command(15)
class AdvanceTime(Command, frozen=True, kw_only=True):
    """Nothing but its time: what is due by then happens, as it does before every command."""


@_command(16)
class SetMarketPhase(Command, frozen=True, kw_only=True):
    """The operator changes what a market does with orders, now or at a time to come.

    Entering CONTINUOUS or CLOSED holds an auction if the book is crossed.
    """

    market_id: U32
    """Which market."""
    phase: U8
    """A `MarketPhase`."""
    at_time_ns: I64
    """When, nanoseconds since 1970-01-01 UTC; 0 for now."""
    reference_price_ticks: I64
    """What an auction stays near when volume and imbalance leave a choice; 0 for the last trade's price."""


@_command(17)
class SetPriceBand(Command, frozen=True, kw_only=True):
    """The operator says how far a trade may be from the last one before an auction is held instead."""

    market_id: U32
    """Which market."""
    band_ppm: U32
    """Parts per million of the last trade's price, up and down; 0 for no band."""


@_command(18)
class SetAccountProfile(Command, frozen=True, kw_only=True):
    """Compliance says what an account may do; all of it at once, from the next command on."""

    account_id: U64
    """Whose."""
    legal_entity: U16
    """Which of the site's entities it contracts with; 0, as every account begins, for any."""
    products: U32
    """Bit 0: spot. Every account begins with all bits."""
    client_class: U8
    """A `ClientClass`."""
    restriction: U8
    """An `AccountRestriction`."""
    open_order_cap: U32
    """Most orders that may rest or wait at a time; 0 for no cap."""
    exposure_limit_atoms: I64 = 0
    """Most that its assets and what it holds in money may be worth, in atoms of the valuation asset; 0 for no limit."""


@_command(19)
class SetMarketRules(Command, frozen=True, kw_only=True):
    """The operator says who may trade in a market and how far an order may reach; all of it at once."""

    market_id: U32
    """Which market."""
    legal_entity: U16
    """Entity that operates it; 0, as every market begins, for any."""
    admitted_classes: U8
    """One bit for each `ClientClass`, lowest first. Every market begins with 15, all."""
    price_deviation_ppm: U32
    """How far past the last trade a limit may reach, parts per million; 0 for no limit."""
    max_order_value_atoms: I64
    """Largest value of an order, in quote atoms; 0 for what the listing says."""
    product: U8 = 0
    """Which bit of an account's products it takes to trade here, 0 to 31; 0 is spot."""
    minimum_fee_base_atoms: I64 = 0
    """Least that an order pays in all when its fees are in base; 0 for no least."""
    minimum_fee_quote_atoms: I64 = 0
    """Least that an order pays in all when its fees are in quote; 0 for no least."""


@_command(20)
class AddLeg(Command, frozen=True, kw_only=True):
    """One leg of a transfer that `PostLegs` will book whole or not at all. Nothing moves yet."""

    transfer_id: U64
    """Which transfer, greater than zero; its first leg begins it."""
    account_id: U64
    """Whose account."""
    asset_id: U32
    """What moves."""
    amount_atoms: I64
    """Above zero what arrives, below zero what leaves."""
    hold_id: U64 = 0
    """The hold it leaves from; 0 for what is available."""


@_command(21)
class PostLegs(Booking, frozen=True, kw_only=True):
    """Books every leg of a transfer in one step, or none."""

    transfer_id: U64
    """Which transfer."""
    legs: U16
    """How many legs it is meant to have."""
    purpose: U16
    """A `TransferPurpose`."""


@_command(22)
class DropLegs(Command, frozen=True, kw_only=True):
    """Forgets the legs of a transfer that will not be booked."""

    transfer_id: U64
    """Which transfer."""


@_command(23)
class PlaceHold(Booking, frozen=True, kw_only=True):
    """Sets available value aside for something that is decided later, such as a withdrawal under way."""

    hold_id: U64
    """Given by the node; greater than that of every hold before."""
    account_id: U64
    """Whose value."""
    asset_id: U32
    """What is held."""
    amount_atoms: I64
    """How much, greater than zero."""
    purpose: U16
    """A `TransferPurpose`: what it is held for."""


@_command(24)
class SettleHold(Booking, frozen=True, kw_only=True):
    """What was held, or a part of it, goes where it was held for."""

    hold_id: U64
    """Which hold."""
    credit_account_id: U64
    """Where it arrives."""
    amount_atoms: I64
    """How much, greater than zero."""
    release_rest: U8
    """1 to make the rest available again, 0 to keep it held."""


@_command(25)
class ReleaseHold(Booking, frozen=True, kw_only=True):
    """What is still held is available again."""

    hold_id: U64
    """Which hold."""


@_command(26)
class CancelTrade(Booking, frozen=True, kw_only=True):
    """Books an error trade back: what both sides gave, received and paid in fees. The orders stay as they are.

    Takes two people, like every correction.
    """

    trade_id: U64
    """Which trade; not older than `TRADE_MEMORY_NS`."""


@_command(27)
class SetValuation(Command, frozen=True, kw_only=True):
    """Says what an asset is worth to the exposure limits, in atoms of the site's one valuation asset."""

    asset_id: U32
    """Which asset."""
    price_atoms: I64
    """Worth of one whole unit; 0, as every asset begins, to leave it out."""
    is_money: U8
    """1 for money: it counts only while it is held, for an order or otherwise."""


@_command(28)
class SetAssetPermission(Command, frozen=True, kw_only=True):
    """Says whether an account may acquire an asset by trading. It always may get rid of it."""

    account_id: U64
    """Whose."""
    asset_id: U32
    """Which asset."""
    permitted: U8
    """1, as every account begins for every asset, or 0."""
