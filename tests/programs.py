"""Processes of the program, each forked from one that has imported it already.

Importing what a site needs takes more than a second of a processor, and the tests start a few hundred processes. What
is started here is a process as any other, with its own memory, files, signals and end; only its imports were done
before it. `tests/site/test_sandbox.py`, `tests/house/test_readme.py` and others start `lionrock` as a person does.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NUMBER = struct.Struct("<i")
PROGRAM = "lionrock.cli"
NODE = Path(sys.executable).with_name("node")
"""The Node that builds the pages; a package of the same environment as the tests."""


class Program(subprocess.Popen[str]):
    """`python -m MODULE ARGUMENT...`; it is not a child of this process, so its end is told through a pipe."""

    def __init__(self, *arguments: str, module: str = PROGRAM, env: Mapping[str, str] | None = None) -> None:
        super().__init__(
            [module, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env or os.environ, text=True
        )

    def _execute_child(self, args: list[str], *given: Any) -> None:
        """In place of what forks this very process."""
        environment, ends = dict(given[5]), given[9:15]
        self._told, told_end = os.pipe()
        told = {"command": args, "directory": str(Path.cwd()), "environment": environment}
        socket.send_fds(forks(), [json.dumps(told).encode()], [ends[3], ends[5], told_end])
        os.close(told_end)
        self._close_pipe_fds(*ends)  # type: ignore[attr-defined]
        self.pid = self._number()
        self._child_created = True

    def _number(self) -> int:
        said = os.read(self._told, NUMBER.size)
        assert said, "the process that programs are forked from has ended"
        return int(NUMBER.unpack(said)[0])

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        """As `os.waitpid` has it."""
        if wait_flags & os.WNOHANG and not select.select([self._told], [], [], 0)[0]:
            return 0, 0
        status = self._number()
        os.close(self._told)
        return self.pid, status

    def _internal_poll(self, _deadstate: int | None = None, *_: object) -> int | None:
        if self.returncode is None and self._child_created:
            pid, status = self._try_wait(os.WNOHANG)
            if pid:
                self._handle_exitstatus(status)  # type: ignore[attr-defined]
        return self.returncode


def run(*arguments: str, module: str = PROGRAM, timeout: int = 60) -> subprocess.CompletedProcess[str]:
    """A program to its end."""
    with Program(*arguments, module=module) as process:
        try:
            out, errors = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess([module, *arguments], process.returncode, out, errors)


@functools.cache
def forks() -> socket.socket:
    """Of the one process that forks; it ends when this socket is closed, at the latest with this process."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.forking", str(its.fileno())],
        cwd=ROOT, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    its.close()

    @atexit.register
    def _end() -> None:
        ours.close()
        process.wait()

    return ours
