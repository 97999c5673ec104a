"""What a check gives."""

from __future__ import annotations

import errno
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


def remedy_of(number: int | None) -> str:
    """What helps against what the system refused; neither a full disk nor one to be read only is damage."""
    if number in {errno.ENOSPC, errno.EDQUOT}:
        return "the disk is full: make room, or move the directory to a larger disk"
    if number == errno.EROFS:
        return "the file system is there to be read only: mount it for writing (dmesg tells why it is not)"
    return "see permissions, or run the command as the user that runs the site"


def ok(code: str, words: str) -> Finding:
    return Finding(code, Level.OK, words)


def warning(code: str, words: str, remedy: str) -> Finding:
    return Finding(code, Level.WARNING, words, remedy)


def error(code: str, words: str, remedy: str) -> Finding:
    return Finding(code, Level.ERROR, words, remedy)
