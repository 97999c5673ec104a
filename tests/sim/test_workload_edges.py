"""The random flow goes to the edges: of money, sizes, prices and times just what is there, one less and one more.

Also rebates and least fees: every way in which one of them is cut or charged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby, product

import pytest

from lionrock.sim.workload import random_flow
from lionrock.sim.workload_venue import SCENE_MARKETS
from lionrock.words import events
from lionrock.words.commands import AmendOrder, PlaceOrder, Transfer
from lionrock.words.enumerations import FeeCurrency, Side, TimeInForce
from lionrock.words.events import EVENTS, Event
from lionrock.words.limits import MAX_ICEBERG_PARTS
from lionrock.words.records import layout_of, unpack_all
from lionrock.words.rejections import Rejection
from lionrock.words.rounding import rebate_rounded_down
from tests.engines import new_venue
from tests.sim.bookkeeper import Bookkeeper
from tests.sim.living_orders import Market, Order

COMMANDS = 150_000
_SIGNS = {-1: "less", 0: "equal", 1: "more"}


class Watcher(Bookkeeper):
    """Notes how close to an edge each thing was that happened."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()

    def enter(self, told: Sequence[Event]) -> None:
        super().enter(told)
        self.seen["two kill switches"] += len(self._stopped) > 1
        last = told[-1]
        match last:
            case events.TransferPosted():
                left = self.available[last.debit_account_id, last.asset_id]
                self.seen["transfer of all"] += left == 0 and last.amount_atoms > 1
            case events.OrderAmended() if last.order_id in self.orders:
                key = self._held_key(self.orders[last.order_id].placed)
                self.seen["amended with all"] += self.available[key] == 0

    def _enter(self, event: Event) -> None:
        if isinstance(event, events.OrderPlaced) and event.time_in_force == TimeInForce.FILL_OR_KILL:
            self.seen[f"fill or kill: {self._found(event)}"] += 1
        traded = event if isinstance(event, events.TradeExecuted) else None
        before = {}
        if traded:
            before = {
                order_id: (self.orders[order_id].charged_atoms, self.orders[order_id].due_atoms)
                for order_id in (traded.maker_order_id, traded.taker_order_id)
            }
        super()._enter(event)
        if isinstance(event, events.OrderPlaced):
            available = self.available[self._held_key(event)]
            self.seen[f"placed with all, {Side(event.side).name}"] += available == 0
            self.seen["expires one nanosecond later"] += event.expire_time_ns == event.time_ns + 1
        for order_id, (charged_atoms, due_atoms) in before.items():
            assert traded
            self._look_at_fee(traded, self.orders[order_id], charged_atoms, due_atoms)
        if traded and traded.maker_fee_atoms < 0:
            self._look_at_rebate(traded)

    def _found(self, event: events.OrderPlaced) -> str:
        """Whether the book has more, less or just what a fill-or-kill order wants, all owners alike."""
        opposite, sign = (Side.SELL, 1) if event.side == Side.BUY else (Side.BUY, -1)
        lots = sum(
            order.remaining_lots
            for order_id, order in self.orders.items()
            if order_id in self.queues
            and (order.placed.market_id, order.placed.side) == (event.market_id, opposite)
            and sign * (event.price_ticks - order.price_ticks) >= 0
        )
        off = lots - event.size_lots
        return "just enough" if off == 0 else "one too few" if off == -1 else "other"

    def _market(self, event: events.TradeExecuted) -> tuple[Market, str]:
        market = self._markets[event.market_id]
        return market, FeeCurrency(market.listed.fee_currency).name

    def _look_at_fee(self, event: events.TradeExecuted, order: Order, charged_atoms: int, due_atoms: int) -> None:
        """How the least fee of an order told on one of its fills."""
        least_atoms, side = order.placed.minimum_fee_atoms, order.placed.side
        if not least_atoms:
            return
        _, currency = self._market(event)
        role = "auction" if event.in_auction else "taker" if side == event.taker_side else "maker"
        paid_atoms = order.charged_atoms - charged_atoms
        if order.charged_atoms == order.received_atoms < max(least_atoms, order.due_atoms):
            how = "all that came in"
        elif paid_atoms > order.due_atoms - due_atoms:
            how = "more than is due"
        elif paid_atoms == 0 < order.due_atoms - due_atoms:
            how = "nothing more"
        else:
            how = "less than is due" if paid_atoms < order.due_atoms - due_atoms else "what is due"
        self.seen[f"{currency} {Side(side).name} {role}: {how}"] += 1
        if order.due_atoms in range(least_atoms - 1, least_atoms + 2):
            self.seen[f"due is {_SIGNS[order.due_atoms - least_atoms]} than or as the least"] += 1

    def _look_at_rebate(self, event: events.TradeExecuted) -> None:
        market, currency = self._market(event)
        maker = self.orders[event.maker_order_id]
        shared_atoms = market.charged_on_atoms(event.taker_side, event.size_lots, event.quote_atoms)
        whole = -event.maker_fee_atoms == rebate_rounded_down(shared_atoms, -maker.placed.maker_fee_ppm)
        self.seen[f"rebate {currency}, taker {Side(event.taker_side).name}: {'whole' if whole else 'cut'}"] += 1


@pytest.fixture(scope="module")
def watched() -> tuple[list[Event], Counter[str]]:
    """What the venue answers to one flow, and what its watcher saw."""
    venue, watcher = new_venue("fast"), Watcher()
    told = []
    for batch in random_flow(1, COMMANDS):
        for _, answer in groupby(unpack_all(EVENTS, venue.apply(batch)), key=_sequence):
            events_of_command = list(answer)
            watcher.enter(events_of_command)
            told += events_of_command
    return told, watcher.seen


@pytest.fixture(scope="module")
def told(watched: tuple[list[Event], Counter[str]]) -> list[Event]:
    return watched[0]


@pytest.fixture(scope="module")
def seen(watched: tuple[list[Event], Counter[str]]) -> Counter[str]:
    return watched[1]


def _sequence(event: Event) -> int:
    return event.sequence


@pytest.fixture(scope="module")
def short_by(told: list[Event]) -> defaultdict[Rejection, Counter[tuple[int, int]]]:
    """By refusal, the kind of the command and by how much its second figure is beyond the first."""
    refused: defaultdict[Rejection, Counter[tuple[int, int]]] = defaultdict(Counter)
    for event in told:
        if isinstance(event, events.CommandRejected):
            refused[Rejection(event.rejection)][event.command_kind, event.second_figure - event.first_figure] += 1
    return refused


PLACE, AMEND, MOVE = (layout_of(kind).kind for kind in (PlaceOrder, AmendOrder, Transfer))


def test_money_is_short_of_one_atom_and_is_all_there_is(
    seen: Counter[str], short_by: defaultdict[Rejection, Counter[tuple[int, int]]]
) -> None:
    short = short_by[Rejection.AVAILABLE_INSUFFICIENT]
    assert {kind for kind in (PLACE, AMEND, MOVE) if short[kind, -1] < 5} == set()
    all_of_it = ("transfer of all", "amended with all", "placed with all, BUY", "placed with all, SELL")
    assert {what for what in all_of_it if seen[what] < 5} == set()


def test_times_and_numbers_are_just_too_early_and_just_in_time(
    seen: Counter[str], short_by: defaultdict[Rejection, Counter[tuple[int, int]]]
) -> None:
    assert short_by[Rejection.EXPIRY_NOT_IN_FUTURE][PLACE, 0] > 5
    assert seen["expires one nanosecond later"] > 5
    assert short_by[Rejection.ORDER_ID_NOT_INCREASING][PLACE, 0] > 5
    assert short_by[Rejection.ORDER_ID_NOT_INCREASING][PLACE, -1] > 5
    assert seen["two kill switches"] > 5


def test_sizes_prices_and_values_are_at_their_limits_and_one_beyond(
    told: list[Event], short_by: defaultdict[Rejection, Counter[tuple[int, int]]]
) -> None:
    beyond = {
        Rejection.SIZE_ABOVE_MAXIMUM: 1,
        Rejection.PRICE_ABOVE_MAXIMUM: 1,
        Rejection.NOTIONAL_BELOW_MINIMUM: -1,
        Rejection.ORDER_VALUE_ABOVE_LIMIT: 1,
        Rejection.PRICE_TOO_FAR_FROM_LAST: 1,
    }
    assert {each.name for each, by in beyond.items() if not short_by[each][PLACE, by]} == set()
    placed = [event for event in told if isinstance(event, events.OrderPlaced)]
    parts = Counter(-(-event.size_lots // event.display_lots) for event in placed if event.display_lots)
    assert parts[MAX_ICEBERG_PARTS] > 5
    refused = [event for event in told if isinstance(event, events.CommandRejected)]
    too_many = {
        (event.command_kind, -(-event.first_figure // event.second_figure))
        for event in refused
        if event.rejection == Rejection.DISPLAY_SIZE_OUT_OF_RANGE and event.second_figure > 0
    }
    assert {(PLACE, MAX_ICEBERG_PARTS + 1), (AMEND, MAX_ICEBERG_PARTS + 1)} <= too_many
    for market in SCENE_MARKETS:
        mine = [event for event in placed if event.market_id == market.market_id]
        values = {event.size_lots * event.price_ticks for event in mine}
        assert {market.min_notional_atoms, market.max_notional_atoms} <= values
        assert market.max_price_ticks in {event.price_ticks for event in mine}
        assert market.max_size_lots in {event.size_lots for event in mine}


def test_books_have_just_what_is_wanted_and_one_lot_less(seen: Counter[str]) -> None:
    assert min(seen["fill or kill: just enough"], seen["fill or kill: one too few"]) > 5


def test_rebates_are_given_whole_and_cut_in_every_asset(seen: Counter[str]) -> None:
    for currency, side in product(FeeCurrency, Side):
        for how in ("whole", "cut"):
            assert seen[f"rebate {currency.name}, taker {side.name}: {how}"] > 20


def test_least_fees_are_charged_in_every_way(seen: Counter[str]) -> None:
    roles = ("taker", "maker", "auction")
    for currency, side, role in product(FeeCurrency, Side, roles):
        what = f"{currency.name} {side.name} {role}"
        assert seen[f"{what}: more than is due"] > 5, what
        assert seen[f"{what}: what is due"] + seen[f"{what}: less than is due"] > 0, what
        if currency == FeeCurrency.RECEIVED or side == Side.SELL:
            assert seen[f"{what}: all that came in"] > 0, what
        else:
            assert seen[f"{what}: all that came in"] == 0, what
    assert sum(lots for what, lots in seen.items() if what.endswith("nothing more")) > 50
    for off in _SIGNS.values():
        assert seen[f"due is {off} than or as the least"] > 5
