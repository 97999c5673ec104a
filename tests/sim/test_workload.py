"""The random flow reaches everything there is to reach, and is the same for the same seed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import product

import pytest

from lionrock.sim.workload import fuzz_records, random_flow
from lionrock.sim.workload_wrong import SLIPS
from lionrock.words.commands import COMMANDS, AmendOrder, PlaceOrder
from lionrock.words.enumerations import (
    AccountKind,
    CancelReason,
    FeeCurrency,
    KillSwitchScope,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from lionrock.words.events import (
    EVENTS,
    AccountOpened,
    BeneficialOwnerSet,
    CommandRejected,
    Event,
    KillSwitchSet,
    MarketListed,
    OrderAmended,
    OrderCancelled,
    OrderPlaced,
    OrderReduced,
    OrderTriggered,
    TimeAdvanced,
    TradeExecuted,
)
from lionrock.words.records import layout_of, unpack, unpack_all
from lionrock.words.rejections import Rejection
from tests.engines import new_venue
from tests.sim.flows import records_of, sequence_of

FlowMaker = Callable[..., Iterator[bytes]]


@pytest.fixture(scope="module")
def told() -> list[Event]:
    """What the venue answers to one flow of 200,000 commands."""
    venue = new_venue("fast")
    return [event for batch in random_flow(1, 200_000) for event in unpack_all(EVENTS, venue.apply(batch))]


def test_every_event_occurs(told: list[Event]) -> None:
    assert {type(event) for event in told} == set(EVENTS.values())


def test_every_refusal_occurs(told: list[Event]) -> None:
    refused = Counter(event.rejection for event in told if isinstance(event, CommandRejected))
    assert {rejection for rejection in Rejection if not refused[rejection]} == set()


def test_every_reason_of_cancelling_occurs(told: list[Event]) -> None:
    reasons = {event.reason for event in told if isinstance(event, OrderCancelled)}
    assert reasons == set(CancelReason)


def test_every_kind_of_order_is_placed_on_markets_of_both_fee_currencies(told: list[Event]) -> None:
    currencies = {event.market_id: event.fee_currency for event in told if isinstance(event, MarketListed)}
    placed = {
        (event.side, event.order_type, event.time_in_force, event.quote_amount_atoms > 0, currencies[event.market_id])
        for event in told
        if isinstance(event, OrderPlaced)
    }
    limits = product(Side, [OrderType.LIMIT], TimeInForce, [False], FeeCurrency)
    markets = product(Side, [OrderType.MARKET], [TimeInForce.IMMEDIATE_OR_CANCEL], [True, False], FeeCurrency)
    assert placed == {*limits, *markets}


def modes_met(told: list[Event]) -> dict[int, set[str]]:
    """By mode of the incoming order, what befell it and the resting orders of its owner."""
    owners: dict[int, int] = {}
    modes: dict[int, int] = {}
    met: defaultdict[int, set[str]] = defaultdict(set)
    incoming = 0
    for event in told:
        if event.index == 0:
            incoming = 0
        if isinstance(event, BeneficialOwnerSet):
            owners[event.account_id] = event.owner_id
        if isinstance(event, OrderPlaced):
            modes[event.order_id] = event.self_trade_prevention
        if isinstance(event, OrderPlaced | OrderAmended | OrderTriggered):
            incoming = event.order_id
        if incoming == 0:
            continue  # In an auction nobody comes in.
        if isinstance(event, TradeExecuted):
            maker, taker = (owners.get(each, each) for each in (event.maker_account_id, event.taker_account_id))
            if maker == taker:
                met[modes[incoming]].add("trade")
        if isinstance(event, OrderReduced) or (
            isinstance(event, OrderCancelled) and event.reason == CancelReason.SELF_TRADE
        ):
            what = "reduced" if isinstance(event, OrderReduced) else "cancelled"
            met[modes[incoming]].add(f"{'incoming' if event.order_id == incoming else 'resting'} {what}")
    return met


def test_every_mode_of_self_trade_prevention_is_met(told: list[Event]) -> None:
    assert modes_met(told) == {
        SelfTradePrevention.NONE: {"trade"},
        SelfTradePrevention.EXPIRE_TAKER: {"incoming cancelled"},
        SelfTradePrevention.EXPIRE_MAKER: {"resting cancelled"},
        SelfTradePrevention.EXPIRE_BOTH: {"incoming cancelled", "resting cancelled"},
        SelfTradePrevention.DECREMENT: {
            "incoming cancelled",
            "incoming reduced",
            "resting cancelled",
            "resting reduced",
        },
    }


def test_orders_are_amended_in_every_manner(told: list[Event]) -> None:
    prices: dict[int, int] = {}
    sizes: dict[int, int] = {}
    manners: Counter[str] = Counter()
    for event, following in zip(told, [*told[1:], told[0]], strict=True):
        if isinstance(event, OrderAmended):
            moved = "moved" if event.price_ticks != prices[event.order_id] else "left"
            larger = "larger" if event.size_lots > sizes[event.order_id] else "no larger"
            trades = isinstance(following, TradeExecuted) and following.taker_order_id == event.order_id
            manners[f"{moved}, {larger}, {'kept' if event.priority_kept else 'lost'}{', trades' * trades}"] += 1
        if isinstance(event, OrderReduced):
            sizes[event.order_id] -= event.reduced_lots
        if isinstance(event, OrderPlaced | OrderAmended):
            prices[event.order_id], sizes[event.order_id] = event.price_ticks, event.size_lots
    moves = {f"moved, {size}, lost{trades}" for size in ("larger", "no larger") for trades in ("", ", trades")}
    assert manners.keys() == {"left, no larger, kept", "left, larger, lost", *moves}
    assert min(manners.values()) > 10
    refused = {
        Rejection(event.rejection)
        for event in told
        if isinstance(event, CommandRejected) and event.command_kind == layout_of(AmendOrder).kind
    }
    assert refused == {
        Rejection.ORDER_UNKNOWN,
        Rejection.ORDER_OF_ANOTHER_ACCOUNT,
        Rejection.AMENDED_SIZE_NOT_ABOVE_FILLED,
        Rejection.DISPLAY_SIZE_OUT_OF_RANGE,
        Rejection.PRICE_NOT_POSITIVE,
        Rejection.PRICE_ABOVE_MAXIMUM,
        Rejection.SIZE_ABOVE_MAXIMUM,
        Rejection.NOTIONAL_BELOW_MINIMUM,
        Rejection.NOTIONAL_ABOVE_MAXIMUM,
        Rejection.DISPLAY_SIZE_OUT_OF_RANGE,
        Rejection.PHASE_DOES_NOT_ADMIT,
        Rejection.AMENDED_ORDER_WOULD_TAKE,
        Rejection.AMENDED_ORDER_IS_WAITING,
        Rejection.LEGAL_ENTITY_DIFFERS,
        Rejection.PRODUCT_NOT_PERMITTED,
        Rejection.CLIENT_CLASS_NOT_ADMITTED,
        Rejection.ACCOUNT_FROZEN,
        Rejection.ACCOUNT_REDUCE_ONLY,
        Rejection.PRICE_TOO_FAR_FROM_LAST,
        Rejection.ORDER_VALUE_ABOVE_LIMIT,
        Rejection.ASSET_NOT_PERMITTED,
        Rejection.EXPOSURE_ABOVE_LIMIT,
        Rejection.AVAILABLE_INSUFFICIENT,
    }


def test_every_kill_switch_is_engaged_and_released_soon(told: list[Event]) -> None:
    engaged: dict[tuple[int, int], int] = {}
    scopes: Counter[int] = Counter()
    for event in told:
        for since in engaged.values():
            assert event.sequence - since < 100, f"{event} and a kill switch is engaged since {since}"
        if isinstance(event, KillSwitchSet):
            switch = event.scope, event.scope_id
            if event.engaged:
                engaged[switch] = event.sequence
                scopes[event.scope] += 1
            else:
                engaged.pop(switch, None)
    assert scopes.keys() == set(KillSwitchScope)


def test_many_good_till_date_orders_expire_some_together_and_before_all_kinds_of_commands(told: list[Event]) -> None:
    dated = sum(isinstance(event, OrderPlaced) and event.expire_time_ns > 0 for event in told)
    expired = [event for event in told if isinstance(event, OrderCancelled) and event.reason == CancelReason.EXPIRED]
    assert 0.2 < len(expired) / dated < 0.8
    at_once = Counter(event.sequence for event in expired)
    assert max(at_once.values()) > 1
    after = {type(event) for event in told if event.sequence in at_once and not isinstance(event, OrderCancelled)}
    assert {OrderPlaced, OrderAmended, TradeExecuted, CommandRejected, TimeAdvanced} <= after


def test_every_kind_of_account_is_opened(told: list[Event]) -> None:
    assert {event.account_kind for event in told if isinstance(event, AccountOpened)} == set(AccountKind)


def test_some_orders_trade_and_some_rest(told: list[Event]) -> None:
    placed = sum(isinstance(event, OrderPlaced) for event in told)
    takers = {event.taker_order_id for event in told if isinstance(event, TradeExecuted)}
    assert 0.10 < len(takers) / placed < 0.30


def test_every_command_and_every_pairing_of_type_and_time_in_force_is_sent() -> None:
    kinds: set[int] = set()
    pairings: set[tuple[int, int]] = set()
    for record in (record for batch in random_flow(2, 200_000) for record in records_of(batch)):
        kind = int.from_bytes(record[:2], "little")
        kinds.add(kind)
        if kind == layout_of(PlaceOrder).kind:
            order = unpack(COMMANDS, record)
            assert isinstance(order, PlaceOrder)
            pairings.add((order.order_type, order.time_in_force))
    assert kinds > COMMANDS.keys()
    assert pairings > set(product(OrderType, TimeInForce))


@pytest.mark.parametrize("flow", [random_flow, fuzz_records])
def test_seed_decides_everything(flow: FlowMaker) -> None:
    first, again, other = (b"".join(flow(seed, 2_500)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("flow", [random_flow, fuzz_records])
def test_sequences_have_no_gaps_and_times_never_fall(flow: FlowMaker) -> None:
    records = [record for batch in flow(5, 12_345, batch=500) for record in records_of(batch)]
    assert [sequence_of(record) for record in records] == list(range(1, 12_346))
    times = [int.from_bytes(record[10:18], "little", signed=True) for record in records]
    assert times == sorted(times)
    assert 0 < len({*times}) < len(times), "some commands share a time"


def test_books_keep_a_moderate_depth() -> None:
    venue = new_venue("fast")
    deepest = 0
    for batch in random_flow(4, 100_000, batch=5_000):
        venue.apply(batch)
        deepest = max(deepest, sum(line.startswith("order|") for line in venue.lines()))
    assert 300 < deepest < 2_000


def test_slips_name_fields_of_their_commands() -> None:
    for command_type, slip in SLIPS:
        assert slip.keys() <= layout_of(command_type).fields.keys()
