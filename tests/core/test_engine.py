"""What the core promises besides the rules of the pages: whole blocks, one order of commands, and a checked build."""

from __future__ import annotations

import threading

import msgspec
import pytest

from lionrock.core import engine, engine_checked
from lionrock.sim.workload import random_flow
from lionrock.words.commands import (
    AdvanceTime,
    Command,
    ListAsset,
    ListMarket,
    OpenAccount,
    PlaceOrder,
    Transfer,
)
from lionrock.words.enumerations import CancelReason
from lionrock.words.events import EVENTS, CommandRejected, MarketPhaseChanged, OrderCancelled
from lionrock.words.faults import Fault
from lionrock.words.records import unpack_all
from tests.engines import new_venue
from tests.sim.flows import records_of

BUILDS = ("fast", "checked")


def listing(sequence: int, time_ns: int = 0) -> bytes:
    return ListAsset(sequence=sequence, time_ns=time_ns, asset_id=sequence, decimals=8, code=f"A{sequence}").pack()


@pytest.mark.parametrize("build", BUILDS)
def test_a_block_that_is_not_whole_records_is_refused_and_changes_nothing(build: str) -> None:
    venue = new_venue(build)
    before = venue.digest()
    with pytest.raises(ValueError, match="129 bytes"):
        venue.apply(listing(1) + b"\0")
    assert venue.digest() == before


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("sequence", [0, 1, 3])
def test_a_command_that_does_not_follow_is_a_fault(build: str, sequence: int) -> None:
    venue = new_venue(build)
    venue.apply(listing(1))
    with pytest.raises(Fault, match=f"command {sequence} does not follow 1"):
        venue.apply(listing(sequence))


@pytest.mark.parametrize("build", BUILDS)
def test_time_does_not_go_back(build: str) -> None:
    venue = new_venue(build)
    venue.apply(listing(1, time_ns=10))
    with pytest.raises(Fault, match="9 < 10"):
        venue.apply(listing(2, time_ns=9))


@pytest.mark.parametrize("build", [*BUILDS, "auditor"])
def test_the_last_moment_is_a_time_like_any_other(build: str) -> None:
    """Nothing is due at the end of the range of times unless it was set for then."""
    venue = new_venue(build)
    venue.apply(AdvanceTime(sequence=1, time_ns=2**63 - 1).pack())
    venue.apply(AdvanceTime(sequence=2, time_ns=2**63 - 1).pack())
    assert venue.lines()[0] == f"venue|2|{2**63 - 1}|0|0|0|0"


@pytest.mark.parametrize("build", [engine.Engine, engine_checked.Engine])
def test_what_is_due_next_is_ahead_of_the_last_command_and_never_passed_over(build: type[engine.Engine]) -> None:
    """Of what ends by itself before a command, all was due by its time; and nothing that is due by then is left."""
    venue, came = build(), 0
    assert venue.next_due_ns == 2**63 - 1
    for batch in random_flow(11, 4_000):
        for record in records_of(batch):
            due_ns = venue.next_due_ns
            events = unpack_all(EVENTS, venue.apply(record))
            first = events[0]
            by_itself = isinstance(first, OrderCancelled) and first.reason == CancelReason.EXPIRED
            assert due_ns <= venue.last_time_ns or not by_itself or isinstance(events[-1], MarketPhaseChanged)
            assert venue.next_due_ns > venue.last_time_ns
            came += due_ns <= venue.last_time_ns
    assert came > 10


def test_commands_may_come_in_memory_that_is_not_bytes() -> None:
    for block in (bytearray(listing(1)), memoryview(b"x" + listing(1))[1:]):
        assert engine.Engine().apply(block) == engine.Engine().apply(listing(1))


def test_checked_build_notices_a_bad_index_and_a_broken_assertion() -> None:
    assert engine_checked.IS_CHECKED_BUILD
    with pytest.raises(IndexError):
        engine_checked.Engine().provoke("index")
    with pytest.raises(Fault, match="provoked"):
        engine_checked.Engine().provoke("assertion")


def test_checked_build_raises_an_overflow_met_without_the_interpreter_lock() -> None:
    with pytest.raises(OverflowError):
        engine_checked.Engine().provoke("overflow")


def test_an_engine_that_applies_refuses_another_thread() -> None:
    block = b"".join(AdvanceTime(sequence=n, time_ns=n).pack() for n in range(1, 100_001))
    venue, refused = engine.Engine(), None
    thread = threading.Thread(target=venue.apply, args=(block,))
    thread.start()
    while thread.is_alive() and refused is None:
        try:
            venue.balances(1)
        except KeyError:
            continue
        except Fault as fault:
            refused = str(fault)
    thread.join()
    assert refused == "two threads use one engine"
    assert venue.last_sequence == 100_000


def test_fast_build_does_not_look() -> None:
    assert not engine.IS_CHECKED_BUILD
    with pytest.raises(RuntimeError, match="checked build"):
        engine.Engine().provoke("index")


def shown_by_price(rows: list[list[str]], market: str, side: str) -> list[tuple[int, int]]:
    """Price and lots that show, best first, from the `order` lines."""
    resting: dict[int, int] = {}
    for row in rows:
        if row[0] == "order" and (row[1], row[2]) == (market, side):
            resting[int(row[3])] = resting.get(int(row[3]), 0) + int(row[17])
    return sorted(resting.items(), reverse=side == "1")


@pytest.mark.parametrize("seed", [5, 6])
def test_readers_get_depth_and_balances(seed: int) -> None:
    """Of every market and account, after every batch, what the lines say."""
    venue = engine.Engine()
    for batch in random_flow(seed, commands=20_000):
        venue.apply(batch)
        rows = [line.split("|") for line in venue.lines()]
        for market in (row[1] for row in rows if row[0] == "market"):
            bids, asks = venue.depth(int(market), 10_000)
            assert (bids, asks) == (shown_by_price(rows, market, "1"), shown_by_price(rows, market, "2"))
            assert venue.depth(int(market), 2) == (bids[:2], asks[:2])
        for _, account, asset, available, held in (row for row in rows if row[0] == "balance"):
            assert (int(asset), int(available), int(held)) in venue.balances(int(account))
    with pytest.raises(KeyError):
        venue.depth(10**6, 5)
    with pytest.raises(KeyError):
        venue.balances(10**12)


GOLDEN = 0x9E3779B97F4A7C15


@pytest.mark.parametrize("build", [*BUILDS, "auditor"])
def test_client_ids_that_share_a_place_in_the_table_stay_apart(build: str) -> None:
    """The core mixes account and key into one number; pairs that come to the same are still two."""
    venue = new_venue(build)
    opening: list[Command] = [
        ListAsset(asset_id=1, decimals=0, code="BTC"),
        ListAsset(asset_id=2, decimals=0, code="USD"),
        *(OpenAccount(account_id=account, account_kind=kind) for account, kind in ((1, 3), (2, 2), (11, 1), (12, 1))),
        ListMarket(
            market_id=1, base_asset_id=1, quote_asset_id=2, fee_currency=1, symbol="BTCUSD", tick_quote_atoms=1,
            lot_base_atoms=1, max_price_ticks=10**6, max_size_lots=10**6, min_notional_atoms=1,
            max_notional_atoms=10**9, fee_account_id=2,
        ),
        *(
            Transfer(asset_id=2, debit_account_id=1, credit_account_id=account, amount_atoms=10**6, purpose=1)
            for account in (11, 12)
        ),
    ]  # fmt: skip
    key = 123_456
    mixes_alike = key ^ ((3 * GOLDEN ^ 4 * GOLDEN) % 2**64)  # of the fourth account as `key` of the third
    orders = [(1, 11, key), (2, 12, mixes_alike), (3, 11, key ^ 1), (4, 12, mixes_alike), (5, 11, key)]
    plain = PlaceOrder(
        order_id=0, account_id=0, market_id=1, side=1, order_type=1, time_in_force=1, post_only=0, price_ticks=100,
        size_lots=1, quote_amount_atoms=0,
    )  # fmt: skip
    opening += [
        msgspec.structs.replace(plain, order_id=order_id, account_id=account_id, client_order_key=client_order_key)
        for order_id, account_id, client_order_key in orders
    ]
    block = b"".join(
        msgspec.structs.replace(command, sequence=number).pack() for number, command in enumerate(opening, 1)
    )
    told = unpack_all(EVENTS, venue.apply(block))
    assert [event.first_figure for event in told if isinstance(event, CommandRejected)] == [2, 1]
    taken = [line for line in venue.lines() if line.startswith("client|")]
    assert taken == sorted([f"client|11|{key}|1|-1", f"client|11|{key ^ 1}|3|-1", f"client|12|{mixes_alike}|2|-1"])
