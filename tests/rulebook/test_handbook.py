"""The handbook tells officers what the packs and controls say today."""

from __future__ import annotations

import runpy

import pytest

from lionrock.rulebook.handbook import handbook
from lionrock.rulebook.loading import shipped_library
from tests.house.tree import ROOT
from tests.rulebook.samples import library


@pytest.mark.shows("RULE-016")
def test_page_is_fresh() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "write_handbook.py"))["page"]()
    assert (ROOT / "docs" / "handbook.md").read_text("utf-8") == page, "docs/handbook.md is stale: run `make docs`"


@pytest.mark.shows("RULE-016")
def test_every_rule_and_every_control_is_in_it() -> None:
    shipped = shipped_library()
    page = handbook(shipped, {})
    for pack in shipped.packs.values():
        for rule in pack.rules:
            assert f"### {rule.id}\n" in page
            assert rule.rule.words in page
            for check in rule.checks:
                assert check.control.words in page


def test_it_tells_what_an_officer_needs() -> None:
    page = handbook(library(), {"HB-T02": ["a", "b"]})
    for line in (
        "**From 2025-11-03.** An asset is twelve months old before the public trades it.",
        "* takes the place of HB-T02 from then on",
        "* applies if `audience == 'retail'`",
        "* [capital_paid_up](#capital_paid_up): least_minor = 500,000,000",
        "* waits for custody: No room keeps keys yet.",
        "* `least_minor` (int, stricter: higher)",
        "* `record_class` (str, says what it is about)",
        "* carries out HB-R01, ST-2, ST-3, WORLD-1",
        "Shown by 2 tests.",
    ):
        assert line in page, line
