"""What a rule asks, in a page of text or data: every version, its control and numbers, its examples and tests."""

from __future__ import annotations

from typing import Any

import msgspec

from lionrock.rulebook.changes import RuleChange
from lionrock.rulebook.loading import LoadedRule
from lionrock.rulebook.matrix import Index
from lionrock.rulebook.regime import Regime, RuleInForce
from lionrock.rulebook.vectors import Vector, concerns


def explained(regime: Regime, rule_id: str, at_ns: int, index: Index) -> dict[str, Any] | None:
    """Every version of a rule, oldest first; None when no licence has it."""
    versions = regime.by_id.get(rule_id)
    if versions is None:
        return None
    return {
        "id": rule_id,
        "versions": [_version(rule, at_ns) for rule in versions],
        "tests": list(index.get(rule_id, ())),
    }


def _version(rule: RuleInForce, at_ns: int) -> dict[str, Any]:
    row = rule.loaded.rule
    return {
        "version": rule.loaded.version,
        "in_force": rule.from_ns <= at_ns < rule.until_ns,
        "licence": rule.licence,
        "calendar": rule.calendar.key,
        "instrument": rule.loaded.instrument.title,
        "issuer": rule.loaded.instrument.issuer,
        "read_as": rule.loaded.instrument.read_as,
        "paragraph": row.paragraph,
        "words": row.words,
        "trust": row.trust.value,
        "kind": row.kind.value,
        "severity": row.severity.value,
        "cadence": row.cadence.value,
        "effective_from": row.effective_from.isoformat(),
        "effective_to": row.effective_to.isoformat() if row.effective_to else None,
        "supersedes": row.supersedes,
        "applies_if": row.applies_if,
        "rejections": list(row.rejections),
        "waits_for": row.waits_for,
        "waiting_because": row.waiting_because,
        "left_to_people": row.left_to_people,
        "sha256": rule.loaded.digest,
        "changes": [change_told(each) for each in rule.changes],
        "checks": _checks(rule.loaded),
    }


def change_told(each: RuleChange) -> dict[str, Any]:
    """What two people changed, and where the journal has it."""
    told: dict[str, Any] = msgspec.to_builtins(each.change)
    return told | {"journal_sequence": each.sequence, "at_ns": each.at_ns}


def _checks(loaded: LoadedRule) -> list[dict[str, Any]]:
    return [
        {
            "control": check.control.name,
            "kind": check.control.kind.value,
            "words": check.control.words,
            "parameters": msgspec.to_builtins(check.parameters),
            "facts": sorted(fact_type.__name__ for fact_type in check.control.facts.values()),
            "examples": [
                _example(vector)
                for vector in loaded.vectors
                if concerns(vector, written.control, written.parameters, loaded.written.version)
            ],
        }
        for check, written in zip(loaded.checks, loaded.written.checks, strict=True)
    ]


def _example(vector: Vector) -> dict[str, str]:
    return {"name": vector.name, "expects": vector.expects.value}


def as_text(told: dict[str, Any]) -> str:
    """For people."""
    lines = []
    for version in told["versions"]:
        until = f" to {version['effective_to']}" if version["effective_to"] else ""
        holds = "in force" if version["in_force"] else "not in force"
        lines += [
            f"{told['id']}, version of {version['version']}{until} ({holds})",
            f"  {version['words']}",
            f"  {version['instrument']} ({version['issuer']}), {version['paragraph']}; text: {version['trust']}",
            f"  licence {version['licence']}, calendar {version['calendar']}; applies if {version['applies_if']}",
            f"  {version['kind']}, severity {version['severity']}, evidence {version['cadence']}",
        ]
        if version["supersedes"]:
            lines.append(f"  takes the place of {version['supersedes']}")
        if version["rejections"]:
            lines.append(f"  carried out by the core's refusals {', '.join(version['rejections'])}")
        if version["waits_for"]:
            lines.append(f"  waits for {version['waits_for']}: {version['waiting_because']}")
        if version["left_to_people"]:
            lines.append(f"  left to people: {version['left_to_people']}")
        for each in version["changes"]:
            lines.append(
                f"  changed from {each['from_day']} on: {each['parameter']} of {each['control']} is {each['value']},"
                f" proposal {each['proposal_id']}, command {each['journal_sequence']} of the journal"
            )
        for check in version["checks"]:
            numbers = ", ".join(f"{name} = {value}" for name, value in check["parameters"].items())
            lines += [f"  control {check['control']} ({numbers or 'no numbers'})", *_indented(check["words"], "    ")]
            lines += [f"    example {each['name']}: {each['expects']}" for each in check["examples"]]
        lines.append("")
    lines += [f"shown by {test}" for test in told["tests"]] or ["shown by no test"]
    return "\n".join(lines)


def _indented(text: str, indent: str) -> list[str]:
    return [f"{indent}{line}" if line else "" for line in text.splitlines()]
