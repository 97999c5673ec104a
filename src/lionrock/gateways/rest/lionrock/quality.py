"""How good the markets are, for anybody to read: spreads, depth, both sides, trades, and how long the venue is up."""

from __future__ import annotations

import msgspec

from lionrock.gateways.rest.contract import NS_PER_MS, Call, Endpoint, Security, Venue
from lionrock.gateways.rest.errors import Refused
from lionrock.views.candles import MINUTE_MS
from lionrock.views.catalogue import Market
from lionrock.views.quality import CADENCE_NS, HOURS, NEAR_BP, Quality
from lionrock.words.amounts import format_decimal

_SPREAD_DECIMALS = 4
_SHARE_DECIMALS = 6
_MINUTES_PER_HOUR = 60


class NearDepth(msgspec.Struct, rename="camel", kw_only=True):
    """What stands near the middle of the book."""

    within_bp: int
    """Basis points from the middle between the best prices."""
    bids: str
    """In base, on average over time."""
    asks: str
    """In base, on average over time."""


class QualityWindow(msgspec.Struct, rename="camel", kw_only=True):
    """One market over some hours. Averages are over the measured time in which both sides were there."""

    hours: int
    measured_ms: int
    """How much of the time was measured; less than the hours when the site began later or was down."""
    both_sides_share: str | None
    """Of the measured time, between 0 and 1; null where nothing was measured."""
    spread_bp: str | None
    """Between the best prices, in basis points of their middle; null where both sides never were there."""
    depth: list[NearDepth]
    """None where both sides never were there."""
    trades: int
    """How many there were, whether measured or not."""


class SymbolQuality(msgspec.Struct, rename="camel", kw_only=True):
    """One market over the last hour and the last 24."""

    symbol: str
    windows: list[QualityWindow]


class UptimeWindow(msgspec.Struct, rename="camel", kw_only=True):
    """How long the venue took orders."""

    hours: int
    since_ms: int
    """Where the time begins: so many hours ago, or when measuring began."""
    up_share: str | None
    """Of the time since then, between 0 and 1; null where measuring has just begun."""


class VenueQuality(msgspec.Struct, rename="camel", kw_only=True):
    """All markets, and the venue itself."""

    sampled_every_ms: int
    uptime: list[UptimeWindow]
    symbols: list[SymbolQuality]


async def quality(venue: Venue, _call: Call) -> VenueQuality:
    """As it was measured; the last minute is not over yet."""
    if venue.quality is None:
        raise Refused(-1101)
    measured, now_ns = venue.quality, venue.clock()
    return VenueQuality(
        sampled_every_ms=CADENCE_NS // NS_PER_MS,
        uptime=[_uptime(measured, hours, now_ns) for hours in HOURS],
        symbols=[
            SymbolQuality(
                symbol=market.symbol, windows=[_window(venue, measured, market, each, now_ns) for each in HOURS]
            )
            for market in venue.catalogue.markets.values()
        ],
    )


def _uptime(measured: Quality, hours: int, now_ns: int) -> UptimeWindow:
    since_ns, parts = measured.uptime(hours, now_ns)
    share = None if parts is None else format_decimal(parts, _SHARE_DECIMALS)
    return UptimeWindow(hours=hours, since_ms=since_ns // NS_PER_MS, up_share=share)


def _window(venue: Venue, measured: Quality, market: Market, hours: int, now_ns: int) -> QualityWindow:
    found = measured.market(market.market_id, hours, now_ns)
    both, spread = found.both_sides_parts, found.spread_parts
    now_ms, minutes = now_ns // NS_PER_MS, hours * _MINUTES_PER_HOUR
    candles = venue.market_data.market(market.market_id).candles.read(
        "1m", now_ms - minutes * MINUTE_MS + 1, now_ms + MINUTE_MS, minutes + 1
    )
    return QualityWindow(
        hours=hours,
        measured_ms=found.measured_ns // NS_PER_MS,
        both_sides_share=None if both is None else format_decimal(both, _SHARE_DECIMALS),
        spread_bp=None if spread is None else format_decimal(spread, _SPREAD_DECIMALS),
        depth=[
            NearDepth(within_bp=near, bids=market.size_text(bids), asks=market.size_text(asks))
            for near, bids, asks in zip(NEAR_BP, found.bid_lots or (), found.ask_lots or (), strict=False)
        ],
        trades=sum(candle.trades for candle in candles),
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/lionrock/v1/quality",
        Security.NONE,
        5,
        quality,
        "Spreads, depth, both sides, trades and uptime of the last hour and day",
        shows_state=False,
        answer=VenueQuality,
    ),
)
