"""Makes what is owed and is killed at one step: python -m tests.compliance.papers.kill_press DIRECTORY URL STEP."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.compliance.papers.desks import opened
from tests.compliance.places import at
from tests.views.sql.databases import Site

NOW = at("2026-03-03 01:00")


def main(directory: Path, url: str, wanted: str) -> None:
    reached = []

    def step(name: str) -> None:
        reached.append(name)
        if reached.count(wanted) == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    with opened(Site(directory), url, step=step) as desk:
        asyncio.run(desk.job.run_all(NOW))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
