"""When a site was last backed up and where: `backups.json` in its directory. A drill leaves its time in the backup."""

from __future__ import annotations

from pathlib import Path

import msgspec

from lionrock.journal.disk import Disk

FILE_NAME = "backups.json"
DRILL_FILE = "drilled.json"


class BackupLog(msgspec.Struct, frozen=True):
    """Times are nanoseconds since 1970; 0 for never."""

    backed_up_ns: int = 0
    target: str = ""
    drilled_ns: int = 0
    """When the backup at `target` was last brought back as a drill, as far as it can be reached."""


class _Drilled(msgspec.Struct, frozen=True):
    drilled_ns: int
    journal_id: str


def log_backup(directory: Path, target: Path, now_ns: int) -> None:
    """Raises `OSError`."""
    log = BackupLog(now_ns, str(target.resolve()))
    Disk().write_file(directory / FILE_NAME, msgspec.json.encode(log))


def log_drill(target: Path, journal_id: str, now_ns: int) -> None:
    """Raises `OSError`."""
    Disk().write_file(target / DRILL_FILE, msgspec.json.encode(_Drilled(now_ns, journal_id)))


def read_backup_log(directory: Path) -> BackupLog:
    """What is known; a file that cannot be read is as none, so that nothing counts as done that was not shown."""
    try:
        log = msgspec.json.decode((directory / FILE_NAME).read_bytes(), type=BackupLog)
    except (OSError, msgspec.DecodeError):
        return BackupLog()
    try:
        drilled = msgspec.json.decode((Path(log.target) / DRILL_FILE).read_bytes(), type=_Drilled)
    except (OSError, msgspec.DecodeError):
        return msgspec.structs.replace(log, drilled_ns=0)
    return msgspec.structs.replace(log, drilled_ns=drilled.drilled_ns)
