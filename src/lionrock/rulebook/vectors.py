"""Examples of a rule as data beside its pack: facts, and what the control must find in them. Officers can check them.

    [[vector]]
    rule = "HK-T02"
    name = "day 364"
    at = 2026-06-01T12:00:00+08:00      # when the control is asked
    expects = "fail"
    facts.token = { asset = "NEW", issued_on_ns = 2025-06-02T00:00:00+08:00, ... }

Under `facts` stands, by the name of the control's argument, one fact for a gate and a list of facts for every other
control. A time may be written as one; it becomes nanoseconds since 1970. `control` is needed only where a rule has
several checks, and `about` where several of them are of one control. Vectors are run by tests, and by every check of a
running site for the gates that it wired.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from lionrock.rulebook.control import Control, Finding, Moment, Verdict
from lionrock.rulebook.rule import Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class VectorRefused(Exception):
    """A vector cannot be read, or its facts are not what the control takes."""


class Vector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One example."""

    rule: str
    name: str
    expects: Verdict
    at: int
    """When the control is asked, nanoseconds since 1970-01-01 UTC."""
    facts: dict[str, Any]
    """By name of the control's argument."""
    control: str = ""
    """Which check of the rule; empty when it has one."""
    about: dict[str, Any] = {}
    """Where a rule has several checks of one control: values of parameters that tell which."""
    version: str = ""
    """Which version of the rule, by the day from which it holds; empty for all."""
    place: str = ""
    """File and number; set when it is read."""


def read_vectors(path: Path) -> list[Vector]:
    """The vectors of a file. Raises `VectorRefused`."""
    found = []
    try:
        rows = tomllib.loads(path.read_text("utf-8")).get("vector", [])
        for number, told in enumerate(rows, 1):
            place = f"{'/'.join(path.parts[-3:])}, vector {number}"
            try:
                found.append(msgspec.convert(_plain(told) | {"place": place}, Vector))
            except msgspec.ValidationError as error:
                raise VectorRefused(f"vector {number}: {error}") from error
    except ValueError as error:
        raise VectorRefused(str(error)) from error
    return found


def concerns(vector: Vector, control: Control, parameters: msgspec.Struct, version: str) -> bool:
    """Whether the vector is an example of this check of this version of its rule."""
    return (
        vector.control in {"", control.name}
        and vector.version in {"", version}
        and all(getattr(parameters, name, None) == value for name, value in vector.about.items())
    )


def run_vector(vector: Vector, control: Control, parameters: msgspec.Struct, calendar: str) -> Finding:
    """What the control finds in the vector's facts. Raises `VectorRefused`, and whatever the control raises."""
    arguments = {}
    for name, fact_type in control.facts.items():
        if name not in vector.facts:
            raise VectorRefused(f"{vector.place}: it has no facts for {name} of {control.name}")
        wanted: Any = fact_type if control.kind is Kind.GATE else list[fact_type]  # type: ignore[valid-type]
        try:
            arguments[name] = msgspec.convert(vector.facts[name], wanted)
        except msgspec.ValidationError as error:
            raise VectorRefused(f"{vector.place}: facts for {name} of {control.name}: {error}") from error
    return control.function(parameters, **arguments, moment=Moment(vector.at, calendar))


def _plain(thing: Any) -> Any:
    """The same with every time as nanoseconds since 1970."""
    match thing:
        case dict():
            return {name: _plain(value) for name, value in thing.items()}
        case list():
            return [_plain(value) for value in thing]
        case datetime():
            if thing.tzinfo is None:
                raise ValueError(f"{thing} has no time zone")
            return (thing - _EPOCH) // timedelta(microseconds=1) * 1000
        case date():
            raise ValueError(f"{thing} is a date; write the moment, with its time zone")
        case _:
            return thing
