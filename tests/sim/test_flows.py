"""Fast build, checked build and auditor stay together over random flows, and every state on the way is sound."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lionrock.sim.workload import fuzz_records, random_flow
from lionrock.words.commands import AdvanceTime
from lionrock.words.events import (
    AuctionUncrossed,
    CommandRejected,
    HoldReduced,
    MarketPhaseChanged,
    OrderCancelled,
    OrderFilled,
    TradeExecuted,
)
from tests.engines import ENGINES, Venue, new_venue
from tests.sim.flows import records_of, run_side_by_side, sequence_of, told_by_command

MORE = range(103, 110)
SHOWN = ("LEDG-007", "BOOK-007", "BOOK-008", "STAT-002", "FEES-008")


def all_engines() -> dict[str, Venue]:
    return {engine: new_venue(engine) for engine in ENGINES}


@pytest.mark.shows(*SHOWN)
@pytest.mark.parametrize("seed", range(5))
def test_engines_agree_on_random_flows(seed: int) -> None:
    keeper = run_side_by_side(all_engines(), random_flow(seed, 20_000), f"random_flow({seed})")
    assert keeper.trades > 1_000


@pytest.mark.shows(*SHOWN)
@pytest.mark.parametrize("seed", range(5))
def test_engines_agree_on_records_of_chance(seed: int) -> None:
    keeper = run_side_by_side(all_engines(), fuzz_records(seed, 20_000), f"fuzz_records({seed})")
    assert keeper.trades > 1_000


@pytest.mark.shows(*SHOWN)
@pytest.mark.parametrize("seed", [*range(100, 103), *(pytest.param(seed, marks=pytest.mark.soak) for seed in MORE)])
def test_engines_agree_on_a_million_commands(seed: int) -> None:
    """Ten flows of 100,000, so that processes can share them; seven of them are for `make soak`."""
    keeper = run_side_by_side(all_engines(), random_flow(seed, 100_000), f"random_flow({seed})", look_every=20)
    assert keeper.trades > 10_000


@pytest.mark.shows(*SHOWN)
def test_every_single_state_on_the_way_is_sound() -> None:
    """Here the rows of all engines are looked at after each command, not after each batch."""
    keeper = run_side_by_side(all_engines(), random_flow(9, 1_500, batch=1), "random_flow(9)")
    assert keeper.trades > 100


@pytest.mark.parametrize("engine", ENGINES)
def test_batches_do_not_matter(engine: str) -> None:
    """What comes in one batch or in a thousand is answered alike."""
    whole, single = new_venue(engine), new_venue(engine)
    for batch in random_flow(7, 3_000, batch=3_000):
        assert whole.apply(batch) == b"".join(single.apply(record) for record in records_of(batch))
    assert whole.lines() == single.lines()


MAY_BE_DUE = (OrderCancelled, MarketPhaseChanged, AuctionUncrossed, TradeExecuted, OrderFilled, HoldReduced)
"""Expiries, and a scheduled change of phase with its auction."""


def state_but_for_count(venue: Venue) -> list[str]:
    """The lines, of the venue line only trades and highest order id."""
    first, *others = venue.lines()
    return ["|".join(first.split("|")[3:]), *others]


@pytest.mark.shows("STAT-003")
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("flow", [random_flow, fuzz_records], ids=["random", "chance"])
def test_refused_commands_change_nothing(flow: Callable[[int, int], list[bytes]], engine: str) -> None:
    """A flow without its refused commands leads to the same state, batch after batch.

    What was due by the time of a refused command has ended, so in its place stands one that does nothing but that.
    """
    whole, without = new_venue(engine), new_venue(engine)
    sent = refused = brought_time = 0
    for batch in flow(11, 20_000):
        told = told_by_command(whole.apply(batch))
        accepted = []
        for record in records_of(batch):
            *due, last = told[sequence_of(record)]
            if isinstance(last, CommandRejected):
                refused += 1
                if not due:
                    continue
                assert all(isinstance(event, MAY_BE_DUE) for event in due)
                brought_time += 1
                stamped = AdvanceTime(time_ns=int.from_bytes(record[10:18], "little")).pack()
            else:
                stamped = record
            sent += 1
            accepted.append(stamped[:2] + sent.to_bytes(8, "little") + stamped[10:])
        without.apply(b"".join(accepted))
        assert state_but_for_count(without) == state_but_for_count(whole)
    assert refused > 4_000
    assert brought_time > 50
