"""The random flow books in every way there is outside trades, to the atom, the hour and the last leg."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby

import pytest

from lionrock.sim.workload import random_flow
from lionrock.words import events
from lionrock.words.commands import COMMANDS, CancelTrade, PlaceHold, PlaceOrder, PostLegs, SettleHold, Transfer
from lionrock.words.enumerations import AccountKind, ActorKind, FeeCurrency, Side, TransferPurpose
from lionrock.words.events import EVENTS, Event
from lionrock.words.ledger_events import Booked
from lionrock.words.limits import MAX_ATOMS, MAX_LEGS, TRADE_MEMORY_NS
from lionrock.words.records import layout_of, unpack, unpack_all
from lionrock.words.rejections import Rejection
from tests.engines import new_venue
from tests.sim.bookkeeper import Bookkeeper
from tests.sim.flows import records_of, sequence_of

FLOW = 100_000
_SIGNS = {-1: "less", 0: "equal", 1: "more"}


class Watcher(Bookkeeper):
    """Notes of each booking how close to an edge it was."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()

    def enter(self, told: Sequence[Event]) -> None:
        held = {hold_id: hold.left_atoms for hold_id, hold in self.bookings._holds.items()}
        super().enter(told)
        for event in told:
            self._look(event, held)

    def _look(self, event: Event, held: dict[int, int]) -> None:
        match event:
            case events.TransferPosted():
                kinds = (
                    AccountKind(self._kinds[event.debit_account_id]),
                    AccountKind(self._kinds[event.credit_account_id]),
                )
                self.seen[f"from {kinds[0].name}"] += 1
                self.seen[f"to {kinds[1].name}"] += 1
            case events.HoldPlaced():
                self.seen["held all"] += self.available[event.account_id, event.asset_id] == 0
            case events.HoldSettled():
                whole = event.amount_atoms == held[event.hold_id]
                rest = "whole" if whole else "and released" if event.released_atoms else "in part"
                self.seen[f"settled {rest}"] += 1
                custody = self._kinds[event.credit_account_id] == AccountKind.CUSTODY
                self.seen["settled to custody"] += custody
            case events.LegPosted():
                self.seen["leg from a hold"] += event.hold_id > 0
                self.seen["leg takes a hold whole"] += held.get(event.hold_id, 0) == -event.amount_atoms
                self.seen["leg of custody"] += self._kinds[event.account_id] == AccountKind.CUSTODY
                self.seen["leg as large as can be"] += abs(event.amount_atoms) == MAX_ATOMS
            case events.LegsPosted():
                self.seen[f"{event.legs} legs"] += 1
            case events.TradeCancelled():
                self._look_at_trade(event)

    def _look_at_trade(self, event: events.TradeCancelled) -> None:
        trade = self.past_trades._trades[event.trade_id].told
        market = self._markets[event.market_id].listed
        currency = FeeCurrency(market.fee_currency).name
        fee = "rebate" if trade.maker_fee_atoms < 0 else "fees" if trade.maker_fee_atoms else "taker's fee"
        self.seen[f"back: {currency} {Side(trade.taker_side).name} {fee}"] += 1
        self.seen["back: auction"] += trade.in_auction
        self.seen["back: one account"] += event.buyer_account_id == event.seller_account_id
        self.seen["back: last nanosecond"] += event.time_ns - trade.time_ns == TRADE_MEMORY_NS - 1
        back = {
            (event.buyer_account_id, market.base_asset_id): event.buyer_base_atoms,
            (event.seller_account_id, market.quote_asset_id): event.seller_quote_atoms,
        }
        self.seen["back: all there was"] += any(atoms < 0 and self.available[key] == 0 for key, atoms in back.items())


@pytest.fixture(scope="module")
def watched() -> tuple[list[Event], Counter[str]]:
    """What the venue answers to three flows, and what the watchers saw."""
    told: list[Event] = []
    seen: Counter[str] = Counter()
    for seed in (1, 2, 3):
        venue, watcher = new_venue("fast"), Watcher()
        for batch in random_flow(seed, FLOW):
            for _, answer in groupby(unpack_all(EVENTS, venue.apply(batch)), key=lambda event: event.sequence):
                answers = list(answer)
                watcher.enter(answers)
                told += answers
        seen += watcher.seen
    return told, seen


@pytest.fixture(scope="module")
def told(watched: tuple[list[Event], Counter[str]]) -> list[Event]:
    return watched[0]


@pytest.fixture(scope="module")
def seen(watched: tuple[list[Event], Counter[str]]) -> Counter[str]:
    return watched[1]


@pytest.fixture(scope="module")
def refused(told: list[Event]) -> defaultdict[Rejection, Counter[tuple[int, int]]]:
    """By refusal, the kind of the command and by how much its second figure is beyond the first."""
    found: defaultdict[Rejection, Counter[tuple[int, int]]] = defaultdict(Counter)
    for event in told:
        if isinstance(event, events.CommandRejected):
            found[Rejection(event.rejection)][event.command_kind, event.second_figure - event.first_figure] += 1
    return found


MOVE, POST, HOLD, SETTLE, CANCEL, PLACE = (
    layout_of(kind).kind for kind in (Transfer, PostLegs, PlaceHold, SettleHold, CancelTrade, PlaceOrder)
)


def test_value_moves_from_and_to_every_kind_of_account(seen: Counter[str]) -> None:
    assert {kind.name for kind in AccountKind if not seen[f"from {kind.name}"]} == set()
    assert {kind.name for kind in AccountKind if not seen[f"to {kind.name}"]} == set()


def test_every_purpose_and_kind_of_actor_is_booked_with_and_without_a_source(told: list[Event]) -> None:
    booked = [event for event in told if isinstance(event, Booked)]
    for event_type in (events.TransferPosted, events.LegsPosted, events.HoldPlaced, events.HoldSettled):
        purposes = {getattr(event, "purpose", 0) for event in booked if isinstance(event, event_type)}
        assert purposes == set(TransferPurpose), event_type
    for kind in {type(event) for event in booked}:
        mine = [event for event in booked if type(event) is kind]
        assert {event.actor_kind for event in mine} == set(ActorKind), kind
        assert {event.source > 0 for event in mine} == {True, False}, kind
    assert 2**64 - 1 in {event.source_sequence for event in booked}


def test_every_booking_is_refused_for_its_source_and_for_want_of_two_people(
    refused: defaultdict[Rejection, Counter[tuple[int, int]]],
) -> None:
    bookings = {kind for kind, command in COMMANDS.items() if "source_sequence" in layout_of(command).fields}
    assert len(bookings) == 6
    for rejection in (
        Rejection.ACTOR_KIND_UNKNOWN,
        Rejection.SOURCE_SEQUENCE_NOT_INCREASING,
        Rejection.DUAL_CONTROL_MISSING,
    ):
        assert {kind for kind, _ in refused[rejection]} == bookings, rejection
    repeated = {kind for kind, off in refused[Rejection.SOURCE_SEQUENCE_NOT_INCREASING] if off == 0}
    assert repeated == bookings
    assert refused[Rejection.SOURCE_SEQUENCE_NOT_INCREASING][MOVE, -1] > 0


def test_money_is_short_of_one_atom_and_is_all_there_is(
    seen: Counter[str], refused: defaultdict[Rejection, Counter[tuple[int, int]]]
) -> None:
    short = refused[Rejection.AVAILABLE_INSUFFICIENT]
    assert {kind for kind in (MOVE, POST, HOLD, CANCEL) if short[kind, -1] < 3} == set()
    assert refused[Rejection.HOLD_INSUFFICIENT][SETTLE, 1] > 3
    assert refused[Rejection.HOLD_INSUFFICIENT][POST, 1] > 3
    assert refused[Rejection.HOLD_ID_NOT_INCREASING][HOLD, 0] > 3
    assert refused[Rejection.ASSET_SUPPLY_ABOVE_LIMIT][MOVE, 1] > 3
    assert refused[Rejection.ASSET_SUPPLY_ABOVE_LIMIT][POST, 1] > 3
    assert {kind for kind, off in refused[Rejection.CUSTODY_NEVER_IN_CREDIT]} == {MOVE, POST, SETTLE}
    edges = ("held all", "settled whole", "settled in part", "settled and released", "settled to custody")
    assert {what for what in edges if seen[what] < 3} == set()


def test_legs_are_of_every_number_and_size(
    seen: Counter[str], refused: defaultdict[Rejection, Counter[tuple[int, int]]]
) -> None:
    assert {number for number in range(2, MAX_LEGS + 1, 2) if not seen[f"{number} legs"]} <= {14}
    edges = ("leg from a hold", "leg takes a hold whole", "leg of custody", "leg as large as can be")
    assert {what for what in edges if seen[what] < 3} == set()
    assert refused[Rejection.LEGS_ABOVE_LIMIT].total() > 10
    frozen = {kind for kind, _ in refused[Rejection.ACCOUNT_FROZEN]}
    assert {MOVE, POST, HOLD, SETTLE, PLACE} <= frozen


def test_trades_of_every_make_are_booked_back_until_the_last_nanosecond(
    told: list[Event], seen: Counter[str], refused: defaultdict[Rejection, Counter[tuple[int, int]]]
) -> None:
    edges = [f"back: {currency.name} {side.name} {fee}" for currency in FeeCurrency for side in Side
             for fee in ("rebate", "fees")]  # fmt: skip
    edges += ["back: auction", "back: one account", "back: last nanosecond", "back: all there was"]
    assert {what for what in edges if not seen[what]} == set()
    unknown = [event for event in told if isinstance(event, events.CommandRejected)]
    unknown = [event for event in unknown if event.rejection == Rejection.TRADE_UNKNOWN]
    assert sum(event.first_figure == event.second_figure - 1 for event in unknown) > 2  # the oldest but one
    assert sum(event.second_figure == 0 for event in unknown) > 2
    assert refused[Rejection.TRADE_ALREADY_CANCELLED].total() > 20
    assert sum(isinstance(event, events.TradeCancelled) for event in told) > 100


def test_exposure_is_an_atom_too_much_and_just_what_the_limit_lets(
    refused: defaultdict[Rejection, Counter[tuple[int, int]]],
) -> None:
    above = refused[Rejection.EXPOSURE_ABOVE_LIMIT]
    assert above[PLACE, 1] > 3
    assert above.total() > 50


def test_malformed_values_of_every_new_field_are_sent() -> None:
    """Beyond what any venue may take: the flow sends them, what comes of it is the venue's."""
    sent: defaultdict[str, set[int]] = defaultdict(set)
    for record in (record for batch in random_flow(1, 200_000) for record in records_of(batch)):
        command_type = COMMANDS.get(int.from_bytes(record[:2], "little"))
        if command_type and sequence_of(record) > 200 and layout_of(command_type).kind in {MOVE, *range(18, 29)}:
            command = unpack(COMMANDS, record)
            for name in layout_of(command_type).names:
                sent[f"{command_type.__name__}.{name}"].add(getattr(command, name))
    assert max(sent["SetAccountProfile.exposure_limit_atoms"]) > MAX_ATOMS
    assert min(sent["SetAccountProfile.exposure_limit_atoms"]) < 0
    for what in ("Transfer", "PostLegs", "PlaceHold", "SettleHold", "ReleaseHold", "CancelTrade"):
        assert max(sent[f"{what}.actor_kind"]) > max(ActorKind), what
        assert {0, 2**64 - 1} <= sent[f"{what}.actor_id"], what
    for what in ("AddLeg.amount_atoms", "PlaceHold.amount_atoms", "SettleHold.amount_atoms"):
        assert min(sent[what]) < 0 < MAX_ATOMS < max(sent[what]), what
        assert 0 in sent[what], what
    for what in ("SettleHold.release_rest", "SetValuation.is_money", "SetAssetPermission.permitted"):
        assert {0, 1, 2} <= sent[what], what
    assert {0, 12} <= sent["PostLegs.purpose"] & sent["PlaceHold.purpose"]
    assert {0, 17} <= sent["PostLegs.legs"]
    for what in ("AddLeg.transfer_id", "SettleHold.hold_id", "ReleaseHold.hold_id", "CancelTrade.trade_id"):
        assert {0, 2**64 - 1} <= sent[what], what
    assert min(sent["SetValuation.price_atoms"]) < 0 < MAX_ATOMS < max(sent["SetValuation.price_atoms"])
