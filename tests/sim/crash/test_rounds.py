"""Real nodes, killed with SIGKILL under load: what they acknowledged is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from lionrock.sim.crash.rounds import CrashFailed, Site, crash_rounds

ORDINARY_ROUNDS = 25
SOAK_ROUNDS = 1_000


@pytest.mark.shows("SIMU-006", "JRNL-016", "JRNL-018")
def test_nothing_acknowledged_is_lost_when_nodes_are_killed(tmp_path: Path) -> None:
    summary = crash_rounds(tmp_path, ORDINARY_ROUNDS, seed=1)
    assert summary.commands >= summary.acknowledged > ORDINARY_ROUNDS
    assert summary.closed > 0
    assert summary.from_snapshot > 0
    _a_loss_is_noticed(tmp_path / "site-0")


def _a_loss_is_noticed(directory: Path) -> None:
    """Otherwise the rounds would show nothing."""
    site = Site(directory)
    site.compare()
    site.opened(site.auditor.last_sequence, site.auditor.digest())
    with pytest.raises(CrashFailed, match="came back with command 3"):
        site.opened(3, site.auditor.digest())
    site.acknowledged(site.auditor.last_sequence + 1, "what was told of it")
    with pytest.raises(CrashFailed, match="was acknowledged, and is not there"):
        site.compare()


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_in_a_thousand_rounds(tmp_path: Path) -> None:
    summary = crash_rounds(tmp_path, SOAK_ROUNDS, seed=2)
    assert summary.killed_before_open > 0
