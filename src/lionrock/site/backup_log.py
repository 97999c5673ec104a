"""When a site was last backed up and where: `backups.json` in its directory. A drill leaves a report in the backup.

The report is a signed note (C2SP) by the key that signs the site's checkpoints, which opens under the site's master key
alone: who can only write into the backup, and knows what a report says, cannot make one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from lionrock.journal.disk import Disk
from lionrock.journal.verify import Key, signer
from lionrock.node.notary import Notary
from lionrock.site.manifest import Manifest

FILE_NAME = "backups.json"
DRILL_FILE = "drilled.note"
_REPORT = re.compile(
    r"(lionrock: a backup was brought back\njournal ([0-9a-f]{32})\nframes \d{1,20}\nhead [0-9a-f]{64}\n"
    r"time-ns (\d{1,19})\n)\n(.+)",
    re.DOTALL,
)


class BackupLog(msgspec.Struct, frozen=True):
    """Times are nanoseconds since 1970; 0 for never."""

    backed_up_ns: int = 0
    target: str = ""
    drilled_ns: int = 0
    """When the backup at `target` was last brought back as a drill, as far as it can be reached."""


def log_backup(directory: Path, target: Path, now_ns: int) -> None:
    """Raises `OSError`."""
    log = BackupLog(now_ns, str(target.resolve()))
    Disk().write_file(directory / FILE_NAME, msgspec.json.encode(log))


def log_drill(target: Path, manifest: Manifest, notary: Notary, now_ns: int) -> None:
    """Raises `OSError`."""
    text = (
        f"lionrock: a backup was brought back\njournal {manifest.journal_id}\nframes {manifest.frames}\n"
        f"head {manifest.head_hash}\ntime-ns {now_ns}\n"
    )
    Disk().write_file(target / DRILL_FILE, notary.sign_text(text).encode())


def read_backup_log(directory: Path, journal_id: str, keys: Sequence[Key]) -> BackupLog:
    """What is known. A file that cannot be read shows nothing, and neither does a drill of another journal, or one that
    none of the site's `keys` signed.
    """
    try:
        log = msgspec.json.decode((directory / FILE_NAME).read_bytes(), type=BackupLog)
    except (OSError, msgspec.DecodeError):
        return BackupLog()
    return msgspec.structs.replace(log, drilled_ns=_drilled_ns(Path(log.target) / DRILL_FILE, journal_id, keys))


def _drilled_ns(path: Path, journal_id: str, keys: Sequence[Key]) -> int:
    try:
        report = _REPORT.fullmatch(path.read_text("utf-8"))
        if report is None or not journal_id or report[2] != journal_id:
            return 0
        signer(report[1].encode(), report[4], keys)
    except (OSError, ValueError, LookupError):
        return 0
    return int(report[3])
