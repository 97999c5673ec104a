"""The life of orders, from being placed to their end."""

from __future__ import annotations

from lionrock.words.event_base import Event, event
from lionrock.words.records import I32, I64, U8, U32, U64


@event(110)
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
    maker_fee_ppm: I32
    """Rate of its fills while it rests, fixed for its life; below zero a rebate."""
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
    trigger_price_ticks: I32
    """The trade price it waits for; 0 without a trigger."""
    display_lots: I64
    """Most of it that shows at a time while it rests; 0 for all."""
    client_order_key: U64
    """Keyed hash of the client's own id; 0 for none."""
    minimum_fee_atoms: I64
    """Least fee it pays in all once it trades, in the asset of its fees, fixed for its life."""


@event(111)
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
    """In the asset that the market's `FeeCurrency` names for the maker's side; below zero a rebate, in the asset of the
    taker's fee."""
    taker_fee_atoms: I64
    """In the asset that the market's `FeeCurrency` names for the taker's side."""
    maker_remaining_lots: I64
    """What the resting order still wants after this."""
    in_auction: U8
    """1 in an auction: nobody takes, the seller is named as maker, the buyer as taker, both at their maker rates."""


@event(112)
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


@event(113)
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


@event(114)
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


@event(115)
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


@event(116)
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


@event(117)
class OrdersCancelled(Event, frozen=True, kw_only=True):
    """Comes after the cancellations that one `CancelOrders` caused."""

    orders: U64
    """How many."""


@event(125)
class OrderTriggered(Event, frozen=True, kw_only=True):
    """What the order waited for has happened: it comes in now, and what it does follows."""

    order_id: U64
    """Its number."""
    account_id: U64
    """Its owner."""
    market_id: U32
    """Its market."""


@event(128)
class OrderReplenished(Event, frozen=True, kw_only=True):
    """An iceberg's shown part has traded: the next part shows, at the back of its queue."""

    order_id: U64
    """Its number."""
    account_id: U64
    """Its owner."""
    market_id: U32
    """Its market."""
    shown_lots: I64
    """What shows now."""
    remaining_lots: I64
    """What it still wants, shown and hidden."""
