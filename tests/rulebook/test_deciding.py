"""A gate answers what, which rule, which numbers, what next; and the same again years later."""

from __future__ import annotations

import logging

import msgspec
import pytest

from lionrock.rulebook.control import Moment, Verdict
from lionrock.rulebook.deciding import GateUnknown, Rulebook
from lionrock.rulebook.decisions import Decision, RuleCited
from lionrock.rulebook.facts import Setting
from lionrock.rulebook.subject import Subject
from tests.rulebook.samples import NOON, Token, ns, regime

RETAIL, PROFESSIONAL = Subject(audience="retail", product="spot"), Subject(audience="professional", product="spot")
BEFORE, AFTER = ns("2025-11-02T23:59:59+08:00"), ns("2025-11-03T00:00:00+08:00")
YEAR_NS = 365 * 86_400 * 10**9
YOUNG = Token("A", BEFORE - YEAR_NS + 10 * 86_400 * 10**9)


@pytest.mark.shows("RULE-009")
def test_refusal_tells_what_which_rule_which_numbers_and_what_next() -> None:
    decision = Rulebook(regime()).decide("asset_is_old_enough", YOUNG, AFTER, RETAIL)
    assert not decision.is_admitted
    assert decision.rules == (RuleCited("HB-T02", "2025-11-03"),)
    assert decision.words == "A is 355 days old."
    assert decision.figures == {"age_days": 355, "least_days": 365}
    assert decision.next_step == "Come back when it is older."
    assert decision.facts == {"asset": "A", "issued_on_ns": YOUNG.issued_on_ns, "indices": 2, "audience": "retail"}
    assert msgspec.json.decode(decision.encode(), type=Decision) == decision


@pytest.mark.shows("RULE-005", "RULE-009")
def test_rule_changes_at_midnight_of_its_place() -> None:
    """From 3 November 2025 professionals may have it at once; the public still waits."""
    rulebook = Rulebook(regime())
    outcomes = {
        (at, subject.audience): rulebook.decide("asset_is_old_enough", YOUNG, at, subject).outcome
        for at in (BEFORE, AFTER)
        for subject in (RETAIL, PROFESSIONAL)
    }
    assert outcomes == {
        (BEFORE, "retail"): "refused",
        (BEFORE, "professional"): "refused",
        (AFTER, "retail"): "refused",
        (AFTER, "professional"): "admitted",
    }


@pytest.mark.shows("RULE-006", "RULE-009")
@pytest.mark.parametrize("age_days", [364, 365, 399, 400])
@pytest.mark.parametrize("subject", [RETAIL, PROFESSIONAL], ids=["retail", "professional"])
def test_gate_of_two_licences_is_as_strict_as_both_together(age_days: int, subject: Subject) -> None:
    """Asking each rule refuses exactly when the control with the strictest numbers does."""
    both = regime("HARBOUR-VATP", "STRAIT-EX")
    token = Token("A", NOON - age_days * 86_400 * 10**9)
    decision = Rulebook(both).decide("asset_is_old_enough", token, NOON, subject)
    (merged,) = [each for each in both.merged(NOON, subject) if each.control.name == "asset_is_old_enough"]
    finding = merged.control.function(merged.parameters, token, Moment(NOON, "HK"))
    assert decision.is_admitted == (finding.verdict is Verdict.PASS) == (age_days >= 400)
    if not decision.is_admitted:
        retail = ("HB-T02",) if subject is RETAIL and age_days < 365 else ()
        assert decision.rule_ids == (*retail, "ST-4")
        assert decision.figures["age_days"] == age_days


def test_admission_cites_what_was_asked() -> None:
    old = Token("A", 0)
    decision = Rulebook(regime()).decide("asset_in_indices", old, NOON, RETAIL)
    assert decision.is_admitted
    assert (decision.rule_ids, decision.next_step) == (("HB-T03",), "")
    nothing = Rulebook(regime()).decide("asset_in_indices", old, NOON, PROFESSIONAL)
    assert (nothing.is_admitted, nothing.rules) == (True, ())
    assert nothing.words == "No rule of the licences stands against it."


def test_memory_may_refuse_and_is_never_cited_for_an_admission() -> None:
    rulebook = Rulebook(regime())
    assert rulebook.decide("asset_not_named", Token("NEW", 0), NOON).rule_ids == ("HB-T04",)
    admitted = rulebook.decide("asset_not_named", Token("OLD", 0), NOON)
    assert (admitted.is_admitted, admitted.rules) == (True, ())


def test_gate_that_fails_does_not_open(caplog: pytest.LogCaptureFixture) -> None:
    broken = msgspec.structs.replace(Token("A", 0), issued_on_ns="yesterday")
    with caplog.at_level(logging.ERROR):
        decision = Rulebook(regime()).decide("asset_is_old_enough", broken, NOON, RETAIL)
    assert not decision.is_admitted
    assert decision.words == "The gate asset_is_old_enough could not judge: TypeError."
    assert "The gate asset_is_old_enough of HB-T02 failed" in caplog.text


def test_unknown_gate_or_fact_is_a_mistake_of_the_program() -> None:
    rulebook = Rulebook(regime())
    with pytest.raises(GateUnknown, match="no pack has a rule with the gate nobody"):
        rulebook.decide("nobody", YOUNG, NOON)
    with pytest.raises(GateUnknown, match="takes a Token, not a Setting"):
        rulebook.decide("asset_in_indices", Setting("a", 1), NOON)


def test_nothing_is_answered_that_was_not_recorded() -> None:
    def cannot(_: object) -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        Rulebook(regime(), cannot).decide("asset_in_indices", YOUNG, NOON)
