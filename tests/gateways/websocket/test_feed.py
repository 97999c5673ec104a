"""The venue's own public feed: sequences, checksums, resuming; and what it says in an auction."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from lionrock.gateways.websocket.feed_messages import checksum
from tests.gateways.rest.live import LiveServer, Trader
from tests.gateways.websocket.listener import Listener, Message

PATH = "/lionrock/v1/stream"


class LocalBook:
    """A client's book, kept as docs/streams.md says."""

    def __init__(self) -> None:
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}
        self.sequence = 0
        self.snapshots = 0

    def take(self, message: Message) -> None:
        if message["action"] == "snapshot":
            self.bids, self.asks = dict(message["bids"]), dict(message["asks"])
            self.snapshots += 1
        else:
            assert message["firstSequence"] == self.sequence + 1, "a gap"
            for side, levels in ((self.bids, message["bids"]), (self.asks, message["asks"])):
                for price, size in levels:
                    if size == "0":
                        del side[price]
                    else:
                        side[price] = size
        assert message["sequence"] >= self.sequence
        self.sequence = message["sequence"]
        assert self.checksum() == message["checksum"]

    def sides(self) -> tuple[list[list[str]], list[list[str]]]:
        bids = sorted(self.bids.items(), key=lambda level: -float(level[0]))
        asks = sorted(self.asks.items(), key=lambda level: float(level[0]))
        return [list(level) for level in bids], [list(level) for level in asks]

    def checksum(self) -> int:
        bids, asks = self.sides()
        parts: list[str] = []
        for place in range(25):
            for side in (bids, asks):
                parts += side[place] if place < len(side) else []
        return zlib.crc32(":".join(parts).encode())


@pytest.fixture
def maker(fresh_server: LiveServer) -> Trader:
    return fresh_server.account(BTC="100", USDT="10000000")


@pytest.fixture
def stream(fresh_server: LiveServer) -> Iterator[Listener]:
    with Listener(fresh_server, PATH) as listener:
        yield listener


def subscribe(stream: Listener, topic: str, **more: object) -> Any:
    """The acknowledgement."""
    return stream.ask({"op": "subscribe", "topic": topic, "symbol": "BTCUSDT"} | more)


def depth(server: LiveServer) -> tuple[list[list[str]], list[list[str]]]:
    answer = server.get("/quote/v1/depth", symbol="BTCUSDT").json()
    return answer["b"], answer["a"]


@pytest.mark.shows("WSOC-008")
def test_the_example_of_the_checksum() -> None:
    assert checksum([("100.5", "2"), ("100", "1")], [("101", "3")]) == 4130375076


@pytest.mark.shows("WSOC-008")
def test_a_book_is_kept_from_deltas_alone(stream: Listener, maker: Trader) -> None:
    ack = subscribe(stream, "book", id="a")
    assert (ack["type"], ack["id"], ack["resumed"]) == ("subscribed", "a", False)
    book = LocalBook()
    book.take(stream.hear())
    for step in range(40):
        maker.limit("SELL" if step % 2 else "BUY", "0.5", str(50_000 + (step if step % 2 else -step)))
    for row in maker.open_orders()[:10]:
        maker.signed("DELETE", "/api/v1/spot/order", orderId=row["orderId"])
    wanted = depth(maker.server)
    while book.sides() != wanted:
        book.take(stream.hear())
    assert (len(book.bids), len(book.asks), book.snapshots) == (15, 15, 1)


@pytest.mark.shows("WSOC-009")
def test_after_a_broken_connection_the_feed_goes_on_without_a_gap(stream: Listener, maker: Trader) -> None:
    subscribe(stream, "book")
    book = LocalBook()
    book.take(stream.hear())
    maker.limit("BUY", "1", "49000")
    book.take(stream.hear())
    stream.cut()
    for price in ("49001", "49002", "49003"):
        maker.limit("BUY", "1", price)
    with Listener(maker.server, PATH) as again:
        ack = subscribe(again, "book", fromSequence=book.sequence)
        assert ack["resumed"] is True
        wanted = depth(maker.server)
        while book.sides() != wanted:
            book.take(again.hear())
        assert book.snapshots == 1
        for unknown in (1, 10**9):
            assert subscribe(again, "book", fromSequence=unknown)["resumed"] is False
            assert again.hear()["action"] == "snapshot"


@pytest.mark.shows("WSOC-009")
def test_trades_resume_and_none_is_missed_or_told_twice(stream: Listener, maker: Trader) -> None:
    taker = maker.server.account(USDT="1000000")
    maker.limit("SELL", "10", "50000")
    subscribe(stream, "trades")
    assert stream.hear()["trades"] == []
    taker.limit("BUY", "0.1", "50000")
    first = stream.hear()
    assert (first["action"], first["trades"][0]["size"], first["trades"][0]["takerSide"]) == ("update", "0.1", "BUY")
    stream.cut()
    for size in ("0.2", "0.3"):
        taker.limit("BUY", size, "50000")
    with Listener(maker.server, PATH) as again:
        assert subscribe(again, "trades", fromSequence=first["sequence"])["resumed"] is True
        sizes = [trade["size"] for _ in range(2) for trade in again.hear()["trades"]]
        assert sizes == ["0.2", "0.3"]


@pytest.mark.shows("WSOC-010")
def test_what_is_wrong_is_refused_in_words(stream: Listener) -> None:
    for wrong, code in (
        ({"op": "subscribe", "topic": "book", "symbol": "NOPE"}, -100011),
        ({"op": "subscribe", "topic": "none", "symbol": "BTCUSDT"}, -1130),
        ({"op": "dance"}, -1130),
        ({"op": 7}, -1004),
        ([], -1004),
        ("{", -1004),
    ):
        told = stream.ask(wrong)
        assert (told["type"], told["code"]) == ("error", code)
        assert told["msg"]
    assert stream.ask({"op": "ping", "id": 3})["id"] == "3"
    subscribe(stream, "phase")
    assert stream.hear()["phase"] == "CONTINUOUS"
    assert stream.ask({"op": "unsubscribe", "topic": "phase", "symbol": "BTCUSDT"})["type"] == "unsubscribed"
