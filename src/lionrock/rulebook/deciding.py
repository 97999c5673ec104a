"""Asks the gates: may this be done, by which rule, by which numbers, and what next."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from lionrock.rulebook.control import Figure, Finding, Moment, Verdict
from lionrock.rulebook.decisions import ADMITTED, REFUSED, Decision, RuleCited
from lionrock.rulebook.loading import LoadedCheck
from lionrock.rulebook.regime import Held, Regime, RuleInForce, version_of
from lionrock.rulebook.rule import Kind, Severity, Trust
from lionrock.rulebook.subject import Subject

_log = logging.getLogger(__name__)

NOBODY = Subject()
_SEVERITY = list(Severity)
_MOST_REMEMBERED = 4096
"""Subjects whose rules are remembered by gate: classes of clients, products and assets, not clients."""

Keep = Callable[[Sequence[Decision]], None]


class GateUnknown(Exception):
    """No pack has a rule with this gate, or the fact is not what it takes: a mistake of the program."""


class _Asked(NamedTuple):
    rule: RuleInForce
    check: LoadedCheck
    fact_name: str


class _Gates(NamedTuple):
    """What is asked, as the regime was held when it was gathered."""

    held: Held
    asked: dict[str, list[_Asked]]
    remembered: dict[tuple[str, Subject], list[_Asked]]


class Rulebook:
    """The gates of one legal entity. `keep` records decisions before they are answered, such as `DecisionLog.add`."""

    def __init__(self, regime: Regime, keep: Keep | None = None) -> None:
        self.regime = regime
        self._keep = keep
        self._fact_types: dict[str, type[msgspec.Struct]] = {}
        for pack in regime.library.packs.values():
            for loaded in pack.rules:
                for check in loaded.checks:
                    if check.control.kind is Kind.GATE:
                        self._fact_types[check.control.name] = next(iter(check.control.facts.values()))
        self._gates = self._gathered(regime.held)

    def _gathered(self, held: Held) -> _Gates:
        asked: dict[str, list[_Asked]] = {name: [] for name in self._fact_types}
        for versions in held.by_id.values():
            for rule in versions:
                for check in rule.loaded.checks:
                    if check.control.kind is Kind.GATE:
                        asked[check.control.name].append(_Asked(rule, check, next(iter(check.control.facts))))
        return _Gates(held, asked, {})

    def decide(self, gate: str, fact: msgspec.Struct, at_ns: int, subject: Subject = NOBODY) -> Decision:
        """Ask every rule of the gate that is in force and applies, and record the answer.

        Refused when any of them refuses; a rule from memory may refuse, and is never cited for an admission. Where no
        rule asks, it is admitted with no rule cited. Raises `GateUnknown`, and what recording raises: then nothing may
        be done. Recording writes to the disk: call it from a thread.
        """
        return self.decide_all([(gate, fact, at_ns, subject)])[0]

    def decide_all(self, questions: Sequence[tuple[str, msgspec.Struct, int, Subject]]) -> list[Decision]:
        """The same for several questions, recorded together."""
        decisions = [self.answer(*question) for question in questions]
        if self._keep is not None:
            self._keep(decisions)
        return decisions

    def answer(self, gate: str, fact: msgspec.Struct, at_ns: int, subject: Subject = NOBODY) -> Decision:
        """The decision alone, not recorded: a pure function of the packs and the arguments."""
        fact_type = self.fact_type(gate)
        if not isinstance(fact, fact_type):
            raise GateUnknown(f"the gate {gate} takes a {fact_type.__name__}, not a {type(fact).__name__}")
        asked = [each for each in self._applying(gate, subject) if each.rule.from_ns <= at_ns < each.rule.until_ns]
        found = [(each, _found(each, fact, at_ns)) for each in asked]
        refusals = [(each, finding) for each, finding in found if finding.verdict in {Verdict.FAIL, Verdict.NO_DATA}]
        refusals.sort(key=lambda pair: (_SEVERITY.index(pair[0].rule.loaded.rule.severity), pair[0].rule.id))
        confirmed = [pair for pair in found if pair[0].rule.loaded.rule.trust is not Trust.UNCONFIRMED]
        grounds = refusals or confirmed
        figures: dict[str, Figure] = {}
        for _, finding in reversed(grounds):
            figures |= finding.figures
        words = _together(finding.words for _, finding in grounds)
        return Decision(
            REFUSED if refusals else ADMITTED,
            gate,
            tuple(dict.fromkeys(RuleCited(each.rule.id, each.rule.loaded.version) for each, _ in grounds)),
            words or "No rule of the licences stands against it.",
            figures,
            _together(finding.next_step for _, finding in refusals),
            msgspec.to_builtins(fact),
            version_of([each.rule for each in asked]),
            at_ns,
            subject,
        )

    def fact_type(self, gate: str) -> type[msgspec.Struct]:
        """What the gate takes. Raises `GateUnknown`."""
        try:
            return self._fact_types[gate]
        except KeyError:
            raise GateUnknown(f"no pack has a rule with the gate {gate}") from None

    def again(self, decision: Decision) -> Decision:
        """The decision worked out anew from its own facts, by the rules that were in force at its time.

        Raises `GateUnknown`, and `msgspec.ValidationError` for facts that are none.
        """
        fact: Any = msgspec.convert(decision.facts, self.fact_type(decision.gate))
        return self.answer(decision.gate, fact, decision.at_ns, decision.subject)

    def _applying(self, gate: str, subject: Subject) -> list[_Asked]:
        """All versions of the rules of a gate that apply to the subject; conditions are evaluated once for each."""
        gates = self._gates
        if gates.held is not self.regime.held:  # a parameter was changed since
            gates = self._gates = self._gathered(self.regime.held)
        key = gate, subject
        found = gates.remembered.get(key)
        if found is None:
            found = [each for each in gates.asked[gate] if each.rule.applies_to(subject)]
            if len(gates.remembered) >= _MOST_REMEMBERED:
                gates.remembered.clear()
            gates.remembered[key] = found
        return found


def _found(asked: _Asked, fact: msgspec.Struct, at_ns: int) -> Finding:
    """A gate that fails does not open."""
    control = asked.check.control
    moment = Moment(at_ns, asked.rule.calendar.key)
    try:
        return control.function(asked.check.parameters, **{asked.fact_name: fact}, moment=moment)
    except Exception as error:  # noqa: BLE001 whatever a control raises, nothing is let through
        _log.exception("The gate %s of %s failed", control.name, asked.rule.id)
        words = f"The gate {control.name} could not judge: {type(error).__name__}."
        return Finding(Verdict.FAIL, words, next_step="Tell the operator; nothing was done.")


def _together(sentences: Any) -> str:
    """Different sentences, each once."""
    return " ".join(dict.fromkeys(sentence for sentence in sentences if sentence))
