"""The three walks of ARCHITECTURE.md lead where they say, and leave no file of the way out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import lionrock.rulebook.controls  # noqa: F401 importing registers them
from lionrock.rulebook.control import CONTROLS
from lionrock.rulebook.loading import PACKS, load_library
from tests.house.tree import ROOT

SOURCES = ROOT / "src" / "lionrock"
CORE = sorted(path for path in (SOURCES / "core").iterdir() if path.suffix in {".pxi", ".pyx"})
TEXT = (ROOT / "ARCHITECTURE.md").read_text("utf-8").split("## Three walks", 1)[1].split("\n## ", 1)[0]
WALKS = dict(zip(("refused", "money", "rule"), TEXT.split("\n* **")[1:], strict=True))


def named(walk: str) -> set[str]:
    """Files and folders that a walk names, as it writes them."""
    return {each for each in re.findall(r"`([\w./-]+)`", WALKS[walk]) if "/" in each}


def matching(pattern: str) -> set[str]:
    """Files of the core with a line like that, comments left out."""
    found = set()
    for path in CORE:
        if re.search(pattern, re.sub(r"#.*", "", path.read_text("utf-8"))):
            found.add(f"core/{path.name}")
    return found


@pytest.mark.parametrize("walk", sorted(WALKS))
def test_every_place_on_a_walk_is_there(walk: str) -> None:
    assert named(walk)
    for name in named(walk):
        base = ROOT if name.split("/")[0] in {"spec", "ui", "tests"} else SOURCES
        assert (base / name).exists(), name


def test_the_core_refuses_nowhere_else() -> None:
    assert matching(r"\bREJECTION_\w+") == {name for name in named("refused") if name.startswith("core/")}


def test_money_moves_nowhere_else() -> None:
    ledger = "core/ledger.pxi"
    assert matching(r"(balances\[[^\n]*\]|\bbalance)\.(available|held)_atoms\s*[-+]?=[^=]") == {ledger}
    callers = matching(r"\bledger\.(hold|release|take_held|credit|move)\(")
    assert callers | {ledger} == {name for name in named("money") if name.startswith("core/")}


def test_a_row_in_a_file_of_a_pack_is_a_rule(tmp_path: Path) -> None:
    """As the walk says: the row names a control and its numbers, and the rule is there, without a test and so red."""
    packs = tmp_path / "packs"
    shutil.copytree(PACKS, packs)
    place = packs / "hk" / "trading.toml"
    row = """
[[rule]]
id = "HK-K99"
instrument = "VATP"
paragraph = "9.4"
words = "A row of somebody who followed the walk."
trust = "primary"
kind = "gate"
effective_from = 2023-06-01
checks = [
  { control = "knowledge_before_trading", parameters = { exempt_classes = ["institutional"] } },
]
"""
    place.write_text(place.read_text("utf-8") + row, "utf-8")
    added = [rule for rule in load_library(packs, CONTROLS).by_licence("HK-VATP").rules if rule.id == "HK-K99"]
    assert [rule.rule.words for rule in added] == ["A row of somebody who followed the walk."]
    place.write_text(place.read_text("utf-8").replace("knowledge_before_trading", "no_such_control"), "utf-8")
    with pytest.raises(Exception, match="no_such_control"):
        load_library(packs, CONTROLS)
