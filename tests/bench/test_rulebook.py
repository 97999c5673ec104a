"""The rulebook's bench measures what it says: every rule of Hong Kong, the same facts, a ratio of one run."""

from __future__ import annotations

import time

import pytest

from lionrock.bench.rulebook import NOW_NS, bench_rulebook
from lionrock.rulebook.loading import shipped_library
from lionrock.rulebook.regime import Regime


@pytest.mark.shows("RULE-017")
def test_figures_are_of_the_whole_pack() -> None:
    figures = bench_rulebook(1_000, 1, time.perf_counter, lambda _words, _total, _done: None)
    assert figures["clients"] == 1_000
    assert (
        figures["rules"] == len(Regime(shipped_library(), ["HK-VATP"]).at(NOW_NS)) == sum(figures["statuses"].values())
    )
    assert figures["facts"] > 2_000
    assert figures["facts_looked_at"] > 10_000
    assert figures["engine_s"] > 0
    assert figures["ratio"] > 1
