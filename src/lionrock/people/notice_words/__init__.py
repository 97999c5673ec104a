"""The words of notices in the languages of the web application: by their English, a file for each language.

English is written where a notice is made. What has no translation, such as an address or a number, stays as it is; a
test compares the files with everything that is written, name by name and place by place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import msgspec

from lionrock.store.outbox.messages import Content

ENGLISH = "en"
LANGUAGES = (ENGLISH, "zh-Hant", "zh-Hans", "fr", "ar")
LABELS = (
    "time", "what", "address", "program", "code", "document", "number", "account", "trade {number}", "further trades",
    "limit", "until", "ends", "version", "in force", "due", "last used",
)  # fmt: skip
"""What stands before a fact; the words of notices use no others."""
COLON = ": "


class Phrase(msgspec.Struct, frozen=True):
    """Words with places, such as a trade."""

    words: str
    values: Mapping[str, str]

    def told(self, language: str) -> str:
        return say(self.words, language).format(**self.values)


def say(english: str, language: str) -> str:
    """The same in another language; English for one that is not of `LANGUAGES`."""
    return _words(language).get(english, english)


def letter(
    subject: str,
    first: str,
    facts: Mapping[str, str | Phrase],
    at_ns: int,
    *,
    last: str = "",
    language: str = ENGLISH,
) -> Content:
    """A notice: what happened, when, its facts line by line, and what to do. Facts for programs are always English."""
    told = {name: value.told(language) if isinstance(value, Phrase) else value for name, value in facts.items()}
    lines = [say(first, language), "", _line("time", moment(at_ns), language)]
    lines += [_line(name, value, language) for name, value in told.items()]
    if last:
        lines += ["", say(last, language)]
    english = {name: value.told(ENGLISH) if isinstance(value, Phrase) else str(value) for name, value in facts.items()}
    return Content(say(subject, language), "\n".join(lines) + "\n", english, language)


def moment(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // 10**9, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _line(name: str, value: str, language: str) -> str:
    words, _, number = name.rpartition(" ")
    if number.isdigit():
        label = say(f"{words} {{number}}".capitalize(), language).format(number=number)
    else:
        label = say(name.capitalize(), language)
    return f"{label}{say(COLON, language)}{say(value, language)}"


@cache
def _words(language: str) -> dict[str, str]:
    if language not in LANGUAGES or language == ENGLISH:
        return {}
    return tomllib.loads(files(__name__).joinpath(f"{language}.toml").read_text("utf-8"))
