"""A signature counts once for as long as its request is not too old, and is not remembered longer."""

from __future__ import annotations

import pytest

from lionrock.gateways.replays import Replays, TooManySignatures

NOW = 1_700_000_000_000
pytestmark = pytest.mark.shows("AUTH-006")


def test_the_same_signature_is_known_until_its_time_is_over() -> None:
    replays = Replays()
    ends = NOW + 5_000
    assert not replays.is_repeated("key", b"s" * 32, ends, NOW)
    assert all(replays.is_repeated("key", b"s" * 32, ends, now) for now in (NOW, NOW + 1, ends))
    assert not replays.is_repeated("another", b"s" * 32, ends, NOW)
    assert not replays.is_repeated("key", b"t" * 32, ends, NOW)


def test_a_request_comes_again_only_with_the_idempotency_key_it_came_with_first() -> None:
    replays = Replays()
    ends = NOW + 5_000
    assert not replays.is_repeated("key", b"s" * 32, ends, NOW, "mine")
    assert not replays.is_repeated("key", b"s" * 32, ends, NOW, "mine")
    assert replays.is_repeated("key", b"s" * 32, ends, NOW, "another")
    assert replays.is_repeated("key", b"s" * 32, ends, NOW)
    assert not replays.is_repeated("key", b"t" * 32, ends, NOW)
    assert replays.is_repeated("key", b"t" * 32, ends, NOW, "late")
    assert len(replays) == 2


def test_what_is_over_costs_no_memory() -> None:
    replays = Replays()
    for number in range(20_000):
        now = NOW + number * 10
        assert not replays.is_repeated("key", number.to_bytes(32, "big")[::-1], now + 5_000, now)
        assert len(replays) <= 700
    assert not replays.is_repeated("key", b"s" * 32, NOW + 10**9, NOW + 10**9)
    assert len(replays) == 1


def test_without_room_a_write_is_not_taken() -> None:
    replays = Replays(most=2)
    for sign in (b"a", b"b"):
        assert not replays.is_repeated("key", sign * 32, NOW + 5_000, NOW)
    with pytest.raises(TooManySignatures):
        replays.is_repeated("key", b"c" * 32, NOW + 5_000, NOW)
    assert replays.is_repeated("key", b"a" * 32, NOW + 5_000, NOW)
    assert not replays.is_repeated("key", b"c" * 32, NOW + 15_000, NOW + 10_000)


def test_a_clock_that_is_set_back_brings_nothing_back() -> None:
    replays = Replays()
    assert not replays.is_repeated("key", b"s" * 32, NOW + 5_000, NOW)
    assert not replays.is_repeated("key", b"t" * 32, NOW + 65_000, NOW + 60_000)
    assert replays.is_repeated("key", b"s" * 32, NOW + 5_000, NOW)
