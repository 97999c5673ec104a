"""A named defect: one rule of the core, the journal or the node, broken by one change of its source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CORE = Path(__file__).parents[2] / "src" / "lionrock" / "core"


class PatchDoesNotApply(ValueError):
    """The core's text is no longer what the defect replaces: the defect has to be written anew."""


@dataclass(frozen=True)
class Defect:
    """Replaces `right`, which stands exactly once in the sources, by `wrong`."""

    name: str
    """What is wrong, in words joined by hyphens."""
    code: str
    """The criterion of spec/ that it breaks, or the nearest to the sentence that it breaks."""
    right: str
    wrong: str

    def applied_to(self, texts: dict[str, str]) -> dict[str, str]:
        """The texts by file name, with the defect in one of them. Raises `PatchDoesNotApply`."""
        found = sum(text.count(self.right) for text in texts.values())
        if found != 1:
            raise PatchDoesNotApply(f"{self.name}: stands {found} times in the sources, not once:\n{self.right}")
        return {file: text.replace(self.right, self.wrong) for file, text in texts.items()}


def core_texts() -> dict[str, str]:
    """What the engine is compiled from, by file name."""
    return {path.name: path.read_text("utf-8") for path in sorted(CORE.iterdir()) if path.suffix in {".pyx", ".pxi"}}
