"""Each named defect, alone in the engine, is noticed by the ordinary suite; without one the same suite passes.

Each is compiled and tried on its own, ten seconds of a processor and more, so only by `make defects` and `make soak`.
One defect by its name: `make defects ARGS="-k youngest-order-trades-first"`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.defects.catalogue import DEFECTS
from tests.defects.defect import Defect
from tests.defects.foundry import CORE_TESTS, LARGE_FLOWS, SMALL_FLOWS, TABLES, make_tree, notice_of

pytestmark = pytest.mark.soak


def test_sources_without_a_defect_pass(tmp_path: Path) -> None:
    """Otherwise everything below would be caught, whatever it breaks."""
    tree = make_tree(tmp_path / "tree", None)
    assert [notice_of(tree, part) for part in (TABLES, CORE_TESTS, SMALL_FLOWS)] == [None] * 3


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_defect_is_noticed(defect: Defect, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """By the tables, the flows or the core's own tests, asked in this order until one of them does."""
    tree = make_tree(tmp_path / "tree", defect)
    notices = (notice_of(tree, part) for part in (TABLES, SMALL_FLOWS, CORE_TESTS, LARGE_FLOWS))
    first = next((notice for notice in notices if notice), None)
    record_property("defect", (defect.name, defect.code, first.test if first else ""))
    assert first, f"nothing in the ordinary suite notices {defect.name} ({defect.code})"
