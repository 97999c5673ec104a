"""Amounts as text, to the last digit."""

from __future__ import annotations

import pytest

from lionrock.words.amounts import format_minor


@pytest.mark.parametrize(
    ("minor", "text"),
    [(0, "0.00"), (1, "0.01"), (100, "1.00"), (-1, "-0.01"), (-12_345, "-123.45"), (10**19, f"{10**17}.00")],
)
def test_minor_units_are_written_with_both_decimals(minor: int, text: str) -> None:
    assert format_minor(minor) == text
