"""Sums and products near the edge of 64 bits come out exact or are refused: on every build, with whatever limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import gcd

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lionrock.words import commands
from lionrock.words.commands import Command
from lionrock.words.enumerations import FeeCurrency, MarketPhase, OrderType, SelfTradePrevention, Side, TimeInForce
from lionrock.words.limits import MAX_ATOMS, MAX_PRICE_TICKS, PPM, TRADE_MEMORY_NS
from tests.engines import ENGINES, new_venue
from tests.sim.flows import run_side_by_side

BASE, QUOTE, MARKET = 1, 2, 1
CUSTODY, FEES, ANN, BOB = 1, 2, 11, 12
LAST_NS = 2**63 - 1

atoms = st.sampled_from((1, 2, 10**9, MAX_ATOMS // 3, MAX_ATOMS // 2, MAX_ATOMS - 1, MAX_ATOMS))
anything = st.sampled_from((-(2**63), -1, 0, 1, 2**32, MAX_ATOMS, MAX_ATOMS + 1, 2**63 - 1))
powers = st.integers(0, 61).map(lambda power: 2**power) | st.integers(0, 18).map(lambda power: 10**power)
clients = st.sampled_from((ANN, BOB))
slightly = st.sampled_from((*[0] * 15, -1, 1))

Draw = Callable[[st.SearchStrategy[int]], int]


@st.composite
def listings(draw: Draw) -> commands.ListMarket:
    """A market whose limits are as large as they can be, or just beyond; `tests` in the symbol names nothing."""
    decimals = draw(st.integers(0, 18))
    lot_atoms = max(1, draw(powers) + draw(slightly))
    whole = 10**decimals
    # The least tick that gives a lot a whole price, or a multiple of it.
    tick_atoms = whole // gcd(whole, lot_atoms) * draw(st.sampled_from((1, 1, 1, 3, 2**20)))
    worth = tick_atoms * lot_atoms // whole
    price_ticks = min(MAX_PRICE_TICKS, max(1, draw(powers)), max(1, MAX_ATOMS // worth)) + draw(slightly)
    size_lots = max(1, MAX_ATOMS // max(price_ticks * worth, lot_atoms, 1)) + draw(slightly)
    most_atoms = draw(st.sampled_from((MAX_ATOMS, max(1, price_ticks * size_lots * worth)))) + draw(slightly)
    return commands.ListMarket(
        market_id=MARKET,
        base_asset_id=BASE,
        quote_asset_id=QUOTE,
        fee_currency=draw(st.sampled_from(FeeCurrency)),
        symbol=f"EDGE{decimals}",
        tick_quote_atoms=min(tick_atoms, 2**63 - 1),
        lot_base_atoms=lot_atoms,
        max_price_ticks=price_ticks,
        max_size_lots=size_lots,
        min_notional_atoms=1,
        max_notional_atoms=min(most_atoms, 2**63 - 1),
        fee_account_id=FEES,
    )


def _moved(asset_id: int, debit: int, credit: int, amount_atoms: int) -> commands.Transfer:
    return commands.Transfer(
        asset_id=asset_id, debit_account_id=debit, credit_account_id=credit, amount_atoms=amount_atoms, purpose=3
    )


@st.composite
def openings(draw: Draw, listing: commands.ListMarket) -> list[Command]:
    """All that custody may owe of both assets is with the two clients, who pay the highest fees there are."""
    halves = st.sampled_from((0, 0, 0, 1, MAX_ATOMS // 2))
    parts = {BASE: MAX_ATOMS - draw(halves), QUOTE: draw(halves)}
    opening: list[Command] = [
        commands.ListAsset(asset_id=BASE, decimals=int(listing.symbol[4:]), code="BASE"),
        commands.ListAsset(asset_id=QUOTE, decimals=draw(st.sampled_from((0, 2, 18))), code="QUOTE"),
        commands.OpenAccount(account_id=CUSTODY, account_kind=3),
        commands.OpenAccount(account_id=FEES, account_kind=2),
        commands.OpenAccount(account_id=ANN, account_kind=1),
        commands.OpenAccount(account_id=BOB, account_kind=1),
        commands.SetFeeTier(
            tier=0,
            maker_fee_ppm=draw(st.sampled_from((-PPM, -1, 0, 0, 1, PPM - 1, PPM))),
            taker_fee_ppm=draw(st.sampled_from((0, 0, 1, PPM - 1, PPM))),
        ),
        listing,
    ]
    for asset_id, part_atoms in parts.items():
        opening += [
            _moved(asset_id, CUSTODY, ANN, part_atoms),
            _moved(asset_id, CUSTODY, BOB, MAX_ATOMS - part_atoms),
            _moved(asset_id, CUSTODY, BOB, 1),
        ]
    return opening


@st.composite
def rules(draw: Draw) -> commands.SetMarketRules:
    least = st.sampled_from((0, 0, 0, 1, MAX_ATOMS // 2, MAX_ATOMS))
    return commands.SetMarketRules(
        market_id=MARKET,
        legal_entity=0,
        admitted_classes=15,
        price_deviation_ppm=draw(st.sampled_from((0, 0, 1, PPM))),
        max_order_value_atoms=draw(st.sampled_from((0, 0, 1, MAX_ATOMS))),
        minimum_fee_base_atoms=draw(least),
        minimum_fee_quote_atoms=draw(least),
    )


@st.composite
def profiles(draw: Draw) -> commands.SetAccountProfile:
    return commands.SetAccountProfile(
        account_id=draw(clients),
        legal_entity=0,
        products=2**32 - 1,
        client_class=0,
        restriction=0,
        open_order_cap=0,
        exposure_limit_atoms=draw(st.sampled_from((0, 0, 1, 10, MAX_ATOMS))),
    )


@st.composite
def orders(draw: Draw, listing: commands.ListMarket) -> commands.PlaceOrder:
    """At the limits of the market or one beyond, of every make; mostly of who has what it takes."""
    side = draw(st.sampled_from(Side))
    owners = (ANN, ANN, ANN, BOB) if side == Side.SELL else (BOB, BOB, BOB, ANN)
    highest, largest = listing.max_price_ticks, listing.max_size_lots
    limited = draw(st.booleans()) or draw(st.booleans())
    kinds = st.sampled_from(TimeInForce)
    order = commands.PlaceOrder(
        order_id=1,
        account_id=draw(st.sampled_from(owners)),
        market_id=MARKET,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=draw(kinds),
        post_only=0,
        price_ticks=draw(_near(highest)),
        size_lots=draw(_near(largest)),
        quote_amount_atoms=0,
        self_trade_prevention=draw(st.sampled_from((0, 0, 0, *SelfTradePrevention))),
    )
    fields: dict[str, int] = {}
    if order.time_in_force == TimeInForce.GOOD_TILL_DATE:
        fields["expire_time_ns"] = LAST_NS - draw(st.integers(0, 1))
    if draw(st.integers(0, 5)) == 0:
        fields["display_lots"] = draw(st.just(1) | st.integers(1, 5).map(lambda parts: order.size_lots // parts))
    if draw(st.integers(0, 5)) == 0:
        fields |= {"trigger": draw(st.integers(1, 2)), "trigger_price_ticks": min(2**31 - 1, draw(_near(highest)))}
    if not limited:
        fields |= {"order_type": OrderType.MARKET, "time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL, "price_ticks": 0}
        fields |= {"expire_time_ns": 0, "display_lots": 0}
        if draw(st.booleans()):
            fields |= {"size_lots": 0, "quote_amount_atoms": draw(_near(listing.max_notional_atoms) | atoms)}
    return msgspec.structs.replace(order, **fields)


def _near(limit: int) -> st.SearchStrategy[int]:
    """A limit, half of it, the least there is, or one beside them."""
    edges = (limit, limit, limit, limit // 2, limit // 2, limit // 2 + 1, limit // 3, 1, limit - 1, limit + 1)
    return st.sampled_from([edge for edge in edges if -(2**63) <= edge < 2**63])


def bookings() -> st.SearchStrategy[Command]:
    """Outside the book, of all there is."""
    assets, two = st.sampled_from((BASE, QUOTE)), {"actor_id": st.just(1), "authority_id": st.just(2)}
    anybody = st.sampled_from((CUSTODY, FEES, ANN, BOB))
    return st.one_of(
        st.builds(_moved, assets, anybody, anybody, atoms | anything),
        st.builds(
            commands.PlaceHold,
            hold_id=st.just(1),
            account_id=anybody,
            asset_id=assets,
            amount_atoms=atoms | anything,
            purpose=st.just(1),
        ),
        st.builds(
            commands.SettleHold,
            hold_id=st.integers(1, 9),
            credit_account_id=anybody,
            amount_atoms=atoms | anything,
            release_rest=st.integers(0, 1),
        ),
        st.builds(commands.ReleaseHold, hold_id=st.integers(1, 9)),
        st.builds(
            commands.AddLeg,
            transfer_id=st.just(1),
            account_id=anybody,
            asset_id=assets,
            amount_atoms=atoms | atoms.map(lambda amount: -amount) | anything,
            hold_id=st.sampled_from((0, 0, 0, 1, 2)),
        ),
        st.builds(commands.PostLegs, transfer_id=st.just(1), legs=st.integers(1, 6), purpose=st.just(4)),
        st.builds(commands.CancelTrade, trade_id=st.integers(1, 3), **two),
        st.builds(
            commands.SetValuation,
            asset_id=assets,
            price_atoms=st.sampled_from((0, 1, 10**9, MAX_ATOMS)) | anything,
            is_money=st.integers(0, 1),
        ),
    )


def of_operators(listing: commands.ListMarket) -> st.SearchStrategy[Command]:
    """Phases, bands, rules; and what was mis-set."""
    mis_set = st.builds(
        lambda name, value: msgspec.structs.replace(listing, market_id=9, symbol="WRONG", **{name: value}),
        st.sampled_from(
            [name for name in msgspec.structs.asdict(listing) if name.startswith(("tick", "lot", "max", "min"))]
        ),
        anything | powers,
    )
    return st.one_of(
        st.builds(
            commands.SetMarketPhase,
            market_id=st.just(MARKET),
            phase=st.sampled_from((MarketPhase.PRE_OPEN, MarketPhase.CONTINUOUS, MarketPhase.CLOSED)),
            at_time_ns=st.sampled_from((0, 0, 0, LAST_NS)),
            reference_price_ticks=st.just(0),
        ),
        st.builds(commands.SetPriceBand, market_id=st.just(MARKET), band_ppm=st.sampled_from((0, 1, PPM))),
        rules(),
        st.builds(
            msgspec.structs.replace,
            rules(),
            max_order_value_atoms=anything,
            minimum_fee_base_atoms=anything,
            minimum_fee_quote_atoms=anything,
        ),
        profiles(),
        mis_set,
    )


def flows() -> st.SearchStrategy[list[Command]]:
    """A venue at its limits, and some commands to it."""
    return listings().flatmap(
        lambda listing: st.builds(
            lambda opening, steps, start_ns: list(_numbered([*opening, *steps], start_ns)),
            openings(listing),
            steps(listing),
            st.sampled_from((0, LAST_NS - 2 * TRADE_MEMORY_NS)),
        )
    )


def steps(listing: commands.ListMarket) -> st.SearchStrategy[list[Command]]:
    order, price, size = orders(listing), _near(listing.max_price_ticks), _near(listing.max_size_lots)
    amended = st.builds(
        commands.AmendOrder, order_id=st.integers(1, 9), account_id=clients, price_ticks=price, size_lots=size
    )
    cancelled = st.builds(commands.CancelOrder, order_id=st.integers(1, 9), account_id=clients)
    kinds: tuple[st.SearchStrategy[Command], ...] = (order,) * 12
    kinds += (amended, amended, cancelled, bookings(), bookings(), of_operators(listing))
    # One of them is drawn by its number: `one_of` would take equal ones for one.
    return st.lists(st.integers(0, len(kinds) - 1).flatmap(lambda number: kinds[number]), min_size=8, max_size=40)


def _numbered(flow: list[Command], start_ns: int) -> Iterator[Command]:
    """Orders and holds have ids that grow; time stands for a while and then goes to the end of its range."""
    ids = {commands.PlaceOrder: 0, commands.PlaceHold: 0}
    for number, command in enumerate(flow):
        fields = {"sequence": number + 1, "time_ns": start_ns + number}
        if isinstance(command, commands.PlaceOrder | commands.PlaceHold):
            ids[type(command)] += 1
            fields["order_id" if isinstance(command, commands.PlaceOrder) else "hold_id"] = ids[type(command)]
        if number + 1 == len(flow):
            fields["time_ns"] = LAST_NS
        yield msgspec.structs.replace(command, **fields)


@pytest.mark.shows("STAT-002")
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(flow=flows())
def test_nothing_wraps_and_nothing_breaks_at_the_edge(flow: list[Command]) -> None:
    """Whatever is asked of it, no build fails, all say the same, and the accountant's sums come out."""
    venues = {engine: new_venue(engine) for engine in ENGINES}
    run_side_by_side(venues, (command.pack() for command in flow), "edge of 64 bits", look_every=10)
