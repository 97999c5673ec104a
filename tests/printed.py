"""What stands on the pages of a PDF, read from the numbers of its glyphs and what they are said to stand for."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

import pypdf
from pypdf.generic import ContentStream

_PAIR = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
_ARABIC = re.compile("[\u0600-\u06ff]")


class Run(NamedTuple):
    """Glyphs that are drawn one after the other."""

    glyphs: tuple[int, ...]
    """0 is .notdef: an empty box."""
    text: str
    """As it is read; signs without a shape left out."""
    x: float
    """Where the first stands, in points from the left edge."""


def runs_of(pdf: bytes) -> Iterator[Run]:
    """Of every page, as the typesetter writes them: each is placed by itself."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    for page in reader.pages:
        resources: Any = page["/Resources"]
        fonts = {name: _meanings(font.get_object()) for name, font in resources["/Font"].items()}
        meanings: dict[int, str] = {}
        marks: list[dict[str, Any]] = []
        x = 0.0
        for operands, operator in ContentStream(page.get_contents(), reader).operations:
            if operator == b"Tf":
                meanings = fonts[operands[0]]
            elif operator == b"cm":
                x = float(operands[4])
            elif operator == b"BMC":
                marks.append({operands[0]: True})
            elif operator == b"BDC":
                marks.append(dict(operands[1]) | {"/IsSaid": "/ActualText" in operands[1]})
            elif operator == b"EMC":
                marks.pop()
            elif operator in {b"Tj", b"TJ"}:
                yield _run(operands[0] if operator == b"TJ" else operands, meanings, marks, x)


def words_of(pdf: bytes) -> str:
    """The text of all pages. Arabic words are as they are read; what stands between them may come before or after."""
    told, from_the_right = "", ""
    for run in runs_of(pdf):
        if _ARABIC.search(run.text) or (from_the_right and run.text.isspace()):
            from_the_right = run.text + from_the_right
        else:
            told, from_the_right = told + from_the_right + run.text, ""
    return told + from_the_right


def draws_everything(pdf: bytes) -> bool:
    """No glyph is an empty box."""
    runs = list(runs_of(pdf))
    return bool(runs) and all(0 not in run.glyphs for run in runs)


def _run(operands: Any, meanings: dict[int, str], marks: list[dict[str, Any]], x: float) -> Run:
    strings = [each for each in operands if not isinstance(each, float | int)]  # the others move the pen
    codes = b"".join(each if isinstance(each, bytes) else each.original_bytes for each in strings)
    glyphs = tuple(int.from_bytes(codes[at : at + 2], "big") for at in range(0, len(codes), 2))
    told = {name for mark in marks for name, value in mark.items() if value}
    parts = [meanings[each] for each in glyphs]
    text = "".join(reversed(parts) if "/ReversedChars" in told else parts)
    if "/IsSaid" in told:  # of several runs once
        text = "".join(str(mark.pop("/ActualText")) for mark in marks if "/ActualText" in mark)
    return Run(glyphs, "".join(each for each in text if unicodedata.category(each) != "Cf"), x)


def _meanings(font: Any) -> dict[int, str]:
    assert (font["/Subtype"], font["/Encoding"]) == ("/Type0", "/Identity-H")
    table = font["/ToUnicode"].get_object().get_data()
    assert b"beginbfrange" not in table
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in _PAIR.findall(table)}
