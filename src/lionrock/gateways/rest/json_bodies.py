"""JSON bodies of our own endpoints: one object, each name once, unknown names ignored."""

from __future__ import annotations

import json
import re
from typing import TypeVar

import msgspec

from lionrock.gateways.rest.errors import missing_or_invalid

_Wanted = TypeVar("_Wanted", bound=msgspec.Struct)

_FIELD = re.compile(r"`\$\.(\w+)|required field `(\w+)`")


class _Repeated(ValueError):
    """A name stands twice."""


def read_json(body: bytes, wanted: type[_Wanted]) -> _Wanted:
    """The body as a struct. Raises `Refused` that names the field, never its value."""
    try:
        told = json.loads(body, object_pairs_hook=_once, parse_constant=_no_constant)
        return msgspec.convert(told, wanted)
    except msgspec.ValidationError as error:
        field = _FIELD.search(str(error))
        raise missing_or_invalid((field[1] or field[2]) if field else "body") from error
    except _Repeated as error:
        raise missing_or_invalid(str(error)) from error
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8
        raise missing_or_invalid("body") from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise _Repeated(name[:50] if name.isascii() and name.isprintable() else "body")
        found[name] = value
    return found


def _no_constant(name: str) -> object:
    raise ValueError(name)
