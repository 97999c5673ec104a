"""Which way a number of a rule is stricter, so that several licences of one site can be held to at once.

A field of a control's parameters carries its marker: `keep_days: Annotated[int, Stricter.HIGHER]`. A field without one
says what the check is about, such as the class of records: checks that agree in all of those are about the same thing,
and the strictest of each marked field holds.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, get_args, get_origin, get_type_hints

import msgspec


class Stricter(StrEnum):
    """How two values of one field are merged."""

    HIGHER = "higher"
    """The larger number: capital, days to keep, months since issue."""
    LOWER = "lower"
    """The smaller number: days to do something in, amounts above which more is asked."""
    UNION = "union"
    """Everything that either names: fields of a record, seats of a committee."""
    INTERSECTION = "intersection"
    """Only what both name: what something may be set to."""
    TRUE = "true"
    """Asked for if either asks for it."""


def strictness(parameter_type: type[msgspec.Struct]) -> dict[str, Stricter]:
    """The markers of a parameter type by field; fields that say what a check is about are left out."""
    found = {}
    for name, hint in get_type_hints(parameter_type, include_extras=True).items():
        if get_origin(hint) is Annotated:
            for marker in get_args(hint)[1:]:
                if isinstance(marker, Stricter):
                    found[name] = marker
    return found
