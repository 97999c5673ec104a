"""What the core promises besides the rules of the pages: whole blocks, one order of commands, and a checked build."""

from __future__ import annotations

import pytest

from lionrock.core import engine, engine_checked
from lionrock.sim.workload import random_flow
from lionrock.words.commands import AdvanceTime, ListAsset
from lionrock.words.faults import Fault
from tests.engines import new_venue

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


def test_commands_may_come_in_memory_that_is_not_bytes() -> None:
    for block in (bytearray(listing(1)), memoryview(b"x" + listing(1))[1:]):
        assert engine.Engine().apply(block) == engine.Engine().apply(listing(1))


def test_checked_build_notices_a_bad_index_and_a_broken_assertion() -> None:
    assert engine_checked.IS_CHECKED_BUILD
    with pytest.raises(IndexError):
        engine_checked.Engine().provoke("index")
    with pytest.raises(Fault, match="provoked"):
        engine_checked.Engine().provoke("assertion")


def test_fast_build_does_not_look() -> None:
    assert not engine.IS_CHECKED_BUILD
    with pytest.raises(RuntimeError, match="checked build"):
        engine.Engine().provoke("index")


def test_readers_get_depth_and_balances() -> None:
    venue = engine.Engine()
    for batch in random_flow(seed=5, commands=5_000):
        venue.apply(batch)
    rows = [line.split("|") for line in venue.lines()]
    resting: dict[int, int] = {}
    for row in (row for row in rows if row[0] == "order"):
        market, side, price, shown = row[1], row[2], row[3], row[17]
        if (market, side) == ("1", "1"):
            resting[int(price)] = resting.get(int(price), 0) + int(shown)
    bids, _ = venue.depth(1, 5)
    assert bids == sorted(resting.items(), reverse=True)[:5]
    owner = next(row for row in rows if row[0] == "balance")
    assert (int(owner[2]), int(owner[3]), int(owner[4])) in venue.balances(int(owner[1]))
    with pytest.raises(KeyError):
        venue.depth(10**6, 5)
    with pytest.raises(KeyError):
        venue.balances(10**12)
