"""Every named defect still applies to the core as it is, and names a rule that exists."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.defects.catalogue import DEFECTS
from tests.defects.defect import Defect, PatchDoesNotApply, core_texts
from tests.spec.pages import SPEC, read_pages


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_defect_applies(defect: Defect) -> None:
    assert defect.applied_to(core_texts()) != core_texts()


def test_names_are_unique() -> None:
    assert [name for name, times in Counter(defect.name for defect in DEFECTS).items() if times > 1] == []


def test_changes_are_unique() -> None:
    changes = Counter(tuple(defect.applied_to(core_texts()).values()) for defect in DEFECTS)
    assert max(changes.values()) == 1


def test_every_defect_breaks_a_rule_that_exists() -> None:
    codes = {criterion.code for criterion in read_pages(SPEC)}
    assert [defect.name for defect in DEFECTS if defect.code not in codes] == []


@pytest.mark.parametrize(("text", "times"), [("one two", 0), ("right, right", 2)])
def test_defect_whose_text_is_not_there_once_is_refused(text: str, times: int) -> None:
    with pytest.raises(PatchDoesNotApply, match=f"stands {times} times in the sources"):
        Defect("planted", "BOOK-001", "right", "wrong").applied_to({"book.pxi": text})
