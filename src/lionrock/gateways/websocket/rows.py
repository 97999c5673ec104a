"""Rows of the contract's topics. Field names are the contract's."""

from __future__ import annotations

import msgspec

from lionrock.gateways.rest.rows import EXCHANGE_ID

_EXCHANGE_NUMBER = int(EXCHANGE_ID)
Level = tuple[str, str]


class DepthRow(msgspec.Struct, omit_defaults=False):
    """A whole book."""

    s: str
    """Symbol."""
    t: int
    """Milliseconds of the last change."""
    v: str
    """Version: the journal's sequence that the book is after, and `_0`."""
    b: list[Level]
    """Bids, (price, size), best first."""
    a: list[Level]
    """Asks."""
    e: int = _EXCHANGE_NUMBER
    o: int = 0


class DiffDepthRow(msgspec.Struct):
    """Changed levels of a merged book; size "0" takes a level away."""

    t: int
    v: str
    b: list[Level]
    a: list[Level]
    o: int
    """0 for the snapshot; then one more for each frame."""
    e: int = _EXCHANGE_NUMBER


class StatisticsRow(msgspec.Struct):
    """The last 24 hours."""

    t: int
    s: str
    sn: str
    c: str
    """Last price."""
    h: str
    l: str  # noqa: E741 the contract's name
    o: str
    v: str
    """Base."""
    qv: str
    """Quote."""
    m: str
    """Change of the price as a part of the first one, four decimals, cut."""
    e: int = _EXCHANGE_NUMBER


class TradeRow(msgspec.Struct):
    """One trade."""

    v: str
    """Trade id."""
    t: int
    p: str
    q: str
    m: bool
    """The buyer was the maker."""


class CandleRow(msgspec.Struct):
    """A candle as it is now."""

    t: int
    """Milliseconds of its begin."""
    s: str
    sn: str
    c: str
    h: str
    l: str  # noqa: E741 the contract's name
    o: str
    v: str


class BestRow(msgspec.Struct):
    """Best bid and ask; "0" where a side is empty."""

    s: str
    b: str
    bz: str
    a: str
    az: str
    t: int
    v: str
