"""Killed at any step of making papers: the next run goes on, every paper is there once and told once."""

from __future__ import annotations

import signal

import pytest

from tests.compliance.papers.desks import ANN, BOB, CY, opened
from tests.compliance.papers.kill_press import NOW
from tests.compliance.papers.test_papers import two_days
from tests.programs import run
from tests.views.sql.databases import Site, follow


def killed(site: Site, url: str, step: str) -> None:
    ended = run(str(site.directory), url, step, module="tests.compliance.papers.kill_press")
    assert ended.returncode == -signal.SIGKILL, ended.stderr


@pytest.mark.shows("PAPR-010")
@pytest.mark.parametrize("step", ["planned", "drawn", "set", "keeping", "kept", "recorded"])
async def test_killed_at_any_step_papers_are_made_once(site: Site, url: str, step: str) -> None:
    two_days(site)
    follow(site.directory, url)
    site.close()
    killed(site, url, step)
    with opened(site, url) as desk:
        await desk.job.run_all(NOW)
        kinds = {account_id: desk.kinds(account_id) for account_id in (ANN, BOB, CY)}
        assert kinds == {
            ANN: ["contract_note", "daily_statement", "receipt"],
            BOB: ["contract_note", "daily_statement", "receipt"],
            CY: ["daily_statement", "receipt"],
        }
        for account_id, made in kinds.items():
            assert len(desk.outbox.read_inbox(f"u{account_id}")) == len(made)
        rows = desk.shelf.owed_since(0)
        assert all(row.recorded_sequence for row in rows)
        assert (await desk.job.run(NOW)).is_idle
