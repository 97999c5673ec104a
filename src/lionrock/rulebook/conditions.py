"""Whom a rule applies to, as officers write it: an expression of CEL (Common Expression Language) over a `Subject`.

What is allowed is small, so that its cost is bounded before it is ever run: the names of `Subject`, comparisons, `&&`,
`||`, `!`, `in` a list, a choice by `?`, and four functions on text. Comprehension macros are refused: a nested `map` of
fifty characters can run for minutes. Whatever is refused is refused when a pack is loaded, not when a client waits.
"""

from __future__ import annotations

import re
from typing import Any

import cel
import msgspec

from lionrock.rulebook.subject import Subject

MOST_CHARACTERS = 400
"""Longest expression: far more than any rule needs, and parsed in well under a millisecond."""
MOST_DEPTH = 8
"""Deepest nesting of brackets, signs and choices, so that no parser recurses without end."""

NAMES = frozenset(field.name for field in msgspec.structs.fields(Subject))
FUNCTIONS = frozenset(
    {
        *("_&&_", "_||_", "!_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in", "_?_:_"),
        *("startsWith", "endsWith", "contains", "size"),
    }
)
_MACRO = re.compile(r"\.\s*(map|filter|all|exists|exists_one|transformList|transformMap)\b|\bcel\s*\.")
_TEXT = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")


class ConditionRefused(Exception):
    """The expression is no CEL, uses what it may not, or could cost too much. The text says which."""


class Condition:
    """One expression, compiled once: some microseconds an evaluation, and none at all for `true`."""

    def __init__(self, text: str) -> None:
        """Raises `ConditionRefused`."""
        self.text = text
        self._is_always = text.strip() == "true"
        _refuse_costly(text)
        try:
            self._program = cel.compile(text)
        except Exception as error:
            first_line = str(error).splitlines()[0]
            raise ConditionRefused(f"{text!r} is no expression: {first_line}") from error
        unknown = sorted(set(self._program.variables()) - NAMES)
        if unknown:
            raise ConditionRefused(f"{text!r} has unknown names: {', '.join(unknown)}")
        forbidden = sorted(set(self._program.functions()) - FUNCTIONS)
        if forbidden:
            raise ConditionRefused(f"{text!r} uses what is not allowed: {', '.join(forbidden)}")
        self.names = frozenset(self._program.variables())
        """Which names of a subject it looks at."""
        self._run(Subject())  # a condition that cannot be evaluated, or gives no truth, is found now

    def holds(self, subject: Subject) -> bool:
        """Whether the rule applies to the subject."""
        return self._is_always or self._run(subject)

    def _run(self, subject: Subject) -> bool:
        context: dict[str, Any] = msgspec.structs.asdict(subject)
        try:
            found = self._program.execute(context)
        except Exception as error:
            raise ConditionRefused(f"{self.text!r} cannot be evaluated: {error}") from error
        if not isinstance(found, bool):
            raise ConditionRefused(f"{self.text!r} gives {found!r}, and not true or false")
        return found


def _refuse_costly(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise ConditionRefused(f"an expression of {len(text)} characters; the longest allowed has {MOST_CHARACTERS}")
    bare = _TEXT.sub("''", text)
    macro = _MACRO.search(bare)
    if macro:
        raise ConditionRefused(f"{text!r} uses the macro {macro[0]!r}: its cost has no bound")
    if _nesting(bare) > MOST_DEPTH:
        raise ConditionRefused(f"an expression nested deeper than {MOST_DEPTH}")


def _nesting(bare: str) -> int:
    """Deepest nesting: brackets, and rows of signs such as `!!!!` or `a ? b ? c`."""
    depth = deepest = signs = 0
    for sign in re.sub(r"\s", "", bare):
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        signs = signs + 1 if sign in "!-" else 0
        deepest = max(deepest, depth + signs)
    return max(deepest, bare.count("?"))
