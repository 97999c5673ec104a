"""Sets pages with typst, in fonts for every name that a client may have, and loses no character in silence.

What is printed comes as data, so none of it can be taken for instructions to the typesetter. Pages are asked for as
PDF/UA-1 (ISO 14289-1): programs can read them aloud, and the typesetter refuses a character that no font draws where it
would otherwise print an empty box. Such a character is printed as its number, such as `[U+1F600]`, and the caller is
told.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.util import find_spec
from logging import Logger
from typing import Any

import msgspec

FONT_PACKAGES = {
    "noto_cjk_sans_otc": "noto-cjk-sans-otc",
    "fontpkg_ibm_plex_sans_arabic": "fontpkg-ibm-plex-sans-arabic",
}
"""Packages that hold a font and nothing else, by module: Noto Sans CJK with all of HKSCS, IBM Plex Sans Arabic. Latin
is in the typesetter itself. Of Arabic fonts one whose letters have their dots: where dots are glyphs of their own
(Noto), the typesetter tells a reader each letter twice."""
_MOST_TRIES = 4
"""One finds what no font draws, one more prints it; the others are for what only stands together after that."""
_MOST_NAMED = 12
_REORDERS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Turn the direction of all that follows: no name needs them, and a name with one would change the words after it."""
_UNDRAWN = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")
_NAMED_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}

HEAD = """
#let data = json(bytes(sys.inputs.data))
#let scripts = ("IBM Plex Sans Arabic", "Noto Sans CJK HK")
#let serif = ("Libertinus Serif", ..scripts)
#let fixed = ("DejaVu Sans Mono", ..scripts)
#let right-to-left = regex("^[^\\\\p{L}]*[\\\\p{Arabic}\\\\p{Hebrew}]")
#let said(t) = if t.match(right-to-left) == none { t } else { text(dir: rtl, lang: "ar", t) }
#let told-undrawn = if sys.inputs.undrawn != "" [
  Characters that no font here draws are printed as their Unicode numbers, in brackets. ]
#set text(font: serif, lang: "en")
"""
"""Before every source: `data`, the fonts, `said` for a value that may be read from right to left, `told-undrawn`."""


class Printed(msgspec.Struct, frozen=True):
    """A document, and what of it could not be drawn."""

    pdf: bytes
    undrawn: str = ""
    """Characters that are printed as their numbers, each once, in the order of their numbers."""


def set_pages(source: str, data: bytes) -> Printed:
    """The PDF of a source over its data, JSON. Takes tens of milliseconds a page: not for the event loop's thread.

    Raises `typst.TypstError` where the source is wrong.
    """
    import typst  # noqa: PLC0415 - only who sets pages waits for it

    told: Any = json.loads(data)
    undrawn: set[str] = set()
    replaced = {each: _number(each) for each in _REORDERS}
    undrawn.update(each for each in _REORDERS if each in data.decode())
    page = (HEAD + source).encode()
    compiler = typst.Compiler(page, font_paths=_fonts(), ignore_system_fonts=True)
    for left in reversed(range(_MOST_TRIES)):
        told = _replacing(told, replaced)
        inputs = {"data": json.dumps(told, ensure_ascii=False), "undrawn": "".join(sorted(undrawn))}
        try:
            made = compiler.compile(page, format="pdf", pdf_standards=["ua-1"], sys_inputs=inputs)
        except typst.TypstError as error:
            met = _undrawn_of(error.diagnostic)
            if not met or not left:
                raise
            undrawn.update(*met)
            replaced = {each: _number(each) for each in met}
        else:
            if isinstance(made, bytes):
                return Printed(made, "".join(sorted(undrawn)))
            break
    raise TypeError("the typesetter gave no document")


def missing_fonts() -> list[str]:
    """Packages of fonts that are not installed, as they are called where they come from."""
    return [package for module, package in FONT_PACKAGES.items() if find_spec(module) is None]


def tell_undrawn(log: Logger, what: str, printed: Printed) -> None:
    """An error of the log where a document lacks characters. They are in the order of their numbers, so that a name
    that could not be drawn does not stand there.
    """
    if not printed.undrawn:
        return
    named = ", ".join(f"U+{ord(each):04X} {each}" for each in printed.undrawn[:_MOST_NAMED] if each not in _REORDERS)
    more = len(printed.undrawn) - _MOST_NAMED
    log.error(
        "%s: no font draws %s%s; the page has their numbers%s",
        what,
        named or "signs that turn the direction of text",
        f" and {more} more" if more > 0 else "",
        f". Not installed: {', '.join(missing_fonts())}" if missing_fonts() else "",
    )


@cache
def _fonts() -> Any:
    """Read once in a process; the files are looked up again when a page needs them."""
    import typst  # noqa: PLC0415

    specs = [find_spec(module) for module in FONT_PACKAGES]
    folders = [folder for spec in specs if spec for folder in spec.submodule_search_locations or ()]
    return typst.Fonts(include_system_fonts=False, font_paths=folders)


def _number(text: str) -> str:
    return "".join(f"[U+{ord(each):04X}]" for each in text)


def _replacing(value: Any, replaced: dict[str, str]) -> Any:
    if isinstance(value, str):
        for each, number in replaced.items():
            value = value.replace(each, number)
        return value
    if isinstance(value, list):
        return [_replacing(each, replaced) for each in value]
    if isinstance(value, dict):
        return {name: _replacing(each, replaced) for name, each in value.items()}
    return value


def _undrawn_of(diagnostic: str) -> set[str]:
    """What stands between the quotes of the typesetter's complaints, written as Rust does."""

    def plain(escaped: re.Match[str]) -> str:
        number, letter = escaped.groups()
        return chr(int(number, 16)) if number else _NAMED_ESCAPES.get(letter, letter)

    return {_ESCAPED.sub(plain, each) for each in _UNDRAWN.findall(diagnostic)}
