"""What the tables of spec/ do not say of the auditor: its records, its faults, and a page of state worked by hand."""

from __future__ import annotations

import hashlib

import msgspec
import pytest

from lionrock.sim.auditor import RULES
from lionrock.sim.auditor.ledger import Ledger
from lionrock.words.commands import (
    COMMANDS,
    AmendOrder,
    CancelOrders,
    ListAsset,
    SetBeneficialOwner,
    SetKillSwitch,
)
from lionrock.words.enumerations import (
    CancelReason,
    KillSwitchScope,
    SelfTradePrevention,
    Side,
)
from lionrock.words.events import (
    EVENTS,
    AssetListed,
    CommandRejected,
    HoldReduced,
    OrderAmended,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    OrderReduced,
    OrdersCancelled,
    TradeExecuted,
)
from lionrock.words.faults import Fault
from lionrock.words.records import unpack_all
from lionrock.words.rejections import Rejection
from tests.sim.small_venue import (
    ANN,
    BOB,
    CUSTODY,
    DOLLAR,
    ETHER,
    FEES,
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


def test_a_page_of_state_worked_by_hand() -> None:
    auditor = small_venue()
    # Ann holds 500 and, at the dearer of her rates, 100 for the fee. Bob sells her 2 lots, 200 atoms of ether, for 200:
    # she pays 10 % more, 220, out of her hold of 600; he receives 20 % less, 160; the venue earns 20 + 40.
    # His other lot stands a tick above her bid.
    done(
        auditor,
        limit_order(101, ANN, Side.BUY, 5, 100),
        limit_order(102, BOB, Side.SELL, 2, 100),
        limit_order(103, BOB, Side.SELL, 1, 101),
        limit_order(104, BOB, Side.SELL, 99, 101),  # refused, he has no 9900 atoms
    )
    page = [
        "venue|14|14000000000|1|103|0|0",
        "asset|1|ETH|3|0|0",
        "asset|2|USD|2|0|0",
        "tier|0|100000|200000",
        "account|1|3|0|1|0|0|4294967295|0|0|0|0",
        "account|2|2|0|2|0|0|4294967295|0|0|0|0",
        "account|11|1|0|11|0|0|4294967295|0|0|0|0",
        "account|12|1|0|12|0|0|4294967295|0|0|0|0",
        "market|5|ETH-USD|1|2|2|10|100|10000|1000|1|1000000|2|0|1|0|100|0|15|0|0|0|0|0|0|0",
        "balance|1|1|-1000|0",
        "balance|1|2|-1000|0",
        "balance|2|2|60|0",
        "balance|11|1|200|0",
        "balance|11|2|400|380",
        "balance|12|1|700|100",
        "balance|12|2|160|0",
        "order|5|1|100|101|11|5|3|380|100000|200000|0|0|0|0|1|0|3|0|0|0|0",
        "order|5|2|101|103|12|1|1|100|100000|200000|0|0|0|0|1|0|1|0|0|0|0",
        "trade|1|12000000000|5|11|12|200|-220|-200|160|0",
    ]
    assert auditor.lines() == page
    assert auditor.digest() == hashlib.sha256(("\n".join(page) + "\n").encode("utf-8")).hexdigest()


def test_what_stands_over_an_order_is_in_the_state() -> None:
    auditor = small_venue()
    dated = until(limit_order(101, ANN, Side.BUY, 2, 100), 99 * 10**9)
    done(
        auditor,
        msgspec.structs.replace(dated, post_only=1, self_trade_prevention=SelfTradePrevention.EXPIRE_BOTH, group_id=7),
        SetBeneficialOwner(account_id=BOB, owner_id=ANN),
        SetKillSwitch(scope=KillSwitchScope.ACCOUNT, scope_id=BOB, engaged=1),
    )
    lines = auditor.lines()
    assert "order|5|1|100|101|11|2|2|240|100000|200000|3|1|99000000000|7|4|0|2|0|0|0|0" in lines
    assert "account|12|1|0|11|1|0|4294967295|0|0|0|0" in lines

    done(auditor, SetKillSwitch(scope=KillSwitchScope.MARKET, scope_id=MARKET, engaged=1))
    assert "market|5|ETH-USD|1|2|2|10|100|10000|1000|1|1000000|2|1|1|0|0|0|15|0|0|0|0|0|0|0" in auditor.lines()
    done(auditor, SetKillSwitch(scope=KillSwitchScope.SITE, scope_id=0, engaged=1))
    assert auditor.lines()[0] == "venue|15|15000000000|0|101|1|0"
    assert not any(line.startswith("order") for line in auditor.lines())


def test_an_amended_order_holds_exactly_what_its_rest_needs() -> None:
    auditor = small_venue()
    # Ann's 5 lots hold 500 and 100 for the fee at the dearer rate. As maker she pays 10 % on 2 lots, 220, and 380 stay
    # held; the 3 lots left need 360, which she learns by amending the order to what it is.
    done(auditor, limit_order(101, ANN, Side.BUY, 5, 100), limit_order(102, BOB, Side.SELL, 2, 100))
    (amended,) = done(auditor, AmendOrder(order_id=101, account_id=ANN, price_ticks=100, size_lots=5))
    assert isinstance(amended, OrderAmended)
    assert (amended.priority_kept, amended.remaining_lots, amended.held_atoms) == (1, 3, 360)
    assert "balance|11|2|420|360" in auditor.lines()

    # Across the touch she is the taker: a lot at 101 costs 121 of the 396 held at 110, and the 2 left need 264.
    done(auditor, limit_order(103, BOB, Side.SELL, 1, 101))
    amended, trade, _, reduced = done(auditor, AmendOrder(order_id=101, account_id=ANN, price_ticks=110, size_lots=5))
    assert isinstance(amended, OrderAmended)
    assert (amended.priority_kept, amended.held_atoms) == (0, 396)
    assert isinstance(trade, TradeExecuted)
    assert (trade.taker_order_id, trade.quote_atoms, trade.taker_fee_atoms) == (101, 101, 20)
    assert isinstance(reduced, HoldReduced)
    assert reduced.released_atoms == 396 - 121 - 264


def test_a_sell_that_shrank_on_its_way_rests_with_no_more_than_it_needs() -> None:
    auditor = small_venue()
    sell = preventing(limit_order(102, ANN, Side.SELL, 5, 100), SelfTradePrevention.DECREMENT)
    done(auditor, deposit(ETHER, ANN, 500), limit_order(101, ANN, Side.BUY, 2, 100))
    placed, bid_ended, shrank, reduced = done(auditor, sell)
    assert isinstance(placed, OrderPlaced)
    assert isinstance(bid_ended, OrderCancelled)
    assert (bid_ended.order_id, bid_ended.remaining_lots, bid_ended.released_atoms) == (101, 2, 240)
    assert isinstance(shrank, OrderReduced)
    assert (shrank.reduced_lots, shrank.remaining_lots, shrank.released_atoms) == (2, 3, 0)
    assert isinstance(reduced, HoldReduced)
    assert reduced.released_atoms == 200
    assert "order|5|2|100|102|11|3|3|300|100000|200000|4|0|0|0|1|0|3|0|0|0|0" in auditor.lines()


def test_an_order_that_traded_and_then_lost_the_rest_tells_both() -> None:
    auditor = small_venue()
    done(auditor, limit_order(101, BOB, Side.SELL, 1, 99), deposit(ETHER, ANN, 600))
    done(auditor, limit_order(102, ANN, Side.SELL, 1, 100), limit_order(103, ANN, Side.SELL, 5, 101))
    *_, first_cut, own_ask, own_end = done(
        auditor, preventing(limit_order(104, ANN, Side.BUY, 4, 101), SelfTradePrevention.DECREMENT)
    )
    assert isinstance(first_cut, OrderReduced)  # of the 3 left, 1 went with order 102
    assert (first_cut.order_id, first_cut.remaining_lots) == (104, 2)
    assert isinstance(own_ask, OrderReduced)
    assert (own_ask.order_id, own_ask.remaining_lots, own_ask.released_atoms) == (103, 3, 200)
    assert isinstance(own_end, OrderCancelled)
    assert own_end.reason == CancelReason.SELF_TRADE
    assert (own_end.filled_lots, own_end.remaining_lots) == (1, 2)


def test_a_command_nobody_knows_brings_the_time_too() -> None:
    auditor = small_venue()
    done(auditor, until(limit_order(101, ANN, Side.BUY, 2, 100), 10**12))
    record = (9999).to_bytes(2, "little") + stamped(deposit(DOLLAR, ANN, 1), 12, 10**12)[2:]
    expired, refused = unpack_all(EVENTS, auditor.apply(record))
    assert isinstance(expired, OrderCancelled)
    assert (expired.index, expired.sequence, expired.reason) == (0, 12, CancelReason.EXPIRED)
    assert isinstance(refused, CommandRejected)
    assert refused.index == 1


def test_orders_due_end_by_time_then_id_however_they_were_placed() -> None:
    auditor = small_venue()
    done(
        auditor,
        until(limit_order(101, ANN, Side.BUY, 1, 100), 50 * 10**9),
        until(limit_order(102, ANN, Side.BUY, 1, 103), 40 * 10**9),
        until(limit_order(103, ANN, Side.BUY, 1, 102), 50 * 10**9),
        until(limit_order(104, ANN, Side.BUY, 1, 101), 60 * 10**9),
        AmendOrder(order_id=101, account_id=ANN, price_ticks=99, size_lots=2),
    )
    everything = CancelOrders(account_id=ANN, market_id=0, group_id=0, reason=CancelReason.REQUESTED)
    *ended, counted = unpack_all(EVENTS, auditor.apply(stamped(everything, 16, 50 * 10**9)))
    assert [(event.order_id, event.reason) for event in ended if isinstance(event, OrderCancelled)] == [
        (102, CancelReason.EXPIRED),
        (101, CancelReason.EXPIRED),
        (103, CancelReason.EXPIRED),
        (104, CancelReason.REQUESTED),
    ]
    assert isinstance(counted, OrdersCancelled)
    assert counted.orders == 1


def test_an_order_that_rests_past_its_expiry_is_found() -> None:
    auditor = small_venue()
    done(auditor, until(limit_order(101, ANN, Side.BUY, 2, 100), 10**12))
    auditor._venue.time_ns = 10**12
    with pytest.raises(Fault, match="still rests"):
        auditor.lines()


@pytest.mark.parametrize("scope", list(KillSwitchScope))
def test_an_order_that_rests_under_a_kill_switch_is_found(scope: KillSwitchScope) -> None:
    auditor = small_venue()
    done(auditor, limit_order(101, ANN, Side.BUY, 2, 100))
    if scope == KillSwitchScope.SITE:
        auditor._venue.is_stopped = True
    elif scope == KillSwitchScope.MARKET:
        auditor._venue.markets[MARKET].is_stopped = True
    else:
        auditor._venue.accounts[ANN].is_stopped = True
    with pytest.raises(Fault, match=f"kill switch of scope {scope.value} over"):
        auditor.lines()


def test_an_order_that_crosses_tells_placed_trade_maker_end_own_end() -> None:
    auditor = small_venue()
    events = done(auditor, limit_order(101, BOB, Side.SELL, 2, 100), buy_for(102, ANN, 240))[1:]

    assert [type(event) for event in events] == [OrderPlaced, TradeExecuted, OrderFilled, OrderFilled]
    assert [event.index for event in events] == [0, 1, 2, 3]
    assert {(event.sequence, event.time_ns) for event in events} == {(12, 12 * 10**9)}
    trade, maker_end, own_end = events[1:]
    assert isinstance(trade, TradeExecuted)
    assert (trade.trade_id, trade.quote_atoms, trade.taker_fee_atoms, trade.maker_fee_atoms) == (1, 200, 40, 20)
    assert isinstance(maker_end, OrderFilled)
    assert isinstance(own_end, OrderFilled)
    assert (maker_end.order_id, maker_end.filled_lots) == (101, 2)
    assert (own_end.order_id, own_end.filled_lots, own_end.released_atoms) == (102, 2, 0)


def test_a_budget_too_small_for_any_lot_is_never_called_filled() -> None:
    # Of 1 cent nothing may be spent when 20 % of it would be the fee; the book is empty besides.
    placed, ended = done(small_venue(), buy_for(101, ANN, 1))
    assert isinstance(placed, OrderPlaced)
    assert not isinstance(ended, OrderFilled)


def test_who_trades_with_himself_pays_both_fees() -> None:
    auditor = small_venue()
    done(auditor, deposit(ETHER, ANN, 100), limit_order(101, ANN, Side.SELL, 1, 100))
    done(auditor, limit_order(102, ANN, Side.BUY, 1, 100))
    assert [line for line in auditor.lines() if line.startswith("balance|11|")] == [
        "balance|11|1|100|0",
        "balance|11|2|970|0",
    ]


@pytest.mark.parametrize("sequence", [0, 10, 12])
def test_a_gap_in_the_order_of_commands_is_a_fault_and_changes_nothing(sequence: int) -> None:
    auditor = small_venue()
    before = auditor.lines()
    with pytest.raises(Fault, match="after command 10"):
        auditor.apply(stamped(deposit(DOLLAR, ANN, 1), sequence, 10**12))
    assert auditor.lines() == before


def test_time_that_runs_backwards_is_a_fault_and_what_came_before_it_stays_applied() -> None:
    auditor = small_venue()
    same_time = stamped(deposit(DOLLAR, ANN, 1), 11, 10 * 10**9)
    earlier = stamped(deposit(DOLLAR, ANN, 1), 12, 10 * 10**9 - 1)
    with pytest.raises(Fault, match="command 12"):
        auditor.apply(same_time + earlier)
    assert (auditor.last_sequence, auditor.last_time_ns) == (11, 10 * 10**9)
    assert "balance|11|2|1001|0" in auditor.lines()


def test_half_a_record_is_an_error_and_changes_nothing() -> None:
    auditor = small_venue()
    before = auditor.lines()
    with pytest.raises(ValueError, match="whole number"):
        auditor.apply(stamped(deposit(DOLLAR, ANN, 1), 11, 10**12) + bytes(64))
    assert auditor.lines() == before


@pytest.mark.parametrize(
    ("asset_id", "code", "rejection"),
    [
        (3, b"SOL\0X", Rejection.ASSET_CODE_MALFORMED),
        (3, b"\0SOL", Rejection.ASSET_CODE_MALFORMED),
        (3, b"S-L", Rejection.ASSET_CODE_MALFORMED),
        (3, b"SOL\n", Rejection.ASSET_CODE_MALFORMED),
        (3, b"S\xd6L", Rejection.ASSET_CODE_MALFORMED),
        (3, b"\xd9\xa1", Rejection.ASSET_CODE_MALFORMED),
        (3, b"ETH\0X", Rejection.ASSET_CODE_MALFORMED),
        (3, b"ETH", Rejection.ASSET_ALREADY_LISTED),
        (1, b"\xff", Rejection.ASSET_ALREADY_LISTED),
        (0, b"\xff", Rejection.ASSET_ID_NOT_POSITIVE),
        (3, b"A234567890123456", None),
    ],
)
def test_a_code_is_judged_by_all_its_bytes_at_its_place(
    asset_id: int, code: bytes, rejection: Rejection | None
) -> None:
    record = stamped(ListAsset(asset_id=asset_id, decimals=0, code="?" * 16), 11, 10**12)
    (event,) = unpack_all(EVENTS, small_venue().apply(record.replace(b"?" * 16, code.ljust(16, b"\0"))))
    if rejection is None:
        assert isinstance(event, AssetListed)
    else:
        assert isinstance(event, CommandRejected)
        assert event.rejection == rejection


def test_a_command_of_no_known_kind_takes_its_place_in_the_order_of_commands() -> None:
    auditor = small_venue()
    record = (9999).to_bytes(2, "little") + stamped(deposit(DOLLAR, ANN, 1), 11, 10**12)[2:]
    assert unpack_all(EVENTS, auditor.apply(record)) == [
        CommandRejected(
            index=0,
            sequence=11,
            time_ns=10**12,
            command_kind=9999,
            rejection=Rejection.COMMAND_UNKNOWN,
            first_figure=9999,
            second_figure=0,
        )
    ]
    assert auditor.last_sequence == 11


def test_every_command_of_the_vocabulary_has_its_rule() -> None:
    assert set(RULES) == set(COMMANDS.values())


def test_the_ledger_finds_a_leg_that_was_forgotten() -> None:
    ledger = Ledger()
    ledger.custody_account_ids.add(CUSTODY)
    ledger.post(CUSTODY, DOLLAR, available=-5)
    with pytest.raises(Fault, match="sum to -5"):
        ledger.check()


@pytest.mark.parametrize(
    ("account_id", "atoms", "counterparty_id"),
    [
        (CUSTODY, 5, 3),  # custody in credit at another custody account's cost
        (ANN, -5, BOB),  # a client overdrawn
        (FEES, -5, BOB),  # the venue overdrawn
    ],
)
def test_the_ledger_finds_a_balance_on_the_wrong_side_of_zero(
    account_id: int, atoms: int, counterparty_id: int
) -> None:
    ledger = Ledger()
    ledger.custody_account_ids |= {CUSTODY, 3}
    ledger.post(account_id, DOLLAR, available=atoms)
    ledger.post(counterparty_id, DOLLAR, available=-atoms)
    with pytest.raises(Fault, match=f"account {account_id} stands at"):
        ledger.check()


def test_the_ledger_finds_value_held_for_no_order() -> None:
    ledger = Ledger()
    ledger.custody_account_ids.add(CUSTODY)
    ledger.post(CUSTODY, DOLLAR, available=-5)
    ledger.post(ANN, DOLLAR, held=5)
    ledger.check()
    ledger.check_all({(ANN, DOLLAR): 5})
    with pytest.raises(Fault, match="held, not what is held for"):
        ledger.check_all({})
