"""How controls answer: short makers of findings, so that each control reads as a column of its conditions."""

from __future__ import annotations

from collections.abc import Sequence

from lionrock.rulebook.control import MOST_BREACHES, Figure, Finding, Verdict


def passed(words: str, **figures: Figure) -> Finding:
    """It holds."""
    return Finding(Verdict.PASS, words, figures)


def failed(words: str, next_step: str, breaches: Sequence[str] = (), **figures: Figure) -> Finding:
    """It is broken. Of the breaches only the first `MOST_BREACHES` are kept; the words tell how many there are."""
    return Finding(Verdict.FAIL, words, figures, next_step, tuple(breaches[:MOST_BREACHES]))


def no_data(words: str, next_step: str, **figures: Figure) -> Finding:
    """There is nothing to judge by."""
    return Finding(Verdict.NO_DATA, words, figures, next_step)


def due(words: str, next_step: str, **figures: Figure) -> Finding:
    """Something must be done soon."""
    return Finding(Verdict.DUE, words, figures, next_step)


def attested(words: str, **figures: Figure) -> Finding:
    """A person's word stands for it."""
    return Finding(Verdict.ATTESTED, words, figures)


def worst(first: Finding, *others: Finding) -> Finding:
    """The finding that weighs most: fail, no data, declared, due, attested, pass; of equals the earliest."""
    return max((first, *others), key=lambda finding: _WEIGHTS[finding.verdict])


_WEIGHTS = {
    Verdict.PASS: 0,
    Verdict.ATTESTED: 1,
    Verdict.DUE: 2,
    Verdict.DECLARED: 3,
    Verdict.NO_DATA: 4,
    Verdict.FAIL: 5,
}
