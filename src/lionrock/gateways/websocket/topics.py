"""The table of streams and topics: what exists, what it takes, what it sends. Documents are made from it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lionrock.gateways.websocket import contract_topics, feed_messages, private_messages, rows
from lionrock.gateways.websocket.contract_topics import MakeTeller
from lionrock.gateways.websocket.limits import DEPTH_V2_SECONDS
from lionrock.gateways.websocket.market_news import MarketNews
from lionrock.gateways.websocket.requests import FeedRequest, V1Request, V2Request
from lionrock.views.candles import INTERVALS_MS

MAX_SCALE = 5

V1_PATH = "/quote/ws/v1"
V2_PATH = "/quote/ws/v2"
PRIVATE_PATH = "/api/v1/ws/{listenKey}"
FEED_PATH = "/lionrock/v1/stream"
PRIVATE_FEED_PATH = "/lionrock/v1/stream/{listenKey}"


class TopicParameter(msgspec.Struct, frozen=True):
    """What a subscription names beside topic and symbol."""

    name: str
    words: str
    choices: tuple[str, ...] = ()
    is_required: bool = False


class Topic(msgspec.Struct, frozen=True):
    """One topic of a stream."""

    name: str
    """As a client subscribes to it; of the private streams, the event's name."""
    words: str
    message: type
    """Of one row of `data`, or of the whole message where there is no envelope."""
    parameters: tuple[TopicParameter, ...] = ()
    keeps_every_message: bool = False
    """For a slow client: kept up to a bound. Otherwise the newest state replaces what waits."""
    pushed_as: str = ""
    """Name in the messages, where it is another one."""
    make: MakeTeller | None = None
    """Of the contract's public topics."""
    seconds: float | None = None
    """Its pace, where it differs from the teller's."""
    greets: bool = True
    """A frame is sent on subscription."""
    is_private_to_listener: bool = False
    """Each listener has frames of its own, as they are counted."""

    def argument(self, parameters: Mapping[str, object]) -> str | None:
        """The value of its one required parameter, as text; None when it is missing or not one of the choices."""
        for parameter in self.parameters:
            if parameter.is_required:
                value = parameters.get(parameter.name)
                text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
                return text if text in parameter.choices else None
        return ""


class Stream(msgspec.Struct, frozen=True):
    """One address to connect to."""

    path: str
    words: str
    request: type | None
    """What a client sends; None where it sends pings alone."""
    topics: tuple[Topic, ...]


_SCALE = TopicParameter(
    "dumpScale",
    "decimals that prices are cut to",
    tuple(str(scale) for scale in range(MAX_SCALE + 1)),
    is_required=True,
)
_BINARY = TopicParameter("binary", "true for gzip in binary frames", ("true", "false"))
_KLINE_TYPE = TopicParameter("klineType", "interval", tuple(INTERVALS_MS), is_required=True)


def _depth(name: str, words: str, make: MakeTeller, *more: TopicParameter, **named: object) -> Topic:
    return Topic(name, words, rows.DepthRow, (*more, _BINARY), make=make, **named)  # type: ignore[arg-type]


def _whole_depth(news: MarketNews, _: str) -> contract_topics.Teller:
    return contract_topics.Depth(news)


def _merged(news: MarketNews, scale: str) -> contract_topics.Teller:
    return contract_topics.MergedDepth(news, int(scale))


def _diff(news: MarketNews, scale: str) -> contract_topics.Teller:
    return contract_topics.DiffMergedDepth(news, int(scale))


def _best(news: MarketNews, _: str) -> contract_topics.Teller:
    return contract_topics.Best(news)


def _statistics(news: MarketNews, _: str) -> contract_topics.Teller:
    return contract_topics.Statistics(news)


def _trades(news: MarketNews, _: str) -> contract_topics.Teller:
    return contract_topics.Trades(news)


def _candles(news: MarketNews, interval: str) -> contract_topics.Teller:
    return contract_topics.Candles(news, interval)


_BEST_WORDS = "Best bid and ask, when one of them changed"
_STATISTICS_WORDS = "Statistics of the last 24 hours, after trades"

V1 = Stream(
    V1_PATH,
    "Public market data, first version",
    V1Request,
    (
        _depth("depth", "The best 100 levels a side, whole each time", _whole_depth),
        _depth("mergedDepth", "The same with prices cut", _merged, _SCALE),
        Topic(
            "diffMergedDepth",
            "A snapshot of that, then changed levels",
            rows.DiffDepthRow,
            (_SCALE, _BINARY),
            make=_diff,
            is_private_to_listener=True,
        ),
        Topic("bbo", _BEST_WORDS, rows.BestRow, (_BINARY,), make=_best),
        Topic("realtimes", _STATISTICS_WORDS, rows.StatisticsRow, (_BINARY,), make=_statistics),
        Topic("trade", "Recent trades, then each new one", rows.TradeRow, (_BINARY,), True, make=_trades),
        *(
            Topic(
                f"kline_{interval}",
                f"The candle of {interval} as it grows",
                rows.CandleRow,
                (_BINARY,),
                pushed_as="kline",
                make=_candles,
            )
            for interval in INTERVALS_MS
        ),
    ),
)

V2 = Stream(
    V2_PATH,
    "Public market data, second version: subscriptions are acknowledged",
    V2Request,
    (
        _depth(
            "depth", "The best 100 levels a side, whole each time", _whole_depth, seconds=DEPTH_V2_SECONDS, greets=False
        ),
        Topic("bbo", _BEST_WORDS, rows.BestRow, make=_best, seconds=0),
        Topic("realtimes", _STATISTICS_WORDS, rows.StatisticsRow, make=_statistics),
        Topic("trade", "Each new trade", rows.TradeRow, keeps_every_message=True, make=_trades, greets=False),
        Topic("kline", "The candle of an interval as it grows", rows.CandleRow, (_KLINE_TYPE,), make=_candles),
    ),
)

PRIVATE = Stream(
    PRIVATE_PATH,
    "What happens to one account; connecting is subscribing, and each frame is a list of one event",
    None,
    (
        Topic("executionReport", "An order changed", private_messages.ExecutionReport, keeps_every_message=True),
        Topic("ticketInfo", "A fill", private_messages.TicketInfo, keeps_every_message=True),
        Topic("outboundAccountInfo", "A balance", private_messages.AccountInfo, keeps_every_message=True),
    ),
)

_FROM = TopicParameter("fromSequence", "the last sequence that was seen: what came after it is sent, if it is held")

FEED = Stream(
    FEED_PATH,
    "The venue's own public feed: sequences, checksums, auctions",
    FeedRequest,
    (
        Topic("book", "A snapshot of 200 levels a side, then deltas", feed_messages.BookMessage, (_FROM,)),
        Topic("trades", "Recent trades, then each new one", feed_messages.TradesMessage, (_FROM,), True),
        Topic("phase", "What the market does with orders", feed_messages.PhaseMessage, keeps_every_message=True),
        Topic("auction", "During a call what would trade; at its end what did", feed_messages.AuctionMessage),
    ),
)

PRIVATE_FEED = Stream(
    PRIVATE_FEED_PATH,
    "The venue's own private stream: everything about one account, with reasons; cancel-on-disconnect",
    FeedRequest,
    (
        Topic("snapshot", "Open orders and balances to begin with", feed_messages.AccountSnapshot),
        Topic("update", "What commands did, and the balances after it", feed_messages.AccountUpdate, (_FROM,), True),
    ),
)

STREAMS = (V1, V2, PRIVATE, FEED, PRIVATE_FEED)
