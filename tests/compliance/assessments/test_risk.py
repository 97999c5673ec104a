"""How a client's risk is rated: every factor with its points, floors, overrides by two, further checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from lionrock.compliance.assessments.records import Kind
from lionrock.compliance.assessments.refusals import AssessmentRefused
from lionrock.compliance.assessments.risk import Fact, rate, read_risk_method, risk_state
from tests.compliance.rooms import CLIENT, DOCUMENT, EVA, FINN, LOW_RISK, START_NS, assessments_in
from tests.gateways.rest.inside import stored

METHOD, SHA256 = read_risk_method()


@pytest.mark.shows("ASSE-001")
def test_every_factor_is_shown_with_its_points() -> None:
    rating = rate(LOW_RISK, METHOD, SHA256)
    assert {each.factor for each in rating.factors} == {each.name for each in METHOD.factor}
    assert sum(each.points for each in rating.factors) == rating.points == 5
    assert (rating.level, rating.method, rating.method_sha256) == ("low", "risk-1", SHA256)


@pytest.mark.shows("ASSE-001")
def test_a_fact_that_nobody_knows_counts_and_is_told() -> None:
    for name in LOW_RISK:
        known: dict[str, Fact] = {key: value for key, value in LOW_RISK.items() if key != name}
        for facts in (known, known | {name: None}):
            (missing,) = [each for each in rate(facts, METHOD, SHA256).factors if each.is_missing]
            factor = next(each for each in METHOD.factor if each.name == name)
            assert (missing.factor, missing.points) == (name, factor.missing_points)
            assert missing.points > 0
    assert rate({}, METHOD, SHA256).level == "high"


@pytest.mark.shows("ASSE-001")
@pytest.mark.parametrize(("layers", "points"), [(0, 0), (1, 0), (2, 10), (3, 10), (4, 30), (9, 30)])
def test_whole_numbers_fall_into_bands(layers: int, points: int) -> None:
    rating = rate(LOW_RISK | {"ownership_layers": layers}, METHOD, SHA256)
    assert next(each.points for each in rating.factors if each.factor == "ownership_layers") == points


@pytest.mark.shows("ASSE-002")
@pytest.mark.parametrize(
    ("facts", "level", "points"),
    [
        ({"political_exposure": "foreign"}, "high", 65),
        ({"screening": "possible_match"}, "high", 65),
        ({"jurisdiction": "KP"}, "high", 105),
        ({"product": "options", "industry": "professional_service", "channel": "remote"}, "medium", 30),
        ({"product": "options", "industry": "professional_service", "channel": "remote_with_chip"}, "low", 25),
    ],
)
def test_levels_begin_at_their_points_and_a_value_may_force_one(
    facts: dict[str, Fact], level: str, points: int
) -> None:
    rating = rate(LOW_RISK | facts, METHOD, SHA256)
    assert (rating.level, rating.points) == (level, points)


@pytest.mark.shows("ASSE-003")
def test_two_people_override_with_a_reason(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    risk = room.risk

    def refused(*args: object, **more: object) -> str:
        with pytest.raises(AssessmentRefused) as error:
            risk.override(*args, **more, at_ns=START_NS + 1)  # type: ignore[arg-type]
        assert error.value.next_step
        return error.value.name

    assert refused(CLIENT, "high", "known to us", proposer=EVA, approver=FINN) == "not_rated"
    risk.rate(CLIENT, LOW_RISK, EVA.staff_id, START_NS)
    assert refused(CLIENT, "high", "known to us", proposer=EVA, approver=EVA) == "second_person_missing"
    assert refused(CLIENT, "high", "  ", proposer=EVA, approver=FINN) == "reason_missing"
    assert refused(CLIENT, "purple", "known to us", proposer=EVA, approver=FINN) == "level_unknown"
    risk.override(CLIENT, "high", "known to us", proposer=EVA, approver=FINN, at_ns=START_NS + 2)
    state = risk_state(room.records.of(CLIENT), METHOD)
    assert (state.level, state.is_override) == ("high", True)
    row = room.records.of(CLIENT)[-1]
    assert (row.decided_by, row.approved_by, row.points) == ("eva", "finn", 5)
    assert room.records.details(row) == {"reason": "known to us", "instead_of": "low"}
    on_disk = stored(tmp_path)
    assert b"known to us" not in on_disk
    assert b"public_service" not in on_disk
    assert b"industry" not in on_disk


@pytest.mark.shows("ASSE-004")
def test_a_high_rating_takes_further_checks_and_an_earlier_one_does_not_count(tmp_path: Path) -> None:
    room, _, _ = assessments_in(tmp_path)
    steps = ("source_of_wealth", "source_of_funds", "senior_approval")
    room.risk.rate(CLIENT, LOW_RISK | {"political_exposure": "foreign"}, EVA.staff_id, START_NS)
    assert risk_state(room.records.of(CLIENT), METHOD).missing_steps == steps
    for step in steps:
        room.risk.enhance(CLIENT, step, DOCUMENT, proposer=EVA, approver=FINN, at_ns=START_NS)
    assert risk_state(room.records.of(CLIENT), METHOD).missing_steps == ()
    with pytest.raises(AssessmentRefused, match="step_not_missing"):
        room.risk.enhance(CLIENT, steps[0], DOCUMENT, proposer=EVA, approver=FINN, at_ns=START_NS)
    room.risk.rate(CLIENT, {}, EVA.staff_id, START_NS)
    assert risk_state(room.records.of(CLIENT), METHOD).missing_steps == steps
    rated = [row for row in room.records.of(CLIENT) if row.kind == Kind.RISK_RATING]
    assert [len(room.risk.factors(row).factors) for row in rated] == [8, 8]
