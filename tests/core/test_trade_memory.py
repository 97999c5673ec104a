"""The trades of the last hour, however many: none is lost, doubled or moved, and none is remembered longer."""

from __future__ import annotations

import numpy as np
import pytest

from lionrock.bench.blocks import found, record_of, records_of, stamped
from lionrock.bench.flows import FIRST_ACCOUNT, MIDDLE_TICKS, stage
from lionrock.core import engine, engine_checked
from lionrock.words.commands import CancelTrade, PlaceOrder
from lionrock.words.enumerations import OrderType, Side, TimeInForce
from lionrock.words.events import CommandRejected, TradeCancelled
from lionrock.words.limits import TRADE_MEMORY_NS
from lionrock.words.rejections import Rejection

BUILDS = pytest.mark.parametrize("build", [engine.Engine, engine_checked.Engine])
BLOCK = 32_768
"""Trades that the core keeps together."""


class Pairs:
    """Two clients who trade one lot with each other, a trade for every two commands."""

    def __init__(self, build: type[engine.Engine]) -> None:
        self.venue = build()
        opening = stage(1, 2, 2, 10**13)
        self.venue.apply(stamped([opening], 1))
        self.trades, self.time_ns = 0, 0

    def trade(self, count: int, *, each_ns: int) -> None:
        orders = np.arange(2 * count)
        times = self.time_ns + each_ns * (1 + orders // 2)
        records = records_of(
            PlaceOrder, 2 * count, time_ns=times, order_id=2 * self.trades + 1 + orders, market_id=1,
            account_id=FIRST_ACCOUNT + orders % 2, side=np.where(orders % 2 == 0, Side.SELL, Side.BUY),
            order_type=OrderType.LIMIT, time_in_force=TimeInForce.GOOD_TILL_CANCELLED, price_ticks=MIDDLE_TICKS,
            size_lots=1,
        )  # fmt: skip
        self.venue.apply(stamped([records], self.venue.last_sequence + 1))
        self.trades += count
        self.time_ns += each_ns * count

    def remembered(self) -> dict[int, int]:
        """Number and time of each trade that the state tells of."""
        rows = [line.split("|") for line in self.venue.lines() if line.startswith("trade|")]
        return {int(row[1]): int(row[2]) for row in rows}

    def cancelled(self, trade_id: int) -> bytes:
        told = CancelTrade(
            sequence=self.venue.last_sequence + 1, time_ns=self.time_ns, trade_id=trade_id, tax_report_type=0,
            actor_kind=2, actor_id=7, authority_id=8, source=0, source_sequence=0,
        )  # fmt: skip
        return self.venue.apply(record_of(told).tobytes())


@BUILDS
def test_many_trades_of_one_hour_are_all_remembered(build: type[engine.Engine]) -> None:
    pairs = Pairs(build)
    pairs.trade(3 * BLOCK + 5, each_ns=10)
    assert pairs.remembered() == {trade: 10 * trade for trade in range(1, pairs.trades + 1)}
    for trade in (1, BLOCK - 1, BLOCK, BLOCK + 1, pairs.trades):
        events = found(TradeCancelled, pairs.cancelled(trade))
        assert events["trade_id"].tolist() == [trade]


@BUILDS
def test_what_is_older_than_an_hour_makes_room_for_what_comes(build: type[engine.Engine]) -> None:
    """Through several hours, so that places are taken again, a busier one after them, and a quiet day."""
    pairs, hour = Pairs(build), 40_000
    each = TRADE_MEMORY_NS // hour
    for count in (30_000, 70_000, 130_000):
        pairs.trade(count, each_ns=each)
        oldest = pairs.trades - min(pairs.trades, -(-TRADE_MEMORY_NS // each)) + 1
        assert pairs.remembered() == {trade: each * trade for trade in range(oldest, pairs.trades + 1)}
    before = pairs.remembered()
    pairs.trade(5 * BLOCK, each_ns=1)
    busy = {
        trade: pairs.time_ns - (pairs.trades - trade) for trade in range(pairs.trades - 5 * BLOCK + 1, pairs.trades + 1)
    }
    assert (
        pairs.remembered() == {trade: at for trade, at in before.items() if at > pairs.time_ns - TRADE_MEMORY_NS} | busy
    )
    pairs.time_ns += 24 * TRADE_MEMORY_NS
    pairs.trade(1, each_ns=1)
    assert pairs.remembered() == {pairs.trades: pairs.time_ns}
    assert found(CommandRejected, pairs.cancelled(pairs.trades - 1))["rejection"].tolist() == [Rejection.TRADE_UNKNOWN]


@BUILDS
@pytest.mark.parametrize("before", [0, BLOCK - 1, BLOCK, 2 * BLOCK + 100])
def test_a_core_that_is_taken_up_remembers_the_same(build: type[engine.Engine], before: int) -> None:
    straight, pairs = Pairs(build), Pairs(build)
    for each in (straight, pairs):
        each.trade(before, each_ns=TRADE_MEMORY_NS // 50_000)
    pairs.venue = build.load(pairs.venue.save())
    for each in (straight, pairs):
        each.trade(BLOCK, each_ns=TRADE_MEMORY_NS // 50_000)
        each.cancelled(each.trades - BLOCK + 1)
    assert pairs.venue.lines() == straight.venue.lines()
    assert pairs.venue.save() == straight.venue.save()
