"""Makers in a process of their own, beside the sandbox that started them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import msgspec

from lionrock.sim import makers

PATIENCE_SECONDS = 5
"""How long a stop waits for them to cancel their orders."""


class MakersProcess:
    """Started and stopped by `site.serve`, which knows it only as companions."""

    funds = {code: str(amount) for code, amount in makers.FUNDS.items()}  # noqa: RUF012 read, never changed

    def __init__(self, count: int, seed: int) -> None:
        self.count = count
        self._seed = seed
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, url: str, keys: Sequence[tuple[str, str]]) -> None:
        """`keys` are access keys with their secrets, which no file and no command line shows."""
        orders = makers.Orders(url, [makers.Key(*key) for key in keys], self._seed)
        # A session of its own: Ctrl-C is for the venue, which tells them in good time.
        self._process = subprocess.Popen(  # noqa: S603 our own module, no shell
            [sys.executable, "-m", makers.__name__], stdin=subprocess.PIPE, start_new_session=True
        )
        if self._process.stdin is not None:
            self._process.stdin.write(msgspec.json.encode(orders) + b"\n")
            self._process.stdin.flush()

    def stop(self) -> None:
        """Let them take their orders away; returns when they are gone. A second time does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
