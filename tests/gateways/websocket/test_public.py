"""The contract's public streams, frame by frame."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.gateways.rest.live import LiveServer, Trader
from tests.gateways.websocket.listener import Listener

V1, V2 = "/quote/ws/v1", "/quote/ws/v2"


@pytest.fixture(scope="module")
def maker(server: LiveServer) -> Trader:
    return server.account(BTC="100", USDT="10000000")


@pytest.fixture(scope="module")
def taker(server: LiveServer) -> Trader:
    return server.account(BTC="100", USDT="10000000")


@pytest.fixture
def stream(server: LiveServer) -> Iterator[Listener]:
    with Listener(server, V1) as listener:
        yield listener


@pytest.fixture
def empty_books(server: LiveServer, maker: Trader, taker: Trader) -> Iterator[Listener]:
    """For a test that leaves orders in the book: they go, and news of that is out before another test listens.

    Gives the listener to the depth that waits for it.
    """
    with Listener(server, V1) as witness:
        witness.subscribe("depth")
        yield witness
        for trader in (maker, taker):
            trader.signed("DELETE", "/api/v1/spot/openOrders", symbol="BTCUSDT")
        witness.until(lambda message: (message["data"][0]["a"], message["data"][0]["b"]) == ([], []))


@pytest.mark.shows("WSOC-002")
@pytest.mark.usefixtures("empty_books")
def test_depth_is_a_whole_book_after_each_change(stream: Listener, maker: Trader) -> None:
    first = stream.subscribe("depth")
    assert first["f"] is True
    assert (first["symbol"], first["symbolName"], first["topic"]) == ("BTCUSDT", "BTCUSDT", "depth")
    assert (first["site"], first["shared"]) == ("hk", False)
    assert first["params"] == {"realtimeInterval": "24h", "binary": "false"}
    assert first["data"][0]["a"] == []
    maker.limit("SELL", "1", "50000.01")
    later = stream.hear()
    (row,) = later["data"]
    assert (later["f"], row["a"], row["b"], row["e"], row["o"]) == (False, [["50000.01", "1"]], [], 301, 0)
    maker.limit("BUY", "2", "49000")
    (second,) = stream.hear()["data"]
    assert (second["a"], second["b"]) == ([["50000.01", "1"]], [["49000", "2"]])
    sequences = [int(frame["v"].split("_")[0]) for frame in (first["data"][0], row, second)]
    assert sequences == sorted(set(sequences))
    again = stream.subscribe("depth")
    assert (again["f"], again["data"][0]["b"]) == (True, [["49000", "2"]])


@pytest.mark.shows("WSOC-002")
@pytest.mark.usefixtures("empty_books")
def test_merged_depth_never_looks_better_than_the_book(stream: Listener, maker: Trader) -> None:
    maker.limit("SELL", "1", "50000.01")
    maker.limit("SELL", "2", "50000.99")
    maker.limit("BUY", "3", "49999.99")
    (row,) = stream.subscribe("mergedDepth", dumpScale=0)["data"]
    assert (row["a"], row["b"]) == ([["50001", "3"]], [["49999", "3"]])
    (row,) = stream.subscribe("diffMergedDepth", dumpScale="1")["data"]
    assert (row["a"], row["b"], row["o"]) == ([["50000.1", "1"], ["50001", "2"]], [["49999.9", "3"]], 0)
    assert "s" not in row
    maker.limit("SELL", "1", "50000.02")
    frame = stream.until(lambda message: message["topic"] == "diffMergedDepth")
    assert (frame["f"], frame["data"][0]["o"]) == (False, 1)
    assert (frame["data"][0]["a"], frame["data"][0]["b"]) == ([["50000.1", "2"]], [])


@pytest.mark.shows("WSOC-002")
@pytest.mark.usefixtures("empty_books")
def test_trades_statistics_candles_and_best_prices(stream: Listener, maker: Trader, taker: Trader) -> None:
    recent = [trade["v"] for trade in stream.subscribe("trade")["data"]]
    for topic in ("realtimes", "kline_1m", "bbo"):
        assert stream.subscribe(topic)["f"] is True
    maker.limit("SELL", "1", "50000")
    # The empty book of a moment ago may be told on the way: what changes within a moment is told together.
    best = stream.until(lambda message: message["topic"] == "bbo" and message["data"][0]["a"] != "0")["data"][0]
    assert (best["a"], best["az"], best["b"]) == ("50000", "1", "0")
    taker.limit("BUY", "0.25", "50000")
    heard: dict[str, Any] = {}
    while {"trade", "realtimes", "kline"} - heard.keys():
        message = stream.hear()
        heard[message["topic"]] = message
    (trade,) = heard["trade"]["data"]
    assert (trade["p"], trade["q"], trade["m"]) == ("50000", "0.25", False)
    assert trade["v"] not in recent
    assert heard["realtimes"]["data"][0]["c"] == "50000"
    assert set(heard["realtimes"]["data"][0]) == {"t", "s", "sn", "c", "h", "l", "o", "v", "qv", "m", "e"}
    assert heard["kline"]["params"]["klineType"] == "1m"
    assert heard["kline"]["data"][0]["c"] == "50000"


@pytest.mark.shows("WSOC-002")
def test_ids_are_echoed_several_symbols_asked_for_and_a_cancelled_topic_ends(
    stream: Listener, maker: Trader, empty_books: Listener
) -> None:
    stream.say({"symbol": "BTCUSDT,ETHUSDT", "topic": "depth", "event": "sub", "id": 7})
    assert [(frame["symbol"], frame["id"]) for frame in (stream.hear(), stream.hear())] == [
        ("BTCUSDT", "7"),
        ("ETHUSDT", "7"),
    ]
    stream.say({"symbol": "BTCUSDT", "topic": "depth", "event": "cancel"})
    assert "pong" in stream.ask({"ping": 1})  # what was said before it is done
    maker.limit("BUY", "1", "40000")
    empty_books.until(lambda message: message["data"][0]["b"] == [["40000", "1"]])
    assert "pong" in stream.ask({"ping": 1}), "it hears what others hear"


@pytest.mark.shows("WSOC-002")
def test_binary_frames_are_gzip(stream: Listener) -> None:
    stream.say({"symbol": "BTCUSDT", "topic": "depth", "event": "sub", "params": {"binary": True}})
    data = stream.connection.recv(timeout=10)
    assert isinstance(data, bytes)
    assert json.loads(gzip.decompress(data))["params"]["binary"] == "true"


@pytest.mark.shows("WSOC-003")
@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("{", ("-10001", "Invalid JSON!")),
        ("[1]", ("-10001", "Invalid JSON!")),
        ('{"symbol":7,"topic":"depth","event":"sub"}', ("-10001", "Invalid JSON!")),
        ('{"symbol":"BTCUSDT","topic":"depth","event":"stop"}', ("-10001", "Invalid JSON!")),
        ('{"symbol":"NOPE","topic":"depth","event":"sub"}', ("-100010", "Invalid Symbols!")),
        ('{"symbol":"BTCUSDT,NOPE","topic":"depth","event":"sub"}', ("-100010", "Invalid Symbols!")),
        ('{"symbol":"BTCUSDT","topic":"kline_2m","event":"sub"}', ("-10004", "Invalid topic!")),
        ('{"symbol":"BTCUSDT","topic":"mergedDepth","event":"sub"}', ("-100013", "DumpScale required!")),
        (
            '{"symbol":"BTCUSDT","topic":"mergedDepth","event":"sub","params":{"dumpScale":6}}',
            ("-100013", "DumpScale required!"),
        ),
        ("[" * 60_000, ("-10001", "Invalid JSON!")),
        (b"\xff\xfe", ("-10001", "Invalid JSON!")),
    ],
)
def test_an_error_has_the_contract_s_code_and_the_socket_stays_open(
    stream: Listener, message: str | bytes, answer: tuple[str, str]
) -> None:
    told = stream.ask(message)
    assert (told["code"], told["desc"]) == answer
    assert "pong" in stream.ask({"ping": 5})


@pytest.mark.shows("WSOC-004")
@pytest.mark.usefixtures("empty_books")
def test_the_second_version_acknowledges_and_sends_objects(server: LiveServer, maker: Trader) -> None:
    with Listener(server, V2) as stream:
        params = {"symbol": "BTCUSDT"}
        ack = stream.ask({"topic": "depth", "event": "sub", "params": params})
        assert ack == {"topic": "depth", "event": "sub", "params": params, "code": "0", "msg": "Success", "site": "hk"}
        maker.limit("BUY", "1", "40000")
        pushed = stream.hear()  # nothing came before: there is no first frame
        assert (pushed["topic"], pushed["params"], pushed["data"]["b"]) == ("depth", params, [["40000", "1"]])
        assert stream.ask({"topic": "depth", "event": "cancel", "params": params})["code"] == "0"
        for wrong in (
            {"topic": "depth", "event": "sub", "params": {"symbol": "NOPE"}},
            {"topic": "none", "event": "sub", "params": params},
            {"topic": "kline", "event": "sub", "params": params},
            {"topic": "depth", "event": "sub", "params": 7},
            "{",
        ):
            assert stream.ask(wrong) == {"code": "-100011", "msg": "Parameter error!"}
        stream.say({"topic": "kline", "event": "sub", "params": params | {"klineType": "1h"}})
        assert stream.hear()["params"] == params | {"klineType": "1h"}


@pytest.mark.shows("WSOC-005")
def test_a_protocol_ping_is_answered(stream: Listener) -> None:
    assert stream.connection.ping().wait(10)


def ping_on(stream: Listener) -> None:
    for _ in range(2_000):
        stream.ask({"ping": 1})


@pytest.mark.shows("WSOC-014")
def test_what_a_connection_may_cost_is_bounded(server: LiveServer) -> None:
    with Listener(server, V1) as stream:
        stream.say("x" * 70_000)
        with pytest.raises(ConnectionClosed) as closed:
            stream.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    with Listener(server, V1) as stream:
        with pytest.raises(ConnectionClosed) as closed:
            ping_on(stream)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4029
        assert "50 messages a second" in closed.value.rcvd.reason


@pytest.mark.shows("WSOC-014")
def test_an_address_has_its_share_of_connections(server: LiveServer) -> None:
    held: list[Listener] = []
    try:
        with pytest.raises(InvalidStatus) as refused:
            held.extend(Listener(server, V1) for _ in range(120))
        assert refused.value.response.status_code == 429
        assert len(held) == 100
    finally:
        for listener in held:
            listener.connection.close()


@pytest.mark.shows("WSOC-014")
def test_an_unknown_path_is_not_found(server: LiveServer) -> None:
    with pytest.raises(InvalidStatus) as refused:
        Listener(server, "/quote/ws/v9")
    assert refused.value.response.status_code == 404
