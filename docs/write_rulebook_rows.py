"""Writes docs/rulebook-rows.md: every row of the packs, one line each. `make docs` runs it; a test compares.

Usage: python docs/write_rulebook_rows.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from lionrock.rulebook.loading import LoadedPack, LoadedRule, shipped_library
from lionrock.rulebook.rule import MACHINE_KINDS, Kind

PAGE = Path(__file__).with_name("rulebook-rows.md")
INTRODUCTION = """# Rows of the rulebook

This page is written by `make docs` from the packs in `src/lionrock/rulebook/packs/`; edit the rows there.

One line for each version of each rule. **Trust** says how far its text may be relied on: primary was read in the
instrument itself, secondary in a text about it, unconfirmed is from memory and never the ground of a pass.
**Judged by** says whether programs decide it, people do, or it waits for a room that is not built, which is red: what
such a row can be judged by already is checked in its examples, and counts for nothing until the room is there.
**Left to people** is what no control sees: a pass says nothing of it.
"""


def judged_by(rule: LoadedRule) -> str:
    """`waits`, `machine` or `human`: which of the three a row belongs to."""
    if rule.rule.waits_for:
        return "waits"
    return "machine" if rule.rule.kind in MACHINE_KINDS else "human"


def latest(pack: LoadedPack) -> list[LoadedRule]:
    """The newest version of each rule, in the order of the pack."""
    found = {rule.id: rule for rule in sorted(pack.rules, key=lambda each: each.rule.effective_from)}
    return [found[rule_id] for rule_id in dict.fromkeys(rule.id for rule in pack.rules)]


def counts(rules: Iterable[LoadedRule]) -> Counter[str]:
    """How many there are of each kind, and how many are judged by whom."""
    found: Counter[str] = Counter()
    for rule in rules:
        found[rule.rule.kind.value] += 1
        found[judged_by(rule)] += 1
    return found


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return [*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows), ""]


def page() -> str:
    """The whole page."""
    packs = shipped_library().packs.values()
    columns = [*(kind.value for kind in Kind), "machine", "human", "waits"]
    numbers = {pack.head.id: counts(latest(pack)) for pack in packs}
    rows = [[pack.head.title, len(latest(pack)), *(numbers[pack.head.id][each] for each in columns)] for pack in packs]
    all_of_them = sum(numbers.values(), Counter[str]())
    rows.append(["all", sum(len(latest(pack)) for pack in packs), *(all_of_them[each] for each in columns)])
    lines = [INTRODUCTION, *table(["regime", "rules", *(each.replace("_", " ") for each in columns)], rows)]
    for pack in packs:
        lines += [f"## {pack.head.title}", ""]
        lines += table(
            ("rule", "from", "where", "kind", "trust", "judged by", "what it asks", "left to people"),
            map(_row, pack.rules),
        )
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(rule: LoadedRule) -> list[str]:
    row = rule.rule
    waits = f"waits for {row.waits_for.replace('_', ' ')}: {row.waiting_because}"
    where = f"{row.instrument} {row.paragraph}"
    kind = row.kind.value.replace("_", " ")
    judge = waits if row.waits_for else judged_by(rule)
    return [rule.id, rule.version, where, kind, row.trust.value, judge, row.words, row.left_to_people]


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
