"""Killed between SQL and the journal, on either side: a restart finds what differs, and nobody is told twice."""

from __future__ import annotations

import signal
from hashlib import sha256
from pathlib import Path

import pytest

from lionrock.compliance.assessments.records import Kind, of_kind
from lionrock.node.published import Published
from lionrock.words.enumerations import AccountRestriction
from lionrock.words.side_notes import statement_of
from tests.compliance.gates.kill_me import POINTS, with_outbox
from tests.compliance.rooms import CLIENT, START_NS, opened
from tests.programs import run


def killed(directory: Path, point: str) -> None:
    ended = run(str(directory), point, module="tests.compliance.gates.kill_me")
    assert ended.returncode == -signal.SIGKILL, ended.stderr


@pytest.mark.shows("CGAT-004")
@pytest.mark.parametrize("point", POINTS)
async def test_a_restart_finishes_what_a_crash_cut_short(tmp_path: Path, point: str) -> None:
    killed(tmp_path, point)
    async with opened(tmp_path) as room:
        outbox = with_outbox(room, tmp_path)
        digests: list[bytes] = []

        def statements(published: Published) -> None:
            found = (statement_of(note) for note in published.notes.values())
            digests.extend(each.digest for each in found if each)

        room.site.node.subscribe(statements)
        await room.clock.look_at_all(START_NS)
        frozen = point == "before-second-frame"
        assert room.profile().restriction == (AccountRestriction.FROZEN if frozen else AccountRestriction.NONE)
        assert room.profile().exposure_limit_atoms == 40_000 * 10**8
        assert await room.gates.reconcile(START_NS) == []
        assert await room.buy() == ("ACCOUNT_FROZEN" if frozen else "placed")
        assert len(outbox.sent()) == 1
        assert len(of_kind(room.assessments.records.of(CLIENT), Kind.EXPOSURE_NOTICE)) == 1
        (owed,) = [each for each in room.assessments.obligations.all() if each.kind == "exposure_limit_notice"]
        assert owed.done_ns
        bodies = {sha256(each.encode()).digest() for each in room.gates.decisions_of(CLIENT)}
        assert set(digests) <= bodies  # what the journal names is there to be read
