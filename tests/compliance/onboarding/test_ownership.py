"""Owners through layers, and graphs that are none."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lionrock.compliance.onboarding.ownership import (
    APPLICANT,
    MOST_PARTIES,
    WHOLE_PPM,
    Graph,
    Owner,
    Share,
    beneficial_owners,
    complaints,
    owners,
    unexplained_ppm,
)

QUARTER = 250_000


def graph(people: str, companies: str, *shares: tuple[str, str, int]) -> Graph:
    keys = dict.fromkeys(people.split(), True) | dict.fromkeys(companies.split(), False)
    return Graph(keys, tuple(Share(owner, company, ppm) for owner, company, ppm in shares))


LAYERED = graph(
    "ann bob cy",
    "holding trust",
    ("holding", APPLICANT, 600_000),
    ("trust", APPLICANT, 200_000),
    ("cy", APPLICANT, 200_000),
    ("ann", "holding", 500_000),
    ("bob", "holding", 500_000),
    ("ann", "trust", 1_000_000),
)
"""ann: 0.6 × 0.5 + 0.2 = 50 %; bob 30 %; cy 20 %."""


@pytest.mark.shows("ONBD-006")
def test_shares_are_multiplied_along_a_way_and_added_over_ways() -> None:
    assert complaints(LAYERED) == []
    assert owners(LAYERED) == [Owner("ann", 500_000), Owner("bob", 300_000), Owner("cy", 200_000)]
    assert unexplained_ppm(LAYERED) == 0


@pytest.mark.shows("ONBD-006")
@pytest.mark.parametrize(("ppm", "is_beneficial"), [(250_000, False), (250_001, True)])
def test_more_than_the_threshold_makes_a_beneficial_owner(ppm: int, *, is_beneficial: bool) -> None:
    found = beneficial_owners(graph("ann", "", ("ann", APPLICANT, ppm)), QUARTER)
    assert bool(found) is is_beneficial


@pytest.mark.shows("ONBD-006")
def test_the_threshold_is_a_parameter() -> None:
    assert [owner.key for owner in beneficial_owners(LAYERED, QUARTER)] == ["ann", "bob"]
    assert [owner.key for owner in beneficial_owners(LAYERED, 100_000)] == ["ann", "bob", "cy"]


@pytest.mark.shows("ONBD-006")
def test_rounding_is_in_favour_of_finding_an_owner() -> None:
    third = graph("ann", "a", ("a", APPLICANT, 500_001), ("ann", "a", 500_000))
    assert owners(third) == [Owner("ann", 250_001)]  # 250,000.5, rounded up
    assert beneficial_owners(third, QUARTER)


@pytest.mark.shows("ONBD-007")
@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (graph("", "a b", ("a", APPLICANT, 500_000), ("b", "a", 10), ("a", "b", 10)), "cycle"),
        (graph("", "a", ("a", APPLICANT, 10), ("a", "a", 10)), "cycle"),
        (graph("ann bob", "", ("ann", APPLICANT, 500_001), ("bob", APPLICANT, 500_000)), "above_whole"),
        (graph("ann", "", ("ann", APPLICANT, 0)), "share_out_of_range"),
        (graph("ann", "", ("ann", APPLICANT, 1_000_001)), "share_out_of_range"),
        (graph("ann", "", ("bob", APPLICANT, 10)), "party_unknown"),
        (graph("ann", "", ("ann", "nowhere", 10)), "party_unknown"),
        (graph("ann bob", "", ("ann", APPLICANT, 10), ("bob", "ann", 10)), "person_is_owned"),
        (graph("ann", "", ("ann", APPLICANT, 10), ("ann", APPLICANT, 10)), "share_twice"),
        (graph("ann bob", "", ("ann", APPLICANT, 10)), "not_connected"),
        (Graph({str(n): True for n in range(MOST_PARTIES + 1)}, ()), "too_many_parties"),
    ],
)
def test_what_is_no_ownership_is_named(wrong: Graph, name: str) -> None:
    assert name in complaints(wrong)


@pytest.mark.shows("ONBD-007")
def test_exactly_the_whole_may_be_given_away() -> None:
    assert complaints(graph("ann bob", "", ("ann", APPLICANT, 500_000), ("bob", APPLICANT, 500_000))) == []


@pytest.mark.shows("ONBD-006")
@given(st.lists(st.lists(st.integers(1, WHOLE_PPM), min_size=1, max_size=4), min_size=1, max_size=5))
def test_nobody_gains_or_loses_through_layers(rows: list[list[int]]) -> None:
    """A chain of companies, each with some people of its own: what all own is what was given, by simple arithmetic."""
    shares, keys, expected, part, above = [], {}, Fraction(0), Fraction(1), APPLICANT
    for layer, row in enumerate(rows):
        scale = max(sum(row), 1)
        row_ppm = [ppm * 900_000 // scale for ppm in row]
        for number, ppm in enumerate(row_ppm):
            if ppm:
                keys[f"p{layer}-{number}"] = True
                shares.append(Share(f"p{layer}-{number}", above, ppm))
                expected += part * Fraction(ppm, WHOLE_PPM)
        keys[f"c{layer}"] = False
        shares.append(Share(f"c{layer}", above, 100_000))
        part, above = part / 10, f"c{layer}"
    made = Graph(keys, tuple(shares))
    assert complaints(made) == []
    total = sum(owner.share_ppm for owner in owners(made))
    assert expected * WHOLE_PPM <= total <= expected * WHOLE_PPM + len(shares)
