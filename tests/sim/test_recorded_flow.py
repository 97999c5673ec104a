"""A recorded half hour of a real venue, sent to ours: the builds agree, and the venue's own trades come out."""

from __future__ import annotations

import csv
import gzip
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from lionrock.sim.recorded_flow import Row, order_flow, read_recording
from lionrock.sim.recordings import recording_directory, why_absent
from lionrock.sim.replay import Comparison, ReplayedFlow, as_commands, compare, read_recorded_trades
from lionrock.words.events import EVENTS, CommandRejected
from lionrock.words.records import unpack_all
from lionrock.words.rejections import Rejection
from tests.engines import ENGINES, new_venue

BATCH = 1_024


@pytest.fixture(scope="module")
def recording() -> Path:
    directory = recording_directory(os.environ, Path(sys.prefix))
    if directory is None:
        pytest.skip(why_absent(os.environ, Path(sys.prefix)))
    return directory


@pytest.fixture(scope="module")
def rows(recording: Path) -> list[Row]:
    return read_recording(recording / "orders.csv.gz")


@pytest.fixture(scope="module")
def flow(rows: list[Row]) -> ReplayedFlow:
    return as_commands(order_flow(rows))


def play(engine: str, flow: ReplayedFlow) -> tuple[bytes, str]:
    venue = new_venue(engine)
    events = b"".join(venue.apply(batch) for batch in flow.batches(BATCH))
    return events, venue.digest()


def beside_the_venue(recording: Path, flow: ReplayedFlow) -> Comparison:
    events, _ = play("fast", flow)
    return compare(flow.fills(events), read_recorded_trades(recording / "trades.csv"), flow.sent)


@pytest.mark.shows("STAT-002")
def test_fast_build_checked_build_and_auditor_agree_on_the_whole_recording(flow: ReplayedFlow) -> None:
    fast, *others = (play(engine, flow) for engine in ENGINES)
    assert len(flow.block) > 300_000 * 128
    for other in others:
        assert other == fast


def test_venue_trades_are_reproduced_from_submissions_alone(recording: Path, flow: ReplayedFlow) -> None:
    """A fall in either share is a defect in matching; a rise is welcome and moves the bound."""
    comparison = beside_the_venue(recording, flow)
    assert comparison.matched >= 252
    assert len(comparison.venue_only) <= 32
    assert len(comparison.ours_only) <= 57


def test_survivors_tell_more_of_our_trades_apart(recording: Path, rows: list[Row]) -> None:
    comparison = beside_the_venue(recording, as_commands(order_flow(rows, use_survivors=True)))
    assert comparison.matched >= 253
    assert len(comparison.venue_only) <= 31
    assert len(comparison.ours_only) <= 29


def test_each_mismatch_has_the_reason_that_the_docs_give(recording: Path, flow: ReplayedFlow) -> None:
    """The classes and counts of docs/performance.md."""
    comparison = beside_the_venue(recording, flow)
    venue_only, ours_only = Counter(comparison.venue_only.values()), Counter(comparison.ours_only.values())
    table = Path(__file__).parents[2].joinpath("docs", "performance.md").read_text(encoding="utf-8")
    for reason in venue_only | ours_only:
        assert f"| {reason.name} | {venue_only[reason]} | {ours_only[reason]} | {reason.value} |" in table


def test_nothing_is_refused_but_what_the_market_does_not_admit(flow: ReplayedFlow) -> None:
    """Traders have the funds, ids are in order, parts go together: no order is lost to the replay itself."""
    events, _ = play("fast", flow)
    refusals = {Rejection(e.rejection) for e in unpack_all(EVENTS, events) if isinstance(e, CommandRejected)}
    assert refusals == {Rejection.ORDER_UNKNOWN, Rejection.PRICE_ABOVE_MAXIMUM, Rejection.SIZE_ABOVE_MAXIMUM}


def test_flow_is_blind_to_what_was_filled(recording: Path, rows: list[Row], tmp_path: Path) -> None:
    """Without the changed rows, and with nonsense for price and size on deleted rows, the flow is the same."""
    masked = tmp_path / "orders.csv.gz"
    with (
        gzip.open(recording / "orders.csv.gz", "rt", newline="", encoding="ascii") as source,
        gzip.open(masked, "wt", newline="", encoding="ascii", compresslevel=1) as target,
    ):
        reader = csv.DictReader(source)
        writer = csv.DictWriter(target, reader.fieldnames or [])
        writer.writeheader()
        for row in reader:
            if row["action"] == "deleted":
                writer.writerow(row | {"price": "nonsense", "volume": "nonsense", "timestamp": "0"})
            elif row["action"] == "created":
                writer.writerow(row | {"timestamp": "0"})
    assert read_recording(masked) == rows
