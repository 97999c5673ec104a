"""Whatever is sent, the server goes on, and no error of its own is logged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from tests.gateways.rest.live import LiveServer
from tests.gateways.websocket.listener import Listener, listen_key

PUBLIC = "/quote/ws/v1", "/quote/ws/v2", "/lionrock/v1/stream"
NAMES = st.sampled_from(
    ["symbol", "topic", "event", "params", "id", "op", "fromSequence", "groupId", "ping", "pong", "dumpScale", "binary"]
)
_SAID = """BTCUSDT BTCUSDT,ETHUSDT depth diffMergedDepth mergedDepth trade kline kline_1m realtimes bbo book trades
phase auction sub cancel subscribe unsubscribe cancelOnDisconnect"""
WORDS = st.sampled_from(_SAID.split())
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=6)
)
PLAUSIBLE = st.fixed_dictionaries(
    {},
    optional={
        "symbol": WORDS | SCALARS,
        "topic": WORDS,
        "event": st.sampled_from(["sub", "cancel"]) | SCALARS,
        "op": st.sampled_from(["subscribe", "unsubscribe", "cancelOnDisconnect", "ping"]),
        "params": st.dictionaries(NAMES, SCALARS | VALUES, max_size=4),
        "id": SCALARS,
        "fromSequence": SCALARS,
        "groupId": SCALARS,
    },
)
FRAMES = st.one_of(
    PLAUSIBLE.map(json.dumps),
    VALUES.map(json.dumps),
    st.text(max_size=200),
    st.binary(max_size=200),
    st.integers(1, 30_000).map(lambda depth: "[" * depth),
    st.integers(1, 8_000).map(lambda depth: '{"params":' * depth + "1" + "}" * depth),
    st.just("x" * 70_000),
)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Its log is read at the end."""
    live = LiveServer(tmp_path_factory.mktemp("site"), "--sandbox")
    yield live
    assert live.stop() == 0
    for word in ("Traceback", "A stream failed", "missed a frame", "Exception in ASGI"):
        assert word not in live.errors, live.errors


@pytest.fixture(scope="module")
def paths(watched: LiveServer) -> list[str]:
    key = listen_key(watched.account(BTC="1"))
    return [*PUBLIC, f"/api/v1/ws/{key}", f"/lionrock/v1/stream/{key}"]


@pytest.mark.shows("WSOC-003")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(number=st.integers(0, 4), frames=st.lists(FRAMES, min_size=1, max_size=12))
def test_no_frame_makes_the_server_fail(watched: LiveServer, paths: list[str], number: int, frames: list[Any]) -> None:
    with Listener(watched, paths[number]) as stream, suppress(ConnectionClosed):
        for frame in frames:
            stream.connection.send(frame)
        pong = stream.connection.ping()
        while not pong.wait(0.02) and stream.connection.close_code is None:
            pass
    assert stream.connection.close_code in {1000, 1007, 1009, 4008, 4029}, "cut without a word"
    with Listener(watched, "/quote/ws/v1") as other:
        assert "pong" in other.ask({"ping": 1})
