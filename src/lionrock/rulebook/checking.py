"""Asks every rule in force at one moment, and keeps what it was judged by."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

import msgspec

from lionrock.rulebook.canonical import canonical_rows
from lionrock.rulebook.code_version import CodeVersion
from lionrock.rulebook.control import MOST_BREACHES, Figure, Finding, Moment, Verdict
from lionrock.rulebook.facts.general import GateWired
from lionrock.rulebook.loading import LoadedCheck, written_check
from lionrock.rulebook.marks import Mark
from lionrock.rulebook.ports import FactSource, FactsUnusable
from lionrock.rulebook.regime import Regime, RuleInForce
from lionrock.rulebook.rule import Kind, Trust
from lionrock.rulebook.subject import Subject
from lionrock.rulebook.vectors import Vector, VectorRefused, concerns, run_vector

_log = logging.getLogger(__name__)


class Status(StrEnum):
    """Where a rule stands. Only `pass` and `attested` are green; the others are shown for what they are."""

    PASS = "pass"  # noqa: S105 not a password
    FAIL = "fail"
    NO_DATA = "no_data"
    UNCONFIRMED = "unconfirmed"
    """Nothing is against it, and its text is from memory: never the ground of a pass."""
    ATTESTED = "attested"
    DECLARED = "declared"
    """Nothing is against it but that the site's file alone says so: never green."""
    DUE = "due"


RED = frozenset({Status.FAIL, Status.NO_DATA})
"""What keeps a check from being clean."""

_REFUSING = (Verdict.FAIL, Verdict.NO_DATA)
_WORST_FIRST = (Verdict.FAIL, Verdict.NO_DATA, Verdict.DECLARED, Verdict.DUE, Verdict.ATTESTED, Verdict.PASS)


class InputUsed(msgspec.Struct, frozen=True):
    """Facts that a rule was judged by."""

    fact_type: str
    count: int
    sha256: str
    """Of their canonical bytes (`lionrock.rulebook.canonical`), hex."""


class CheckFound(msgspec.Struct, frozen=True):
    """What one control found with the numbers of one rule."""

    control: str
    verdict: Verdict
    words: str
    figures: dict[str, Figure]
    next_step: str
    breaches: tuple[str, ...]


class RuleFound(msgspec.Struct, frozen=True):
    """Where one rule stood at the moment of a run."""

    id: str
    version: str
    """The day from which this version of the rule holds."""
    rule_sha256: str
    """Of the row in its pack."""
    licence: str
    kind: Kind
    status: Status
    words: str
    next_step: str
    waits_for: str
    checks: tuple[CheckFound, ...]
    inputs: tuple[InputUsed, ...]


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """All rules of a site at one moment."""

    run_id: str
    """Random, hex."""
    site: str
    at_ns: int
    licences: tuple[str, ...]
    rules_version: str
    """SHA-256 of all rules in force, hex."""
    code: CodeVersion
    rules: tuple[RuleFound, ...]
    unusable: dict[str, str] = {}
    """Why facts could not be used, by their type: a room failed, or what it gave cannot be written down."""
    marks: tuple[Mark, ...] = ()


class FactsOnce:
    """Asks a source once for each type, and remembers what it said and its hash. Whatever a room does, it never
    raises: facts that are not given, or cannot be written down as evidence, are none.
    """

    def __init__(self, source: FactSource) -> None:
        self._source = source
        self._known: dict[type[msgspec.Struct], Sequence[msgspec.Struct] | None] = {}
        self._inputs: dict[type[msgspec.Struct], tuple[InputUsed, bytes]] = {}
        self.unusable: dict[str, str] = {}
        """Why, by the name of the type; an exception's text may name people, so only its kind is told."""

    def facts(self, fact_type: type[msgspec.Struct]) -> Sequence[msgspec.Struct] | None:
        """As the source gave them; None for a type that nobody supplies, or whose facts cannot be used."""
        if fact_type not in self._known:
            self._known[fact_type] = self._taken(fact_type)
        return self._known[fact_type]

    def _taken(self, fact_type: type[msgspec.Struct]) -> Sequence[msgspec.Struct] | None:
        name = fact_type.__name__
        try:
            rows = self._source.facts(fact_type)
        except FactsUnusable as told:
            self.unusable[name] = str(told)
            return None
        except Exception as error:  # noqa: BLE001 whatever a room raises, its facts are not there
            _log.exception("No facts of %s: the room that supplies them failed", name)
            self.unusable[name] = f"The room that supplies {name} failed: {type(error).__name__}."
            return None
        if rows is None:
            return None
        try:
            written = canonical_rows(rows)
        except Exception as error:  # noqa: BLE001 what cannot be kept as evidence is no ground of a judgement
            _log.exception("Facts of %s cannot be written down", name)
            self.unusable[name] = f"Facts of {name} cannot be written down: {type(error).__name__}."
            return None
        self._inputs[fact_type] = InputUsed(name, len(rows), sha256(written).hexdigest()), written
        return rows

    def input_used(self, fact_type: type[msgspec.Struct]) -> InputUsed | None:
        """Count and hash; None where there are no facts."""
        return None if self.facts(fact_type) is None else self._inputs[fact_type][0]

    def written(self) -> Mapping[str, bytes]:
        """The canonical bytes of everything that was used, by their SHA-256 in hex."""
        return {used.sha256: written for used, written in self._inputs.values()}


class Checked(NamedTuple):
    """A run, and the facts that it was judged by."""

    run: Run
    inputs: Mapping[str, bytes]
    """Canonical bytes by SHA-256, hex."""


def check(
    regime: Regime,
    source: FactSource,
    at_ns: int,
    *,
    site: str,
    run_id: str,
    code: CodeVersion,
    marks: Sequence[Mark] = (),
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Checked:
    """Every rule in force at `at_ns`. Never raises for a rule: whatever goes wrong is what that rule shows."""
    facts = FactsOnce(source)
    rules = regime.at(at_ns)
    found = []
    for done, rule in enumerate(rules):
        progress(done, len(rules))
        found.append(_rule_found(rule, facts, at_ns))
    run = Run(
        run_id, site, at_ns, regime.licences, regime.version(at_ns), code, tuple(found), facts.unusable, tuple(marks)
    )
    return Checked(run, facts.written())


def _rule_found(rule: RuleInForce, facts: FactsOnce, at_ns: int) -> RuleFound:
    row = rule.loaded.rule
    waiting = bool(row.waits_for)
    checks: tuple[CheckFound, ...] = ()
    inputs: dict[str, InputUsed] = {}
    if not waiting:
        moment = Moment(at_ns, rule.calendar.key)
        checks = tuple(_check_found(rule, check, facts, moment, inputs) for check in rule.loaded.checks)
    worst = min(checks, key=lambda each: _WORST_FIRST.index(each.verdict), default=None)
    if worst is None:
        verdict, words, next_step = Verdict.NO_DATA, row.waiting_because, f"Waits for {row.waits_for}."
    else:
        verdict, words, next_step = worst.verdict, worst.words, worst.next_step
    return RuleFound(
        row.id,
        rule.loaded.version,
        rule.loaded.digest,
        rule.licence,
        row.kind,
        _status(verdict, row.trust),
        words,
        next_step,
        row.waits_for,
        checks,
        tuple(inputs.values()),
    )


def _status(verdict: Verdict, trust: Trust) -> Status:
    """A row from memory may be red, and is never green."""
    if trust is Trust.UNCONFIRMED and verdict not in {Verdict.FAIL, Verdict.NO_DATA}:
        return Status.UNCONFIRMED
    return Status(verdict.value)


def _check_found(
    rule: RuleInForce, check: LoadedCheck, facts: FactsOnce, moment: Moment, inputs: dict[str, InputUsed]
) -> CheckFound:
    """A control that raises has failed: it did not show that the rule is kept."""
    is_gate = check.control.kind is Kind.GATE
    needed = (GateWired,) if is_gate else tuple(check.control.facts.values())
    looked_at = tuple(check.control.facts.values()) if is_gate else ()
    missing = sorted(fact_type.__name__ for fact_type in needed if facts.facts(fact_type) is None)
    for fact_type in (*needed, *looked_at):
        used = facts.input_used(fact_type)
        if used:
            inputs[used.fact_type] = used
    asked = {fact_type.__name__ for fact_type in (*needed, *looked_at)}
    if unusable := [facts.unusable[name] for name in sorted(asked & facts.unusable.keys())]:
        finding = Finding(Verdict.NO_DATA, " ".join(unusable), next_step="See the log, and mend what supplies them.")
    elif missing:
        words = f"No room of the site supplies {', '.join(missing)}."
        finding = Finding(Verdict.NO_DATA, words, next_step="See which room has to be built or wired.")
    else:
        try:
            finding = _asked(rule, check, facts, moment)
        except Exception as error:  # noqa: BLE001 one control must not keep the others from being asked
            _log.exception("The control %s of %s failed", check.control.name, rule.id)
            words = f"The control {check.control.name} failed: {type(error).__name__}."
            finding = Finding(Verdict.FAIL, words, next_step="See the log, and mend the control or its facts.")
    return CheckFound(
        check.control.name,
        finding.verdict,
        finding.words,
        finding.figures,
        finding.next_step,
        tuple(finding.breaches[:MOST_BREACHES]),
    )


def _asked(rule: RuleInForce, check: LoadedCheck, facts: FactsOnce, moment: Moment) -> Finding:
    if check.control.kind is Kind.GATE:
        return _gate_found(rule, check, facts, moment)
    arguments = {name: _meant(rule, fact_type, facts) for name, fact_type in check.control.facts.items()}
    return check.control.function(check.parameters, **arguments, moment=moment)


def _meant(rule: RuleInForce, fact_type: type[msgspec.Struct], facts: FactsOnce) -> Sequence[msgspec.Struct]:
    """The facts that the rule applies to, where they have all names that its condition looks at; otherwise all.

    The condition is evaluated once for each set of values, and not for each client.
    """
    rows = facts.facts(fact_type) or ()
    names = sorted(rule.loaded.condition.names - {"licence"})
    if not names or not set(names) <= set(fact_type.__struct_fields__):
        return rows
    applies: dict[tuple[object, ...], bool] = {}
    for values in {tuple(getattr(row, name) for name in names) for row in rows}:
        applies[values] = rule.applies_to(msgspec.convert(dict(zip(names, values, strict=True)), Subject))
    return [row for row in rows if applies[tuple(getattr(row, name) for name in names)]]


def _gate_found(rule: RuleInForce, check: LoadedCheck, facts: FactsOnce, moment: Moment) -> Finding:
    """A gate passes when the site asks it, it still answers the rule's examples as it must, and every record that is
    there already would be let through today.
    """
    name = check.control.name
    wired = [gate for gate in facts.facts(GateWired) or () if isinstance(gate, GateWired) and gate.gate == name]
    if not wired:
        words = f"The gate {name} is asked nowhere in the running site."
        return Finding(Verdict.NO_DATA, words, next_step="Wire it where the thing is decided.")
    vectors = vectors_of(rule, check)
    if not vectors:
        words = f"No example shows what the gate {name} admits and refuses."
        return Finding(Verdict.NO_DATA, words, next_step="Write vectors beside the pack.")
    wrong = [vector.name for vector in vectors if not _holds(vector, rule, check)]
    admitted, refused = sum(gate.admitted for gate in wired), sum(gate.refused for gate in wired)
    figures: dict[str, Figure] = {"admitted": admitted, "refused": refused, "examples": len(vectors)}
    places = ", ".join(sorted(gate.place for gate in wired))
    if wrong:
        words = f"The gate {name} answers otherwise than its examples: {', '.join(wrong)}."
        return Finding(Verdict.FAIL, words, figures | {"wrong": len(wrong)}, "Mend the control or the rule's numbers.")
    return _looked_at(rule, check, facts, moment) or Finding(
        Verdict.PASS, f"The gate {name} is asked at {places}, and its examples hold.", figures
    )


def _looked_at(rule: RuleInForce, check: LoadedCheck, facts: FactsOnce, moment: Moment) -> Finding | None:
    """What is wrong with records that are there already; None when nothing is, or no room supplies such records."""
    function, parameters = check.control.function, check.parameters
    rows = _meant(rule, next(iter(check.control.facts.values())), facts)
    good = (Verdict.PASS, Verdict.ATTESTED, Verdict.DUE)
    wrong = [found for row in rows if (found := function(parameters, row, moment)).verdict not in good]
    if not wrong:
        return None
    first = wrong[0]
    breaches = tuple(dict.fromkeys(key for found in wrong[:MOST_BREACHES] for key in found.breaches))
    figures = first.figures | {"records": len(rows), "in_breach": len(wrong)}
    words = f"{len(wrong)} of {len(rows)} records would not pass the gate {check.control.name} today. {first.words}"
    return Finding(Verdict.FAIL, words, figures, first.next_step, breaches)


def vectors_of(rule: RuleInForce, check: LoadedCheck) -> list[Vector]:
    """The examples of one check of one version of a rule: those of its row, where a parameter was changed."""
    written = written_check(rule.loaded, check)
    return [
        vector
        for vector in rule.loaded.vectors
        if concerns(vector, written.control, written.parameters, rule.loaded.written.version)
    ]


def _holds(vector: Vector, rule: RuleInForce, check: LoadedCheck) -> bool:
    """An example is one of the row's numbers. Of stricter ones it says only what they must not let through either."""
    calendar, written = rule.calendar.key, written_check(rule.loaded, check)
    try:
        if run_vector(vector, written.control, written.parameters, calendar).verdict is not vector.expects:
            return False
        if check is written or vector.expects not in _REFUSING:
            return True
        return run_vector(vector, check.control, check.parameters, calendar).verdict in _REFUSING
    except VectorRefused:
        _log.exception("The vector %s cannot be run", vector.name)
        return False
