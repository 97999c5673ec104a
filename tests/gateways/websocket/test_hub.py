"""Streams with the operator at hand and sockets that are played: auctions, slow clients, silence, groups."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from lionrock.gateways.websocket import limits
from lionrock.gateways.websocket.contract_public import PublicSession
from lionrock.gateways.websocket.feed_session import FeedSession
from lionrock.gateways.websocket.private_feed import PrivateFeedSession
from lionrock.gateways.websocket.private_session import PrivateSession
from lionrock.gateways.websocket.session import Session
from lionrock.node.errors import NodeStopped
from lionrock.words.commands import SetKillSwitch
from lionrock.words.enumerations import KillSwitchScope, MarketPhase, Side
from tests.gateways.websocket.stage import BTCUSDT, PlayedWire, Stage, open_stage

SUBSCRIBE = '{"op":"subscribe","topic":"%s","symbol":"BTCUSDT"}'


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async for made in open_stage(tmp_path / "site"):
        yield made


@pytest.mark.shows("WSOC-013")
async def test_a_call_shows_what_would_trade_and_its_end_what_did(stage: Stage) -> None:
    ann, bob = await stage.trader(), await stage.trader()
    wire, session, _ = stage.join(FeedSession)
    for topic in ("phase", "auction", "trades"):
        await session.take(SUBSCRIBE % topic)
    wire.heard()
    for engaged in (1, 0):
        for scope, scope_id in (
            (KillSwitchScope.MARKET, BTCUSDT), (KillSwitchScope.MARKET, BTCUSDT + 1), (KillSwitchScope.ACCOUNT, bob),
        ):  # fmt: skip
            await stage.do(SetKillSwitch(scope=scope, scope_id=scope_id, engaged=engaged))
    assert [message["isStopped"] for message in wire.heard()] == [True, False]
    await stage.enter(MarketPhase.PRE_OPEN)
    (changed,) = [message for message in wire.heard() if message["type"] == "phase"]
    assert (changed["action"], changed["phase"], changed["previousPhase"]) == ("changed", "PRE_OPEN", "CONTINUOUS")

    await stage.order(ann, Side.SELL, 300, 5_000_000)
    await stage.order(bob, Side.BUY, 500, 5_000_100)
    await asyncio.sleep(limits.INDICATIVE_SECONDS * 2)
    shown = [message for message in wire.heard() if message["type"] == "auction"][-1]
    assert (shown["action"], shown["price"], shown["volume"], shown["imbalance"]) == (
        "indicative", "50000", "0.003", "0.002",
    )  # fmt: skip

    at_ns = time.time_ns() + 3_600 * 10**9
    await stage.enter(MarketPhase.CLOSED, at_ns)
    (scheduled,) = wire.heard()
    assert (scheduled["action"], scheduled["phase"], scheduled["atMs"]) == ("scheduled", "CLOSED", at_ns // 10**6)

    await stage.enter(MarketPhase.CONTINUOUS)
    told = wire.heard()
    assert [(message["type"], message["action"]) for message in told] == [
        ("phase", "changed"), ("auction", "result"), ("trades", "update"),
    ]  # fmt: skip
    assert (told[1]["price"], told[1]["volume"]) == ("50000", "0.003")
    (trade,) = told[2]["trades"]
    assert (trade["inAuction"], trade["takerSide"], trade["size"]) == (True, "", "0.003")


@pytest.mark.shows("WSOC-015")
async def test_a_client_that_lags_gets_the_newest_book_and_every_trade(stage: Stage) -> None:
    ann, bob = await stage.trader(), await stage.trader()
    wire, session, _ = stage.join(FeedSession)
    contract_wire, contract, _ = stage.join(PublicSession)
    await session.take(SUBSCRIBE % "book")
    await session.take(SUBSCRIBE % "trades")
    await contract.take('{"symbol":"BTCUSDT","topic":"depth","event":"sub"}')
    wire.heard(), contract_wire.heard()
    wire.is_full = contract_wire.is_full = True
    await stage.order(ann, Side.SELL, 100, 5_000_000)
    for _ in range(3):
        await stage.order(bob, Side.BUY, 10, 5_000_000)
    await asyncio.sleep(limits.DEPTH_V1_SECONDS)
    assert wire.heard() == contract_wire.heard() == []
    wire.drain()
    contract_wire.drain()
    told = wire.heard()
    (book,) = [message for message in told if message["type"] == "book"]
    assert (book["action"], book["asks"]) == ("snapshot", [["50000", "0.0007"]])
    trades = [trade["id"] for message in told if message["type"] == "trades" for trade in message["trades"]]
    assert trades == ["1", "2", "3"]
    (depth,) = contract_wire.heard()
    assert (depth["f"], depth["data"][0]["a"]) == (True, [["50000", "0.0007"]])
    await stage.order(bob, Side.BUY, 10, 5_000_000)
    (delta,) = [message for message in wire.heard() if message["type"] == "book"]
    assert delta["firstSequence"] == book["sequence"] + 1
    assert wire.ended is None


@pytest.mark.shows("WSOC-015")
async def test_a_client_that_takes_nothing_is_disconnected_with_the_reason(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lionrock.gateways.websocket.channels.MAX_WAITING", 2)
    ann, bob = await stage.trader(), await stage.trader()
    by_time, by_count, by_asking = (stage.join(FeedSession) for _ in range(3))
    await by_time[1].take(SUBSCRIBE % "book")
    await by_count[1].take(SUBSCRIBE % "trades")
    for wire, _, _ in (by_time, by_count, by_asking):
        wire.is_full = True
    await by_asking[1].take('{"op":"ping"}')
    by_time[0].is_full = False
    await stage.order(ann, Side.SELL, 100, 5_000_000)
    for _ in range(3):
        await stage.order(bob, Side.BUY, 10, 5_000_000)
    monkeypatch.setattr("lionrock.gateways.websocket.channels.SLOW_SECONDS", 0.01)
    by_time[0].is_full = True
    await stage.order(bob, Side.BUY, 10, 5_000_000)
    await asyncio.sleep(0.1)
    for (wire, _, connection), words in (
        (by_time, "news of 1 subscriptions"), (by_count, "3 messages"), (by_asking, "bytes of an answer"),
    ):  # fmt: skip
        assert wire.ended is not None
        code, reason = wire.ended
        assert code == 4008
        assert words in reason
        assert "read faster" in reason
        assert len(reason.encode()) <= 123  # RFC 6455, 5.5.1
        assert not connection.channels


def cut_after(wire: PlayedWire, session: Session, seconds: int) -> bool:
    session.look(wire.heard_at + seconds)
    return wire.is_cut


@pytest.mark.shows("WSOC-005")
async def test_silence_is_cut_and_pings_are_sent(stage: Stage) -> None:
    ann = await stage.trader()
    key = await stage.key(ann)
    public, session, _ = stage.join(PublicSession)
    assert [cut_after(public, session, seconds) for seconds in (59, 60)] == [False, True]

    private, private_session, _ = stage.join(PrivateSession, key, "channel")
    private_session.look(private.heard_at + 31)
    (ping,) = private.heard()
    assert set(ping) == {"ping", "channelId"}
    assert [cut_after(private, private_session, seconds) for seconds in (3_599, 3_600)] == [False, True]

    own, own_session, _ = stage.join(FeedSession)
    own_session.look(own.heard_at + 11)
    assert own.frames == [b"\x89\x00"]
    own_session.look(own.heard_at + 30)
    assert own.is_cut


@pytest.mark.shows("WSOC-012")
async def test_a_group_ends_with_its_connection_and_no_other_does(stage: Stage) -> None:
    ann = await stage.trader()
    bindings = stage.site.bindings(os.urandom)
    wire, session, _ = stage.join(PrivateFeedSession, await stage.key(ann), bindings)
    await stage.order(ann, Side.SELL, 100, 5_000_000, group_id=7)
    await stage.order(ann, Side.SELL, 100, 5_000_100, group_id=8)
    await session.take('{"op":"cancelOnDisconnect","groupId":7}')
    assert wire.heard()[0]["groupId"] == 7
    await session.end()
    await bindings.finish()
    assert [order.placed.group_id for order in stage.site.orders.open_orders(ann)] == [8]
    assert await bindings.cancel_left_over() == 0


@pytest.mark.shows("WSOC-006")
async def test_what_never_becomes_durable_is_never_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = await stage.trader()
    wire, session, _ = stage.join(FeedSession)
    private, private_session, _ = stage.join(PrivateSession, await stage.key(ann), "channel")
    await private_session.begin()
    await session.take(SUBSCRIBE % "book")
    wire.heard()
    monkeypatch.setattr(stage.site.node._writer, "write", _fail)
    with pytest.raises(NodeStopped, match="the disk is gone"):
        await stage.order(ann, Side.SELL, 100, 5_000_000)
    assert wire.heard() == private.heard() == []


def _fail(_: object) -> None:
    raise OSError("the disk is gone")
