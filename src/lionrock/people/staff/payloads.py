"""What an action's payload is made of, told as data: a page makes its form of it, and nobody keeps a second list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, cast

import msgspec
from msgspec import inspect

_CHOICES = "choices"
_WHOLE = re.compile(r"-?[0-9]{1,19}")


class PayloadChoice(msgspec.Struct, frozen=True):
    """One of the values that a field may have."""

    value: str
    name: str
    """Never changes; a page has words for it."""


class PayloadField(msgspec.Struct, rename="camel", frozen=True):
    """A field of a payload."""

    name: str
    kind: str
    """`text`, `whole_number`, `boolean`, `day` (text such as 2026-12-01), `texts` (a list), `rows` (a list of objects
    with the fields of `columns`), or `json` for what has a shape of its own. A whole number has up to 64 bits, and may
    be sent as text: not every program has exact numbers of that length.
    """
    is_required: bool
    initial: str
    """What it is where it is not sent, as JSON; empty for a field that must be sent."""
    choices: list[PayloadChoice]
    """Empty where anything of its kind goes."""
    columns: list[PayloadField]


def numbered(enumeration: type[IntEnum]) -> msgspec.Meta:
    """For the annotation of a field that holds the number of an enumeration's member."""
    return msgspec.Meta(extra={_CHOICES: [(str(member.value), member.name.lower()) for member in enumeration]})


def one_of(names: tuple[str, ...]) -> msgspec.Meta:
    """For the annotation of a text that is one of these."""
    return msgspec.Meta(extra={_CHOICES: [(name, name) for name in names]})


def offering(fields: list[PayloadField], choices: Mapping[str, list[PayloadChoice]]) -> list[PayloadField]:
    """The fields, with what each may be where that is known beside the struct."""
    return [msgspec.structs.replace(field, choices=choices.get(field.name, field.choices)) for field in fields]


def described(payload_type: type[msgspec.Struct]) -> list[PayloadField]:
    """Every field, in the order of the struct."""
    found = cast("inspect.StructType", inspect.type_info(payload_type))
    return [_field(each) for each in found.fields]


def with_numbers(told: dict[str, Any], fields: list[PayloadField]) -> dict[str, Any]:
    """What was sent, with whole numbers where their digits came as text."""
    kinds = {field.name: field for field in fields}
    return {name: _number(value, kinds[name]) if name in kinds else value for name, value in told.items()}


def _number(value: Any, field: PayloadField) -> Any:
    if field.kind == "whole_number" and isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if field.kind == "rows" and isinstance(value, list):
        return [with_numbers(each, field.columns) if isinstance(each, dict) else each for each in value]
    return value


def _field(field: inspect.Field) -> PayloadField:
    choices, kind = _choices(field.type)
    columns: list[PayloadField] = []
    plain = _plain(kind)
    match plain:
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            inner = _plain(item)
            if isinstance(inner, inspect.StructType):
                name, columns = "rows", [_field(each) for each in inner.fields]
            else:
                name = "texts" if isinstance(inner, inspect.StrType) else "json"
        case inspect.EnumType(cls=cls):
            name, choices = "text", [PayloadChoice(str(member.value), str(member.value)) for member in cls]
        case _:
            name = _KINDS.get(type(plain), "json")
    return PayloadField(field.encode_name, name, field.required, _initial(field), choices, columns)


_KINDS: dict[type[inspect.Type], str] = {
    inspect.StrType: "text",
    inspect.IntType: "whole_number",
    inspect.BoolType: "boolean",
    inspect.DateType: "day",
}


def _choices(kind: inspect.Type) -> tuple[list[PayloadChoice], inspect.Type]:
    if not isinstance(kind, inspect.Metadata):
        return [], kind
    told: list[tuple[str, str]] = (kind.extra or {}).get(_CHOICES, [])
    return [PayloadChoice(value, name) for value, name in told], kind.type


def _plain(kind: inspect.Type) -> inspect.Type:
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def _initial(field: inspect.Field) -> str:
    if field.required:
        return ""
    value: Any = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return msgspec.json.encode(value).decode()
