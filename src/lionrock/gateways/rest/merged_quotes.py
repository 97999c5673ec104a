"""Market data that is made from other market data, or that only futures have."""

from __future__ import annotations

import msgspec

from lionrock.gateways.rest.contract import NS_PER_MS, Call, Endpoint, Kind, Parameter, Security, Venue, quoted_market
from lionrock.gateways.rest.errors import Refused
from lionrock.gateways.rest.quotes import MAX_DEPTH

MAX_SCALE = 5
_WHOLE_BOOK = 2**31 - 1


class MergedDepth(msgspec.Struct):
    """`t`: last change of the book, milliseconds; `b`, `a`: price and size, best first."""

    t: int
    b: list[tuple[str, str]]
    a: list[tuple[str, str]]


class IndexPrices(msgspec.Struct):
    """By symbol; of spot markets there are none."""

    index: dict[str, str]
    edp: dict[str, str]


def merged(levels: list[tuple[int, int]], step_ticks: int, limit: int, *, up: bool) -> list[tuple[int, int]]:
    """(price, size) levels put together at multiples of a step, away from the best price, so that none looks better."""
    found: dict[int, int] = {}
    for price_ticks, size_lots in levels:
        price = -(-price_ticks // step_ticks) * step_ticks if up else price_ticks // step_ticks * step_ticks
        if price not in found and len(found) == limit:
            break
        found[price] = found.get(price, 0) + size_lots
    return list(found.items())


async def merged_depth(venue: Venue, call: Call) -> MergedDepth:
    """The book with prices at every tenth, hundredth, ... tick, by `scale`."""
    market = quoted_market(venue, call.parameters)
    scale = call.parameters.number("scale") or 0
    if scale > MAX_SCALE:
        raise Refused(-1130, "scale")
    limit = call.parameters.limit(MAX_DEPTH, MAX_DEPTH)
    bids, asks = venue.node.engine.depth(market.market_id, limit if not scale else _WHOLE_BOOK)
    await venue.settled()
    step = int(10**scale)
    return MergedDepth(
        venue.market_data.market(market.market_id).book_changed_ns // NS_PER_MS,
        [(market.price_text(price), market.size_text(size)) for price, size in merged(bids, step, limit, up=False)],
        [(market.price_text(price), market.size_text(size)) for price, size in merged(asks, step, limit, up=True)],
    )


async def mark_price(_venue: Venue, call: Call) -> object:
    """Only futures have one."""
    if call.parameters.text("symbol") is None:
        raise Refused(-100012, "symbol")
    raise Refused(-100011)


async def index(venue: Venue, call: Call) -> IndexPrices:
    """Index prices are made for futures; of spot markets there are none."""
    if call.parameters.text("symbol") is not None:
        quoted_market(venue, call.parameters)
    return IndexPrices({}, {})


_SYMBOL = Parameter("symbol", "Market", is_required=True, example="BTCUSDT")

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/quote/v1/depth/merged",
        Security.NONE,
        1,
        merged_depth,
        "Order book by larger price steps",
        parameters=(
            _SYMBOL,
            Parameter("limit", "Most levels of a side", Kind.WHOLE_NUMBER),
            Parameter("scale", "Price step: 10 to this power of ticks; 0 to 5", Kind.WHOLE_NUMBER),
        ),
        answer=MergedDepth,
    ),
    Endpoint(
        "GET", "/quote/v1/markPrice", Security.NONE, 1, mark_price, "Mark price (futures only)", parameters=(_SYMBOL,)
    ),
    Endpoint(
        "GET", "/quote/v2/markPrice", Security.NONE, 1, mark_price, "Mark price (futures only)", parameters=(_SYMBOL,)
    ),
    Endpoint(
        "GET",
        "/quote/v1/index",
        Security.NONE,
        1,
        index,
        "Index prices (none)",
        parameters=(Parameter("symbol", "Only this market"),),
        answer=IndexPrices,
    ),
)
