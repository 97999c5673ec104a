"""What stands beside each setting of lionrock.toml: the docstrings of the code, as rows and as a file to begin with."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from types import ModuleType

import msgspec

from lionrock.site.configuration import Configuration

_WIDTH = 110


class DescribedSetting(msgspec.Struct, frozen=True):
    """One setting."""

    section: str
    name: str
    """Empty where the section itself is a list of names that the operator chooses."""
    default: str
    """As JSON, which is TOML for every default there is; empty where there is none."""
    meaning: str


@cache
def field_docs(module: ModuleType) -> dict[str, dict[str, str]]:
    """The docstring under each field of each class of a module, in one line."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ClassDef):
            pairs = zip(node.body, node.body[1:], strict=False)
            found[node.name] = {
                _target(field): " ".join(str(text.value.value).split())
                for field, text in pairs
                if isinstance(field, ast.AnnAssign | ast.Assign)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            }
    return found


def _target(field: ast.AnnAssign | ast.Assign) -> str:
    target = field.target if isinstance(field, ast.AnnAssign) else field.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def described_settings() -> Iterator[DescribedSetting]:
    """Every setting there is, section by section."""
    for field in msgspec.structs.fields(Configuration):
        section = type(field.default) if isinstance(field.default, msgspec.Struct) else None
        if section is None:
            yield DescribedSetting(field.name, "", "", _meaning(Configuration, field.name))
            continue
        for setting in msgspec.structs.fields(section):
            default = "" if setting.default is None else msgspec.json.encode(setting.default).decode()
            yield DescribedSetting(field.name, setting.name, default, _meaning(section, setting.name))


def _meaning(section: type[msgspec.Struct], name: str) -> str:
    return field_docs(sys.modules[section.__module__]).get(section.__name__, {}).get(name, "")


def without_outside(text: str) -> str | None:
    """The settings, with `[checkpoints] outside` as a comment; None where it does not stand in a line of its own."""
    wanted = tomllib.loads(text)
    wanted["checkpoints"].pop("outside")
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if re.match(r"\s*(checkpoints\s*\.\s*)?outside\s*=", line):
            changed = "".join([*lines[:number], f"#{line}", *lines[number + 1 :]])
            with suppress(tomllib.TOMLDecodeError):
                told = tomllib.loads(changed)
                if {"checkpoints": {}} | told == wanted:
                    return changed
    return None


def commented_settings() -> str:
    """A lionrock.toml in which every setting stands with its meaning and its default, and none is made."""
    lines = ["# Settings of this site. Each stands with its default: take the # away to make another choice."]
    lines.append("# `lionrock doctor` says what cannot be meant; a misspelt name keeps the site from starting.")
    section = ""
    for each in described_settings():
        if each.section != section:
            section = each.section
            lines += ["", f"[{section}]"]
        lines += textwrap.wrap(each.meaning, _WIDTH, initial_indent="# ", subsequent_indent="# ")
        lines.append(f"#{each.name or 'NAME'} = {each.default or '...'}")
    return "\n".join(lines) + "\n"
