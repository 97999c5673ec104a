"""A sandbox in a process of its own, so that it can be killed like one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path


class VenueDidNotStartError(Exception):
    """The sandbox ended, or said nothing, before it was ready; the message carries what it printed."""


class VenueProcess:
    """`lionrock serve --sandbox`, by itself on a port of the system's choice and without read models."""

    def __init__(
        self,
        data: Path,
        module: str = "lionrock.cli",
        environment: dict[str, str] | None = None,
        options: tuple[str, ...] = (),
        *,
        has_views: bool = False,
        port: int = 0,
    ) -> None:
        """`module` is run in place of the command line's; `environment` comes on top of this process's own."""
        self.data = data
        data.parent.mkdir(parents=True, exist_ok=True)
        self._log = (data.parent / f"{data.name}.log").open("ab")
        command = [
            sys.executable,
            "-m",
            module,
            "serve",
            "--sandbox",
            "--json",
            "--views" if has_views else "--no-views",
        ]
        self._process = subprocess.Popen(  # noqa: S603 our own command, no shell
            [*command, "--data", str(data), "--port", str(port), *options],
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=os.environ | (environment or {}),
        )
        self.url = self._wait_until_ready()

    def _wait_until_ready(self) -> str:
        stdout = self._process.stdout
        line = stdout.readline() if stdout else b""
        if not line:
            self._process.wait()
            log = Path(self._log.name).read_text(encoding="utf-8", errors="replace")
            raise VenueDidNotStartError(f"the sandbox ended with exit code {self._process.returncode}:\n{log[-2000:]}")
        return str(json.loads(line)["url"])

    def kill(self) -> None:
        """As a power cut would: no warning, no clean-up."""
        self._process.kill()
        self._end()

    def stop(self) -> None:
        """As an operator would."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._end()

    def _end(self) -> None:
        self._process.wait(timeout=30)
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()
