"""Strictest wins: checks of several licences about the same thing, held to at once, and where they disagree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from lionrock.rulebook.control import Control
from lionrock.rulebook.loading import LoadedCheck, LoadedRule
from lionrock.rulebook.strictness import Stricter, strictness

CANNOT_BOTH_HOLD = "cannot both hold"


class Said(NamedTuple):
    """What one rule says of one field."""

    rule: str
    value: Any


class Disagreement(NamedTuple):
    """Rules that say different things of one field, and what is done about it."""

    field: str
    said: tuple[Said, ...]
    holds: Any
    """The value that the site is held to; None when they cannot both hold."""
    outcome: str
    """`<rule id> is stricter`, `all of them together`, or `cannot both hold`."""


class Merged(NamedTuple):
    """One control as the entity is held to it, over all of its licences."""

    control: Control
    about: dict[str, Any]
    """The fields that say what the check is about."""
    condition: str
    """Whom it is about: the expression that all of its rules share, or the first one's where all are known to apply."""
    parameters: msgspec.Struct | None
    """The strictest of each field; None when the rules cannot all hold."""
    rules: tuple[str, ...]
    """Every rule that it comes from."""
    by_field: dict[str, tuple[str, ...]]
    """The rules that each strictest value comes from."""
    disagreements: tuple[Disagreement, ...]


def merge(rules: Sequence[LoadedRule], *, all_apply: bool = False) -> list[Merged]:
    """Checks of one control that agree in every unmarked field, and in whom they apply to, are merged into one.

    `all_apply` says that all are known to apply, so that whom they apply to tells none apart.
    """
    groups: dict[tuple[str, bytes, str], list[tuple[LoadedRule, LoadedCheck]]] = {}
    for rule in rules:
        for check in rule.checks:
            about = msgspec.json.encode(_about(check), order="sorted")
            condition = "" if all_apply else rule.condition.text
            groups.setdefault((check.control.name, about, condition), []).append((rule, check))
    return [_merge(group) for group in groups.values()]


def _about(check: LoadedCheck) -> dict[str, Any]:
    marked = strictness(check.control.parameter_type)
    fields = msgspec.structs.asdict(check.parameters)
    return {name: value for name, value in fields.items() if name not in marked}


def _merge(group: Sequence[tuple[LoadedRule, LoadedCheck]]) -> Merged:
    rule, check = group[0]
    strictest: dict[str, Any] = {}
    by_field: dict[str, tuple[str, ...]] = {}
    disagreements = []
    for name, way in strictness(check.control.parameter_type).items():
        said = tuple(Said(each.id, getattr(one.parameters, name)) for each, one in group)
        value, winners = _strictest(way, said)
        strictest[name], by_field[name] = value, winners
        if any(each.value != said[0].value for each in said):
            disagreements.append(_disagreement(name, way, said, value, winners))
    parameters = None
    if not any(each.outcome == CANNOT_BOTH_HOLD for each in disagreements):
        parameters = msgspec.structs.replace(check.parameters, **strictest)
        contradiction = _contradiction(parameters)
        if contradiction:
            said = tuple(Said(each.id, msgspec.to_builtins(one.parameters)) for each, one in group)
            disagreements.append(Disagreement(contradiction, said, None, CANNOT_BOTH_HOLD))
            parameters = None
    rules = tuple(dict.fromkeys(each.id for each, _ in group))
    return Merged(check.control, _about(check), rule.condition.text, parameters, rules, by_field, tuple(disagreements))


def _strictest(way: Stricter, said: Sequence[Said]) -> tuple[Any, tuple[str, ...]]:
    """The value that satisfies all, and the rules that it comes from."""
    values = [each.value for each in said]
    everyone = tuple(dict.fromkeys(each.rule for each in said))
    if way is Stricter.UNION:
        return tuple(dict.fromkeys(item for value in values for item in value)), everyone
    if way is Stricter.INTERSECTION:
        first, *others = [value for value in values if value] or [()]  # naming nothing asks for nothing
        return tuple(item for item in first if all(item in other for other in others)), everyone
    best = min(values) if way is Stricter.LOWER else max(values)  # True is above False
    return best, tuple(dict.fromkeys(each.rule for each in said if each.value == best))


def _disagreement(
    name: str, way: Stricter, said: tuple[Said, ...], value: Any, winners: tuple[str, ...]
) -> Disagreement:
    if way is Stricter.INTERSECTION and not value:
        return Disagreement(name, said, None, CANNOT_BOTH_HOLD)
    if way in {Stricter.UNION, Stricter.INTERSECTION}:
        return Disagreement(name, said, value, "all of them together")
    return Disagreement(name, said, value, f"{', '.join(winners)} is stricter")


def _contradiction(parameters: msgspec.Struct) -> str:
    """A parameter type whose bounds can cross, such as keeping at least and at most so long, says so itself."""
    says: Callable[[], str] | None = getattr(parameters, "contradiction", None)
    return says() if says else ""
