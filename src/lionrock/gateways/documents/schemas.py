"""JSON Schema of parameters and of the types that endpoints take and answer."""

from __future__ import annotations

import ast
import inspect
import sys
import types
import typing
from collections.abc import Iterable, Iterator
from functools import cache

import msgspec

from lionrock.gateways.rest.contract import Kind, Parameter

Schema = dict[str, typing.Any]

REFERENCE = "#/components/schemas/{name}"

_OF_KIND: dict[Kind, Schema] = {
    Kind.TEXT: {"type": "string", "minLength": 1},
    Kind.WHOLE_NUMBER: {"type": "integer", "format": "int64", "minimum": 0},
    Kind.DECIMAL: {"type": "string", "format": "decimal", "pattern": r"^[0-9]{1,30}(\.[0-9]{1,30})?$"},
    Kind.MILLISECONDS: {"type": "integer", "format": "int64", "minimum": 0, "maximum": 10**13},
    Kind.BOOLEAN: {"type": "boolean"},
}
_STRUCTURED = frozenset({Kind.TEXTS, Kind.OBJECT, Kind.AMOUNTS, Kind.OBJECTS})


def of_parameter(parameter: Parameter) -> Schema:
    """What it must be, most often as text."""
    if parameter.shapes:
        return _of_shapes(parameter.shapes)
    if parameter.kind in _STRUCTURED:
        return _of_structure(parameter)
    schema = dict(_OF_KIND[parameter.kind])
    if parameter.choices:
        schema = {"type": "string", "enum": list(parameter.choices)}
    if parameter.name == "limit":
        schema["minimum"] = 1
    return schema


def _of_shapes(shapes: tuple[object, ...]) -> Schema:
    """A struct is referred to; whoever makes the document puts it among the components."""
    found = []
    for shape in shapes:
        (each,), _ = msgspec.json.schema_components([shape], ref_template=REFERENCE, schema_hook=_anything)
        found.append(each)
        if each.get("type") == "object":
            each.setdefault("additionalProperties", True)
    return found[0] if len(found) == 1 else {"anyOf": found}


def _of_structure(parameter: Parameter) -> Schema:
    if parameter.kind is Kind.AMOUNTS:
        return {"type": "object", "additionalProperties": _OF_KIND[Kind.DECIMAL]}
    if parameter.kind is Kind.OBJECT:
        return of_object(parameter.members) if parameter.members else {"type": "object", "additionalProperties": True}
    if parameter.kind is Kind.OBJECTS:
        found: Schema = {"type": "array", "items": of_object(parameter.members)}
    else:
        text = {"type": "string", "enum": list(parameter.choices)} if parameter.choices else _OF_KIND[Kind.TEXT]
        found = {"type": "array", "items": text}
    if parameter.is_required:
        found["minItems"] = 1
    return found | {"maxItems": parameter.most} if parameter.most else found


def example_of(parameter: Parameter) -> object:
    """The row's example, as JSON."""
    if parameter.kind is Kind.TEXTS:
        return [parameter.example]
    return int(parameter.example) if of_parameter(parameter).get("type") == "integer" else parameter.example


def of_object(parameters: Iterable[Parameter], *, is_closed: bool = False) -> Schema:
    """A JSON object with these parameters, and no others if it is closed; a number may be text, as in a query."""
    parameters = list(parameters)
    properties = {}
    for parameter in parameters:
        schema = of_parameter(parameter)
        if is_closed and parameter.kind is Kind.OBJECTS:
            schema["items"]["additionalProperties"] = False
        if schema.get("type") == "integer":
            schema = {"type": ["integer", "string"], "format": "int64"}
        properties[parameter.name] = schema | {"description": parameter.words + "."}
        if parameter.example:
            properties[parameter.name]["examples"] = [example_of(parameter)]
    required = [parameter.name for parameter in parameters if parameter.is_required]
    schema = {"type": "object", "properties": properties}
    if is_closed:
        schema["additionalProperties"] = False
    return schema | {"required": required} if required else schema


def of_types(answers: Iterable[object], requests: Iterable[object] = ()) -> tuple[dict[int, Schema], Schema]:
    """Schemas by `id` of each type, and the named components they refer to.

    An answer carries all its fields save those that may be unset. Two types of one name raise `ValueError`.
    """
    answers, requests = list(answers), list(requests)
    wanted = [*answers, *requests]
    schemas, components = msgspec.json.schema_components(wanted, ref_template=REFERENCE, schema_hook=_anything)
    answered, named = set(structs(answers)), set(structs(wanted))
    if len({found.__name__ for found in named}) < len(named):
        raise ValueError(f"two types of one name: {sorted(found.__qualname__ for found in named)}")
    for found in named:
        component = components.get(found.__name__)
        if component is None:  # a tagged one stands under its name, too; anything else is a fault of ours
            raise ValueError(f"{found.__qualname__} has no schema")
        _describe(found, component)
        if found in answered:
            _require(found, component)
    return {id(kind): schema for kind, schema in zip(wanted, schemas, strict=True)}, components


def _anything(kind: type) -> Schema:
    """`object` stands for any JSON."""
    if kind is object:
        return {"description": "Any JSON."}
    raise NotImplementedError(kind)  # how msgspec has its hooks say that a type has no schema


def structs(wanted: Iterable[object]) -> Iterator[type[msgspec.Struct]]:
    """Every struct that these types are or hold, each once."""
    seen: set[object] = set()
    waiting = list(wanted)
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            if kind not in seen:
                seen.add(kind)
                waiting.extend(typing.get_type_hints(kind, include_extras=True).values())
                yield kind
        elif isinstance(kind, types.GenericAlias | types.UnionType) or typing.get_origin(kind) is not None:
            waiting.extend(typing.get_args(kind))


def _require(kind: type[msgspec.Struct], component: Schema) -> None:
    config = kind.__struct_config__
    fields = msgspec.structs.fields(kind)
    required = [
        field.encode_name
        for field in fields
        if msgspec.UnsetType not in typing.get_args(field.type) and not (config.omit_defaults and not field.required)
    ]
    if config.tag_field is not None:
        required.insert(0, config.tag_field)
    if required:
        component["required"] = required
    for schema in component["properties"].values():
        schema.pop("default", None)


def _describe(kind: type[msgspec.Struct], component: Schema) -> None:
    """The docstring under each field becomes its description."""
    words: dict[str, str] = {}
    for parent in reversed(kind.__mro__):
        if issubclass(parent, msgspec.Struct) and parent is not msgspec.Struct:
            words |= _field_docs(parent.__module__).get(parent.__name__, {})
    for field in msgspec.structs.fields(kind):
        if field.name in words:
            component["properties"][field.encode_name]["description"] = words[field.name]


@cache
def _field_docs(module: str) -> dict[str, dict[str, str]]:
    """By class and field of a module."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = {
                field.target.id: " ".join(text.value.value.split())
                for field, text in zip(node.body, node.body[1:], strict=False)
                if isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
                and isinstance(text.value.value, str)
            }
    return found
