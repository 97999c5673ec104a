"""Phases, auctions and price bands as the auditor has them, worked by hand where the pages' tables do not reach."""

from __future__ import annotations

import msgspec
import pytest

from lionrock.sim.auditor import Auditor
from lionrock.sim.auditor.book import Market
from lionrock.words.commands import AdvanceTime, AmendOrder, PlaceOrder, SetMarketPhase, SetPriceBand
from lionrock.words.enumerations import CancelReason, MarketPhase, SelfTradePrevention, Side, TimeInForce
from lionrock.words.events import (
    EVENTS,
    AuctionUncrossed,
    Event,
    HoldReduced,
    MarketPhaseChanged,
    MarketPhaseScheduled,
    OrderAmended,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    TimeAdvanced,
    TradeExecuted,
)
from lionrock.words.faults import Fault
from lionrock.words.records import unpack_all
from tests.sim.small_venue import (
    ANN,
    BOB,
    DOLLAR,
    ETHER,
    MARKET,
    buy_for,
    deposit,
    done,
    limit_order,
    preventing,
    small_venue,
    stamped,
    until,
)


def to(phase: MarketPhase, *, at_time_ns: int = 0, reference_price_ticks: int = 0) -> SetMarketPhase:
    return SetMarketPhase(
        market_id=MARKET, phase=phase, at_time_ns=at_time_ns, reference_price_ticks=reference_price_ticks
    )


def for_the_day(order: PlaceOrder) -> PlaceOrder:
    return msgspec.structs.replace(order, time_in_force=TimeInForce.DAY)


def in_pre_open(*orders: PlaceOrder) -> Auditor:
    """The small venue, with these orders collected and 500 atoms of ether for ann."""
    auditor = small_venue()
    placed = done(auditor, deposit(ETHER, ANN, 500), to(MarketPhase.PRE_OPEN), *orders)[2:]
    assert [type(event) for event in placed] == [OrderPlaced] * len(orders)
    return auditor


def after_a_trade_at_100(*, band_ppm: int) -> Auditor:
    auditor = small_venue()
    done(auditor, SetPriceBand(market_id=MARKET, band_ppm=band_ppm))
    done(auditor, limit_order(51, BOB, Side.SELL, 1, 100), limit_order(52, ANN, Side.BUY, 1, 100))
    return auditor


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def test_an_auction_worked_by_hand() -> None:
    # Four want what three offer at 90 and 95: three trade. At 100 and 110 four want what five offer: four trade, one is
    # left over, and 100 is nearer to 104.
    auditor = in_pre_open(
        limit_order(101, BOB, Side.SELL, 3, 90),
        limit_order(102, BOB, Side.SELL, 2, 100),
        limit_order(103, ANN, Side.BUY, 4, 110),  # holds 440 and 88 for the fee at the dearer rate
        limit_order(104, ANN, Side.BUY, 2, 95),  # holds 190 and 38
    )
    events = done(auditor, to(MarketPhase.CONTINUOUS, reference_price_ticks=104))
    changed, uncrossed, first, first_end, second, second_end = events
    assert isinstance(changed, MarketPhaseChanged)
    assert (changed.phase, changed.previous_phase) == (MarketPhase.CONTINUOUS, MarketPhase.PRE_OPEN)
    assert isinstance(uncrossed, AuctionUncrossed)
    assert (uncrossed.price_ticks, uncrossed.size_lots, uncrossed.imbalance_lots) == (100, 4, -1)
    assert isinstance(first, TradeExecuted)
    assert (first.taker_order_id, first.maker_order_id, first.taker_side, first.in_auction) == (103, 101, Side.BUY, 1)
    assert (first.quote_atoms, first.taker_fee_atoms, first.maker_fee_atoms) == (300, 30, 30)
    assert isinstance(first_end, OrderFilled)
    assert first_end.order_id == 101
    assert isinstance(second, TradeExecuted)
    assert (second.maker_order_id, second.size_lots, second.maker_remaining_lots) == (102, 1, 1)
    assert isinstance(second_end, OrderFilled)
    assert (second_end.order_id, second_end.released_atoms) == (103, 528 - 330 - 110)
    assert [line for line in auditor.lines() if line.startswith(("market", "balance", "order"))] == [
        "market|5|ETH-USD|1|2|2|10|100|10000|1000|1|1000000|2|0|1|0|100|0|15|0|0|0|0|0|0|0",
        "balance|1|1|-1500|0",
        "balance|1|2|-1000|0",
        "balance|2|2|80|0",
        "balance|11|1|900|0",
        "balance|11|2|332|228",
        "balance|12|1|500|100",
        "balance|12|2|360|0",
        "order|5|1|95|104|11|2|2|228|100000|200000|0|0|0|0|1|0|2|0|0|0|0",
        "order|5|2|100|102|12|2|1|100|100000|200000|0|0|0|0|1|0|1|0|0|0|0",
    ]


def test_a_buyer_filled_in_part_gets_back_once_what_its_rest_need_not_hold() -> None:
    auditor = in_pre_open(
        limit_order(101, BOB, Side.SELL, 1, 90),
        limit_order(102, BOB, Side.SELL, 1, 100),
        limit_order(103, ANN, Side.BUY, 5, 110),
    )
    events = done(auditor, to(MarketPhase.CONTINUOUS))
    assert kinds(events[2:]) == [TradeExecuted, OrderFilled, TradeExecuted, OrderFilled, HoldReduced]
    reduced = events[-1]
    assert isinstance(reduced, HoldReduced)
    # 660 were held, a lot costs 100 and 10 for the fee, and the 3 lots left need 330 and 66.
    assert (reduced.order_id, reduced.released_atoms) == (103, 660 - 2 * 110 - 396)


def test_an_auction_that_loses_an_order_to_its_owner_is_followed_by_another() -> None:
    auditor = in_pre_open(
        limit_order(101, ANN, Side.BUY, 2, 105),
        preventing(limit_order(102, ANN, Side.SELL, 2, 100), SelfTradePrevention.EXPIRE_MAKER),
        limit_order(103, BOB, Side.SELL, 2, 103),
    )
    events = done(auditor, to(MarketPhase.CONTINUOUS))
    expected = [MarketPhaseChanged, AuctionUncrossed, OrderCancelled, AuctionUncrossed, TradeExecuted]
    assert kinds(events) == [*expected, OrderFilled, OrderFilled]
    auctions = [(event.price_ticks, event.size_lots) for event in events if isinstance(event, AuctionUncrossed)]
    assert auctions == [(100, 2), (103, 2)]
    lost = events[2]
    assert isinstance(lost, OrderCancelled)
    assert (lost.order_id, lost.reason) == (102, CancelReason.SELF_TRADE)


def test_what_is_due_happens_by_time_and_expiries_come_before_changes_of_the_same_time() -> None:
    second = 10**9
    auditor = in_pre_open(
        until(limit_order(101, ANN, Side.BUY, 1, 100), 50 * second),
        until(limit_order(102, ANN, Side.BUY, 1, 99), 51 * second),
        limit_order(103, BOB, Side.SELL, 2, 95),
    )
    scheduled = done(
        auditor,
        to(MarketPhase.CLOSED, at_time_ns=60 * second),
        to(MarketPhase.PRE_OPEN, at_time_ns=50 * second),
        to(MarketPhase.CONTINUOUS, at_time_ns=50 * second, reference_price_ticks=97),
    )
    assert kinds(scheduled) == [MarketPhaseScheduled] * 3
    assert [line for line in auditor.lines() if line.startswith("schedule")] == [
        "schedule|50000000000|5|2|0",
        "schedule|50000000000|5|1|97",
        "schedule|60000000000|5|6|0",
    ]
    happened = unpack_all(EVENTS, auditor.apply(stamped(AdvanceTime(), auditor.last_sequence + 1, 55 * second)))
    # Order 101 is gone before the auction of its second; 102, which would have ended a second later, trades in it.
    changes = [MarketPhaseChanged, MarketPhaseChanged, AuctionUncrossed]
    assert kinds(happened) == [OrderCancelled, *changes, TradeExecuted, OrderFilled, TimeAdvanced]
    assert [line for line in auditor.lines() if line.startswith("schedule")] == ["schedule|60000000000|5|6|0"]


def test_an_amendment_that_leaves_the_band_waits_for_an_auction() -> None:
    auditor = after_a_trade_at_100(band_ppm=95_000)  # 90.5 to 109.5 is cut to 91 to 109
    done(auditor, limit_order(101, BOB, Side.SELL, 1, 109), limit_order(102, BOB, Side.SELL, 1, 110))
    done(auditor, limit_order(103, ANN, Side.BUY, 3, 90))
    events = done(auditor, AmendOrder(order_id=103, account_id=ANN, price_ticks=112, size_lots=3))
    assert kinds(events) == [OrderAmended, TradeExecuted, OrderFilled, HoldReduced, MarketPhaseChanged]
    changed = events[-1]
    assert isinstance(changed, MarketPhaseChanged)
    assert changed.phase == MarketPhase.VOLATILITY_AUCTION
    market_line, *orders = (line for line in auditor.lines() if line.startswith(("market", "order")))
    assert market_line.endswith("|0|3|95000|109|0|15|0|0|0|0|0|109|109")
    assert [line.split("|")[3] for line in orders] == ["112", "110"]  # crossed, as orders are collected


def test_a_price_on_the_wrong_side_of_the_band_begins_an_auction_too() -> None:
    auditor = after_a_trade_at_100(band_ppm=100_000)
    done(auditor, limit_order(101, BOB, Side.SELL, 1, 89))
    placed, changed = done(auditor, limit_order(102, ANN, Side.BUY, 1, 95))
    assert isinstance(placed, OrderPlaced)
    assert isinstance(changed, MarketPhaseChanged)


def test_an_amount_stops_at_the_band_only_where_it_could_pay_a_lot() -> None:
    auditor = after_a_trade_at_100(band_ppm=100_000)
    done(auditor, limit_order(101, BOB, Side.SELL, 2, 100), limit_order(102, BOB, Side.SELL, 1, 111))
    events = done(auditor, buy_for(103, ANN, 252))  # 210 may be spent; of the 110 left after a lot 10 after the next
    assert kinds(events) == [OrderPlaced, TradeExecuted, OrderFilled, OrderFilled]
    done(auditor, limit_order(104, BOB, Side.SELL, 1, 100))
    *_, cancelled, changed = done(auditor, buy_for(105, ANN, 300))  # 250 may be spent
    assert isinstance(cancelled, OrderCancelled)
    assert (cancelled.reason, cancelled.filled_lots, cancelled.remaining_lots) == (CancelReason.VOLATILITY, 1, 0)
    assert isinstance(changed, MarketPhaseChanged)


@pytest.mark.parametrize("phase", [MarketPhase.HALTED, MarketPhase.CANCEL_ONLY])
def test_a_crossed_book_is_found_unless_its_orders_were_collected(phase: MarketPhase) -> None:
    crossed = limit_order(101, BOB, Side.SELL, 1, 90), limit_order(102, ANN, Side.BUY, 1, 90)
    auditor = in_pre_open(*crossed)
    done(auditor, to(phase))
    assert any(line.startswith("order") for line in auditor.lines())
    auditor._venue.markets[MARKET].may_be_crossed = False
    with pytest.raises(Fault, match="is crossed"):
        auditor.lines()


@pytest.mark.parametrize("phase", [MarketPhase.CONTINUOUS, MarketPhase.CLOSED])
def test_an_uncrossed_book_may_not_be_crossed_again(phase: MarketPhase, monkeypatch: pytest.MonkeyPatch) -> None:
    auditor = in_pre_open(limit_order(101, BOB, Side.SELL, 2, 90), limit_order(102, ANN, Side.BUY, 1, 90))
    done(auditor, to(phase), to(MarketPhase.HALTED))
    auditor.lines()
    monkeypatch.setattr(Market, "is_crossed", lambda _: True)
    with pytest.raises(Fault, match="is crossed"):
        auditor.lines()


def test_a_day_order_that_rests_in_a_closed_market_is_found() -> None:
    auditor = small_venue()
    done(auditor, for_the_day(limit_order(101, ANN, Side.BUY, 1, 90)))
    auditor._venue.markets[MARKET].phase = MarketPhase.CLOSED
    with pytest.raises(Fault, match="in a closed market"):
        auditor.lines()


def test_a_change_that_is_overdue_is_found() -> None:
    auditor = small_venue()
    done(auditor, to(MarketPhase.CLOSED, at_time_ns=10**12), deposit(DOLLAR, ANN, 1))
    auditor._venue.time_ns = 10**12
    with pytest.raises(Fault, match="has not happened"):
        auditor.lines()


def test_day_orders_end_in_order_of_their_ids() -> None:
    auditor = small_venue()
    orders = [
        for_the_day(limit_order(101, BOB, Side.SELL, 1, 110)),
        for_the_day(limit_order(102, ANN, Side.BUY, 1, 90)),
        limit_order(103, ANN, Side.BUY, 1, 91),
        for_the_day(limit_order(104, ANN, Side.BUY, 1, 92)),
    ]
    _, *ended = done(auditor, *orders, to(MarketPhase.CLOSED))[len(orders) :]
    assert [event.order_id for event in ended if isinstance(event, OrderCancelled)] == [101, 102, 104]
    assert [line.split("|")[4] for line in auditor.lines() if line.startswith("order")] == ["103"]
