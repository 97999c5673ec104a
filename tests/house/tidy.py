"""The tidiness rules. Each takes a path relative to the repository and the file's text, and yields complaints."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import PurePath

from tests.house.tree import code_only, without_code_blocks

Rule = Callable[[PurePath, str], Iterator[str]]

FILE_LINES = 500
FUNCTION_LINES = 60
LINE_WIDTH = 120

CYTHON = {".pyx", ".pxi", ".pxd"}
SOURCE = CYTHON | {".py", ".pyi", ".sh", ".ts", ".js", ".svelte", ".css", ".html"}

# Put together from halves, so that this file passes its own check.
REGISTRIES = ["pypi" + ".org", "python" + "hosted.org", "deb" + ".debian.org", "npm" + "js.org", "crates" + ".io"]
MACHINE_PATH = re.compile(r"(?<![\w.$})/-])/(?:home|root|tmp|Users|work)/")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b")

_FUNCTION = re.compile(r"^(?P<indent>[ \t]*)(?:async[ \t]+def|c?p?def)\b(?![ \t]+(?:class|extern|struct|enum|union)\b)")
_INEXACT_NUMBER = re.compile(r"(?<![\w.])(?:\d[\d_]*\.\d*|\.\d+|\d[\d_]*[eE][+-]?\d+)(?![\w.])")
_INEXACT_NAME = re.compile(r"\b(?:float|double|complex|Decimal|Fraction)\b")


def file_is_short(path: PurePath, text: str) -> Iterator[str]:
    """A source file has at most 500 lines."""
    count = len(text.splitlines())
    if path.suffix in SOURCE and count > FILE_LINES:
        yield f"{path}: {count} lines"


def functions_are_short(path: PurePath, text: str) -> Iterator[str]:
    """A Python function has at most 60 lines, its docstring included."""
    if path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            count = (node.end_lineno or node.lineno) - node.lineno + 1
            if count > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {count} lines"


def cython_functions_are_short(path: PurePath, text: str) -> Iterator[str]:
    """A Cython function has at most 60 lines."""
    if path.suffix not in CYTHON:
        return
    for first, last in cython_functions(text):
        if last - first + 1 > FUNCTION_LINES:
            yield f"{path}:{first}: a function of {last - first + 1} lines"


def cython_functions(text: str) -> Iterator[tuple[int, int]]:
    """First and last line number of every function, judged by indentation once strings and comments are blank.

    A header starts with def, cdef or cpdef and ends with a colon outside parentheses; `cdef` declarations without
    parentheses or without that colon are no functions. The body is what is indented deeper than the header.
    """
    lines = code_only(text).splitlines()
    for start, line in enumerate(lines):
        match = _FUNCTION.match(line)
        end = _header_end(lines, start) if match else None
        if match is None or end is None:
            continue
        last = end
        for number in range(end + 1, len(lines)):
            body = lines[number]
            if body.strip() and len(body) - len(body.lstrip()) <= len(match["indent"]):
                break
            if body.strip():
                last = number
        yield start + 1, last + 1


def _header_end(lines: list[str], start: int) -> int | None:
    depth = 0
    for number in range(start, len(lines)):
        depth += sum(lines[number].count(sign) for sign in "([{") - sum(lines[number].count(sign) for sign in ")]}")
        if depth == 0:
            header = " ".join(lines[start : number + 1])
            return number if "(" in header and re.search(r":\s*$|:\s+\w.*$", header) else None
    return None


def lines_are_narrow(path: PurePath, text: str) -> Iterator[str]:
    """No line of Python, Cython, shell or build text is wider than 120 characters."""
    if path.suffix in CYTHON | {".py", ".pyi", ".sh"} or path.name in {"Makefile", "meson.build"}:
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > LINE_WIDTH:
                yield f"{path}:{number}: {len(line)} characters"


def folders_have_names(path: PurePath, text: str) -> Iterator[str]:
    """A folder's name says what is inside."""
    if {"utils", "util"} & set(path.parts[:-1]):
        yield f"{path}: a folder of this name says nothing"


def no_machine_path(path: PurePath, text: str) -> Iterator[str]:
    """No path of somebody's machine."""
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            yield f"{path}:{number}: a path of one machine"


def no_registry_host(path: PurePath, text: str) -> Iterator[str]:
    """No package registry is named: whoever installs chooses theirs."""
    for host in REGISTRIES:
        if host in text:
            yield f"{path}: names {host}"


def nothing_unfinished(path: PurePath, text: str) -> Iterator[str]:
    """What is not done is not in the tree."""
    for number, line in enumerate(text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield f"{path}:{number}: unfinished"


def numbers_are_exact(path: PurePath, text: str) -> Iterator[str]:
    """The core and the vocabulary have neither floats nor decimals, the vocabulary no `/` either."""
    if path.parts[:2] != ("src", "lionrock") or path.parts[2] not in {"core", "words"}:
        return
    if path.suffix in CYTHON:
        for number, line in enumerate(code_only(text).splitlines(), 1):
            if _INEXACT_NUMBER.search(line) or _INEXACT_NAME.search(line):
                yield f"{path}:{number}: an inexact number"
    if path.suffix in {".py", ".pyi"}:
        for node in ast.walk(ast.parse(text)):
            literal = isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
            name = isinstance(node, ast.Name | ast.Attribute) and _INEXACT_NAME.fullmatch(_last_name(node))
            division = path.parts[2] == "words" and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
            if literal or name or division:
                yield f"{path}:{node.lineno}: an inexact number"  # type: ignore[attr-defined]


def _last_name(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def page_has_one_title(path: PurePath, text: str) -> Iterator[str]:
    """A Markdown page has exactly one title."""
    if path.suffix == ".md":
        count = len(re.findall(r"^# ", without_code_blocks(text), re.MULTILINE))
        if count != 1:
            yield f"{path}: {count} titles"


def module_says_what_it_is(path: PurePath, text: str) -> Iterator[str]:
    """A source module opens with a docstring; an included .pxi may open with a comment instead."""
    if path.parts[0] != "src":
        return
    if path.suffix == ".py" and not ast.get_docstring(ast.parse(text)):
        yield f"{path}: no docstring"
    opening = text.lstrip()
    if path.suffix == ".pyx" and not re.sub(r"^(#[^\n]*\s*)+", "", opening).startswith('"""'):
        yield f"{path}: no docstring"
    if path.suffix == ".pxi" and not opening.startswith(('"""', "#")):
        yield f"{path}: opens without a word"


RULES: list[Rule] = [
    file_is_short,
    functions_are_short,
    cython_functions_are_short,
    lines_are_narrow,
    folders_have_names,
    no_machine_path,
    no_registry_host,
    nothing_unfinished,
    numbers_are_exact,
    page_has_one_title,
    module_says_what_it_is,
]
