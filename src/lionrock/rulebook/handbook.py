"""The officer's handbook: every rule, what it asks, the control that carries it out, its numbers and its tests.

Written from the packs and the docstrings of the controls, so that it says what the running site does.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, get_type_hints

import msgspec

from lionrock.rulebook.control import Control
from lionrock.rulebook.loading import Library, LoadedPack, LoadedRule
from lionrock.rulebook.matrix import Index
from lionrock.rulebook.rule import Kind, Trust
from lionrock.rulebook.strictness import strictness

_INTRODUCTION = """# The officer's handbook

This page is written by `make docs` from the packs and the docstrings of the controls; edit those.

For each rule: what it asks in our own words, where it stands, how far its text may be trusted, which control carries it
out with which numbers, and how many tests show it. The controls follow after the rules. Where a site stands today is
told by `lionrock rulebook check`; this page tells what is asked.

* A rule is **green** when its control passes, a test shows the control, and evidence of its time is in the journal.
* **No data** is red, as a failure is. So is a rule that waits for a room that is not built.
* A rule from memory (**unconfirmed**) is shown, may be red, and is never green.
"""

_TRUST = {
    Trust.PRIMARY: "the instrument itself was read",
    Trust.SECONDARY: "read in a text about the instrument",
    Trust.UNCONFIRMED: "from memory: never the ground of a pass",
}


def handbook(library: Library, index: Index) -> str:
    """The whole page, Markdown."""
    lines = [_INTRODUCTION]
    for pack in library.packs.values():
        lines += _pack(pack, index)
    lines += ["## Controls", ""]
    used = _rules_by_control(library)
    for name, (control, rules) in sorted(used.items()):
        lines += [f"### {name}", "", *_control(control, rules)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _pack(pack: LoadedPack, index: Index) -> Iterator[str]:
    head = pack.head
    inherits = f" Inherits {', '.join(head.inherits)}." if head.inherits else ""
    yield from (f"## {head.title}", "", f"Licence {head.licence}, calendar {head.calendar}.{inherits}", "")
    versions: dict[str, list[LoadedRule]] = defaultdict(list)
    for rule in pack.rules:
        versions[rule.id].append(rule)
    for key, rules in versions.items():
        yield from (f"### {key}", "")
        for rule in sorted(rules, key=lambda each: each.rule.effective_from):
            yield from _rule(rule)
        tests = len(index.get(key, ()))
        yield from (f"Shown by {tests} test{'' if tests == 1 else 's'}." if tests else "Shown by no test.", "")


def _rule(rule: LoadedRule) -> Iterator[str]:
    row = rule.rule
    until = f" to {row.effective_to} (not included)" if row.effective_to else ""
    yield from (f"**From {row.effective_from}{until}.** {row.words}", "")
    yield f"* {rule.instrument.title}, {row.paragraph}; {_TRUST[row.trust]}"
    kind = row.kind.value.replace("_", " ")
    yield f"* {kind}, severity {row.severity.value}, evidence {row.cadence.value}"
    if row.supersedes:
        yield f"* takes the place of {row.supersedes} from then on"
    if row.applies_if != "true":
        yield f"* applies if `{row.applies_if}`"
    if row.rejections:
        yield f"* orders are refused by it as {', '.join(f'`{name}`' for name in row.rejections)}"
    if row.waits_for:
        yield f"* waits for {row.waits_for.replace('_', ' ')}: {row.waiting_because}"
    if row.left_to_people:
        yield f"* left to people: {row.left_to_people}"
    for check in rule.checks:
        numbers = msgspec.to_builtins(check.parameters)
        told = ", ".join(f"{name} = {_value(value)}" for name, value in numbers.items())
        yield f"* [{check.control.name}](#{check.control.name}){f': {told}' if told else ''}"
    yield ""


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(str(item) for item in value) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value) or "none"


def _control(control: Control, rules: Sequence[str]) -> Iterator[str]:
    yield from (control.words, "")
    facts = ", ".join(f"`{each.__name__}`" for each in control.facts.values())
    asked = "each" if control.kind is Kind.GATE else "all"
    yield f"* {control.kind.value.replace('_', ' ')}; asks {asked} {facts}"
    stricter: Mapping[str, str] = {name: way.value for name, way in strictness(control.parameter_type).items()}
    meanings = _meanings(control.parameter_type)
    for name, hint in get_type_hints(control.parameter_type).items():
        way = f", stricter: {stricter[name]}" if name in stricter else ", says what it is about"
        told = f": {meanings[name]}" if name in meanings else ""
        yield f"* `{name}` ({getattr(hint, '__name__', hint)}{way}){told}"
    yield from (f"* carries out {', '.join(rules)}", "")


def _meanings(parameter_type: type) -> dict[str, str]:
    """The docstring under each field, in one line."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(parameter_type))).body
    if not isinstance(body, ast.ClassDef):
        return {}
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in pairwise(body.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _rules_by_control(library: Library) -> dict[str, tuple[Control, list[str]]]:
    found: dict[str, tuple[Control, list[str]]] = {}
    for pack in library.packs.values():
        for rule in pack.rules:
            for check in rule.checks:
                rules = found.setdefault(check.control.name, (check.control, []))[1]
                if rule.id not in rules:
                    rules.append(rule.id)
    return found
