"""What a handler may read by name, found in its source and in whatever it calls inside the gateways."""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from functools import cache
from typing import Any

import msgspec

ROOM = "lionrock."


def words_of(handler: Any) -> set[str]:
    """Every text constant that the handler, or a function or struct it names, directly or through others, holds."""
    seen: set[int] = set()
    found: set[str] = set()
    waiting = [inspect.unwrap(handler)]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, types.FunctionType):
            constants, named = _inside(thing)
            found |= constants
            waiting.extend(named)
            waiting.extend(cell.cell_contents for cell in thing.__closure__ or () if callable(cell.cell_contents))
        elif isinstance(thing, type):
            if issubclass(thing, msgspec.Struct):
                found |= set(thing.__struct_encode_fields__)
            waiting.extend(value for value in vars(thing).values() if _is_written(value))
    return found


def _is_written(value: object) -> bool:
    """A function with source; those that a dataclass makes for itself have none."""
    return isinstance(value, types.FunctionType) and not inspect.unwrap(value).__code__.co_filename.startswith("<")


@cache
def _inside(function: types.FunctionType) -> tuple[frozenset[str], tuple[Any, ...]]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    constants = {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    if any(isinstance(node, ast.Attribute) and node.attr == "limit" for node in ast.walk(tree)):
        constants.add("limit")  # `Parameters.limit` names it itself
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    scope = function.__globals__
    named = [scope[name] for name in names if name in scope]
    named += [
        getattr(scope[name], attribute)
        for name in names
        if isinstance(scope.get(name), types.ModuleType)
        for attribute in attributes
        if hasattr(scope[name], attribute)
    ]
    ours = [
        thing
        for thing in named
        if isinstance(thing, types.FunctionType | type) and (thing.__module__ or "").startswith(ROOM)
    ]
    return frozenset(constants), tuple(ours)
