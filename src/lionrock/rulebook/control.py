"""What a control is: a pure function of declared facts, with a docstring for the officer and a reason in its answer.

The officer's handbook is made from the docstrings, so a control is written for whoever has to answer for it. Imitates
nomenklatura's matching functions (`matching/types.py`): name, words and parameters stand in one place.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, get_args, get_type_hints

import msgspec

from lionrock.rulebook.rule import Kind


class Verdict(StrEnum):
    """What a control finds."""

    PASS = "pass"  # noqa: S105 not a password
    FAIL = "fail"
    DUE = "due"
    """Nothing is wrong yet, and something must be done soon: a calendar's or an attestation's."""
    ATTESTED = "attested"
    """A person's word stands for it, and has not run out."""
    DECLARED = "declared"
    """It would hold, and rests on what is written in the site's file alone: neither green nor red."""
    NO_DATA = "no_data"
    """There is nothing to judge by. Red, as a failure is."""


Figure = int | str
"""Whole numbers and words only; a share is told in parts per million."""


class Finding(msgspec.Struct, frozen=True):
    """A verdict and what decided it."""

    verdict: Verdict
    words: str
    """One sentence in the past or present tense, without personal data."""
    figures: dict[str, Figure] = {}
    """The numbers that decided, by name with unit, such as `paid_up_minor`."""
    next_step: str = ""
    """What to do; empty when nothing is to be done."""
    breaches: tuple[str, ...] = ()
    """Opaque ids of what is in breach, at most `MOST_BREACHES` of them."""


MOST_BREACHES = 20


class Moment(msgspec.Struct, frozen=True):
    """When a control is asked. Controls know no clock."""

    now_ns: int
    """Nanoseconds since 1970-01-01 UTC."""
    calendar: str
    """Key of `lionrock.rulebook.calendars`."""


class Control(msgspec.Struct, frozen=True):
    """A registered function."""

    name: str
    kind: Kind
    function: Callable[..., Finding]
    parameter_type: type[msgspec.Struct]
    facts: Mapping[str, type[msgspec.Struct]]
    """Fact type by the name of the function's argument."""

    @property
    def words(self) -> str:
        """For the handbook."""
        return inspect.cleandoc(self.function.__doc__ or "")


CONTROLS: dict[str, Control] = {}
"""Every control by name; filled when `lionrock.rulebook.controls` is imported."""


def control(
    kind: Kind, into: dict[str, Control] = CONTROLS
) -> Callable[[Callable[..., Finding]], Callable[..., Finding]]:
    """Registers a function `(parameters, fact arguments ..., moment) -> Finding` under its own name.

    `parameters` is a msgspec struct; of a gate, the fact argument is one fact; of all others each is a
    `Sequence[FactType]`. Raises `TypeError` for any other shape, at import. `into` is another register, for tests.
    """

    def register(function: Callable[..., Finding]) -> Callable[..., Finding]:
        name = function.__name__
        hints = get_type_hints(function)
        names = list(inspect.signature(function).parameters)
        if names[:1] != ["parameters"] or names[-1:] != ["moment"] or hints.get("return") is not Finding:
            raise TypeError(f"control {name} is not (parameters, facts ..., moment) -> Finding")
        if name in into or not function.__doc__:
            raise TypeError(f"control {name} is there already or has no words for the handbook")
        facts = {each: _fact_type(name, hints[each], is_gate=kind is Kind.GATE) for each in names[1:-1]}
        into[name] = Control(name, kind, function, hints["parameters"], facts)
        return function

    return register


def _fact_type(name: str, hint: Any, *, is_gate: bool) -> type[msgspec.Struct]:
    found = hint if is_gate else (get_args(hint) or (None,))[0]
    if not (isinstance(found, type) and issubclass(found, msgspec.Struct)):
        raise TypeError(f"control {name} asks for {hint}, which is no declared fact")
    return found
