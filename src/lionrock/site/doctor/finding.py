"""What a check gives."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """A site runs, and something may cost time, money or evidence one day."""
    ERROR = "error"
    """A site does not start, or loses what it promised to keep."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    code: str
    level: Level
    words: str
    """What was found, with its figures."""
    remedy: str = ""
    """What to do; empty when all is well."""


def ok(code: str, words: str) -> Finding:
    return Finding(code, Level.OK, words)


def warning(code: str, words: str, remedy: str) -> Finding:
    return Finding(code, Level.WARNING, words, remedy)


def error(code: str, words: str, remedy: str) -> Finding:
    return Finding(code, Level.ERROR, words, remedy)
