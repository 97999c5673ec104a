"""Every rule of a site at one moment: green only for what was shown, and never a crash."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lionrock.rulebook.checking import Checked, RuleFound, Status, check
from lionrock.rulebook.facts import Attested, CapitalPosition, GateWired, RecordClass, Setting
from lionrock.rulebook.loading import load_library
from lionrock.rulebook.regime import Regime
from tests.rulebook.samples import CODE, CONTROLS, NOON, PACKS, Facts, Token, good_facts, ns, regime

EVERYTHING_GOOD = {
    "HB-F01": Status.PASS,
    "HB-R01": Status.PASS,
    "HB-C01": Status.NO_DATA,
    "HB-Y01": Status.ATTESTED,
    "HB-T02": Status.PASS,
    "HB-T03": Status.PASS,
    "HB-T04": Status.NO_DATA,
    "WORLD-1": Status.PASS,
    "WORLD-2": Status.UNCONFIRMED,
}


def run(facts: Facts, at_ns: int = NOON, rules: Regime | None = None) -> Checked:
    return check(rules or regime(), facts, at_ns, site="harbour", run_id="r1", code=CODE)


def found(facts: Facts, rules: Regime | None = None) -> dict[str, RuleFound]:
    return {rule.id: rule for rule in run(facts, rules=rules).run.rules}


@pytest.mark.shows("RULE-007")
def test_every_rule_shows_where_it_stands() -> None:
    """HB-C01 waits for custody; HB-T04 and WORLD-2 are from memory, and nobody wired the gate of HB-T04."""
    rules = found(good_facts())
    assert {key: rule.status for key, rule in rules.items()} == EVERYTHING_GOOD
    assert (rules["HB-C01"].waits_for, rules["HB-C01"].words) == ("custody", "No room keeps keys yet.")
    assert rules["HB-T02"].checks[0].figures == {"admitted": 5, "refused": 1, "examples": 2}
    assert rules["HB-T04"].words == "The gate asset_not_named is asked nowhere in the running site."


@pytest.mark.shows("RULE-007")
@pytest.mark.parametrize(
    ("fact_type", "red"),
    [
        (CapitalPosition, {"HB-F01"}),
        (RecordClass, {"HB-R01", "WORLD-1"}),
        (Setting, {"WORLD-2"}),
        (Attested, {"HB-Y01"}),
        (GateWired, {"HB-T02", "HB-T03", "HB-T04"}),
    ],
)
def test_without_facts_there_is_no_data(fact_type: type[Any], red: set[str]) -> None:
    facts = good_facts()
    del facts.by_type[fact_type]
    rules = found(facts)
    changed = {key for key, rule in rules.items() if rule.status is Status.NO_DATA} - {"HB-C01"}
    assert changed == red | {"HB-T04"}
    assert all(f"No room of the site supplies {fact_type.__name__}." == rules[key].words for key in red)


@pytest.mark.shows("RULE-007")
def test_memory_is_no_ground_of_a_pass_and_may_be_red() -> None:
    facts = good_facts()
    facts.by_type[Setting] = []
    assert found(facts)["WORLD-2"].status is Status.FAIL


def test_numbers_that_fall_short_fail_with_figures() -> None:
    facts = good_facts()
    position = CapitalPosition("op", NOON, "HKD", 499_999_999, 1, 1, 1, 1, 0)
    facts.by_type[CapitalPosition] = [position]
    short = found(facts)["HB-F01"]
    assert short.status is Status.FAIL
    assert short.checks[0].figures == {"paid_up_minor": 499_999_999, "least_minor": 500_000_000}
    assert short.next_step == "Pay in."


@pytest.mark.shows("RULE-007")
def test_control_that_raises_has_failed(caplog: pytest.LogCaptureFixture) -> None:
    facts = good_facts()
    facts.by_type[RecordClass] = [None]
    with caplog.at_level(logging.ERROR):
        rules = found(facts)
    assert rules["HB-R01"].status is Status.FAIL
    assert rules["HB-R01"].words == "The control records_kept failed: AttributeError."
    assert rules["HB-F01"].status is Status.PASS
    assert "The control records_kept of HB-R01 failed" in caplog.text


class Failing(Facts):
    """The room that supplies one type fails."""

    failing: type[Any] = Setting

    def facts(self, fact_type: type[Any]) -> Sequence[Any] | None:
        if fact_type is self.failing:
            raise OSError("the disk of Ann Lee is away")
        return super().facts(fact_type)


@pytest.mark.shows("RULE-007")
def test_room_that_fails_makes_its_rules_red_and_no_others(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        checked = run(Failing(good_facts().by_type)).run
    rules = {rule.id: rule for rule in checked.rules}
    assert rules["WORLD-2"].status is Status.NO_DATA
    assert rules["WORLD-2"].words == "The room that supplies Setting failed: OSError."
    assert checked.unusable == {"Setting": "The room that supplies Setting failed: OSError."}
    assert {key: rule.status for key, rule in rules.items()} == EVERYTHING_GOOD | {"WORLD-2": Status.NO_DATA}
    assert "No facts of Setting" in caplog.text


@pytest.mark.shows("RULE-007")
def test_a_gate_is_red_when_the_records_that_it_let_through_cannot_be_told() -> None:
    """That nobody supplies tokens yet is one thing, that a room which does has failed is another."""
    facts = Failing(good_facts().by_type)
    facts.failing = Token
    rules = found(facts)
    assert {rules[key].status for key in ("HB-T02", "HB-T03")} == {Status.NO_DATA}
    assert rules["HB-T02"].words == "The room that supplies Token failed: OSError."


@pytest.mark.shows("RULE-007")
@pytest.mark.parametrize(("value", "kind"), [("\ud800", "UnicodeEncodeError"), (object(), "TypeError")])
def test_facts_that_cannot_be_written_down_make_their_rules_red(value: Any, kind: str) -> None:
    facts = good_facts()
    facts.by_type[Setting] = [Setting("transfers.names", 1), Setting("odd", value)]
    rules = found(facts)
    assert rules["WORLD-2"].words == f"Facts of Setting cannot be written down: {kind}."
    assert {key: rule.status for key, rule in rules.items()} == EVERYTHING_GOOD | {"WORLD-2": Status.NO_DATA}


@pytest.mark.shows("RULE-008")
@pytest.mark.parametrize(
    ("text", "instead", "status", "words"),
    [
        ("2025-06-02T00:00:00+08:00", "2025-06-01T00:00:00+08:00", Status.FAIL, "answers otherwise than its examples"),
        ('rule = "HB-T02"', 'rule = "HB-T03"', Status.NO_DATA, "No example shows what the gate"),
        ("facts.token", "facts.coin", Status.FAIL, "answers otherwise than its examples: day 364"),
    ],
)
def test_gate_is_judged_by_its_examples(tmp_path: Path, text: str, instead: str, status: Status, words: str) -> None:
    packs = shutil.copytree(PACKS, tmp_path / "packs")
    vectors = packs / "harbour" / "vectors" / "tokens.toml"
    vectors.write_text(vectors.read_text().replace(text, instead))
    rule = found(good_facts(), Regime(load_library(packs, CONTROLS), ["harbour"]))["HB-T02"]
    assert rule.status is status
    assert words in rule.words


@pytest.mark.shows("RULE-008")
def test_gate_looks_at_what_was_let_through_already() -> None:
    """The rule is about what the public is offered: a young asset for professionals is none of its business."""
    facts = good_facts()
    young = Token("NEW", NOON - 10 * 86_400 * 10**9, audience="professional")
    facts.by_type[Token] = [*facts.by_type[Token], young]
    assert found(facts)["HB-T02"].status is Status.PASS
    facts.by_type[Token] = [*facts.by_type[Token], msgspec.structs.replace(young, audience="retail")]
    rule = found(facts)["HB-T02"]
    assert rule.status is Status.FAIL
    assert rule.words == "1 of 3 records would not pass the gate asset_is_old_enough today. NEW is 10 days old."
    assert rule.checks[0].figures == {"age_days": 10, "least_days": 365, "records": 3, "in_breach": 1}
    del facts.by_type[Token]
    assert found(facts)["HB-T02"].status is Status.PASS


@pytest.mark.shows("RULE-007")
def test_facts_are_asked_once_for_each_type() -> None:
    facts = good_facts()
    run(facts)
    assert sorted(facts.asked) == sorted(set(facts.asked))


def test_hash_of_facts_does_not_depend_on_their_order() -> None:
    facts, turned = good_facts(), good_facts()
    turned.by_type[GateWired] = list(reversed(turned.by_type[GateWired]))
    assert run(facts).run == run(turned).run
    turned.by_type[GateWired] = turned.by_type[GateWired][:1]
    assert run(facts).run.rules[-1] == run(turned).run.rules[-1]
    assert found(facts)["HB-T03"].inputs != found(turned)["HB-T03"].inputs


def test_rules_are_those_of_the_moment() -> None:
    then = run(good_facts(), ns("2025-06-01T12:00:00+08:00")).run
    assert {rule.id: rule.version for rule in then.rules}["HB-T02"] == "2023-06-01"
    assert then.rules_version != run(good_facts()).run.rules_version
