"""Public market data. Rows and letters are the contract's."""

from __future__ import annotations

from itertools import islice

from lionrock.gateways.rest.answers import BookTicker, Depth, Kline, LastPrice, PublicTrade, Ticker
from lionrock.gateways.rest.contract import NS_PER_MS, Call, Venue, quoted_market, quoted_markets
from lionrock.gateways.rest.errors import Refused
from lionrock.views.candles import INTERVALS_MS, Candle, interval_end_ms
from lionrock.views.catalogue import Market
from lionrock.words.enumerations import Side

MAX_DEPTH = 100
"""The contract's documents say 200, the exchange gives 100; who asks for more gets these."""
MAX_TRADES = 100
DEFAULT_CANDLES, MAX_CANDLES = 100, 1_000

_BookSide = list[tuple[int, int]]


async def _book(venue: Venue, market: Market, limit: int) -> tuple[_BookSide, _BookSide]:
    """Bids and asks. The engine may be ahead of the disk, so what was read waits until it is durable."""
    book = venue.node.engine.depth(market.market_id, limit)
    await venue.settled()
    return book


async def depth(venue: Venue, call: Call) -> Depth:
    """The order book of one market, best prices first."""
    market = quoted_market(venue, call.parameters)
    bids, asks = await _book(venue, market, call.parameters.limit(MAX_DEPTH, MAX_DEPTH))
    return Depth(
        t=venue.market_data.market(market.market_id).book_changed_ns // NS_PER_MS,
        b=[(market.price_text(price), market.size_text(size)) for price, size in bids],
        a=[(market.price_text(price), market.size_text(size)) for price, size in asks],
    )


async def trades(venue: Venue, call: Call) -> list[PublicTrade]:
    """The last trades of one market, oldest first."""
    market = quoted_market(venue, call.parameters)
    limit = call.parameters.limit(MAX_TRADES, MAX_TRADES)
    newest_first = islice(reversed(venue.market_data.market(market.market_id).trades), limit)
    return [
        PublicTrade(
            t=trade.time_ns // NS_PER_MS,
            p=market.price_text(trade.price_ticks),
            q=market.size_text(trade.size_lots),
            ibm=trade.taker_side == Side.SELL,
        )
        for trade in reversed(list(newest_first))
    ]


async def klines(venue: Venue, call: Call) -> list[Kline]:
    """Candles of one market, oldest first; a time without trades has none."""
    market = quoted_market(venue, call.parameters)
    interval = call.parameters.required("interval")
    if interval not in INTERVALS_MS:
        raise Refused(-10009)
    start_ms, end_ms = call.parameters.number("startTime"), call.parameters.number("endTime")
    limit = call.parameters.limit(DEFAULT_CANDLES, MAX_CANDLES)
    candles = venue.market_data.market(market.market_id).candles
    until_ms = venue.now_ms() + NS_PER_MS if end_ms is None else end_ms
    return [_kline(market, interval, candle) for candle in candles.read(interval, start_ms, until_ms, limit)]


def _kline(market: Market, interval: str, candle: Candle) -> Kline:
    return (
        candle.open_ms,
        market.price_text(candle.open_ticks),
        market.price_text(candle.high_ticks),
        market.price_text(candle.low_ticks),
        market.price_text(candle.close_ticks),
        market.size_text(candle.size_lots),
        interval_end_ms(interval, candle.open_ms),
        market.quote_text(candle.quote_atoms),
        candle.trades,
        market.size_text(candle.taker_buy_lots),
        market.quote_text(candle.taker_buy_quote_atoms),
    )


async def ticker_24hr(venue: Venue, call: Call) -> list[Ticker]:
    """Statistics of the last 24 hours, of one market or of all."""
    now_ms = venue.now_ms()
    rows = []
    for market in quoted_markets(venue, call.parameters):
        day = venue.market_data.market(market.market_id).day(now_ms)
        bids, asks = await _book(venue, market, 1)
        rows.append(
            Ticker(
                t=now_ms,
                s=market.symbol,
                c=market.price_text(day.last_ticks),
                h=market.price_text(day.high_ticks),
                l=market.price_text(day.low_ticks),
                o=market.price_text(day.open_ticks),
                b=market.price_text(bids[0][0]) if bids else "0",
                a=market.price_text(asks[0][0]) if asks else "0",
                v=market.size_text(day.size_lots),
                qv=market.quote_text(day.quote_atoms),
            )
        )
    return rows


async def ticker_price(venue: Venue, call: Call) -> list[LastPrice]:
    """The last price, of one market or of all; "0" where nothing traded yet."""
    rows = []
    for market in quoted_markets(venue, call.parameters):
        trades_so_far = venue.market_data.market(market.market_id).trades
        price_ticks = trades_so_far[-1].price_ticks if trades_so_far else 0
        rows.append(LastPrice(s=market.symbol, p=market.price_text(price_ticks)))
    return rows


async def book_ticker(venue: Venue, call: Call) -> list[BookTicker]:
    """The best bid and ask, of one market or of all; "0" where a side is empty."""
    rows = []
    for market in quoted_markets(venue, call.parameters):
        bids, asks = await _book(venue, market, 1)
        bid_ticks, bid_lots = bids[0] if bids else (0, 0)
        ask_ticks, ask_lots = asks[0] if asks else (0, 0)
        rows.append(
            BookTicker(
                s=market.symbol,
                b=market.price_text(bid_ticks),
                bq=market.size_text(bid_lots),
                a=market.price_text(ask_ticks),
                aq=market.size_text(ask_lots),
                t=venue.market_data.market(market.market_id).book_changed_ns // NS_PER_MS,
            )
        )
    return rows
