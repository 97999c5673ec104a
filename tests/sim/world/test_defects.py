"""Each named defect of the journal and the node breaks a promise in some world; without one all promises hold."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.defects.defect import Defect
from tests.sim.world.defects import DEFECTS, RARE
from tests.sim.world.patched import broken_promise, patched_copy, source_texts
from tests.spec.pages import SPEC, read_pages

ORDINARY_WORLDS = 50
SOAK_WORLDS = 500
"""As test_worlds.py has them."""


def name_of(defect: Defect) -> str:
    return defect.name


@pytest.mark.shows("SIMU-005")
@pytest.mark.parametrize("defect", [each for each in DEFECTS if each.name not in RARE], ids=name_of)
def test_a_defect_is_noticed(defect: Defect, tmp_path: Path) -> None:
    assert broken_promise(patched_copy(tmp_path, defect), ORDINARY_WORLDS) is not None


@pytest.mark.soak
@pytest.mark.parametrize("defect", [each for each in DEFECTS if each.name in RARE], ids=name_of)
def test_a_defect_that_seldom_shows_is_noticed(defect: Defect, tmp_path: Path) -> None:
    assert broken_promise(patched_copy(tmp_path, defect), SOAK_WORLDS) is not None


@pytest.mark.shows("SIMU-005")
def test_a_copy_without_a_defect_breaks_no_promise(tmp_path: Path) -> None:
    assert broken_promise(patched_copy(tmp_path, None), 10) is None


@pytest.mark.parametrize("defect", DEFECTS, ids=name_of)
def test_a_defect_applies(defect: Defect) -> None:
    assert defect.applied_to(source_texts()) != source_texts()


def test_names_and_changes_are_unique_and_codes_exist() -> None:
    assert max(Counter(defect.name for defect in DEFECTS).values()) == 1
    assert max(Counter(str(sorted(defect.applied_to(source_texts()).values())) for defect in DEFECTS).values()) == 1
    assert {defect.name for defect in DEFECTS} >= RARE
    codes = {criterion.code for criterion in read_pages(SPEC)}
    assert [defect.name for defect in DEFECTS if defect.code not in codes] == []
