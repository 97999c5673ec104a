"""A bucket gives so much a second and a burst; whoever goes on is shut out; a flood of names costs no memory."""

from __future__ import annotations

import pytest

from lionrock.gateways.limits import NS_PER_S, Buckets, Limits, Penalty, Rate

PENALTY = Penalty(after_refusals=3, duration_ns=120 * NS_PER_S)
START = 1_700_000_000 * NS_PER_S


def buckets(*, per_second: int = 10, burst: int = 20, most: int = 100) -> Buckets:
    return Buckets(Rate(per_second, burst), PENALTY, most)


@pytest.mark.shows("AUTH-008")
def test_a_burst_is_taken_at_once_and_comes_back_with_time() -> None:
    some = buckets()
    used = [some.take("ann", 5, START).used for _ in range(4)]
    assert used == [5, 10, 15, 20]
    refused = some.take("ann", 5, START)
    assert (refused.used, refused.limit, refused.wait_ns) == (20, 20, NS_PER_S // 2)
    assert some.take("ann", 5, START + NS_PER_S // 2 - 1).wait_ns == 1
    assert some.take("ann", 5, START + NS_PER_S // 2).wait_ns == 0
    assert some.take("bob", 20, START).wait_ns == 0, "another client has a bucket of its own"


@pytest.mark.shows("AUTH-008")
def test_the_rate_can_be_kept_up_for_ever() -> None:
    some = buckets(burst=1)
    assert not any(some.take("ann", 1, START + number * NS_PER_S // 10).wait_ns for number in range(10_000))


@pytest.mark.shows("AUTH-008")
def test_a_weight_above_the_whole_bucket_empties_a_full_one() -> None:
    some = buckets()
    assert some.take("ann", 1_000, START).used == 20
    assert some.take("ann", 1_000, START + NS_PER_S).wait_ns == NS_PER_S


@pytest.mark.shows("AUTH-009")
def test_who_goes_on_is_shut_out_and_let_in_again() -> None:
    some = buckets()
    some.take("ann", 20, START)
    told = [some.take("ann", 1, START) for _ in range(4)]
    assert [each.is_shut_out for each in told] == [False, False, False, True]
    assert told[-1].wait_ns == PENALTY.duration_ns
    late = START + PENALTY.duration_ns
    assert some.take("ann", 1, late - 1).is_shut_out, "although the bucket has long been full"
    assert not some.take("ann", 1, late).wait_ns


@pytest.mark.shows("AUTH-009")
def test_who_waits_until_the_bucket_is_full_begins_anew() -> None:
    some = buckets()
    for round_number in range(5):
        now = START + round_number * 2 * NS_PER_S
        assert not some.take("ann", 20, now).wait_ns
        assert [some.take("ann", 1, now).is_shut_out for _ in range(3)] == [False] * 3


@pytest.mark.shows("AUTH-010")
def test_names_are_bounded_and_full_buckets_are_forgotten_first() -> None:
    some = buckets(most=100)
    some.take("busy", 20, START)
    for number in range(10_000):
        some.take(f"once {number}", 1, START + number * NS_PER_S // 10_000)
        assert len(some) <= 100
    assert not some.take("quiet", 20, START + NS_PER_S).wait_ns
    later = buckets(most=100)
    later.take("busy", 20, START + 10 * NS_PER_S)
    for number in range(99):
        later.take(f"once {number}", 1, START)
    later.take("one more", 1, START + 10 * NS_PER_S)
    assert len(later) == 2
    assert later.take("busy", 1, START + 10 * NS_PER_S).wait_ns > 0


@pytest.mark.shows("AUTH-010")
def test_an_ipv6_client_is_its_network() -> None:
    one = Rate(per_second=1, burst=1)
    limits = Limits(address=one, key=one, orders=one, penalty=PENALTY)
    assert not limits.of_address("2001:db8::1", 1, START).wait_ns
    assert limits.of_address("2001:db8::ffff:1", 1, START).wait_ns
    assert not limits.of_address("2001:db8:0:1::1", 1, START).wait_ns
    assert not limits.of_address("192.0.2.1", 1, START).wait_ns
    assert limits.of_address("::ffff:192.0.2.1", 1, START).wait_ns


@pytest.mark.shows("AUTH-008")
def test_orders_have_a_bucket_of_their_own() -> None:
    one = Rate(per_second=1, burst=1)
    limits = Limits(address=one, key=one, orders=one, penalty=PENALTY)
    assert not limits.of_key("ann", 1, START, is_order=False).wait_ns
    assert not limits.of_key("ann", 1, START, is_order=True).wait_ns
    assert limits.of_key("ann", 1, START, is_order=True).wait_ns
