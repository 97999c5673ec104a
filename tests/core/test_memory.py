"""Where the core keeps its arrays: in large pages, apart from each other, and given back when an engine is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from lionrock.bench.blocks import stamped
from lionrock.bench.flows import stage
from lionrock.core import engine, engine_checked

BUILDS = pytest.mark.parametrize("build", [engine, engine_checked])
LARGE_PAGE = 2_097_152
SYSTEM = Path("/sys/kernel/mm/transparent_hugepage/enabled")

ASKS_FOR_LARGE_PAGES = """
from lionrock.core import {module}
venue = {module}.Engine()
for line in open("/proc/self/smaps"):
    name, *rest = line.split()
    if "-" in name:
        first, last = (int(end, 16) for end in name.split("-"))
    if name == "VmFlags:" and "hg" in rest:
        print(last - first)
"""


@pytest.mark.skipif(not SYSTEM.is_file(), reason="this system has no large pages")
@pytest.mark.skipif("libasan" in os.environ.get("LD_PRELOAD", ""), reason="a sanitized core uses C's memory")
@BUILDS
def test_arrays_lie_where_the_system_was_asked_for_large_pages(build: ModuleType) -> None:
    module = build.__name__.rpartition(".")[2]
    program = ASKS_FOR_LARGE_PAGES.format(module=module)
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert max(map(int, told.stdout.split()), default=0) >= LARGE_PAGE


@pytest.mark.skipif(not Path("/proc/self/maps").is_file(), reason="this system does not list mappings")
@BUILDS
def test_memory_of_engines_that_are_gone_is_given_back(build: ModuleType) -> None:
    opening = stamped([stage(1, 20_000, 2, 10**12)], 1)

    def mappings_after(engines: int) -> int:
        for _ in range(engines):
            build.Engine().apply(opening)
        return sum(1 for _ in Path("/proc/self/maps").open())

    first = mappings_after(1)
    assert mappings_after(30) <= first + 3


@BUILDS
def test_two_engines_share_a_page_and_nothing_else(build: ModuleType) -> None:
    """Small engines made one after the other lie side by side; what one does shows in no other."""
    opening = stamped([stage(1, 200, 2, 10**12)], 1)
    venues = [build.Engine() for _ in range(8)]
    empty = venues[0].digest()
    for place, venue in enumerate(venues):
        assert venue.digest() == empty
        venue.apply(opening)
        assert [other.digest() == empty for other in venues] == [other > place for other in range(8)]
    assert len({venue.digest() for venue in venues}) == 1
