"""A process that has imported everything and forks a node for each line it reads: DIRECTORY, SEED, CLOSE_AFTER.

Tabs stand between them. It says `born PID`, waits for the end of what it forked, and says `ended STATUS`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from lionrock.sim.crash.load import serve


class Nursery:
    """The other end of it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 our own module, no shell
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._node: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        if self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._process.stdout.close()
        self._process.wait()
        self._let_go()

    def start(self, directory: Path, seed: int, close_after: int) -> None:
        """Fork a node; the one before must have ended."""
        if self._process.stdin is None:
            raise RuntimeError("the nursery has no input")
        self._process.stdin.write(f"{directory}\t{seed}\t{close_after}\n".encode())
        self._process.stdin.flush()
        self._let_go()
        self._node = os.pidfd_open(int(next(self.lines()).removeprefix("born ")))

    def kill(self) -> None:
        """With SIGKILL; does nothing when the node has ended."""
        if self._node is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._node, signal.SIGKILL)

    def _let_go(self) -> None:
        if self._node is not None:
            os.close(self._node)
            self._node = None

    def lines(self) -> Iterator[str]:
        """What the node says, `ended STATUS` at last. Raises `RuntimeError` when the nursery itself has ended."""
        if self._process.stdout is None:
            raise RuntimeError("the nursery has no output")
        while line := self._process.stdout.readline():
            yield line.decode().rstrip("\n")
        raise RuntimeError(f"the nursery ended with exit code {self._process.wait()}")


def _be_a_node(directory: Path, seed: int, close_after: int) -> NoReturn:
    """Nothing of the nursery runs in the process it has forked."""
    try:
        asyncio.run(serve(directory, seed, close_after, pipe=1))
        os._exit(0)
    finally:
        traceback.print_exc()
        os._exit(1)


def main() -> None:
    """Fork a node for each line, one after the other."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever holds the other end of the pipes says when to stop
    for line in sys.stdin:
        directory, seed, close_after = line.rstrip("\n").split("\t")
        ready, go = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(go)
            os.read(ready, 1)  # the first line is the nursery's
            _be_a_node(Path(directory), int(seed), int(close_after))
        os.close(ready)
        os.write(1, f"born {child}\n".encode())
        os.close(go)
        _, status = os.waitpid(child, 0)
        os.write(1, f"ended {os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    main()
