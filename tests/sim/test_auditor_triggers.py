"""Waiting orders and gates as the auditor has them, worked by hand where the pages' tables do not reach."""

from __future__ import annotations

import msgspec
import pytest

from lionrock.sim.auditor import Auditor
from lionrock.words.commands import (
    AmendOrder,
    CancelOrders,
    PlaceOrder,
    SetAccountProfile,
    SetKillSwitch,
    SetMarketPhase,
    SetMarketRules,
    SetPriceBand,
)
from lionrock.words.enumerations import (
    AccountRestriction,
    CancelReason,
    ClientClass,
    KillSwitchScope,
    MarketPhase,
    OrderType,
    Side,
    TimeInForce,
    Trigger,
)
from lionrock.words.events import (
    CommandRejected,
    Event,
    MarketPhaseChanged,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    OrdersCancelled,
    OrderTriggered,
    TradeExecuted,
)
from lionrock.words.faults import Fault
from lionrock.words.rejections import Rejection
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
    small_venue,
    until,
)


def waiting_for(order: PlaceOrder, trigger_price_ticks: int, trigger: Trigger = Trigger.STOP) -> PlaceOrder:
    return msgspec.structs.replace(order, trigger=trigger, trigger_price_ticks=trigger_price_ticks)


def market_sell(order_id: int, account_id: int, size_lots: int) -> PlaceOrder:
    return msgspec.structs.replace(
        limit_order(order_id, account_id, Side.SELL, size_lots, 0),
        order_type=OrderType.MARKET,
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL,
    )


def to(phase: MarketPhase) -> SetMarketPhase:
    return SetMarketPhase(market_id=MARKET, phase=phase, at_time_ns=0, reference_price_ticks=0)


def profile(*, restriction: AccountRestriction = AccountRestriction.NONE, open_order_cap: int = 0) -> SetAccountProfile:
    return SetAccountProfile(
        account_id=ANN,
        legal_entity=0,
        products=1,
        client_class=ClientClass.RETAIL,
        restriction=restriction,
        open_order_cap=open_order_cap,
    )


def rules(*, max_order_value_atoms: int) -> SetMarketRules:
    return SetMarketRules(
        market_id=MARKET,
        legal_entity=3,
        admitted_classes=2,
        price_deviation_ppm=70_000,
        max_order_value_atoms=max_order_value_atoms,
    )


def rejection_of(events: list[Event]) -> Rejection:
    (event,) = events
    assert isinstance(event, CommandRejected)
    return Rejection(event.rejection)


def traded_at(auditor: Auditor, price_ticks: int, first_id: int) -> list[Event]:
    """Bob sells ann a lot at this price. Returns what ann's order did."""
    done(auditor, limit_order(first_id, BOB, Side.SELL, 1, price_ticks))
    return done(auditor, limit_order(first_id + 1, ANN, Side.BUY, 1, price_ticks))


def lines_of(auditor: Auditor, *kinds: str) -> list[str]:
    return [line for line in auditor.lines() if line.startswith(kinds)]


def test_waiting_lines_stand_in_the_order_in_which_they_would_come_in() -> None:
    auditor = small_venue()
    done(auditor, deposit(ETHER, ANN, 200))
    done(
        auditor,
        limit_order(100, ANN, Side.BUY, 1, 50),  # holds 50 and 10 for the fee at the dearer rate
        waiting_for(limit_order(101, ANN, Side.BUY, 1, 100), 110),
        waiting_for(buy_for(102, ANN, 70), 90, Trigger.TAKE_PROFIT),
        waiting_for(limit_order(103, ANN, Side.SELL, 1, 120), 105, Trigger.TAKE_PROFIT),
        until(waiting_for(limit_order(104, ANN, Side.BUY, 1, 100), 105), 10**12),
        waiting_for(market_sell(105, ANN, 1), 95),
    )
    assert lines_of(auditor, "order", "waiting", "balance|11") == [
        "balance|11|1|0|200",
        "balance|11|2|630|370",
        "order|5|1|50|100|11|1|1|60|100000|200000|0|0|0|0|1|0|1|0|0|0|0",
        "waiting|5|1|105|2|120|103|11|1|1|100|100000|200000|0|0|0|0|1|0|1|0|0|0|0",
        "waiting|5|1|105|1|100|104|11|1|1|120|100000|200000|0|0|1000000000000|0|4|0|1|0|0|0|0",
        "waiting|5|1|110|1|100|101|11|1|1|120|100000|200000|0|0|0|0|1|0|1|0|0|0|0",
        "waiting|5|2|95|2|0|105|11|1|1|100|100000|200000|0|0|0|0|2|0|1|0|0|0|0",
        "waiting|5|2|90|1|0|102|11|0|0|70|100000|200000|0|0|0|0|2|0|0|0|0|0|0",
    ]


def test_an_amount_that_waited_pays_its_fee_out_of_what_it_held() -> None:
    auditor = small_venue()
    done(auditor, waiting_for(buy_for(101, ANN, 250), 100), limit_order(102, BOB, Side.SELL, 5, 100))
    events = done(auditor, limit_order(103, ANN, Side.BUY, 1, 100))
    triggered, trade, ended = events[-3:]
    assert isinstance(triggered, OrderTriggered)
    assert triggered.order_id == 101
    assert isinstance(trade, TradeExecuted)  # of 250 at 20 % it spends 208, two lots and 40 for the fee
    assert (trade.size_lots, trade.taker_fee_atoms) == (2, 40)
    assert isinstance(ended, OrderFilled)
    assert (ended.filled_lots, ended.released_atoms) == (2, 10)


def test_an_amount_cancelled_before_its_trigger_has_no_size_and_gives_back_all() -> None:
    auditor = small_venue()
    done(auditor, waiting_for(buy_for(101, ANN, 250), 100))
    everything = CancelOrders(account_id=ANN, market_id=0, group_id=0, reason=CancelReason.REQUESTED)
    cancelled, counted = done(auditor, everything)
    assert isinstance(cancelled, OrderCancelled)
    assert (cancelled.filled_lots, cancelled.remaining_lots, cancelled.released_atoms) == (0, 0, 250)
    assert isinstance(counted, OrdersCancelled)
    assert counted.orders == 1


def test_waiting_and_resting_orders_end_together_by_id() -> None:
    auditor = small_venue()
    done(
        auditor,
        limit_order(101, ANN, Side.BUY, 1, 50),
        waiting_for(limit_order(102, ANN, Side.BUY, 1, 50), 60),
        limit_order(103, ANN, Side.BUY, 1, 51),
    )
    _, *ended = done(auditor, SetKillSwitch(scope=KillSwitchScope.MARKET, scope_id=MARKET, engaged=1))
    assert [event.order_id for event in ended if isinstance(event, OrderCancelled)] == [101, 102, 103]


def test_a_cascade_stops_at_the_band_and_those_left_wait_for_the_next_continuous_moment() -> None:
    auditor = small_venue()
    traded_at(auditor, 100, 51)
    done(auditor, SetPriceBand(market_id=MARKET, band_ppm=50_000))  # 95 to 105
    done(
        auditor,
        limit_order(101, BOB, Side.SELL, 1, 104),
        limit_order(102, BOB, Side.SELL, 1, 106),
        waiting_for(limit_order(103, ANN, Side.BUY, 1, 106), 103),
        waiting_for(limit_order(104, ANN, Side.BUY, 1, 90), 104),
    )
    events = done(auditor, limit_order(105, ANN, Side.BUY, 1, 104))
    assert isinstance(events[-2], OrderTriggered)
    assert isinstance(events[-1], MarketPhaseChanged)
    market_line, *waiting = lines_of(auditor, "market", "waiting")
    assert market_line.endswith("|3|50000|104|0|15|0|0|0|0|0|104|104")
    assert waiting == ["waiting|5|1|104|1|90|104|11|1|1|108|100000|200000|0|0|0|0|1|0|1|0|0|0|0"]

    *_, triggered = done(auditor, to(MarketPhase.CONTINUOUS))
    assert isinstance(triggered, OrderTriggered)
    assert triggered.order_id == 104
    assert lines_of(auditor, "market")[0].endswith("|1|50000|106|0|15|0|0|0|0|0|0|0")


def test_the_band_of_a_triggered_order_lies_round_the_last_trade_before_the_command() -> None:
    auditor = small_venue()
    traded_at(auditor, 100, 51)
    done(auditor, SetPriceBand(market_id=MARKET, band_ppm=50_000))  # 95 to 105, after the trade at 104 still
    done(
        auditor,
        limit_order(101, BOB, Side.SELL, 1, 104),
        limit_order(102, BOB, Side.SELL, 1, 106),
        waiting_for(limit_order(103, ANN, Side.BUY, 1, 106), 104),
    )
    *_, changed = done(auditor, limit_order(104, ANN, Side.BUY, 1, 104))
    assert isinstance(changed, MarketPhaseChanged)
    assert changed.phase == MarketPhase.VOLATILITY_AUCTION


def test_a_cap_counts_what_rests_and_what_waits_until_it_is_over() -> None:
    auditor = small_venue()
    done(auditor, profile(open_order_cap=2))
    done(auditor, limit_order(101, ANN, Side.BUY, 2, 50), waiting_for(limit_order(102, ANN, Side.BUY, 1, 60), 60))
    third = limit_order(103, ANN, Side.BUY, 1, 50)
    assert rejection_of(done(auditor, third)) == Rejection.OPEN_ORDERS_ABOVE_CAP
    stop = waiting_for(buy_for(103, ANN, 5), 99)
    assert rejection_of(done(auditor, stop)) == Rejection.OPEN_ORDERS_ABOVE_CAP
    done(auditor, AmendOrder(order_id=101, account_id=ANN, price_ticks=51, size_lots=1))  # one order, moved
    done(auditor, limit_order(103, BOB, Side.SELL, 1, 51))
    assert isinstance(done(auditor, limit_order(104, ANN, Side.BUY, 1, 50))[0], OrderPlaced)
    auditor.lines()


def test_profile_and_rules_are_in_the_state() -> None:
    auditor = small_venue()
    done(auditor, profile(restriction=AccountRestriction.REDUCE_ONLY, open_order_cap=9))
    done(auditor, rules(max_order_value_atoms=77))
    assert "account|11|1|0|11|0|0|1|1|2|9|0" in auditor.lines()
    assert lines_of(auditor, "market")[0].endswith("|0|1|0|0|3|2|70000|77|0|0|0|0|0")


def test_a_frozen_account_is_named_after_every_other_refusal_but_funds() -> None:
    auditor = small_venue()
    done(auditor, profile(restriction=AccountRestriction.FROZEN))
    from_ann = msgspec.structs.replace(deposit(DOLLAR, BOB, 5_000), debit_account_id=ANN)
    assert rejection_of(done(auditor, from_ann)) == Rejection.ACCOUNT_FROZEN
    nothing = msgspec.structs.replace(from_ann, amount_atoms=0)
    assert rejection_of(done(auditor, nothing)) == Rejection.TRANSFER_AMOUNT_NOT_POSITIVE


@pytest.mark.parametrize("scope", list(KillSwitchScope))
def test_an_order_that_waits_under_a_kill_switch_is_found(scope: KillSwitchScope) -> None:
    auditor = small_venue()
    done(auditor, waiting_for(limit_order(101, ANN, Side.BUY, 1, 50), 60))
    if scope == KillSwitchScope.SITE:
        auditor._venue.is_stopped = True
    elif scope == KillSwitchScope.MARKET:
        auditor._venue.markets[MARKET].is_stopped = True
    else:
        auditor._venue.accounts[ANN].is_stopped = True
    with pytest.raises(Fault, match=f"kill switch of scope {scope.value} over"):
        auditor.lines()


def test_what_should_have_come_in_or_ended_is_found() -> None:
    auditor = small_venue()
    for_a_day = msgspec.structs.replace(limit_order(101, ANN, Side.BUY, 1, 50), time_in_force=TimeInForce.DAY)
    done(auditor, waiting_for(for_a_day, 60), until(waiting_for(limit_order(102, ANN, Side.BUY, 1, 50), 70), 10**12))
    market = auditor._venue.markets[MARKET]
    market.last_price_ticks = 60
    with pytest.raises(Fault, match="still waits after a trade at 60"):
        auditor.lines()
    market.phase = MarketPhase.CLOSED
    with pytest.raises(Fault, match="in a closed market"):
        auditor.lines()
    market.phase = MarketPhase.HALTED
    auditor.lines()
    auditor._venue.time_ns = 10**12
    with pytest.raises(Fault, match="rests or waits at"):
        auditor.lines()


def test_a_wrong_count_of_open_orders_and_a_hold_nobody_waits_with_are_found() -> None:
    auditor = small_venue()
    done(auditor, waiting_for(limit_order(101, ANN, Side.BUY, 1, 50), 60))
    auditor._venue.accounts[ANN].open_orders = 2
    with pytest.raises(Fault, match="1 open orders, not 2"):
        auditor.lines()
    auditor._venue.accounts[ANN].open_orders = 1
    _, order = auditor._venue.waiting[101]
    order.held_atoms -= 1
    with pytest.raises(Fault, match="held, not what is held for"):
        auditor.lines()
