"""Candles of every interval agree with adding up the trades by hand."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime

import pytest

from lionrock.views.candles import INTERVALS_MS, KEPT, Candle, Candles, interval_end_ms, interval_start_ms

Trade = tuple[int, int, int, bool]
"""Time in ms, price, size, whether the taker bought."""


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def by_hand(interval: str, trades: list[Trade]) -> list[Candle]:
    groups: defaultdict[int, list[Trade]] = defaultdict(list)
    for trade in trades:
        groups[interval_start_ms(interval, trade[0])].append(trade)
    return [
        Candle(
            open_ms=start,
            open_ticks=group[0][1],
            high_ticks=max(trade[1] for trade in group),
            low_ticks=min(trade[1] for trade in group),
            close_ticks=group[-1][1],
            size_lots=sum(trade[2] for trade in group),
            quote_atoms=sum(trade[1] * trade[2] for trade in group),
            trades=len(group),
            taker_buy_lots=sum(trade[2] for trade in group if trade[3]),
            taker_buy_quote_atoms=sum(trade[1] * trade[2] for trade in group if trade[3]),
        )
        for start, group in sorted(groups.items())
    ]


@pytest.mark.parametrize("seed", range(5))
def test_every_interval_agrees_with_the_trades(seed: int) -> None:
    chance = random.Random(seed)
    candles = Candles()
    trades: list[Trade] = []
    now = ms("2024-02-27T23:00:00")
    for _ in range(2_000):
        now += chance.choice((0, 1, 900, 30_000, 61_000, 400_000, 3_700_000))
        trade = (now, chance.randint(90, 110), chance.randint(1, 9), chance.random() < 0.5)
        trades.append(trade)
        candles.add(trade[0], trade[1], trade[2], trade[1] * trade[2], trade[3])
        if chance.random() < 0.01:
            interval = chance.choice(list(INTERVALS_MS))
            expected = by_hand(interval, trades)
            assert candles.read(interval, None, now, 1000) == expected[-1000:]
            assert candles.read(interval, None, now, 2) == expected[-2:]
            start = chance.choice(trades)[0]
            assert candles.read(interval, start, now, 3) == [row for row in expected if row.open_ms >= start][:3]
            assert candles.read(interval, None, start, 3) == [row for row in expected if row.open_ms <= start][-3:]


@pytest.mark.parametrize(
    ("interval", "time", "start"),
    [
        ("1m", "2024-03-05T10:07:59", "2024-03-05T10:07:00"),
        ("1h", "2024-03-05T10:07:59", "2024-03-05T10:00:00"),
        ("1d", "2024-03-05T10:07:59", "2024-03-05T00:00:00"),
        ("1w", "2024-03-05T10:07:59", "2024-03-04T00:00:00"),  # a Monday
        ("1w", "2024-03-04T00:00:00", "2024-03-04T00:00:00"),
        ("1w", "2024-03-03T23:59:59", "2024-02-26T00:00:00"),
        ("1M", "2024-02-29T23:59:59", "2024-02-01T00:00:00"),
    ],
)
def test_intervals_start_where_a_calendar_says(interval: str, time: str, start: str) -> None:
    assert interval_start_ms(interval, ms(time)) == ms(start)


def test_months_have_their_own_length() -> None:
    assert interval_end_ms("1M", ms("2024-02-01T00:00:00")) == ms("2024-03-01T00:00:00") - 1
    assert interval_end_ms("1M", ms("2023-12-01T00:00:00")) == ms("2024-01-01T00:00:00") - 1
    assert interval_end_ms("1h", ms("2024-02-01T00:00:00")) == ms("2024-02-01T01:00:00") - 1


def test_no_trades_no_candles() -> None:
    assert Candles().read("1m", None, 10**15, 10) == []
    with pytest.raises(KeyError):
        Candles().read("7m", None, 0, 10)


def test_memory_is_bounded() -> None:
    candles = Candles()
    for minute in range(3 * KEPT):
        candles.add(minute * 60_000, 1, 1, 1, taker_buys=True)
    assert len(candles.read("1m", None, 10**15, 10 * KEPT)) <= 2 * KEPT + 1
    assert candles.read("1m", None, 10**15, KEPT)[0].open_ms == 2 * KEPT * 60_000
