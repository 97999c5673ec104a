"""Which rule held when, what an entity of two licences is held to, and where they disagree."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from lionrock.rulebook.merging import CANNOT_BOTH_HOLD
from lionrock.rulebook.subject import Subject
from tests.rulebook.samples import NOON, Keeping, LeastMinor, ns, regime

RETAIL, PROFESSIONAL = Subject(audience="retail"), Subject(audience="professional")


@pytest.mark.shows("RULE-005")
def test_what_was_the_rule_on_a_day() -> None:
    """The amended version took effect on 3 November 2025, at midnight in Hong Kong."""
    harbour = regime()
    on = {day: next(r for r in harbour.on(day) if r.id == "HB-T02") for day in (date(2025, 11, 2), date(2025, 12, 1))}
    assert on[date(2025, 11, 2)].loaded.rule.words == "An asset is twelve months old before anybody trades it."
    assert on[date(2025, 12, 1)].loaded.rule.words == "An asset is twelve months old before the public trades it."
    begins = ns("2025-11-03T00:00:00+08:00")
    before, after = harbour.rule_at("HB-T02", begins - 1), harbour.rule_at("HB-T02", begins)
    assert before is not None
    assert after is not None
    assert (before.loaded.version, after.loaded.version) == ("2023-06-01", "2025-11-03")
    assert harbour.rule_at("HB-T02", ns("2023-05-31T23:59:59+08:00")) is None
    assert harbour.version(begins - 1) != harbour.version(begins) == harbour.version(begins + 1)


@pytest.mark.shows("RULE-005")
def test_every_day_of_change_is_told_and_no_other() -> None:
    harbour = regime()
    turns = harbour.turns()
    assert [each.day for each in turns] == sorted({each.day for each in turns})
    changed = next(each for each in turns if each.day == date(2025, 11, 3))
    assert changed.begins == ("HB-T02",), "a new version begins where the old one ends"
    assert "HB-T02" not in changed.ends
    for earlier, later in pairwise(turns):
        last_day_before = later.day - timedelta(days=1)
        assert [r.loaded for r in harbour.on(earlier.day)] == [r.loaded for r in harbour.on(last_day_before)]
        assert [r.loaded for r in harbour.on(last_day_before)] != [r.loaded for r in harbour.on(later.day)]


@pytest.mark.shows("RULE-005")
def test_base_is_inherited_by_each_licence_and_counts_once() -> None:
    assert [rule.id for rule in regime().at(NOON) if rule.id.startswith("WORLD")] == ["WORLD-1", "WORLD-2"]
    both = regime("STRAIT-EX", "HARBOUR-VATP")
    assert [rule.id for rule in both.at(NOON)].count("WORLD-1") == 1
    base = both.rule_at("WORLD-1", NOON)
    assert base is not None
    assert (base.licence, base.calendar.key) == ("STRAIT-EX", "AE")


@pytest.mark.shows("RULE-005")
def test_rule_applies_to_whom_it_says() -> None:
    rule = regime().rule_at("HB-T02", NOON)
    assert rule is not None
    assert rule.applies_to(RETAIL)
    assert not rule.applies_to(PROFESSIONAL)


@pytest.mark.shows("RULE-006")
def test_strictest_wins_over_two_licences() -> None:
    merged = {each.control.name: each for each in regime("HARBOUR-VATP", "STRAIT-EX").merged(ns("2023-12-01T00:00Z"))}
    capital, records = merged["capital_paid_up"], merged["records_kept"]
    assert capital.parameters == LeastMinor(800_000_000)
    assert capital.rules == ("HB-F01", "ST-1")
    assert capital.by_field == {"least_minor": ("ST-1",)}
    (disagreement,) = capital.disagreements
    assert [(said.rule, said.value) for said in disagreement.said] == [("HB-F01", 500_000_000), ("ST-1", 800_000_000)]
    assert disagreement.outcome == "ST-1 is stricter"
    assert records.parameters == Keeping("orders", 2922, 10**6, ("time", "price", "side"))
    assert records.by_field["keep_days"] == ("ST-2",)
    assert records.rules == ("HB-R01", "WORLD-1", "ST-2")


@pytest.mark.shows("RULE-006")
def test_rules_that_cannot_both_hold_are_told() -> None:
    """Eight years at least, and six at most."""
    conflicts = regime("HARBOUR-VATP", "STRAIT-EX").conflicts(NOON)
    (impossible,) = [each for each in conflicts if each.disagreement.outcome == CANNOT_BOTH_HOLD]
    assert impossible.control == "records_kept"
    assert impossible.disagreement.field == "kept 2922 days at least and 2192 at most"
    assert {said.rule for said in impossible.disagreement.said} == {"HB-R01", "WORLD-1", "ST-2", "ST-3"}
    merged = regime("HARBOUR-VATP", "STRAIT-EX").merged(NOON)
    assert next(each for each in merged if each.control.name == "records_kept").parameters is None


def test_one_licence_disagrees_with_its_base_only() -> None:
    (own,) = {each.disagreement.outcome for each in regime().conflicts(NOON) if each.disagreement.field == "keep_days"}
    assert own == "HB-R01 is stricter"


def test_refusals_of_the_core_name_their_rules() -> None:
    harbour = regime()
    assert harbour.rules_of("MARKET_SYMBOL_MALFORMED", ns("2025-01-01T00:00Z")) == ("HB-T02",)
    assert harbour.rules_of("MARKET_SYMBOL_MALFORMED", NOON) == ()
