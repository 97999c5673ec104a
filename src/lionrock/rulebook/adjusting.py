"""Rows of packs with the parameters that two people of the staff changed. A site holds itself to more than its licence
asks, never to less: what a row says is loosened by a new version of the row alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec

from lionrock.rulebook.changes import ParameterChange
from lionrock.rulebook.loading import LoadedCheck, LoadedRule
from lionrock.rulebook.rule import Check
from lionrock.rulebook.strictness import Stricter, strictness


class ChangeUnfit(Exception):
    """The change is none of this row; the words say why."""


def adjusted(loaded: LoadedRule, from_day: date, changes: Sequence[ParameterChange]) -> LoadedRule:
    """The version of a row that holds from a day on, with these changes in this order. Raises `ChangeUnfit`."""
    checks = list(loaded.checks)
    for change in changes:
        place = _place(loaded, change)
        checks[place] = LoadedCheck(checks[place].control, _changed(checks[place], loaded.checks[place], change))
    rows = tuple(
        row if check is written else Check(row.control, _named(row, check))
        for row, check, written in zip(loaded.rule.checks, checks, loaded.checks, strict=True)
    )
    rule = msgspec.structs.replace(loaded.rule, effective_from=from_day, supersedes=loaded.id, checks=rows)
    return replace(loaded, rule=rule, checks=tuple(checks), unchanged=loaded)


def _place(loaded: LoadedRule, change: ParameterChange) -> int:
    """Which check is meant."""
    found = [
        place
        for place, check in enumerate(loaded.checks)
        if check.control.name == change.control
        and all(_plain(getattr(check.parameters, name, None)) == value for name, value in change.about.items())
    ]
    if not found:
        raise ChangeUnfit(f"{loaded.id} has no check of {change.control} about that")
    if len(found) > 1:
        raise ChangeUnfit(f"{loaded.id} has {len(found)} checks of {change.control}: say in `about` which is meant")
    return found[0]


def _changed(check: LoadedCheck, written: LoadedCheck, change: ParameterChange) -> msgspec.Struct:
    """The parameters of a check with one more changed."""
    ways, kind = strictness(check.control.parameter_type), check.control.parameter_type
    if change.parameter not in ways:
        known = ", ".join(ways) or "none"
        raise ChangeUnfit(
            f"{change.parameter} is no parameter of {change.control} that can be changed; there are {known}"
        )
    plain: dict[str, Any] = msgspec.to_builtins(check.parameters)
    try:
        found = msgspec.convert(plain | {change.parameter: _plain(change.value)}, kind)
    except msgspec.ValidationError as error:
        raise ChangeUnfit(f"{change.parameter} of {change.control} is of another kind: {error}") from error
    row, value = getattr(written.parameters, change.parameter), getattr(found, change.parameter)
    if not is_as_strict(ways[change.parameter], row, value):
        raise ChangeUnfit(
            f"{change.parameter} is {_plain(row)} in the row of {change.rule_id}, and may only be stricter"
        )
    says = getattr(found, "contradiction", None)
    if says and (why := says()):
        raise ChangeUnfit(f"with that {change.control} contradicts itself: {why}")
    return found


def is_as_strict(way: Stricter, row: Any, value: Any) -> bool:
    """Whether a value asks for no less than the row's."""
    match way:
        case Stricter.HIGHER:
            return bool(value >= row)
        case Stricter.LOWER:
            return bool(min(row, 0) <= value <= row)
        case Stricter.UNION:
            return set(row) <= set(value)
        case Stricter.INTERSECTION:  # a row that names nothing asks for nothing
            return bool(value) and (not row or set(value) <= set(row))
        case Stricter.TRUE:
            return bool(value or not row)


def _named(row: Check, check: LoadedCheck) -> dict[str, Any]:
    """The parameters as a row has them: those that it names, and those that were changed."""
    plain: Mapping[str, Any] = msgspec.to_builtins(check.parameters)
    defaults: Mapping[str, Any] = msgspec.to_builtins(msgspec.convert(row.parameters, check.control.parameter_type))
    return {name: value for name, value in plain.items() if name in row.parameters or value != defaults[name]}


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)
