"""Read models that are not there yet are waited for without a word, and missed once they stay away."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import cast

import pytest
from sqlalchemy.exc import OperationalError

from lionrock.compliance.papers import job
from lionrock.compliance.papers.job import Done, PapersJob
from lionrock.compliance.papers.rows import RowsBehind
from lionrock.node.errors import NodeStopped
from lionrock.views.sql.database import DatabaseUnusable

SECOND = 10**9
AWAY, NO_TABLE = DatabaseUnusable("not there"), OperationalError("no such table", {}, Exception())


class Job(PapersJob):
    """Answers at a second what it is told."""

    def __init__(self, *answers: tuple[int, Exception | None]) -> None:
        self._answers = list(answers)

    def clock(self) -> int:
        return self._answers[0][0] * SECOND if self._answers else 0

    async def run(self, now_ns: int) -> Done:
        del now_ns
        if not self._answers:
            raise NodeStopped("over", outcome_known=True)
        error = self._answers[0][1]
        if error is not None:
            raise error
        return Done()


async def levels(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *answers: object) -> list[int]:
    work = Job(*cast("tuple[tuple[int, Exception | None], ...]", answers))

    async def sleep(_seconds: float) -> None:
        work._answers.pop(0)

    monkeypatch.setattr("asyncio.sleep", sleep)
    caplog.set_level(logging.DEBUG, logger=job.__name__)
    clock: Callable[[], int] = work.clock
    await work.work(clock)
    return [record.levelno for record in caplog.records if "Papers cannot be made" in record.message]


@pytest.mark.shows("PAPR-013")
async def test_a_first_minute_is_quiet(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    told = await levels(monkeypatch, caplog, (0, AWAY), (30, NO_TABLE), (59, AWAY), (60, AWAY), (90, AWAY))
    assert told == [logging.DEBUG] * 3 + [logging.ERROR] * 2


@pytest.mark.shows("PAPR-013")
async def test_a_minute_begins_anew_when_they_were_there(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers = (0, AWAY), (30, None), (70, AWAY), (120, RowsBehind("x")), (140, AWAY), (200, AWAY)
    assert await levels(monkeypatch, caplog, *answers) == [logging.DEBUG] * 3 + [logging.ERROR]


@pytest.mark.shows("PAPR-013")
async def test_a_disk_that_fails_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert await levels(monkeypatch, caplog, (0, OSError(28, "full"))) == [logging.ERROR]
