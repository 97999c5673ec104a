"""Messages of the venue's own streams. Prices and sizes are decimal text, sequences and times whole numbers."""

from __future__ import annotations

from typing import Literal
from zlib import crc32

import msgspec

from lionrock.gateways.rest.answers import Figure
from lionrock.gateways.websocket.limits import CHECKSUM_LEVELS

Level = tuple[str, str]
"""(price, size); in a delta a size of "0" takes the level away."""


def checksum(bids: list[Level], asks: list[Level]) -> int:
    """CRC-32 (ISO 3309, as in zlib) of the best 25 levels: bid and ask in turn, price and size, colons between.

    Bids 100.5 of 2 and 100 of 1, asks 101 of 3: of the text `100.5:2:101:3:100:1`, which is 4130375076.
    """
    parts: list[str] = []
    for place in range(CHECKSUM_LEVELS):
        for side in (bids, asks):
            parts += side[place] if place < len(side) else ()
    return crc32(":".join(parts).encode())


class BookMessage(msgspec.Struct, rename="camel", kw_only=True):
    """A book, or what changed in it."""

    type: Literal["book"] = "book"
    symbol: str
    action: Literal["snapshot", "delta"]
    first_sequence: int
    """Of a delta, one more than the `sequence` of the message before, else there is a gap. Of a snapshot, its own."""
    sequence: int
    """The journal's, of the last command the book is after."""
    time_ms: int
    """Of the last change."""
    bids: list[Level]
    asks: list[Level]
    checksum: int
    """Of the book after this message."""


class FeedTrade(msgspec.Struct, rename="camel", kw_only=True):
    """One trade."""

    id: str
    sequence: int
    time_ms: int
    price: str
    size: str
    taker_side: str
    """`BUY` or `SELL`; empty in an auction, where nobody takes."""
    in_auction: bool


class TradesMessage(msgspec.Struct, rename="camel", kw_only=True):
    """Trades of a market, oldest first."""

    type: Literal["trades"] = "trades"
    symbol: str
    action: Literal["snapshot", "update"]
    sequence: int
    """Of the last of them; 0 when there was none yet."""
    trades: list[FeedTrade]


class PhaseMessage(msgspec.Struct, rename="camel", kw_only=True):
    """What the market does with orders."""

    type: Literal["phase"] = "phase"
    symbol: str
    action: Literal["snapshot", "changed", "scheduled"]
    sequence: int
    time_ms: int
    phase: str
    """Name of a `MarketPhase`; of `scheduled`, the one to come."""
    previous_phase: str = ""
    at_ms: int = 0
    """Of `scheduled`, when."""
    is_stopped: bool = False
    """A kill switch over the market or the site is engaged."""


class AuctionMessage(msgspec.Struct, rename="camel", kw_only=True):
    """What an auction would do now, or has done."""

    type: Literal["auction"] = "auction"
    symbol: str
    action: Literal["indicative", "result", "none"]
    """`none`: nothing would trade, or there is no call."""
    sequence: int
    time_ms: int
    price: str = "0"
    volume: str = "0"
    imbalance: str = "0"
    """What buyers want at the price less what sellers offer."""


class FeedBalance(msgspec.Struct, rename="camel"):
    """What an account has of one asset."""

    asset: str
    available: str
    held: str


class FeedOrder(msgspec.Struct, rename="camel", kw_only=True):
    """An order as it stands."""

    order_id: str
    client_order_id: str
    symbol: str
    side: str
    kind: str
    """`LIMIT`, `MARKET` or `LIMIT_MAKER`."""
    time_in_force: str
    group_id: int
    status: str
    price: str
    size: str
    filled: str
    filled_quote: str


class FeedFill(msgspec.Struct, rename="camel", kw_only=True):
    """One side of a trade."""

    fill_id: str
    trade_id: str
    price: str
    size: str
    fee: str
    fee_asset: str
    is_maker: bool
    in_auction: bool


class FeedReason(msgspec.Struct, rename="camel", kw_only=True):
    """Why something was refused or ended."""

    number: int
    name: str
    words: str
    first_figure: str = ""
    second_figure: str = ""
    """Both as the core counts them: ticks, lots, atoms."""
    figures: dict[str, Figure] = {}
    """The same by name, with units."""
    next_step: str = ""


class FeedEvent(msgspec.Struct, rename="camel", kw_only=True):
    """One event of an account."""

    event: str
    """Name of the event in the record, such as `OrderPlaced`."""
    sequence: int
    index: int
    """Its place among the events of its command."""
    time_ms: int
    order: FeedOrder | None = None
    fill: FeedFill | None = None
    reason: FeedReason | None = None


class AccountSnapshot(msgspec.Struct, rename="camel", kw_only=True):
    """The account to begin with."""

    type: Literal["snapshot"] = "snapshot"
    account_id: str
    sequence: int
    orders: list[FeedOrder]
    """Those that are open."""
    balances: list[FeedBalance]


class AccountUpdate(msgspec.Struct, rename="camel", kw_only=True):
    """What some commands did, and the balances after it."""

    type: Literal["update"] = "update"
    account_id: str
    previous_sequence: int
    """Of the message before; otherwise there is a gap."""
    sequence: int
    events: list[FeedEvent]
    balances: list[FeedBalance]
    """Those that changed."""
