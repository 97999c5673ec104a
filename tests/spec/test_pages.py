"""Every table of commands on every page, on every build."""

from __future__ import annotations

import re

import pytest

from tests.engines import ENGINES, new_venue
from tests.spec.pages import SPEC, Criterion, read_pages
from tests.spec.performance import PageDiffers, Performance

CRITERIA = read_pages(SPEC)


@pytest.mark.parametrize(
    ("criterion", "engine"),
    [
        pytest.param(criterion, engine, id=f"{criterion.code}-{engine}", marks=pytest.mark.shows(criterion.code))
        for criterion in CRITERIA
        if criterion.is_executable
        for engine in ENGINES
    ],
)
def test_venue_does_what_the_page_says(criterion: Criterion, engine: str) -> None:
    try:
        Performance(new_venue(engine)).play(criterion)
    except PageDiffers as difference:
        pytest.fail(f"[{engine}] {difference}", pytrace=False)


@pytest.mark.shows("STAT-001")
@pytest.mark.parametrize("engine", ENGINES)
def test_stage_has_the_digest_of_the_page(engine: str) -> None:
    page = next(criterion for criterion in CRITERIA if criterion.code == "STAT-001")
    assert re.findall(r"`(.*)`", page.text) == [Performance(new_venue(engine)).venue.digest()]
