"""Ends the process that serves a data directory, and no other: the one that holds the lock and has it open."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from lionrock.node.lock import lock_holder


class CannotStop(Exception):
    """Nothing was signalled, or it has not ended yet."""


class Stopped(NamedTuple):
    """What there was to end."""

    process: int | None
    """None where nothing ran."""


def stop(directory: Path, patience_s: float) -> Stopped:
    """Ask whoever serves `directory` to end, with SIGTERM, and wait until it has.

    Raises `CannotStop` and `OSError`.
    """
    if not directory.is_dir():
        raise CannotStop(f"{directory} is no directory")
    holder = lock_holder(directory)
    if holder is None:
        return Stopped(None)
    if not holder.isdecimal():
        raise CannotStop(f"{directory} is held by a process that is starting or ending: look again in a moment")
    process = int(holder)
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        raise CannotStop(_not_its_own(directory, process)) from None
    try:
        if not _serves(directory, process):
            if lock_holder(directory) is None:
                return Stopped(process)  # it has ended meanwhile
            raise CannotStop(_not_its_own(directory, process))
        signal.pidfd_send_signal(descriptor, signal.SIGTERM)
        ended = select.poll()
        ended.register(descriptor, select.POLLIN)
        if not ended.poll(patience_s * 1000):
            raise CannotStop(
                f"process {process} was asked to end and still works after {patience_s:g} s: wait, look at its log, or "
                "ask again, after which it waits for no client"
            )
    except PermissionError:
        raise CannotStop(f"process {process} is another user's: run this as the user that runs the site") from None
    finally:
        os.close(descriptor)
    return Stopped(process)


def _not_its_own(directory: Path, process: int) -> str:
    return (
        f"{directory} is in use, and no process {process} of this machine is a site that serves it: another command of "
        "Lionrock works there or a site is starting (wait until it is done), or it runs in a container (stop it there)"
    )


def _serves(directory: Path, process: int) -> bool:
    """Whether the process has the lock's file open and ends in good order when it gets SIGTERM.

    Raises `PermissionError` for another user's.
    """
    lock = (directory / "lock").stat()
    try:
        descriptors = list(Path(f"/proc/{process}/fd").iterdir())
        status = Path(f"/proc/{process}/status").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    caught = int(next(line for line in status.splitlines() if line.startswith("SigCgt:")).split()[1], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1) and any(_is_file(each, lock) for each in descriptors)


def _is_file(descriptor: Path, wanted: os.stat_result) -> bool:
    with suppress(OSError):
        return os.path.samestat(descriptor.stat(), wanted)
    return False
