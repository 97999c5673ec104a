"""Writes docs/handbook.md from the packs and the controls. `make docs` runs it; a test compares.

Usage: python docs/write_handbook.py
"""

from __future__ import annotations

from pathlib import Path

from lionrock.rulebook.handbook import handbook
from lionrock.rulebook.loading import shipped_library
from lionrock.rulebook.matrix import index_of_tests

PAGE = Path(__file__).with_name("handbook.md")


def page() -> str:
    """The whole page."""
    return handbook(shipped_library(), index_of_tests())


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
