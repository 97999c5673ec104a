"""JSON bodies: one object, each name once, unknown names ignored."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

from lionrock.gateways.rest.errors import missing_or_invalid

_Wanted = TypeVar("_Wanted", bound=msgspec.Struct)

_FIELD = re.compile(r"`\$\.(\w+)|required field `(\w+)`")


def read_json(body: bytes, wanted: type[_Wanted]) -> _Wanted:
    """The body as a struct. Raises `Refused` that names the field, never its value."""
    try:
        return msgspec.convert(parse_json_object(body), wanted)
    except msgspec.ValidationError as error:
        field = _FIELD.search(str(error))
        raise missing_or_invalid((field[1] or field[2]) if field else "body") from error


def parse_json_object(body: bytes, number: Callable[[str], object] | None = None) -> dict[str, object]:
    """Members of one JSON object. Raises `Refused` for anything else, and for a name that stands twice in an object.

    `number` makes something else of numbers than Python's own; NaN and its like are none without it.
    """
    try:
        found = json.loads(
            body,
            object_pairs_hook=_once,
            parse_int=number,
            parse_float=number,
            parse_constant=number or _no_number,
        )
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8
        raise missing_or_invalid("body") from error
    if not isinstance(found, dict):
        raise missing_or_invalid("body")
    return found


def printable(name: str) -> str:
    """A client's name for something, as a refusal may repeat it."""
    return name[:50] if name.isascii() and name.isprintable() else "name"


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise missing_or_invalid(printable(next(name for name in names if names.count(name) > 1)))
    return found


def _no_number(name: str) -> object:
    raise ValueError(name)
