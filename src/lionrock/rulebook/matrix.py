"""The matrix: clause, control, test, last evidence, and what all of them together allow to be said of a rule.

It cannot be inflated. Green takes three things: a control that says so, a test that shows the control, and evidence of
the present day, month or year in the journal. Whatever is missing makes the row red and says what.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from lionrock.rulebook.checking import RED, RuleFound, Run, Status
from lionrock.rulebook.evidence import LastEvidence
from lionrock.rulebook.regime import Regime, RuleInForce
from lionrock.rulebook.rule import Cadence, Kind, Severity, Trust
from lionrock.views.sql.statement_files import time_text

CHANGED = "Capital figures or attestations were recorded after the last run, so what it found no longer tells."

TESTS_INDEX = Path(__file__).with_name("tests_index.json")
"""Which tests show which rules: written from the tests' marks, and proved by every full run of the tests."""

Index = Mapping[str, Sequence[str]]
Evidence = Mapping[tuple[str, str], LastEvidence]
Found = Mapping[tuple[str, str], RuleFound]


class Row(msgspec.Struct, frozen=True):
    """One rule, and everything that stands for it."""

    id: str
    version: str
    """The day from which this version holds."""
    licence: str
    instrument: str
    """Its title."""
    paragraph: str
    words: str
    trust: Trust
    kind: Kind
    severity: Severity
    cadence: Cadence
    controls: tuple[str, ...]
    status: Status
    reason: str
    """Why it stands there, in one sentence."""
    next_step: str
    waits_for: str
    tests: tuple[str, ...]
    evidence: LastEvidence | None


def index_of_tests(path: Path = TESTS_INDEX) -> dict[str, list[str]]:
    """Names of tests by rule."""
    found: dict[str, list[str]] = json.loads(path.read_text("utf-8"))
    return found


def matrix(
    regime: Regime,
    at_ns: int,
    index: Index,
    evidence: Evidence,
    run: Run | None = None,
    *,
    recorded: Found | None = None,
    changed_ns: int = 0,
) -> list[Row]:
    """Every rule in force at a moment. `run` is what was found just now; without it the last evidence says it, in the
    words of `recorded`, unless people recorded what rules judge at `changed_ns`, after it.
    """
    found = {(each.id, each.version): each for each in run.rules} if run else {}
    told = recorded or {}
    return [
        _row(
            rule,
            _Known(
                tuple(index.get(rule.id, ())),
                evidence.get((rule.id, rule.loaded.version)),
                found.get((rule.id, rule.loaded.version)),
                told.get((rule.id, rule.loaded.version)),
            ),
            at_ns,
            changed_ns,
        )
        for rule in regime.at(at_ns)
    ]


def _row(rule: RuleInForce, known: _Known, at_ns: int, changed_ns: int) -> Row:
    row = rule.loaded.rule
    status, reason, next_step = _standing(rule, known, at_ns, changed_ns)
    return Row(
        row.id,
        rule.loaded.version,
        rule.licence,
        rule.loaded.instrument.title,
        row.paragraph,
        row.words,
        row.trust,
        row.kind,
        row.severity,
        row.cadence,
        tuple(dict.fromkeys(check.control.name for check in rule.loaded.checks)),
        status,
        reason,
        next_step,
        row.waits_for,
        known.tests,
        known.evidence,
    )


class _Known(NamedTuple):
    """Of one rule; `found` just now, `recorded` by the run of the evidence."""

    tests: tuple[str, ...]
    evidence: LastEvidence | None
    found: RuleFound | None
    recorded: RuleFound | None


def _standing(rule: RuleInForce, known: _Known, at_ns: int, changed_ns: int) -> tuple[Status, str, str]:
    row, (tests, evidence, found, recorded) = rule.loaded.rule, known
    if row.waits_for:
        return Status.NO_DATA, row.waiting_because, f"Waits for {row.waits_for}."
    if found is not None and found.status in RED:
        return found.status, found.words, found.next_step
    if not tests:
        return Status.NO_DATA, "No test shows its control.", "Write a test that carries the mark of the rule."
    if evidence is None or not is_fresh(rule, evidence.at_ns, at_ns):
        ran = "never ran" if evidence is None else "did not run in its time"
        return Status.NO_DATA, f"Its control {ran}, so there is no evidence.", "Run the rulebook on the site."
    if found is not None:
        return found.status, found.words, found.next_step
    run_time = time_text(evidence.at_ns)
    if evidence.at_ns < changed_ns:
        return Status.NO_DATA, f"{CHANGED} The run was at {run_time}.", "Run the rulebook on the site."
    if recorded is not None:
        return evidence.status, f"As the run of {run_time} found: {recorded.words}", recorded.next_step
    return evidence.status, f"As the run {evidence.run_id} of {run_time} found.", ""


def is_fresh(rule: RuleInForce, evidence_ns: int, at_ns: int) -> bool:
    """Whether evidence is of the same day, month or year, by the rule's cadence and the clock of its place."""
    then, now = rule.calendar.day_of(evidence_ns), rule.calendar.day_of(at_ns)
    match rule.loaded.rule.cadence:
        case Cadence.DAILY:
            return then == now
        case Cadence.MONTHLY:
            return (then.year, then.month) == (now.year, now.month)
        case Cadence.YEARLY:
            return then.year == now.year


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows stand where."""
    return {status.value: sum(row.status is status for row in rows) for status in Status}
