"""Writes docs/reference/ from the code, so that the pages say what the code says. `make docs` runs it; a test compares.

Usage: python docs/write_reference.py [DIRECTORY]
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path
from types import ModuleType
from typing import cast

import msgspec
from typer.main import get_command
from typer.testing import CliRunner

from lionrock.cli import app
from lionrock.compliance.onboarding import picture
from lionrock.gateways.documents import asyncapi, errors, roles
from lionrock.gateways.documents.endpoints import documented
from lionrock.gateways.documents.openapi import document
from lionrock.gateways.rest.endpoints import ENDPOINTS, PROBES
from lionrock.gateways.rest.errors import CODES
from lionrock.gateways.websocket.topics import STREAMS
from lionrock.site import configuration, sandbox, sandbox_chains
from lionrock.site.settings_file import described_settings, field_docs
from lionrock.words import commands, enumerations, events
from lionrock.words.records import FieldType, Record, layout_of
from lionrock.words.rejections import EXPLANATIONS

HERE = Path(__file__).parent / "reference"
NOTE = "This page is written by `make docs` from the code; edit the docstrings there.\n"

SANDBOX = sandbox.ENDPOINTS + sandbox_chains.endpoints(cast("sandbox_chains.SandboxChains", None))
"""The rows only; nothing is asked of the chains."""

_TYPES = {"B": "u8", "H": "u16", "I": "u32", "i": "i32", "Q": "u64", "q": "i64"}


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """A Markdown table."""
    names = list(head)
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    return [*lines, *(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |" for row in rows), ""]


def summary(thing: object) -> str:
    """The whole docstring in one paragraph."""
    return " ".join((inspect.getdoc(thing) or "").split())


def inherited_docs(record_type: type[Record]) -> dict[str, str]:
    """The docstrings of a record's fields, those of its headers first."""
    found: dict[str, str] = {}
    for parent in reversed(record_type.__mro__[: record_type.__mro__.index(Record)]):
        found |= field_docs(sys.modules[parent.__module__])[parent.__name__]
    return found


def record_page(title: str, module: ModuleType, registry: dict[int, type[Record]]) -> str:
    """Commands or events: number, meaning, and each field with its place in the 128 bytes."""
    lines = [f"# {title}", "", NOTE, summary(module), ""]
    for kind, record_type in sorted(registry.items()):
        layout = layout_of(record_type)
        described = inherited_docs(record_type)
        offsets = layout.dtype.fields or {}
        rows = [
            (name, _type_name(field), offsets[name][1], described.get(name, f"{kind}"))
            for name, field in layout.fields.items()
        ]
        lines += [f"## {record_type.__name__}", "", f"Number {kind}. {summary(record_type)}", ""]
        lines += table(("field", "type", "offset", "meaning"), rows)
    return "\n".join(lines)


def _type_name(field: FieldType) -> str:
    return f"text {field.length}" if field.length else _TYPES[field.code]


def enumeration_page() -> str:
    """The closed lists."""
    docs = field_docs(enumerations)
    lines = ["# Closed lists", "", NOTE, summary(enumerations), ""]
    for name, enumeration in vars(enumerations).items():
        if isinstance(enumeration, type) and issubclass(enumeration, IntEnum) and enumeration is not IntEnum:
            lines += [f"## {name}", "", summary(enumeration), ""]
            lines += table(
                ("number", "name", "meaning"),
                ((member.value, member.name, docs[name].get(member.name, "")) for member in enumeration),
            )
    return "\n".join(lines)


def refusal_page() -> str:
    """Every rejection with its words, figures, next step and code on the wire."""
    words = "When several reasons hold, the lowest number is given. `{first}` and `{second}` are the refusal's figures."
    lines = ["# Refusals", "", NOTE, words, ""]
    rows = (
        (
            rejection.value,
            rejection.name,
            explanation.words,
            explanation.next_step,
            "yes" if explanation.retryable else "no",
            CODES.get(rejection, ""),
        )
        for rejection, explanation in EXPLANATIONS.items()
    )
    lines += table(("number", "name", "words", "what to do", "may succeed later", "wire code"), rows)
    return "\n".join(lines)


def endpoint_page() -> str:
    """The table of endpoints."""
    words = (
        "NONE is open to all; USER_DATA (the right to read), TRADE, TRANSFER and WITHDRAW need an API key with that "
        "right and a signature; SESSION needs the cookie of a sign-in; MANAGE needs a session, or a key that may "
        "manage and a signature; STAFF needs the cookie of somebody of the staff with a [role](roles.md) for it. What "
        "weights are for is told in [access](../../spec/access.md)."
    )
    lines = ["# Endpoints", "", NOTE, words, ""]
    parts = (
        ("Everywhere", ENDPOINTS),
        ("Documents", documented((), STREAMS)),
        ("For monitors", PROBES),
        ("On a sandbox only", SANDBOX),
    )
    for title, endpoints in parts:
        rows = ((e.method, f"`{e.path}`", e.security, e.weight, e.summary) for e in endpoints)
        lines += [f"## {title}", "", *table(("method", "path", "security", "weight", "what"), rows)]
    return "\n".join(lines)


def role_page() -> str:
    """Who of the staff may do what: every role, endpoint and action."""
    return f"# Roles of the staff\n\n{NOTE}\n{roles.page(ENDPOINTS)}"


def error_page() -> str:
    """Every code and rule with cause and remedy."""
    words = "A running site serves the same as JSON at `/lionrock/v1/errors`."
    return f"# Errors\n\n{NOTE}\n{words}\n\n{errors.page()}"


def openapi_page() -> str:
    """The OpenAPI document of a sandbox, which serves every endpoint there is."""
    endpoints = documented(ENDPOINTS + PROBES + SANDBOX, STREAMS)
    return msgspec.json.format(msgspec.json.encode(document(endpoints)), indent=2).decode()


def asyncapi_page() -> str:
    """The AsyncAPI document of the streams."""
    return msgspec.json.format(msgspec.json.encode(asyncapi.document(STREAMS)), indent=2).decode()


def settings_page() -> str:
    """Every setting of lionrock.toml."""
    lines = ["# Settings", "", NOTE, summary(configuration), ""]
    rows = [
        (
            f"`[{each.section}]` `{each.name}`" if each.name else f"`[{each.section}]` NAME",
            f"`{each.default}`" if each.default else "none",
            each.meaning,
        )
        for each in described_settings()
    ]
    lines += table(("setting", "default", "meaning"), rows)
    return "\n".join(lines)


def command_line_page() -> str:
    """`--help` of every command."""
    lines = ["# Command line", "", NOTE]
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"})

    def walk(command: object, words: list[str]) -> None:
        below = getattr(command, "commands", None)
        if below is None or getattr(command, "invoke_without_command", False):
            text = runner.invoke(app, [*words, "--help"]).output
            text = "\n".join(line.rstrip() for line in text.strip().splitlines())
            lines.extend([f"## lionrock {' '.join(words)}", "", "```text", text, "```", ""])
        for name, child in (below or {}).items():
            walk(child, [*words, name])

    walk(get_command(app), [])
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """Every page by its file name."""
    return {
        "commands.md": record_page("Commands", commands, dict(commands.COMMANDS)),
        "events.md": record_page("Events", events, dict(events.EVENTS)),
        "lists.md": enumeration_page(),
        "client-states.md": picture.page(NOTE),
        "refusals.md": refusal_page(),
        "endpoints.md": endpoint_page(),
        "errors.md": error_page(),
        "openapi.json": openapi_page(),
        "asyncapi.json": asyncapi_page(),
        "settings.md": settings_page(),
        "roles.md": role_page(),
        "command-line.md": command_line_page(),
    }


def main(directory: Path) -> None:
    """Write all pages."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (directory / name).write_text(text.rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
