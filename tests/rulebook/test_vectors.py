"""Every row with a control has examples beside its pack, and each control finds in them what an officer expects."""

from __future__ import annotations

from collections import defaultdict

import msgspec
import pytest

from lionrock.rulebook.control import Verdict
from lionrock.rulebook.loading import LoadedCheck, LoadedRule, shipped_library
from lionrock.rulebook.vectors import Vector, run_vector

GOOD = {Verdict.PASS, Verdict.ATTESTED}
LIBRARY = shipped_library()
ROWS: defaultdict[str, list[LoadedRule]] = defaultdict(list)
for _pack in LIBRARY.packs.values():
    for _rule in _pack.rules:
        ROWS[_rule.id].append(_rule)

CHECKED = [rule_id for rule_id, versions in ROWS.items() if versions[-1].checks]
UNCHECKED = sorted(ROWS.keys() - set(CHECKED))


def meant(vector: Vector, rule: LoadedRule) -> list[LoadedCheck]:
    """The checks of a version that a vector is for; there should be one."""
    return [
        check
        for check in rule.checks
        if vector.control in {"", check.control.name} and _is_about(msgspec.to_builtins(check.parameters), vector)
    ]


def _is_about(parameters: dict[str, object], vector: Vector) -> bool:
    return all(parameters.get(name) == value for name, value in vector.about.items())


def vectors_of(rule: LoadedRule) -> list[Vector]:
    return [vector for vector in rule.vectors if vector.version in {"", rule.version}]


@pytest.mark.shows("REGI-006")
@pytest.mark.parametrize("rule_id", [pytest.param(each, marks=pytest.mark.shows_rule(each)) for each in CHECKED])
def test_row(rule_id: str) -> None:
    for rule in ROWS[rule_id]:
        judged = defaultdict(set)
        for vector in vectors_of(rule):
            checks = meant(vector, rule)
            assert len(checks) == 1, f"{vector.place} ({vector.name}) is for {len(checks)} checks of {rule_id}"
            finding = run_vector(vector, checks[0].control, checks[0].parameters, rule.head.calendar)
            assert finding.verdict is vector.expects, f"{vector.place} ({vector.name}): {finding.words}"
            assert finding.words
            assert finding.verdict in GOOD or finding.next_step, f"{vector.name}: nothing is said about what to do"
            judged[rule.checks.index(checks[0])].add(vector.expects)
        for number, check in enumerate(rule.checks):
            found = judged[number]
            assert found & GOOD, f"{rule_id} {rule.version}: no example keeps {check.control.name}"
            assert found - GOOD, f"{rule_id} {rule.version}: no example breaks {check.control.name}"
        names = [vector.name for vector in vectors_of(rule)]
        assert any(name.startswith("boundary: ") for name in names), f"{rule_id} {rule.version}: no boundary"


@pytest.mark.parametrize("rule_id", UNCHECKED)
def test_row_without_a_control_says_what_it_waits_for(rule_id: str) -> None:
    for rule in ROWS[rule_id]:
        assert rule.rule.waits_for
        assert rule.rule.waiting_because.endswith(".")
        assert not rule.vectors


BOUNDARIES = {
    "HK-T02": ["boundary: day 364", "boundary: day 365, twelve months to the second"],
    "HK-A02": ["boundary: HKD 8,000.00 with the full set", "boundary: HKD 8,000.00 without the recipient's account"],
    "HK-A03": ["boundary: HKD 7,999.99 without any information", "boundary: HKD 8,000.00 is the other row's"],
    "AE-05": [
        "boundary: AED 3,500.01 with the full set",
        "boundary: AED 3,500.00 with nothing, which this row does not judge",
    ],
    "EU-15": ["boundary: EUR 1,000.00, not proved", "boundary: EUR 1,000.01, not proved"],
    "SG-2": ["boundary: SGD 1,500.01 with the full set", "boundary: SGD 1,500.00 with names and accounts"],
    "HK-F02": ["boundary: exactly 5,000,000 paid up", "boundary: one cent less than 5,000,000"],
    "HK-F04": [
        "boundary: 119.9 % of what is required, and no notice",
        "boundary: 120 % of what is required owes no notice",
        "below 120 %, and told within a business day over Easter",
    ],
    "HK-K08": ["boundary: monthly statement, done in the last second of Tuesday 14 April"],
    "HK-C16": ["boundary: exactly what is needed", "boundary: one cent less"],
    "HK-C15": [
        "boundary: exactly 12 months",
        "boundary: reminded exactly 14 days before, confirmed on the 7th day after",
    ],
    "EU-03": ["boundary: client money banked, done in the last second of Tuesday 7 April"],
    "AE-11": ["boundary: announced exactly 30 days before", "boundary: announced a second too late"],
}


@pytest.mark.shows("REGI-007")
@pytest.mark.parametrize("rule_id", BOUNDARIES)
def test_boundary_of_the_text_is_among_the_examples(rule_id: str) -> None:
    names = {vector.name for rule in ROWS[rule_id] for vector in rule.vectors}
    assert set(BOUNDARIES[rule_id]) <= names
