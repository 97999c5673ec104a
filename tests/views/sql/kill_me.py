"""A process that follows a data directory until it is killed: kill_me.py DIRECTORY URL.

Its transactions are small, so that it is likely to be killed inside one and far from the end.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from lionrock.core.engine import Engine
from lionrock.views.sql import following
from lionrock.views.sql.database import open_views


def main(directory: Path, url: str) -> None:
    following.BATCH_COMMANDS = 500
    follower = following.Follower(directory, open_views(url), Engine)
    while True:
        follower.catch_up()
        time.sleep(0.01)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
