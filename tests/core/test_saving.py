"""A saved core goes on exactly as the one it was saved from, at any point of any flow, in either build."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import pytest

from lionrock.core import engine, engine_checked
from lionrock.sim.workload import fuzz_records, random_flow
from tests.sim.flows import records_of

BUILDS = (engine.Engine, engine_checked.Engine)


@pytest.mark.parametrize("flow", [random_flow, fuzz_records], ids=["random", "chance"])
@pytest.mark.parametrize("seed", range(4))
def test_saving_in_mid_flow_changes_nothing(flow: Callable[[int, int], Iterable[bytes]], seed: int) -> None:
    """After each batch the venue is saved, and the other build takes it up and goes on."""
    straight = engine.Engine()
    venue = BUILDS[seed % 2]()
    for number, batch in enumerate(flow(seed, 10_000)):
        assert venue.apply(batch) == straight.apply(batch)
        assert venue.digest() == straight.digest()
        venue = BUILDS[number % 2].load(venue.save())
        assert venue.lines() == straight.lines()
    assert (venue.last_sequence, venue.last_time_ns) == (straight.last_sequence, straight.last_time_ns)


def test_both_builds_save_the_same_bytes() -> None:
    fast, checked = engine.Engine(), engine_checked.Engine()
    for batch in random_flow(5, 5_000):
        fast.apply(batch)
        checked.apply(batch)
    assert fast.save() == checked.save() == engine.Engine.load(fast.save()).save()


def test_saving_changes_nothing_and_an_empty_core_can_be_saved() -> None:
    venue = engine.Engine()
    loaded = engine.Engine.load(venue.save())
    [batch] = random_flow(6, 500, batch=500)
    for record in records_of(batch):
        venue.save()
        assert venue.apply(record) == loaded.apply(record)
    assert venue.digest() == loaded.digest()


def test_bytes_that_are_not_a_whole_saved_core_are_refused() -> None:
    [batch] = random_flow(7, 300, batch=300)
    venue = engine.Engine()
    venue.apply(batch)
    data = venue.save()
    for damaged in (b"", data[:-1], data + b"\0", data[:200] + b"\xff" + data[201:], b"x" + data[1:]):
        with pytest.raises(ValueError, match="not the whole of a saved core"):
            engine.Engine.load(damaged)


def test_a_core_of_another_form_is_refused() -> None:
    """With its checksum right: what another version of the arrays wrote is not taken for this one's."""
    data = engine.Engine().save()
    magic, body = data[:16], data[48:]
    quote = body.index(b"'") + 1
    other = body[:quote] + b"0" * 64 + body[quote + 64 :]
    with pytest.raises(ValueError, match="other arrays"):
        engine.Engine.load(magic + hashlib.sha256(other).digest() + other)
