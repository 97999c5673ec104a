"""What the venue may answer. Each command yields at least one event; the events of a command are decided together.

An order's life reads: `OrderPlaced`, any number of `TradeExecuted`, and at its end exactly one `OrderFilled` or
`OrderCancelled`. A refused command yields one `CommandRejected` and changes nothing; before it, as before any command's
own events, stands what was due by its time. Every atom that moves stands in an
event, so that balances can be rebuilt from events alone.
"""

from lionrock.words.event_base import EVENTS, Event
from lionrock.words.ledger_events import (
    AccountOpened,
    AccountProfileSet,
    AssetPermissionSet,
    BeneficialOwnerSet,
    HoldPlaced,
    HoldReleased,
    HoldSettled,
    LegAdded,
    LegPosted,
    LegsDropped,
    LegsPosted,
    TradeCancelled,
    TransferPosted,
)
from lionrock.words.market_events import (
    AssetListed,
    AuctionUncrossed,
    CommandRejected,
    FeeTierAssigned,
    FeeTierSet,
    KillSwitchSet,
    MarketListed,
    MarketPhaseChanged,
    MarketPhaseScheduled,
    MarketRulesSet,
    PriceBandSet,
    TimeAdvanced,
    ValuationSet,
)
from lionrock.words.order_events import (
    HoldReduced,
    OrderAmended,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    OrderReduced,
    OrderReplenished,
    OrdersCancelled,
    OrderTriggered,
    TradeExecuted,
)

__all__ = [
    "EVENTS",
    "AccountOpened",
    "AccountProfileSet",
    "AssetListed",
    "AssetPermissionSet",
    "AuctionUncrossed",
    "BeneficialOwnerSet",
    "CommandRejected",
    "Event",
    "FeeTierAssigned",
    "FeeTierSet",
    "HoldPlaced",
    "HoldReduced",
    "HoldReleased",
    "HoldSettled",
    "KillSwitchSet",
    "LegAdded",
    "LegPosted",
    "LegsDropped",
    "LegsPosted",
    "MarketListed",
    "MarketPhaseChanged",
    "MarketPhaseScheduled",
    "MarketRulesSet",
    "OrderAmended",
    "OrderCancelled",
    "OrderFilled",
    "OrderPlaced",
    "OrderReduced",
    "OrderReplenished",
    "OrderTriggered",
    "OrdersCancelled",
    "PriceBandSet",
    "TimeAdvanced",
    "TradeCancelled",
    "TradeExecuted",
    "TransferPosted",
    "ValuationSet",
]
