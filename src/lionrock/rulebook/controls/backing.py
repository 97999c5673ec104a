"""What stands behind a value that a site is set to: the program, two people with a document, or a file."""

from __future__ import annotations

from collections.abc import Sequence

from lionrock.rulebook.control import Figure, Finding, Verdict
from lionrock.rulebook.controls.findings import attested, passed
from lionrock.rulebook.facts.general import Backing, Setting


def set_to(settings: Sequence[Setting], name: str) -> Setting | None:
    """The setting of a name; of two what the program tells of itself."""
    mine = [each for each in settings if each.name == name]
    return min(mine, key=lambda each: each.backing is not Backing.PROGRAM, default=None)


def by_word(setting: Setting, words: str, **figures: Figure) -> Finding:
    """It holds by what the site is set to: as strong as what stands behind that."""
    if setting.backing is Backing.PROGRAM:
        return passed(words, **figures)
    if setting.backing is Backing.ATTESTED:
        return attested(words, **figures)
    step = f"Attest {subject_of(setting.name)} with the value and the document that shows it."
    return Finding(Verdict.DECLARED, f"{words} Only the site's file says so.", figures, step)


def subject_of(setting: str) -> str:
    """What is attested of a setting: its name as subjects are written."""
    return setting.replace(".", "_")
