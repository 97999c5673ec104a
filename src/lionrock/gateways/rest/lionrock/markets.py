"""Own market data: the book with its place in the journal and a checksum; phases, bands, rules; auctions."""

from __future__ import annotations

import msgspec

from lionrock.gateways.rest.contract import NS_PER_MS, Call, Venue
from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.rest.lionrock.requests import read_market
from lionrock.views.book_checksum import CHECKED_LEVELS, book_checksum
from lionrock.views.catalogue import Market
from lionrock.views.trading_rules import KEPT_AUCTIONS
from lionrock.words.amounts import format_decimal
from lionrock.words.enumerations import ClientClass, MarketPhase
from lionrock.words.events import AuctionUncrossed, MarketRulesSet

DEFAULT_LEVELS, MAX_LEVELS = 100, 1_000
DEFAULT_AUCTIONS = 20
_PPM_DECIMALS = 6
_COLLECTING = {MarketPhase.PRE_OPEN, MarketPhase.VOLATILITY_AUCTION}


class Book(msgspec.Struct, rename="camel"):
    """The book of one market as it shows, best prices first: pairs of price and size."""

    symbol: str
    sequence: str
    """Of the last command in the journal that it holds."""
    time_ms: int
    """Of that command."""
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    checksum: int
    """CRC-32 of the best 25 levels of each side (spec/entry.md)."""


class NextChange(msgspec.Struct, rename="camel"):
    phase: str
    at_ms: int


class Rules(msgspec.Struct, rename="camel"):
    """What the operator allows; "0" where there is no limit."""

    admitted_classes: list[str]
    price_deviation: str
    """How far past the last trade a limit may reach, as a share of it."""
    max_order_value: str
    """In quote."""
    legal_entity: int
    """0 for any."""
    product: int
    minimum_fee_base: str
    minimum_fee_quote: str


class OwnMarket(msgspec.Struct, rename="camel", kw_only=True):
    """One market: what it is, what it does now, what it will do next."""

    symbol: str
    market_id: int
    base_asset: str
    quote_asset: str
    phase: str
    phase_since_ms: int
    """0 for a market whose phase never changed."""
    is_stopped: bool
    """A kill switch over it or the site is engaged."""
    next_change: NextChange | None
    tick: str
    lot: str
    max_price: str
    max_quantity: str
    min_value: str
    max_value: str
    price_band: str
    """How far a trade may be from the last one before an auction is held, as a share of it; "0" for no band."""
    last_price: str
    """"0" before the first trade."""
    rules: Rules


class Auction(msgspec.Struct, rename="camel"):
    """An auction that was held and traded."""

    sequence: str
    time_ms: int
    price: str
    quantity: str
    imbalance: str
    """What buyers wanted at the price less what sellers offered."""


class MarketAuctions(msgspec.Struct, rename="camel", kw_only=True):
    """Of one market: whether orders are being collected, until when, and the last auctions, newest first."""

    symbol: str
    phase: str
    is_collecting: bool
    phase_since_ms: int
    next_change: NextChange | None
    auctions: list[Auction]


async def book(venue: Venue, call: Call) -> Book:
    """Read in one moment and shown when it is durable."""
    market = read_market(venue, call.parameters)
    limit = call.parameters.limit(DEFAULT_LEVELS, MAX_LEVELS)
    engine = venue.node.engine
    bids, asks = engine.depth(market.market_id, max(limit, CHECKED_LEVELS))
    sequence, time_ns = engine.last_sequence, engine.last_time_ns
    await venue.settled()
    shown_bids, shown_asks = (
        [(market.price_text(price), market.size_text(size)) for price, size in side] for side in (bids, asks)
    )
    return Book(  # a limit below the checked levels cuts what is shown, not what is checked
        market.symbol,
        str(sequence),
        time_ns // NS_PER_MS,
        shown_bids[:limit],
        shown_asks[:limit],
        book_checksum(shown_bids, shown_asks),
    )


async def markets(venue: Venue, call: Call) -> list[OwnMarket]:
    """One market, or all of them."""
    return [_market(venue, market) for market in _asked(venue, call)]


def _asked(venue: Venue, call: Call) -> list[Market]:
    symbol = call.parameters.text("symbol")
    if symbol is None:
        return list(venue.catalogue.markets.values())
    market = venue.catalogue.market_by_symbol.get(symbol)
    if market is None:
        raise Refused("0201")
    return [market]


def _next_change(venue: Venue, market_id: int) -> NextChange | None:
    coming = venue.trading_rules.next_change(market_id, venue.clock())
    return NextChange(MarketPhase(coming.phase).name, coming.at_time_ns // NS_PER_MS) if coming else None


def _since_ms(venue: Venue, market_id: int) -> int:
    changed = venue.trading_rules.phases.get(market_id)
    return changed.time_ns // NS_PER_MS if changed else 0


def _market(venue: Venue, market: Market) -> OwnMarket:
    listing, market_id = market.listing, market.market_id
    band = venue.trading_rules.bands.get(market_id)
    trades = venue.market_data.market(market_id).trades
    return OwnMarket(
        symbol=market.symbol,
        market_id=market_id,
        base_asset=market.base.code,
        quote_asset=market.quote.code,
        phase=venue.catalogue.phase_of(market_id).name,
        phase_since_ms=_since_ms(venue, market_id),
        is_stopped=venue.catalogue.is_stopped(market_id),
        next_change=_next_change(venue, market_id),
        tick=market.price_text(1),
        lot=market.size_text(1),
        max_price=market.price_text(listing.max_price_ticks),
        max_quantity=market.size_text(listing.max_size_lots),
        min_value=market.quote_text(listing.min_notional_atoms),
        max_value=market.quote_text(listing.max_notional_atoms),
        price_band=format_decimal(band.band_ppm if band else 0, _PPM_DECIMALS),
        last_price=market.price_text(trades[-1].price_ticks) if trades else "0",
        rules=_rules(market, venue.trading_rules.rules.get(market_id)),
    )


def _rules(market: Market, rules: MarketRulesSet | None) -> Rules:
    """Every market begins with all classes admitted and no limits."""
    if rules is None:
        return Rules([client_class.name for client_class in ClientClass], "0", "0", 0, 0, "0", "0")
    return Rules(
        [client_class.name for client_class in ClientClass if rules.admitted_classes & (1 << client_class)],
        format_decimal(rules.price_deviation_ppm, _PPM_DECIMALS),
        market.quote_text(rules.max_order_value_atoms),
        rules.legal_entity,
        rules.product,
        format_decimal(rules.minimum_fee_base_atoms, market.base.decimals),
        market.quote_text(rules.minimum_fee_quote_atoms),
    )


async def auctions(venue: Venue, call: Call) -> list[MarketAuctions]:
    """Of one market, or of all of them."""
    limit = call.parameters.limit(DEFAULT_AUCTIONS, KEPT_AUCTIONS)
    return [_auctions(venue, market, limit) for market in _asked(venue, call)]


def _auctions(venue: Venue, market: Market, limit: int) -> MarketAuctions:
    phase = venue.catalogue.phase_of(market.market_id)
    held = venue.trading_rules.auctions.get(market.market_id, ())
    return MarketAuctions(
        symbol=market.symbol,
        phase=phase.name,
        is_collecting=phase in _COLLECTING,
        phase_since_ms=_since_ms(venue, market.market_id),
        next_change=_next_change(venue, market.market_id),
        auctions=[_auction(market, event) for event in list(reversed(held))[:limit]],
    )


def _auction(market: Market, event: AuctionUncrossed) -> Auction:
    return Auction(
        str(event.sequence),
        event.time_ns // NS_PER_MS,
        market.price_text(event.price_ticks),
        market.size_text(event.size_lots),
        market.size_text(event.imbalance_lots),
    )
