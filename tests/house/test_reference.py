"""docs/reference/ is what the code says today, and describes every field, number and endpoint."""

from __future__ import annotations

import runpy

import pytest

from tests.house.tree import ROOT

WRITER = runpy.run_path(str(ROOT / "docs" / "write_reference.py"))
PAGES: dict[str, str] = WRITER["pages"]()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_fresh(name: str) -> None:
    written = ROOT.joinpath("docs", "reference", name).read_text("utf-8")
    assert written == PAGES[name].rstrip("\n") + "\n", f"docs/reference/{name} is stale: run `make docs`"


@pytest.mark.parametrize("name", ["commands.md", "events.md", "lists.md", "refusals.md", "endpoints.md", "settings.md"])
def test_nothing_stands_without_a_meaning(name: str) -> None:
    rows = [line for line in PAGES[name].splitlines() if line.startswith("| ") and "---" not in line]
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert cells[3 if name in {"commands.md", "events.md"} else 2], row
